//! Roles and engines: what there is to choose from. Both are files of data; nothing here changes them.

use clap::Subcommand;
use office_core::role::{Engine, Gate, Login, Role};
use office_core::{Code, Refusal};
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
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: RoleVerb) -> Done {
    let Answer::Roles(roles) = s.ask(Ask::Roles).await? else { return Err(unexpected()) };
    match verb {
        RoleVerb::List => s.show(&roles, || list(&roles, s)),
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
    let summary = print::line(&role.summary);
    let engines = print::line(&engines.join(", "));
    format!("{head}\n{summary}\nengines: {engines}\n\n{}", print::block(&role.brief))
}

pub(crate) async fn carry_out_engine(s: &mut Session<'_>, verb: EngineVerb) -> Done {
    match verb {
        EngineVerb::List => {
            let Answer::Engines(engines) = s.ask(Ask::Engines).await? else { return Err(unexpected()) };
            s.show(&engines, || engine_list(&engines, s))
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
