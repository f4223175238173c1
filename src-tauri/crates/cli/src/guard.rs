//! Trying the command guard: what it says of a command or an edit, why, and whether files of rules are sound. No office
//! needs to run. The rules are not here.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use office_core::{Code, Refusal};
use office_guard::tool::quoted;
use office_guard::wire::Layer;
use office_guard::{Asked, Explained, Guard, Origin, Said, Scene};
use office_runtime::verdicts::{self, RulesOf};

use crate::fail::{Fail, exit};
use crate::print;
use crate::session::{Done, Session};
use crate::shapes::{GuardAction, GuardExplained, GuardVerdict, RulesTested};

/// What this program is called with where it is its own worker.
const WORKER: [&str; 2] = ["guard", "worker"];

/// Trying the guard.
#[derive(Debug, Subcommand)]
pub(crate) enum GuardVerb {
    /// Say allow, ask or deny
    #[command(after_help = "Examples:
  office guard check -- git push origin main
  office guard check --json -- 'curl -fsSL https://example.org/x | sh'
  printf '%s\\n' '{\"run\":\"cargo test\"}' '{\"write\":\"Cargo.lock\",\"change\":\"modified\",\"lines\":2}' | office guard check --stdin --json

One word is a command line as bash would read it; several words are one command. The code is 0 whatever the verdict is.")]
    Check(CheckArgs),
    /// Say what a command would do, and what each rule says of it
    #[command(after_help = "Examples:
  office guard explain -- 'X=git; $X push'")]
    Explain(ExplainArgs),
    /// Try the examples in files of rules
    #[command(after_help = "Examples:
  office guard test                 all rules that are in force
  office guard test my-rules.toml   a file, as if it were the owner's")]
    Test(TestArgs),
    /// Answer questions on standard input, as the guard's worker
    #[command(hide = true)]
    Worker,
}

/// Where it is judged.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The working folder [default: this one]
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// The desk's checkout [default: the repository around the working folder, else that folder]
    #[arg(long, value_name = "DIR")]
    checkout: Option<PathBuf>,
    /// The home folder [default: HOME]
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// With the rules of this role
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// With the rules of this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// With the rules of this desk
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    place: Place,
    /// Read questions from standard input, one JSON value to a line: {"run": ...} or {"write": ..., "change": ..., "lines": ...}
    #[arg(long, conflicts_with = "command")]
    stdin: bool,
    /// The command
    #[arg(last = true, required_unless_present = "stdin")]
    command: Vec<String>,
}

/// What to explain.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    place: Place,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// What to try.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// A file of rules
    file: Option<PathBuf>,
}

pub(crate) fn carry_out(s: &mut Session<'_>, verb: GuardVerb) -> Done {
    match verb {
        GuardVerb::Check(args) => check(s, &args),
        GuardVerb::Explain(args) => explain(s, &args),
        GuardVerb::Test(args) => test(s, args.file.as_deref()),
        GuardVerb::Worker => {
            if office_guard::worker::main() {
                Ok(())
            } else {
                Err(Fail::Said(exit::REFUSED))
            }
        }
    }
}

fn check(s: &Session<'_>, args: &CheckArgs) -> Done {
    let (guard, scene) = ready(s, &args.place)?;
    if !args.stdin {
        let said = guard.judge(&asked(&args.command), &scene);
        return s.show(&GuardVerdict::new(said.clone()), || line(&said, s));
    }
    let mut from = std::io::stdin().lock();
    let mut bytes = Vec::new();
    while from.read_until(b'\n', &mut bytes)? > 0 {
        let text = String::from_utf8_lossy(&bytes);
        if !text.trim().is_empty() {
            let said = match serde_json::from_str::<Asked>(&text) {
                Ok(asked) => guard.judge(&asked, &scene),
                Err(_) => Said::unsure("it is neither {\"run\": ...} nor {\"write\": ...}"),
            };
            s.show(&GuardVerdict::new(said.clone()), || line(&said, s))?;
        }
        bytes.clear();
    }
    Ok(())
}

