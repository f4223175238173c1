//! What keeps an accepted-by-itself merge from being of low risk, in words for its owner. Pure reading of what is known of a
//! task; a project that lets the office merge what is of low risk waits for its owner wherever this says anything.

use crate::approval::ApprovalState;
use crate::check::{CheckResult, Mark, Verdict};
use crate::office::Office;
use crate::run::Work;
use crate::task::Task;

/// A change of more lines is not small.
pub const LINES: u32 = 200;

/// A change of more files is not small.
pub const FILES: usize = 10;

/// Why this change is not of low risk; nothing where it is.
pub fn reasons(office: &Office, task: &Task, work: &Work, results: &[CheckResult], marks: &[Mark]) -> Vec<String> {
    let mut reasons = Vec::new();
    if results.is_empty() {
        reasons.push("no check was run on it".to_owned());
    }
    for result in results.iter().filter(|result| result.verdict != Verdict::Passed) {
        reasons.push(format!("check '{}' is {}", result.name, result.verdict.words()));
    }
    let incidents = task.incidents;
    if incidents > 0 {
        reasons.push(format!("{incidents} incident(s) at its desk while it was worked on"));
    }
    let denied = office.approvals.values().filter(|it| it.task == Some(task.id) && it.state == ApprovalState::Denied);
    let denied = denied.count();
    if denied > 0 {
        reasons.push(format!("{denied} command(s) of its agent were denied"));
    }
    let lines: u64 =
        work.files.iter().map(|it| u64::from(it.added.unwrap_or(0)) + u64::from(it.removed.unwrap_or(0))).sum();
    if work.files.len() > FILES || lines > u64::from(LINES) {
        reasons.push(format!("it is not small: {} files, {lines} lines", work.files.len()));
    }
    if let Some(file) = work.files.iter().find(|it| it.added.is_none() && it.removed.is_none()) {
        reasons.push(format!("{} is no text", file.path));
    }
    // What only adds to tests strengthens them.
    let weakened = |path: &String| {
        work.files.iter().any(|it| it.path == *path && it.status != "A" && (it.removed != Some(0) || it.status != "M"))
    };
    for mark in marks {
        match mark {
            Mark::TouchesTests { files } => {
                if let Some(file) = files.iter().find(|file| weakened(file)) {
                    reasons.push(format!("it takes something out of tests ({file})"));
                }
            }
            Mark::TouchesChecks { files } => {
                reasons.push(format!("it changes what checks run ({})", files.first().map_or("", String::as_str)));
            }
            Mark::Odd { what } => reasons.push(what.clone()),
            // Said of the results above.
            Mark::Flaky { .. } | Mark::RedOnBase { .. } => {}
        }
    }
    if let Some(file) = work.files.iter().find(|it| is_lock(&it.path)) {
        reasons.push(format!("it changes what is depended on ({})", file.path));
    }
    if let Some(file) = work.files.iter().find(|it| steers_agents(&it.path)) {
        reasons.push(format!("it changes what agents are told or may do ({})", file.path));
    }
    if let Some(file) = work.files.iter().find(|it| is_ci(&it.path)) {
        reasons.push(format!("it changes what runs on machines of others ({})", file.path));
    }
    reasons
}

fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}

fn is_lock(path: &str) -> bool {
    const NAMES: [&str; 16] = [
        "cargo.lock",
        "cargo.toml",
        "package.json",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lockb",
        "poetry.lock",
        "pyproject.toml",
        "pipfile.lock",
        "uv.lock",
        "go.mod",
        "go.sum",
        "gemfile.lock",
        "composer.lock",
    ];
    let name = name_of(path);
    NAMES.contains(&name.as_str())
        || name.ends_with(".lock")
        || (name.starts_with("requirements") && name.ends_with(".txt"))
}

fn steers_agents(path: &str) -> bool {
    const FOLDERS: [&str; 10] =
        [".claude", ".codex", ".gemini", ".opencode", ".cursor", ".qwen", ".goose", ".crush", ".aider", ".office"];
    const NAMES: [&str; 8] =
        ["agents.md", "claude.md", "gemini.md", "qwen.md", ".mcp.json", "opencode.json", ".cursorrules", ".goosehints"];
    let lower = path.to_ascii_lowercase();
    let name = name_of(path);
    NAMES.contains(&name.as_str())
        || lower.split('/').any(|part| FOLDERS.contains(&part) || part.starts_with(".aider."))
}

fn is_ci(path: &str) -> bool {
    const FOLDERS: [&str; 6] = [".github", ".gitlab", ".circleci", ".buildkite", ".woodpecker", ".ci"];
    const NAMES: [&str; 8] = [
        ".gitlab-ci.yml",
        "jenkinsfile",
        "azure-pipelines.yml",
        ".travis.yml",
        "appveyor.yml",
        "bitbucket-pipelines.yml",
        "dockerfile",
        ".pre-commit-config.yaml",
    ];
    let lower = path.to_ascii_lowercase();
    NAMES.contains(&name_of(path).as_str())
        || lower.split('/').any(|part| FOLDERS.contains(&part) || part == ".husky" || part == ".githooks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_others_machines_of_agents_and_of_what_is_depended_on_are_known_by_their_names() {
        for path in [".github/workflows/a.yml", "sub/.gitlab-ci.yml", "Jenkinsfile", ".husky/pre-commit"] {
            assert!(is_ci(path), "{path}");
        }
        for path in ["Cargo.lock", "web/package-lock.json", "requirements-dev.txt", "flake.lock", "go.sum"] {
            assert!(is_lock(path), "{path}");
        }
        for path in ["CLAUDE.md", "docs/AGENTS.md", ".claude/settings.json", ".mcp.json", ".aider.conf.yml"] {
            assert!(steers_agents(path), "{path}");
        }
        for path in ["src/lock.rs", "src/agents.rs", "docs/ci.md", "README.md"] {
            assert!(!is_ci(path) && !is_lock(path) && !steers_agents(path), "{path}");
        }
    }
}
