//! What a command or an edit would do, in words that rules can judge: the normaliser makes these, the rules read them.
//! No verdict here, and nothing that looks at a disk.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::host::HostClass;
use crate::path::Place;

/// A word of a command line, as far as it is known before the command runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arg {
    /// Exactly this.
    Lit(String),
    /// Whatever files match this pattern.
    Glob(String),
    /// Not known.
    Unknown {
        /// How it was written, for people.
        shown: String,
        /// What it begins with for certain.
        head: String,
        /// Whether it may become several words, or none.
        many: bool,
    },
}

impl Arg {
    /// A known word.
    pub fn lit(text: impl Into<String>) -> Self {
        Self::Lit(text.into())
    }

    /// A word nothing is known of.
    pub fn unknown(shown: impl Into<String>) -> Self {
        Self::Unknown { shown: shown.into(), head: String::new(), many: true }
    }

    /// The word, if it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Lit(text) => Some(text),
            Self::Glob(_) | Self::Unknown { .. } => None,
        }
    }

    /// What it begins with for certain.
    pub fn head(&self) -> &str {
        match self {
            Self::Lit(text) => text,
            Self::Glob(text) => text.split(['*', '?', '[']).next().unwrap_or_default(),
            Self::Unknown { head, .. } => head,
        }
    }

    /// Whether it may turn out to be an option.
    pub fn may_be_option(&self) -> bool {
        match self {
            Self::Lit(text) => text.starts_with('-'),
            Self::Glob(_) => self.head().is_empty() || self.head().starts_with('-'),
            Self::Unknown { head, many, .. } => *many || head.is_empty() || head.starts_with('-'),
        }
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lit(text) if text.is_empty() || text.contains(char::is_whitespace) => write!(f, "'{text}'"),
            Self::Lit(text) | Self::Glob(text) => f.write_str(text),
            Self::Unknown { shown, .. } => write!(f, "⟨{shown}⟩"),
        }
    }
}

/// A program that would run, in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The words as they will be given to the program.
    pub argv: Vec<Arg>,
    /// The program and its subcommands: `git`, `push`.
    pub name: Vec<String>,
    /// Whether the name goes on with something unknown.
    pub name_open: bool,
    /// Options that are there: as spelled, and by the names their spec gives them.
    pub flags: BTreeSet<String>,
    /// Options that the spec does not know.
    pub strange: BTreeSet<String>,
    /// Whether an unknown word may carry options.
    pub flags_open: bool,
    /// What is left after options.
    pub operands: Vec<Arg>,
    /// Whether nothing is known of the program.
    pub unheard: bool,
    /// Through which wrappers it was reached.
    pub via: Vec<String>,
    /// What is set in its environment for it alone.
    pub env: Vec<(String, Arg)>,
}

/// An outward deed that has a name of its own in rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Commits leave for a shared repository.
    Push,
    /// Something is released to the world: a package, an image, a site.
    Publish,
    /// Money is or may be spent.
    Spend,
    /// People are written to.
    Message,
    /// A service or a cluster is changed.
    Deploy,
}

/// How a file would be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was there before.
    Modified,
    /// It was not there.
    Created,
    /// It is gone afterwards.
    Deleted,
}

impl Change {
    /// What a word for it means; none if it is not known.
    pub fn said(word: &str) -> Option<Self> {
        Some(match word.trim().to_lowercase().as_str() {
            "" | "modified" | "modify" | "modifies" | "edit" | "edited" | "edits" | "change" | "changed" | "update"
            | "updated" | "overwrite" | "overwritten" | "append" | "appended" | "replace" | "replaced" | "write"
            | "written" | "patch" | "patched" | "insert" | "inserted" | "m" => Self::Modified,
            "created" | "create" | "creates" | "add" | "added" | "adds" | "new" | "a" => Self::Created,
            "deleted" | "delete" | "deletes" | "remove" | "removed" | "removes" | "rm" | "unlink" | "d" => {
                Self::Deleted
            }
            _ => return None,
        })
    }
}

/// One thing that would happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// A program runs.
    Run(Run),
    /// A file is read and may be shown.
    Read {
        /// Which.
        place: Place,
    },
    /// A file is written, or an editor changes it.
    Write {
        /// Which.
        place: Place,
        /// By an edit, where it is known to be one.
        change: Option<Change>,
        /// Lines changed, where they are known.
        lines: Option<u64>,
    },
    /// A file or a folder is deleted.
    Delete {
        /// Which.
        place: Place,
        /// With all that is in it.
        recursive: bool,
        /// Lines lost, where they are known.
        lines: Option<u64>,
    },
    /// A host is spoken to.
    Reach {
        /// Which, as written.
        host: String,
        /// What kind of host it is.
        class: HostClass,
    },
    /// An outward deed.
    Does {
        /// What.
        deed: Deed,
        /// By which command.
        by: String,
    },
    /// Text that is not known is fed to an interpreter.
    PipeTo {
        /// The interpreter.
        interpreter: String,
        /// Where the text comes from.
        from: String,
    },
    /// Code in a language that is not read here.
    Interpret {
        /// The interpreter.
        interpreter: String,
        /// The code.
        code: String,
    },
    /// A tool of the agent's own that is neither a command nor an edit, or one of a server.
    Use {
        /// Its name, as its engine says it.
        tool: String,
    },
    /// Something that cannot be seen through.
    Opaque {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(run) => {
                write!(f, "run")?;
                for via in &run.via {
                    write!(f, " [{via}]")?;
                }
                run.argv.iter().try_for_each(|arg| write!(f, " {arg}"))
            }
            Self::Read { place } => write!(f, "read {place}"),
            Self::Write { place, .. } => write!(f, "write {place}"),
            Self::Delete { place, recursive: true, .. } => write!(f, "delete {place} and all in it"),
            Self::Delete { place, .. } => write!(f, "delete {place}"),
            Self::Reach { host, class } => write!(f, "reach {host} ({})", class.as_str()),
            Self::Does { deed, by } => write!(f, "{} by {by}", deed.as_str()),
            Self::PipeTo { interpreter, from } => write!(f, "feed {interpreter} with {from}"),
            Self::Interpret { interpreter, code } => write!(f, "run {interpreter} code {code:?}"),
            Self::Use { tool } => write!(f, "use the tool {tool}"),
            Self::Opaque { reason } => write!(f, "not seen through: {reason}"),
        }
    }
}

impl Deed {
    /// As rules spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Publish => "publish",
            Self::Spend => "spend",
            Self::Message => "message",
            Self::Deploy => "deploy",
        }
    }
}
