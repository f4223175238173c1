// @generated from the wire types of src-tauri/crates/door; to write it anew:
//   OFFICE_UPDATE_DOCS=1 cargo test -p office-cli --test bindings

/** Who accepts. */
export type Acceptance =
/** The owner, each one. */
"owner" |
/** The office merges what is green and carries no mark; the owner sees the rest. */
"green" |
/** The office merges what is of low risk by every rule of `task/risk.rs`; the owner sees the rest, and why. */
"low-risk";

/** Who has seen a held command and looks after it. It is no answer. */
export type Acknowledged = {
	/** Who. */
	by: Actor,
	/** When. */
	at: At,
};

/** Who sends a command. */
export type Actor =
/** The person whose office it is. */
{ kind: "owner" } |
/** The agent of a run, speaking from its desk. */
{ kind: "agent";
/** Where it sits. */
desk: DeskId;
/** The run whose token it showed. */
run: RunId } |
/** The office: its clock, its dispatcher, what its effects came to. */
{ kind: "office" };

/** What a repository's file adds to a role that is there anyway. */
export type Added = {
	/** Which repository. */
	project: ProjectId,
	/** What its agent is told beside the role's own brief. */
	brief: string,
	/** How it looks there. */
	look?: string | null,
};

/** To whom a mail is sent. */
export type Address =
/** The owner. */
{ kind: "owner" } |
/** Whoever works at a desk. */
{ kind: "desk";
/** Which. */
desk: DeskId } |
/** One of those who hold a role: the first that takes it. */
{ kind: "role";
/** Which. */
role: RoleName } |
/** Every desk but the sender's. */
{ kind: "everyone" } |
/** Whoever sent the mail that this answers. */
{ kind: "sender" };

/** A note that says almost the same as another. */
export type AlikeNote = {
	/** Which. */
	note: NoteId,
	/** Its title. */
	title: string,
	/** What part of the words of both they share, 0 to 1. */
	share: number | null,
};

/** Two notes that say almost the same. */
export type AlikePair = {
	/** The older. */
	note: NoteId,
	/** The newer. */
	and: NoteId,
	/** What part of the words of both they share, 0 to 1. */
	share: number | null,
};

/** An answer. */
export type Answer =
/** It was done. */
{ kind: "ok" } |
/** The thing that was made or changed. */
{ kind: "changed"; value: Noun } |
/** One screen. */
{ kind: "status"; value: StatusView } |
/** Everything. */
{ kind: "snapshot"; value: {
	/** True up to here. */
	seq: Seq,
	/** All nouns. */
	nouns: Noun[],
} } |
/** A task. */
{ kind: "task"; value: Task } |
/** Tasks. */
{ kind: "tasks"; value: Task[] } |
/** What is wrong with how tasks are written. */
{ kind: "linted"; value: Linted[] } |
/** Desks as they are seen. */
{ kind: "desks"; value: DeskView[] } |
/** What the rules say. */
{ kind: "ruled"; value: Ruling } |
/** A held command. */
{ kind: "approval"; value: Approval } |
/** Held commands. */
{ kind: "approvals"; value: Approval[] } |
/** Standing grants. */
{ kind: "grants"; value: Grant[] } |
/** What a held command would do. */
{ kind: "touches"; value: Touch[] } |
/** Program with subcommands, and the other words. */
{ kind: "shape"; value: {
	/** Program and subcommands. */
	run: string,
	/** The others. */
	words: string[],
} } |
/** The merge queue. */
{ kind: "queue"; value: QueueLine[] } |
/** Files of rules. */
{ kind: "rules"; value: RuleFile[] } |
/** What came of trying one. */
{ kind: "rules_tried"; value: RulesTried } |
/** What is wrong with files of roles. */
{ kind: "role_faults"; value: RoleFault[] } |
/** Files of roles. */
{ kind: "role_files"; value: RoleFile[] } |
/** What came of trying one. */
{ kind: "role_tried"; value: RoleTried } |
/** Mail. */
{ kind: "mails"; value: Mail[] } |
/** Plans. */
{ kind: "plans"; value: Plan[] } |
/** Notes. */
{ kind: "notes"; value: Note[] } |
/** A note that was written. */
{ kind: "noted"; value: Noted } |
/** How the memory stands. */
{ kind: "memory"; value: MemoryStats } |
/** What came of going through the audit. */
{ kind: "verified"; value: Verified } |
/** What was decided. */
{ kind: "audit"; value: AuditEntry[] } |
/** Runs. */
{ kind: "runs"; value: Run[] } |
/** What trying a project's base found. */
{ kind: "tried"; value: TryReport } |
/** What came of taking a backlog file in. */
{ kind: "taken_in"; value: TakenIn } |
/** A project. */
{ kind: "project"; value: Project } |
/** Projects. */
{ kind: "projects"; value: Project[] } |
/** Roles. */
{ kind: "roles"; value: Role[] } |
/** Engines. */
{ kind: "engines"; value: Engine[] } |
/** Events, and whether there are more. */
{ kind: "events"; value: {
	/** In order. */
	events: Envelope[],
	/** Ask again from the last. */
	more: boolean,
} } |
/** A diff. */
{ kind: "diff"; value: {
	/** As git writes it. */
	patch: string,
	/** It was cut at 16 MiB. */
	cut: boolean,
} } |
/** Text. */
{ kind: "text"; value: string } |
/** Hits. */
{ kind: "hits"; value: Hit[] } |
/** What recordings take, and what goes. */
{ kind: "recordings"; value: RecordingsReport } |
/** Health. */
{ kind: "health"; value: HealthLine[] } |
/** Whether the system starts the office. */
{ kind: "autostart"; value: AutostartStanding };

/** A command that is held, or was. */
export type Approval = {
	/** Its number. */
	id: ApprovalId,
	/** The run that asks; none where the owner does. */
	run: RunId | null,
	/** That run's desk. */
	desk: DeskId | null,
	/** That run's task. */
	task: TaskId | null,
	/** What the words are. */
	held?: Held,
	/** The program and its arguments, as they will be given to the system: no shell reads them. */
	argv: string[],
	/** The same in one line that is safe to show: quoted where needed, control and invisible characters spelled out. */
	shown: string,
	/** Where it will run. */
	cwd: string,
	/** Why, in the words of whoever asks. */
	reason: string | null,
	/** What the rules said of it; none for words that no rule judges, and for what the owner asks. */
	ruling?: Ruling | null,
	/** Where it stands. */
	state: ApprovalState,
	/** When it was asked. */
	asked: At,
	/** When the owner answered. */
	answered: At | null,
	/** The owner's words; or why it was withdrawn, or is uncertain. */
	note: string | null,
	/** How the command ended. */
	exit: Exit | null,
	/** When its state last changed. */
	since: At,
	/**
	 *  Stands for what is shown: the kind, the words, the place and the checkout's state. An answer may name it, and is then
	 *  good for exactly that.
	 */
	hash?: string,
	/** The state its checkout was in when it was shown, where what it does depends on that. */
	stands?: string | null,
	/** What the office does itself where it is approved; none where whoever asked does it. */
	deed?: Deed | null,
	/** The end of what that printed. */
	output?: string,
	/** The words it was asked with, where the owner changed them. */
	asked_as?: string[] | null,
	/** Questions of the owner's and what was replied. */
	talk?: Remark[],
	/** The standing grant that answered it. */
	grant?: GrantId | null,
	/** The answer may be taken back until then; what was approved does not begin before. */
	undo_until?: At | null,
	/** Nobody waits at it since then: its task is parked. */
	parked?: At | null,
	/** Nobody waits at it: whoever asked was sent away, and takes it up by asking the same again. */
	apart?: boolean,
	/** When whoever leads the desks was told of it, as the owner wished. */
	escalated?: At | null,
	/** Somebody on its way has seen it and looks after it: nobody further on is told. */
	acknowledged?: Acknowledged | null,
	/** When it was taken up again. */
	joined?: At | null,
};

/** What may be asked of approvals. */
export type ApprovalCommand =
/** Holds a command until the owner answers. */
{ do: "ask";
/** The program and its arguments. */
argv: string[];
/** Where it would run; absolute. */
cwd: string;
/** Why. */
reason: string | null;
/** What the words are. */
held?: Held;
/** What the rules say of it; the door fills it in, whoever asks. */
ruling?: Ruling | null;
/** The state of its checkout, where that matters; likewise. */
stands?: string | null;
/** The standing grant that covers it; likewise. */
grant?: GrantId | null;
/** What the office does itself where it is approved; likewise. */
deed?: Deed | null } |
/** Lets it run, once. Only the owner may. */
{ do: "approve";
/** Which. */
approval: ApprovalId;
/** Words for whoever asked. */
note: string | null;
/** How it is meant. */
terms?: Terms } |
/** Does not let it run. Only the owner may. */
{ do: "deny";
/** Which. */
approval: ApprovalId;
/** Words for whoever asked. */
note: string | null;
/** How it is meant. */
terms?: Terms } |
/** Takes an answer back, while that may be done. Only the owner may. */
{ do: "undo";
/** Which. */
approval: ApprovalId } |
/** Asks whoever asked; it stays held. Only the owner may. */
{ do: "ask_back";
/** Which. */
approval: ApprovalId;
/** The question. */
question: string } |
/** Replies to the owner's question. */
{ do: "reply";
/** Which. */
approval: ApprovalId;
/** The words. */
text: string } |
/** Says that somebody on its way has seen it and looks after it. It answers nothing. */
{ do: "acknowledge";
/** Which. */
approval: ApprovalId } |
/** Takes it back; one that runs already is uncertain from then on. */
{ do: "withdraw";
/** Which. */
approval: ApprovalId } |
/**
 *  Takes the right to run it: given once, to whoever asked. It is begun only after this was answered, and only if it is
 *  running then: where its checkout has changed since it was shown, it waits again instead.
 */
{ do: "claim";
/** Which. */
approval: ApprovalId;
/** The state of its checkout now; the door fills it in. */
stands?: string | null;
/** What the office would do now; likewise. */
deed?: Deed | null } |
/** Says how it ended. */
{ do: "report";
/** Which. */
approval: ApprovalId;
/** With a code, by a signal, or not started. */
exit: Exit };

/** What happened to approvals. */
export type ApprovalEvent =
/** A command is held. */
{ type: "asked";
/** The new approval. */
approval: Approval } |
/** The owner said yes, now or in advance. */
{ type: "approved";
/** Which. */
approval: ApprovalId;
/** The owner's words. */
note: string | null;
/** The standing grant that said so. */
grant?: GrantId | null;
/** The words it runs with, where the owner changed them. */
argv?: string[] | null;
/** The rule that the owner made of it. */
rule?: string | null;
/** It may be taken back until then. */
undo_until?: At | null;
/** The state of its checkout as it was then, where nobody worked in it. */
stands?: string | null;
/** What the office does by the words that the owner changed. */
deed?: Deed | null } |
/** The owner said no; or, as they wished beforehand, time did. */
{ type: "denied";
/** Which. */
approval: ApprovalId;
/** The owner's words. */
note: string | null;
/** The rule that the owner made of it. */
rule?: string | null;
/** It may be taken back until then. */
undo_until?: At | null } |
/** The answer was taken back in time. */
{ type: "undone";
/** Which. */
approval: ApprovalId } |
/** The owner asks something before answering. */
{ type: "asked_back";
/** Which. */
approval: ApprovalId;
/** The question. */
question: string } |
/** Whoever asked replies. */
{ type: "replied";
/** Which. */
approval: ApprovalId;
/** The words. */
text: string } |
/** Whoever leads the desks was told of it. */
{ type: "escalated";
/** Which. */
approval: ApprovalId } |
/** Somebody on its way has seen it: nobody further on is told. */
{ type: "acknowledged";
/** Which. */
approval: ApprovalId;
/** Who. */
by: Actor } |
/** Nobody waits at it any more: its task is parked until it is answered. */
{ type: "parked";
/** Which. */
approval: ApprovalId } |
/** The same was asked again, and is this one. */
{ type: "rejoined";
/** Which. */
approval: ApprovalId;
/** By which run. */
run: RunId | null;
/** At which desk. */
desk: DeskId | null;
/** The state of the checkout now. */
stands?: string | null;
/** What the office would do now. */
deed?: Deed | null } |
/** The checkout is another than was shown: what was approved waits again. */
{ type: "moved";
/** Which. */
approval: ApprovalId;
/** The state of the checkout now. */
stands: string;
/** What the office would do now. */
deed?: Deed | null } |
/** Nobody wants it any more. */
{ type: "withdrawn";
/** Which. */
approval: ApprovalId;
/** Why. */
why: string } |
/** Whoever asked begins it now. */
{ type: "claimed";
/** Which. */
approval: ApprovalId } |
/** It ended. */
{ type: "ran";
/** Which. */
approval: ApprovalId;
/** How. */
exit: Exit;
/** The end of what it printed, where the office did it. */
output?: string } |
/** It was begun, and nobody is left to say how it ended. */
{ type: "uncertain";
/** Which. */
approval: ApprovalId;
/** Why. */
why: string };

/** An approval: a command that is held until the owner answers. */
export type ApprovalId = number;

/** Where an approval stands; docs/GLOSSARY.md holds the same table. */
export type ApprovalState =
/** Held until the owner answers. */
"waiting" |
/** The owner said yes; nobody has begun it yet. */
"approved" |
/** The owner said no. */
"denied" |
/** Nobody wants it any more; it did not run. */
"withdrawn" |
/** Whoever asked runs it. */
"running" |
/** It ran, and how it ended is known. */
"ran" |
/** It was begun, and nobody can say how far it came. It is never repeated. */
"uncertain";

