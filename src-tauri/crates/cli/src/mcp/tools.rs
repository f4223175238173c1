//! The tools an agent has of the office. Each is one question at the door; what may be done, the office decides. An answer is
//! text for a model: what is so now, and what to do next.

use std::path::PathBuf;
use std::sync::Arc;

use office_core::approval::{ApprovalCommand, Held};
use office_core::run::Exit;
use office_core::task::{ReviewVerdict, TaskCommand};
use office_core::{Approval, ApprovalState, Code, CommandBody, Noun, Refusal, Task, TaskState};
use office_door::wire::{Answer, Ask};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ContentBlock, ErrorData, ListToolsResult, PaginatedRequestParams,
};
use rmcp::schemars::JsonSchema;
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, schemars, tool, tool_handler, tool_router};
use serde::Deserialize;

use super::link::Link;
use crate::session::command_id;

/// What a tool says: an answer, or an error that the model reads.
pub(super) type Said = Result<String, String>;

/// The tools.
#[derive(Clone, Debug)]
pub(crate) struct OfficeTools {
    pub(super) link: Arc<Link>,
    known: Option<Known>,
    tool_router: ToolRouter<Self>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DoneWords {
    /// What was done, for the reviewer: a few sentences.
    summary: String,
    /// The finding in Markdown, for a task that delivers one.
    #[serde(default)]
    report: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BlockedWords {
    /// What is needed to go on.
    needs: String,
    /// What was done so far.
    #[serde(default)]
    done_so_far: String,
    /// You can go on with what does not need it: you keep your task, and what needs it becomes a task of its own.
    #[serde(default)]
    can_continue: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VerdictWords {
    /// approve, changes-wanted or cannot-judge.
    verdict: String,
    /// What is to be mended and where, or why it cannot be judged; for an approval, what convinced you.
    words: String,
    /// What that rests on: the commands you ran, and what they printed.
    #[serde(default)]
    evidence: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProgressWords {
    /// How far it is, in one sentence.
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The question, with what one has to know to answer it.
    question: String,
    /// Answers to choose from, if there are some.
    #[serde(default)]
    options: Vec<String>,
    /// What was done so far.
    #[serde(default)]
    done_so_far: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Action {
    /// What you want to do, exactly.
    action: String,
    /// Why it is needed, and what it costs or changes.
    why: String,
}

/// Where it is left that the agent knows the tools: a turn that begins earlier would be without them.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// A file that the hook at the start of its session waits for.
    pub(crate) mark: PathBuf,
    /// Where the office reads it.
    pub(crate) signals: PathBuf,
}

impl Known {
    fn leave(&self) {
        use std::io::Write;
        let line = b"{\"engine\":\"office\",\"payload\":{\"office_tools_known\":true}}\n";
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(&self.signals);
        // It is waited for no longer than some seconds.
        let _ = opened.and_then(|mut file| file.write_all(line));
        let _ = std::fs::write(&self.mark, "");
    }
}

#[tool_router]
impl OfficeTools {
    /// `known` is where it is left that the agent asks which tools there are.
    pub(crate) fn new(link: Link, known: Option<Known>) -> Self {
        Self {
            link: Arc::new(link),
            known,
            tool_router: Self::tool_router()
                + Self::team_router()
                + Self::plan_router()
                + Self::work_router()
                + Self::memory_router(),
        }
    }

    /// Says what your task is: title, what is to be done, checks, what was said about it since, and its state.
    #[tool(annotations(read_only_hint = true))]
    async fn task_current(&self) -> Said {
        let task = self.task().await?;
        serde_json::to_string_pretty(&serde_json::json!({
            "task": task.id, "title": task.title, "state": task.state, "deliverable": task.deliverable, "body": task.body,
            "checks": task.checks, "notes": task.notes, "progress": task.progress, "results": task.results,
            "branch": task.workplace.as_ref().map(|place| &place.branch),
        }))
        .map_err(|error| error.to_string())
    }

    /// Says that your task is done. Your work is collected and checked, which may take minutes; the answer says whether it
    /// waits for review now, or what is still missing. Nothing more to do after a yes.
    #[tool]
    async fn task_done(&self, Parameters(words): Parameters<DoneWords>) -> Said {
        let id = self.link.task().map_err(said)?;
        let ask = Ask::Done { task: Some(id), summary: words.summary, report: words.report };
        let answered = self.link.ask(ask).await;
        match answered.answer {
            Ok(Answer::Changed(Noun::Task(task))) => Ok(done_line(&task)),
            Ok(_) => Err(unexpected()),
            // The first time was heard before the office restarted.
            Err(refusal) if answered.again && matches!(refusal.code, Code::WrongState | Code::StaleLease) => {
                let task = self.task().await?;
                if matches!(task.state, TaskState::InReview | TaskState::Merging | TaskState::Done) {
                    Ok(done_line(&task))
                } else {
                    Err(said(refusal))
                }
            }
            Err(refusal) => Err(said(refusal)),
        }
    }

    /// Says what is in the way. Your work so far is committed, and the owner sees what you need. Where you cannot go on, end your turn
    /// after it: this desk takes other work, and the task starts again with the answer. Where you can, say so with `can_continue`.
    #[tool]
    async fn task_blocked(&self, Parameters(words): Parameters<BlockedWords>) -> Said {
        let task = self.link.task().map_err(said)?;
        let BlockedWords { needs, done_so_far, can_continue } = words;
        self.change(TaskCommand::Blocked { task, done_so_far, needs, options: Vec::new(), can_continue }).await?;
        if can_continue {
            return Ok("The owner sees what you need, and what needs it is a task of its own now. Your work so far is committed: go on \
                       with the rest of yours, and say task_done when that is done."
                .to_owned());
        }
        Ok("The owner sees what you need. Your work is kept; end your turn now.".to_owned())
    }

    /// Says what your review came to, where your task is a review of another's change. It ends your task: end your turn after it.
    #[tool]
    async fn task_verdict(&self, Parameters(given): Parameters<VerdictWords>) -> Said {
        let task = self.link.task().map_err(said)?;
        let VerdictWords { verdict, words, evidence } = given;
        let verdict = match verdict.trim().replace('_', "-").as_str() {
            "approve" => ReviewVerdict::Approve,
            "changes-wanted" => ReviewVerdict::ChangesWanted,
            "cannot-judge" => ReviewVerdict::CannotJudge,
            _ => return Err("A verdict is approve, changes-wanted or cannot-judge.".to_owned()),
        };
        self.change(TaskCommand::Judge { task, verdict, words, evidence }).await?;
        Ok("Your verdict is kept, and with it your task is done: end your turn now.".to_owned())
    }

    /// Says how far you are, in one sentence, for whoever looks at the desk. Call it at each step worth telling.
    #[tool]
    async fn task_progress(&self, Parameters(words): Parameters<ProgressWords>) -> Said {
        let task = self.link.task().map_err(said)?;
        self.change(TaskCommand::Progress { task, text: words.text }).await?;
        Ok("Noted. Go on.".to_owned())
    }

    /// Asks the owner a question that you cannot decide by yourself, with answers to choose from where there are some. Your
    /// work is kept and the task waits: end your turn after it; the task starts again with the answer.
    #[tool]
    async fn ask_owner(&self, Parameters(asked): Parameters<Question>) -> Said {
        let task = self.link.task().map_err(said)?;
        let Question { question: needs, options, done_so_far } = asked;
        self.change(TaskCommand::Blocked { task, done_so_far, needs, options, can_continue: false }).await?;
        Ok("The owner is asked. Your work is kept; end your turn now, you are started again with the answer."
            .to_owned())
    }

    /// Asks for the owner's yes to something that is not a command: spending money, a bigger scope, something that cannot be
    /// undone. Waits for the answer, perhaps for hours. A command needs no asking: run it, and it is held by itself.
    #[tool]
    async fn ask_approval(&self, Parameters(wanted): Parameters<Action>) -> Said {
        let cwd = std::env::current_dir().map_err(|error| error.to_string())?.to_string_lossy().into_owned();
        let ask = ApprovalCommand::Ask {
            argv: vec![wanted.action],
            cwd,
            reason: Some(wanted.why),
            held: Held::Words,
            ruling: None,
            stands: None,
            grant: None,
            deed: None,
        };
        let asked = self.approval(ask).await?;
        let answer = self.link.ask(Ask::AwaitApproval { approval: asked.id }).await.answer.map_err(said)?;
        let Answer::Approval(answered) = answer else { return Err(unexpected()) };
        let note = answered.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        if let (ApprovalState::Waiting, Some(question)) = (answered.state, answered.open_question()) {
            let id = answered.id;
            return Err(format!(
                "The owner asks first: {}. Reply with `office approval reply {id} 'YOUR WORDS'`, then ask exactly the same again.",
                question.text
            ));
        }
        if answered.state == ApprovalState::Waiting {
            return Err(
                "Nobody answered yet, and the task is parked until the owner does. End your turn now.".to_owned()
            );
        }
        if answered.state != ApprovalState::Approved {
            return Err(format!("{}{note}. Do without it, or say with task_blocked what you need.", answered.state));
        }
        // A yes is good for one action; having told the agent is all there is to run.
        self.approval(ApprovalCommand::Claim { approval: asked.id, stands: None, deed: None }).await?;
        self.approval(ApprovalCommand::Report { approval: asked.id, exit: Exit::Code { code: 0 } }).await?;
        Ok(format!("Approved, once{note}."))
    }

    async fn task(&self) -> Result<Box<Task>, String> {
        let id = self.link.task().map_err(said)?;
        match self.link.ask(Ask::Task { task: Some(id) }).await.answer.map_err(said)? {
            Answer::Task(task) => Ok(task),
            _ => Err(unexpected()),
        }
    }

    pub(super) async fn submit(&self, body: CommandBody) -> Result<Noun, String> {
        match self.link.ask(Ask::Submit { command_id: command_id(), body }).await.answer.map_err(said)? {
            Answer::Changed(noun) => Ok(noun),
            _ => Err(unexpected()),
        }
    }

    async fn change(&self, command: TaskCommand) -> Result<(), String> {
        self.submit(CommandBody::Task(command)).await.map(|_| ())
    }

    async fn approval(&self, command: ApprovalCommand) -> Result<Approval, String> {
        match self.submit(CommandBody::Approval(command)).await? {
            Noun::Approval(approval) => Ok(*approval),
            _ => Err(unexpected()),
        }
    }
}

#[tool_handler(router = self.tool_router, name = "office", instructions = "The office you work in: your task, the owner, and who else is here.")]
impl ServerHandler for OfficeTools {
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let about_mail = request.name.starts_with("mail_");
        let call = ToolCallContext::new(self, request, context);
        let mut response = self.tool_router.call(call).await?;
        // A busy agent hears of its mail where it looks anyway, and never by typing into its screen.
        if !about_mail
            && let CallToolResponse::Complete(result) = &mut response
            && let Some(words) = self.mail_waits().await
        {
            result.content.push(ContentBlock::text(words));
        }
        Ok(response)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if let Some(known) = &self.known {
            known.leave();
        }
        Ok(ListToolsResult::with_all_items(self.tool_router.list_all()))
    }
}

fn done_line(task: &Task) -> String {
    format!("Task #{} is now {}. There is nothing more to do on it; end your turn.", task.id, task.state)
}

pub(super) fn said(refusal: Refusal) -> String {
    if refusal.detail.is_empty() { refusal.message } else { format!("{}\n{}", refusal.message, refusal.detail) }
}

pub(super) fn unexpected() -> String {
    "the office answered something else than was asked; it may be of another version".to_owned()
}
