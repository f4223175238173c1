//! What goes through the door: hello, questions, answers and pushes, each one JSON frame; terminal bytes beside them.
//! How frames are cut is in `frame.rs`; how an answer is found is the runtime's.

use std::collections::BTreeMap;

use office_core::approval::{Held, Ruling, Said};
use office_core::audit::{Link, Verified};
use office_core::command::CommandBody;
use office_core::grant::Grant;
use office_core::mail::{Mail, MailKind};
use office_core::plan::Plan;
use office_core::project::{Acceptance, Project, TryReport};
use office_core::queue::QueueLine;
use office_core::recording::RecordingsReport;
use office_core::role::{Engine, Role, RoleFault};
use office_core::run::Run;
use office_core::task::lint::Linted;
use office_core::view::{DeskView, StatusView};
use office_core::{
    Actor, Approval, ApprovalId, Envelope, MailId, Note, Noun, PlanId, Refusal, RunId, Seq, Task, TaskId, TaskState,
};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::backlog::TakenIn;
use crate::memory::{MemoryAsk, MemoryStats, Noted};
use crate::offset::Offset;
use crate::roles::{RoleFile, RoleTried};
use crate::rules::{RuleFile, RulesTried, Touch};

/// The protocol this side speaks.
pub const PROTOCOL: u32 = 1;
/// The oldest protocol this side still speaks.
pub const PROTOCOL_MIN: u32 = 1;

/// The first frame, from the client.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Hello {
    /// Newest protocol the client speaks.
    pub protocol: u32,
    /// Oldest protocol the client speaks.
    pub min: u32,
    /// Program and version, for the log.
    pub client: String,
    /// The run's token, from a desk; none from the owner.
    pub token: Option<String>,
}

/// The second frame, from the runtime.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Greeting {
    /// Come in.
    Welcome {
        /** The protocol both speak from here on. */
        protocol: u32,
        /** The runtime's version. */
        version: String,
        /** The office's name. */
        office: String,
        /** Its directory. */
        dir: String,
        /** Who the runtime takes the client for. */
        actor: Actor,
    },
    /// Stay out.
    Refused {
        /** Why, and the way out. */
        refusal: Refusal,
    },
}

/// A numbered question.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Request {
    /// Chosen by the client; the answer carries it.
    pub id: u32,
    /// What is asked.
    pub ask: Ask,
}

