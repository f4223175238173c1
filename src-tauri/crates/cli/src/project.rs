//! Projects: the repositories the office works on.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use office_core::project::{Acceptance, MergeStrategy, Project, ProjectCommand, ProjectFiles, TryReport};
use office_core::sandbox::{SandboxChoice, SandboxMode};
use office_core::{Code, CommandBody, Noun, Refusal};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::grammar::{on_off, word};
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};

/// Verbs on projects.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectVerb {
    /// Take on a repository
    #[command(after_help = "Examples:
  office project add .
  office project add ~/code/shop --name shop --base main

A project is a git repository with a work tree and at least one commit. The office only reads it; results arrive as branches
and are merged when you accept them. Set-up, checks and the like stand in .office/project.toml of the repository.")]
    Add {
        /// Where the repository is
        path: PathBuf,
        /// Its name in the office [default: the folder's]
        #[arg(long)]
        name: Option<String>,
        /// The branch that tasks start from and merge into [default: the one checked out]
        #[arg(long, value_name = "BRANCH")]
        base: Option<String>,
    },
    /// List the projects
    #[command(after_help = "Examples:
  office project list")]
    List,
    /// Show a project with its settings and what is known of its base
    #[command(after_help = "Examples:
  office project show shop")]
    Show {
        /// Name or number [default: the only one]
        project: Option<String>,
    },
    /// Run set-up and checks on the base, before the first task: what is red there is no agent's fault
    #[command(after_help = "Examples:
  office project try shop")]
    Try {
        /// Name or number [default: the only one]
        project: Option<String>,
    },
    /// Take no more work from a project; the repository, its checkouts and its record stay
    #[command(after_help = "Examples:
  office project remove shop")]
    Remove {
        /// Name or number
        project: String,
    },
    /// Choose who accepts, and what desks and checks see of the machine
    #[command(after_help = "Examples:
  office project set shop --accept green     merge what is green and carries no mark
  office project set shop --accept low-risk  merge what is small, green and touches no tests, CI, locks or agents' settings
  office project set shop --accept owner     everything waits for you (the default)
  office project set shop --review on        another run judges each change before it is merged
  office project set shop --protect main 'release/*'   branches that the office never moves
  office project set shop --sandbox required         nothing runs where this machine has no sandbox
  office project set shop --reach github.com         desks may reach this host, too (https only)
  office project set shop --see /opt/sdk/current     desks see this, too, read-only
  office project set shop --backlog TASKS.md         its items are tasks, taken in whenever the file changes
  office project set shop --record PROGRESS.md       the office writes there what is done, and by whom

