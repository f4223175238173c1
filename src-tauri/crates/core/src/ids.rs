//! Names of things: small newtypes, so that a desk's number is never taken for a task's.
//! How ids are made is not here: numbers come from counters in the office, random ones from the `Ids` port.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use specta::Type;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, Type)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix('#').unwrap_or(text).parse().map(Self)
            }
        }
    };
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, Type)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

number!(
    /// A task, shown to people as `#12`.
    TaskId
);
number!(
    /// A desk.
    DeskId
);
number!(
    /// One run of an engine at a desk. Run numbers only grow, so a run's number is also its fencing token.
    RunId
);
number!(
    /// A project: one repository the office works on.
    ProjectId
);
number!(
    /// An approval: a command that is held until the owner answers.
    ApprovalId
);
number!(
    /// A standing grant: the owner's yes in advance.
    GrantId
);
number!(
    /// A mail.
    MailId
);
number!(
    /// A plan.
    PlanId
);
number!(
    /// A note.
    NoteId
);
number!(
    /// The position of an event in the log; the first event is 1.
    Seq
);
word!(
    /// The name of a role, as in `roles/<name>.md`.
    RoleName
);
word!(
    /// The name of an engine, as in `engines/<name>.toml`.
    EngineName
);
word!(
    /// A command's id, made by whoever sends it; sent twice it is carried out once.
    CommandId
);

/// An effect: the `n`th thing to do because of event `seq`. Written `seq.n`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Type)]
#[serde(into = "String", try_from = "String")]
#[specta(type = String)]
pub struct EffectId {
    /// The event that caused it.
    pub seq: Seq,
    /// Its place among the effects of that event, from 0.
    pub n: u32,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seq, self.n)
    }
}

impl From<EffectId> for String {
    fn from(id: EffectId) -> Self {
        id.to_string()
    }
}

impl FromStr for EffectId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("'{text}' is no effect id; one looks like 12.0");
        let (seq, n) = text.split_once('.').ok_or_else(wrong)?;
        Ok(Self { seq: Seq(seq.parse().map_err(|_| wrong())?), n: n.parse().map_err(|_| wrong())? })
    }
}

impl TryFrom<String> for EffectId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
