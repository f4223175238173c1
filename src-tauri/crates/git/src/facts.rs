//! What the owner's repository is: where its parts lie, which branch it is on, what is special about it.
//! Only looks, never writes. Deliberately not here: whether the office accepts what it sees beyond the plain
//! impossibilities (`RepoFacts::ready`), and how clean its files are (`owner_tree`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::call::{Call, Git, Place};
use crate::error::{GitError, Result};
use crate::name::{Branch, Identity, ObjectFormat, Oid};
use crate::owner_tree;

/// What was found at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoFacts {
    /// The top of the work tree, absolute and without symbolic links.
    pub root: PathBuf,
    /// The git directory of this work tree.
    pub git_dir: PathBuf,
    /// The git directory that all work trees share.
    pub common_dir: PathBuf,
    /// Where its objects lie.
    pub objects_dir: PathBuf,
    /// The hash it is built on.
    pub format: ObjectFormat,
    /// Is this a linked work tree (`git worktree add`)?
    pub linked_worktree: bool,
    /// The branch that is checked out; none when HEAD is detached.
    pub branch: Option<Branch>,
    /// The commit HEAD stands at; none in a repository without commits.
    pub head: Option<Oid>,
    /// The owner's name and address; none when git does not know them.
    pub identity: Option<Identity>,
    /// Tracked files that differ from HEAD.
    pub tracked_changes: usize,
    /// Files that git neither tracks nor ignores.
    pub untracked: usize,
    /// Has submodules (`.gitmodules` in HEAD).
    pub submodules: bool,
    /// Uses Git LFS, whose files are pointers in a desk's checkout.
    pub lfs: bool,
    /// Filter drivers (`filter.NAME`) that the owner's configuration defines.
    pub filter_drivers: Vec<String>,
    /// Those of them that `.gitattributes` at the top names: a desk's files do not pass through them.
    pub filters: Vec<String>,
    /// Is a shallow clone: history ends early.
    pub shallow: bool,
    /// Is a partial clone: objects may be missing.
    pub partial: bool,
    /// Checks out only some paths.
    pub sparse: bool,
    /// A branch that makes `PREFIX/...` impossible.
    pub prefix_taken: Option<String>,
    /// Settings of the owner's that decide how files are written; handed on when files are.
    pub file_settings: BTreeMap<String, String>,
}

impl RepoFacts {
    /// Refuses what no task could be run on: no commit, a detached HEAD without a base branch, no identity,
    /// a taken prefix, a partial clone.
    pub fn ready(&self, prefix: &str, base_branch: Option<&Branch>) -> Result<()> {
        if self.head.is_none() && base_branch.is_none() {
            return Err(GitError::NoCommit { path: self.root.clone() });
        }
        if self.branch.is_none() && base_branch.is_none() {
            return Err(GitError::DetachedHead { path: self.root.clone() });
        }
        if let Some(taken) = &self.prefix_taken {
            return Err(GitError::PrefixTaken { prefix: prefix.to_owned(), taken: taken.clone() });
        }
        if self.partial {
            let way_out = "fetch everything with `git fetch --refetch --no-filter` or clone it in full".to_owned();
            return Err(GitError::Unsupported { path: self.root.clone(), what: "a partial clone".to_owned(), way_out });
        }
        self.identity.as_ref().map(|_| ()).ok_or(GitError::NoIdentity)
    }

    /// The owner's repository for commands about refs; reads the owner's local configuration.
    pub(crate) fn refs_place(&self) -> Place {
        let mut place = Place::bare(&self.git_dir, self.format);
        place.common_dir = self.common_dir.clone();
        place
    }
}