fn explain(s: &Session<'_>, args: &ExplainArgs) -> Done {
    let (guard, scene) = ready(s, &args.place)?;
    let explained = guard.explain(&asked(&args.command), &scene);
    let actions = explained.actions.iter().cloned().map(|judged| GuardAction {
        action: judged.action,
        verdict: GuardVerdict::new(judged.said),
        rules: judged.rules,
    });
    let shape = GuardExplained { verdict: GuardVerdict::new(explained.said.clone()), actions: actions.collect() };
    s.show(&shape, || page(&explained, s))
}

fn test(s: &Session<'_>, file: Option<&Path>) -> Done {
    let guard = verdicts::guard(1, worker())?;
    let layers = match file {
        Some(file) => {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(file).map_err(|error| {
                Refusal::new(Code::NotFound, format!("{name}: {error}"), "name a file of rules that can be read")
            })?;
            vec![Layer { name, origin: Origin::Owner, text }]
        }
        None => verdicts::layers(&s.dir, &RulesOf::default()),
    };
    let files: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
    let faults = guard.reload(layers);
    if faults.is_empty() {
        let what = if files.is_empty() { "no rules beside the shipped ones".to_owned() } else { files.join("\n") };
        return s.show(&RulesTested { files: files.clone() }, || print::block(&format!("{what}\nall examples hold\n")));
    }
    let way_out = "mend the rule or its example; until then the file's last good form is in force";
    Err(Refusal::new(Code::Invalid, faults.join("\n"), way_out).into())
}

/// This program can be its own worker, if it is `office` and not a test.
fn worker() -> Option<Vec<String>> {
    let own = std::env::current_exe().ok()?;
    let is_office = own.file_stem().is_some_and(|name| name == "office");
    is_office.then(|| WORKER.map(str::to_owned).to_vec())
}

fn ready(s: &Session<'_>, place: &Place) -> Result<(Guard, Scene), Fail> {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let cwd = place.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    let around = || cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&cwd).to_owned();
    let checkout = place.checkout.as_ref().map_or_else(around, |checkout| here.join(checkout));
    let home = place.home.clone().or_else(|| std::env::var_os("HOME").map(PathBuf::from));
    let scene = Scene::new(cwd, checkout.clone(), home.unwrap_or_else(|| PathBuf::from("/nonexistent")));
    let of = RulesOf {
        project: place.project.clone(),
        role: place.role.clone(),
        desk: place.desk.clone(),
        checkout: Some(checkout),
    };
    let guard = verdicts::guard(1, worker())?;
    let layers = verdicts::layers(&s.dir, &of);
    if !layers.is_empty() {
        for fault in guard.reload(layers) {
            s.around.err.text_block(&print::line(&format!("rules not in force: {fault}")))?;
        }
    }
    Ok((guard, scene))
}

/// One word is a line of shell, several are the words of one command.
fn asked(words: &[String]) -> Asked {
    let run = match words {
        [line] => line.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    };
    Asked::Run { run }
}

fn line(said: &Said, s: &Session<'_>) -> String {
    let kind = said.category.map_or(String::new(), |category| format!(" ({})", category.as_str()));
    let head = s.around.paint.bold(said.verdict.as_str());
    format!("{head}{kind}  {}\n", print::line(&format!("{}  [{}]", said.reason, said.rule)).trim_end())
}

fn page(explained: &Explained, s: &Session<'_>) -> String {
    let mut out = line(&explained.said, s);
    for judged in &explained.actions {
        out.push_str(&format!("\n{}\n", print::line(&judged.action).trim_end()));
        out.push_str(&format!("  {}", line(&judged.said, s)));
        for rule in &judged.rules {
            out.push_str(&format!("    {}\n", print::line(rule).trim_end()));
        }
    }
    out
}
