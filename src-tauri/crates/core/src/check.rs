//! Checks: the commands that say whether work is acceptable, what each came to, and the marks a change carries into review.
//! Running them is not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::run::ChangedFile;

/// Where a check comes from; it decides what a red on the base means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CheckSource {
    /// The task's own acceptance check: red on the base is expected, that is what the task is for.
    Task,
    /// A check of the project: it should be green on the base.
    Project,
}

/// A command that must end with code 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Check {
    /// How people call it; the command itself when none was given.
    pub name: String,
    /// A shell command, run by `sh -c` in a checkout of the office's own.
    pub run: String,
    /// After this many seconds its process group is ended and the check is red.
    #[serde(default = "Check::default_timeout")]
    pub timeout_secs: u32,
    /// Files and folders that belong to the check, not to the work: always taken from the base. Those the office finds by
    /// itself (see [`Check::owns`]) need not be listed.
    #[serde(default)]
    pub files: Vec<String>,
}

impl Check {
    fn default_timeout() -> u32 {
        600
    }

    /// A check named by its command, with the default time-out of 600 s.
    pub fn of(run: &str) -> Self {
        Self {
            name: run.lines().next().unwrap_or_default().to_owned(),
            run: run.to_owned(),
            timeout_secs: 600,
            files: Vec::new(),
        }
    }

    /// Whether a file belongs to this check rather than to the work it judges: listed in `files`; or named in the command
    /// and test or check by its place; or named in the command of a project's check. What a task's own check names
    /// otherwise (`./greet.sh | grep wave`) is the very thing the task is to change.
    pub fn owns(&self, source: CheckSource, path: &str) -> bool {
        let within = |place: &str| path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
        let listed = self.files.iter().any(|place| within(place.trim_start_matches("./").trim_end_matches('/')));
        let judged = source == CheckSource::Project || looks_like_test(path) || governs_checks(path);
        listed || (judged && self.words().any(within))
    }

    /// Words of the command that could name a file.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.run
            .split(|c: char| {
                c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '<' | '>' | '=' | '"' | '\'' | '`')
            })
            .map(|word| word.trim_start_matches("./").trim_end_matches('/'))
            .filter(|word| !word.is_empty() && !word.starts_with('-') && !word.starts_with('/') && !word.contains(".."))
    }
}

/// What a check came to, told apart by a second try and a try on the base.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Green.
    Passed,
    /// Red once, green when tried again: no blame, but said.
    Flaky,
    /// A project check that is red on the base too: said, and not blamed on the task.
    RedOnBase,
    /// Green on the base, red twice here: broken by this task.
    Broken,
    /// The task's own check is red, on the base as well: the task has not done it yet.
    Unmet,
    /// It did not end in time, twice.
    TimedOut,
}

impl Verdict {
    /// Whether this verdict refuses a "done".
    pub fn refuses(self) -> bool {
        matches!(self, Verdict::Broken | Verdict::Unmet | Verdict::TimedOut)
    }

    /// How people read it.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Flaky => "flaky",
            Verdict::RedOnBase => "red on base",
            Verdict::Broken => "broken by this task",
            Verdict::Unmet => "not met yet",
            Verdict::TimedOut => "timed out",
        }
    }
}

/// One check's result on one commit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// Its command.
    pub run: String,
    /// Whose check it is.
    pub source: CheckSource,
    /// What it came to.
    pub verdict: Verdict,
    /// Exit code of the last try; none when it was ended by time-out or signal.
    pub code: Option<i32>,
    /// How long all tries took, in milliseconds.
    pub took_ms: u32,
    /// The end of its output (at most 4 KiB), lossy UTF-8; the whole is in the run's record.
    pub tail: String,
}

