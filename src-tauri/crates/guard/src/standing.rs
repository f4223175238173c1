//! What the owner settled before bed: standing grants turn an ask of a known shape into allow, so many times, until a moment;
//! interlocks hold a shape until a task is merged or deployed. Types and matching only: who counts, revokes and audits them
//! is the office.

use jiff::Timestamp;
use office_core::TaskId;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::pattern::fits_words;
use crate::rules::Policy;
use crate::verdict::{Category, Said, Verdict};

/// A command's shape: its program with subcommands, and what its other words may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Program and subcommands: `git push`.
    pub run: String,
    /// Patterns; every further word must fit one of them.
    #[serde(default)]
    pub words: Vec<String>,
}

impl Shape {
    /// Whether the action is of this shape for certain.
    pub fn fits(&self, action: &Action) -> bool {
        let Action::Run(run) = action else { return false };
        let Some(words) = run.argv.iter().map(|arg| arg.known()).collect::<Option<Vec<_>>>() else { return false };
        let name: Vec<&str> = self.run.split_whitespace().collect();
        let base = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
        let begins = words.len() >= name.len()
            && name.first() == Some(&base)
            && words[1..].iter().zip(&name[1..]).all(|(word, wanted)| word == wanted);
        begins && words[name.len()..].iter().all(|word| self.words.iter().any(|pattern| fits_words(pattern, word)))
    }
}

/// A grant given in advance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What it covers.
    pub shape: Shape,
    /// In this project only.
    #[serde(default)]
    pub project: Option<String>,
    /// For this role only.
    #[serde(default)]
    pub role: Option<String>,
    /// How many times more.
    pub left: u32,
    /// The end of the shift.
    pub until: Timestamp,
}

/// Who asks, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The project.
    pub project: &'a str,
    /// The role.
    pub role: &'a str,
    /// Now.
    pub now: Timestamp,
}

impl Grant {
    /// Whether the grant is in force for whoever asks.
    pub fn is_for(&self, asker: Asker<'_>) -> bool {
        self.left > 0
            && asker.now < self.until
            && self.project.as_deref().is_none_or(|project| project == asker.project)
            && self.role.as_deref().is_none_or(|role| role == asker.role)
    }

    /// Whether it covers these actions: each is allowed anyway, or an ask of this shape, or what that ask does by itself.
    /// Nothing covers a deny.
    pub fn covers(&self, actions: &[Action], policy: &Policy, asker: Asker<'_>) -> bool {
        if !self.is_for(asker) {
            return false;
        }
        let mut used = false;
        let all = actions.iter().all(|action| {
            let said = policy.judge(action).said;
            match (said.verdict, action) {
                (Verdict::Allow, _) => true,
                (Verdict::Deny, _) => false,
                // The deed of the command that is granted.
                (Verdict::Ask, Action::Does { by, .. }) => *by == self.shape.run,
                (Verdict::Ask, action) => {
                    used |= self.shape.fits(action);
                    self.shape.fits(action)
                }
            }
        });
        all && used
    }
}

/// Something that must not happen before a task is through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interlock {
    /// What is held.
    pub shape: Shape,
    /// Until this task is merged or deployed.
    pub task: TaskId,
    /// Why.
    pub why: String,
}

impl Interlock {
    /// The refusal, where one of the actions is held; it names the task.
    pub fn holds(&self, actions: &[Action]) -> Option<Said> {
        actions.iter().any(|action| self.shape.fits(action)).then(|| Said {
            verdict: Verdict::Deny,
            category: Some(Category::Scope),
            rule: "interlock".to_owned(),
            reason: format!("held until task {} is through: {}", self.task, self.why),
        })
    }
}
