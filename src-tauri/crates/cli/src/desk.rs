//! Desks: seats with a role and an engine. Watching one live is in `attach.rs`.

use std::collections::BTreeSet;

use clap::Subcommand;
use office_core::desk::DeskCommand;
use office_core::{CommandBody, Desk, EngineName, Noun, RoleName};
use office_door::wire::Ask;

use crate::attach::{self, AttachArgs};
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};
use crate::shapes::DeskCard;
use crate::words;

/// Verbs on desks.
#[derive(Debug, Subcommand)]
pub(crate) enum DeskVerb {
    /// Add a desk; unless told otherwise it takes ready tasks that fit its role by itself
    #[command(after_help = "Examples:
  office desk add --role engineer
  office desk add --name ada --role engineer --project shop --no-auto
  office desk add --role tester --engine custom --command 'my-agent --brief {brief}'")]
    Add {
        /// Who sits there [default: the role's name, numbered]
        #[arg(long)]
        name: Option<String>,
        /// Its role (`office role list`)
        #[arg(long)]
        role: String,
        /// Its engine [default: the first of the role's that is installed]
        #[arg(long)]
        engine: Option<String>,
        /// The command line, for the engine `custom`
        #[arg(long, value_name = "LINE")]
        command: Option<String>,
        /// Work on this project only
        #[arg(long)]
        project: Option<String>,
        /// Take only what is assigned
        #[arg(long)]
        no_auto: bool,
    },
    /// List the desks and what each is doing
    #[command(after_help = "Examples:
  office desk list
  office desk list --json | jq -r '.[] | [.name, .state] | @tsv'")]
    List,
    /// Show a desk
    #[command(after_help = "Examples:
  office desk show ada")]
    Show {
        /// Name or number
        desk: String,
    },
    /// Remove a desk that has nothing to do; its record stays
    #[command(after_help = "Examples:
  office desk remove ada")]
    Remove {
        /// Name or number
        desk: String,
    },
    /// Start nothing more there until resumed; what runs goes on
    #[command(after_help = "Examples:
  office desk pause ada")]
    Pause {
        /// Name or number
        desk: String,
    },
    /// Release a pause or stop
    #[command(after_help = "Examples:
  office desk resume ada")]
    Resume {
        /// Name or number
        desk: String,
    },
    /// Open a plain session there, without a task
    #[command(after_help = "Examples:
  office desk open ada shop             in your own work tree
  office desk open ada shop --fresh     in a checkout of its own; `office task from-desk` can turn it into a task")]
    Open {
        /// Name or number of the desk
        desk: String,
        /// Name or number of the project [default: the only one]
        project: Option<String>,
        /// In a checkout of its own
        #[arg(long)]
        fresh: bool,
    },
    /// End what runs there; its task is parked and nothing is lost
    #[command(after_help = "Examples:
  office desk stop ada
  office desk resume ada     its task goes on")]
    Stop {
        /// Name or number
        desk: String,
    },
    /// Put a desk's live terminal into yours; Ctrl-] leaves it again
    Attach(AttachArgs),
    /// Give a desk's agent a prompt, when it waits for one
    #[command(after_help = "Examples:
  office desk tell ada 'also look at the tests'     pasted whole, never into a dialog or a draft; the agent confirms it
  office desk tell ada --file notes.md")]
    Tell {
        /// Name or number
        desk: String,
        /// What to say
        #[arg(required_unless_present = "file")]
        text: Option<String>,
        /// Say what this file holds
        #[arg(long, conflicts_with = "text")]
        file: Option<String>,
    },
    /// Type into a desk's terminal
    #[command(after_help = "Examples:
  office desk type ada 'yes, go on'          and Enter
  office desk type ada --no-enter q          only the key")]
    Type {
        /// Name or number
        desk: String,
        /// What to type
        text: String,
        /// Do not press Enter after it
        #[arg(long)]
        no_enter: bool,
    },
    /// Say whether a desk takes ready tasks by itself
    #[command(after_help = "Examples:
  office desk auto ada off
  office desk auto ada on")]
    Auto {
        /// Name or number
        desk: String,
        /// On or off
        #[arg(value_parser = ["on", "off"])]
        auto: String,
    },
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: DeskVerb) -> Done {
    let (desk, said) = match verb {
        DeskVerb::List => {
            let desks = s.desks().await?;
            let status = s.status().await?;
            return s.show(&desks, || words::desk_table(&desks, status.now, 0, s.around));
        }
        DeskVerb::Attach(args) => return attach::carry_out(s, args).await,
        DeskVerb::Add { name, role, engine, command, project, no_auto } => {
            let name = match name {
                Some(name) => name,
                None => free_name(s, &role).await?,
            };
            let add = DeskCommand::Add {
                name,
                role: RoleName(role),
                project: s.project_id(project.as_deref()).await?,
                engine: engine.map(EngineName),
                command,
                auto: !no_auto,
            };
            (changed(s, add).await?, "added")
        }
        DeskVerb::Show { desk } => {
            let desk = s.desk(&desk).await?;
            let card = card(s, desk).await?;
            return s.show(&card, || page(&card, s));
        }
        DeskVerb::Remove { desk } => {
            let desk = s.desk(&desk).await?.id;
            (changed(s, DeskCommand::Remove { desk }).await?, "removed")
        }
        DeskVerb::Pause { desk } => {
            let desk = s.desk(&desk).await?.id;
            (changed(s, DeskCommand::Pause { desk }).await?, "paused: nothing more starts there")
        }
        DeskVerb::Resume { desk } => {
            let desk = s.desk(&desk).await?.id;
            (changed(s, DeskCommand::Resume { desk }).await?, "resumed")
        }
        DeskVerb::Open { desk, project, fresh } => {
            let desk = s.desk(&desk).await?.id;
            let project = s.project(project.as_deref()).await?.id;
            (
                changed(s, DeskCommand::Open { desk, project, fresh }).await?,
                "opens a session; `office desk attach` shows it",
            )
        }
        DeskVerb::Stop { desk } => {
            let desk = s.desk(&desk).await?.id;
            (changed(s, DeskCommand::Stop { desk }).await?, "stopped; `office desk resume` goes on")
        }
        DeskVerb::Tell { desk, text, file } => {
            let text = match (text, file) {
                (Some(text), _) => text,
                (None, Some(file)) => crate::task::write::read_text(&file)?,
                (None, None) => String::new(),
            };
            s.ask(Ask::Tell { desk: desk.clone(), text }).await?;
            (s.desk(&desk).await?, "took the prompt")
        }
        DeskVerb::Type { desk, mut text, no_enter } => {
            if !no_enter {
                text.push('\r');
            }
            s.ask(Ask::Type { desk: desk.clone(), text }).await?;
            (s.desk(&desk).await?, "was typed to")
        }
        DeskVerb::Auto { desk, auto } => {
            let desk = s.desk(&desk).await?.id;
            let auto = auto == "on";
            let said = if auto { "takes ready tasks by itself" } else { "takes only what is assigned" };
            (changed(s, DeskCommand::Change { desk, auto }).await?, said)
        }
    };
    let card = card(s, desk).await?;
    s.show(&card, || {
        print::line(&format!("desk {} '{}' ({}) {said}; it is {}", card.id, card.name, card.role, card.state))
    })
}

