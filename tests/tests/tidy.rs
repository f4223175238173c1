//! Holds the house style that a compiler does not see. Every rule is a function over a list of files, so that the
//! second half of this file can show that each goes red on a planted violation. Only tracked files are read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// A tracked text file; `path` is relative to the root, with forward slashes.
struct Text {
    path: String,
    text: String,
}

/// One thing to put right: `path:line: what to do`.
type Finding = String;

const LONGEST: usize = 700;
const LONGEST_TEST: usize = 1000;
const LONGEST_DECISION: usize = 14;
const CODE: &[&str] = &["rs", "ts", "svelte", "mjs"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["manager", "managers", "service", "services", "helper", "helpers", "util", "utils", "common", "misc"];

/// The crates that may start processes or tasks, or read the clock, each place with a reason.
const MAY_START: &[&str] = &[
    "src-tauri/crates/pty/",
    "src-tauri/crates/git/",
    "src-tauri/crates/runtime/",
    // ssh, which ends with its line.
    "src-tauri/crates/reach/",
    // It stamps what engines say, and its tests run the program itself.
    "src-tauri/crates/hook/",
    "src-tauri/crates/meter/",
    // Runs what the owner approved, as a child of its own, and waits for it.
    "src-tauri/crates/cli/src/ask_approval.rs",
    // The office, which is meant to outlive the window.
    "src-tauri/src/start.rs",
    // The launcher becomes bwrap and waits for it; its tests run the launcher.
    "src-tauri/crates/sandbox/src/launch.rs",
    "src-tauri/crates/sandbox/src/inside.rs",
    "src-tauri/crates/sandbox/tests/",
    // What is measured there is the start itself.
    "src-tauri/crates/sandbox/examples/",
    // Its own process is what is killed there.
    "src-tauri/crates/store/tests/",
    // bash is what the guard is compared with there, and its worker is what is killed.
    "src-tauri/crates/guard/tests/",
    "tests/",
];

/// Variables of the system that the house may read. Ours begin with `OFFICE_`.
const SYSTEM_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "LANG",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "SSL_CERT_FILE",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "COLUMNS",
    "LINES",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
];

impl Text {
    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    fn is_code(&self) -> bool {
        CODE.contains(&self.extension())
    }

    /// Files a program wrote say so near their top.
    fn is_generated(&self) -> bool {
        self.text.lines().take(5).any(|line| line.contains("@generated"))
    }

    fn is_fixture(&self) -> bool {
        self.path.contains("/fixtures/") || self.path.contains("/snapshots/")
    }

    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with(".test.ts")
    }

    /// A finding for each line that `wrong` has something to say about.
    fn lines(&self, wrong: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
        let numbered = self.text.lines().enumerate();
        numbered
            .filter_map(|(index, line)| wrong(line).map(|what| format!("{}:{}: {what}", self.path, index + 1)))
            .collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "asks git for its list, once, and waits for it")]
fn tracked(root: &Path) -> Result<Vec<Text>> {
    let out =
        std::process::Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().context("start git")?;
    if !out.status.success() {
        return Err(anyhow!("git ls-files: {}", String::from_utf8_lossy(&out.stderr)));
    }
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&out.stdout).split('\0').filter(|path| !path.is_empty()) {
        // A file that was removed but not yet from the index is gone; bytes that are no text have no lines.
        let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
        let text = if bytes.contains(&0) { String::new() } else { String::from_utf8_lossy(&bytes).into_owned() };
        files.push(Text { path: path.to_owned(), text });
    }
    Ok(files)
}

fn files_stay_short(files: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_code() && !file.is_generated() && !file.is_fixture()) {
        let (count, limit) = (file.text.lines().count(), if file.is_test() { LONGEST_TEST } else { LONGEST });
        if count >= limit {
            findings.push(format!("{}:{count}: {limit} lines or more: split it by subject", file.path));
        }
    }
    findings
}

fn rust_files_open_with_their_job(files: &[Text]) -> Vec<Finding> {
    let ours = |file: &&Text| file.path.starts_with("src-tauri/") || file.path.starts_with("tests/");
    files
        .iter()
        .filter(|file| file.extension() == "rs" && !file.is_generated() && !file.is_fixture())
        .filter(ours)
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| format!("{}:1: open with `//! ` and one to four lines: its job, and what is not here", file.path))
        .collect()
}

