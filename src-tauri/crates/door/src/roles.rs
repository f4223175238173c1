//! What the owner's windows ask about roles: the files by layer, and what is wrong with one. Reading them is the runtime's.

use office_core::role::{Role, RoleFault, RoleFrom};
use serde::{Deserialize, Serialize};
use specta::Type;

/// A file of a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RoleFile {
    /// What it is asked for by: `roles/NAME.md`, or `PROJECT: .claude/agents/NAME.md`.
    pub file: String,
    /// The role.
    pub role: String,
    /// Whose it is. A shipped one that is changed becomes the owner's.
    pub from: RoleFrom,
    /// What is in it.
    pub text: String,
    /// Why it cannot be changed from here; it can, if none.
    pub fixed: Option<String>,
    /// What is wrong with it as it is.
    pub faults: Vec<RoleFault>,
}

/// What came of reading a text as a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RoleTried {
    /// What it says, where it reads.
    pub role: Option<Role>,
    /// What is wrong with it.
    pub faults: Vec<RoleFault>,
}
