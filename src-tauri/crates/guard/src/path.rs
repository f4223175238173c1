//! Which kind of place a path is, after links and `..` are followed. What is not known is every kind at once, so that no
//! rule can take it for inside. The names of secrets, of agents' settings and so on are data: specs/paths.toml.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::action::Arg;
use crate::pattern::Patterns;
use crate::world::{Stands, World};

/// Kinds of places; where several fit, the first one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Keys, tokens, passwords.
    Secrets,
    /// `.git`, hooks, and what tells an agent what it may do.
    Agent,
    /// The checkout of another desk, or another folder beside ours.
    OtherCheckout,
    /// The system, and everything that is none of the others.
    System,
    /// The owner's home.
    Home,
    /// What a build makes, in the checkout.
    Artefact,
    /// The checkout.
    Checkout,
    /// Temporary files.
    Tmp,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Secrets,
        Self::Agent,
        Self::OtherCheckout,
        Self::System,
        Self::Home,
        Self::Artefact,
        Self::Checkout,
        Self::Tmp,
    ];
}

/// Where a command is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// The working folder.
    pub cwd: PathBuf,
    /// The desk's own checkout.
    pub checkout: PathBuf,
    /// The home folder.
    pub home: PathBuf,
    /// Folders for temporary files.
    pub tmp: Vec<PathBuf>,
    /// Hosts that may be reached.
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl Scene {
    /// A scene with the usual folders for temporary files.
    pub fn new(cwd: impl Into<PathBuf>, checkout: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        let tmp = vec![PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
        Self { cwd: cwd.into(), checkout: checkout.into(), home: home.into(), tmp, hosts: Vec::new() }
    }
}

/// A path with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// As written.
    pub shown: String,
    /// Absolute and followed, where it is known; of a pattern, the folder it is in.
    pub path: Option<PathBuf>,
    /// Relative to the checkout, if it is in there.
    pub inside: Option<String>,
    /// What it may be; one kind, if it is known.
    pub classes: BTreeSet<Class>,
    /// What is special about it: `ci`, `lockfile`, `test`, ...
    pub tags: BTreeSet<String>,
    /// Whether it may have any tag.
    pub tags_open: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |class: &Class| serde_json::to_string(class).unwrap_or_default().replace('"', "");
        match self.classes.len() {
            1 => write!(f, "{} ({})", self.shown, self.classes.iter().map(kind).collect::<String>()),
            _ => write!(f, "{} (not known where)", self.shown),
        }
    }
}

/// The data of specs/paths.toml.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    secrets_in_home: Patterns,
    secrets_in_system: Patterns,
    secrets_by_name: Patterns,
    not_secret: Patterns,
    agent: Patterns,
    artefact: Patterns,
    tags: std::collections::BTreeMap<String, Patterns>,
    home_tags: std::collections::BTreeMap<String, Patterns>,
}

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let read = toml::from_str(include_str!("../specs/paths.toml"));
        debug_assert!(read.is_ok(), "{:?}", read.as_ref().err());
        // Without its names nothing is safe: every path is then a secret.
        read.unwrap_or_else(|_| Names {
            secrets_in_home: vec!["**".to_owned()].into(),
            secrets_in_system: vec!["**".to_owned()].into(),
            secrets_by_name: vec!["**".to_owned()].into(),
            not_secret: Patterns::default(),
            agent: Patterns::default(),
            artefact: Patterns::default(),
            tags: Default::default(),
            home_tags: Default::default(),
        })
    })
}

/// Where the folders of a scene lead, links followed.
#[derive(Clone, Debug)]
pub struct Roots {
    checkout: PathBuf,
    home: PathBuf,
    tmp: Vec<PathBuf>,
}

impl Roots {
    /// Those of this scene.
    pub fn of(scene: &Scene, world: &dyn World) -> Self {
        let tmp = scene.tmp.iter().map(|tmp| follow(tmp, world)).collect();
        Self { checkout: follow(&scene.checkout, world), home: follow(&scene.home, world), tmp }
    }
}

/// What a path as written in a command is.
pub fn place(arg: &Arg, cwd: Option<&Path>, roots: &Roots, world: &dyn World) -> Place {
    let shown = arg.to_string();
    match arg {
        Arg::Lit(text) => match absolute(text, cwd) {
            Some(path) => known(shown, &follow(&path, world), roots),
            None => unknown(shown),
        },
        Arg::Glob(text) => pattern(shown, text, cwd, roots, world),
        Arg::Unknown { .. } => unknown(shown),
    }
}

