//! The only place that speaks to git: looks at the owner's repository, makes private checkouts, takes an agent's
//! work out of them, compares, merges, and moves the owner's branch forward when that is safe. A checkout is
//! hostile: nothing planted in one runs, leaks or writes. Deliberately not here: tasks, agents, when to do what.

mod advance;
mod bare;
mod batch;
mod begin;
mod call;
mod changes;
mod checkout;
mod collect;
mod collide;
mod commit;
mod desk;
mod drift;
mod error;
mod facts;
mod forward;
mod history;
mod limits;
mod merge;
mod name;
mod office;
mod own_refs;
mod owner_tree;
mod path;
mod plain;
mod push;
mod read;
mod rebase;
mod snapshot;
mod transfer;
mod trip;

pub use advance::{Advance, AdvanceRequest, WaitReason};
pub use begin::begin;
pub use call::{Git, GitSettings};
pub use changes::{ChangeStatus, FileChange, Mark, Patch, PatchStream};
pub use checkout::{CheckSpec, CheckoutSpec, Reclaimed, remove_folder};
pub use collect::{Ancestry, CollectRequest, Collected, TakeHistory, TrailerPolicy};
pub use collide::Side;
pub use desk::HeadAt;
pub use drift::Drift;
pub use error::{GitError, Result};
pub use facts::{RepoFacts, branch_tip, inspect};
pub use limits::Limits;
pub use merge::{MergeOutcome, MergeProbe, MergeRequest, MergeStrategy};
pub use name::{Branch, CommitDate, Identity, ObjectFormat, Oid};
pub use office::OfficeRepo;
pub use path::RepoPath;
pub use plain::read_planted;
pub use push::{Expected, PushRequest, Pushed, Remote, TakeRequest, Taken, without_password};
pub use read::{PathKind, TreeEntry};
pub use snapshot::{SkipReason, Skipped};
pub use trip::{Places, branches, checkout_settings, directory_settings, fingerprint, was_at};