fn names_say_something(files: &[Text]) -> Vec<Finding> {
    let empty = |name: &str| {
        let mut words = name.split(|letter: char| !letter.is_alphanumeric());
        words.find(|word| EMPTY_NAMES.contains(&word.to_lowercase().as_str())).map(str::to_owned)
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_code()) {
        if let Some(word) = empty(&file.path) {
            findings.push(format!("{}:1: `{word}` says nothing about what is inside: name the thing", file.path));
        }
        findings.extend(file.lines(|line| {
            let line = line.trim_start();
            let after = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
            let name = after.strip_prefix("mod ").filter(|_| file.extension() == "rs")?;
            let word = empty(name.split([' ', ';', '{']).next()?)?;
            Some(format!("module name `{word}` says nothing about what is inside: name the thing"))
        }));
    }
    findings
}

fn nothing_is_left_for_later(files: &[Text]) -> Vec<Finding> {
    // Spelled in two halves, so that this file passes its own rule.
    let marks = [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("FIX", "ME"), concat!("XX", "X:")];
    let code = files.iter().filter(|file| file.is_code());
    code.flat_map(|file| {
        file.lines(|line| {
            let mark = marks.iter().find(|mark| line.contains(*mark))?;
            Some(format!("`{mark}`: do it now, or write it down as an issue"))
        })
    })
    .collect()
}

fn no_line_ends_in_space(files: &[Text]) -> Vec<Finding> {
    let shown = files.iter().filter(|file| !file.is_fixture() && !file.is_generated());
    shown
        .flat_map(|file| {
            file.lines(|line| line.ends_with([' ', '\t']).then(|| "remove the space at the end of the line".into()))
        })
        .collect()
}

fn no_home_of_one_machine(files: &[Text]) -> Vec<Finding> {
    let homes = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/"), concat!("C:\\Us", "ers\\")];
    let shown = files.iter().filter(|file| !file.is_fixture());
    shown
        .flat_map(|file| {
            file.lines(|line| {
                let home = homes.iter().find(|home| line.replace(&format!("{home}you"), "").contains(**home))?;
                Some(format!("`{home}...` is a path of one machine: make it relative (in a text, write `{home}you`)"))
            })
        })
        .collect()
}

fn starting_is_for_those_who_track(files: &[Text]) -> Vec<Finding> {
    let lint = concat!("clippy::disallowed", "_methods");
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension() == "rs") {
        let may = MAY_START.iter().any(|place| file.path.starts_with(place));
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.contains(lint)) {
            let at = format!("{}:{}", file.path, index + 1);
            if !may {
                findings
                    .push(format!("{at}: only pty, git, reach, runtime, tests and the approved command start processes or tasks: ask one of them"));
            }
            // The attribute may be broken over a few lines.
            if !lines[index..].iter().take(4).any(|line| line.contains("reason")) {
                findings.push(format!("{at}: give the exception its `reason = \"...\"`"));
            }
        }
    }
    findings
}

fn variables_are_ours(files: &[Text]) -> Vec<Finding> {
    let reads = [
        concat!("env::", "var(\""),
        concat!("env::", "var_os(\""),
        concat!("(env", " = \""),
        concat!(", env", " = \""),
    ];
    let known = |name: &str, file: &Text| {
        name.starts_with("OFFICE_")
            || name.starts_with("XDG_")
            || name.starts_with("LC_")
            || SYSTEM_VARIABLES.contains(&name)
            || (file.is_test() && name.starts_with("CARGO"))
    };
    let rust = files.iter().filter(|file| file.extension() == "rs");
    rust.flat_map(|file| {
        file.lines(|line| {
            let names =
                reads.iter().flat_map(|read| line.split(read).skip(1)).filter_map(|rest| rest.split('"').next());
            let stranger = names.into_iter().find(|name| !known(name, file))?;
            Some(format!("reads `{stranger}`: name it OFFICE_..., or add it to SYSTEM_VARIABLES in tidy.rs"))
        })
    })
    .collect()
}

