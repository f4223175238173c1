//! Holds the arrows: what a crate imports is what the table in docs/ARCHITECTURE.md lets it import.
//! Dev-dependencies are free. Reads `cargo metadata --no-deps` and Cargo.lock, so it needs no network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// A heavy dependency and the one crate that may name it.
const FENCES: &[(&str, &str)] =
    &[("sqlx", "store"), ("tantivy", "memory"), ("portable-pty", "pty"), ("tauri", "shell")];

/// All that `core` may name: data types and their derives, nothing that does anything.
const CORE_MAY_USE: &[&str] = &["jiff", "serde", "sha2", "specta", "strsim", "thiserror"];

/// A row of the table that may be there before its crate is.
const COMES_LATER: &str = "(comes with";

/// One crate of the workspace: what it names in `[dependencies]` and `[build-dependencies]`.
struct Member {
    name: String,
    ours: BTreeSet<String>,
    theirs: BTreeSet<String>,
}

/// One row of the table of crates.
struct Row {
    may_import: BTreeSet<String>,
    later: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The name a crate has in the table: its package name without our prefix. The window is called as its owner calls it.
fn short(package: &str) -> String {
    match package.strip_prefix("office-").unwrap_or(package) {
        "afterhours" => "shell".to_owned(),
        name => name.to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "asks cargo, once, and waits for it")]
fn cargo_metadata(root: &Path) -> Result<serde_json::Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("start cargo metadata")?;
    if !out.status.success() {
        return Err(anyhow!("cargo metadata: {}", String::from_utf8_lossy(&out.stderr)));
    }
    Ok(serde_json::from_slice(&out.stdout)?)
}

fn members(metadata: &serde_json::Value) -> Result<Vec<Member>> {
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let name_of = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    let all: BTreeSet<String> = packages.iter().map(name_of).collect();
    let member = |package: &serde_json::Value| {
        let mut member = Member { name: short(&name_of(package)), ours: BTreeSet::new(), theirs: BTreeSet::new() };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let name = name_of(dependency);
            if all.contains(&name) {
                member.ours.insert(short(&name))
            } else {
                member.theirs.insert(name)
            };
        }
        member
    };
    Ok(packages.iter().map(member).collect())
}

/// Reads the rows below the head `| crate | may import | ...`; a crate of ours is the part of `may import`
/// before the first `;`, where every name stands in backticks.
fn table(markdown: &str) -> BTreeMap<String, Row> {
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let names = |text: &str| -> BTreeSet<String> {
        text.split('`').skip(1).step_by(2).map(|name| short(name.trim())).collect()
    };
    markdown
        .lines()
        .skip_while(|line| !line.starts_with("| crate | may import |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let cells = cells(line);
            let name = names(cells.first()?).into_iter().next()?;
            let ours = cells.get(1)?.split(';').next().unwrap_or_default().to_owned();
            Some((name, Row { may_import: names(&ours), later: line.contains(COMES_LATER) }))
        })
        .collect()
}

/// Every arrow the table does not have, and every row that is missing or out of date.
fn wrong_arrows(members: &[Member], table: &BTreeMap<String, Row>) -> Vec<String> {
    let mut wrong = Vec::new();
    for member in members {
        let name = &member.name;
        let Some(row) = table.get(name) else {
            wrong.push(format!("`{name}` has no row in the table of crates: add one, with what it may import and why"));
            continue;
        };
        if row.later {
            wrong.push(format!("`{name}` exists, but its row says it comes later: take `{COMES_LATER} ...)` out"));
        }
        for import in member.ours.difference(&row.may_import) {
            wrong.push(format!(
                "`{name}` imports `{import}`: not an arrow of the table; remove it or change the table on purpose"
            ));
        }
    }
    for (name, row) in table {
        if !row.later && !members.iter().any(|member| member.name == *name) {
            wrong.push(format!(
                "the table has `{name}`, the workspace has not: remove the row or mark it `{COMES_LATER} ...)`"
            ));
        }
    }
    wrong
}

/// Every heavy dependency named outside its fence, and everything that `core` must not name.
fn broken_fences(members: &[Member]) -> Vec<String> {
    let mut broken = Vec::new();
    for member in members {
        for (dependency, home) in FENCES {
            if member.name != *home && member.theirs.contains(*dependency) {
                broken.push(format!("`{}` names {dependency}, which belongs to `{home}` alone", member.name));
            }
        }
        if member.name == "core" {
            for extra in member.theirs.iter().filter(|name| !CORE_MAY_USE.contains(&name.as_str())) {
                broken.push(format!("`core` names {extra}: it may use {} only", CORE_MAY_USE.join(", ")));
            }
        }
    }
    broken
}