/// Looks at the repository that holds `path`. `prefix` is the branch prefix the office would use.
pub async fn inspect(git: &Git, path: &Path, prefix: &str) -> Result<RepoFacts> {
    let found = locate(path)?;
    let mut refs = Place::bare(&found.git_dir, ObjectFormat::Sha1);
    refs.common_dir = found.common_dir.clone();
    let config = owner_config(git, &refs).await?;
    let get = |key: &str| config.get(key).map(String::as_str);
    if get("core.bare") == Some("true") && !found.linked {
        return Err(GitError::Bare { path: found.root });
    }
    if get("extensions.refstorage").is_some_and(|s| s != "files") {
        let way_out = "run `git refs migrate --ref-format=files` there".to_owned();
        return Err(GitError::Unsupported { path: found.root, what: "the reftable ref storage".to_owned(), way_out });
    }
    let format =
        if get("extensions.objectformat") == Some("sha256") { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 };
    let refs = { Place { attributes: format.empty_tree().to_owned(), ..refs } };

    let head_file =
        fs::read_to_string(found.git_dir.join("HEAD")).map_err(|e| GitError::io("reading HEAD", &found.git_dir, e))?;
    let branch = head_file.trim().strip_prefix("ref: refs/heads/").and_then(|b| Branch::parse(b).ok());
    let head = Call::new(git, "rev-parse", refs.clone())
        .args(["-q", "--verify", "HEAD^{commit}"])
        .accept(&[0, 1])
        .run()
        .await?;
    let head = if head.code == 0 { Some(Oid::parse_bytes(&head.stdout)?) } else { None };
    let taken = Call::new(git, "for-each-ref", refs.clone())
        .args(["--format=%(refname)", &format!("refs/heads/{prefix}"), "refs/office"])
        .run()
        .await?;
    let branch_of_prefix = format!("refs/heads/{prefix}");
    let prefix_taken = String::from_utf8_lossy(&taken.stdout)
        .lines()
        .find(|name| *name == branch_of_prefix || *name == "refs/office")
        .map(|name| name.trim_start_matches("refs/heads/").to_owned());

    let attributes = fs::read_to_string(found.root.join(".gitattributes")).unwrap_or_default();
    let names_filter =
        |name: &str| attributes.split_whitespace().any(|word| word.strip_prefix("filter=") == Some(name));
    let filter_drivers = drivers(&config);
    let filters = filter_drivers.iter().filter(|name| names_filter(name)).cloned().collect();
    let identity = match (get("user.name"), get("user.email")) {
        (Some(name), Some(email)) => Some(Identity::new(name, email)?),
        _ => None,
    };
    let mut facts = RepoFacts {
        objects_dir: found.common_dir.join("objects"),
        format,
        linked_worktree: found.linked,
        branch,
        head,
        identity,
        tracked_changes: 0,
        untracked: 0,
        submodules: found.root.join(".gitmodules").is_file(),
        lfs: names_filter("lfs"),
        filter_drivers,
        filters,
        shallow: found.common_dir.join("shallow").is_file(),
        partial: config.iter().any(|(key, value)| key.ends_with(".promisor") && value == "true")
            || get("extensions.partialclone").is_some(),
        sparse: get("core.sparsecheckout") == Some("true"),
        prefix_taken,
        file_settings: file_settings(&config),
        root: found.root,
        git_dir: found.git_dir,
        common_dir: found.common_dir,
    };
    if let Some(head) = facts.head.clone() {
        let state = owner_tree::state(git, &facts, &facts.root, &facts.git_dir, &head).await?;
        facts.tracked_changes = state.tracked.len();
        facts.untracked = state.untracked.len();
    }
    Ok(facts)
}

/// The tip of a branch of the owner's.
pub async fn branch_tip(git: &Git, facts: &RepoFacts, branch: &Branch) -> Result<Oid> {
    // A loose ref holds the id as it is, and is read without a process. What is packed, or is a reference to another
    // one, git resolves. Whoever moves the branch compares again under git's lock.
    if let Ok(text) = fs::read_to_string(facts.common_dir.join(branch.full()))
        && let Ok(tip) = Oid::parse(text.trim_end())
    {
        return Ok(tip);
    }
    let name = format!("{}^{{commit}}", branch.full());
    let out =
        Call::new(git, "rev-parse", facts.refs_place()).args(["-q", "--verify", &name]).accept(&[0, 1]).run().await?;
    if out.code == 0 {
        Oid::parse_bytes(&out.stdout)
    } else {
        Err(GitError::NoSuchBranch { branch: branch.to_string() })
    }
}