/// A place that may be anywhere.
pub fn unknown(shown: String) -> Place {
    Place { shown, path: None, inside: None, classes: Class::ALL.into(), tags: BTreeSet::new(), tags_open: true }
}

fn absolute(text: &str, cwd: Option<&Path>) -> Option<PathBuf> {
    if text.starts_with('/') { Some(PathBuf::from(text)) } else { cwd.map(|cwd| cwd.join(text)) }
}

/// Follows links and `..` as the system would; what does not exist is taken as it is written.
pub fn follow(path: &Path, world: &dyn World) -> PathBuf {
    let mut left: Vec<std::ffi::OsString> = Vec::new();
    let take = |left: &mut Vec<std::ffi::OsString>, path: &Path| {
        for part in path.components().rev() {
            if matches!(part, Component::Normal(_) | Component::ParentDir) {
                left.push(part.as_os_str().to_owned());
            }
        }
    };
    take(&mut left, path);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        match world.link(&next) {
            Some(to) if links < 40 => {
                links += 1;
                if to.is_absolute() {
                    at = PathBuf::from("/");
                }
                take(&mut left, &to);
            }
            _ => at = next,
        }
    }
    at
}

fn known(shown: String, path: &Path, roots: &Roots) -> Place {
    let inside = path.strip_prefix(&roots.checkout).ok().map(|path| path.to_string_lossy().into_owned());
    let class = class(path, inside.as_deref(), roots);
    let mut tags = BTreeSet::new();
    let names = names();
    let mut tag = |lists: &std::collections::BTreeMap<String, Patterns>, text: &str| {
        for (name, patterns) in lists {
            if patterns.fit(text) {
                tags.insert(name.clone());
            }
        }
    };
    if let Some(inside) = &inside {
        tag(&names.tags, inside);
        // A test beside what is deployed is not deployed; what a chart has in its templates is.
        if tags.contains("test") && !inside.contains("templates/") && !inside.ends_with(".tf") {
            tags.remove("deploy");
        }
    } else if let Ok(in_home) = path.strip_prefix(&roots.home) {
        tag(&names.home_tags, &in_home.to_string_lossy());
    } else if let Some(in_home) = in_a_home(path.to_string_lossy().trim_start_matches('/')) {
        tag(&names.home_tags, in_home);
    }
    Place { shown, path: Some(path.to_owned()), inside, classes: BTreeSet::from([class]), tags, tags_open: false }
}

fn class(path: &Path, inside: Option<&str>, roots: &Roots) -> Class {
    let names = names();
    let any = |patterns: &Patterns, text: &str| patterns.fit(text);
    let Roots { checkout, home, tmp: temporary } = roots;
    let text = path.to_string_lossy();
    let from_root = text.trim_start_matches('/');
    let in_home = path.strip_prefix(home).ok().map(|path| path.to_string_lossy().into_owned());
    let ours = inside.unwrap_or(from_root);
    let secret = in_home.as_deref().is_some_and(|path| inside.is_none() && any(&names.secrets_in_home, path))
        || in_a_home(from_root).is_some_and(|path| inside.is_none() && any(&names.secrets_in_home, path))
        || any(&names.secrets_in_system, from_root)
        || (any(&names.secrets_by_name, ours) && !any(&names.not_secret, ours));
    if secret {
        return Class::Secrets;
    }
    if let Some(inside) = inside {
        let agent = any(&names.agent, inside);
        return match () {
            () if agent => Class::Agent,
            () if any(&names.artefact, inside) => Class::Artefact,
            () => Class::Checkout,
        };
    }
    if let Some(beside) = checkout.parent() {
        let crowded = beside == Path::new("/") || beside == home || temporary.iter().any(|tmp| tmp == beside);
        if path.starts_with(beside) && !crowded {
            return Class::OtherCheckout;
        }
    }
    // A home may lie among temporary files; it is a home all the same.
    let at_home = in_home.is_some() && home.as_path() != Path::new("/") && !temporary.contains(home);
    if !at_home && temporary.iter().any(|tmp| path.starts_with(tmp) && path != tmp) {
        return Class::Tmp;
    }
    match in_home.or_else(|| in_a_home(from_root).map(str::to_owned)) {
        Some(in_home) if any(&names.agent, &in_home) => Class::Agent,
        Some(_) => Class::Home,
        None => Class::System,
    }
}

/// What follows the home of anybody: a desk's own home is not its owner's, whose secrets are secrets there, too.
fn in_a_home(from_root: &str) -> Option<&str> {
    if from_root == "root" {
        return Some("");
    }
    if let Some(rest) = from_root.strip_prefix("root/") {
        return Some(rest);
    }
    let rest = from_root.strip_prefix("home/").or_else(|| from_root.strip_prefix("Users/"))?;
    Some(rest.split_once('/').map_or("", |(_, rest)| rest))
}