/** What may be asked at the door. */
export type Ask =
/** Carries out a command, once per `command_id`. Answer: `Changed`. */
{ ask: "submit";
/** For repeats after a lost answer. */
command_id: string;
/** The command. */
body: CommandBody } |
/** Looks at a repository and takes it on. Answer: `Changed` (the project). */
{ ask: "add_project";
/** Where. */
path: string;
/** Its name; the folder's if none. */
name: string | null;
/** The base branch. */
base: string | null } |
/**
 *  Makes the demo office, or what is missing of it: a small repository in the office's directory, desks and tasks.
 *  Answer: `Changed` (the project).
 */
{ ask: "open_demo" } |
/** Tries an engine's program with a call that nobody allowed, and waits for what comes of it. Answer: `Engines` (that one). */
{ ask: "try_engine";
/** Its name. */
engine: string } |
/** What was accepted and is not merged yet, in order. Answer: `Queue`. */
{ ask: "queue" } |
/** Takes a backlog file in: its items become tasks, or change theirs. Answer: `TakenIn`. */
{ ask: "take_in";
/** Name or number of the project. */
project: string;
/** The file: from the project's root, or absolute. */
file: string;
/** What is in it; the office reads it from the project's work tree if none. */
text: string | null } |
/** Runs set-up and checks on the base and waits for the report. Answer: `Tried`. */
{ ask: "try_project";
/** Name or number. */
project: string } |
/** Says done and waits for the verdict. Answer: `Changed` (the task) or a refusal with code `checks_red`. */
{ ask: "done";
/** Which; the desk's own if none. */
task: TaskId | null;
/** The agent's words. */
summary: string;
/** The finding. */
report: string | null } |
/** Accepts and waits until it is merged. Answer: `Changed` or a refusal with code `merge_refused`. */
{ ask: "accept";
/** Which. */
task: TaskId } |
/** Waits until a task is in one of these states. Answer: `Task`. */
{ ask: "await_task";
/** Which. */
task: TaskId;
/** Any of these; any state that is not at work if empty. */
states: TaskState[] } |
/** What the rules say of something that an agent is about to do. Nothing is held by it. Answer: `Ruled`. */
{ ask: "judge";
/** A program and its arguments, or a tool and its input. */
argv: string[];
/** Where it would be done; absolute. */
cwd: string;
/** Which of the two. */
held?: Held } |
/** Waits until a held command is no longer waiting. Answer: `Approval`. */
{ ask: "await_approval";
/** Which. */
approval: ApprovalId } |
/** Commands that are held, oldest first; from a desk only its own run's. Answer: `Approvals`. */
{ ask: "approvals";
/** Those that are over, too. */
all: boolean } |
/**
 *  The rule that would always allow, or always deny, what is held, as the owner may change it. Nothing is kept by asking.
 *  Answer: `Text` (TOML).
 */
{ ask: "propose_rule";
/** Which approval. */
approval: ApprovalId;
/** What the rule is to say. */
said: Said } |
/** What a held command would do, one thing after the other. Answer: `Touches`. */
{ ask: "touches";
/** Which. */
approval: ApprovalId } |
/** Program and subcommands of a line, and its other words, as a standing grant names them. Answer: `Shape`. */
{ ask: "shape_of";
/** One command, as it is typed. */
line: string } |
/** All files of rules, layer by layer. Answer: `Rules`. */
{ ask: "rules" } |
/** What is wrong with a file of rules, and what it would have changed lately. Nothing is kept. Answer: `RulesTried`. */
{ ask: "try_rules";
/** As `Rules` names it. */
file: string;
/** What would be in it. */
text: string } |
/** Keeps a file of rules, in which nothing is wrong; it is in force at once. Answer: `RulesTried`. */
{ ask: "keep_rules";
/** As `Rules` names it. */
file: string;
/** What is to be in it. */
text: string;
/** What was in it when it was read: where that is another by now, nothing is kept. */
was: string | null } |
/** What is wrong with files of roles. Answer: `RoleFaults`. */
{ ask: "role_faults" } |
/** All files of roles, layer by layer. Answer: `RoleFiles`. */
{ ask: "role_files" } |
/** What a text would say as a role. Nothing is kept. Answer: `RoleTried`. */
{ ask: "try_role";
/** As `RoleFiles` names it. */
file: string;
/** What would be in it. */
text: string } |
/** Keeps a file of a role, in which nothing is wrong; it counts at once. Answer: `RoleTried`. */
{ ask: "keep_role";
/** As `RoleFiles` names it. */
file: string;
/** What is to be in it. */
text: string;
/** What was in the owner's file when it was read; none where there was none. */
was: string | null } |
/** Standing grants, oldest first. Answer: `Grants`. */
{ ask: "grants";
/** Those that answer nothing any more, too. */
all: boolean } |
/**
 *  Sends a mail, once per `command_id`, or per `key` of the sender's. Answer: `Changed` (the mail; the first, where several
 *  were sent). One that cannot be delivered is answered too: it is bounced, and says why.
 */
{ ask: "send_mail";
/** For repeats after a lost answer. */
command_id: string;
/** `owner`, `everyone`, a desk or a role; the sender of what is answered if none. */
to: string | null;
/** What it is. */
kind: MailKind;
/** One line; that of what is answered if empty. */
subject: string;
/** Markdown. */
text: string;
/** Files of the sender's checkout. */
files: string[];
/** The mail it answers. */
answers: MailId | null;
/** A word of the sender's: sent twice with the same, it is sent once. */
key: string | null } |
/** Says something to whoever leads the desks, in the talk that goes on or a new one; wakes them. Answer: `Changed` (the mail). */
{ ask: "talk";
/** For repeats after a lost answer. */
command_id: string;
/** Markdown. */
text: string;
/** Begins another talk. */
fresh: boolean;
/** Name or number of the project, where a session has to be opened for it. */
project: string | null } |
/** The talk that goes on with whoever leads the desks. Answer: `Mails`, oldest first; none if there is no talk. */
{ ask: "talked";
/** Waits until something was said or planned there after this mail of the owner's. */
after: MailId | null } |
/** Plans, oldest first. Answer: `Plans`. */
{ ask: "plans";
/** This one alone. */
plan: PlanId | null;
/** Those that were answered, too. */
all: boolean } |
/** What lies in the mailboxes of whoever asks, oldest first. Answer: `Mails`. */
{ ask: "inbox";
/** Its words are handed out: it is read from then on. Else it is only told that it is there. */
take: boolean;
/** Waits until there is something that was not read. */
wait: boolean } |
/** Mail, the newest last; from a desk only what it sent or got. Answer: `Mails`. */
{ ask: "mails";
/** This one alone. */
mail: MailId | null;
/** Of the thread that this mail is in. */
thread: MailId | null;
/** To or from: `owner`, a desk or a role. */
with: string | null;
/** With all of these words in its subject or its text. */
words?: string | null;
/** Only what something is still to come of. */
open: boolean;
/** With a number below this. */
before: MailId | null;
/** At most; 1,000 at the highest. */
limit: number } |
/** Goes through the chain over what was decided. Answer: `Verified`. */
{ ask: "verify_audit" } |
/** What was decided about approvals and grants, with its place in the chain. Answer: `Audit`. */
{ ask: "audit";
/** After this event. */
since: Seq;
/** At most; 1,000 at the highest. */
limit: number } |
/** Stops everything and waits until no process of any desk is left. Answer: `Status`. */
{ ask: "stop_all" } |
/** One screen. Answer: `Status`. */
{ ask: "status" } |
/** Everything, to go on from by `Subscribe`. Answer: `Snapshot`. */
{ ask: "snapshot" } |
/** One task. Answer: `Task`. */
{ ask: "task";
/** Which; the desk's own if none. */
task: TaskId | null } |
/** Tasks. Answer: `Tasks`. */
{ ask: "tasks";
/** Only in these states, if any. */
states: TaskState[];
/** Only of this project. */
project: string | null } |
/** What is vague, unbounded or unchecked in tasks as they are written. Answer: `Linted`. */
{ ask: "lint";
/** Which; all that nobody has begun if empty. */
tasks: TaskId[] } |
/** Desks. Answer: `Desks`. */
{ ask: "desks" } |
/** Runs of a task or a desk, newest first. Answer: `Runs`. */
{ ask: "runs";
/** Of this task. */
task: TaskId | null;
/** Of this desk (name or number). */
desk: string | null } |
/** Projects. Answer: `Projects`. */
{ ask: "projects" } |
/** Roles. Answer: `Roles`. */
{ ask: "roles" } |
/** Engines. Answer: `Engines`. */
{ ask: "engines" } |
/** Events after `since`, at most `limit`. Answer: `Events`. */
{ ask: "events";
/** The last one known. */
since: Seq;
/** At most; 10,000 at the highest. */
limit: number;
/** Only of this task. */
task: TaskId | null } |
/**
 *  Pushes events from `since` on, without end. Answer: `Ok`, then `Push::Event`. A second one takes the place of the
 *  first: nothing of the first is pushed after the second's `Ok`.
 */
{ ask: "subscribe";
/** The last one known. */
since: Seq } |
/** The diff of a task's work. Answer: `Diff`. */
{ ask: "diff";
/** Which. */
task: TaskId;
/** Names and counts only. */
stat: boolean } |
/** What a task's run printed, from its recording. Answer: `Text`. */
{ ask: "log";
/** Which. */
task: TaskId;
/** Which run; the last if none. */
run: RunId | null } |
/** Writes into the memory, or reads from it. Answer: as `MemoryAsk` says. */
{ ask: "memory";
/** What. */
what: MemoryAsk } |
/** Full text search over all that is kept. Answer: `Hits`. */
{ ask: "search";
/** Words. */
query: string;
/** At most. */
limit: number } |
/** Attaches to a desk's terminal: `Ok`, then frames of bytes for `stream` and `Push::TerminalEnded`. */
{ ask: "attach";
/** Name or number. */
desk: string;
/** Chosen by the client. */
stream: number;
/** From this absolute offset; the newest screenful if none. */
from: Offset | null;
/** Bytes it will take before more credit. */
credit: number } |
/** More credit for a stream. Answer: `Ok`. */
{ ask: "credit";
/** Which. */
stream: number;
/** Bytes. */
bytes: number } |
/** Ends a stream. Answer: `Ok`. */
{ ask: "detach";
/** Which. */
stream: number } |
/** Gives a desk's agent a prompt, when it waits for one; waits a while until it does. Answer: `Ok`, once it took it. */
{ ask: "tell";
/** Name or number. */
desk: string;
/** The prompt. */
text: string } |
/** Types into a desk's terminal. Answer: `Ok`. */
{ ask: "type";
/** Name or number. */
desk: string;
/** What, exactly. */
text: string } |
/** Resizes a desk's terminal. Answer: `Ok`. */
{ ask: "resize";
/** Name or number. */
desk: string;
/** Columns. */
cols: number;
/** Rows. */
rows: number } |
/** Looks whether everything an office needs is there. Answer: `Health`. */
{ ask: "doctor" } |
/**
 *  What recordings take, and what of it would go by a budget; has it go if asked to. Without a budget the office's own
 *  counts. What nobody has reviewed never goes. Answer: `Recordings`.
 */
{ ask: "prune";
/** Keep so many days. */
keep_days: number | null;
/** Keep so many megabytes. */
keep_mb: number | null;
/** Have it go; else it is only said. */
go: boolean } |
/** Copies the office's database while it runs. Answer: `Text` (the path). */
{ ask: "backup";
/** To this file; a dated one in the office's `backups` if none. */
to: string | null } |
/** Whether the system starts this office after a reboot, changed first if that is wanted. Answer: `Autostart`. */
{ ask: "autostart";
/** On or off; as it is if none. */
wanted: boolean | null } |
/** Asks the runtime to end. Answer: `Ok`. */
{ ask: "quit";
/** What runs at the desks goes on. */
leave_desks?: boolean } |
/** Finds a project, desk or task by what people call it. Answer: `Changed`. */
{ ask: "find";
/** `project`, `desk` or `office`. */
noun: string;
/** Name or number; nothing for the office, of which there is one. */
name: string } |
/** Who accepts in a project. Answer: `Changed`. */
{ ask: "set_acceptance";
/** Name or number. */
project: string;
/** Who. */
acceptance: Acceptance };

/** A moment in UTC, in whole milliseconds. */
export type At = string;

/** Something that was decided, and its place in the chain. */
export type AuditEntry = {
	/** The event. */
	envelope: Envelope,
	/** Its link. */
	link: Link,
};

/** Whether the system starts the office after a reboot. */
export type AutostartStanding = {
	/** Whether it does. */
	on: boolean,
	/** The file that says so. */
	file: string,
	/** What else there is to know. */
	note: string,
	/** Why it cannot be had on this machine, and the way out. */
	cannot?: Refusal | null,
};

/** One item of a backlog file, as it stands there. */
export type BacklogItem = {
	/** The line it begins on, from 1. */
	line: number,
	/** Its own name in the file, if it was given one. */
	key?: string | null,
	/** One line. */
	title: string,
	/** What stands below it, in Markdown. */
	body?: string,
	/** Its acceptance checks. */
	checks?: Check[],
	/** Only desks of this role, if set. */
	role?: RoleName | null,
	/** What kind of work it is, in a word. */
	kind?: string | null,
	/** How much it matters. */
	priority?: Priority,
	/** A change or a finding. */
	deliverable?: Deliverable,
	/** Places in the list, from 0, of the items that must be done before. */
	needs?: number[],
	/** Its owner says that it is done. */
	ticked?: boolean,
	/** Kept back until released. */
	draft?: boolean,
};

/** What a check came to on one base commit. */
export type BaseCheck = {
	/** The commit. */
	commit: string,
	/** Whether it was green there. */
	green: boolean,
	/** When it was tried. */
	at: At,
	/** The end of its output when red. */
	tail: string,
};

/** A link that does not hold. */
export type Broken = {
	/** The event it is about. */
	seq: Seq,
	/** What is wrong. */
	why: string,
};

/** The most that may be spent. */
export type Budget = {
	/** Of what. */
	of: BudgetOf,
	/** How much. */
	limits: Limits,
	/** When it was set or changed last. */
	set: At,
};

/** What a budget is of. */
export type BudgetOf =
/** The whole office. */
"office" |
/** A project. */
({ project: ProjectId }) & { desk?: never; role?: never; task?: never } |
/** All desks of a role together. */
({ role: RoleName }) & { desk?: never; project?: never; task?: never } |
/** A desk. */
({ desk: DeskId }) & { project?: never; role?: never; task?: never } |
/** A task, over all its attempts. */
({ task: TaskId }) & { desk?: never; project?: never; role?: never };

/** A budget as it stands. */
export type BudgetView = {
	/** Of what. */
	of: BudgetOf,
	/** The most. */
	limits: Limits,
	/** Whose it is, in words. */
	name: string,
	/** What was spent. */
	spent: Sum,
	/** Whether it is. */
	reached: boolean,
	/** The command that raises it. */
	raise: string,
};

/** One changed file. */
export type ChangedFile = {
	/** Its path, lossy where it is not UTF-8. */
	path: string,
	/** `A`, `M`, `D`, `R`, `C` or `T`, as git says it. */
	status: string,
	/** Lines added; none for binary files. */
	added: number | null,
	/** Lines removed; none for binary files. */
	removed: number | null,
};

/** A command that must end with code 0. */
export type Check = {
	/** How people call it; the command itself when none was given. */
	name: string,
	/** A shell command, run by `sh -c` in a checkout of the office's own. */
	run: string,
	/** After this many seconds its process group is ended and the check is red. */
	timeout_secs?: number,
	/**
	 *  Files and folders that belong to the check, not to the work: always taken from the base. Those the office finds by
	 *  itself (see [`Check::owns`]) need not be listed.
	 */
	files?: string[],
};

/** One check's result on one commit. */
export type CheckResult = {
	/** The check's name. */
	name: string,
	/** Its command. */
	run: string,
	/** Whose check it is. */
	source: CheckSource,
	/** What it came to. */
	verdict: Verdict,
	/** Exit code of the last try; none when it was ended by time-out or signal. */
	code: number | null,
	/** How long all tries took, in milliseconds. */
	took_ms: number,
	/** The end of its output (at most 4 KiB), lossy UTF-8; the whole is in the run's record. */
	tail: string,
};

/** Where a check comes from; it decides what a red on the base means. */
export type CheckSource =
/** The task's own acceptance check: red on the base is expected, that is what the task is for. */
"task" |
/** A check of the project: it should be green on the base. */
"project";

/** A "done" that was said. */
export type Claim = {
	/** When. */
	at: At,
	/** Who said it; the office when the process ended with code 0. */
	by: Actor,
	/** The agent's own words. */
	summary: string,
	/** The finding, in Markdown, where the deliverable is one. */
	report: string | null,
};

/** Why something was refused. Closed: scripts may match on it. */
export type Code =
/** There is no such task, desk, project... */
"not_found" |
/** What was asked does not fit the state the thing is in. */
"wrong_state" |
/** A value is missing, too long or malformed. */
"invalid" |
/** Whoever asks may not do this. */
"not_allowed" |
/** A run that no longer owns its task spoke for it. */
"stale_lease" |
/** The dependencies would form a circle. */
"cycle" |
/** Something of that name is there already. */
"duplicate" |
/** A limit that keeps the office bounded was reached. */
"limit" |
/** The office is held: stopped by its owner, or low on disk. */
"held" |
/** "Done" was refused: a check is red, or nothing changed. */
"checks_red" |
/** The change cannot be merged as things stand. */
"merge_refused" |
/** A program, file or repository that is needed is not there or not usable. */
"unavailable" |
/** Two sides speak versions that do not fit. */
"version" |
/** No office runs there. */
"no_office" |
/** Something of ours failed; the message says what, and nothing was changed. */
"trouble";

/** Two tasks that touch the same. */
export type Collision = {
	/** The older task. */
	one: TaskId,
	/** The other. */
	other: TaskId,
	/** Files that both changed. */
	files: string[],
	/** Those of them in which they would conflict as they are now. */
	conflicts: string[],
	/** Since when. */
	since: At,
};

/** What is asked. */
export type CommandBody =
/** Of the office. */
{
	noun: "office",
} & OfficeCommand |
/** Of a project. */
{
	noun: "project",
} & ProjectCommand |
/** Of a desk. */
{
	noun: "desk",
} & DeskCommand |
/** Of a task. */
{
	noun: "task",
} & TaskCommand |
/** Of what is held for the owner. */
{
	noun: "approval",
} & ApprovalCommand |
/** Of what the owner has approved in advance. */
{
	noun: "grant",
} & GrantCommand |
/** Of the mail. */
{
	noun: "mail",
} & MailCommand |
/** Of plans. */
{
	noun: "plan",
} & PlanCommand |
/** About notes. */
{
	noun: "note",
} & NoteCommand |
/** Reported about an effect. */
{
	noun: "effect",
} & EffectCommand;

/** A command's id, made by whoever sends it; sent twice it is carried out once. */
export type CommandId = string;

/** How full a context is, in tokens. */
export type ContextUse = {
	/** In it now. */
	used: number,
	/** What fits in. */
	size: number,
};

/** What a grant covers. */
export type Covers =
/** Commands of a shape. */
{ kind: "shape";
/** Program and subcommands. */
run: string;
/** Patterns; every further word must fit one of them. */
words: string[] } |
/** The very same words again. */
{ kind: "same";
/** What the words are. */
held: Held;
/** The words. */
argv: string[];
/** The same in one line. */
shown: string };

/** Something that the office does, once. */
export type Deed = {
	/** What. */
	does: Does,
	/** The same in words, for the owner. */
	says: string,
};

/** What a task delivers. */
export type Deliverable =
/** A diff to merge. */
"change" |
/** A report; nothing to merge, and an empty diff is no failure. */
"finding";

