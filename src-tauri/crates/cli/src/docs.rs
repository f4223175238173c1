//! Writes docs/CLI.md from the definitions of the verbs and of the JSON they print, so that it cannot say anything else.

use clap::{Arg, ArgAction, Command, CommandFactory};
use office_core::audit::Verified;
use office_core::project::{Project, TryReport};
use office_core::recording::RecordingsReport;
use office_core::role::{Engine, Role, RoleFault};
use office_core::view::{DeskView, StatusView};
use office_core::{Envelope, Grant, Refusal, Task};
use office_door::backlog::TakenIn;
use office_door::wire::{AuditEntry, AutostartStanding, HealthLine, Hit, desk_environment};

use crate::grammar::Cli;
use crate::shapes::{
    BackupMade, DeskCard, GuardExplained, GuardVerdict, NotesExported, NotesImported, OfficeMade, OfficeRestored,
    RulesTested, RuntimeEnded, RuntimeReady, SHAPES, SearchEval, TaskDiff, TaskLog,
};

const TOP: &str = "<!-- @generated from the definitions in src-tauri/crates/cli; to write it anew:
     OFFICE_UPDATE_DOCS=1 cargo test -p office-cli --test reference -->

# The command line

Each verb with its arguments, examples and what it prints with `--json`. `office VERB --help` says the same.

## What holds for all verbs

| exit code | means |
|---|---|
| 0 | done |
| 1 | refused: reason and way out on standard error |
| 2 | asked wrongly |
| 3 | no office runs there |
| 4 | there is no such task, desk, project... |
| 77 | the owner denied what was held (`office ask-approval`) |
| 78 | what was held was withdrawn (`office ask-approval`) |
| 79 | it stays held: the owner asks something first, or is away (`office ask-approval`) |

- `--office DIR`, else `OFFICE_DIR`, else `afterhours` in your data directory, says which office is meant.
- `--json` prints the thing that was read, made or changed, one value to a line, with its `id` and its `state` in the words
  of [GLOSSARY.md](GLOSSARY.md). A refusal then is one object of type `Refusal` on standard error.
- Names or numbers stand for projects and desks, numbers (`12` or `#12`) for tasks. Where there is one project only,
  `--project` may be left out.
- Moments are RFC 3339 in UTC in JSON, and in your own time in text.
- Control characters in texts of agents are spelled out (`\\u{1b}`) before a terminal sees them.
- Colour is used on a terminal only, and not where `NO_COLOR` is set.
- `office events`, `office task accept` with several tasks and `office status --watch` print one JSON value to a line, as many
  as there are.

Inside a desk the same verbs work with an agent's rights, by these variables:

";

/// docs/CLI.md as it must be.
///
/// # Errors
/// When a type cannot be exported, or a verb has no shape.
pub fn cli_markdown() -> Result<String, String> {
    let mut out = TOP.to_owned();
    out.push_str("| variable | holds |\n|---|---|\n");
    for (name, holds) in desk_environment() {
        out.push_str(&format!("| `{name}` | {holds} |\n"));
    }
    let mut command = Cli::command();
    command.build();
    out.push_str("\n## Verbs\n");
    let mut seen = Vec::new();
    for verb in command.get_subcommands() {
        verbs(verb, "", &mut out, &mut seen)?;
    }
    if let Some((verb, _)) = SHAPES.iter().find(|(verb, _)| !seen.iter().any(|seen| seen == verb)) {
        return Err(format!("'{verb}' has a shape in shapes.rs and is no verb"));
    }
    out.push_str("\n## Types\n\nAs TypeScript sees them. `null` stands where there is nothing.\n\n```ts\n");
    out.push_str(&types()?);
    out.push_str("```\n");
    Ok(out)
}