fn tests_say_what_they_wait_for(files: &[Text]) -> Vec<Finding> {
    let (call, comment) = (concat!("sle", "ep("), concat!("// waits ", "for: "));
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("tests/") && file.extension() == "rs") {
        let mut above = "";
        for (index, line) in file.text.lines().enumerate() {
            if line.contains(call) && !line.contains(comment) && !above.contains(comment) {
                let what = "wait for a described state instead, or say `// waits for: ...` here or above";
                findings.push(format!("{}:{}: {what}", file.path, index + 1));
            }
            above = line;
        }
    }
    findings
}

fn decisions_are_short_and_counted(files: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let decisions = files.iter().filter(|file| file.path.starts_with("docs/decisions/") && file.extension() == "md");
    let mut decisions: Vec<&Text> = decisions.collect();
    decisions.sort_by(|left, right| left.path.cmp(&right.path));
    for (index, file) in decisions.iter().enumerate() {
        let (name, number) = (file.path.rsplit('/').next().unwrap_or_default(), format!("{:04}-", index + 1));
        if !name.starts_with(&number) {
            findings.push(format!("{}:1: the next number is {number}: count without gaps or doubles", file.path));
        }
        let lines = file.text.lines().filter(|line| !line.trim().is_empty()).count();
        if lines > LONGEST_DECISION {
            findings.push(format!("{}:{lines}: {LONGEST_DECISION} lines are enough for a decision", file.path));
        }
    }
    findings
}

fn links_lead_somewhere(files: &[Text]) -> Vec<Finding> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let exists = |path: &str| {
        let folder = format!("{path}/");
        path.is_empty() || paths.contains(path) || paths.iter().any(|known| known.starts_with(&folder))
    };
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension() == "md" && !file.is_fixture()) {
        let mut in_code = false;
        for (index, line) in file.text.lines().enumerate() {
            in_code ^= line.trim_start().starts_with("```");
            // Every other piece stands between backticks and is code.
            let shown: String = if in_code { String::new() } else { line.split('`').step_by(2).collect() };
            for target in shown.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                let place = target.split('#').next().unwrap_or_default();
                let elsewhere = place.is_empty() || place.contains("://") || place.starts_with("mailto:");
                if !elsewhere && !exists(&resolve(&file.path, place)) {
                    findings.push(format!(
                        "{}:{}: no tracked file at `{target}`: repair the link",
                        file.path,
                        index + 1
                    ));
                }
            }
        }
    }
    findings
}

/// The page on security names each way out that is tried, in a row that begins with its name, and none that is not.
fn ways_out_are_listed(files: &[Text]) -> Vec<Finding> {
    let Some(page) = files.iter().find(|file| file.path == "docs/SECURITY.md") else { return Vec::new() };
    let mut rows = BTreeSet::new();
    let mut findings = Vec::new();
    for (index, line) in page.text.lines().enumerate() {
        let Some(name) =
            line.strip_prefix("| `").and_then(|rest| rest.split("` |").next()).filter(|name| !name.contains(' '))
        else {
            continue;
        };
        if !rows.insert(name) || office_tests::escapes::ALL.iter().all(|escape| escape.name != name) {
            findings.push(format!(
                "{}:{}: `{name}` is listed twice or never tried: tests/src/escapes.rs",
                page.path,
                index + 1
            ));
        }
    }
    let lacking = office_tests::escapes::ALL.iter().filter(|escape| !rows.contains(escape.name));
    findings.extend(lacking.map(|escape| format!("{}:1: a row for `{}` is missing", page.path, escape.name)));
    findings
}

/// Where a relative link in the file `from` leads, as a path from the root.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Runs one rule over the repository that this test stands in.
fn hold(rule: fn(&[Text]) -> Vec<Finding>) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).context("tests/ has a parent")?;
    let findings = rule(&tracked(&root)?);
    assert!(findings.is_empty(), "{} to put right:\n  {}\n", findings.len(), findings.join("\n  "));
    Ok(())
}