async fn changed(s: &mut Session<'_>, command: DeskCommand) -> Result<Desk, crate::fail::Fail> {
    match s.submit(CommandBody::Desk(command)).await? {
        Noun::Desk(desk) => Ok(desk),
        _ => Err(unexpected()),
    }
}

async fn card(s: &mut Session<'_>, desk: Desk) -> Result<DeskCard, crate::fail::Fail> {
    let seen = s.desks().await?.into_iter().find(|seen| seen.id == desk.id);
    Ok(DeskCard::new(desk, seen))
}

/// `engineer`, `engineer-2`, ...: the first that nobody has.
async fn free_name(s: &mut Session<'_>, role: &str) -> Result<String, crate::fail::Fail> {
    let taken: BTreeSet<String> = s.desks().await?.into_iter().map(|desk| desk.name).collect();
    let mut names = std::iter::once(role.to_owned()).chain((2..).map(|n| format!("{role}-{n}")));
    Ok(names.find(|name| !taken.contains(name)).unwrap_or_else(|| role.to_owned()))
}

fn page(card: &DeskCard, s: &Session<'_>) -> String {
    let mut table = Table::new(2);
    let mut row = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            table.row([name.to_owned(), value]);
        }
    };
    row("state", Some(format!("{} ({})", card.state, card.evidence)));
    row("since", card.since.map(|at| print::moment(at, None)));
    row("role", Some(card.role.to_string()));
    row("engine", card.engine.as_ref().map(ToString::to_string));
    row("command", card.command.clone());
    row("project", card.project.map(|project| project.to_string()));
    row("task", card.task.map(|task| format!("#{task} {}", card.title.clone().unwrap_or_default())));
    let queue: Vec<_> = card.queue.iter().map(|task| format!("#{task}")).collect();
    row("queue", (!queue.is_empty()).then(|| queue.join(" ")));
    row("run", card.run.or(card.last_run).map(|run| run.to_string()));
    row("took", card.spent.as_ref().map(words::spent));
    row("visitors", (card.visitors > 0).then(|| format!("{} subagent(s) at work", card.visitors)));
    row("takes", Some(if card.auto { "ready tasks by itself" } else { "only what is assigned" }.to_owned()));
    row("kept", card.enforcement.as_ref().map(words::enforcement));
    for it in &card.collisions {
        row("collides", Some(words::collision(it)));
    }
    row("held", card.hold.as_ref().map(|hold| words::hold(hold, None)));
    let head = s.around.paint.bold(&print::line(&format!("{} {}", card.id, card.name)));
    format!("{head}\n{}", table.text(None))
}
