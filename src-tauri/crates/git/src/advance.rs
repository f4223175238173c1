//! Moves the owner's branch forward to a merge, and never any other way: compared with where it was expected,
//! in the one work tree that holds it only when that is clean, redoable after a kill at any step.
//! Deliberately not here: writing the files of that work tree (`forward`) and making the merge (`merge`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::call::{Call, Place, Running};
use crate::error::{GitError, Result};
use crate::facts;
use crate::forward::{Forward, Step};
use crate::name::{Branch, CommitDate, Identity, Oid};
use crate::office::OfficeRepo;
use crate::owner_tree::{self, Holder};
use crate::path::RepoPath;
use crate::transfer;

/// A step forward of the owner's branch.
#[derive(Debug, Clone)]
pub struct AdvanceRequest {
    /// The owner's branch.
    pub branch: Branch,
    /// Where it is expected to stand.
    pub old: Oid,
    /// Where it shall stand; must contain `old`.
    pub new: Oid,
    /// Whose name the reflog carries.
    pub identity: Identity,
    /// When.
    pub date: CommitDate,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Advance {
    /// The branch stands at the new commit, and the work tree that holds it does too.
    Advanced {
        /// That work tree, if there is one.
        work_tree: Option<PathBuf>,
    },
    /// The branch held the commit already.
    AlreadyThere,
    /// The branch stands elsewhere: merge again on top of that.
    BaseMoved {
        /// Where.
        found: Oid,
    },
    /// Nothing moved, because something of the owner's is in the way.
    Waits {
        /// The work tree.
        work_tree: PathBuf,
        /// What is in the way.
        why: WaitReason,
    },
}

/// What keeps the owner's work tree from being fast-forwarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum WaitReason {
    /// Tracked files differ from the branch.
    #[error("it has changes that are not committed ({}); commit or stash them", list(paths))]
    Dirty {
        /// Which.
        paths: Vec<RepoPath>,
    },
    /// Untracked files lie where new ones would come.
    #[error("files that git does not track are in the way ({}); move them", list(paths))]
    InTheWay {
        /// Which.
        paths: Vec<RepoPath>,
    },
    /// Another git is at work there.
    #[error(
        "another git is at work there ({} exists); let it end, or remove that file if none runs",
        crate::error::show(lock)
    )]
    Locked {
        /// The lock.
        lock: PathBuf,
    },
    /// Something was begun there and not ended.
    #[error("{what}; finish or abort it")]
    Busy {
        /// What.
        what: String,
    },
    /// The files pass through programs of the owner's, which the office does not run.
    #[error(
        "its files pass through filters ({}) that the office does not run; run `git merge --ff-only {commit}` there yourself",
        list(paths)
    )]
    Filters {
        /// Which files.
        paths: Vec<RepoPath>,
        /// The commit to go to.
        commit: Oid,
    },
    /// The work tree is set up in a way that the office does not write.
    #[error("{what}, which the office does not handle; run `git merge --ff-only {commit}` there yourself")]
    Unusual {
        /// What.
        what: String,
        /// The commit to go to.
        commit: Oid,
    },
}

fn list(paths: &[RepoPath]) -> String {
    let mut text = paths.iter().take(5).map(RepoPath::to_string).collect::<Vec<_>>().join(", ");
    if paths.len() > 5 {
        text.push_str(&format!(" and {} more", paths.len() - 5));
    }
    text
}

impl OfficeRepo {
    /// Moves the branch. Safe to repeat: what a killed run began is finished.
    pub async fn advance_base(&self, request: &AdvanceRequest) -> Result<Advance> {
        let (old, new) = (&request.old, &request.new);
        let place = self.place();
        let (found, forwards, owner) = tokio::try_join!(
            facts::branch_tip(&self.git, &self.owner, &request.branch),
            self.contains(&place, new, old),
            facts::refreshed(&self.git, &self.owner),
        )?;
        // From here on with the owner's settings as they are now.
        let office = Self { owner, ..self.clone() };
        office.advance_from(request, found, forwards).await
    }