/** A call that was not let through. */
export type Denied = {
	/** How many of this run so far. */
	times: number,
	/** The key of the budget; empty where nobody knows what is allowed. */
	budget: string,
	/** Why, in words. */
	why: string,
};

/** A seat in the office. */
export type Desk = {
	/** Its number; also its seat on the floor. */
	id: DeskId,
	/** Who sits there. */
	name: string,
	/** The role it has. */
	role: RoleName,
	/** Works on this project only, if set. */
	project: ProjectId | null,
	/** Overrides the role's engines. */
	engine: EngineName | null,
	/** The command line of a `custom` engine. */
	command: string | null,
	/** Held by its owner. */
	hold: Hold | null,
	/** The run that goes on. */
	run: RunId | null,
	/** The run before. */
	last_run: RunId | null,
	/** Tasks given to it while it was busy, first first. */
	queue: TaskId[],
	/** Whether it takes ready tasks by itself. */
	auto: boolean,
	/** Removed desks keep their record. */
	removed: boolean,
	/** The run that hired whoever sits there; none where the owner did. */
	by?: RunId | null,
	/** There for this task alone: the desk is removed when that is over. */
	only?: TaskId | null,
};

/** A collision as one of its two desks sees it. */
export type DeskCollision = {
	/** The desk's own task. */
	task: TaskId,
	/** The other task. */
	with: TaskId,
	/** Whose that is. */
	desk: string | null,
	/** Files that both changed. */
	files: string[],
	/** Those in which they would conflict. */
	conflicts: string[],
};

/** What may be asked of desks. */
export type DeskCommand =
/** Adds a desk. */
{ do: "add";
/** Who sits there; unique. */
name: string;
/** Which role. */
role: RoleName;
/** Only this project, if set. */
project: ProjectId | null;
/** Overrides the role's engines. */
engine: EngineName | null;
/** Command line of the `custom` engine. */
command: string | null;
/** Takes ready tasks by itself. */
auto: boolean } |
/** Changes whether a desk takes ready tasks by itself. */
{ do: "change";
/** Which. */
desk: DeskId;
/** Takes ready tasks by itself. */
auto: boolean } |
/** Removes a free desk. */
{ do: "remove";
/** Which. */
desk: DeskId } |
/** Starts nothing more there until resumed; what runs goes on. */
{ do: "pause";
/** Which. */
desk: DeskId } |
/** Releases a pause or stop. */
{ do: "resume";
/** Which. */
desk: DeskId } |
/** Opens a plain session without a task. */
{ do: "open";
/** Where. */
desk: DeskId;
/** In which project. */
project: ProjectId;
/** In a checkout of its own rather than in the owner's work tree. */
fresh: boolean } |
/** Ends what runs there; a task is parked. */
{ do: "stop";
/** Which. */
desk: DeskId };

/** What happened to desks. */
export type DeskEvent =
/** Added. */
{ type: "added";
/** The new desk. */
desk: Desk } |
/** Takes ready tasks by itself, or not. */
{ type: "changed";
/** Which. */
desk: DeskId;
/** Takes ready tasks by itself. */
auto: boolean } |
/** Removed. */
{ type: "removed";
/** Which. */
desk: DeskId } |
/** Held. */
{ type: "held";
/** Which. */
desk: DeskId;
/** By what. */
hold: Hold } |
/** Released. */
{ type: "released";
/** Which. */
desk: DeskId };

/** A desk. */
export type DeskId = number;

/** What a desk is seen to be. An engine declares which of these it can report. */
export type DeskState =
/** Nobody is hired. */
"empty" |
/** Checkout, set-up, launch. */
"starting" |
/** Nothing to do. */
"idle" |
/** Its agent acts. */
"working" |
/** Its agent thinks. */
"thinking" |
/** It asks the owner. */
"waiting for you" |
/** Nothing moves and something should. */
"stuck" |
/** Asleep until a usage limit resets. */
"limited" |
/** It reviews another's work, or its own is being checked. */
"reviewing" |
/** Its last task is ready for review. */
"finished" |
/** Held by its owner. */
"paused" |
/** Its engine wants a login. */
"login needed" |
/** Its process was lost or failed. */
"crashed" |
/** Switched off. */
"off";

/** A desk as it is seen: state, the evidence for it, and since when. */
export type DeskView = {
	/** Which. */
	id: DeskId,
	/** Who sits there. */
	name: string,
	/** Which role. */
	role: RoleName,
	/** What it is seen to be. */
	state: DeskState,
	/** How the office knows. */
	evidence: string,
	/** Since when. */
	since: At | null,
	/** The task it is on. */
	task: TaskId | null,
	/** That task's title. */
	title: string | null,
	/** Tasks in its queue. */
	queue: TaskId[],
	/** What holds it. */
	hold: Hold | null,
	/** What the run that goes on took, or the last one. */
	spent?: Spent | null,
	/** Subagents of its agent at work. */
	visitors?: number,
	/** What keeps its run, or the one before, to its own. */
	enforcement?: Enforcement | null,
	/** Others that are under way and touch the same files. */
	collisions?: DeskCollision[],
};

/** What the office does. */
export type Does =
/** Brings a commit to a remote of the owner's repository. */
{ kind: "push";
/** The remote's name there. */
remote: string;
/** Where that is, without a password. */
url: string;
/** What; it lies in the office's own repository already. */
commit: string;
/** The branch it becomes. */
branch: string;
/** What is there now and may be overwritten; none where nothing may. */
expected: string | null } |
/** Brings a package to a registry, byte for byte. */
{ kind: "publish";
/** The package's name, as the package itself says it. */
package: string;
/** Its version. */
version: string;
/** Where to. */
registry: string;
/** The name that leads to this version from then on; the usual one where none is said. */
tag: string | null;
/** Who may see it: `public` or `restricted`; as it is there already where nothing is said. */
access: string | null;
/** SHA-256 of the bytes, which the office keeps. */
sha256: string;
/** How many bytes. */
bytes: number;
/** What is in it, or the first of that. */
files: PackedFile[];
/** How many more files there are. */
more: number } |
/** Nothing: its owner does it, and says so by approving. */
{ kind: "owner";
/** The command. */
command: string;
/** What it is to be done with; it lies in the office's own repository. */
commit: string };

/** Something to be done. It names things; whoever does it reads them from the office. */
export type Effect =
/** Make (or find again) the run's checkout and set it up. */
{ kind: "prepare";
/** For which run. */
run: RunId } |
/** Start the run's engine. */
{ kind: "launch";
/** Which run. */
run: RunId } |
/** End the run's process and everything it started, and see that it is gone. */
{ kind: "end";
/** Which run. */
run: RunId } |
/** Stop set-up and checks that go on for this task. */
{ kind: "halt";
/** Which task. */
task: TaskId } |
/** Take the work out of the task's checkout, uncommitted lines included. */
{ kind: "collect";
/** Which task. */
task: TaskId;
/** Whose work. */
run: RunId;
/** Only to keep it (failed, blocked...), or to check it. */
keep: boolean } |
/** Run the checks on what was collected. */
{ kind: "check";
/** Which task. */
task: TaskId;
/** Whose claim. */
run: RunId } |
/** Put an accepted change on the base as that is; where it was checked there, move the base to it. */
{ kind: "merge";
/** Which task. */
task: TaskId } |
/** Run the checks on an accepted change as it was put on the base. */
{ kind: "check_result";
/** Which task. */
task: TaskId } |
/** Remove what a done task no longer needs; never anything uncommitted. */
{ kind: "reclaim";
/** Which task. */
task: TaskId } |
/** Remove the checkout of a session that is over; never anything uncommitted, unless its owner gave it up. */
{ kind: "tidy";
/** Which run. */
run: RunId;
/** Whether what is unsaved in it goes too. */
given_up: boolean } |
/** Remove what these runs left on disk: recording, script, outputs of checks. */
{ kind: "discard";
/** Which runs. */
runs: RunId[] } |
/** Do what was approved with the owner's credentials. */
{ kind: "act";
/** Which approval. */
approval: ApprovalId } |
/** Try set-up and checks on the base. */
{ kind: "try_project";
/** Which project. */
project: ProjectId };

/** Reports of the runtime. */
export type EffectCommand =
/** An effect ended. */
{ do: "end";
/** Which. */
effect: EffectId;
/** What it came to. */
outcome: Outcome } |
/** A run's process ended by itself. */
{ do: "run_over";
/** Which run. */
run: RunId;
/** How. */
exit: Exit;
/** When, where that was before the runtime learned of it. */
ended?: At | null } |
/** A run's engine let something be known. */
{ do: "run_heard";
/** Which run. */
run: RunId;
/** What. */
news: News } |
/** Something happened at a run's desk that must not. */
{ do: "run_tripped";
/** Which run. */
run: RunId;
/** What, in words for its owner. */
what: string } |
/** A run's checkout was found to hold so much against its base. */
{ do: "run_measured";
/** Which run. */
run: RunId;
/** What it holds. */
taken: TaskTakes } |
/** A run's checkout was compared with others that are under way. */
{ do: "run_overlaps";
/** Which run. */
run: RunId;
/** What it has in common with each. */
overlaps: Overlap[] } |
/** Nothing has come from a run for too long: what holds it is to be ended. */
{ do: "run_silent";
/** Which run. */
run: RunId };

/** What happened to effects. */
export type EffectEvent =
/** It is over; what it led to follows as events of its own. */
{ type: "ended";
/** Which. */
effect: EffectId;
/** What it was. */
what: Effect;
/** What was wrong, if something was. */
trouble: string | null };

/** An effect: the `n`th thing to do because of event `seq`. Written `seq.n`. */
export type EffectId = string;

/** What keeps a run to its own. */
export type Enforcement = {
	/** Whether the system itself holds it, whatever it tries; else only its engine's own gate does. */
	hard: boolean,
	/** In words: by what, or why not. */
	words: string,
	/** Whether its calls to its model are counted and held to budgets on their way. */
	metering?: Metering | null,
};

/** An engine: an agent CLI, a shell, or any command. */
export type Engine = {
	/** Its name, the file's stem. */
	name: EngineName,
	/** How people call it. */
	title: string,
	/** Whether its program was found. */
	found: boolean,
	/** Where, or what to install. */
	note: string,
	/** Whether a desk must bring its own command line. */
	needs_command: boolean,
	/** Its version, as it says it itself. */
	version?: string | null,
	/** What its owner should know of that version, if anything: newer than tried, say. */
	warning?: string | null,
	/** Whether there is a login. */
	login?: Login,
	/** How that is known. */
	login_note?: string | null,
	/** What to do where it cannot work with it. */
	login_hint?: string | null,
	/** How what it does is held. */
	gate?: Gate,
};

/** The name of an engine, as in `engines/<name>.toml`. */
export type EngineName = string;

/** A committed event with its place, time, author and cause. */
export type Envelope = {
	/** Its place in the log. */
	seq: Seq,
	/** When it was decided. */
	at: At,
	/** Who caused it. */
	actor: Actor,
	/** The command it answers. */
	cause: CommandId,
	/** The fact. */
	event: Event,
};

/** A fact about one noun. */
export type Event =
/** About the office. */
{
	noun: "office",
} & OfficeEvent |
/** About a project. */
{
	noun: "project",
} & ProjectEvent |
/** About a desk. */
{
	noun: "desk",
} & DeskEvent |
/** About a task. */
{
	noun: "task",
} & TaskEvent |
/** About a run. */
{
	noun: "run",
} & RunEvent |
/** About an approval. */
{
	noun: "approval",
} & ApprovalEvent |
/** About a standing grant. */
{
	noun: "grant",
} & GrantEvent |
/** About mail. */
{
	noun: "mail",
} & MailEvent |
/** About a plan. */
{
	noun: "plan",
} & PlanEvent |
/** About a note. */
{
	noun: "note",
} & NoteEvent |
/** About an effect. */
{
	noun: "effect",
} & EffectEvent;

/** How a run's process ended. */
export type Exit =
/** With a code. */
{ kind: "code";
/** The code. */
code: number } |
/** By a signal. */
{ kind: "signal";
/** Its number. */
signal: number } |
/** It never started. */
{ kind: "not_started";
/** Why. */
why: string } |
/** The office lost it (it was ended with the office, or the machine went down). */
{ kind: "lost" };

/** Something that is wrong with how a task is written. */
export type Flaw = {
	/** What. */
	kind: FlawKind,
	/** The words it is about, where it is about some. */
	words?: string | null,
	/** Why it is one. */
	why: string,
	/** What to add, or to say instead. */
	add: string,
};

/** What is wrong with how a task is written. */
export type FlawKind =
/** Whoever works on it has to guess what is wanted. */
"vague" |
/** Nobody can say when it is over. */
"unbounded" |
/** Nothing that could fail says whether it is done. */
"unchecked";

/** What a hit may be. */
export type Found =
/** A note. */
"note" |
/** A task, with what came of it. */
"task" |
/** Something that happened to one. */
"event" |
/** A mail; from a desk only what it sent or got. */
"mail" |
/** A held command, with its reasons; from a desk only its own. */
"approval";

/** What a task knows of the item that it stands for. */
export type FromFile = {
	/** The file, from the project's root; absolute where it lies elsewhere. */
	file: string,
	/** The item's own name there, if it has one. */
	key?: string | null,
	/** The title when it was last read. */
	title: string,
	/** What the item said when the task was last made to say the same (a hash). */
	said: string,
	/** What it waited for then. */
	needs?: TaskId[],
	/** Whether it was ticked then. */
	ticked?: boolean,
	/** It is not in the file any more, and the task was called off for that. */
	gone?: boolean,
};

/** What holds an engine's risky actions. */
export type Gate =
/** It runs what its owner wrote, as a script or a command line: no agent decides anything there. */
{ is: "owners" } |
/** This very program was tried: what nobody allowed is denied, also with no hook there. */
{ is: "hard" } |
/** It should be, and was not tried yet. */
{ is: "untried" } |
/** Nothing holds it but itself, or it failed its trial. */
{ is: "soft";
/** How that is known. */
why: string };

/** A standing grant. */
export type Grant = {
	/** Its number. */
	id: GrantId,
	/** What it covers. */
	covers: Covers,
	/** In this project only. */
	project: ProjectId | null,
	/** For desks of this role only. */
	role: RoleName | null,
	/** At this desk only. */
	desk: DeskId | null,
	/** For this task only. */
	task: TaskId | null,
	/** At most so many times; as often as it comes, if none. */
	times: number | null,
	/** So many times it was used. */
	used: number,
	/** Until then; if none, until it is revoked. */
	until: At | null,
	/** The owner's words. */
	note: string | null,
	/** When it was given. */
	given: At,
	/** When it was revoked. */
	revoked: At | null,
};

/** What may be asked of grants. */
export type GrantCommand =
/** Gives one. */
{ do: "give";
/** How. */
new: NewGrant } |
/** Takes one back. */
{ do: "revoke";
/** Which. */
grant: GrantId };

/** What happened to grants. */
export type GrantEvent =
/** Given. */
{ type: "given";
/** The new grant. */
grant: Grant } |
/** It answered something. */
{ type: "used";
/** Which. */
grant: GrantId;
/** What it answered. */
approval: ApprovalId } |
/** Taken back. */
{ type: "revoked";
/** Which. */
grant: GrantId };

/** A standing grant: the owner's yes in advance. */
export type GrantId = number;

/** The most a role may ask for. What is beyond is refused; within it the rules say what they say. */
export type Grants = {
	/** Kinds of risk it may ask about; all if not said. */
	asks?: string[] | null,
	/** Tools of its engine it may use, by patterns; all if not said. */
	tools?: string[] | null,
};

/** The second frame, from the runtime. */
export type Greeting =
/** Come in. */
{ kind: "welcome";
/** The protocol both speak from here on. */
protocol: number;
/** The runtime's version. */
version: string;
/** The office's name. */
office: string;
/** Its directory. */
dir: string;
/** Who the runtime takes the client for. */
actor: Actor } |
/** Stay out. */
{ kind: "refused";
/** Why, and the way out. */
refusal: Refusal };

/** One line of doctor's report. */
export type HealthLine = {
	/** What was looked at. */
	name: string,
	/** Whether it is as it should be. */
	ok: boolean,
	/** What was found. */
	found: string,
	/** What to do when it is not. */
	way_out: string,
};

/** What the words of an approval are. */
export type Held =
/** A program and its arguments. */
"command" |
/** An engine's tool by its name, and its input as JSON: an edit, a fetch, a tool of some server. */
"tool" |
/** Words for the owner; no program runs by them. */
"words";

/** The first frame, from the client. */
export type Hello = {
	/** Newest protocol the client speaks. */
	protocol: number,
	/** Oldest protocol the client speaks. */
	min: number,
	/** Program and version, for the log. */
	client: string,
	/** The run's token, from a desk; none from the owner. */
	token: string | null,
};