/// One test per rule, named like it.
macro_rules! the_house {
    ($($rule:ident),* $(,)?) => { mod the_house { $( #[test] fn $rule() -> anyhow::Result<()> { super::hold(super::$rule) } )* } };
}

the_house!(
    files_stay_short,
    rust_files_open_with_their_job,
    names_say_something,
    nothing_is_left_for_later,
    no_line_ends_in_space,
    no_home_of_one_machine,
    starting_is_for_those_who_track,
    variables_are_ours,
    tests_say_what_they_wait_for,
    decisions_are_short_and_counted,
    links_lead_somewhere,
    ways_out_are_listed,
);

mod planted {
    use super::*;

    /// What `rule` says about one file, joined.
    fn said(rule: fn(&[Text]) -> Vec<Finding>, path: &str, text: &str) -> String {
        rule(&[Text { path: path.into(), text: text.into() }]).join("\n")
    }

    #[test]
    fn a_long_file() {
        assert_eq!(said(files_stay_short, "ui/src/a.ts", &"x\n".repeat(699)), "");
        assert!(said(files_stay_short, "ui/src/a.ts", &"x\n".repeat(700)).starts_with("ui/src/a.ts:700: "));
        assert_eq!(said(files_stay_short, "tests/tests/a.rs", &"x\n".repeat(999)), "");
        assert!(!said(files_stay_short, "tests/tests/a.rs", &"x\n".repeat(1000)).is_empty());
        assert_eq!(said(files_stay_short, "ui/src/a.ts", &format!("// @generated\n{}", "x\n".repeat(900))), "");
    }

    #[test]
    fn a_file_without_its_job() {
        assert!(
            said(rust_files_open_with_their_job, "tests/src/a.rs", "use std;\n//! late\n")
                .starts_with("tests/src/a.rs:1:")
        );
        assert_eq!(said(rust_files_open_with_their_job, "tests/src/a.rs", "//! Its job.\n"), "");
    }

    #[test]
    fn an_empty_name() {
        assert!(said(names_say_something, "src-tauri/crates/core/src/task_manager.rs", "").contains("`manager`"));
        assert!(said(names_say_something, "ui/src/utils/a.ts", "").contains("`utils`"));
        assert!(said(names_say_something, "a.rs", "x\npub mod test_helpers {\n").starts_with("a.rs:2:"));
        assert_eq!(said(names_say_something, "a.rs", "pub mod task;\nlet common = 1;\n"), "");
    }

    #[test]
    fn work_left_for_later() {
        for mark in [concat!("to", "do!()"), concat!("unimpl", "emented!(\"x\")"), concat!("// FIX", "ME soon")] {
            assert!(said(nothing_is_left_for_later, "a.rs", &format!("\n{mark}\n")).starts_with("a.rs:2:"), "{mark}");
        }
    }

    #[test]
    fn space_at_the_end_of_a_line() {
        assert!(said(no_line_ends_in_space, "a.md", "one\ntwo \n").starts_with("a.md:2:"));
        assert_eq!(said(no_line_ends_in_space, "tests/fixtures/a.txt", "two \n"), "");
    }

    #[test]
    fn a_path_of_one_machine() {
        assert!(said(no_home_of_one_machine, "a.rs", concat!("let a = \"/ho", "me/ana/x\";\n")).starts_with("a.rs:1:"));
        assert!(said(no_home_of_one_machine, "a.md", concat!("cd /Us", "ers/ana\n")).starts_with("a.md:1:"));
        assert_eq!(said(no_home_of_one_machine, "a.md", concat!("cd /ho", "me/you/project\n")), "");
    }

    #[test]
    fn a_start_outside_its_crates() {
        let lint = concat!("#[expect(clippy::disallowed", "_methods, reason = \"once\")]\n");
        let bare = concat!("#[allow(clippy::disallowed", "_methods)]\nfn a() {}\n");
        assert!(
            said(starting_is_for_those_who_track, "src-tauri/crates/door/src/a.rs", lint).contains("a.rs:1: only pty")
        );
        assert_eq!(said(starting_is_for_those_who_track, "src-tauri/crates/git/src/a.rs", lint), "");
        assert!(said(starting_is_for_those_who_track, "tests/tests/a.rs", bare).contains("reason"));
    }

    #[test]
    fn a_variable_that_is_not_ours() {
        let read = |name: &str| format!("let a = std::{}{name}\");\n", concat!("env::", "var(\""));
        assert!(said(variables_are_ours, "src-tauri/crates/cli/src/a.rs", &read("DEBUG_ME")).contains("`DEBUG_ME`"));
        assert!(said(variables_are_ours, "src-tauri/crates/cli/src/a.rs", &read("CARGO")).contains("`CARGO`"));
        for fine in ["OFFICE_DIR", "PATH", "XDG_DATA_HOME"] {
            assert_eq!(said(variables_are_ours, "src-tauri/crates/cli/src/a.rs", &read(fine)), "");
        }
    }

    #[test]
    fn a_wait_without_its_reason() {
        let call = concat!("std::thread::sle", "ep(second);\n");
        let comment = concat!("// waits ", "for: the lock to be free\n");
        assert!(
            said(tests_say_what_they_wait_for, "tests/tests/a.rs", &format!("\n{call}"))
                .starts_with("tests/tests/a.rs:2:")
        );
        assert_eq!(said(tests_say_what_they_wait_for, "tests/tests/a.rs", &format!("{comment}{call}")), "");
        assert_eq!(said(tests_say_what_they_wait_for, "src-tauri/crates/pty/src/a.rs", call), "");
    }

    #[test]
    fn a_gap_between_decisions_and_a_long_one() {
        let decision =
            |name: &str, lines: usize| Text { path: format!("docs/decisions/{name}"), text: "x\n".repeat(lines) };
        assert_eq!(decisions_are_short_and_counted(&[decision("0001-a.md", 10), decision("0002-b.md", 14)]), [""; 0]);
        assert!(
            decisions_are_short_and_counted(&[decision("0001-a.md", 1), decision("0003-c.md", 1)])[0].contains("0002-")
        );
        assert!(decisions_are_short_and_counted(&[decision("0001-a.md", 15)])[0].contains("0001-a.md:15:"));
    }

    #[test]
    fn a_link_that_leads_nowhere() {
        let files = |text: &str| {
            let file = |path: &str, text: &str| Text { path: path.into(), text: text.into() };
            [file("docs/a.md", text), file("docs/decisions/0001-x.md", ""), file("README.md", "")]
        };
        let fine = "[x](decisions) [y](../README.md#top) [z](https://example.org) [w](#here) `[code](none)`\n";
        assert_eq!(links_lead_somewhere(&files(fine)), [""; 0]);
        assert!(links_lead_somewhere(&files("\n[x](b.md)\n"))[0].starts_with("docs/a.md:2:"));
        assert!(links_lead_somewhere(&files("[x](../decisions/0001-x.md)\n"))[0].contains("no tracked file"));
    }

    #[test]
    fn a_way_out_that_is_not_listed_and_a_row_that_nobody_tries() {
        let all: String =
            office_tests::escapes::ALL.iter().map(|one| format!("| `{}` | words |\n", one.name)).collect();
        let page = |text: &str| said(ways_out_are_listed, "docs/SECURITY.md", text);
        assert_eq!(page(&format!("| a `word` of other tables | x |\n{all}")), "");
        assert!(page(&all.replace("| `hooks` |", "| hooks |")).contains("a row for `hooks` is missing"));
        assert!(page(&format!("{all}| `by-magic` | x |\n")).contains("`by-magic` is listed twice or never tried"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "makes a repository to list, and waits for it")]
    fn only_tracked_files_are_read() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let git = |args: &[&str]| std::process::Command::new("git").args(args).current_dir(folder.path()).status();
        std::fs::write(folder.path().join("in.rs"), "bad \n")?;
        std::fs::write(folder.path().join("out.rs"), "bad \n")?;
        assert!(git(&["init", "--quiet"])?.success() && git(&["add", "in.rs"])?.success());
        let files = tracked(folder.path())?;
        assert_eq!(no_line_ends_in_space(&files).len(), 1);
        assert_eq!(files[0].path, "in.rs");
        Ok(())
    }
}
