//! What `--json` prints for each verb, by name of type. Most types are the office's own; those only the command makes are here.

use office_core::collision::DeskCollision;
use office_core::hold::Hold;
use office_core::sandbox::Enforcement;
use office_core::seen::Spent;
use office_core::view::DeskView;
use office_core::{At, Desk, DeskId, DeskState, EngineName, NoteId, ProjectId, RoleName, RunId, TaskId};
use office_guard::{Category, Said};
use office_runtime::eval::{Compared, Figures, Slice};
use serde::Serialize;
use specta::Type;

/// A desk: what it was set up as, and what it is seen to be.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct DeskCard {
    /// Its number.
    pub(crate) id: DeskId,
    /// Who sits there.
    pub(crate) name: String,
    /// What it is seen to be.
    pub(crate) state: DeskState,
    /// How the office knows.
    pub(crate) evidence: String,
    /// Since when.
    pub(crate) since: Option<At>,
    /// Its role.
    pub(crate) role: RoleName,
    /// The only project it works on, if there is one.
    pub(crate) project: Option<ProjectId>,
    /// The engine it starts, where that is not the role's first.
    pub(crate) engine: Option<EngineName>,
    /// The command line of a `custom` engine.
    pub(crate) command: Option<String>,
    /// The task it is on.
    pub(crate) task: Option<TaskId>,
    /// That task's title.
    pub(crate) title: Option<String>,
    /// The run that goes on.
    pub(crate) run: Option<RunId>,
    /// The run before.
    pub(crate) last_run: Option<RunId>,
    /// Tasks in its queue, first first.
    pub(crate) queue: Vec<TaskId>,
    /// What keeps its run, or the one before, to its own.
    pub(crate) enforcement: Option<Enforcement>,
    /// What holds it.
    pub(crate) hold: Option<Hold>,
    /// Whether it takes ready tasks by itself.
    pub(crate) auto: bool,
    /// What the run that goes on took, or the last one.
    pub(crate) spent: Option<Spent>,
    /// Subagents of its agent at work.
    pub(crate) visitors: u32,
    /// Others that are under way and touch the same files.
    pub(crate) collisions: Vec<DeskCollision>,
}

/// A folder that notes were written into.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct NotesExported {
    /// Where.
    pub(crate) dir: String,
    /// Notes that hold.
    pub(crate) notes: u32,
    /// Files that are new or other than they were.
    pub(crate) written: u32,
    /// Files that said the same already.
    pub(crate) same: u32,
    /// Files of notes that no longer hold, or are called otherwise.
    pub(crate) removed: u32,
}

/// A folder that notes were taken in from.
#[derive(Clone, Debug, Default, Serialize, Type)]
pub(crate) struct NotesImported {
    /// New notes.
    pub(crate) added: Vec<NoteId>,
    /// Notes that were edited there.
    pub(crate) changed: Vec<NoteId>,
    /// Files that said what the office knew.
    pub(crate) same: u32,
    /// Files that the office would not take.
    pub(crate) not_read: Vec<NotRead>,
}

/// A file that was not taken in.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct NotRead {
    /// Which.
    pub(crate) file: String,
    /// Why.
    pub(crate) why: String,
}

impl DeskCard {
    /// Joins both; a removed desk is no longer seen.
    pub(crate) fn new(desk: Desk, seen: Option<DeskView>) -> Self {
        let (spent, visitors) = seen.as_ref().map_or((None, 0), |seen| (seen.spent.clone(), seen.visitors));
        let collisions = seen.as_ref().map(|seen| seen.collisions.clone()).unwrap_or_default();
        let (state, evidence, since, task, title, enforcement) = match seen {
            Some(seen) => (seen.state, seen.evidence, seen.since, seen.task, seen.title, seen.enforcement),
            None => (DeskState::Off, "removed".to_owned(), None, None, None, None),
        };
        let Desk {
            id,
            name,
            role,
            project,
            engine,
            command,
            hold,
            run,
            last_run,
            queue,
            auto,
            removed: _,
            by: _,
            only: _,
        } = desk;
        Self {
            id,
            name,
            state,
            evidence,
            since,
            role,
            project,
            engine,
            command,
            task,
            title,
            run,
            last_run,
            queue,
            enforcement,
            hold,
            auto,
            spent,
            visitors,
            collisions,
        }
    }
}

/// What the guard says of a command or an edit.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct GuardVerdict {
    /// `allow`, `ask` or `deny`.
    pub(crate) verdict: &'static str,
    /// The kind of risk; none where it is allowed.
    pub(crate) category: Option<&'static str>,
    /// The rule that decided; `none` where no rule knows it.
    pub(crate) rule: String,
    /// Why.
    pub(crate) reason: String,
}

