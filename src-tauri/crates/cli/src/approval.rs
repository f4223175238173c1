//! What is held for the owner: listing it, reading it, answering it. Asking and running is `ask_approval.rs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use office_core::approval::{ApprovalCommand, Does, Said, Terms};
use office_core::{Actor, Approval, ApprovalId, ApprovalState, At, Code, CommandBody, Event, Noun, Refusal};
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
  office approval approve 3 --edit 'git push origin fix/rounding'     that runs instead, once
  office approval approve 3 --for-task                                the same again, too, while its task goes on
  office approval approve 3 --always                                  and a rule allows it from now on

What is approved are the words that are shown. What a script they name holds is read when it runs.")]
    Approve(ApproveArgs),
    /// Do not let it run (only the owner may)
    #[command(after_help = "Examples:
  office approval deny 3 --note 'not before the release'
  office approval deny 3 --always     and a rule refuses it from now on")]
    Deny(DenyArgs),
    /// Take an answer back, while nothing came of it (only the owner may)
    #[command(after_help = "Examples:
  office approval undo 3")]
    Undo {
        /// Which
        approval: ApprovalId,
    },
    /// Ask whoever asked something first; it stays held (only the owner may)
    #[command(after_help = "Examples:
  office approval ask-back 3 'which branch is that for?'")]
    AskBack {
        /// Which
        approval: ApprovalId,
        /// The question
        question: String,
    },
    /// Reply to the owner's question about what this desk asked
    #[command(after_help = "Examples:
  office approval reply 3 'for the hotfix; nothing else is on it'")]
    Reply {
        /// Which
        approval: ApprovalId,
        /// The words
        text: String,
    },
    /// Say that you have seen it and look after it: nobody further on its way is told. It answers nothing
    #[command(after_help = "Examples:
  office approval ack 3")]
    Ack {
        /// Which
        approval: ApprovalId,
    },
    /// Print the rule that `--always` would make, to be changed and given with `--rule`
    #[command(after_help = "Examples:
  office approval rule 3 > rule.toml && office approval approve 3 --rule rule.toml
  office approval rule 3 --never")]
    Rule {
        /// Which
        approval: ApprovalId,
        /// The rule that refuses it
        #[arg(long)]
        never: bool,
    },
    /// Print what is held, and each thing that happens to it from now on, until Ctrl-C
    #[command(after_help = "Examples:
  office approvals watch
  office approvals watch --json | jq -r 'select(.state == \"waiting\") | .shown'")]
    Watch,
    /// Take it back; one that runs already is shown as uncertain from then on
    #[command(after_help = "Examples:
  office approval withdraw 3")]
    Withdraw {
        /// Which
        approval: ApprovalId,
    },
}

/// A yes.
#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// Which
    approval: ApprovalId,
    /// Words for whoever asked
    #[arg(long)]
    note: Option<String>,
    /// Only if it is still what was shown: the hash that `show` printed
    #[arg(long, value_name = "HASH")]
    seen: Option<String>,
    /// This runs instead
    #[arg(long, value_name = "LINE", conflicts_with_all = ["always", "rule"])]
    edit: Option<String>,
    /// The same is approved again while its task goes on
    #[arg(long)]
    for_task: bool,
    /// A rule allows it from now on: the one that `office approval rule` prints
    #[arg(long)]
    always: bool,
    /// This rule allows it from now on
    #[arg(long, value_name = "FILE", conflicts_with = "always")]
    rule: Option<PathBuf>,
}

/// A no.
#[derive(Debug, Args)]
pub(crate) struct DenyArgs {
    /// Which
    approval: ApprovalId,
    /// Words for whoever asked
    #[arg(long)]
    note: Option<String>,
    /// Only if it is still what was shown: the hash that `show` printed
    #[arg(long, value_name = "HASH")]
    seen: Option<String>,
    /// A rule refuses it from now on: the one that `office approval rule --never` prints
    #[arg(long)]
    always: bool,
    /// This rule refuses it from now on
    #[arg(long, value_name = "FILE", conflicts_with = "always")]
    rule: Option<PathBuf>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: ApprovalVerb) -> Done {
    let command = match verb {
        ApprovalVerb::List { all } => return list(s, all).await,
        ApprovalVerb::Show { approval } => return show(s, approval).await,
        ApprovalVerb::Watch => return watch(s).await,
        ApprovalVerb::Rule { approval, never } => {
            let text = rule(s, approval, if never { Said::Deny } else { Said::Allow }).await?;
            return Ok(s.around.out.text_block(&print::block(&text))?);
        }
        ApprovalVerb::Approve(ApproveArgs { approval, note, seen, edit, for_task, always, rule: file }) => {
            let rule = settled(s, approval, Said::Allow, always, file).await?;
            let terms = Terms { seen, edit, for_task, rule, ..Terms::default() };
            ApprovalCommand::Approve { approval, note, terms }
        }
        ApprovalVerb::Deny(DenyArgs { approval, note, seen, always, rule: file }) => {
            let rule = settled(s, approval, Said::Deny, always, file).await?;
            ApprovalCommand::Deny { approval, note, terms: Terms { seen, rule, ..Terms::default() } }
        }
        ApprovalVerb::Undo { approval } => ApprovalCommand::Undo { approval },
        ApprovalVerb::AskBack { approval, question } => ApprovalCommand::AskBack { approval, question },
        ApprovalVerb::Ack { approval } => ApprovalCommand::Acknowledge { approval },
        ApprovalVerb::Reply { approval, text } => ApprovalCommand::Reply { approval, text },
        ApprovalVerb::Withdraw { approval } => ApprovalCommand::Withdraw { approval },
    };
    let Noun::Approval(it) = s.submit(CommandBody::Approval(command)).await? else { return Err(unexpected()) };
    s.show(&it, || print::line(&format!("approval {} is {}: {}", it.id, it.state, it.shown)))
}

