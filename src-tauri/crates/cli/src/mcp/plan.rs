//! The tools of whoever leads: draft tasks that belong together, written at once, and accepted or rejected by the owner as a whole; and
//! answering what others ask.

use office_core::plan::PlanCommand;
use office_core::task::TaskCommand;
use office_core::{CommandBody, Noun, Plan, PlanId, PlanState, TaskId};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::schemars::JsonSchema;
use rmcp::{schemars, tool, tool_router};
use serde::Deserialize;

use super::tools::{OfficeTools, Said, unexpected};
use crate::texts::{DraftText, PlanText};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlanWords {
    /// One line: what there is once all of it is done.
    title: String,
    /// Why so, and what is left out, in Markdown.
    #[serde(default)]
    words: String,
    /// One to thirty tasks that somebody else can each do alone.
    drafts: Vec<DraftText>,
    /// The project; yours if left out.
    #[serde(default)]
    project: Option<String>,
    /// A word of your own: called twice with the same, it is planned once.
    #[serde(default)]
    key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Its number.
    plan: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnswerWords {
    /// The task that waits, by its number.
    task: u32,
    /// The answer, with where you have it from.
    answer: String,
}

#[tool_router(router = plan_router, vis = "pub(super)")]
impl OfficeTools {
    /// Turns what the owner wants into draft tasks with checks, and with what waits for what. Nothing of it runs before the owner
    /// accepts it as a whole. Look at what there is first: what is to be done already is refused.
    #[tool]
    async fn plan_create(&self, Parameters(words): Parameters<PlanWords>) -> Said {
        let project = self.project(words.project.as_deref()).await?;
        let text = PlanText { title: words.title, words: words.words, drafts: words.drafts };
        let Noun::Plan(plan) = self.once(words.key, CommandBody::Plan(text.plan(project))).await? else {
            return Err(unexpected());
        };
        let ids: Vec<String> = plan.drafts.iter().map(|draft| format!("#{}", draft.task)).collect();
        let flaws = self.flaws(plan.drafts.iter().map(|draft| draft.task).collect()).await;
        let advice = if flaws.is_empty() {
            ""
        } else {
            "\nThe owner sees this beside it; plan_withdraw and write it anew where it is right:"
        };
        Ok(format!("Plan {} waits for the owner, with the drafts {}.{advice}{}", plan.id, ids.join(", "), flaws))
    }

    /// Accepts a plan in the owner's place, where your role may: its drafts are released, and start in their order.
    #[tool]
    async fn plan_accept(&self, Parameters(which): Parameters<Which>) -> Said {
        let plan = self.planned(PlanCommand::Accept { plan: PlanId(which.plan) }).await?;
        Ok(format!("Plan {} is {}.", plan.id, plan.state))
    }

    /// Takes back a plan of your own that waits: its drafts are called off.
    #[tool]
    async fn plan_withdraw(&self, Parameters(which): Parameters<Which>) -> Said {
        let plan = self.planned(PlanCommand::Reject { plan: PlanId(which.plan), note: None }).await?;
        Ok(format!(
            "Plan {} is {}.",
            plan.id,
            if plan.state == PlanState::Rejected { "withdrawn" } else { plan.state.as_str() }
        ))
    }

    /// Answers what a blocked task of another desk waits for, where your role may. What is the owner's to decide is left to them.
    #[tool]
    async fn task_answer(&self, Parameters(words): Parameters<AnswerWords>) -> Said {
        let command = TaskCommand::Answer { task: TaskId(words.task), text: words.answer };
        match self.submit(CommandBody::Task(command)).await? {
            Noun::Task(task) => Ok(format!("Task #{} is {}.", task.id, task.state)),
            _ => Err(unexpected()),
        }
    }

    async fn planned(&self, command: PlanCommand) -> Result<Plan, String> {
        match self.submit(CommandBody::Plan(command)).await? {
            Noun::Plan(plan) => Ok(*plan),
            _ => Err(unexpected()),
        }
    }
}