impl GuardVerdict {
    pub(crate) fn new(said: Said) -> Self {
        Self {
            verdict: said.verdict.as_str(),
            category: said.category.map(Category::as_str),
            rule: said.rule,
            reason: said.reason,
        }
    }
}

/// One action of a command, and what the rules say of it.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct GuardAction {
    /// The action.
    pub(crate) action: String,
    /// The verdict on it.
    pub(crate) verdict: GuardVerdict,
    /// Every rule that fits or may fit.
    pub(crate) rules: Vec<String>,
}

/// A verdict with all that led to it.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct GuardExplained {
    /// The verdict on the whole.
    pub(crate) verdict: GuardVerdict,
    /// Its actions.
    pub(crate) actions: Vec<GuardAction>,
}

/// Files of rules whose examples hold.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct RulesTested {
    /// The files.
    pub(crate) files: Vec<String>,
}

/// An office that was made.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct OfficeMade {
    /// Its directory.
    pub(crate) dir: String,
}

/// The runtime is ready.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct RuntimeReady {
    /// Always true.
    pub(crate) ready: bool,
    /// The office's directory.
    pub(crate) dir: String,
    /// The runtime's process.
    pub(crate) pid: u32,
}

/// The runtime has ended.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct RuntimeEnded {
    /// The office's directory.
    pub(crate) dir: String,
    /// False when it was still busy ending after 30 s.
    pub(crate) ended: bool,
}

/// A diff.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct TaskDiff {
    /// The task.
    pub(crate) id: TaskId,
    /// As git writes it; with `--stat` one line to a file.
    pub(crate) patch: String,
    /// It was too long and is cut.
    pub(crate) cut: bool,
}

/// What a run printed.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct TaskLog {
    /// The task.
    pub(crate) id: TaskId,
    /// What its terminal got, control sequences and all.
    pub(crate) text: String,
}

/// A file that was written.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct BackupMade {
    /// Where.
    pub(crate) path: String,
}

/// An office that was brought back.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct OfficeRestored {
    /// Its directory.
    pub(crate) dir: String,
    /// What was done, and where the old database is kept.
    pub(crate) said: String,
}

/// Our search beside SQLite FTS5 (porter) on the same passages and queries.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct SearchEval {
    /// How many passages there were.
    pub(crate) passages: u32,
    /// Our search, over all queries.
    pub(crate) office: SearchFigures,
    /// SQLite's.
    pub(crate) fts5: SearchFigures,
    /// The same for each slice the queries name.
    pub(crate) slices: Vec<SearchSlice>,
}

/// How often and how high what was meant was found.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct SearchFigures {
    /// The mean of one over its rank, 0 where it is not among the first ten.
    pub(crate) mrr10: f64,
    /// In what part of the queries it is among the first five.
    pub(crate) recall5: f64,
    /// Over how many queries.
    pub(crate) queries: u32,
}

/// Both searches over one slice.
#[derive(Clone, Debug, Serialize, Type)]
pub(crate) struct SearchSlice {
    /// Its name.
    pub(crate) name: String,
    /// Our search.
    pub(crate) office: SearchFigures,
    /// SQLite's.
    pub(crate) fts5: SearchFigures,
}

impl From<Compared> for SearchEval {
    fn from(it: Compared) -> Self {
        let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        let of = |it: Figures| SearchFigures { mrr10: it.mrr10, recall5: it.recall5, queries: count(it.queries) };
        let slice = |it: Slice| SearchSlice { name: it.name, office: of(it.office), fts5: of(it.fts5) };
        Self {
            passages: count(it.passages),
            office: of(it.office),
            fts5: of(it.fts5),
            slices: it.slices.into_iter().map(slice).collect(),
        }
    }
}

