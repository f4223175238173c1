//! How an answer is meant, beside yes and no: for exactly what was shown, changed, for the rest of a task, in advance, to be taken
//! back for a while. What comes of an answer is in `ask`.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::ask::fits;
use super::line::words_of_line;
use super::{Approval, Deed, Held, shown};
use crate::grant::{Covers, Grant};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::time::At;

/// The longest time in which an answer may be taken back.
const UNDO_MAX: u32 = 30;
/// The longest rule.
const RULE_MAX: usize = 8 * 1024;

/// How an answer is meant, beside yes and no.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Terms {
    /// What was shown, as its hash says it; where it is another by now, nothing is answered.
    pub seen: Option<String>,
    /// The command as it is to run instead, as one line.
    pub edit: Option<String>,
    /// The same is approved whenever it is asked for this task.
    pub for_task: bool,
    /// A rule that says the same from now on, as TOML; the door tries it and keeps it.
    pub rule: Option<String>,
    /// So many seconds the answer may be taken back, and nothing comes of it.
    pub undo_secs: Option<u32>,
    /// The state of its checkout now, where nobody works in that meanwhile; the door fills it in.
    pub stands: Option<String>,
    /// What the office does by the changed words; likewise.
    pub deed: Option<Box<Deed>>,
}

/// What is answered must be what was seen.
pub(super) fn as_seen(it: &Approval, terms: &Terms) -> Result<(), Refusal> {
    match &terms.seen {
        Some(seen) if *seen != it.hash => {
            let message = format!("approval {} is another by now than was shown", it.id);
            Err(Refusal::new(Code::WrongState, message, format!("read it again: `office approval show {}`", it.id)))
        }
        _ => Ok(()),
    }
}

/// The words of a changed line: a plain one's words, else the line for a shell.
pub(super) fn edited(it: &Approval, line: &str) -> Result<Vec<String>, Refusal> {
    if it.held != Held::Command {
        let way_out = "deny it, and say in words what to do instead";
        return Err(Refusal::invalid("only a command can be changed before it is approved", way_out));
    }
    if line.trim().is_empty() {
        return Err(Refusal::invalid("nothing is left of the command", "deny it, if nothing is to run"));
    }
    let argv = words_of_line(line);
    fits(&argv, &it.cwd)?;
    if argv == it.argv {
        return Err(Refusal::invalid("the changed command is the same as before", "approve it as it is"));
    }
    Ok(argv)
}

/// The grant by which the same is approved for the rest of its task.
pub(super) fn for_task(office: &Office, it: &Approval, edited: Option<&[String]>, now: At) -> Result<Grant, Refusal> {
    let Some(task) = it.task.filter(|_| it.held != Held::Words) else {
        let way_out = "approve it once; a standing grant covers more: `office grant add`";
        return Err(Refusal::invalid(format!("approval {} is of no task", it.id), way_out));
    };
    let argv = edited.unwrap_or(&it.argv).to_vec();
    let covers = Covers::Same { held: it.held, shown: shown(&argv), argv };
    Ok(Grant {
        id: office.next.grant,
        covers,
        project: None,
        role: None,
        desk: None,
        task: Some(task),
        times: None,
        used: 0,
        until: None,
        note: Some(format!("approval {}, for its task", it.id)),
        given: now,
        revoked: None,
    })
}

pub(super) fn rule(terms: &Terms) -> Result<Option<String>, Refusal> {
    match &terms.rule {
        Some(rule) if rule.len() > RULE_MAX => {
            let message = format!("the rule has {} bytes", rule.len());
            Err(Refusal::new(Code::Limit, message, format!("at most {RULE_MAX}: write it into a file of rules")))
        }
        rule => Ok(rule.clone()),
    }
}

pub(super) fn until(it: &Approval, terms: &Terms, now: At) -> Result<Option<At>, Refusal> {
    match terms.undo_secs {
        Some(secs) if secs > UNDO_MAX => {
            let message = format!("an answer cannot be taken back for {secs} seconds");
            Err(Refusal::new(Code::Limit, message, format!("at most {UNDO_MAX}")))
        }
        // What settles more than this one thing is taken back as what it is: a rule, a grant.
        _ if terms.rule.is_some() || terms.for_task => Ok(None),
        // What the office was to do before is not kept.
        _ if terms.edit.is_some() && (it.deed.is_some() || terms.deed.is_some()) => Ok(None),
        secs => Ok(secs.filter(|secs| *secs > 0).map(|secs| now.plus_seconds(secs))),
    }
}
