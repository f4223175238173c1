//! Tasks as they are written in JSON: by agents in their calls and by people in files, in one form. What may be written is the office's to
//! say.

use office_core::check::Check;
use office_core::plan::{NewDraft, NewPlan, PlanCommand};
use office_core::task::Deliverable;
use office_core::task::ask::NewTask;
use office_core::task::split::Part;
use office_core::{ProjectId, RoleName, TaskId};
use rmcp::schemars;
use rmcp::schemars::JsonSchema;
use serde::Deserialize;

/// A plan, as it is written in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanText {
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) words: String,
    pub(crate) drafts: Vec<DraftText>,
}

/// A draft of a plan.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftText {
    /// One line: what is to be so afterwards.
    title: String,
    /// What is to be done and what is not, in Markdown.
    #[serde(default)]
    body: String,
    /// Commands that must end with code 0 before "done" is believed: red today, green then.
    #[serde(default)]
    checks: Vec<String>,
    /// A report is wanted, nothing to merge.
    #[serde(default)]
    finding: bool,
    /// Only workers of this role take it.
    #[serde(default)]
    role: Option<String>,
    /// What kind of work it is, in a word: build, fix, test, docs, ops, qa.
    #[serde(default)]
    kind: Option<String>,
    /// Drafts of this plan that must be done before, by their places in the list, from 0.
    #[serde(default)]
    after: Vec<u32>,
    /// Tasks that are there already and must be done before, by their numbers.
    #[serde(default)]
    depends_on: Vec<u32>,
    /// How long you think it takes, in minutes.
    #[serde(default)]
    estimate_mins: Option<u32>,
}

/// A part of a task that is split.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartText {
    /// One line.
    title: String,
    /// What is to be done, in Markdown.
    #[serde(default)]
    body: String,
    /// Commands that must end with code 0.
    #[serde(default)]
    checks: Vec<String>,
    /// Only workers of this role take it.
    #[serde(default)]
    role: Option<String>,
    /// What kind of work it is, in a word.
    #[serde(default)]
    kind: Option<String>,
    /// Parts that must be done before, by their places in the list, from 0.
    #[serde(default)]
    after: Vec<u32>,
}

impl PlanText {
    /// As the office takes it.
    pub(crate) fn plan(self, project: ProjectId) -> PlanCommand {
        let draft = |it: DraftText| NewDraft {
            new: NewTask {
                body: it.body,
                deliverable: if it.finding { Deliverable::Finding } else { Deliverable::Change },
                checks: it.checks.iter().map(|run| Check::of(run)).collect(),
                depends_on: it.depends_on.into_iter().map(TaskId).collect(),
                role: it.role.map(RoleName),
                kind: it.kind,
                draft: true,
                ..NewTask::of(project, it.title)
            },
            after: it.after,
            estimate_mins: it.estimate_mins,
        };
        let drafts = self.drafts.into_iter().map(draft).collect();
        let new = NewPlan { project, title: self.title, words: self.words, thread: None, drafts };
        PlanCommand::Propose { new: Box::new(new) }
    }
}

impl PartText {
    /// A part of a task; the office knows its project.
    pub(crate) fn part(self) -> Part {
        let new = NewTask {
            body: self.body,
            checks: self.checks.iter().map(|run| Check::of(run)).collect(),
            role: self.role.map(RoleName),
            kind: self.kind,
            ..NewTask::of(ProjectId(0), self.title)
        };
        Part { new, after: self.after }
    }
}