/// Each verb and what it prints with `--json`; `[]` is an array, `...` one value to a line.
pub(crate) const SHAPES: &[(&str, &str)] = &[
    ("init", "OfficeMade"),
    ("run", "RuntimeReady"),
    ("project add", "Project"),
    ("project list", "Project[]"),
    ("project show", "Project"),
    ("project try", "TryReport"),
    ("project remove", "Project"),
    ("project set", "Project"),
    ("role list", "Role[]"),
    ("role show", "Role"),
    ("role source", "RoleFile"),
    ("interlock add", "Interlock[]"),
    ("interlock list", "Interlock[]"),
    ("interlock lift", "Interlock[]"),
    ("lease", "PathLease[]"),
    ("shift end", "Shift"),
    ("shift show", "Shift"),
    ("task split", "Task"),
    ("role check", "RoleFault[]"),
    ("role set", "Role"),
    ("engine list", "Engine[]"),
    ("engine test", "Engine"),
    ("engine resume", "UsageLimit[]"),
    ("desk add", "DeskCard"),
    ("desk list", "DeskView[]"),
    ("desk show", "DeskCard"),
    ("desk remove", "DeskCard"),
    ("desk pause", "DeskCard"),
    ("desk resume", "DeskCard"),
    ("desk open", "DeskCard"),
    ("desk stop", "DeskCard"),
    ("desk attach", ""),
    ("desk tell", "DeskCard"),
    ("desk type", "DeskCard"),
    ("desk auto", "DeskCard"),
    ("answer", "Task[]"),
    ("budget list", "BudgetView[]"),
    ("budget set", "BudgetView[]"),
    ("budget raise", "BudgetView[]"),
    ("budget remove", "BudgetView[]"),
    ("limit list", "TaskLimitView[]"),
    ("limit set", "TaskLimitView[]"),
    ("limit raise", "TaskLimitView[]"),
    ("limit remove", "TaskLimitView[]"),
    ("task add", "Task"),
    ("task import", "TakenIn"),
    ("task list", "Task[]"),
    ("task show", "Task"),
    ("task lint", "Linted[]"),
    ("task edit", "Task"),
    ("task release", "Task"),
    ("task assign", "Task"),
    ("task unassign", "Task"),
    ("task done", "Task"),
    ("task fail", "Task"),
    ("task retry", "Task"),
    ("task resume", "Task"),
    ("task cancel", "Task"),
    ("task move", "Task"),
    ("task reopen", "Task"),
    ("task accept", "Task ..."),
    ("task reject", "Task"),
    ("task blocked", "Task"),
    ("task answer", "Task"),
    ("task verdict", "Task"),
    ("task progress", "Task"),
    ("task diff", "TaskDiff"),
    ("task log", "TaskLog"),
    ("task from-desk", "Task"),
    ("task await", "Task"),
    ("mail send", "Mail"),
    ("mail reply", "Mail"),
    ("mail inbox", "Mail[]"),
    ("mail ack", "MailId[]"),
    ("mail show", "Mail"),
    ("mail thread", "Mail[]"),
    ("mail search", "Mail[]"),
    ("mail list", "Mail[]"),
    ("talk", "Mail[]"),
    ("plan propose", "Plan"),
    ("plan list", "Plan[]"),
    ("plan show", "Plan"),
    ("plan edit", "Plan"),
    ("plan accept", "Plan"),
    ("plan reject", "Plan"),
    ("approval list", "Approval[]"),
    ("approval show", "Approval"),
    ("approval approve", "Approval"),
    ("approval deny", "Approval"),
    ("approval withdraw", "Approval"),
    ("approval undo", "Approval"),
    ("approval ack", "Approval"),
    ("approval ask-back", "Approval"),
    ("approval reply", "Approval"),
    ("approval rule", ""),
    ("approval watch", "Approval ..."),
    ("queue list", "QueueLine[]"),
    ("queue hold", "Project"),
    ("queue release", "Project"),
    ("queue retry", "Task ..."),
    ("grant add", "Grant"),
    ("grant list", "Grant[]"),
    ("grant revoke", "Grant"),
    ("audit verify", "Verified"),
    ("audit show", "AuditEntry ..."),
    ("unattended", "Unattended"),
    ("ask-approval", ""),
    ("status", "StatusView"),
    ("stop", "StatusView"),
    ("resume", "StatusView"),
    ("set", "OfficeSettings"),
    ("events", "Envelope ..."),
    ("guard check", "GuardVerdict"),
    ("guard explain", "GuardExplained"),
    ("guard test", "RulesTested"),
    ("search", "Hit[]"),
    ("memory add", "Noted"),
    ("memory search", "Hit[]"),
    ("memory show", "Note"),
    ("memory list", "Note[]"),
    ("memory edit", "Note"),
    ("memory merge", "Note"),
    ("memory refute", "Note"),
    ("memory export", "NotesExported"),
    ("memory import", "NotesImported"),
    ("memory reindex", "MemoryStats"),
    ("memory stats", "MemoryStats"),
    ("memory eval", "SearchEval"),
    ("doctor", "HealthLine[]"),
    ("demo", "Project"),
    ("prune", "RecordingsReport"),
    ("backup", "BackupMade"),
    ("restore", "OfficeRestored"),
    ("quit", "RuntimeEnded"),
    ("autostart", "AutostartStanding"),
    ("completions", ""),
    ("mcp", ""),
];