/// What may be asked at the door.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Carries out a command, once per `command_id`. Answer: `Changed`.
    Submit {
        /** For repeats after a lost answer. */
        command_id: String,
        /** The command. */
        body: CommandBody,
    },
    /// Looks at a repository and takes it on. Answer: `Changed` (the project).
    AddProject {
        /** Where. */
        path: String,
        /** Its name; the folder's if none. */
        name: Option<String>,
        /** The base branch. */
        base: Option<String>,
    },
    /// Makes the demo office, or what is missing of it: a small repository in the office's directory, desks and tasks.
    /// Answer: `Changed` (the project).
    OpenDemo,
    /// Tries an engine's program with a call that nobody allowed, and waits for what comes of it. Answer: `Engines` (that one).
    TryEngine {
        /** Its name. */
        engine: String,
    },
    /// What was accepted and is not merged yet, in order. Answer: `Queue`.
    Queue,
    /// Takes a backlog file in: its items become tasks, or change theirs. Answer: `TakenIn`.
    TakeIn {
        /** Name or number of the project. */
        project: String,
        /** The file: from the project's root, or absolute. */
        file: String,
        /** What is in it; the office reads it from the project's work tree if none. */
        text: Option<String>,
    },
    /// Runs set-up and checks on the base and waits for the report. Answer: `Tried`.
    TryProject {
        /** Name or number. */
        project: String,
    },
    /// Says done and waits for the verdict. Answer: `Changed` (the task) or a refusal with code `checks_red`.
    Done {
        /** Which; the desk's own if none. */
        task: Option<TaskId>,
        /** The agent's words. */
        summary: String,
        /** The finding. */
        report: Option<String>,
    },
    /// Accepts and waits until it is merged. Answer: `Changed` or a refusal with code `merge_refused`.
    Accept {
        /** Which. */
        task: TaskId,
    },
    /// Waits until a task is in one of these states. Answer: `Task`.
    AwaitTask {
        /** Which. */
        task: TaskId,
        /** Any of these; any state that is not at work if empty. */
        states: Vec<TaskState>,
    },
    /// What the rules say of something that an agent is about to do. Nothing is held by it. Answer: `Ruled`.
    Judge {
        /** A program and its arguments, or a tool and its input. */
        argv: Vec<String>,
        /** Where it would be done; absolute. */
        cwd: String,
        /** Which of the two. */
        #[serde(default)]
        held: Held,
    },
    /// Waits until a held command is no longer waiting. Answer: `Approval`.
    AwaitApproval {
        /** Which. */
        approval: ApprovalId,
    },
    /// Commands that are held, oldest first; from a desk only its own run's. Answer: `Approvals`.
    Approvals {
        /** Those that are over, too. */
        all: bool,
    },
    /// The rule that would always allow, or always deny, what is held, as the owner may change it. Nothing is kept by asking.
    /// Answer: `Text` (TOML).
    ProposeRule {
        /** Which approval. */
        approval: ApprovalId,
        /** What the rule is to say. */
        said: Said,
    },
    /// What a held command would do, one thing after the other. Answer: `Touches`.
    Touches {
        /** Which. */
        approval: ApprovalId,
    },
    /// Program and subcommands of a line, and its other words, as a standing grant names them. Answer: `Shape`.
    ShapeOf {
        /** One command, as it is typed. */
        line: String,
    },
    /// All files of rules, layer by layer. Answer: `Rules`.
    Rules,
    /// What is wrong with a file of rules, and what it would have changed lately. Nothing is kept. Answer: `RulesTried`.
    TryRules {
        /** As `Rules` names it. */
        file: String,
        /** What would be in it. */
        text: String,
    },
    /// Keeps a file of rules, in which nothing is wrong; it is in force at once. Answer: `RulesTried`.
    KeepRules {
        /** As `Rules` names it. */
        file: String,
        /** What is to be in it. */
        text: String,
        /** What was in it when it was read: where that is another by now, nothing is kept. */
        was: Option<String>,
    },
    /// What is wrong with files of roles. Answer: `RoleFaults`.
    RoleFaults,
    /// All files of roles, layer by layer. Answer: `RoleFiles`.
    RoleFiles,
    /// What a text would say as a role. Nothing is kept. Answer: `RoleTried`.
    TryRole {
        /** As `RoleFiles` names it. */
        file: String,
        /** What would be in it. */
        text: String,
    },
    /// Keeps a file of a role, in which nothing is wrong; it counts at once. Answer: `RoleTried`.
    KeepRole {
        /** As `RoleFiles` names it. */
        file: String,
        /** What is to be in it. */
        text: String,
        /** What was in the owner's file when it was read; none where there was none. */
        was: Option<String>,
    },
    /// Standing grants, oldest first. Answer: `Grants`.
    Grants {
        /** Those that answer nothing any more, too. */
        all: bool,
    },
    /// Sends a mail, once per `command_id`, or per `key` of the sender's. Answer: `Changed` (the mail; the first, where several
    /// were sent). One that cannot be delivered is answered too: it is bounced, and says why.
    SendMail {
        /** For repeats after a lost answer. */
        command_id: String,
        /** `owner`, `everyone`, a desk or a role; the sender of what is answered if none. */
        to: Option<String>,
        /** What it is. */
        kind: MailKind,
        /** One line; that of what is answered if empty. */
        subject: String,
        /** Markdown. */
        text: String,
        /** Files of the sender's checkout. */
        files: Vec<String>,
        /** The mail it answers. */
        answers: Option<MailId>,
        /** A word of the sender's: sent twice with the same, it is sent once. */
        key: Option<String>,
    },
    /// Says something to whoever leads the desks, in the talk that goes on or a new one; wakes them. Answer: `Changed` (the mail).
    Talk {
        /** For repeats after a lost answer. */
        command_id: String,
        /** Markdown. */
        text: String,
        /** Begins another talk. */
        fresh: bool,
        /** Name or number of the project, where a session has to be opened for it. */
        project: Option<String>,
    },
    /// The talk that goes on with whoever leads the desks. Answer: `Mails`, oldest first; none if there is no talk.
    Talked {
        /** Waits until something was said or planned there after this mail of the owner's. */
        after: Option<MailId>,
    },
    /// Plans, oldest first. Answer: `Plans`.
    Plans {
        /** This one alone. */
        plan: Option<PlanId>,
        /** Those that were answered, too. */
        all: bool,
    },
    /// What lies in the mailboxes of whoever asks, oldest first. Answer: `Mails`.
    Inbox {
        /** Its words are handed out: it is read from then on. Else it is only told that it is there. */
        take: bool,
        /** Waits until there is something that was not read. */
        wait: bool,
    },
    /// Mail, the newest last; from a desk only what it sent or got. Answer: `Mails`.
    Mails {
        /** This one alone. */
        mail: Option<MailId>,
        /** Of the thread that this mail is in. */
        thread: Option<MailId>,
        /** To or from: `owner`, a desk or a role. */
        with: Option<String>,
        /** With all of these words in its subject or its text. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<String>,
        /** Only what something is still to come of. */
        open: bool,
        /** With a number below this. */
        before: Option<MailId>,
        /** At most; 1,000 at the highest. */
        limit: u32,
    },
    /// Goes through the chain over what was decided. Answer: `Verified`.
    VerifyAudit,
    /// What was decided about approvals and grants, with its place in the chain. Answer: `Audit`.
    Audit {
        /** After this event. */
        since: Seq,
        /** At most; 1,000 at the highest. */
        limit: u32,
    },
    /// Stops everything and waits until no process of any desk is left. Answer: `Status`.
    StopAll,
    /// One screen. Answer: `Status`.
    Status,
    /// Everything, to go on from by `Subscribe`. Answer: `Snapshot`.
    Snapshot,
    /// One task. Answer: `Task`.
    Task {
        /** Which; the desk's own if none. */
        task: Option<TaskId>,
    },
    /// Tasks. Answer: `Tasks`.
    Tasks {
        /** Only in these states, if any. */
        states: Vec<TaskState>,
        /** Only of this project. */
        project: Option<String>,
    },
    /// What is vague, unbounded or unchecked in tasks as they are written. Answer: `Linted`.
    Lint {
        /** Which; all that nobody has begun if empty. */
        tasks: Vec<TaskId>,
    },
    /// Desks. Answer: `Desks`.
    Desks,
    /// Runs of a task or a desk, newest first. Answer: `Runs`.
    Runs {
        /** Of this task. */
        task: Option<TaskId>,
        /** Of this desk (name or number). */
        desk: Option<String>,
    },
    /// Projects. Answer: `Projects`.
    Projects,
    /// Roles. Answer: `Roles`.
    Roles,
    /// Engines. Answer: `Engines`.
    Engines,
    /// Events after `since`, at most `limit`. Answer: `Events`.
    Events {
        /** The last one known. */
        since: Seq,
        /** At most; 10,000 at the highest. */
        limit: u32,
        /** Only of this task. */
        task: Option<TaskId>,
    },
    /// Pushes events from `since` on, without end. Answer: `Ok`, then `Push::Event`. A second one takes the place of the
    /// first: nothing of the first is pushed after the second's `Ok`.
    Subscribe {
        /** The last one known. */
        since: Seq,
    },
    /// The diff of a task's work. Answer: `Diff`.
    Diff {
        /** Which. */
        task: TaskId,
        /** Names and counts only. */
        stat: bool,
    },
    /// What a task's run printed, from its recording. Answer: `Text`.
    Log {
        /** Which. */
        task: TaskId,
        /** Which run; the last if none. */
        run: Option<RunId>,
    },
    /// Writes into the memory, or reads from it. Answer: as `MemoryAsk` says.
    Memory {
        /** What. */
        what: MemoryAsk,
    },
    /// Full text search over all that is kept. Answer: `Hits`.
    Search {
        /** Words. */
        query: String,
        /** At most. */
        limit: u32,
    },
    /// Attaches to a desk's terminal: `Ok`, then frames of bytes for `stream` and `Push::TerminalEnded`.
    Attach {
        /** Name or number. */
        desk: String,
        /** Chosen by the client. */
        stream: u32,
        /** From this absolute offset; the newest screenful if none. */
        from: Option<Offset>,
        /** Bytes it will take before more credit. */
        credit: u32,
    },
    /// More credit for a stream. Answer: `Ok`.
    Credit {
        /** Which. */
        stream: u32,
        /** Bytes. */
        bytes: u32,
    },
    /// Ends a stream. Answer: `Ok`.
    Detach {
        /** Which. */
        stream: u32,
    },
    /// Gives a desk's agent a prompt, when it waits for one; waits a while until it does. Answer: `Ok`, once it took it.
    Tell {
        /** Name or number. */
        desk: String,
        /** The prompt. */
        text: String,
    },
    /// Types into a desk's terminal. Answer: `Ok`.
    Type {
        /** Name or number. */
        desk: String,
        /** What, exactly. */
        text: String,
    },
    /// Resizes a desk's terminal. Answer: `Ok`.
    Resize {
        /** Name or number. */
        desk: String,
        /** Columns. */
        cols: u16,
        /** Rows. */
        rows: u16,
    },
    /// Looks whether everything an office needs is there. Answer: `Health`.
    Doctor,
    /// What recordings take, and what of it would go by a budget; has it go if asked to. Without a budget the office's own
    /// counts. What nobody has reviewed never goes. Answer: `Recordings`.
    Prune {
        /** Keep so many days. */
        keep_days: Option<u32>,
        /** Keep so many megabytes. */
        keep_mb: Option<u32>,
        /** Have it go; else it is only said. */
        go: bool,
    },
    /// Copies the office's database while it runs. Answer: `Text` (the path).
    Backup {
        /** To this file; a dated one in the office's `backups` if none. */
        to: Option<String>,
    },
    /// Whether the system starts this office after a reboot, changed first if that is wanted. Answer: `Autostart`.
    Autostart {
        /** On or off; as it is if none. */
        wanted: Option<bool>,
    },
    /// Asks the runtime to end. Answer: `Ok`.
    Quit {
        /** What runs at the desks goes on. */
        #[serde(default)]
        leave_desks: bool,
    },
    /// Finds a project, desk or task by what people call it. Answer: `Changed`.
    Find {
        /** `project`, `desk` or `office`. */
        noun: String,
        /** Name or number; nothing for the office, of which there is one. */
        name: String,
    },
    /// Who accepts in a project. Answer: `Changed`.
    SetAcceptance {
        /** Name or number. */
        project: String,
        /** Who. */
        acceptance: Acceptance,
    },
}

