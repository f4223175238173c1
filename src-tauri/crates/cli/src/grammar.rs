//! The grammar as a whole: what all verbs share, and which noun a verb belongs to. Each noun's own is in its file.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use office_core::TaskState;
use serde::de::DeserializeOwned;

use crate::answer::AnswerArgs;
use crate::approval::ApprovalVerb;
use crate::ask_approval::AskArgs;
use crate::audit::AuditVerb;
use crate::autostart::AutostartArgs;
use crate::budget::BudgetArgs;
use crate::desk::DeskVerb;
use crate::events::EventsArgs;
use crate::grant::GrantVerb;
use crate::guard::GuardVerb;
use crate::home::RunArgs;
use crate::limit::LimitArgs;
use crate::mail::MailVerb;
use crate::memory::MemoryVerb;
use crate::office::{BackupArgs, InitArgs, QuitArgs, RestoreArgs, SetArgs, StatusArgs, StopArgs};
use crate::plan::PlanVerb;
use crate::project::ProjectVerb;
use crate::prune::PruneArgs;
use crate::queue::QueueVerb;
use crate::role::{EngineVerb, RoleVerb};
use crate::search::SearchArgs;
use crate::talk::TalkArgs;
use crate::task::TaskVerb;
use crate::team::{InterlockVerb, LeaseArgs, ShiftVerb};
use crate::unattended::UnattendedArgs;

const ABOUT: &str = "Afterhours: an office of coding agents that works through your backlog while you are away.

The office lives in one directory and is run by one process, `office run`; every other verb talks to it. A project is a \
repository, a desk is a seat with a role and an engine, a task is worked on at a desk in a checkout of its own, checked, \
reviewed by you, and merged.";

const START: &str = "A first journey:
  office init                                     make an office
  office run                                      run it (in a terminal of its own)
  office project add ~/code/shop                  take on a repository
  office project try shop                         see that set-up and checks are green before any task
  office desk add --role engineer                 hire somebody
  office task add 'Round prices' --check 'make test'
  office status --watch                           see it worked on
  office task diff 1                              look at the result
  office task accept 1                            merge it