    async fn advance_from(&self, request: &AdvanceRequest, found: Oid, forwards: bool) -> Result<Advance> {
        let (old, new) = (&request.old, &request.new);
        if found == *new {
            return Ok(Advance::AlreadyThere);
        }
        if found != *old {
            let landed = self.contains(&self.place(), &found, new).await?;
            return Ok(if landed { Advance::AlreadyThere } else { Advance::BaseMoved { found } });
        }
        if !forwards {
            return Err(GitError::NotFastForward { old: old.to_string(), new: new.to_string() });
        }
        let holders = owner_tree::holders(&self.owner, &request.branch)?;
        let wait = |holder: &Holder, why| Ok(Advance::Waits { work_tree: holder.root.clone(), why });
        if let Some((holder, what)) = holders.iter().find_map(|h| h.busy.map(|b| (h, b))) {
            return wait(holder, WaitReason::Busy { what: what.to_owned() });
        }
        if let [_, second, ..] = holders.as_slice() {
            return wait(
                second,
                WaitReason::Busy { what: "the branch is checked out in several work trees".to_owned() },
            );
        }
        let ((), changes) = tokio::try_join!(self.send_to_owner(old, new), self.changes(old, new))?;
        let Some(holder) = holders.first() else {
            let mut moving = self.begin_ref(request, &self.owner.git_dir).await?;
            if let Err(found) = moving.prepare(self, request).await? {
                return Ok(found);
            }
            moving.commit().await?;
            return Ok(Advance::Advanced { work_tree: None });
        };
        let mut forward = match Forward::begin(self, holder, old, new, changes).await? {
            Ok(forward) => forward,
            Err(why) => return wait(holder, why),
        };
        let step = match forward.look().await? {
            Ok(step) => step,
            Err(why) => {
                forward.release()?;
                return wait(holder, why);
            }
        };
        // The branch is locked before a file is touched, so that it cannot move in between.
        let mut moving = self.begin_ref(request, &holder.git_dir).await?;
        if let Err(found) = moving.prepare(self, request).await? {
            forward.release()?;
            return Ok(found);
        }
        if step != Step::OnlyTheBranch
            && let Err(error) = forward.write(step).await
        {
            moving.abort().await?;
            return Err(error);
        }
        moving.commit().await?;
        forward.release()?;
        Ok(Advance::Advanced { work_tree: Some(holder.root.clone()) })
    }

    /// Objects are plain data: bringing them changes nothing the owner sees.
    async fn send_to_owner(&self, old: &Oid, new: &Oid) -> Result<()> {
        let mut to = self.place();
        to.objects = Some(self.owner.objects_dir.clone());
        transfer::send(&self.git, self.place(), to, new, &[old], u64::MAX).await.map(|_| ())
    }

    async fn begin_ref(&self, request: &AdvanceRequest, git_dir: &std::path::Path) -> Result<RefMove> {
        let mut place = Place::bare(git_dir, self.owner.format);
        place.common_dir = self.owner.common_dir.clone();
        let call = Call::new(&self.git, "update-ref", place).args(["-m", "office: fast-forward", "--stdin"]);
        let mut running = call.identity(&request.identity, request.date).start_fed()?;
        let lines = running.child.stdout.take().map(|out| BufReader::new(out).lines());
        Ok(RefMove { running, lines })
    }
}

/// A branch that is about to move: locked by git, moved by `commit`, left as it was by dropping this.
struct RefMove {
    running: Running,
    lines: Option<tokio::io::Lines<BufReader<tokio::process::ChildStdout>>>,
}

impl RefMove {
    async fn prepare(&mut self, office: &OfficeRepo, request: &AdvanceRequest) -> Result<Result<(), Advance>> {
        let text = format!("start\nupdate {} {} {}\nprepare\n", request.branch.full(), request.new, request.old);
        if self.say(&text, "prepare: ok").await? {
            return Ok(Ok(()));
        }
        let found = facts::branch_tip(&office.git, &office.owner, &request.branch).await?;
        if found != request.old {
            return Ok(Err(Advance::BaseMoved { found }));
        }
        let lock = office.owner.common_dir.join(format!("{}.lock", request.branch.full()));
        Ok(Err(Advance::Waits { work_tree: office.owner.root.clone(), why: WaitReason::Locked { lock } }))
    }

    async fn commit(&mut self) -> Result<()> {
        if self.say("commit\n", "commit: ok").await? {
            drop(self.running.child.stdin.take());
            self.running.wait().await?;
            return Ok(());
        }
        Err(GitError::Failed {
            command: "update-ref".to_owned(),
            status: "no answer".to_owned(),
            stderr: "the branch did not move; try again".to_owned(),
        })
    }

    /// Leaves the branch where it is; its lock is gone when this returns.
    async fn abort(&mut self) -> Result<()> {
        drop(self.running.child.stdin.take());
        self.running.wait().await.map(|_| ())
    }

    async fn say(&mut self, text: &str, wanted: &str) -> Result<bool> {
        let (Some(input), Some(lines)) = (self.running.child.stdin.as_mut(), self.lines.as_mut()) else {
            return Ok(false);
        };
        let work = async {
            if input.write_all(text.as_bytes()).await.is_err() {
                return false;
            }
            while let Ok(Some(line)) = lines.next_line().await {
                if line == wanted {
                    return true;
                }
            }
            false
        };
        let done = tokio::time::timeout(self.running.timeout, work).await;
        done.map_err(|_| self.running.timed_out("another git may hold the branch"))
    }
}