/// A pattern is as its folder is, and may be more: what begins with a dot, and what looks like a secret.
fn pattern(shown: String, text: &str, cwd: Option<&Path>, roots: &Roots, world: &dyn World) -> Place {
    let star = text.find(['*', '?', '[']).unwrap_or(text.len());
    let base = text[..star].rfind('/').map_or("", |at| &text[..=at]);
    let rest = &text[base.len()..];
    if rest.split('/').any(|part| part == "..") || text.contains("..*") {
        return unknown(shown);
    }
    let Some(path) = absolute(if base.is_empty() { "." } else { base }, cwd) else { return unknown(shown) };
    let folder = follow(&path, world);
    let mut place = known(shown, &folder, roots);
    // What the names in there may look like, told by names that stand for many.
    let sample = rest.replace("**", "x").replace(['*', '?', '['], "x").replace(']', "");
    place.tags.extend(known(String::new(), &folder.join(&sample), roots).tags);
    let mut more = |name: &str| {
        // A shell takes no name with a dot at its beginning for `?` or `[`; of what is found below, who knows.
        let dotted =
            |part: &str| part.starts_with('.') || part == "**" || rest.contains('/') && part.starts_with(['?', '[']);
        if rest.split('/').any(dotted) || !name.starts_with('.') {
            let last = rest.rsplit('/').next().unwrap_or_default();
            let plain = matches!(&*without_classes(last), "*" | "**" | "*.*" | "?*");
            let hit = !plain && glob_may_match(last, name);
            if hit {
                place.classes.extend(known(String::new(), &folder.join(name), roots).classes);
            }
        }
    };
    for name in [".env", ".env.local", ".git", ".claude", ".netrc", "id_rsa", "id_ed25519", "server.pem", "server.key"]
    {
        more(name);
    }
    // Names that are more than they look: anywhere below, or where they stand.
    let deep = rest.contains('/');
    let last = rest.rsplit('/').next().unwrap_or_default();
    if !matches!(last, "*" | "**" | "*.*") && place.classes.contains(&Class::Checkout) {
        for name in
            names().tags.get("lockfile").into_iter().flat_map(Patterns::iter).filter_map(|one| one.strip_prefix("**/"))
        {
            let there = deep || world.stands(&folder.join(name)) == Stands::File;
            if !name.contains(['/', '*']) && there && glob_may_match(last, name) {
                place.tags.insert("lockfile".to_owned());
            }
        }
        let at_root = place.inside.as_deref().is_none_or(str::is_empty);
        if deep && at_root {
            if ["ci.yml", "ci.yaml"].iter().any(|name| glob_may_match(last, name)) {
                place.tags.insert("ci".to_owned());
            }
            if glob_may_match(last, "settings.json") {
                place.classes.insert(Class::Agent);
            }
        }
    }
    // In the folder of all, whole other kinds may be meant.
    if rest.starts_with(".*") || rest.starts_with(".?") || rest.contains("/.*") {
        place.classes.extend(Class::ALL);
    }
    let whole = rest.split('/').next().is_some_and(|part| part == "**");
    let at_root = place.inside.as_deref().is_none_or(str::is_empty);
    let any = rest.chars().all(|letter| matches!(letter, '*' | '/' | '.' | '?'));
    if whole && at_root && place.classes.contains(&Class::Checkout) && any {
        place.classes.insert(Class::Agent);
    }
    if let Some(inside) = &place.inside {
        let first = rest.split('/').find(|part| !part.contains(['*', '?', '[']));
        let names = names();
        let in_artefact = first.is_some_and(|part| names.artefact.fit(part) || names.artefact.fit(&sample));
        let by_name = names.artefact.fit(&format!("{inside}/{sample}")) || names.artefact.fit(&sample);
        if place.classes == BTreeSet::from([Class::Checkout]) && (in_artefact || by_name) {
            place.classes = BTreeSet::from([Class::Artefact]);
        }
    }
    place
}

/// A pattern without its sets of letters at the beginning: `[!_]*` is as good as any name.
fn without_classes(pattern: &str) -> String {
    match pattern.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.to_owned(),
        None => pattern.to_owned(),
    }
}

fn glob_may_match(pattern: &str, name: &str) -> bool {
    // Character classes count as any letter here.
    let mut plain = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == '[' {
            letters.by_ref().take_while(|letter| *letter != ']').for_each(drop);
            plain.push('?');
        } else {
            plain.push(letter);
        }
    }
    crate::pattern::fits(&plain, name)
}
