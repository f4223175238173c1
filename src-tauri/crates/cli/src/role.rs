//! Roles and engines: what there is to choose from. Both are files of data; those of roles are read, tried and kept here.

use clap::Subcommand;
use office_core::office::OfficeCommand;
use office_core::role::{Engine, Gate, Login, Role, RoleFault, RoleFrom};
use office_core::usage_limit::UsageLimit;
use office_core::{Code, CommandBody, EngineName, Refusal};
use office_door::roles::RoleFile;
use office_door::wire::{Answer, Ask};

use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};

/// Verbs on roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleVerb {
    /// List the roles a desk can have
    #[command(after_help = "Examples:
  office role list
  office role list --json | jq -r '.[].name'")]
    List,
    /// Show a role with the brief its agent is told
    #[command(after_help = "Examples:
  office role show engineer")]
    Show {
        /// Its name
        role: String,
    },
    /// Show the file of a role, to write one after it
    #[command(after_help = "Examples:
  office role source engineer > mine.md")]
    Source {
        /// Its name
        role: String,
    },
    /// Say what is wrong with files of roles; ends with 1 where something is
    #[command(after_help = "Examples:
  office role check
  office role check roles/mine.md     a file that the office does not read yet")]
    Check {
        /// A file; those that the office reads if none is named
        file: Option<String>,
    },
    /// Keep a role: in force at once, and refused where it has a fault
    ///
    /// Its file is in the office's folder, under `roles/`. A shipped role that is kept is yours from then on; remove that file and it is as
    /// it was shipped.
    #[command(after_help = "Examples:
  office role source engineer > mine.md
  office role set engineer mine.md
  office role set night-watch - < watch.md")]
    Set {
        /// Its name
        role: String,
        /// The text; - reads standard input
        file: String,
    },
}

/// Verbs on engines.
#[derive(Debug, Subcommand)]
pub(crate) enum EngineVerb {
    /// List the engines, and which of them are installed
    #[command(after_help = "Examples:
  office engine list")]
    List,
    /// Try an engine: whether it denies what nobody allowed, with no hook there
    ///
    /// Its program is started in an empty folder, with nothing of yours, and a stand-in on this machine in place of its model tells
    /// it to run a command. No account, no network, no money. An engine that runs it is soft: it gets no work that nobody watches.
    #[command(after_help = "Examples:
  office engine test claude")]
    Test {
        /// Its name
        engine: String,
    },
    /// Try an account that has reached its usage limit now
    ///
    /// One of the tasks that were parked goes on; if it is answered, the others follow one by one.
    #[command(after_help = "Examples:
  office engine resume claude")]
    Resume {
        /// Its name
        engine: String,
    },
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: RoleVerb) -> Done {
    let Answer::Roles(roles) = s.ask(Ask::Roles).await? else { return Err(unexpected()) };
    match verb {
        RoleVerb::List => {
            let faults = faults(s).await?;
            s.show(&roles, || format!("{}{}", list(&roles, s), in_words(&faults)))
        }
        RoleVerb::Check { file: None } => {
            let faults = faults(s).await?;
            s.show(&faults, || if faults.is_empty() { "Every role reads.\n".to_owned() } else { in_words(&faults) })?;
            nothing_wrong(&faults)
        }
        RoleVerb::Check { file: Some(file) } => {
            let text = crate::task::write::read_text(&file)?;
            let name = file.rsplit('/').next().unwrap_or(&file);
            let ask = Ask::TryRole { file: format!("roles/{name}"), text };
            let Answer::RoleTried(tried) = s.ask(ask).await? else { return Err(unexpected()) };
            let read = || tried.role.as_ref().map(|role| page(role, s)).unwrap_or_default();
            s.show(&tried.faults, || format!("{}{}", read(), in_words(&tried.faults)))?;
            nothing_wrong(&tried.faults)
        }
        RoleVerb::Set { role, file } => {
            let text = crate::task::write::read_text(&file)?;
            let path = format!("roles/{role}.md");
            let was = files(s).await?.into_iter().find(|it| it.file == path && it.from == RoleFrom::Owner);
            let ask = Ask::KeepRole { file: path, text, was: was.map(|it| it.text) };
            let Answer::RoleTried(tried) = s.ask(ask).await? else { return Err(unexpected()) };
            let Some(role) = tried.role else { return Err(unexpected()) };
            s.show(&role, || page(&role, s))
        }
        RoleVerb::Source { role } => {
            let found = files(s).await?.into_iter().find(|it| it.role == role);
            let found = found.ok_or_else(|| Refusal::not_found(format!("role '{role}'"), "office role list"))?;
            s.show(&found, || print::block(&found.text))
        }
        RoleVerb::Show { role } => {
            let found = roles.into_iter().find(|one| one.name.0 == role);
            let found = found.ok_or_else(|| Refusal::not_found(format!("role '{role}'"), "office role list"))?;
            s.show(&found, || page(&found, s))
        }
    }
}

fn list(roles: &[Role], s: &Session<'_>) -> String {
    let mut table = Table::default();
    for role in roles {
        let engines: Vec<_> = role.engines.iter().map(ToString::to_string).collect();
        table.row([role.name.to_string(), engines.join(", "), role.summary.clone()]);
    }
    table.text(s.around.columns)
}

