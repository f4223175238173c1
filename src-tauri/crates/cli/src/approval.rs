//! What is held for the owner: listing it, reading it, answering it. Asking and running is `ask_approval.rs`.

use clap::{Args, Subcommand};
use office_core::approval::ApprovalCommand;
use office_core::{Approval, ApprovalId, ApprovalState, At, CommandBody, Noun, Refusal};
use office_door::wire::{Answer, Ask};

use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};

/// Verbs on approvals.
#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalVerb {
    /// List the commands that are held, oldest first
    #[command(after_help = "Examples:
  office approval list
  office approval list --all --json | jq -r '.[] | [.id, .state, .shown] | @tsv'")]
    List {
        /// Those that are over, too
        #[arg(long)]
        all: bool,
    },
    /// Show a held command: who asks, why, where it would run
    #[command(after_help = "Examples:
  office approval show 3")]
    Show {
        /// Which
        approval: ApprovalId,
    },
    /// Let it run, once (only the owner may)
    #[command(after_help = "Examples:
  office approval approve 3
  office approval approve 3 --note 'tag it v1.2, not v2'

What is approved are the words that are shown. What a script they name holds is read when it runs.")]
    Approve(AnswerArgs),
    /// Do not let it run (only the owner may)
    #[command(after_help = "Examples:
  office approval deny 3 --note 'not before the release'")]
    Deny(AnswerArgs),
    /// Take it back; one that runs already is shown as uncertain from then on
    #[command(after_help = "Examples:
  office approval withdraw 3")]
    Withdraw {
        /// Which
        approval: ApprovalId,
    },
}

/// An answer.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// Which
    approval: ApprovalId,
    /// Words for whoever asked
    #[arg(long)]
    note: Option<String>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: ApprovalVerb) -> Done {
    let command = match verb {
        ApprovalVerb::List { all } => return list(s, all).await,
        ApprovalVerb::Show { approval } => return show(s, approval).await,
        ApprovalVerb::Approve(AnswerArgs { approval, note }) => ApprovalCommand::Approve { approval, note },
        ApprovalVerb::Deny(AnswerArgs { approval, note }) => ApprovalCommand::Deny { approval, note },
        ApprovalVerb::Withdraw { approval } => ApprovalCommand::Withdraw { approval },
    };
    let Noun::Approval(it) = s.submit(CommandBody::Approval(command)).await? else { return Err(unexpected()) };
    s.show(&it, || print::line(&format!("approval {} is {}: {}", it.id, it.state, it.shown)))
}

async fn all(s: &mut Session<'_>, all: bool) -> Result<Vec<Approval>, crate::Fail> {
    match s.ask(Ask::Approvals { all }).await? {
        Answer::Approvals(found) => Ok(found),
        _ => Err(unexpected()),
    }
}

async fn list(s: &mut Session<'_>, over_too: bool) -> Done {
    let found = all(s, over_too).await?;
    let desks = if s.json { Vec::new() } else { s.desks().await? };
    s.show(&found, || {
        if found.is_empty() {
            return "nothing is held".to_owned();
        }
        let mut table = Table::default();
        for it in &found {
            let desk = it.desk.and_then(|id| desks.iter().find(|desk| desk.id == id));
            table.row([
                it.id.to_string(),
                it.state.to_string(),
                desk.map_or("owner".to_owned(), |desk| desk.name.clone()),
                it.task.map(|task| format!("#{task}")).unwrap_or_default(),
                it.shown.clone(),
            ]);
        }
        table.text(s.around.columns)
    })
}

async fn show(s: &mut Session<'_>, id: ApprovalId) -> Done {
    let found = all(s, true).await?.into_iter().find(|it| it.id == id);
    let it = found.ok_or_else(|| Refusal::not_found(format!("approval {id}"), "office approval list --all"))?;
    let who = match it.desk {
        Some(desk) if !s.json => s.desk_name(desk).await?,
        _ => "the owner".to_owned(),
    };
    s.show(&it, || page(&it, &who, s))
}

fn page(it: &Approval, who: &str, s: &Session<'_>) -> String {
    let mut out = format!("{}\n", s.around.paint.bold(&print::line(&format!("approval {} is {}", it.id, it.state))));
    let mut part = |name: &str, text: &str| out.push_str(&format!("{name:<10}{}\n", print::line(text)));
    part("runs", &it.shown);
    part("in", &it.cwd);
    let task = it.task.map(|task| format!(" for #{task}")).unwrap_or_default();
    part("asked by", &format!("{who}{task}, {}", moment(it.asked)));
    if let Some(ruling) = &it.ruling {
        let category = ruling.category.as_deref().map_or(String::new(), |category| format!("{category}: "));
        part("risk", &format!("{category}{} [{}]", ruling.why, ruling.rule));
    }
    if let Some(reason) = &it.reason {
        part("why", reason);
    }
    if let Some(note) = &it.note {
        part("note", note);
    }
    if let Some(exit) = &it.exit {
        part("ended", &exit.to_string());
    }
    if it.state == ApprovalState::Waiting {
        let id = it.id;
        out.push_str(&format!(
            "\n`office approval approve {id}` lets it run, once; `office approval deny {id} --note WHY` does not\n"
        ));
    }
    out
}

fn moment(at: At) -> String {
    print::moment(at, None)
}
