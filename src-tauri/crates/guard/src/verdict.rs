//! What is said of an action and of a whole command: allow, ask or deny, with the rule and a reason for a person.

use serde::{Deserialize, Serialize};

/// From the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It goes ahead.
    Allow,
    /// The owner is asked.
    Ask,
    /// It is refused.
    Deny,
}

impl Verdict {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What kind of risk it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Something is lost.
    Destructive,
    /// Money goes.
    Spend,
    /// Something leaves for the world.
    Publish,
    /// It goes beyond what the task is about, or cannot be seen through.
    Scope,
    /// Keys, tokens, passwords.
    Secrets,
    /// A host is spoken to.
    Network,
    /// The machine itself.
    System,
    /// What git remembers.
    GitHistory,
    /// What the project is built from.
    Dependency,
    /// People are spoken to.
    HumanFacing,
}

impl Category {
    /// As rules spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Destructive => "destructive",
            Self::Spend => "spend",
            Self::Publish => "publish",
            Self::Scope => "scope",
            Self::Secrets => "secrets",
            Self::Network => "network",
            Self::System => "system",
            Self::GitHistory => "git-history",
            Self::Dependency => "dependency",
            Self::HumanFacing => "human-facing",
        }
    }
}

/// The verdict on a command or an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Allow, ask or deny.
    pub verdict: Verdict,
    /// The kind of risk; none where it is allowed.
    pub category: Option<Category>,
    /// The rule that decided; `none` where no rule knows the action.
    pub rule: String,
    /// Why, for a person.
    pub reason: String,
}

impl Said {
    /// Ask, because nothing could be said in time or at all.
    pub fn unsure(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ask, category: Some(Category::Scope), rule: "guard".to_owned(), reason: reason.into() }
    }
}

/// What a rule says of a question: it fits, it may fit, it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It does not.
    No,
    /// It may, as far as is known.
    Maybe,
    /// It does.
    Yes,
}

impl Fit {
    /// A plain answer.
    pub fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::ops::Not for Fit {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}