/// Something a reviewer must see at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mark {
    /// The change touches tests.
    TouchesTests {
        /// Which files.
        files: Vec<String>,
    },
    /// The change touches files that checks name, or the project's check settings or CI.
    TouchesChecks {
        /// Which files.
        files: Vec<String>,
    },
    /// A check was flaky.
    Flaky {
        /// Which check.
        check: String,
    },
    /// A check is red on the base.
    RedOnBase {
        /// Which check.
        check: String,
    },
    /// The collector left something out or found something odd (embedded repository, link out of the checkout).
    Odd {
        /// What.
        what: String,
    },
}

/// The marks that changed files earn, given the checks. A file of a check that the base does not have is the task's to
/// bring, so it earns none.
pub fn marks_for(files: &[ChangedFile], checks: &[(CheckSource, Check)]) -> Vec<Mark> {
    let mut tests = Vec::new();
    let mut checked = Vec::new();
    for ChangedFile { path, status, .. } in files {
        let owned = status != "A" && checks.iter().any(|(source, check)| check.owns(*source, path));
        if owned || governs_checks(path) {
            checked.push(path.clone());
        } else if looks_like_test(path) {
            tests.push(path.clone());
        }
    }
    let mut marks = Vec::new();
    if !tests.is_empty() {
        marks.push(Mark::TouchesTests { files: tests });
    }
    if !checked.is_empty() {
        marks.push(Mark::TouchesChecks { files: checked });
    }
    marks
}

fn governs_checks(path: &str) -> bool {
    const EXACT: [&str; 8] = [
        ".gitlab-ci.yml",
        "Makefile",
        "justfile",
        "noxfile.py",
        "tox.ini",
        "pytest.ini",
        "conftest.py",
        "azure-pipelines.yml",
    ];
    path.starts_with(".office/")
        || path.starts_with(".github/workflows/")
        || path.starts_with(".ci/")
        || EXACT.contains(&path)
        || path
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("jest.config") || name.starts_with("vitest.config"))
}

fn looks_like_test(path: &str) -> bool {
    let in_test_folder = path.split('/').rev().skip(1).any(|part| {
        matches!(
            part.to_ascii_lowercase().as_str(),
            "test" | "tests" | "spec" | "specs" | "__tests__" | "testdata" | "fixtures"
        )
    });
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or(&name);
    in_test_folder
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || stem.ends_with("-test")
        || name.contains(".test.")
        || name.contains(".spec.")
        || stem == "test"
        || stem == "tests"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(path: &str, status: &str) -> ChangedFile {
        ChangedFile { path: path.to_owned(), status: status.to_owned(), added: None, removed: None }
    }

    #[test]
    fn what_a_task_check_names_is_the_work_unless_its_place_says_test() {
        let check = Check::of("./greet.sh Ada | grep -q o/ && sh tests/accept.sh");
        assert!(!check.owns(CheckSource::Task, "greet.sh"));
        assert!(check.owns(CheckSource::Task, "tests/accept.sh"));
        assert!(check.owns(CheckSource::Project, "greet.sh"));
        assert!(!check.owns(CheckSource::Project, "greet.shx"));
    }

    #[test]
    fn listed_files_belong_to_the_check_wherever_they_are() {
        let check = Check { files: vec!["./judge/".to_owned()], ..Check::of("make judge") };
        assert!(check.owns(CheckSource::Task, "judge/rules.txt"));
        assert!(!check.owns(CheckSource::Task, "judgement.txt"));
    }

    #[test]
    fn changed_tests_and_checks_are_marked_and_a_new_file_of_a_check_is_not() {
        let checks = [(CheckSource::Project, Check::of("sh lint.sh"))];
        let files = [changed("lint.sh", "M"), changed("src/a_test.go", "M"), changed("src/a.go", "M")];
        let marks = marks_for(&files, &checks);
        assert_eq!(
            marks,
            [
                Mark::TouchesTests { files: vec!["src/a_test.go".to_owned()] },
                Mark::TouchesChecks { files: vec!["lint.sh".to_owned()] }
            ]
        );
        assert_eq!(marks_for(&[changed("lint.sh", "A")], &checks), []);
        assert_eq!(marks_for(&[changed(".office/project.toml", "A")], &checks).len(), 1);
    }
}