/// The same repository with the owner's settings as they are now: filters may have come since it was inspected.
pub(crate) async fn refreshed(git: &Git, facts: &RepoFacts) -> Result<RepoFacts> {
    let config = owner_config(git, &facts.refs_place()).await?;
    let mut facts = facts.clone();
    facts.filter_drivers = drivers(&config);
    facts.sparse = config.get("core.sparsecheckout").is_some_and(|v| v == "true");
    facts.file_settings = file_settings(&config);
    Ok(facts)
}

fn drivers(config: &BTreeMap<String, String>) -> Vec<String> {
    let names =
        config.keys().filter_map(|key| key.strip_prefix("filter.")?.rsplit_once('.').map(|(name, _)| name.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.dedup();
    names
}

fn file_settings(config: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    FILE_SETTINGS.iter().filter_map(|key| Some(((*key).to_owned(), config.get(*key)?.clone()))).collect()
}

/// Settings that change what bytes git writes into a work tree; none of them can start a program.
const FILE_SETTINGS: &[&str] = &[
    "core.autocrlf",
    "core.eol",
    "core.filemode",
    "core.symlinks",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.sharedrepository",
];

/// The owner's settings as git resolves them, all files included; the last of several wins.
async fn owner_config(git: &Git, place: &Place) -> Result<BTreeMap<String, String>> {
    let wanted = r"^(user\.(name|email)|core\.|extensions\.|filter\.|remote\..*\.promisor$)";
    let call =
        Call::new(git, "config", place.clone()).owner_config().args(["--includes", "-z", "--get-regexp", wanted]);
    let out = call.accept(&[0, 1]).limit(8 << 20).run().await?;
    let mut config = BTreeMap::new();
    for entry in out.stdout.split(|b| *b == 0).filter(|e| !e.is_empty()) {
        let text = String::from_utf8_lossy(entry);
        let (key, value) = text.split_once('\n').unwrap_or((&text, "true"));
        // The office's own `-c` settings would answer for the owner's.
        if !key.starts_with("core.")
            || FILE_SETTINGS.contains(&key)
            || matches!(key, "core.bare" | "core.sparsecheckout")
        {
            config.insert(key.to_owned(), value.to_owned());
        }
    }
    Ok(config)
}

struct Found {
    root: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
    linked: bool,
}

/// Finds the repository upwards from `path`, in-process: git itself never discovers anything.
fn locate(path: &Path) -> Result<Found> {
    let start = fs::canonicalize(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => GitError::NoSuchFolder { path: path.to_path_buf() },
        _ => GitError::io("opening the folder", path, e),
    })?;
    if !start.is_dir() {
        return Err(GitError::NoSuchFolder { path: start });
    }
    for folder in start.ancestors() {
        let dot_git = folder.join(".git");
        let Ok(kind) = fs::symlink_metadata(&dot_git) else {
            if looks_bare(folder) {
                return Err(GitError::Bare { path: folder.to_path_buf() });
            }
            continue;
        };
        let git_dir = if kind.is_file() {
            named_git_dir(folder, &dot_git)?
        } else {
            fs::canonicalize(&dot_git).map_err(|e| GitError::io("opening .git", &dot_git, e))?
        };
        if !git_dir.join("HEAD").exists() {
            return Err(GitError::NotARepository { path: folder.to_path_buf() });
        }
        let common = match fs::read_to_string(git_dir.join("commondir")) {
            Ok(text) => fs::canonicalize(git_dir.join(text.trim_end_matches('\n')))
                .map_err(|e| GitError::io("opening the shared git directory", &git_dir, e))?,
            Err(_) => git_dir.clone(),
        };
        let linked = common != git_dir;
        return Ok(Found { root: folder.to_path_buf(), git_dir, common_dir: common, linked });
    }
    Err(GitError::NotARepository { path: start })
}

/// Where a `.git` file (linked work tree, submodule) points.
fn named_git_dir(folder: &Path, file: &Path) -> Result<PathBuf> {
    let text = fs::read_to_string(file).map_err(|e| GitError::io("reading .git", file, e))?;
    let target = text
        .trim_end_matches('\n')
        .strip_prefix("gitdir: ")
        .ok_or_else(|| GitError::NotARepository { path: folder.to_path_buf() })?;
    fs::canonicalize(folder.join(target)).map_err(|e| GitError::io("opening the git directory", file, e))
}

fn looks_bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}
