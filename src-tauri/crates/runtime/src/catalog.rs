//! Reads roles and engines: those that come with the product, and the owner's own files, which win.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use office_core::role::{Engine, Role};
use office_core::{EngineName, RoleName};
use office_engines::EngineSpec;
use serde::Deserialize;

use crate::paths::OfficeDir;

/// The roles that come with the product.
const ROLES: [(&str, &str); 5] = [
    ("docs-writer.md", include_str!("../../../../roles/docs-writer.md")),
    ("engineer.md", include_str!("../../../../roles/engineer.md")),
    ("refactorer.md", include_str!("../../../../roles/refactorer.md")),
    ("researcher.md", include_str!("../../../../roles/researcher.md")),
    ("test-writer.md", include_str!("../../../../roles/test-writer.md")),
];

/// Files larger than this are no role and no engine.
const LARGEST: u64 = 256 * 1024;

/// What was read, and what could not be.
pub(crate) struct Catalog {
    pub(crate) roles: Vec<Role>,
    pub(crate) engines: Vec<Engine>,
    pub(crate) specs: HashMap<EngineName, EngineSpec>,
    pub(crate) troubles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    engines: Vec<String>,
}

impl Catalog {
    pub(crate) fn read(dir: &OfficeDir) -> Self {
        let mut troubles = Vec::new();
        let mut roles = BTreeMap::new();
        let shipped = ROLES.map(|(file, text)| (file.to_owned(), text.to_owned()));
        for (file, text) in shipped.into_iter().chain(files(&dir.roles(), "md", &mut troubles)) {
            match role(&file, &text) {
                Ok(role) => {
                    roles.insert(role.name.clone(), role);
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        let mut specs = BTreeMap::new();
        let shipped = office_engines::shipped().into_iter().map(|(file, text)| (file.to_owned(), text.to_owned()));
        for (file, text) in shipped.chain(files(&dir.engines(), "toml", &mut troubles)) {
            match EngineSpec::parse(&file, &text) {
                Ok(spec) => {
                    specs.insert(spec.name.clone(), spec);
                }
                Err(error) => troubles.push(error.to_string()),
            }
        }
        let engines = specs.values().map(find).collect();
        Self { roles: roles.into_values().collect(), engines, specs: specs.into_iter().collect(), troubles }
    }
}

fn files(dir: &Path, extension: &str, troubles: &mut Vec<String>) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|it| it != extension) {
            continue;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let small = std::fs::metadata(&path).is_ok_and(|facts| facts.is_file() && facts.len() <= LARGEST);
        match std::fs::read_to_string(&path) {
            Ok(text) if small => found.push((name, text)),
            Ok(_) => troubles.push(format!("{}: larger than {LARGEST} bytes, or no file", path.display())),
            Err(error) => troubles.push(format!("{}: {error}", path.display())),
        }
    }
    found.sort();
    found
}

fn role(file: &str, text: &str) -> Result<Role, String> {
    let name = file.strip_suffix(".md").unwrap_or(file);
    let rest =
        text.strip_prefix("---\n").ok_or_else(|| format!("{file}: line 1: begin with `---`, then the front matter"))?;
    let (front, brief) =
        rest.split_once("\n---\n").ok_or_else(|| format!("{file}: the front matter has no closing `---` line"))?;
    let front: FrontMatter = serde_norway::from_str(front).map_err(|error| {
        // The parser counts from the front matter's own first line.
        let line = error.location().map_or(0, |at| at.line()) + 1;
        format!("{file}: line {line}: {error}")
    })?;
    Ok(Role {
        name: RoleName(name.to_owned()),
        title: front.title,
        summary: front.summary,
        engines: front.engines.into_iter().map(EngineName).collect(),
        brief: brief.trim().to_owned(),
    })
}

/// Looks for an engine's program on the owner's path.
fn find(spec: &EngineSpec) -> Engine {
    let place = spec.program.as_ref().and_then(|program| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
    });
    let found = place.is_some() || spec.program.is_none();
    let mut note = place.map_or_else(|| spec.install.clone(), |path| path.display().to_string());
    if spec.reader.is_some() || spec.version.is_some() {
        note.push_str(&match spec.tried.join(", ") {
            none if none.is_empty() => " (not tried with this office)".to_owned(),
            versions => format!(" (tried: {versions})"),
        });
    }
    Engine { name: spec.name.clone(), title: spec.title.clone(), found, note, needs_command: spec.needs_command }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_role_reads() {
        for (file, text) in ROLES {
            let role = role(file, text).unwrap();
            assert!(!role.brief.is_empty() && !role.summary.is_empty(), "{file}");
        }
    }

    #[test]
    fn an_error_in_a_role_names_its_line() {
        let error = role("mine.md", "---\ntitle: A\nflavour: 3\n---\nbrief\n").unwrap_err();
        assert!(error.starts_with("mine.md: line"), "{error}");
        assert!(error.contains("flavour"), "{error}");
    }
}