/** A hit of a search. */
export type Hit = {
	/** What it is: `task`, `event`, `mail`...; of a note its kind. */
	kind: string,
	/** Its number among those of its sort, or the place of the event. */
	id: number,
	/** Title. */
	title: string,
	/** The passage. */
	text: string,
	/** How well it fits; higher is better. */
	score: number | null,
	/** Where it comes from. */
	source: string,
};

/** A hold, with what ends it. */
export type Hold = {
	/** What holds. */
	reason: HoldReason,
	/** Since when. */
	since: At,
	/** Until when; `null` = until released. */
	until: At | null,
	/** The command that releases it. */
	release: string,
	/** What happened, where that needs words. */
	what?: string | null,
};

/** What holds. */
export type HoldReason =
/** The owner stopped everything. */
"stopped_by_owner" |
/** The owner paused this desk. */
"desk_paused" |
/** The owner stopped this desk's run. */
"desk_stopped" |
/** Something its agent asked for waits for the owner, who was away. */
"waits_for_you" |
/** A budget is spent. */
"budget_spent" |
/** The owner holds the merge queue. */
"queue_held" |
/** The base was rewritten: it no longer holds what was merged into it, or what was merged onto. */
"base_rewritten" |
/** What its owner lets one task take is taken: files, lines or time. */
"task_limit" |
/** The account of its engine has reached its usage limit. */
"usage_limit" |
/** Something happened that must not, and somebody has to look before it goes on. */
"incident";

/** A shape of command that is held until a task is through. */
export type Interlock = {
	/** Its number. */
	id: number,
	/** Program and subcommands, as in rules. */
	run: string,
	/** The task. */
	task: TaskId,
	/** Why, for whoever is refused. */
	why: string,
	/** Who holds it. */
	by: Actor,
	/** Since when. */
	since: At,
};

/** A verdict that was given. */
export type Judged = {
	/** What it is. */
	verdict: ReviewVerdict,
	/** In the reviewer's own words. */
	words: string,
	/** What it rests on: what was run, and what came of it. */
	evidence?: string,
	/** Who gave it; the office, where a review ended without one. */
	by: Actor,
	/** When. */
	at: At,
};

/** An accepted change, put on the base as it was found. The base moves to this commit or not at all. */
export type Landing = {
	/** The base it was put on. */
	base: string,
	/** The commit that holds both. */
	commit: string,
	/** Its tree: what checks were run on. */
	tree: string,
	/** Whether every check ran on exactly this tree and none refuses. */
	checked: boolean,
	/** How often it was put on a base. */
	tries: number,
};

/** How far a limit is. */
export type LimitState =
/** Its engine may get over it by itself; nothing new is started meanwhile. */
{ is: "doubtful" } |
/** Nothing is started. */
{ is: "closed" } |
/** One start is let through, and shows whether it is over. */
{ is: "half_open";
/** The run that shows it, once it began. */
trial: RunId | null } |
/** It is over; work begins one by one. */
{ is: "over";
/** Since when. */
since: At;
/** Whether a start may be made now. */
ready: boolean };

/** Amounts in what budgets are counted in; in a limit, none is no limit. */
export type Limits = {
	/** Millionths of a dollar. */
	micro_dollars?: number | null,
	/** Tokens of all kinds. */
	tokens?: number | null,
	/** Tokens that are read, without what the provider remembered. */
	input?: number | null,
	/** Tokens that are written. */
	output?: number | null,
};

/** A link: an event, and what stands for it and for all links before it. */
export type Link = {
	/** The event. */
	seq: Seq,
	/** What stands for the link before it. */
	before: string,
	/** What stands for this one and all before. */
	hash: string,
};

/** What came of looking at one task. */
export type Linted = {
	/** Which. */
	task: TaskId,
	/** Its flaws; none if it can be worked on as it is written. */
	flaws: Flaw[],
};

/** Whether an engine has a login, as far as that shows without asking its provider. */
export type Login =
/** It needs none, or keeps it where nobody looks. */
"unknown" |
/** There is one. */
"found" |
/** There is one that has run out. */
"expired" |
/** There is one, and its provider refused it the last time it was used. */
"refused" |
/** There is none. */
"missing";

/** A mail. */
export type Mail = {
	/** Its number; in one mailbox, mails of one sender are handed out in the order of their numbers. */
	id: MailId,
	/** The first mail of its thread; its own number, if it begins one. */
	thread: MailId,
	/** The mail it answers. */
	answers: MailId | null,
	/** Who sent it: known from what was shown at the door, never from the mail. */
	from: Actor,
	/** What the sender was working on. */
	task: TaskId | null,
	/** Where it lies. */
	to: Mailbox,
	/** What it is. */
	kind: MailKind,
	/** One line. */
	subject: string,
	/** Markdown. */
	text: string,
	/** Files of the sender's checkout, by their paths in it. */
	files: string[],
	/** What the office keeps copies of them under; none where they are known by name alone. */
	enclosed?: string | null,
	/** How many answers to answers it stands behind. */
	hops: number,
	/** Where it stands. */
	state: MailState,
	/** When it was sent. */
	sent: At,
	/** Since when it stands there. */
	since: At,
	/** The run that was told of it, or has it. */
	held_by: RunId | null,
	/** So often it was handed to a run. */
	handed: number,
	/** Why it bounced. */
	why: string | null,
};

/** What may be asked of the mail. */
export type MailCommand =
/** Sends one; to everyone, one to each desk. */
{ do: "send";
/** What. */
new: NewMail } |
/** Hands out what lies in the mailboxes of whoever asks, oldest first: it is read from then on. */
{ do: "take";
/** At most so many. */
most: number } |
/** Says that these were acted upon. */
{ do: "ack";
/** Which. */
mails: MailId[] } |
/** The office told a run that these are there. */
{ do: "told";
/** Which run. */
run: RunId;
/** Which mails. */
mails: MailId[] };

/** What happened to mail. */
export type MailEvent =
/** Sent: in its mailbox, or bounced at once. */
{ type: "sent";
/** The new mail. */
mail: Mail } |
/** A run was told that they are there. */
{ type: "delivered";
/** Which. */
mails: MailId[];
/** Which run. */
run: RunId } |
/** Their words were handed out. */
{ type: "read";
/** Which. */
mails: MailId[];
/** To which run; to the owner if none. */
run: RunId | null } |
/** They were acted upon. */
{ type: "acted";
/** Which. */
mails: MailId[] } |
/** The run that had them is over, or gave them back: they lie in their mailboxes again. */
{ type: "returned";
/** Which. */
mails: MailId[] } |
/** A newer status took its place. */
{ type: "replaced";
/** Which. */
mail: MailId;
/** By which. */
by: MailId } |
/** Nobody can get them any more. */
{ type: "bounced";
/** Which. */
mails: MailId[];
/** Why. */
why: string };

/** A mail. */
export type MailId = number;

/** What a mail is. */
export type MailKind =
/** Words. */
"message" |
/** Work that goes on with somebody else. */
"handoff" |
/** Something its sender wants to know. */
"question" |
/** What a question asked for. */
"answer" |
/** How something stands; a newer one takes the place of one that nobody read. */
"status" |
/** Work to be looked at. */
"review request" |
/** What came of looking at it. */
"verdict";

/** Where a mail stands; docs/GLOSSARY.md holds the same table. */
export type MailState =
/** In its mailbox; nobody was told. */
"queued" |
/** A run was told that it is there. */
"delivered" |
/** Its words were handed out. */
"read" |
/** Whoever got it says that it was acted upon. */
"acted" |
/** A newer status of its sender took its place before anybody read it. */
"replaced" |
/** It could not be delivered. */
"bounced";

/** How the mail stands, at one glance. */
export type MailView = {
	/** Mails that nobody was told of. */
	queued: number,
	/** Since when the oldest of them waits. */
	oldest: At | null,
	/** Which that is, and where it lies. */
	waits?: MailWaits | null,
	/** Whether it waits for longer than anybody should. */
	late?: boolean,
	/** Open mails to the owner. */
	for_you: number,
	/** Mails that came back, of those that are kept at hand. */
	bounced: number,
};

/** The mail that waits longest for somebody to be told of it. */
export type MailWaits = {
	/** Which. */
	mail: MailId,
	/** What people call its mailbox. */
	to: string,
};

/** Where a mail lies. */
export type Mailbox =
/** With the owner. */
{ kind: "owner" } |
/** At a desk: for whoever works there. */
{ kind: "desk";
/** Which. */
desk: DeskId } |
/** With a role: for the first of those who hold it. */
{ kind: "role";
/** Which. */
role: RoleName };

/** Something a reviewer must see at once. */
export type Mark =
/** The change touches tests. */
{ kind: "touches_tests";
/** Which files. */
files: string[] } |
/** The change touches files that checks name, or the project's check settings or CI. */
{ kind: "touches_checks";
/** Which files. */
files: string[] } |
/** A check was flaky. */
{ kind: "flaky";
/** Which check. */
check: string } |
/** A check is red on the base. */
{ kind: "red_on_base";
/** Which check. */
check: string } |
/** The collector left something out or found something odd (embedded repository, link out of the checkout). */
{ kind: "odd";
/** What. */
what: string };

/** What whoever holds a role may do beside their own task. */
export type May =
/** Write tasks and split them. */
"create tasks" |
/** Release tasks and give them to desks. */
"assign" |
/** Set up desks for more workers. */
"hire" |
/** Give a verdict on another's work. */
"review" |
/** Hold a shape of command until a task is through. */
"hold" |
/** Answer what others ask about their tasks. */
"answer questions" |
/** Accept plans in the owner's place: what of them is ready then starts. */
"accept plans" |
/** Come to a desk of its own when it is woken and nobody sits there. What it costs is begun by nobody's hand. */
"come when woken";

/** What may be asked. */
export type MemoryAsk =
/** Writes a note, once per `command_id`. Answer: `Noted`. */
{ do: "add";
/** For repeats after a lost answer. */
command_id: string;
/** How it is written; its project as `project` says. */
words: NoteWords;
/** Name or number; if none, the project that whoever asks works on. */
project: string | null;
/** It is about the whole office. */
everywhere: boolean } |
/** One note. Read at a desk, it counts as used. Answer: `Notes` (that one). */
{ do: "show";
/** Which. */
note: NoteId } |
/** Notes, the newest first. Answer: `Notes`. */
{ do: "list";
/** Which. */
wanted: Wanted;
/** Only those that hold. */
hold: boolean;
/** Written or changed since. */
since: At | null;
/** With a number below this. */
before: NoteId | null;
/** At most; 1,000 at the highest. */
limit: number } |
/** The best hits, best first. Answer: `Hits`. */
{ do: "search";
/** Words, as one would say them. */
query: string;
/** Which. */
wanted: Wanted;
/** At most; 100 at the highest. */
limit: number } |
/** Builds the index anew from what is kept, and waits for it. Answer: `Memory`. */
{ do: "reindex" } |
/** How the memory stands. Answer: `Memory`. */
{ do: "stats" };

/** How the memory stands. */
export type MemoryStats = {
	/** The notes. */
	notes: NotesView,
	/** Notes that say almost the same as another and hold both, the most alike first. */
	alike: AlikePair[],
	/** What can be found. */
	indexed: number,
	/** Events that are not in the index yet. */
	behind: number,
	/** What is wrong with the index, if something is. */
	trouble: string | null,
};

/** How an accepted change gets onto the base. */
export type MergeStrategy =
/** A merge commit: the agent's commits stay as they are. */
"merge" |
/** One commit with the task's title. */
"squash" |
/** The agent's commits, each put on the base anew: history without merges. */
"rebase";

/** Whether a run's calls go through the office's meter. */
export type Metering = {
	/** Whether they do: then its figures are the model's own, and a budget is kept before each call. */
	on: boolean,
	/** In words: by what, or why not. */
	words: string,
};

/** A draft of a plan as it is first written. */
export type NewDraft = {
	/** As a task is written; its project is that of the plan. */
	new: NewTask,
	/** Other drafts that must be done before, by their places in the list, from 0. */
	after?: number[],
	/** How long it takes, in minutes. */
	estimate_mins?: number | null,
};

/** A grant as the owner gives it. */
export type NewGrant = {
	/** Program and subcommands. */
	run: string,
	/** Patterns; every further word must fit one of them. */
	words?: string[],
	/** In this project only. */
	project?: ProjectId | null,
	/** For desks of this role only. */
	role?: RoleName | null,
	/** At this desk only. */
	desk?: DeskId | null,
	/** At most so many times. */
	times?: number | null,
	/** Until then. */
	until?: At | null,
	/** The owner's words. */
	note?: string | null,
};

/** A mail as it is sent. */
export type NewMail = {
	/** To whom. */
	to: Address,
	/** What it is. */
	kind: MailKind,
	/** One line; the thread's if empty. */
	subject?: string,
	/** Markdown. */
	text?: string,
	/** Files of the sender's checkout, by their paths in it. */
	files?: string[],
	/** What the office keeps copies of them under; the office's own word, and nobody else's. */
	enclosed?: string | null,
	/** The mail it answers; that one is acted upon by it. */
	answers?: MailId | null,
	/** A word of the sender's: sent twice with the same, it is sent once. */
	key?: string | null,
};

/** A plan as it is first written. */
export type NewPlan = {
	/** Where its tasks belong. */
	project: ProjectId,
	/** One line. */
	title: string,
	/** Markdown. */
	words?: string,
	/** The talk that it comes of; the newest with its owner, if none is named and there is one. */
	thread?: MailId | null,
	/** Its drafts. */
	drafts: NewDraft[],
};

/** A task as it is first written. */
export type NewTask = {
	/** Where it belongs. */
	project: ProjectId,
	/** One line. */
	title: string,
	/** Markdown. */
	body?: string,
	/** A change or a finding. */
	deliverable?: Deliverable,
	/** Its acceptance checks. */
	checks?: Check[],
	/** How much it matters. */
	priority?: Priority,
	/** Tasks that must be done before. */
	depends_on?: TaskId[],
	/** Only desks of this role, if set. */
	role?: RoleName | null,
	/** What kind of work it is, in a word. */
	kind?: string | null,
	/** Attempts, 1 to 20; 3 if not said. */
	attempts?: number | null,
	/** Time limit of each run in seconds. */
	time_limit_secs?: number | null,
	/** Whether another run judges it before it is merged; as its project says if not said. */
	review?: boolean | null,
	/** Kept back until released. */
	draft?: boolean,
};

/** What was heard of a run since the last time; what did not change is left out. */
export type News = {
	/** What it is seen to do. */
	seen?: Seen | null,
	/** What it took in all. */
	spent?: Spent | null,
	/** The conversation it leads; a prompt was taken in it, so it can be gone on with. */
	session?: string | null,
	/** A call of its that a budget kept from beginning. */
	denied?: Denied | null,
};

/** The numbers the next things get. */
export type Next = {
	/** Next project. */
	project: ProjectId,
	/** Next desk. */
	desk: DeskId,
	/** Next task. */
	task: TaskId,
	/** Next run. */
	run: RunId,
	/** Next approval. */
	approval: ApprovalId,
	/** Next standing grant. */
	grant?: GrantId,
	/** Next mail. */
	mail?: MailId,
	/** Next plan. */
	plan?: PlanId,
	/** Next note. */
	note?: NoteId,
};

/** A note. */
export type Note = {
	/** Its number. */
	id: NoteId,
	/** Who wrote it first: known from what was shown at the door. */
	author: Actor,
	/** What the author was working on. */
	task: TaskId | null,
	/** When it was written. */
	created: At,
	/** Since when it is written like this. */
	changed: At,
	/** The note that took its place. */
	superseded_by?: NoteId | null,
	/** Why it is not so. */
	refuted?: Refuted | null,
	/** So often a briefing carried it. */
	shown?: number,
	/** So often an agent read it of its own accord, or said that it was of use. */
	used?: number,
	/** The last briefings that carried it. */
	shown_in?: NotePlace[],
	/** Where it was used last. */
	used_in?: NotePlace[],
	/** As it was before, the newest last. */
	past?: NotePast[],
} & NoteWords;

/** What may be asked of notes. */
export type NoteCommand =
/** Writes one. */
{ do: "add";
/** How. */
new: NoteWords } |
/** Writes one anew; how it was stays in its history. What was refuted counts again once its owner has written it anew. */
{ do: "edit";
/** Which. */
note: NoteId;
/** How it is written from now on. */
to: NoteWords } |
/** Lets one take the place of others. */
{ do: "merge";
/** Which stays. */
keep: NoteId;
/** Which give their place to it. */
gone: NoteId[] } |
/** Says that one is not so, and what shows it. */
{ do: "refute";
/** Which. */
note: NoteId;
/** What shows it. */
evidence: string } |
/** The office put these into a run's briefing. */
{ do: "shown";
/** Which run. */
run: RunId;
/** Which notes. */
notes: NoteId[] } |
/** A run read these of its own accord, or said that they were of use. */
{ do: "used";
/** Which run. */
run: RunId;
/** Which notes. */
notes: NoteId[] };