/// One line of doctor's report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct HealthLine {
    /// What was looked at.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do when it is not.
    pub way_out: String,
}

/// Whether the system starts the office after a reboot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct AutostartStanding {
    /// Whether it does.
    pub on: bool,
    /// The file that says so.
    pub file: String,
    /// What else there is to know.
    pub note: String,
    /// Why it cannot be had on this machine, and the way out.
    #[serde(default)]
    pub cannot: Option<Refusal>,
}

/// Something that was decided, and its place in the chain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct AuditEntry {
    /// The event.
    pub envelope: Envelope,
    /// Its link.
    pub link: Link,
}

/// A hit of a search.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Hit {
    /// What it is: `task`, `event`, `mail`...; of a note its kind.
    pub kind: String,
    /// Its number among those of its sort, or the place of the event.
    pub id: u32,
    /// Title.
    pub title: String,
    /// The passage.
    pub text: String,
    /// How well it fits; higher is better.
    pub score: f32,
    /// Where it comes from.
    pub source: String,
}

/// An answer.
#[expect(clippy::large_enum_variant, reason = "an answer is made, sent and gone; nobody keeps many")]
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Answer {
    /// It was done.
    Ok,
    /// The thing that was made or changed.
    Changed(Noun),
    /// One screen.
    Status(Box<StatusView>),
    /// Everything.
    Snapshot {
        /** True up to here. */
        seq: Seq,
        /** All nouns. */
        nouns: Vec<Noun>,
    },
    /// A task.
    Task(Box<Task>),
    /// Tasks.
    Tasks(Vec<Task>),
    /// What is wrong with how tasks are written.
    Linted(Vec<Linted>),
    /// Desks as they are seen.
    Desks(Vec<DeskView>),
    /// What the rules say.
    Ruled(Ruling),
    /// A held command.
    Approval(Box<Approval>),
    /// Held commands.
    Approvals(Vec<Approval>),
    /// Standing grants.
    Grants(Vec<Grant>),
    /// What a held command would do.
    Touches(Vec<Touch>),
    /// Program with subcommands, and the other words.
    Shape {
        /** Program and subcommands. */
        run: String,
        /** The others. */
        words: Vec<String>,
    },
    /// The merge queue.
    Queue(Vec<QueueLine>),
    /// Files of rules.
    Rules(Vec<RuleFile>),
    /// What came of trying one.
    RulesTried(Box<RulesTried>),
    /// What is wrong with files of roles.
    RoleFaults(Vec<RoleFault>),
    /// Files of roles.
    RoleFiles(Vec<RoleFile>),
    /// What came of trying one.
    RoleTried(Box<RoleTried>),
    /// Mail.
    Mails(Vec<Mail>),
    /// Plans.
    Plans(Vec<Plan>),
    /// Notes.
    Notes(Vec<Note>),
    /// A note that was written.
    Noted(Box<Noted>),
    /// How the memory stands.
    Memory(Box<MemoryStats>),
    /// What came of going through the audit.
    Verified(Box<Verified>),
    /// What was decided.
    Audit(Vec<AuditEntry>),
    /// Runs.
    Runs(Vec<Run>),
    /// What trying a project's base found.
    Tried(Box<TryReport>),
    /// What came of taking a backlog file in.
    TakenIn(Box<TakenIn>),
    /// A project.
    Project(Box<Project>),
    /// Projects.
    Projects(Vec<Project>),
    /// Roles.
    Roles(Vec<Role>),
    /// Engines.
    Engines(Vec<Engine>),
    /// Events, and whether there are more.
    Events {
        /** In order. */
        events: Vec<Envelope>,
        /** Ask again from the last. */
        more: bool,
    },
    /// A diff.
    Diff {
        /** As git writes it. */
        patch: String,
        /** It was cut at 16 MiB. */
        cut: bool,
    },
    /// Text.
    Text(String),
    /// Hits.
    Hits(Vec<Hit>),
    /// What recordings take, and what goes.
    Recordings(Box<RecordingsReport>),
    /// Health.
    Health(Vec<HealthLine>),
    /// Whether the system starts the office.
    Autostart(Box<AutostartStanding>),
}

