//! Standing grants: what the owner approves in advance. Which command is of a grant's shape is the guard's to say.

use std::ffi::OsString;

use clap::{Args, Subcommand};
use office_core::grant::{Covers, GrantCommand, NewGrant};
use office_core::{At, CommandBody, Grant, GrantId, Noun};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};

/// Verbs on grants.
#[derive(Debug, Subcommand)]
pub(crate) enum GrantVerb {
    /// Approve a shape of command in advance
    #[command(after_help = "Examples:
  office grant add --times 3 --until 07:00 -- git push origin 'release/*'
  office grant add --times 10 --project shop --role engineer -- npm install '*'

The words are program and subcommands, then patterns: every further word of a command must fit one of them (`*` is anything). \
What a rule denies stays denied. Each use is an approval of its own, and is in `office audit show`.")]
    Add(AddArgs),
    /// List the grants that are in force, oldest first
    #[command(after_help = "Examples:
  office grant list
  office grant list --all --json | jq '.[] | {id, used, times}'")]
    List {
        /// Those that are used up, over or revoked, too
        #[arg(long)]
        all: bool,
    },
    /// Take a grant back; what it answered stays answered
    #[command(after_help = "Examples:
  office grant revoke 2")]
    Revoke {
        /// Which
        grant: GrantId,
    },
}

/// What to grant.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// At most so many times
    #[arg(long, value_name = "N")]
    times: Option<u32>,
    /// Until then: 07:00 (the next time it is that late here), or a moment such as 2026-11-22T07:00:00Z
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// In this project only
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// For desks of this role only
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// At this desk only
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// What it is for
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
    /// Program, subcommands, patterns
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: GrantVerb) -> Done {
    let command = match verb {
        GrantVerb::List { all } => return list(s, all).await,
        GrantVerb::Revoke { grant } => GrantCommand::Revoke { grant },
        GrantVerb::Add(args) => GrantCommand::Give { new: Box::new(new(s, args).await?) },
    };
    let Noun::Grant(it) = s.submit(CommandBody::Grant(command)).await? else { return Err(unexpected()) };
    s.show(&it, || print::line(&format!("grant {} {}", it.id, words(&it))))
}

async fn new(s: &mut Session<'_>, args: AddArgs) -> Result<NewGrant, Fail> {
    let AddArgs { times, until, project, role, desk, note, command } = args;
    let odd = |_| Fail::usage("the command is not UTF-8", "spell it otherwise");
    let argv = command.into_iter().map(|word| word.into_string().map_err(odd)).collect::<Result<Vec<_>, _>>()?;
    let shape = office_guard::standing::shape_of(&argv);
    let (run, words) =
        shape.ok_or_else(|| Fail::usage("the program is not spelled plainly", "name it as it is called"))?;
    let project = s.project_id(project.as_deref()).await?;
    let desk = match desk {
        Some(name) => Some(s.desk(&name).await?.id),
        None => None,
    };
    let until = until.as_deref().map(when).transpose()?;
    Ok(NewGrant { run, words, project, role: role.as_deref().map(Into::into), desk, times, until, note })
}

/// A moment, or the next time it is that late here.
fn when(text: &str) -> Result<At, Fail> {
    let odd = || Fail::usage(format!("'{text}' is no moment"), "say 07:00, or 2026-11-22T07:00:00Z");
    if text.contains('T') {
        return text.parse().map_err(|_| odd());
    }
    let time: jiff::civil::Time = text.parse().map_err(|_| odd())?;
    let now = jiff::Zoned::now();
    let today = now.with().time(time).build().map_err(|_| odd())?;
    let at = if today > now { today } else { today.tomorrow().map_err(|_| odd())? };
    Ok(At::from_millis(at.timestamp().as_millisecond()))
}

async fn list(s: &mut Session<'_>, all: bool) -> Done {
    let Answer::Grants(found) = s.ask(Ask::Grants { all }).await? else { return Err(unexpected()) };
    s.show(&found, || {
        if found.is_empty() {
            return "nothing is approved in advance".to_owned();
        }
        let mut table = Table::default();
        for it in &found {
            table.row([it.id.to_string(), used(it), ends(it), covers(it)]);
        }
        table.text(s.around.columns)
    })
}

fn words(it: &Grant) -> String {
    format!("for {}: {}, {}", covers(it), used(it), ends(it))
}

fn used(it: &Grant) -> String {
    match it.times {
        Some(times) => format!("used {} of {times}", it.used),
        None => format!("used {}", it.used),
    }
}

fn ends(it: &Grant) -> String {
    match (it.revoked, it.until, it.task) {
        (Some(at), ..) => format!("revoked {}", print::moment(at, None)),
        (None, Some(at), _) => format!("until {}", print::moment(at, None)),
        (None, None, Some(task)) => format!("while #{task} goes on"),
        (None, None, None) => "until used up".to_owned(),
    }
}

/// What a grant covers, in one line.
pub(crate) fn covers(it: &Grant) -> String {
    let what = match &it.covers {
        Covers::Shape { run, words } => format!("{run} {}", words.join(" ")).trim_end().to_owned(),
        Covers::Same { shown, .. } => shown.clone(),
    };
    let task = it.task.map(|task| format!(" (#{task})")).unwrap_or_default();
    let role = it.role.as_ref().map(|role| format!(" (role {role})")).unwrap_or_default();
    let project = it.project.map(|project| format!(" (project {project})")).unwrap_or_default();
    let desk = it.desk.map(|desk| format!(" (desk {desk})")).unwrap_or_default();
    format!("{what}{project}{role}{desk}{task}")
}