/** What happened to notes. */
export type NoteEvent =
/** Written. */
{ type: "added";
/** The new note. */
note: Note } |
/** Written anew. */
{ type: "edited";
/** Which. */
note: NoteId;
/** How it is written from now on. */
to: NoteWords;
/** Who did. */
by: Actor } |
/** It is not so. */
{ type: "refuted";
/** Which. */
note: NoteId;
/** Who says so. */
by: Actor;
/** What shows it. */
evidence: string } |
/** A briefing carried them. */
{ type: "shown";
/** Which. */
notes: NoteId[];
/** To which run. */
run: RunId;
/** What it works on. */
task: TaskId | null } |
/** They were read, or of use. */
{ type: "used";
/** Which. */
notes: NoteId[];
/** By which run. */
run: RunId;
/** What it works on. */
task: TaskId | null };

/** A note. */
export type NoteId = number;

/** What a note is. */
export type NoteKind =
/** How we do it here. */
"convention" |
/** What was chosen, and why. */
"decision" |
/** What is so. */
"fact" |
/** What bites. */
"gotcha" |
/** How something is done. */
"how-to" |
/** What was learned afterwards. */
"retrospective";

/** A note as it was before it was changed. */
export type NotePast = {
	/** How it was written. */
	words: NoteWords,
	/** Who changed it. */
	by: Actor,
	/** When it was changed. */
	until: At,
};

/** Where a note was shown, or was of use. */
export type NotePlace = {
	/** To which run. */
	run: RunId,
	/** What it worked on. */
	task: TaskId | null,
	/** When. */
	at: At,
};

/** A note as it is written. */
export type NoteWords = {
	/** What it is. */
	kind: NoteKind,
	/** One line. */
	title: string,
	/** Markdown. */
	text: string,
	/** Words to find it by. */
	tags?: string[],
	/** The project it is about; none means the whole office. */
	project?: ProjectId | null,
	/** Notes it takes the place of. */
	supersedes?: NoteId[],
	/** Notes it speaks against. */
	contradicts?: NoteId[],
};

/** A note that was written. */
export type Noted = {
	/** Others that say almost the same, the most alike first: one of them may take the place of the others. */
	alike: AlikeNote[],
} & Note;

/** How the notes stand, at one glance. */
export type NotesView = {
	/** All of them. */
	notes: number,
	/** Those that hold. */
	hold: number,
	/** Those that somebody refuted. */
	refuted: number,
	/** Those whose place another took. */
	superseded: number,
	/** Those that were never in a briefing nor used. */
	unused: number,
	/** So often briefings carried one. */
	shown: number,
	/** So often one was used. */
	used: number,
	/** How many there are of each kind, of those that hold. */
	kinds: ([NoteKind, number])[],
};

/** What its owner wants to be told by the desktop. */
export type Notify =
/** What needs its owner, and that a task waits for review. */
"on" |
/** Only what needs its owner: a held command, a question, a plan, a limit that is reached, an incident. */
"needs-you" |
/** Only that a task waits for review. */
"review" |
/** Nothing. */
"off";

/** One thing of the office, whole. */
export type Noun =
/** The office's own facts. */
{
	noun: "office",
} & OfficeFacts |
/** A project. */
{
	noun: "project",
} & Project |
/** A desk. */
{
	noun: "desk",
} & Desk |
/** A task. */
{
	noun: "task",
} & Task |
/** A run. */
{
	noun: "run",
} & Run |
/** An approval. */
{
	noun: "approval",
} & Approval |
/** A standing grant. */
{
	noun: "grant",
} & Grant |
/** A mail. */
{
	noun: "mail",
} & Mail |
/** A plan. */
{
	noun: "plan",
} & Plan |
/** A note. */
{
	noun: "note",
} & Note;

/** What a role is woken by. */
export type Occasion =
/** A task said done and its checks let it through. */
"task finished" |
/** A task is merged, or its finding filed. */
"task done" |
/** A task failed for good. */
"task failed" |
/** A task needs something from outside. */
"task blocked" |
/** A desk was stopped by an incident. */
"breaker tripped" |
/** The owner, or whoever may, ended the shift. */
"shift ended" |
/** A mail came for the role and nobody who holds it is here. */
"mail" |
/** The owner answered something that was held. */
"approval answered";

/** What may be asked of the office as a whole. */
export type OfficeCommand =
/** Opens it: the first command. */
{ do: "open";
/** How people call it. */
name: string } |
/** Changes settings. */
{ do: "set";
/** The settings. */
settings: OfficeSettings } |
/** Reports what the files of roles say, and what is wrong with them. */
{ do: "read_roles";
/** Roles. */
roles: Role[];
/** Faults. */
faults: RoleFault[] } |
/** Reports what roles and engines there are. */
{ do: "read_catalog";
/** Roles; as they are known if none. */
roles: Role[];
/** Engines. */
engines: Engine[] } |
/** Reports that the runtime started, and which runs are still alive. */
{ do: "start";
/** Its version. */
version: string;
/** Runs whose process lives. */
alive: RunId[];
/** Whether it was started again because the last one died. */
revived?: boolean } |
/** Reports that the holder of the programs is gone, and its programs with it. */
{ do: "host_lost";
/** What is known of it. */
why: string } |
/** Reports that nothing ran for a while: the machine slept, or everything was stopped. */
{ do: "slept";
/** When it was last awake. */
since: At;
/** For so many seconds. */
secs: number;
/** Whether the machine was awake meanwhile, and only the office was stopped. */
stopped?: boolean } |
/** Reports that somebody set the wall clock. */
{ do: "clock_changed";
/** By so many seconds, back if negative. */
by_secs: number } |
/** Gives up what a session that is over left unsaved in its checkout. */
{ do: "give_up";
/** Which run. */
run: RunId } |
/** Drops what these runs left on disk; those whose work nobody has looked at are passed over. */
{ do: "prune";
/** Which runs, and what each takes in kilobytes. */
runs: ([RunId, number])[] } |
/** Takes up what was interrupted, and nothing that its owner stopped. */
{ do: "take_up" } |
/** Stops everything: every task at work is parked, every run ended. */
{ do: "stop_all" } |
/** Releases that, and what it parked; takes up what was interrupted. */
{ do: "resume" } |
/** Reports that a deadline may have passed. */
{ do: "tick" } |
/** Sets a budget; what is not named stays as it is. */
{ do: "set_budget";
/** Of what. */
budget: BudgetOf;
/** The most. */
limits: Limits;
/** Whether that is to be counted from what was spent so far. */
more?: boolean } |
/** Sets what each task of something may take; what is not named stays as it is. */
{ do: "set_task_limit";
/** Of what. */
of: BudgetOf;
/** The most. */
limits: TaskLimits;
/** Whether it is so much more than it was. */
more?: boolean } |
/** Tries an account that has reached its usage limit at once. */
{ do: "resume_engine";
/** Whose. */
engine: EngineName } |
/** Does without that. */
{ do: "remove_task_limit";
/** Of what. */
of: BudgetOf } |
/** Has paths for the run that asks until it ends. */
{ do: "lease_paths";
/** Patterns of paths in its checkout. */
paths: string[] } |
/** Gives them back. */
{ do: "release_paths" } |
/** Holds a shape of command until a task is through. */
{ do: "hold";
/** Program and subcommands. */
run: string;
/** The task. */
task: TaskId;
/** Why, for whoever is refused. */
why: string } |
/** Lifts such a hold. */
{ do: "lift";
/** Its number. */
interlock: number } |
/** Says that the shift is over, or when it will be. */
{ do: "end_shift";
/** In so many seconds; at once if none. */
in_secs?: number | null } |
/** Does without a budget. */
{ do: "remove_budget";
/** Of what. */
budget: BudgetOf };

/** What happened to the office as a whole. */
export type OfficeEvent =
/** Opened. */
{ type: "opened";
/** How people call it. */
name: string } |
/** Settings changed. */
{ type: "settings_changed";
/** The settings. */
settings: OfficeSettings } |
/** What files of roles say is another than before. */
{ type: "roles_read";
/** Roles. */
roles: Role[];
/** What is wrong with files. */
faults?: RoleFault[] } |
/** Roles or engines changed. */
{ type: "catalog_read";
/** Roles. */
roles: Role[];
/** Engines. */
engines: Engine[] } |
/** The runtime started. */
{ type: "started";
/** Its version. */
version: string;
/** Runs that went on without it. */
alive?: RunId[];
/** Whether it was started again because the last one died. */
revived?: boolean } |
/** The holder of the programs is gone, and its programs with it. */
{ type: "host_lost";
/** What is known of it. */
why: string } |
/** Nothing ran for a while: the machine slept, or everything was stopped. */
{ type: "slept";
/** When it was last awake. */
since: At;
/** For so many seconds. */
secs: number;
/** Whether the machine was awake meanwhile, and only the office was stopped. */
stopped?: boolean } |
/** Somebody set the wall clock. */
{ type: "clock_changed";
/** By so many seconds, back if negative. */
by_secs: number } |
/** What these runs left on disk (recording, outputs of checks) is dropped. */
{ type: "pruned";
/** Which runs. */
runs: RunId[];
/** What they took, in kilobytes. */
kb: number } |
/** Everything was stopped. */
{ type: "stopped";
/** The hold. */
hold: Hold } |
/** Released. */
{ type: "resumed" } |
/** A budget was set or changed. */
{ type: "budget_set";
/** The budget. */
budget: Budget } |
/** What each task of something may take was set or changed. */
{ type: "task_limit_set";
/** The limit. */
limit: TaskLimit } |
/** There is no such limit any more. */
{ type: "task_limit_removed";
/** Of what it was. */
of: BudgetOf } |
/** A run has paths for itself. */
{ type: "paths_leased";
/** What it has from now on. */
lease: PathLease } |
/** It has none any more. */
{ type: "paths_released";
/** Which run. */
run: RunId } |
/** A shape of command is held until a task is through. */
{ type: "interlock_set";
/** The hold. */
interlock: Interlock } |
/** Such a hold is over. */
{ type: "interlock_lifted";
/** Its number. */
interlock: number;
/** Why. */
why: string } |
/** A role was woken, or that was cut off. */
{ type: "woken";
/** By what, and what it led to. */
wake: Wake } |
/** An account has reached its usage limit, is tried, or is back. */
{ type: "usage_limited";
/** How that stands. */
limit: UsageLimit } |
/** The shift ends by itself. */
{ type: "shift_ends";
/** When. */
at: At } |
/** The report on a shift is there. */
{ type: "shift_reported";
/** What it came to. */
report: ShiftReport } |
/** The shift is over. */
{ type: "shift_ended";
/** Who said so. */
by: Actor } |
/** There is no such budget any more. */
{ type: "budget_removed";
/** Of what it was. */
of: BudgetOf };

/** The office's own facts: the row of the noun `office`. */
export type OfficeFacts = {
	/** How people call it. */
	name: string,
	/** The last event that was applied. */
	seq: Seq,
	/** Numbers to give next. */
	next: Next,
	/** Settings. */
	settings: OfficeSettings,
	/** Holds everything, if set. */
	hold: Hold | null,
	/** Roles as last read. */
	roles: { [key in RoleName]: Role },
	/** What is wrong with files of roles; what they said before is in force. */
	role_faults?: RoleFault[],
	/** Engines as last found. */
	engines: { [key in EngineName]: Engine },
	/** Budgets. */
	budgets?: Budget[],
	/** What tasks may take. */
	task_limits?: TaskLimit[],
	/** Paths that runs have for themselves. */
	leases?: PathLease[],
	/** Shapes of command that are held until a task is through. */
	interlocks?: Interlock[],
	/** Who was woken lately, and what was cut off. */
	wakes?: Wake[],
	/** How the shift stands. */
	shift?: Shift,
	/** Accounts that have reached their usage limit, or are back since a moment. */
	usage_limits?: UsageLimit[],
};

/** What the owner may set for the whole office. */
export type OfficeSettings = {
	/** This many changes may wait for review before nothing new starts by itself. */
	review_limit: number,
	/** So many megabytes of recordings are kept; all of them if none. */
	recordings_mb?: number | null,
	/** So many days recordings are kept; for ever if none. */
	recordings_days?: number | null,
	/** What the desktop is told. */
	notify?: Notify,
	/** What the owner wishes while they are away. */
	unattended?: Unattended,
	/** Whether work on an account that has reached its usage limit is parked until that is over. */
	wait_out_limits?: boolean,
};

/** An absolute offset in bytes, below 2^53. */
export type Offset = number;

/** Something that was judged lately and would be judged otherwise. */
export type OtherVerdict = {
	/** When it was judged last. */
	at: At,
	/** How often. */
	times: number,
	/** At which desk. */
	desk: DeskId | null,
	/** For which task. */
	task: TaskId | null,
	/** The command or the tool, safe to show. */
	shown: string,
	/** What is said of it as things stand. */
	before: Ruling,
	/** What would be said. */
	after: Ruling,
};

/** What doing an effect came to. */
export type Outcome =
/** The checkout is ready. */
{ kind: "prepared";
/** The checkout. */
workplace: Workplace;
/** The project's settings as they stand on that base. */
settings: ProjectSettings } |
/** The process runs. */
{ kind: "launched";
/** Its id. */
pid: number;
/** What keeps it to its own. */
enforcement?: Enforcement | null } |
/** The run is over. */
{ kind: "ended";
/** How. */
exit: Exit } |
/** The work was taken. */
{ kind: "collected";
/** What it is. */
work: Work } |
/** The checks ran. */
{ kind: "checked";
/** Each result. */
results: CheckResult[];
/** What was learned about the base, by check command. */
base: { [key in string]: BaseCheck } } |
/** The change is on the base. */
{ kind: "merged";
/** The commit the base now is at or contains. */
commit: string } |
/** The change was put on the base as that is; the base did not move yet. */
{ kind: "on_base";
/** As it is there, and whether checks were run on this very tree. */
landing: Landing;
/** The project's settings as they stand on that base. */
settings: ProjectSettings } |
/** It conflicts with the base. */
{ kind: "conflict";
/** Which files. */
files: string[];
/** Where, in the words of git. */
hunks?: string[] } |
/** The base no longer holds what it was seen to hold; nothing moved. */
{ kind: "rewritten";
/** What is missing. */
why: string } |
/** The base no longer holds the commit that the task was begun on; nothing moved. */
{ kind: "base_gone";
/** What is missing. */
why: string } |
/** It could not be merged as things stand; nothing moved. */
{ kind: "merge_waits";
/** Why. */
why: string;
/** What to do. */
way_out: string } |
/** What was approved was done, or tried. */
{ kind: "acted";
/** How it ended. */
exit: Exit;
/** The end of what it printed. */
output: string } |
/** It was begun, and nobody can say whether it happened. */
{ kind: "unclear";
/** Why. */
why: string } |
/** The base was tried. */
{ kind: "tried";
/** What was found. */
report: TryReport } |
/** Done, nothing to tell. */
{ kind: "done" } |
/** It did not work. */
{ kind: "failed";
/** What was wrong, with the way out. */
why: string } |
/** It was called off. */
{ kind: "cancelled" } |
/** The office went down while it was being done, and it must not be repeated blindly. */
{ kind: "lost" };

/** What was seen of one task beside another. */
export type Overlap = {
	/** The other. */
	with: TaskId,
	/** Files that both changed. */
	files: string[],
	/** Those in which they would conflict. */
	conflicts: string[],
};

/** A file in a package. */
export type PackedFile = {
	/** Where it is in there. */
	path: string,
	/** How large it is. */
	bytes: number,
};

/** One part. */
export type Part = {
	/** As it is written; its project is that of the task. */
	new: NewTask,
	/** Other parts that must be done before, by their places in the list, from 0. */
	after?: number[],
};

/** Paths of a project that a run has for itself until it ends. */
export type PathLease = {
	/** Whose. */
	run: RunId,
	/** Where it works. */
	desk: DeskId,
	/** On what. */
	task: TaskId | null,
	/** In which project. */
	project: ProjectId,
	/** Patterns of paths in its checkout. */
	paths: string[],
	/** Since when. */
	since: At,
};

/** A task's place; smaller comes first. Every side of the wire holds it exactly, doubles included. */
export type Place = number;

