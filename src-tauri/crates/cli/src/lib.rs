//! The command line `office`: parse, ask at the door, print. Rules are not here; the office decides.

mod answer;
mod approval;
mod around;
mod ask_approval;
mod attach;
mod audit;
mod autostart;
mod budget;
mod desk;
mod docs;
mod door;
mod events;
mod fail;
mod grammar;
mod grant;
mod guard;
mod home;
mod limit;
mod mail;
mod mcp;
mod memory;
mod office;
mod out;
mod plan;
mod print;
mod project;
mod prune;
mod queue;
mod raw;
mod role;
mod search;
mod session;
mod shapes;
mod status;
mod talk;
mod task;
mod team;
mod texts;
mod unattended;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use office_core::Refusal;

pub use crate::around::Around;
pub use crate::docs::cli_markdown;
pub use crate::fail::{Fail, exit, exit_code};
use crate::grammar::{Cli, Verb};
#[doc(hidden)]
pub use crate::mcp::serve_for_test as serve_mcp_for_test;
pub use crate::out::Out;
pub use crate::print::Paint;
use crate::session::{Done, Session};

/// The program: reads the process's arguments, and gives back its exit code.
pub fn main() -> ExitCode {
    let around = Around::here();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ExitCode::from(say(&Fail::from(error), false, &around)),
    };
    let code = runtime.block_on(run(std::env::args_os(), &around));
    // What still blocks (a read of the terminal) must not hold the command up.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// One call of the command with these arguments (the first is the program's name); gives back the exit code.
pub async fn run(argv: impl IntoIterator<Item = OsString>, around: &Around) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    let wants_json = argv.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    let cli = match Cli::try_parse_from(&argv) {
        Ok(cli) => cli,
        Err(error) => return ungrammatical(&error, wants_json, around),
    };
    let json = cli.json;
    match carry_out(cli, around).await {
        Ok(()) => exit::OK,
        Err(fail) => say(&fail, json, around),
    }
}

async fn carry_out(cli: Cli, around: &Around) -> Done {
    let mut session = Session::new(around, cli.office, cli.host, cli.json)?;
    let s = &mut session;
    match cli.verb {
        Verb::Init(args) => office::init(s, args).await,
        Verb::Run(args) => office::run(s, args).await,
        Verb::Project(verb) => project::carry_out(s, verb).await,
        Verb::Role(verb) => role::carry_out(s, verb).await,
        Verb::Engine(verb) => role::carry_out_engine(s, verb).await,
        Verb::Desk(verb) => desk::carry_out(s, verb).await,
        Verb::Task(verb) => task::carry_out(s, verb).await,
        Verb::Queue(verb) => queue::carry_out(s, verb).await,
        Verb::Answer(args) => answer::carry_out(s, args).await,
        Verb::Interlock(verb) => team::interlock(s, verb).await,
        Verb::Lease(args) => team::lease(s, args).await,
        Verb::Shift(verb) => team::shift(s, verb).await,
        Verb::Mail(verb) => mail::carry_out(s, verb).await,
        Verb::Talk(args) => talk::carry_out(s, args).await,
        Verb::Plan(verb) => plan::carry_out(s, verb).await,
        Verb::Approval(verb) => approval::carry_out(s, verb).await,
        Verb::Grant(verb) => grant::carry_out(s, verb).await,
        Verb::Audit(verb) => audit::carry_out(s, verb).await,
        Verb::Unattended(args) => unattended::carry_out(s, args).await,
        Verb::AskApproval(args) => ask_approval::carry_out(s, args).await,
        Verb::Status(args) => office::status(s, args).await,
        Verb::Stop(args) => office::stop(s, args).await,
        Verb::Resume => office::resume(s).await,
        Verb::Set(args) => office::set(s, args).await,
        Verb::Budget(args) => budget::carry_out(s, args).await,
        Verb::Limit(args) => limit::carry_out(s, args).await,
        Verb::Events(args) => events::carry_out(s, args).await,
        Verb::Guard(verb) => guard::carry_out(s, verb),
        Verb::Search(args) => search::carry_out(s, args).await,
        Verb::Memory(verb) => memory::carry_out(s, verb).await,
        Verb::Doctor => office::doctor(s).await,
        Verb::Demo => project::demo(s).await,
        Verb::Prune(args) => prune::carry_out(s, args).await,
        Verb::Backup(args) => office::backup(s, args).await,
        Verb::Restore(args) => office::restore(s, args).await,
        Verb::Quit(args) => office::quit(s, args).await,
        Verb::Autostart(args) => autostart::carry_out(s, args).await,
        Verb::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "office", &mut text);
            Ok(around.out.bytes(&text)?)
        }
        Verb::Door => door::carry_out(s).await,
        Verb::Mcp => mcp::carry_out(s).await,
        Verb::Docs => Ok(around.out.text_block(&cli_markdown().map_err(docs_failed)?)?),
    }
}

fn docs_failed(why: String) -> Fail {
    Refusal::new(office_core::Code::Trouble, why, "this is a fault of ours").into()
}

/// Says why a command did not do what was asked; gives back its exit code.
fn say(fail: &Fail, json: bool, around: &Around) -> u8 {
    if let Fail::Refused(refusal) | Fail::Usage(refusal) = fail {
        let text = match serde_json::to_string(refusal) {
            Ok(text) if json => text,
            _ => print::refusal(refusal, around.paint),
        };
        // Where nobody hears the reason, the code still says it.
        let _ = around.err.text_block(&text);
    }
    fail.exit_code()
}

fn ungrammatical(error: &clap::Error, json: bool, around: &Around) -> u8 {
    // Help and version come as errors, too, and are none.
    if !error.use_stderr() {
        let text = if around.paint.on { error.render().ansi().to_string() } else { error.render().to_string() };
        return match around.out.text_block(&text) {
            Ok(()) => exit::OK,
            Err(error) => Fail::from(error).exit_code(),
        };
    }
    let whole = error.render().to_string();
    if json {
        let (message, way_out) = whole.split_once('\n').unwrap_or((&whole, ""));
        let message = message.strip_prefix("error: ").unwrap_or(message);
        return say(&Fail::usage(message, way_out.trim()), true, around);
    }
    let _ = around.err.text_block(&print::block(&whole));
    exit::USAGE
}