/// A frame from the runtime after the greeting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Push {
    /// The answer to request `id`.
    Answer {
        /** Which. */
        id: u32,
        /** What. */
        answer: Answer,
    },
    /// The refusal of request `id`.
    Refusal {
        /** Which. */
        id: u32,
        /** Why. */
        refusal: Refusal,
    },
    /// An event of a subscription, with the things it changed, whole.
    Event {
        /** The event. */
        envelope: Envelope,
        /** The nouns it touched, as they are now. */
        nouns: Vec<Noun>,
    },
    /// The subscriber was too slow: it must ask `Events` or `Snapshot` again from its last event.
    Lagged {
        /** The newest event. */
        newest: Seq,
    },
    /// A terminal stream has a hole: bytes of this range are in the recording only.
    Gap {
        /** Which. */
        stream: u32,
        /** From. */
        from: String,
        /** To. */
        to: String,
    },
    /// The terminal of a stream is over.
    TerminalEnded {
        /** Which. */
        stream: u32,
        /** How it ended, in words. */
        how: String,
    },
}

/// Lists kept for documentation: the desk's environment, by variable.
pub fn desk_environment() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("OFFICE_DIR", "the office's directory"),
        ("OFFICE_TOKEN", "this run's token; it ends with the run"),
        ("OFFICE_TASK", "the task's number, where there is one"),
        ("OFFICE_DESK", "the desk's name"),
        ("OFFICE_RUN", "the run's number"),
        ("OFFICE_PORT_BASE", "the first of 20 ports that are this desk's own"),
    ])
}
