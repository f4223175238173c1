//! Plans: the verbs, and how a plan is shown. What may be planned, and what becomes of it, is the office's to say.

use clap::{Args, Subcommand};
use office_core::plan::{PlanCommand, PlanDraft, PlanEdit};
use office_core::task::lint::Linted;
use office_core::{CommandBody, Noun, Plan, PlanId, PlanState, Task, TaskId};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};
use crate::task::read::{flaws_of, linted};
use crate::task::write::read_text;
use crate::texts::PlanText;
use crate::words;

/// Verbs on plans.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanVerb {
    /// List the plans that wait for you
    #[command(after_help = "Examples:
  office plan list
  office plan list --all --json | jq '.[] | {id, state, title}'")]
    List {
        /// Those that were answered, too
        #[arg(long)]
        all: bool,
    },
    /// Show a plan: its drafts, what they wait for, how each is checked, and what is wrong with how they are written
    #[command(after_help = "Examples:
  office plan show 3")]
    Show {
        /// Which
        plan: PlanId,
    },
    /// Accept a plan as a whole: its drafts are released, and start in their order
    #[command(after_help = "Examples:
  office plan show 3 && office plan accept 3")]
    Accept {
        /// Which
        plan: PlanId,
    },
    /// Reject a plan as a whole: its drafts are called off, and whoever planned it is told
    #[command(after_help = "Examples:
  office plan reject 3 --note 'the German shop first, and no new dependency'")]
    Reject {
        /// Which
        plan: PlanId,
        /// What should be otherwise
        #[arg(long)]
        note: Option<String>,
    },
    /// Change a plan that waits; the words of its drafts are changed with `office task edit`
    Edit(EditArgs),
    /// Write a plan
    #[command(after_help = "Examples:
  office plan propose plan.json
  echo '{\"title\": \"Rounding\", \"drafts\": [{\"title\": \"Parse prices\", \"checks\": [\"make test\"]}, {\"title\": \"Round them half \\
up\", \"after\": [0]}]}' | office plan propose -

Each draft says title, body, checks, finding, role, kind, after (places in the list, from 0), depends_on (tasks that are there) and \
estimate_mins; all but the title may be left out. Nothing of it runs before the plan is accepted.")]
    Propose {
        /// A file of JSON; - reads standard input
        file: String,
        /// Name or number of the project [default: the only one]
        #[arg(long)]
        project: Option<String>,
    },
}

/// What is to be otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office plan edit 3 --drop 14 --estimate 12=45
  office task edit 12 --check 'make test' && office plan edit 3 --title 'Rounding, first step'")]
pub(crate) struct EditArgs {
    /// Which
    plan: PlanId,
    /// New title
    #[arg(long)]
    title: Option<String>,
    /// New words, in Markdown; - reads standard input
    #[arg(long)]
    words: Option<String>,
    /// A draft that is called off; what waited for it waits for what it waited for (may be repeated)
    #[arg(long, value_name = "TASK")]
    drop: Vec<TaskId>,
    /// A draft that belongs to it from now on (may be repeated)
    #[arg(long, value_name = "TASK")]
    add: Vec<TaskId>,
    /// How long a draft takes, in minutes; 0 for not known (may be repeated)
    #[arg(long, value_name = "TASK=MINUTES", value_parser = estimate)]
    estimate: Vec<PlanDraft>,
}

fn estimate(text: &str) -> Result<PlanDraft, String> {
    let wrong = || format!("'{text}' is no estimate; one looks like 12=45");
    let (task, mins) = text.split_once('=').ok_or_else(wrong)?;
    Ok(PlanDraft { task: task.parse().map_err(|_| wrong())?, estimate_mins: Some(mins.parse().map_err(|_| wrong())?) })
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: PlanVerb) -> Done {
    let command = match verb {
        PlanVerb::List { all } => return list(s, all).await,
        PlanVerb::Show { plan } => {
            let plan = one(s, plan).await?;
            return show(s, &plan).await;
        }
        PlanVerb::Propose { file, project } => {
            let project = s.project(project.as_deref()).await?.id;
            let text: PlanText = serde_json::from_str(&read_text(&file)?).map_err(|error| {
                let way_out = "write {\"title\": \"...\", \"drafts\": [{\"title\": \"...\", \"checks\": [\"make test\"], \"after\": [0]}]}";
                Fail::usage(format!("'{file}' is no plan: {error}"), way_out)
            })?;
            text.plan(project)
        }
        PlanVerb::Edit(EditArgs { plan, title, words, drop, add, estimate: estimates }) => {
            let words = words.map(|words| if words == "-" { read_text("-") } else { Ok(words) }).transpose()?;
            PlanCommand::Edit { plan, edit: Box::new(PlanEdit { title, words, drop, add, estimates }) }
        }
        PlanVerb::Accept { plan } => PlanCommand::Accept { plan },
        PlanVerb::Reject { plan, note } => PlanCommand::Reject { plan, note },
    };
    match s.submit(CommandBody::Plan(command)).await? {
        Noun::Plan(plan) => show(s, &plan).await,
        _ => Err(unexpected()),
    }
}