Names or numbers stand for projects and desks, numbers (12 or #12) for tasks. Where there is one project only, --project may
be left out. Inside a desk OFFICE_DIR, OFFICE_TOKEN and OFFICE_TASK are set: `office task done` speaks of the desk's own task.

Exit codes: 0 done, 1 refused (reason and way out on standard error; with --json as {code,message,detail}), 2 asked wrongly,
3 no office runs, 4 not found. `office ask-approval` ends with the code of the command it runs, 77 when it was denied, 78 when \
it was withdrawn, 79 when it stays held and the owner asks something first.";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "office", version, about = ABOUT, after_help = START, max_term_width = 110)]
pub(crate) struct Cli {
    /// The office's directory [default: OFFICE_DIR, else afterhours in your data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) office: Option<PathBuf>,
    /// An office on another machine, reached by ssh: vm, user@vm, ssh://user@vm:2222; `--office` is then its directory there
    #[arg(long, global = true, value_name = "MACHINE")]
    pub(crate) host: Option<String>,
    /// Print JSON: the thing read, made or changed, one value to a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make an office
    Init(InitArgs),
    /// Run the office in the foreground, until Ctrl-C or `office quit`
    Run(RunArgs),
    /// Repositories the office works on
    #[command(subcommand)]
    Project(ProjectVerb),
    /// What desks are for
    #[command(subcommand)]
    Role(RoleVerb),
    /// What can be launched at a desk
    #[command(subcommand)]
    Engine(EngineVerb),
    /// Seats, and who works there
    #[command(subcommand)]
    Desk(DeskVerb),
    /// What is to be done
    #[command(subcommand)]
    Task(TaskVerb),
    /// What was accepted, and how far it is on its way onto the base
    #[command(subcommand)]
    Queue(QueueVerb),
    /// Answer what agents ask, in words or by the number of a choice; without a task: the questions that wait
    Answer(AnswerArgs),
    /// What agents, the office and you write to one another
    #[command(subcommand)]
    Mail(MailVerb),
    /// Say what you want to whoever leads the desks: a plan of draft tasks comes of it
    Talk(TalkArgs),
    /// Drafts that belong together, and wait to be accepted or rejected as a whole
    #[command(subcommand)]
    Plan(PlanVerb),
    /// Commands that are held until a task is through
    #[command(subcommand)]
    Interlock(InterlockVerb),
    /// Paths that a desk has to itself while it works there
    Lease(LeaseArgs),
    /// The shift
    #[command(subcommand)]
    Shift(ShiftVerb),
    /// What is held until you answer
    #[command(subcommand, visible_alias = "approvals")]
    Approval(ApprovalVerb),
    /// What you approved in advance: a shape of command, so many times, until a moment
    #[command(subcommand)]
    Grant(GrantVerb),
    /// What was decided about approvals and grants, each entry bound to the one before it
    #[command(subcommand)]
    Audit(AuditVerb),
    /// What happens to what is held while you are away, and when the desktop tells you
    Unattended(UnattendedArgs),
    /// Hold a command until the owner says yes or no, then run it once, or not
    AskApproval(AskArgs),
    /// One screen: who works on what, who waits for you, what is held, what merged
    Status(StatusArgs),
    /// Stop everything: within seconds no process of any desk runs
    Stop(StopArgs),
    /// Go on after `office stop --all`, and take up what was interrupted
    #[command(after_help = "Examples:
  office stop --all && office resume")]
    Resume,
    /// Change what holds for the whole office
    Set(SetArgs),
    /// What may be spent, and what was
    Budget(BudgetArgs),
    /// What one task may take: files, lines, time
    Limit(LimitArgs),
    /// What happened, in order
    Events(EventsArgs),
    /// Search tasks and events
    Search(SearchArgs),
    /// Try the command guard: what is allowed, asked and denied, and why
    #[command(subcommand)]
    Guard(GuardVerb),
    /// What the office knows
    #[command(subcommand)]
    Memory(MemoryVerb),
    /// See whether everything an office needs is there
    #[command(after_help = "Examples:
  office doctor
  office doctor --json")]
    Doctor,
    /// See what recordings take, and drop those of work that was reviewed or called off
    Prune(PruneArgs),
    /// Copy the office's database while it runs
    Backup(BackupArgs),
    /// Open the demo: a small repository, four desks and six tasks, worked without account, network or model
    #[command(after_help = "Examples:
  office demo
  office task assign 1 Mara && office status --watch")]
    Demo,
    /// Bring a backup back; what was there is kept aside (the office must not run)
    Restore(RestoreArgs),
    /// Ask the runtime to end, and wait until it has
    Quit(QuitArgs),
    /// Have the system start the office after a reboot
    Autostart(AutostartArgs),
    /// Serve the office's tools to an agent (MCP on standard input and output)
    #[command(after_help = "Examples:
  office mcp     an agent starts it; the office writes it into the settings of its desks")]
    Mcp,
    /// Print completions for a shell
    #[command(after_help = "Examples:
  office completions bash > ~/.local/share/bash-completion/completions/office
  office completions fish > ~/.config/fish/completions/office.fish")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Pass the door on to standard input and output, for `office --host` on another machine
    #[command(hide = true)]
    Door,
    /// Print docs/CLI.md
    #[command(hide = true)]
    Docs,
}

/// A word of a closed list, as JSON spells it.
pub(crate) fn word<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| serde_json::from_value::<T>(serde_json::Value::String(word)))
}

/// A choice that is on or off.
pub(crate) fn on_off() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["on", "off"]).map(|word| word == "on")
}

/// A state of the life cycle; `in-review` means `in review`.
pub(crate) fn state() -> impl TypedValueParser<Value = TaskState> {
    let states = TaskState::ALL.iter().map(|state| {
        let value = PossibleValue::new(state.as_str());
        if *state == TaskState::InReview { value.alias("in-review") } else { value }
    });
    PossibleValuesParser::new(states)
        .try_map(|word| serde_json::from_value::<TaskState>(serde_json::Value::String(word.replace('-', " "))))
}