fn page(role: &Role, s: &Session<'_>) -> String {
    let engines: Vec<_> = role.engines.iter().map(ToString::to_string).collect();
    let head = s.around.paint.bold(&print::line(&format!("{}: {}", role.name, role.title)));
    let mut text = format!("{head}\n{}\n", print::line(&role.summary));
    let mut fact = |name: &str, words: &[String]| {
        if !words.is_empty() {
            text.push_str(&format!("{name}: {}\n", print::line(&words.join(", "))));
        }
    };
    fact("engines", &engines);
    fact("models", &role.models.iter().map(|(engine, model)| format!("{engine} {model}")).collect::<Vec<_>>());
    fact("look", role.look.as_slice());
    fact("may", &role.may.iter().map(ToString::to_string).collect::<Vec<_>>());
    fact("changes", &role.scope.paths);
    fact("takes", &role.scope.kinds);
    let none = |list: &Vec<String>| if list.is_empty() { vec!["nothing".to_owned()] } else { list.clone() };
    fact("asks about", &role.grants.asks.as_ref().map(none).unwrap_or_default());
    fact("tools", &role.grants.tools.as_ref().map(none).unwrap_or_default());
    fact("budget", &role.budget.map(|it| vec![crate::budget::limits(&it)]).unwrap_or_default());
    fact("woken by", &role.wakes_on.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>());
    let whose = match role.from {
        RoleFrom::Shipped => "it comes with the program".to_owned(),
        RoleFrom::Owner => "yours".to_owned(),
        RoleFrom::Project => "a repository's: for desks of that alone".to_owned(),
    };
    fact("whose", &[whose]);
    format!("{text}\n{}", print::block(&role.brief))
}

async fn faults(s: &mut Session<'_>) -> Result<Vec<RoleFault>, crate::fail::Fail> {
    match s.ask(Ask::RoleFaults).await? {
        Answer::RoleFaults(faults) => Ok(faults),
        _ => Err(unexpected()),
    }
}

async fn files(s: &mut Session<'_>) -> Result<Vec<RoleFile>, crate::fail::Fail> {
    match s.ask(Ask::RoleFiles).await? {
        Answer::RoleFiles(files) => Ok(files),
        _ => Err(unexpected()),
    }
}

fn in_words(faults: &[RoleFault]) -> String {
    faults.iter().map(|fault| format!("{}\n", print::line(&fault.to_string()))).collect()
}

fn nothing_wrong(faults: &[RoleFault]) -> Done {
    match faults.len() {
        0 => Ok(()),
        count => {
            Err(Refusal::invalid(format!("{count} fault(s) in files of roles"), "mend them where it says so").into())
        }
    }
}

pub(crate) async fn carry_out_engine(s: &mut Session<'_>, verb: EngineVerb) -> Done {
    match verb {
        EngineVerb::List => {
            let Answer::Engines(engines) = s.ask(Ask::Engines).await? else { return Err(unexpected()) };
            s.show(&engines, || engine_list(&engines, s))
        }
        EngineVerb::Resume { engine } => {
            s.submit(CommandBody::Office(OfficeCommand::ResumeEngine { engine: EngineName(engine) })).await?;
            let limits: Vec<UsageLimit> = s.status().await?.usage_limits;
            s.show(&limits, || {
                let lines = limits.iter().map(|limit| print::line(&limit.words()) + "\n");
                let lines: String = lines.collect();
                if lines.is_empty() { "No account is at its usage limit.\n".to_owned() } else { lines }
            })
        }
        EngineVerb::Test { engine } => {
            let Answer::Engines(engines) = s.ask(Ask::TryEngine { engine }).await? else { return Err(unexpected()) };
            let Some(tried) = engines.first() else { return Err(unexpected()) };
            s.show(tried, || engine_list(&engines, s))?;
            match &tried.gate {
                Gate::Soft { .. } => Err(Refusal::new(
                    Code::NotAllowed,
                    format!("{} is {}", tried.title, tried.gate),
                    "it starts by your hand alone; stay with it, or give the task to another engine",
                )
                .into()),
                _ => Ok(()),
            }
        }
    }
}

fn engine_list(engines: &[Engine], s: &Session<'_>) -> String {
    let mut table = Table::default();
    for engine in engines {
        let found = match (engine.found, engine.login) {
            (false, _) => "not found",
            (true, Login::Missing) => "no login",
            (true, Login::Expired) => "login ran out",
            (true, Login::Refused) => "login refused",
            (true, Login::Unknown | Login::Found) => "found",
        };
        let mut what: Vec<String> = engine.warning.iter().cloned().collect();
        if engine.found && engine.gate != Gate::Owners {
            what.push(engine.gate.to_string());
        }
        if let Some(note) = engine.login_note.iter().find(|_| engine.found) {
            what.push(format!("{}: {note}", engine.login));
        }
        what.extend(engine.login_hint.iter().filter(|_| engine.found).cloned());
        if engine.needs_command {
            what.push("needs --command".to_owned());
        }
        what.push(engine.note.clone());
        table.row([
            engine.name.to_string(),
            found.to_owned(),
            engine.title.clone(),
            engine.version.clone().unwrap_or_default(),
            what.join("; "),
        ]);
    }
    table.text(s.around.columns)
}