What runs keeps the sandbox it was started in. `none` takes back what was added: hosts, what is seen, protected branches, a file.")]
    #[group(id = "settings", required = true, multiple = true, args = ["accept", "review", "protect", "sandbox", "reach", "see", "backlog", "record"])]
    Set {
        /// Name or number [default: the only one]
        project: Option<String>,
        /// Who accepts
        #[arg(long, value_parser = word::<Acceptance>(&["owner", "green", "low-risk"]))]
        accept: Option<Acceptance>,
        /// Whether another run, of a role that may review, judges each change before it is merged
        #[arg(long, value_parser = on_off())]
        review: Option<bool>,
        /// Branches that the office never moves, by a merge or a push; patterns with `*`; replaces the list
        #[arg(long, value_name = "BRANCH", num_args = 1..)]
        protect: Vec<String>,
        /// Whether desks and checks are kept in a sandbox: `auto` wherever this machine can, `required`, `off`
        #[arg(long, value_parser = word::<SandboxMode>(&["auto", "required", "off"]))]
        sandbox: Option<SandboxMode>,
        /// Hosts that desks and checks may reach besides package registries and their engine's own; replaces the list
        #[arg(long, value_name = "HOST", num_args = 1..)]
        reach: Vec<String>,
        /// Files and folders that desks and checks see besides, read-only; replaces the list
        #[arg(long, value_name = "PATH", num_args = 1..)]
        see: Vec<String>,
        /// A Markdown file of the work tree whose items become tasks (`office task import --help` says how it is written)
        #[arg(long, value_name = "FILE")]
        backlog: Option<String>,
        /// A Markdown file that the office writes into the work tree: what is done, by whom, and what waits
        #[arg(long, value_name = "FILE")]
        record: Option<String>,
    },
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: ProjectVerb) -> Done {
    match verb {
        ProjectVerb::Add { path, name, base } => {
            let path = s.path(&path)?;
            let Answer::Changed(Noun::Project(project)) = s.ask(Ask::AddProject { path, name, base }).await? else {
                return Err(unexpected());
            };
            s.show(&project, || {
                let mut said = one_line(&project, "added");
                for note in &project.notes {
                    said.push_str(&format!("  note: {}\n", print::line(note)));
                }
                said + "  `office project try` runs its set-up and checks once, before the first task\n"
            })
        }
        ProjectVerb::List => {
            let all = s.projects().await?;
            s.show(&all, || {
                let mut table = Table::default();
                for project in &all {
                    table.row([
                        project.id.to_string(),
                        project.name.clone(),
                        format!("base {}", project.base_branch),
                        accepts(project).to_owned(),
                        project.path.clone(),
                    ]);
                }
                table.text(s.around.columns)
            })
        }
        ProjectVerb::Show { project } => {
            let project = s.project(project.as_deref()).await?;
            s.show(&project, || page(&project, s))
        }
        ProjectVerb::Try { project } => {
            let project = s.project(project.as_deref()).await?;
            let Answer::Tried(report) = s.ask(Ask::TryProject { project: project.name }).await? else {
                return Err(unexpected());
            };
            s.show(&report, || tried(&report, s))?;
            if report.setup_ok {
                return Ok(());
            }
            let way_out = "mend `[setup]` in .office/project.toml on the base; until then no task can start";
            Err(Refusal::new(Code::Unavailable, "set-up fails on the base", way_out).into())
        }
        ProjectVerb::Remove { project } => {
            let project = s.project(Some(&project)).await?.id;
            let body = CommandBody::Project(ProjectCommand::Remove { project });
            let Noun::Project(project) = s.submit(body).await? else { return Err(unexpected()) };
            s.show(&project, || one_line(&project, "removed; the repository is as it was"))
        }
        ProjectVerb::Set { project, accept, review, protect, sandbox, reach, see, backlog, record } => {
            let mut project = s.project(project.as_deref()).await?;
            if sandbox.is_some() || !reach.is_empty() || !see.is_empty() {
                let known = project.sandbox.clone();
                let list = |given: Vec<String>, known| if given.is_empty() { known } else { but_none(given) };
                let sandbox = SandboxChoice {
                    mode: sandbox.unwrap_or(known.mode),
                    reach: list(reach, known.reach),
                    see: list(see, known.see),
                };
                let body = CommandBody::Project(ProjectCommand::SetSandbox { project: project.id, sandbox });
                let Noun::Project(changed) = s.submit(body).await? else { return Err(unexpected()) };
                project = changed;
            }
            if !protect.is_empty() {
                let protected = but_none(protect);
                let body = CommandBody::Project(ProjectCommand::SetProtected { project: project.id, protected });
                let Noun::Project(changed) = s.submit(body).await? else { return Err(unexpected()) };
                project = changed;
            }
            if backlog.is_some() || record.is_some() {
                let chosen = |given: Option<String>, known| match given {
                    Some(none) if none == "none" => None,
                    Some(file) => Some(file),
                    None => known,
                };
                let body = CommandBody::Project(ProjectCommand::SetFiles {
                    project: project.id,
                    backlog: chosen(backlog, project.files.backlog.clone()),
                    record: chosen(record, project.files.record.clone()),
                });
                let Noun::Project(changed) = s.submit(body).await? else { return Err(unexpected()) };
                project = changed;
            }
            if let Some(review) = review {
                let body = CommandBody::Project(ProjectCommand::SetReview { project: project.id, review });
                let Noun::Project(changed) = s.submit(body).await? else { return Err(unexpected()) };
                project = changed;
            }
            if let Some(acceptance) = accept {
                let ask = Ask::SetAcceptance { project: project.name, acceptance };
                let Answer::Changed(Noun::Project(changed)) = s.ask(ask).await? else { return Err(unexpected()) };
                project = changed;
            }
            let review = if project.review { format!("; {}", reviewed(true)) } else { String::new() };
            let sandbox = sandboxed(&project.sandbox);
            let said = format!(": {}{review}; sandbox {sandbox}{}", accepts(&project), files(&project.files));
            s.show(&project, || one_line(&project, &said).replacen("' : ", "': ", 1))
        }
    }
}

/// A list that replaces another; `none` empties it.
fn but_none(given: Vec<String>) -> Vec<String> {
    if given == ["none"] { Vec::new() } else { given }
}

fn one_line(project: &Project, what: &str) -> String {
    format!("{}\n", print::line(&format!("project {} '{}' {what}", project.id, project.name)))
}

fn accepts(project: &Project) -> &'static str {
    match project.acceptance {
        Acceptance::Owner => "you accept",
        Acceptance::Green => "green is merged",
        Acceptance::LowRisk => "what is of low risk is merged",
    }
}

/// Whether another run judges each change, in words.
pub(crate) fn reviewed(review: bool) -> &'static str {
    if review { "another run reviews each change" } else { "no other run reviews changes" }
}

fn merges(how: MergeStrategy) -> &'static str {
    match how {
        MergeStrategy::Merge => "by a merge commit",
        MergeStrategy::Squash => "as one commit",
        MergeStrategy::Rebase => "as the agent's commits, put on the base anew",
    }
}