/** A plan. */
export type Plan = {
	/** Its number. */
	id: PlanId,
	/** Where its tasks belong. */
	project: ProjectId,
	/** One line: what there is once all of it is done. */
	title: string,
	/** Why so, and what was left out, in Markdown. */
	words: string,
	/** Who planned it. */
	by: Actor,
	/** The talk that it came of. */
	thread?: MailId | null,
	/** Its drafts, in the order in which they were planned. */
	drafts: PlanDraft[],
	/** Where it stands. */
	state: PlanState,
	/** What was said when it was rejected. */
	note?: string | null,
	/** When it was proposed. */
	proposed: At,
	/** Since when it stands there. */
	since: At,
};

/** What may be asked of plans. */
export type PlanCommand =
/** Writes one, with all its drafts. */
{ do: "propose";
/** How it is written. */
new: NewPlan } |
/** Changes one that waits. */
{ do: "edit";
/** Which. */
plan: PlanId;
/** What. */
edit: PlanEdit } |
/** Releases all its drafts. */
{ do: "accept";
/** Which. */
plan: PlanId } |
/** Calls all its drafts off. */
{ do: "reject";
/** Which. */
plan: PlanId;
/** Why, for whoever planned it. */
note?: string | null };

/** One draft of a plan. */
export type PlanDraft = {
	/** The task. */
	task: TaskId,
	/** How long whoever planned it thinks that it takes, in minutes. */
	estimate_mins?: number | null,
};

/** What may be changed in a plan while it waits. Its drafts are changed as tasks are. */
export type PlanEdit = {
	/** New title. */
	title?: string | null,
	/** New words. */
	words?: string | null,
	/** Drafts that are called off; what waited for them waits for what they waited for. */
	drop?: TaskId[],
	/** Drafts that belong to it from now on. */
	add?: TaskId[],
	/** New estimates; 0 minutes for none. */
	estimates?: PlanDraft[],
};

/** What happened to plans. */
export type PlanEvent =
/** Written, with its drafts. */
{ type: "proposed";
/** The new plan. */
plan: Plan } |
/** Changed while it waits. */
{ type: "edited";
/** As it is now. */
plan: Plan } |
/** Accepted as a whole: its drafts are released. */
{ type: "accepted";
/** Which. */
plan: PlanId;
/** By whom. */
by: Actor } |
/** Rejected as a whole: its drafts are called off. */
{ type: "rejected";
/** Which. */
plan: PlanId;
/** By whom. */
by: Actor;
/** What was said. */
note: string | null };

/** A plan. */
export type PlanId = number;

/** Where a plan stands; docs/GLOSSARY.md holds the same table. */
export type PlanState =
/** It waits for the owner. */
"proposed" |
/** Its drafts were released. */
"accepted" |
/** Its drafts were called off. */
"rejected";

/** How much it matters; ready tasks start in this order. */
export type Priority =
/** Before all else. */
"urgent" |
/** Early. */
"high" |
/** In its turn. */
"normal" |
/** When nothing else waits. */
"low";

/** A repository the office works on. */
export type Project = {
	/** Its number. */
	id: ProjectId,
	/** Its name, unique in the office. */
	name: string,
	/** The owner's repository, absolute. */
	path: string,
	/** The base branch's name. */
	base_branch: string,
	/** What task branches begin with. */
	prefix: string,
	/** Settings as last read. */
	settings: ProjectSettings,
	/** Who accepts. An owner's choice, kept in the office, never in the repository. */
	acceptance: Acceptance,
	/** Tasks that are under way and touch the same files. */
	collisions?: Collision[],
	/** Whether another run judges each change before it is merged. An owner's choice, too. */
	review?: boolean,
	/** Things about this repository its owner should know (submodules, LFS pointers...). */
	notes: string[],
	/** What is known of checks on the base, by check command. */
	base_checks: { [key in string]: BaseCheck },
	/** The sandbox of its desks and checks. An owner's choice, too. */
	sandbox?: SandboxChoice,
	/** Branches that the office never moves, an approved force push included. An owner's choice, too. */
	protected?: string[],
	/** The last commit that its base was seen to hold, so that a rewritten base shows. */
	base_seen?: string | null,
	/** What keeps accepted changes from being merged, if something does. */
	queue_hold?: Hold | null,
	/** Files of its repository that the office reads and writes. An owner's choice, too. */
	files?: ProjectFiles,
	/** Removed projects keep their record and take no work. */
	removed: boolean,
};

/** What may be asked of projects. */
export type ProjectCommand =
/** Takes a repository on, with the facts the runtime found in it. */
{ do: "add";
/** Unique name. */
name: string;
/** Absolute path. */
path: string;
/** The base branch. */
base_branch: string;
/** What task branches begin with. */
prefix: string;
/** Its settings. */
settings: ProjectSettings;
/** What its owner should know. */
notes: string[] } |
/** Changes who accepts. */
{ do: "set_acceptance";
/** Which project. */
project: ProjectId;
/** Who accepts from now on. */
acceptance: Acceptance } |
/** Changes whether another run judges each change before it is merged. */
{ do: "set_review";
/** Which project. */
project: ProjectId;
/** Whether it does from now on. */
review: boolean } |
/** Changes the sandbox of its desks and checks; what runs keeps the one it has. */
{ do: "set_sandbox";
/** Which project. */
project: ProjectId;
/** What holds from now on. */
sandbox: SandboxChoice } |
/** Changes which branches the office never moves. */
{ do: "set_protected";
/** Which project. */
project: ProjectId;
/** Names, or patterns with `*`. */
protected: string[] } |
/** Merges nothing more for now; what is being checked is finished and waits. */
{ do: "hold_queue";
/** Which project. */
project: ProjectId } |
/** Goes on merging, on the base as it is now. */
{ do: "release_queue";
/** Which project. */
project: ProjectId } |
/** Chooses the files that the office reads and writes in the owner's work tree. */
{ do: "set_files";
/** Which project. */
project: ProjectId;
/** The backlog file; none for none. */
backlog: string | null;
/** The record; none for none. */
record: string | null } |
/** Says how reading or writing one of these files went. */
{ do: "file_tried";
/** Which project. */
project: ProjectId;
/** The file. */
file: string;
/** What is wrong; none where nothing is. */
trouble: string | null } |
/** Runs set-up and checks on the base. */
{ do: "try";
/** Which project. */
project: ProjectId } |
/** Takes no more work from it; its record and its checkouts stay. */
{ do: "remove";
/** Which project. */
project: ProjectId };

/** What happened to projects. */
export type ProjectEvent =
/** Taken on. */
{ type: "added";
/** The new project. */
project: Project } |
/** Its settings were read and differ. */
{ type: "settings_read";
/** Which project. */
project: ProjectId;
/** The settings now. */
settings: ProjectSettings } |
/** Who accepts was changed. */
{ type: "acceptance_set";
/** Which project. */
project: ProjectId;
/** Who accepts from now on. */
acceptance: Acceptance } |
/** Which of its tasks that are under way touch the same files is another than before. */
{ type: "collisions_seen";
/** Which project. */
project: ProjectId;
/** All of them. */
collisions: Collision[] } |
/** Whether another run judges each change was changed. */
{ type: "review_set";
/** Which project. */
project: ProjectId;
/** Whether it does from now on. */
review: boolean } |
/** The sandbox of its desks and checks was changed. */
{ type: "sandbox_set";
/** Which project. */
project: ProjectId;
/** What holds from now on. */
sandbox: SandboxChoice } |
/** Which branches the office never moves was changed. */
{ type: "protected_set";
/** Which project. */
project: ProjectId;
/** Names, or patterns with `*`. */
protected: string[] } |
/** Nothing of it is merged until its owner releases that. */
{ type: "queue_held";
/** Which project. */
project: ProjectId;
/** Why. */
hold: Hold } |
/** Its queue goes on, on the base as it is now. */
{ type: "queue_released";
/** Which project. */
project: ProjectId } |
/** The files that the office reads and writes are others, or how that goes has changed. */
{ type: "files_set";
/** Which project. */
project: ProjectId;
/** All of them. */
files: ProjectFiles } |
/** A try was asked for. */
{ type: "try_asked";
/** Which project. */
project: ProjectId } |
/** A try ended. */
{ type: "tried";
/** Which project. */
project: ProjectId;
/** What it found. */
report: TryReport } |
/** What checks came to on a base commit was learned while checking a task. */
{ type: "base_checked";
/** Which project. */
project: ProjectId;
/** By check command. */
checks: { [key in string]: BaseCheck } } |
/** No longer worked on. */
{ type: "removed";
/** Which project. */
project: ProjectId };

/** Files in the owner's work tree, from the project's root, in which people and the office tell each other of tasks. */
export type ProjectFiles = {
	/** The backlog file: taken in whenever it changes. */
	backlog?: string | null,
	/** Why the backlog file could not be taken in as it stands. */
	backlog_trouble?: string | null,
	/** The record of its tasks, written by the office. */
	record?: string | null,
	/** Why the record could not be written. */
	record_trouble?: string | null,
};

/** A project: one repository the office works on. */
export type ProjectId = number;

/** A project's settings, from `.office/project.toml` on the base or from the office. */
export type ProjectSettings = {
	/** Set-up of a checkout. */
	setup?: Setup,
	/** Untracked files of the owner's work tree to copy into each checkout. Nothing by default, `.env` least of all. */
	copy?: string[],
	/** The same, as symbolic links. */
	link?: string[],
	/** The branch tasks start from and merge into; the branch that was checked out when the project was added, if none. */
	base?: string | null,
	/** What task branches begin with; `office` if none. */
	branch_prefix?: string | null,
	/** A trailer for each commit, for example `Worked-by: Afterhours`; none unless the project wants one. */
	commit_trailer?: string | null,
	/** How accepted changes are merged. */
	merge?: MergeStrategy,
	/** Checks of every task of this project. */
	checks?: Check[],
};

/** A frame from the runtime after the greeting. */
export type Push =
/** The answer to request `id`. */
{ kind: "answer";
/** Which. */
id: number;
/** What. */
answer: Answer } |
/** The refusal of request `id`. */
{ kind: "refusal";
/** Which. */
id: number;
/** Why. */
refusal: Refusal } |
/** An event of a subscription, with the things it changed, whole. */
{ kind: "event";
/** The event. */
envelope: Envelope;
/** The nouns it touched, as they are now. */
nouns: Noun[] } |
/** The subscriber was too slow: it must ask `Events` or `Snapshot` again from its last event. */
{ kind: "lagged";
/** The newest event. */
newest: Seq } |
/** A terminal stream has a hole: bytes of this range are in the recording only. */
{ kind: "gap";
/** Which. */
stream: number;
/** From. */
from: string;
/** To. */
to: string } |
/** The terminal of a stream is over. */
{ kind: "terminal_ended";
/** Which. */
stream: number;
/** How it ended, in words. */
how: string };

/** One line of the queue. */
export type QueueLine = {
	/** Which task. */
	task: TaskId,
	/** Its title. */
	title: string,
	/** Of which project. */
	project: ProjectId,
	/** Its place among those of its project, from 1; 0 for what is not in the queue any more. */
	position: number,
	/** Where it stands. */
	step: QueueStep,
	/** What it waits for, in words. */
	waits_for: string,
	/** Since when it was accepted. */
	accepted: At,
};

/** Where a task of the queue stands. */
export type QueueStep =
/** Others are before it, or something it depends on is not done. */
"waits" |
/** It is put on the base as it is. */
"merging" |
/** Checks run on the result. */
"checking" |
/** The base moves to what was checked. */
"advancing" |
/** The queue of its project is held. */
"held" |
/** It was accepted and could not be merged as things stood; its owner may have it tried again. */
"refused";

/** The queue of one project at a glance. */
export type QueueView = {
	/** Of which project. */
	project: ProjectId,
	/** Its name. */
	name: string,
	/** The branch it leads onto. */
	base: string,
	/** Why nothing is merged for now, if so. */
	hold: Hold | null,
	/** What is in it, and after that what was accepted and could not be merged. */
	lines: QueueLine[],
};

/** From when to when, in minutes of the day; over midnight where it ends before it begins. */
export type Quiet = {
	/** From. */
	from: number,
	/** To. */
	to: number,
};

/** What recordings take, and what of it goes by a budget. */
export type RecordingsReport = {
	/** What all runs take, in kilobytes. */
	used_kb: number,
	/** What of it belongs to work that was reviewed or called off, and so may go. */
	may_go_kb: number,
	/** So many megabytes are kept, if that is limited. */
	keep_mb: number | null,
	/** So many days are kept, if that is limited. */
	keep_days: number | null,
	/** What goes, oldest first. */
	goes: RunGoes[],
	/** What that takes, in kilobytes. */
	goes_kb: number,
	/** Whether it is gone; else it is only said. */
	gone: boolean,
	/** Sessions that are over and whose checkout holds what is saved nowhere else; they go by their owner's word alone. */
	unsaved?: Unsaved[],
};

/** A normal answer that says no: what was wrong, and what to do next. */
export type Refusal = {
	/** The closed reason. */
	code: Code,
	/** What is wrong, in one sentence. */
	message: string,
	/** The way out, or further evidence. */
	detail: string,
};

/** Why a note is not so. */
export type Refuted = {
	/** Who says so. */
	by: Actor,
	/** What shows it. */
	evidence: string,
	/** When. */
	at: At,
};

/** Words between the owner and whoever asked, before the answer. */
export type Remark = {
	/** Who speaks. */
	by: Actor,
	/** When. */
	at: At,
	/** The words. */
	text: string,
};

/** A numbered question. */
export type Request = {
	/** Chosen by the client; the answer carries it. */
	id: number,
	/** What is asked. */
	ask: Ask,
};

/** The review of one commit. */
export type Review = {
	/** What is judged; another commit needs another review. */
	commit: string,
	/** The task that does it. */
	done_by: TaskId,
	/** The desks at which the change was worked on: nobody there judges it. */
	authors: DeskId[],
	/** When it was asked for. */
	asked: At,
	/** The how-manieth since its owner last had a say. */
	round: number,
	/** What came of it. */
	judged: Judged | null,
};

/** Whether another run judges a task before it is merged. */
export type ReviewChoice =
/** It does. */
"on" |
/** It does not. */
"off" |
/** As its project says. */
"project";

/** What a reviewer says of a change. */
export type ReviewVerdict =
/** It does what its task asks for. */
"approve" |
/** It does not, and the words say what is to be mended. */
"changes-wanted" |
/** It cannot be said from what is there; a person has to. */
"cannot-judge";

/** A scoped job, from `roles/<name>.md`. */
export type Role = {
	/** Its name, the file's stem. */
	name: RoleName,
	/** How people call it. */
	title: string,
	/** Engines in order of preference; the first that is installed is taken. */
	engines?: EngineName[],
	/** One line: what it is for. */
	summary?: string,
	/** What its agent is told, in Markdown. */
	brief?: string,
	/** How whoever holds it looks. */
	look?: string | null,
	/** The model it prefers, by engine; the engine's own where none is named. */
	models?: { [key in EngineName]: string },
	/** What it is for. */
	scope?: Scope,
	/** The most it may ask for. */
	grants?: Grants,
	/** What all who hold it may spend together, unless the owner's own budget says otherwise. */
	budget?: Limits | null,
	/** What it is woken by. */
	wakes_on?: WakeOn[],
	/** What it may do beside its own task. */
	may?: May[],
	/** Whose file it is. */
	from?: RoleFrom,
	/** The repository that it came with: nobody holds it elsewhere. */
	project?: ProjectId | null,
	/** What repositories say beside it. */
	added?: Added[],
};

/** Something that is wrong with a role's file. What it said before stays in force. */
export type RoleFault = {
	/** Which file, as `office role list` names it. */
	file: string,
	/** Where; 0 where it is the file as a whole. */
	line: number,
	/** What is wrong. */
	what: string,
	/** What to do. */
	way_out: string,
};

/** A file of a role. */
export type RoleFile = {
	/** What it is asked for by: `roles/NAME.md`, or `PROJECT: .claude/agents/NAME.md`. */
	file: string,
	/** The role. */
	role: string,
	/** Whose it is. A shipped one that is changed becomes the owner's. */
	from: RoleFrom,
	/** What is in it. */
	text: string,
	/** Why it cannot be changed from here; it can, if none. */
	fixed: string | null,
	/** What is wrong with it as it is. */
	faults: RoleFault[],
};

/** Where a role's file lies. */
export type RoleFrom =
/** It comes with the program. */
"shipped" |
/** The owner's own. */
"owner" |
/** A repository's: its words and its look count, and nothing that would give it more. */
"project";

/** The name of a role, as in `roles/<name>.md`. */
export type RoleName = string;

/** What came of reading a text as a role. */
export type RoleTried = {
	/** What it says, where it reads. */
	role: Role | null,
	/** What is wrong with it. */
	faults: RoleFault[],
};

/** What is wrong with a file of rules. */
export type RuleFault = {
	/** The line; 0 where it is the file as a whole. */
	line: number,
	/** What, and what to do about it. */
	what: string,
};