/// The names of all packages below `package` in a Cargo.lock (dev-dependencies of our own crates included).
fn tree_below(lock: &str, package: &str) -> Result<BTreeSet<String>> {
    let lock: toml::Table = lock.parse().context("read Cargo.lock")?;
    let mut below: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock has no packages")? {
        let name = entry.get("name").and_then(toml::Value::as_str).unwrap_or_default();
        let dependencies = entry.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        let names = dependencies.filter_map(toml::Value::as_str).filter_map(|line| line.split(' ').next());
        below.entry(name.to_owned()).or_default().extend(names.map(str::to_owned));
    }
    let mut seen = BTreeSet::new();
    let mut next = vec![package.to_owned()];
    while let Some(name) = next.pop() {
        for child in below.get(&name).with_context(|| format!("{name} is not in Cargo.lock"))? {
            if seen.insert(child.clone()) {
                next.push(child.clone());
            }
        }
    }
    Ok(seen)
}

#[test]
fn every_arrow_between_crates_is_in_the_table() -> Result<()> {
    let members = members(&cargo_metadata(&root())?)?;
    let markdown = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md"))?;
    let wrong = wrong_arrows(&members, &table(&markdown));
    assert!(wrong.is_empty(), "docs/ARCHITECTURE.md and Cargo.toml disagree:\n  {}", wrong.join("\n  "));
    Ok(())
}

#[test]
fn heavy_dependencies_stay_behind_their_fences() -> Result<()> {
    let broken = broken_fences(&members(&cargo_metadata(&root())?)?);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

#[test]
fn the_runtime_does_not_carry_a_window() -> Result<()> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
    let windows: Vec<String> = tree_below(&lock, "office-runtime")?
        .into_iter()
        .filter(|name| name == "tauri" || name.starts_with("tauri-") || name == "wry" || name == "tao")
        .collect();
    assert!(windows.is_empty(), "office-runtime depends on {}: only the shell may", windows.join(", "));
    Ok(())
}

mod planted {
    use super::*;

    const TABLE: &str = "text\n\n| crate | may import | its job | must never |\n|---|---|---|---|\n\
        | `core` | nothing of ours; serde | says | io |\n\
        | `store` | `core`; sqlx | keeps | decide |\n\
        | `guard` | `core` | judges (comes with the guardrails issue) | run |\n\nmore `text`\n";

    fn member(name: &str, ours: &[&str], theirs: &[&str]) -> Member {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Member { name: name.to_owned(), ours: set(ours), theirs: set(theirs) }
    }

    #[test]
    fn a_table_is_read_as_it_is_drawn() {
        let table = table(TABLE);
        assert_eq!(table.keys().collect::<Vec<_>>(), ["core", "guard", "store"]);
        assert!(table["core"].may_import.is_empty());
        assert!(table["store"].may_import.contains("core"));
        assert!(table["guard"].later && !table["store"].later);
    }

    #[test]
    fn arrows_of_the_table_pass() {
        let members = [member("core", &[], &["serde"]), member("store", &["core"], &["sqlx"])];
        assert_eq!(wrong_arrows(&members, &table(TABLE)), Vec::<String>::new());
        assert_eq!(broken_fences(&members), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_named() {
        let members = [member("core", &["store"], &[]), member("store", &["core"], &[])];
        let wrong = wrong_arrows(&members, &table(TABLE));
        assert!(wrong.len() == 1 && wrong[0].contains("`core` imports `store`"), "{wrong:?}");
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_named() {
        let wrong = wrong_arrows(&[member("core", &[], &[]), member("extra", &[], &[])], &table(TABLE));
        assert!(wrong.iter().any(|line| line.contains("`extra` has no row")), "{wrong:?}");
        assert!(wrong.iter().any(|line| line.contains("the table has `store`")), "{wrong:?}");
    }

    #[test]
    fn a_crate_that_came_must_not_be_marked_as_coming() {
        let members = [member("core", &[], &[]), member("store", &[], &[]), member("guard", &["core"], &[])];
        let wrong = wrong_arrows(&members, &table(TABLE));
        assert!(wrong.len() == 1 && wrong[0].contains("`guard` exists"), "{wrong:?}");
    }

    #[test]
    fn a_heavy_dependency_outside_its_fence_is_named() {
        let members = [member("core", &[], &["tokio"]), member("runtime", &[], &["sqlx"])];
        let broken = broken_fences(&members);
        assert!(broken.iter().any(|line| line.contains("`core` names tokio")), "{broken:?}");
        assert!(broken.iter().any(|line| line.contains("`runtime` names sqlx")), "{broken:?}");
    }

    #[test]
    fn a_tree_is_walked_to_its_leaves() -> Result<()> {
        let lock = "[[package]]\nname = \"office-runtime\"\ndependencies = [\"a\"]\n\n[[package]]\nname = \"a\"\n\
            dependencies = [\"tauri 2.0.0\"]\n\n[[package]]\nname = \"tauri\"\n";
        assert!(tree_below(lock, "office-runtime")?.contains("tauri"));
        Ok(())
    }
}
