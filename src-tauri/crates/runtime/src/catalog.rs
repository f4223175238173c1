//! Reads engines: those that come with the product, and the owner's own files, which win. Roles are read in `roles.rs`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use office_core::role::{Engine, Gate, Login};
use office_core::{At, EngineName};
use office_engines::login::File;
use office_engines::spec::Asks;
use office_engines::{EngineSpec, WrapperSpec};

use crate::effects::agent::{LONGEST_LOGIN, owners, small_file};
use crate::paths::OfficeDir;

/// Files larger than this are no engine.
const LARGEST: u64 = 256 * 1024;

/// What was read, and what could not be.
pub(crate) struct Catalog {
    pub(crate) engines: Vec<Engine>,
    pub(crate) specs: HashMap<EngineName, EngineSpec>,
    pub(crate) troubles: Vec<String>,
}

impl Catalog {
    pub(crate) fn read(dir: &OfficeDir, now: At) -> Self {
        let mut troubles = Vec::new();
        let mut tools = BTreeMap::new();
        let shipped =
            office_engines::shipped_wrappers().into_iter().map(|(file, text)| (file.to_owned(), text.to_owned()));
        for (file, text) in shipped.chain(files(&dir.engines().join("wrappers"), "toml", &mut troubles)) {
            match WrapperSpec::parse(&file, &text) {
                Ok(tool) => {
                    tools.insert(tool.name.clone(), tool);
                }
                Err(error) => troubles.push(error.to_string()),
            }
        }
        let tools: Vec<WrapperSpec> = tools.into_values().collect();
        let mut specs = BTreeMap::new();
        let shipped = office_engines::shipped().into_iter().map(|(file, text)| (file.to_owned(), text.to_owned()));
        for (file, text) in shipped.chain(files(&dir.engines(), "toml", &mut troubles)) {
            let read = EngineSpec::parse(&file, &text).and_then(|mut spec| spec.find_wrapper(&tools).map(|()| spec));
            match read {
                Ok(spec) => {
                    specs.insert(spec.name.clone(), spec);
                }
                Err(error) => troubles.push(error.to_string()),
            }
        }
        let engines = specs.values().map(|spec| find(spec, now)).collect();
        Self { engines, specs: specs.into_iter().collect(), troubles }
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

/// Where an engine's program is: on the owner's path, or where its file says that it is put.
pub(crate) fn place_of(spec: &EngineSpec) -> Option<PathBuf> {
    let program = spec.program_here()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join(program));
    let told = spec.places.iter().filter(|_| spec.wrapper.is_none()).filter_map(|place| owners(place));
    on_path.chain(told).find(|file| file.is_file())
}

/// What holds an engine as far as its file says; that it is hard is believed when it was tried.
pub(crate) fn gate_by_file(spec: &EngineSpec) -> Gate {
    let soft = |why: &str| Gate::Soft { why: why.to_owned() };
    let decides = spec.reader.is_some() || spec.login.is_some() || spec.gate.asks != Asks::None;
    match spec.gate.asks {
        _ if spec.wrapper.is_some() && decides => soft("it runs elsewhere, where the office does not hold it"),
        _ if spec.gate.hard => Gate::Untried,
        Asks::None if !decides => Gate::Owners,
        Asks::None => soft("nobody is asked before it acts"),
        Asks::Screen => soft("it asks on its own screen, in its own process"),
        Asks::Hook | Asks::Protocol => soft("it acts when whoever should ask is late or gone"),
    }
}

/// Whether an engine is logged in, and how that is known; its provider is not asked.
pub(crate) fn login_of(spec: &EngineSpec, now: At) -> (Login, Option<String>) {
    let Some(login) = spec.login.as_ref().filter(|_| spec.wrapper.is_none()) else { return (Login::Unknown, None) };
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let file = match login.lend.as_ref().and_then(|lend| owners(&lend.from)) {
        Some(place) if std::fs::symlink_metadata(&place).is_ok() => {
            small_file(&place, LONGEST_LOGIN).map_or(File::Unreadable, File::Bytes)
        }
        _ => File::Absent,
    };
    let (state, note) = office_engines::login::state(login, is_set, &file, now);
    (state, Some(note))
}

/// An engine as it is found here, before anything was asked of its program.
pub(crate) fn find(spec: &EngineSpec, now: At) -> Engine {
    let place = place_of(spec);
    let (login, login_note) = login_of(spec, now);
    Engine {
        name: spec.name.clone(),
        title: spec.title.clone(),
        found: place.is_some() || spec.program.is_none(),
        note: place.map_or_else(|| spec.install.clone(), |path| path.display().to_string()),
        needs_command: spec.needs_command,
        version: None,
        warning: (spec.version.is_some() && spec.tried.is_empty()).then(|| "not tried with this office".to_owned()),
        login,
        login_note,
        login_hint: spec.login.as_ref().filter(|_| !login.may_work()).map(|login| login.hint.clone()),
        gate: gate_by_file(spec),
    }
}
