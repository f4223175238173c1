//! Looks a repository over before it is taken on, and says what its owner should know.

use std::path::Path;

use office_core::project::ProjectSettings;
use office_git::{Branch, RepoFacts};

use crate::settings;
use crate::world::World;

/// What task branches begin with unless the project says otherwise.
const PREFIX: &str = "office";

/// What was found.
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) default_name: String,
    pub(crate) base_branch: String,
    pub(crate) prefix: String,
    pub(crate) settings: ProjectSettings,
    pub(crate) notes: Vec<String>,
}

pub(crate) async fn look(world: &World, path: &str, base: Option<String>) -> Result<Found, String> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err(format!("'{}' is not an absolute path", path.display()));
    }
    // The working copy's settings only say which branch and prefix to look for; everything else is read from the base.
    let root = world.look_at(path, PREFIX).await?.root;
    let hint = std::fs::read_to_string(root.join(".office/project.toml")).unwrap_or_default();
    let hint = settings::parse(".office/project.toml", &hint)?;
    let prefix = hint.branch_prefix.clone().unwrap_or_else(|| PREFIX.to_owned());
    let facts = world.look_at(path, &prefix).await?;
    let wanted = base.or(hint.base.clone());
    let branch = wanted.map(|name| Branch::parse(&name)).transpose().map_err(|error| error.to_string())?;
    facts.ready(&prefix, branch.as_ref()).map_err(|error| error.to_string())?;
    let branch =
        branch.or_else(|| facts.branch.clone()).ok_or("its HEAD is detached; name a base branch with `--base`")?;
    office_git::branch_tip(&world.git, &facts, &branch).await.map_err(|error| error.to_string())?;
    let name = facts.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name.chars().map(|c| if fits(c) { c } else { '-' }).take(40).collect();
    let default_name = name.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
    Ok(Found {
        path: facts.root.to_str().ok_or("its path is not UTF-8; move it, or reach it by another path")?.to_owned(),
        default_name: if default_name.is_empty() { "project".to_owned() } else { default_name },
        base_branch: branch.as_str().to_owned(),
        prefix,
        notes: notes(&facts, branch.as_str()),
        settings: hint,
    })
}

fn notes(facts: &RepoFacts, base: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let mut say = |when: bool, what: String| {
        if when {
            notes.push(what);
        }
    };
    say(
        facts.submodules,
        "it has submodules: their folders are empty in a desk's checkout, and changes to them carry a mark".to_owned(),
    );
    say(facts.lfs, "it uses Git LFS: such files are pointers in a desk's checkout, and stay pointers in your work tree after a merge until `git lfs pull`".to_owned());
    say(
        !facts.filters.is_empty() && !facts.lfs,
        format!("its files pass through filters ({}): desks see them unfiltered", facts.filters.join(", ")),
    );
    say(facts.shallow, "it is a shallow clone: history ends early".to_owned());
    say(facts.sparse, "it is a sparse checkout: desks see all of it".to_owned());
    let on_base = facts.branch.as_ref().is_some_and(|branch| branch.as_str() == base);
    say(
        on_base && facts.tracked_changes > 0,
        format!(
            "{} file(s) of your work tree differ from '{base}': tasks start from the committed state, and merges wait until it is clean",
            facts.tracked_changes
        ),
    );
    notes
}