/// An owner's choice of sandbox, in words.
pub(crate) fn sandboxed(choice: &SandboxChoice) -> String {
    let mut said = match choice.mode {
        SandboxMode::Auto => "wherever this machine can",
        SandboxMode::Required => "required",
        SandboxMode::Off => "off",
    }
    .to_owned();
    for (what, list) in [("reaches", &choice.reach), ("sees", &choice.see)] {
        if !list.is_empty() {
            said.push_str(&format!("; {what} {}", list.join(", ")));
        }
    }
    said
}

/// The files that people and the office tell each other of tasks in, in words.
pub(crate) fn files(files: &ProjectFiles) -> String {
    let mut said = String::new();
    let all = [("backlog", &files.backlog, &files.backlog_trouble), ("record", &files.record, &files.record_trouble)];
    for (what, file, trouble) in all {
        if let Some(file) = file {
            said.push_str(&format!("; {what} {file}"));
        }
        if let Some(trouble) = trouble {
            said.push_str(&format!(" ({trouble})"));
        }
    }
    said
}

fn page(project: &Project, s: &Session<'_>) -> String {
    let paint = s.around.paint;
    let mut out = paint.bold(&print::line(&format!("{} {}", project.id, project.name))) + "\n";
    let mut table = Table::new(2);
    let settings = &project.settings;
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("path", project.path.clone());
    row("base", project.base_branch.clone());
    row("branches", format!("{}/TASK/TITLE", project.prefix));
    row("accepts", accepts(project).to_owned());
    row("review", reviewed(project.review).to_owned());
    row("merges", merges(settings.merge).to_owned());
    if !project.protected.is_empty() {
        row("never moves", project.protected.join(", "));
    }
    if let Some(hold) = &project.queue_hold {
        row("queue", format!("held: {}", crate::words::hold(hold, None)));
    }
    row("sandbox", sandboxed(&project.sandbox));
    for (n, run) in settings.setup.run.iter().enumerate() {
        row(if n == 0 { "set-up" } else { "" }, run.clone());
    }
    if !settings.setup.run.is_empty() {
        row("", format!("at most {} s each", settings.setup_timeout_secs()));
    }
    for (what, list) in [("copies", &settings.copy), ("links", &settings.link), ("caches", &settings.setup.cache)] {
        if !list.is_empty() {
            row(what, list.join(", "));
        }
    }
    if let Some(trailer) = &settings.commit_trailer {
        row("trailer", trailer.clone());
    }
    for check in &settings.checks {
        let known = match project.base_checks.get(&check.run) {
            Some(base) if base.green => "green on the base",
            Some(_) => "red on the base",
            None => "not tried on the base",
        };
        row("check", format!("{}: {} ({known}, at most {} s)", check.name, check.run, check.timeout_secs));
    }
    for note in &project.notes {
        row("note", note.clone());
    }
    out.push_str(&table.text(None));
    out
}

fn tried(report: &TryReport, s: &Session<'_>) -> String {
    let paint = s.around.paint;
    let commit: String = report.commit.chars().take(12).collect();
    let took = f64::from(report.took_ms) / 1000.0;
    let mut out = format!("base {}, {took:.1} s\n", print::line(&commit));
    if report.setup_ok {
        out.push_str(&format!("  set-up  {}\n", paint.green("works")));
    } else {
        out.push_str(&format!("  set-up  {}\n", paint.red("fails")));
        out.push_str(&print::set_in(&report.setup_tail, 6));
    }
    for (run, check) in &report.checks {
        let verdict = if check.green { paint.green("green") } else { paint.red("red on the base") };
        out.push_str(&format!("  check   {verdict}  {}\n", print::line(run)));
        if !check.green {
            out.push_str(&print::set_in(&check.tail, 6));
        }
    }
    if report.checks.values().any(|check| !check.green) {
        out.push_str("What is red on the base is said of each task, and blamed on none.\n");
    }
    out
}

/// A path as the wire takes it.
pub(crate) fn text(path: &Path) -> Result<String, Fail> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Refusal::invalid(format!("{} is not valid UTF-8", path.display()), "rename it, or link to it by a name that is")
            .into()
    })
}

/// Makes the demo, or shows the one that is there.
pub(crate) async fn demo(s: &mut Session<'_>) -> Done {
    let Answer::Changed(Noun::Project(project)) = s.ask(Ask::OpenDemo).await? else { return Err(unexpected()) };
    s.show(&project, || {
        print::line(&format!("the demo is project '{}' in {}", project.name, project.path))
            + "\n`office status` shows its desks and tasks; `office task assign 1 Mara` hands one out; \
               `office desk auto Mara on` lets a desk take them by itself\n"
    })
}