/** A file of rules. */
export type RuleFile = {
	/** What it is asked for by: below `guard/` in the office's directory, or `shipped/...`. */
	file: string,
	/** Whose rules they are. */
	layer: RuleLayer,
	/** The name of the project, role or desk. */
	of: string | null,
	/** What is in it; none where it is not there yet. */
	text: string | null,
	/** Why it cannot be changed from here; it can, if none. */
	fixed: string | null,
};

/** Whose rules a file holds, from the mildest say to the strictest. */
export type RuleLayer =
/** They come with the program. */
"shipped" |
/** The owner's, for the whole office. */
"owner" |
/** The owner's, for a project. */
"project" |
/** The owner's, for a role. */
"role" |
/** The owner's, for a desk. */
"desk";

/** What came of trying a file of rules. */
export type RulesTried = {
	/** What is wrong with it; nothing else was tried then. */
	faults: RuleFault[],
	/** Rules in it. */
	rules: number,
	/** Examples that were tried. */
	examples: number,
	/** Different things that were judged lately and are within its say, and were judged again. */
	looked: number,
	/** More of them, for which there was no time. */
	left: number,
	/** The oldest of them. */
	since: At | null,
	/** What would be judged otherwise, the newest first. */
	changes: OtherVerdict[],
};

/** What the rules say. */
export type Ruling = {
	/** Allow, ask or deny. */
	said: Said,
	/** The kind of risk, as in docs/GUARD.md; none where it is allowed. */
	category: string | null,
	/** The rule that decided; `none` where no rule knows it. */
	rule: string,
	/** Why, for a person. */
	why: string,
};

/** One life of an engine at a desk. */
export type Run = {
	/** Its number, and its fencing token. */
	id: RunId,
	/** Where. */
	desk: DeskId,
	/** On which task; none for a plain session. */
	task: TaskId | null,
	/** In which project. */
	project: ProjectId,
	/** By which engine. */
	engine: EngineName,
	/** Which attempt at the task, from 1. */
	attempt: number,
	/** Where it stands. */
	state: RunState,
	/** Its checkout, once made; for a plain session in the project itself, the project's path with an empty branch. */
	workplace: Workplace | null,
	/** Process id, while live. */
	pid: number | null,
	/** When it began. */
	began: At,
	/** When its process started. */
	launched: At | null,
	/** When its time limit ends. */
	deadline: At | null,
	/** When it was over. */
	ended: At | null,
	/** How it ended. */
	exit: Exit | null,
	/** Why it was asked to end, if it was. */
	stop: StopWhy | null,
	/** What keeps it to its own, once it was started. */
	enforcement?: Enforcement | null,
	/** When what it left on disk (recording, outputs of checks) was dropped. */
	pruned?: At | null,
	/**
	 *  The conversation that its engine leads, as that names it; there once it took a prompt, so that another run can go on
	 *  with exactly this one.
	 */
	session?: string | null,
	/** What its engine was last seen to do, by its own signals. */
	seen?: Seen | null,
	/** What it took so far. */
	spent?: Spent | null,
	/** The last call of its that a budget kept from beginning. */
	denied?: Denied | null,
};

/** What happened to runs. */
export type RunEvent =
/** A run began: from now on its task is its own. */
{ type: "began";
/** The new run. */
run: Run } |
/** Its checkout is ready. */
{ type: "prepared";
/** Which run. */
run: RunId;
/** The checkout. */
workplace: Workplace } |
/** Its process runs. */
{ type: "launched";
/** Which run. */
run: RunId;
/** Process id. */
pid: number;
/** When its time limit ends. */
deadline: At | null;
/** What keeps it to its own. */
enforcement?: Enforcement | null } |
/** It leads this conversation. */
{ type: "talks";
/** Which run. */
run: RunId;
/** As its engine names it. */
session: string } |
/** Its engine was seen to do something else than before. */
{ type: "seen";
/** Which run. */
run: RunId;
/** What. */
seen: Seen } |
/** It took more than was known. */
{ type: "spent";
/** Which run. */
run: RunId;
/** In all. */
spent: Spent } |
/** A budget kept a call of its from beginning. */
{ type: "denied";
/** Which run. */
run: RunId;
/** By what, and why. */
denied: Denied } |
/** It was asked to end. */
{ type: "stop_asked";
/** Which run. */
run: RunId;
/** Why. */
why: StopWhy } |
/** Its process is gone, with everything it started. */
{ type: "ended";
/** Which run. */
run: RunId;
/** How. */
exit: Exit;
/** When, where that was before the office learned of it. */
ended?: At | null } |
/** Its owner gave up what it left in its checkout. */
{ type: "given_up";
/** Which run. */
run: RunId } |
/** Its checkout is gone. */
{ type: "tidied";
/** Which run. */
run: RunId };

/** What one run leaves behind, and that it goes. */
export type RunGoes = {
	/** Which run. */
	run: RunId,
	/** Of which task; none where it was a session. */
	task: TaskId | null,
	/** Since when it was over. */
	ended: At,
	/** What it takes, in kilobytes. */
	kb: number,
};

/** One run of an engine at a desk. Run numbers only grow, so a run's number is also its fencing token. */
export type RunId = number;

/** Where a run stands. */
export type RunState =
/** Its checkout is made and set up. */
"preparing" |
/** Its engine is being started. */
"launching" |
/** Its process runs. */
"live" |
/** It was asked to end. */
"ending" |
/** It is over. */
"ended";

/** From the mildest to the strictest. */
export type Said =
/** It goes ahead. */
"allow" |
/** The owner is asked. */
"ask" |
/** It is refused. */
"deny";

/** An owner's choice for one project, kept in the office, never in the repository. */
export type SandboxChoice = {
	/** Whether there is one. */
	mode?: SandboxMode,
	/** Hosts that may be reached besides those every desk may reach: `example.org`, or `*.example.org` for all below it. */
	reach?: string[],
	/** Files and folders of the machine that are seen besides, read-only. */
	see?: string[],
};

/** Whether what runs for a project is kept in a sandbox. */
export type SandboxMode =
/** Wherever this machine can; where it cannot, each desk says so. */
"auto" |
/** Nothing runs without. */
"required" |
/** Never: the owner's word. */
"off";

/** What a role is for. */
export type Scope = {
	/** Patterns of the paths it may change without asking; all if none. */
	paths?: string[],
	/** Kinds of task it takes; of any kind, and of none, if none. */
	kinds?: string[],
};

/** What a live engine is seen to do. */
export type Seen = {
	/** The state; one that its engine can report. */
	state: DeskState,
	/** How that is known. */
	evidence: string,
	/** Since when. */
	since: At,
	/** When it ends by itself (a usage limit), where that was said; never guessed. */
	until?: At | null,
	/** Its subagents at work. */
	visitors?: number,
};

/** The position of an event in the log; the first event is 1. */
export type Seq = number;

/** What a checkout needs before an agent can work in it. */
export type Setup = {
	/** Shell commands, run once per checkout, in order. */
	run?: string[],
	/** Time-out of each, in seconds; 0 = 600. */
	timeout_secs?: number,
	/** Folders to keep between checkouts, as they were right after set-up on the base. */
	cache?: string[],
	/** Files whose content decides whether the cache still fits (lock files). */
	cache_key?: string[],
};

/** How the shift stands. */
export type Shift = {
	/** When it ends by itself, if somebody said so. */
	until?: At | null,
	/** When it ended, while the report is still to come. */
	ended?: At | null,
	/** The last report. */
	report?: ShiftReport | null,
};

/** What a shift came to, from its end back to the end of the one before. */
export type ShiftReport = {
	/** Since when it counts; none where there was no shift before. */
	since: At | null,
	/** When the shift ended. */
	ended: At | null,
	/** Tasks that were done. */
	done: TaskId[],
	/** Tasks that failed. */
	failed: TaskId[],
	/** Tasks that wait for the owner: blocked, in review, interrupted. */
	waits_for_you: TaskId[],
	/** Retrospectives, by whoever was woken to write one. */
	retrospectives: TaskId[],
};

/** What a run took: tokens by kind, turns, and money where it is known. Only ever grows. */
export type Spent = {
	/** Tokens that were read, and not from the provider's memory. */
	input: number,
	/** Tokens that were written. */
	output: number,
	/** Tokens that were read from the provider's memory. */
	cache_read: number,
	/** Tokens that were put into it. */
	cache_write: number,
	/** Millionths of a dollar; none where nobody knows. */
	micro_dollars: number | null,
	/** Turns that ended. */
	turns: number,
	/** The model, where it says. */
	model?: string | null,
	/** How full its context is. */
	context?: ContextUse | null,
};

/** One screen: who works on what, who waits for you, what is held, what merged. */
export type StatusView = {
	/** The office's name. */
	office: string,
	/** The last event this is true for. */
	seq: Seq,
	/** When this was asked. */
	now: At,
	/** Holds everything, if set. */
	hold: Hold | null,
	/** Every desk. */
	desks: DeskView[],
	/** Commands that are held until the owner answers, oldest first. */
	approvals: Approval[],
	/** Waits for the owner: in review, blocked, interrupted, failed. */
	waits_for_you: TaskLine[],
	/** Held by the office, with until when. */
	held: TaskLine[],
	/** At work or queued. */
	at_work: TaskLine[],
	/** Ready, or waiting for others. */
	backlog: TaskLine[],
	/** Done within the last 24 hours. */
	done: TaskLine[],
	/** Said when nothing new starts by itself, and why. */
	review_full: string | null,
	/** Tasks nobody here can take, and why. */
	unfit: string[],
	/** What kept waking somebody within the last 24 hours until it was cut off. */
	cut_off?: Wake[],
	/** What the desktop is told. */
	notify?: Notify,
	/** What the owner wishes while they are away. */
	unattended?: Unattended,
	/** Whether it is within the owner's quiet hours. */
	quiet?: boolean,
	/** Budgets, and what was spent of each. */
	budgets?: BudgetView[],
	/** Accounts that have reached their usage limit. */
	usage_limits?: UsageLimit[],
	/** What each task may take. */
	task_limits?: TaskLimitView[],
	/** How the mail stands. */
	mail?: MailView,
	/** Plans that wait for the owner's answer, oldest first. */
	plans?: Plan[],
	/** Merge queues in which something waits, or which are held. */
	queues?: QueueView[],
};

/** One step of the way an ask goes. It tells somebody; it lets nobody decide who may not. */
export type Step = {
	/** Who. */
	to: Whom,
	/** So many minutes after it was asked. */
	after_mins: number,
	/** Whether their desktop is told. */
	notify?: boolean,
};

/** Why a run was asked to end. */
export type StopWhy =
/** Its work is accepted for review or over. */
"finished" |
/** Its task was taken from it (cancelled, blocked, failed). */
"task_taken" |
/** The task's time limit ran out. */
"time_limit" |
/** Everything was stopped. */
"stopped_by_owner" |
/** The owner stopped this desk. */
"desk_stopped" |
/** Nothing came from it for too long. */
"silent" |
/** What it asked for waits for the owner, and its task is parked meanwhile. */
"parked";

/** What was spent. */
export type Sum = {
	/** Millionths of a dollar, so far as it is known. */
	micro_dollars: number,
	/** Tokens of all kinds. */
	tokens: number,
	/** Tokens that were read, without what the provider remembered. */
	input?: number,
	/** Tokens that were written. */
	output: number,
};

/** What an item came to. */
export type Taken =
/** It is a new task. */
"added" |
/** Its task changed. */
"changed" |
/** Its task says the same already. */
"same" |
/** Its task is at work, or waits for a verdict, and keeps its words until it has come to rest. */
"later" |
/** It was ticked before the office ever saw it, and is no task. */
"ticked";

/** A file that was taken in. */
export type TakenIn = {
	/** The file, from the project's root; absolute where it lies elsewhere. */
	file: string,
	/** All its items, in their order. */
	items: TakenItem[],
	/** Tasks nobody had begun, called off because their items are gone. */
	called_off: TaskId[],
	/** The mail by which it was handed to whoever leads the desks, who makes a plan of it; no task was made then. */
	handed?: MailId | null,
};

/** An item of the file. */
export type TakenItem = {
	/** The line it begins on, from 1. */
	line: number,
	/** Its words. */
	title: string,
	/** What it came to. */
	taken: Taken,
	/** Its task, if it is one. */
	task: TaskId | null,
	/** That task's state. */
	state: TaskState | null,
};

/** A task. */
export type Task = {
	/** Its number. */
	id: TaskId,
	/** Where it belongs. */
	project: ProjectId,
	/** One line. */
	title: string,
	/** What is to be done, in Markdown. */
	body: string,
	/** What it delivers. */
	deliverable: Deliverable,
	/** Its own acceptance checks. */
	checks: Check[],
	/** How much it matters. */
	priority: Priority,
	/** Where its owner put it among those of its priority; none where it was never moved. */
	place?: Place | null,
	/** Tasks that must be done before. */
	depends_on: TaskId[],
	/** Those of them that are not done yet: not empty = shown as *waiting*. */
	waiting_for: TaskId[],
	/** Only desks of this role take it, if set. */
	role: RoleName | null,
	/** What kind of work it is, in a word: build, fix, qa... */
	kind?: string | null,
	/** The run that wrote it; none where its owner did. */
	by?: RunId | null,
	/** Why it is there, where nobody wrote it. */
	woken?: Woken | null,
	/** So many wakes led to whoever wrote it. */
	behind?: number,
	/** How often "done" may be refused or a run may fail. */
	attempts_max: number,
	/** How often that happened. */
	attempts_used: number,
	/** Each run's time limit in seconds, if any. */
	time_limit_secs: number | null,
	/** What its checkout was found to hold when that was too much. */
	taken?: TaskTakes | null,
	/** Where it stands. */
	state: TaskState,
	/** The desk it is given to. */
	desk: DeskId | null,
	/** The run that owns it: lease and fence. */
	lease: RunId | null,
	/** The item of a backlog file that it stands for, if it came from one. */
	item?: FromFile | null,
	/** The last run it had. */
	last_run: RunId | null,
	/** Its checkout, once made. */
	workplace: Workplace | null,
	/** The last "done" that was said. */
	claim: Claim | null,
	/** The last work that was collected. */
	work: Work | null,
	/** The last results of its checks. */
	results: CheckResult[],
	/** What a reviewer must see at once. */
	marks: Mark[],
	/** Whether another run judges it before it is merged, where its owner says so of this one. */
	review_wanted?: boolean | null,
	/** What another run says of it. */
	review?: Review | null,
	/** The task whose change it judges, if it is a review. */
	reviews?: TaskId | null,
	/** How often something happened at its desk that must not, while it was worked on. */
	incidents?: number,
	/** Why the office does not merge it by itself, in a project that has what is of low risk merged. */
	risks?: string[],
	/** What holds it, while parked. */
	hold: Hold | null,
	/** Why it is in this state, where that needs saying (blocked, failed, sent back, interrupted...). */
	why: string | null,
	/** Answers to choose from, while it is blocked on a question that has some. */
	options?: string[],
	/** Words for its next run. */
	notes: TaskNote[],
	/** The agent's last word on how far it is. */
	progress: string | null,
	/** When it was accepted. */
	accepted: At | null,
	/** As it was put on the base last, on its way there. */
	landing?: Landing | null,
	/** The base was rewritten and no longer holds the commit that this was begun on: it can only be done again. */
	base_gone?: boolean,
	/** The commit on the base that holds it. */
	merged: string | null,
	/** When it was added. */
	added: At,
	/** When its state last changed. */
	since: At,
};