fn verbs(command: &Command, above: &str, out: &mut String, seen: &mut Vec<String>) -> Result<(), String> {
    if command.is_hide_set() || command.get_name() == "help" {
        return Ok(());
    }
    let path = format!("{above}{}", command.get_name());
    if command.has_subcommands() {
        for verb in command.get_subcommands() {
            verbs(verb, &format!("{path} "), out, seen)?;
        }
        return Ok(());
    }
    let shape = SHAPES.iter().find(|(verb, _)| *verb == path).map(|(_, shape)| *shape);
    let shape = shape.ok_or_else(|| format!("'{path}' has no shape in shapes.rs"))?;
    seen.push(path.clone());
    out.push_str(&format!("\n### office {path}\n\n"));
    if let Some(about) = command.get_about() {
        out.push_str(&format!("{about}.\n\n"));
    }
    let usage = command.clone().render_usage().to_string();
    out.push_str(&format!("```text\n{}\n```\n", usage.trim_start_matches("Usage: ")));
    let shown: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_hide_set() && is_own(arg)).collect();
    if !shown.is_empty() {
        out.push_str("\n| argument | |\n|---|---|\n");
        for arg in shown {
            out.push_str(&format!("| {} | {} |\n", spelled(arg), meaning(arg)));
        }
    }
    let printed = match shape {
        "" => "\nWith `--json`: nothing of its own.\n".to_owned(),
        shape => format!("\nWith `--json`: `{shape}`\n"),
    };
    out.push_str(&printed);
    if let Some(examples) = command.get_after_help() {
        let text = examples.to_string();
        let (examples, more) = text.split_once("\n\n").unwrap_or((&text, ""));
        let examples: Vec<_> = examples.lines().skip(1).map(|line| line.trim_start()).collect();
        out.push_str(&format!(
            "\n```sh\n{}\n```\n",
            examples.iter().map(|line| example(line)).collect::<Vec<_>>().join("\n")
        ));
        if !more.is_empty() {
            out.push_str(&format!("\n{more}\n"));
        }
    }
    Ok(())
}

/// Words after a wide gap explain the example; in a shell they are a comment.
fn example(line: &str) -> String {
    match line.split_once("     ") {
        Some((command, words)) => format!("{command}     # {}", words.trim_start()),
        None => line.to_owned(),
    }
}

fn is_own(arg: &Arg) -> bool {
    !matches!(arg.get_id().as_str(), "help" | "version" | "office" | "json")
}

fn spelled(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    match arg.get_long() {
        Some(long) if takes => format!("`--{long} {value}`"),
        Some(long) => format!("`--{long}`"),
        None => format!("`{value}`"),
    }
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<_> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !words.is_empty() && matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) {
        text.push_str(&format!(": {}", words.join(", ")));
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if matches!(arg.get_action(), ArgAction::Set) && default.iter().any(|value| !value.is_empty()) {
        text.push_str(&format!(" [default: {}]", default.join(" ")));
    }
    if arg.is_required_set() && arg.get_long().is_some() {
        text.push_str(" (required)");
    }
    text.replace('|', "\\|")
}

fn types() -> Result<String, String> {
    let types = specta::Types::default()
        .register::<Refusal>()
        .register::<Task>()
        .register::<Project>()
        .register::<TryReport>()
        .register::<office_core::queue::QueueLine>()
        .register::<TakenIn>()
        .register::<office_core::task::lint::Linted>()
        .register::<Role>()
        .register::<office_core::team::Interlock>()
        .register::<office_core::team::PathLease>()
        .register::<office_core::shift::Shift>()
        .register::<RoleFault>()
        .register::<office_door::roles::RoleFile>()
        .register::<Engine>()
        .register::<DeskView>()
        .register::<DeskCard>()
        .register::<StatusView>()
        .register::<Envelope>()
        .register::<Hit>()
        .register::<GuardVerdict>()
        .register::<GuardExplained>()
        .register::<RulesTested>()
        .register::<SearchEval>()
        .register::<office_core::Note>()
        .register::<office_door::memory::Noted>()
        .register::<office_door::memory::MemoryStats>()
        .register::<NotesExported>()
        .register::<NotesImported>()
        .register::<HealthLine>()
        .register::<RecordingsReport>()
        .register::<OfficeMade>()
        .register::<RuntimeReady>()
        .register::<AutostartStanding>()
        .register::<RuntimeEnded>()
        .register::<TaskDiff>()
        .register::<TaskLog>()
        .register::<BackupMade>()
        .register::<OfficeRestored>()
        .register::<Grant>()
        .register::<Verified>()
        .register::<office_core::Plan>()
        .register::<AuditEntry>();
    let text = specta_typescript::Typescript::default()
        .export(&types, specta_serde::Format)
        .map_err(|error| format!("the types cannot be exported: {error}"))?;
    let named = |shape: &str| text.contains(&format!("export type {shape} ="));
    for (verb, shape) in SHAPES {
        let name = shape.trim_end_matches(" ...").trim_end_matches("[]");
        if !name.is_empty() && !named(name) {
            return Err(format!("'{verb}' prints {name}, and docs.rs does not register it"));
        }
    }
    let lines = text.lines().skip_while(|line| !line.starts_with("/*") && !line.starts_with("export"));
    Ok(lines.map(|line| format!("{}\n", line.trim_end().replace("/**  ", "/** ").replace("  */", " */"))).collect())
}