async fn rule(s: &mut Session<'_>, approval: ApprovalId, said: Said) -> Result<String, crate::Fail> {
    match s.ask(Ask::ProposeRule { approval, said }).await? {
        Answer::Text(text) => Ok(text),
        _ => Err(unexpected()),
    }
}

async fn settled(
    s: &mut Session<'_>,
    approval: ApprovalId,
    said: Said,
    always: bool,
    file: Option<PathBuf>,
) -> Result<Option<String>, crate::Fail> {
    match file {
        Some(file) => {
            let unread = |error: std::io::Error| {
                Refusal::new(Code::NotFound, format!("{}: {error}", file.display()), "name a file that can be read")
            };
            Ok(Some(std::fs::read_to_string(&file).map_err(unread)?))
        }
        None if always => Ok(Some(rule(s, approval, said).await?)),
        None => Ok(None),
    }
}

/// What is held now, then each as it comes; one that is asked again is printed again.
async fn watch(s: &mut Session<'_>) -> Done {
    let client = s.client().await?;
    let Answer::Status(status) = client.ask(Ask::Status).await? else { return Err(unexpected()) };
    for it in &status.approvals {
        s.show(it, || held(it))?;
    }
    let mut events = client.events(status.seq).await?;
    loop {
        let (envelope, nouns) = events.next().await?;
        let Event::Approval(event) = &envelope.event else { continue };
        let about = nouns.iter().find_map(|noun| match noun {
            Noun::Approval(it) if it.id == event.approval() => Some(it),
            _ => None,
        });
        if let Some(it) = about {
            s.show(it, || match it.state {
                ApprovalState::Waiting => held(it),
                state => print::line(&format!("approval {}  is {state}", it.id)),
            })?;
        }
    }
}

fn held(it: &Approval) -> String {
    print::line(&format!("approval {}  {}  {}", it.id, moment(it.asked), it.shown))
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
    if let Some(asked) = &it.asked_as {
        part("asked as", &office_core::approval::shown(asked));
    }
    part("in", &it.cwd);
    if let Some(deed) = &it.deed {
        part("does it", &deed.says);
        if let Does::Publish { sha256, files, more, .. } = &deed.does {
            part("sha256", sha256);
            for (at, file) in files.iter().enumerate() {
                part(if at == 0 { "files" } else { "" }, &format!("{}, {} bytes", file.path, file.bytes));
            }
            if *more > 0 {
                part("", &format!("and {more} more"));
            }
        }
    }
    let task = it.task.map(|task| format!(" for #{task}")).unwrap_or_default();
    part("asked by", &format!("{who}{task}, {}", moment(it.asked)));
    if let Some(ruling) = &it.ruling {
        let category = ruling.category.as_deref().map_or(String::new(), |category| format!("{category}: "));
        part("risk", &format!("{category}{} [{}]", ruling.why, ruling.rule));
    }
    if let Some(reason) = &it.reason {
        part("why", reason);
    }
    for remark in &it.talk {
        part(if remark.by == Actor::Owner { "you asked" } else { "it replied" }, &remark.text);
    }
    if let Some(note) = &it.note {
        part("note", note);
    }
    if let Some(at) = it.parked {
        part("parked", &format!("since {}: nobody waits at it, and its task goes on when it is answered", moment(at)));
    }
    part("hash", &it.hash);
    if let Some(exit) = &it.exit {
        part("ended", &exit.to_string());
    }
    if !it.output.is_empty() {
        out.push_str(&format!("\n{}\n", print::block(&it.output).trim_end()));
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