async fn one(s: &mut Session<'_>, plan: PlanId) -> Result<Plan, Fail> {
    match s.ask(Ask::Plans { plan: Some(plan), all: true }).await? {
        Answer::Plans(mut found) => found.pop().ok_or_else(unexpected),
        _ => Err(unexpected()),
    }
}

async fn list(s: &mut Session<'_>, all: bool) -> Done {
    let Answer::Plans(plans) = s.ask(Ask::Plans { plan: None, all }).await? else { return Err(unexpected()) };
    s.show(&plans, || {
        if plans.is_empty() {
            return "no plan waits for you\n".to_owned();
        }
        let mut table = Table::default();
        for plan in &plans {
            table.row([
                plan.id.to_string(),
                plan.state.to_string(),
                format!("{} drafts", plan.drafts.len()),
                plan.title.clone(),
            ]);
        }
        table.text(s.around.columns)
    })
}

async fn show(s: &mut Session<'_>, plan: &Plan) -> Done {
    if s.json {
        return s.show(plan, String::new);
    }
    let text = text_of(s, plan).await?;
    s.show(plan, || text)
}

/// A plan as a person reads it.
pub(crate) async fn text_of(s: &mut Session<'_>, plan: &Plan) -> Result<String, Fail> {
    let Answer::Tasks(tasks) = s.ask(Ask::Tasks { states: Vec::new(), project: None }).await? else {
        return Err(unexpected());
    };
    let ids: Vec<TaskId> = plan.drafts.iter().map(|draft| draft.task).collect();
    let linted = if plan.state == PlanState::Proposed { linted(s, ids).await? } else { Vec::new() };
    Ok(page(plan, &tasks, &linted, s))
}

fn page(plan: &Plan, tasks: &[Task], linted: &[Linted], s: &Session<'_>) -> String {
    let paint = s.around.paint;
    let head = format!("plan {} {}: {}", plan.id, plan.state, plan.title);
    let mut out = format!("{}\n", paint.bold(&print::line(&head)));
    if !plan.words.trim().is_empty() {
        out.push_str(&print::set_in(plan.words.trim(), 2));
    }
    if let Some(note) = &plan.note {
        out.push_str(&print::set_in(&format!("rejected: {note}"), 2));
    }
    for draft in &plan.drafts {
        let Some(task) = tasks.iter().find(|task| task.id == draft.task) else { continue };
        out.push_str(&format!("\n{}\n", words::task_line(task)));
        let mut facts = Vec::new();
        if !task.depends_on.is_empty() {
            let after: Vec<String> = task.depends_on.iter().map(|id| format!("#{id}")).collect();
            facts.push(format!("after {}", after.join(", ")));
        }
        facts.extend(task.role.as_ref().map(|role| format!("for the role {role}")));
        facts.extend(task.kind.clone());
        facts.extend(draft.estimate_mins.map(|mins| format!("about {mins} min")));
        if !facts.is_empty() {
            out.push_str(&format!("  {}\n", print::line(&facts.join("; "))));
        }
        for check in &task.checks {
            out.push_str(&format!("  check: {}\n", print::line(&check.run)));
        }
        if let Some(found) = linted.iter().find(|it| it.task == task.id) {
            out.push_str(&flaws_of(&found.flaws));
        }
    }
    if plan.state == PlanState::Proposed {
        out.push_str(&format!(
            "\n{}\n  office plan accept {}\n  office plan edit {} --drop TASK\n  office plan reject {} --note '...'\n",
            paint.bold("Next"),
            plan.id,
            plan.id,
            plan.id
        ));
    }
    out
}