/** What may be asked of tasks. */
export type TaskCommand =
/** Adds one. */
{ do: "add";
/** How it is written. */
new: NewTask } |
/** Writes its parts as tasks of their own; it waits for all of them. */
{ do: "split";
/** Which. */
task: TaskId;
/** Its parts. */
parts: Part[] } |
/** Changes one that is not at work. */
{ do: "edit";
/** Which. */
task: TaskId;
/** What. */
edit: TaskEdit } |
/** Puts it right before or after another one, in the order in which they start; it takes that one's priority. */
{ do: "move";
/** Which. */
task: TaskId;
/** Beside which. */
other: TaskId;
/** After it rather than before. */
after?: boolean } |
/** Releases a draft. */
{ do: "release";
/** Which. */
task: TaskId } |
/** Gives it to a desk: started there if free, queued if busy. */
{ do: "assign";
/** Which. */
task: TaskId;
/** To whom. */
desk: DeskId } |
/** Takes it back from a queue. */
{ do: "unassign";
/** Which. */
task: TaskId } |
/** Says it is done: collected and checked before it is believed. */
{ do: "done";
/** Which. */
task: TaskId;
/** The agent's words. */
summary: string;
/** The finding. */
report: string | null } |
/** Says what is in the way. */
{ do: "blocked";
/** Which. */
task: TaskId;
/** What was done. */
done_so_far: string;
/** What is needed. */
needs: string;
/** Answers to choose from, if there are some. */
options?: string[];
/** Goes on with what does not need it: what does is a task of its own, which waits for the answer. */
can_continue?: boolean } |
/** Says what a review came to, and ends it. */
{ do: "judge";
/** What is judged, or the review of it. */
task: TaskId;
/** The verdict. */
verdict: ReviewVerdict;
/** In the reviewer's own words. */
words: string;
/** What it rests on. */
evidence?: string } |
/** Says how far it is. */
{ do: "progress";
/** Which. */
task: TaskId;
/** The words. */
text: string } |
/** Answers a blocker; the task is ready again. */
{ do: "answer";
/** Which. */
task: TaskId;
/** The answer. */
text: string } |
/** Gives it up. */
{ do: "fail";
/** Which. */
task: TaskId;
/** Why. */
why: string } |
/** Tries a failed task again, with fresh attempts. */
{ do: "retry";
/** Which. */
task: TaskId;
/** Words for the next run. */
note: string | null } |
/** Takes up an interrupted or parked task where it was. */
{ do: "resume";
/** Which. */
task: TaskId } |
/** Calls it off; what was made stays on its branch, and unsaved lines stay in its checkout. */
{ do: "cancel";
/** Which. */
task: TaskId } |
/** Opens a done or cancelled task again. */
{ do: "reopen";
/** Which. */
task: TaskId;
/** Words for the next run. */
note: string | null } |
/** Accepts: a change is merged, a finding filed. */
{ do: "accept";
/** Which. */
task: TaskId } |
/** Sends it back with a note. */
{ do: "reject";
/** Which. */
task: TaskId;
/** What is to be mended. */
note: string } |
/** Takes the items of a backlog file in as tasks; again, whenever it was changed. */
{ do: "take_in";
/** Where they belong. */
project: ProjectId;
/** The file, from the project's root. */
file: string;
/** All its items, in their order. */
items: BacklogItem[] } |
/** Turns a plain session in a checkout of its own into a task. */
{ do: "from_desk";
/** Which desk. */
desk: DeskId;
/** As written. */
new: NewTask };

/** What may be changed in a task before it starts. */
export type TaskEdit = {
	/** New title. */
	title?: string | null,
	/** New body. */
	body?: string | null,
	/** New checks, in place of the old. */
	checks?: Check[] | null,
	/** New priority. */
	priority?: Priority | null,
	/** New dependencies, in place of the old. */
	depends_on?: TaskId[] | null,
	/** New number of attempts. */
	attempts?: number | null,
	/** New time limit; 0 for none. */
	time_limit_secs?: number | null,
	/** New role; an empty name for any. */
	role?: RoleName | null,
	/** New kind; an empty word for none. */
	kind?: string | null,
	/** Whether another run judges it before it is merged. */
	review?: ReviewChoice | null,
	/** New project, as long as nothing was begun. */
	project?: ProjectId | null,
	/** A change or a finding, as long as nothing was begun. */
	deliverable?: Deliverable | null,
};

/** What happened to tasks. */
export type TaskEvent =
/** Added. */
{ type: "added";
/** The new task. */
task: Task } |
/** Its wording, checks, priority, dependencies... were changed. */
{ type: "edited";
/** As it is now. */
task: Task } |
/** It stands elsewhere in the order in which they start. */
{ type: "moved";
/** Which. */
task: TaskId;
/** Where. */
place: Place;
/** Among those of this priority. */
priority: Priority } |
/** Released from draft. */
{ type: "released";
/** Which. */
task: TaskId } |
/** Given to a busy desk, or back to the front of its queue for another attempt. */
{ type: "queued";
/** Which. */
task: TaskId;
/** Where. */
desk: DeskId;
/** Before the others there. */
front: boolean } |
/** TaskTakes back from a queue. */
{ type: "unassigned";
/** Which. */
task: TaskId } |
/** A run took its lease. */
{ type: "started";
/** Which. */
task: TaskId;
/** Where. */
desk: DeskId;
/** The lease. */
run: RunId } |
/** Its engine runs. */
{ type: "running";
/** Which. */
task: TaskId;
/** The lease. */
run: RunId } |
/** Somebody said done. */
{ type: "done_said";
/** Which. */
task: TaskId;
/** Whose work. */
run: RunId;
/** The words. */
claim: Claim } |
/** Its work was collected. */
{ type: "collected";
/** Which. */
task: TaskId;
/** Whose work. */
run: RunId;
/** What it is. */
work: Work } |
/** Its checks begin. */
{ type: "checks_began";
/** Which. */
task: TaskId;
/** Whose work. */
run: RunId;
/** The commit. */
commit: string } |
/** Its "done" was refused; an attempt is used up. */
{ type: "refused";
/** Which. */
task: TaskId;
/** Whose work. */
run: RunId;
/** Why. */
why: string;
/** The checks. */
results: CheckResult[];
/** Its agent still lives and goes on. */
goes_on: boolean } |
/** It waits for a verdict. */
{ type: "in_review";
/** Which. */
task: TaskId;
/** Whose work. */
run: RunId;
/** The checks. */
results: CheckResult[];
/** For the reviewer. */
marks: Mark[];
/** Why it is not of low risk, where what is is merged by itself. */
risks?: string[] } |
/** A run failed without saying done; an attempt is used up. */
{ type: "attempt_failed";
/** Which. */
task: TaskId;
/** Which run. */
run: RunId;
/** Why. */
why: string } |
/** It needs something from outside. */
{ type: "blocked";
/** Which. */
task: TaskId;
/** What was done so far. */
done_so_far: string;
/** What it needs. */
needs: string;
/** Answers to choose from, where it gave some. */
options?: string[] } |
/** The blocker was answered. */
{ type: "answered";
/** Which. */
task: TaskId;
/** The answer. */
note: TaskNote } |
/** Held. */
{ type: "parked";
/** Which. */
task: TaskId;
/** By what. */
hold: Hold } |
/** Its hold was released. */
{ type: "unparked";
/** Which. */
task: TaskId;
/** What the owner says with it. */
note?: TaskNote | null } |
/** Its process was lost. */
{ type: "interrupted";
/** Which. */
task: TaskId;
/** How. */
why: string } |
/** TaskTakes up again after an interruption. */
{ type: "resumed";
/** Which. */
task: TaskId } |
/** Given up, with the evidence kept. */
{ type: "failed";
/** Which. */
task: TaskId;
/** Why. */
why: string } |
/** Its partial work is to be kept on its branch. */
{ type: "keep_asked";
/** Which. */
task: TaskId;
/** Whose work. */
run: RunId } |
/** Its checkout was found to hold more than it may. */
{ type: "took";
/** Which. */
task: TaskId;
/** What. */
taken: TaskTakes } |
/** Its agent said how far it is. */
{ type: "progress";
/** Which. */
task: TaskId;
/** The words. */
text: string } |
/** Another run is to judge it. */
{ type: "review_asked";
/** Which. */
task: TaskId;
/** The review. */
review: Review } |
/** A reviewer's verdict. */
{ type: "judged";
/** Which. */
task: TaskId;
/** The commit that was seen. */
commit: string;
/** The verdict. */
judged: Judged } |
/** Accepted by its reviewer. */
{ type: "accepted";
/** Which. */
task: TaskId } |
/** It was put on the base as that is now, in the office's own repository. */
{ type: "put_on_base";
/** Which. */
task: TaskId;
/** As it is there. */
landing: Landing } |
/** Its checks ran on the result. */
{ type: "result_checked";
/** Which. */
task: TaskId;
/** The commit that was checked. */
commit: string;
/** The checks. */
results: CheckResult[] } |
/** The base was rewritten under it; still in review. */
{ type: "base_gone";
/** Which. */
task: TaskId;
/** Why, and what to do. */
why: string } |
/** Could not be merged as things stand; still in review. */
{ type: "merge_waits";
/** Which. */
task: TaskId;
/** Why, and what to do. */
why: string } |
/** Sent back with a note. */
{ type: "sent_back";
/** Which. */
task: TaskId;
/** The note. */
note: TaskNote } |
/** Done: merged as this commit, or its finding accepted. */
{ type: "done";
/** Which. */
task: TaskId;
/** The commit on the base, for a change. */
commit: string | null } |
/** Called off. */
{ type: "cancelled";
/** Which. */
task: TaskId } |
/** To be tried again from a failed, cancelled or done state, with fresh attempts. */
{ type: "reopened";
/** Which. */
task: TaskId;
/** Words for the next run. */
note: TaskNote | null };

/** A task, shown to people as `#12`. */
export type TaskId = number;

/** What each task of something may take. */
export type TaskLimit = {
	/** Of what. */
	of: BudgetOf,
	/** How much. */
	limits: TaskLimits,
	/** When it was set or changed last. */
	set: At,
};

/** The same as it is listed. */
export type TaskLimitView = {
	/** Of what. */
	of: BudgetOf,
	/** Whose tasks, in words. */
	name: string,
	/** How much. */
	limits: TaskLimits,
};

/** Amounts of what a task takes; in a limit, none is no limit. */
export type TaskLimits = {
	/** Files that differ from the base. */
	files?: number | null,
	/** Lines that came or went against the base. */
	lines?: number | null,
	/** Seconds in which a program worked on it. */
	secs?: number | null,
};

/** A task in one line. */
export type TaskLine = {
	/** Which. */
	id: TaskId,
	/** Its title. */
	title: string,
	/** Where it stands. */
	state: TaskState,
	/** What it waits for (shown as *waiting*). */
	waiting_for: TaskId[],
	/** Who has it. */
	desk: string | null,
	/** Why it is so, where that needs saying. */
	why: string | null,
	/** What holds it, while parked: since when, until when, and what releases it. */
	hold: Hold | null,
	/** Whether another run judges it, or is there to do so, before its owner need look. */
	under_review?: boolean,
	/** Marks it carries into review. */
	marks: number,
	/** Since when. */
	since: At,
};

/** Words told to the next run: why it was sent back, what a blocker's answer was. */
export type TaskNote = {
	/** When. */
	at: At,
	/** By whom. */
	by: Actor,
	/** The words. */
	text: string,
};

/** The life cycle of a task; docs/GLOSSARY.md holds the same table. */
export type TaskState =
/** Written, not released. */
"draft" |
/** May start when its dependencies are done. */
"ready" |
/** Given to a busy desk. */
"queued" |
/** Checkout, set-up, engine launch. */
"starting" |
/** Its agent works. */
"running" |
/** Acceptance checks run. */
"checking" |
/** Needs something from outside; partial work is committed. */
"blocked" |
/** Held by the office. */
"parked" |
/** Its process was lost; checkout intact. */
"interrupted" |
/** Waits for a verdict. */
"in review" |
/** In the merge queue. */
"merging" |
/** Merged, its finding accepted, or ticked by its owner. */
"done" |
/** Attempts exhausted, evidence kept. */
"failed" |
/** Called off. */
"cancelled";

/** What a task's checkout was last found to hold against its base. */
export type TaskTakes = {
	/** Files that differ. */
	files: number,
	/** Lines that came or went. */
	lines: number,
};

/** How an answer is meant, beside yes and no. */
export type Terms = {
	/** What was shown, as its hash says it; where it is another by now, nothing is answered. */
	seen?: string | null,
	/** The command as it is to run instead, as one line. */
	edit?: string | null,
	/** The same is approved whenever it is asked for this task. */
	for_task?: boolean,
	/** A rule that says the same from now on, as TOML; the door tries it and keeps it. */
	rule?: string | null,
	/** So many seconds the answer may be taken back, and nothing comes of it. */
	undo_secs?: number | null,
	/** The state of its checkout now, where nobody works in that meanwhile; the door fills it in. */
	stands?: string | null,
	/** What the office does by the changed words; likewise. */
	deed?: Deed | null,
};

/** One thing that a held command would do. */
export type Touch = {
	/** What, in words for a person. */
	words: string,
	/** What the rules say of that alone. */
	said: Said,
	/** Which rule. */
	rule: string,
	/** Why. */
	why: string,
};

/** What `office project try` found. */
export type TryReport = {
	/** The base commit. */
	commit: string,
	/** Whether set-up worked. */
	setup_ok: boolean,
	/** The end of the set-up's output when it did not. */
	setup_tail: string,
	/** Each check by its command, and how it went. */
	checks: { [key in string]: BaseCheck },
	/** How long it took, in milliseconds. */
	took_ms: number,
};

/** What the owner wishes while they are away. */
export type Unattended = {
	/** So many minutes after it was asked a held command parks its task, and the desk takes other work; never if none. */
	park_after_mins: number | null,
	/** Kinds of risk that are denied after so many hours; the others wait. */
	deny_after_hours?: { [key in string]: number },
	/** Whom a kind of risk goes to, and when; the owner at once where none is named. */
	path?: { [key in string]: Step[] },
	/** Kinds of risk that a notification alone does not approve: they are looked at first. */
	look_first?: string[],
	/** Kinds of risk that are told at once, whatever else was told. */
	urgent?: string[],
	/** Minutes of the owner's day between which the desktop is told nothing that is not urgent. */
	quiet?: Quiet | null,
	/** At most one notification in so many seconds; what comes meanwhile is told together. */
	tell_every_secs?: number,
};

/** What a session left in its checkout. */
export type Unsaved = {
	/** Which run. */
	run: RunId,
	/** Where it lies. */
	path: string,
};

/** An account that has reached its usage limit. Each engine has one login here, so an account goes by its engine's name. */
export type UsageLimit = {
	/** Whose account. */
	engine: EngineName,
	/** Since when. */
	since: At,
	/** When it ends, where its provider said so. */
	until?: At | null,
	/** What its provider said. */
	evidence: string,
	/** How far it is. */
	state: LimitState,
	/** When it is looked at next. */
	next: At,
	/** How often it was tried and found to be there still. */
	tries: number,
};

/** What a check came to, told apart by a second try and a try on the base. */
export type Verdict =
/** Green. */
"passed" |
/** Red once, green when tried again: no blame, but said. */
"flaky" |
/** A project check that is red on the base too: said, and not blamed on the task. */
"red_on_base" |
/** Green on the base, red twice here: broken by this task. */
"broken" |
/** The task's own check is red, on the base as well: the task has not done it yet. */
"unmet" |
/** It did not end in time, twice. */
"timed_out";

/** What came of going through the chain. */
export type Verified = {
	/** Links that hold. */
	links: number,
	/** What stands for all of them. */
	head: string,
	/** The first that does not hold, if any. */
	broken: Broken | null,
};

/** A wake, or why there was none. */
export type Wake = {
	/** Who. */
	role: RoleName,
	/** By what. */
	why: Woken,
	/** When. */
	at: At,
	/** The task it leads to; none where somebody of that role was told by mail. */
	made?: TaskId | null,
	/** Why it was cut off, where it was. */
	cut?: string | null,
	/** Whether that was because it kept happening. */
	round?: boolean,
};

/** A pattern on what happens in the office. */
export type WakeOn = {
	/** What happens. */
	on: Occasion,
	/** Only where its task is of this kind. */
	kind?: string | null,
	/** Only where whoever did it holds this role. */
	role?: RoleName | null,
};

/** Which hits are wanted; all that is set must fit. */
export type Wanted = {
	/** Of these sorts; of all, if none is named. */
	among?: Found[],
	/** Notes of these kinds. */
	kinds?: NoteKind[],
	/** Notes about this project, or the whole office. */
	project?: string | null,
	/** Notes with this tag. */
	tag?: string | null,
	/** Notes that somebody refuted, too. */
	refuted?: boolean,
};

/** Somebody an ask goes to. */
export type Whom =
/** The owner. */
"owner" |
/** Whoever leads the desks for the owner. They may look at it and reply; only the owner decides. */
"coordinator";

/** Why a task is there that nobody wrote. */
export type Woken = {
	/** The event that led to it. */
	by: Seq,
	/** The pattern that it fits. */
	on: WakeOn,
	/** The task that it was about. */
	task?: TaskId | null,
	/** So many wakes led to one another up to here. */
	chain: number,
};

/** What was taken from a checkout. */
export type Work = {
	/** The commit that holds it. */
	tip: string,
	/** The base it is compared with. */
	base: string,
	/** Number of commits. */
	commits: number,
	/** Whether uncommitted work was found and committed by the office. */
	leftover_committed: boolean,
	/** Changed files. */
	files: ChangedFile[],
	/** Odd things the collector found. */
	marks: Mark[],
};

/** A private checkout, made for a task or a session. */
export type Workplace = {
	/** The checkout, absolute. */
	path: string,
	/** The branch in it and in the office's repository. */
	branch: string,
	/** The base commit it was made from. */
	base: string,
};
