//! The guard with its workers and with the rules of an office: which files are layers, and how a worker is started.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use office_core::role::Role;
use office_core::team;
use office_core::{Code, Refusal};
use office_guard::wire::Layer;
use office_guard::{Guard, Origin};
use serde::Deserialize;

/// The worker's program, beside this one.
const WORKER: &str = "office-guard";

/// The owner's file of interlocks, beside their rules.
const INTERLOCKS: &str = "interlocks.toml";

/// Whose rules are asked for.
#[derive(Clone, Debug, Default)]
pub struct RulesOf {
    /// The project.
    pub project: Option<String>,
    /// The role.
    pub role: Option<String>,
    /// The desk.
    pub desk: Option<String>,
    /// The checkout, whose own rules may ask and deny, but not allow.
    pub checkout: Option<PathBuf>,
}

const PLANTED: &str = ".office/guard.toml";
/// Far more than anybody writes by hand.
const PLANTED_MAX: u64 = 256 * 1024;

/// The files of rules that are in force beside the shipped ones: `guard/*.toml` in the office's directory for all,
/// `guard/projects/`, `guard/roles/` and `guard/desks/` by name, and `.office/guard.toml` in the checkout.
pub fn layers(office: &Path, of: &RulesOf) -> Vec<Layer> {
    let guard = office.join("guard");
    let mut layers = Vec::new();
    let mut own: Vec<PathBuf> = std::fs::read_dir(&guard)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter(|path| path.file_name().is_none_or(|name| name != INTERLOCKS))
        .collect();
    own.sort();
    let named = |folder: &str, name: &Option<String>| {
        let name = name.as_deref().filter(|name| !name.contains(['/', '\0']) && !name.starts_with('.'))?;
        Some(guard.join(folder).join(format!("{name}.toml")))
    };
    let all = own
        .into_iter()
        .map(|path| (path, Origin::Owner))
        .chain(named("projects", &of.project).map(|path| (path, Origin::Project)))
        .chain(named("roles", &of.role).map(|path| (path, Origin::Role)))
        .chain(named("desks", &of.desk).map(|path| (path, Origin::Desk)));
    for (path, origin) in all {
        layers.extend(layer(path.display().to_string(), origin, owners(&path)));
    }
    if let Some(checkout) = &of.checkout {
        // Named the same in every checkout: rules that say the same are the same.
        layers.extend(layer(PLANTED.to_owned(), Origin::Checkout, planted(checkout)));
    }
    layers
}

/// A file that is there and cannot be read is a fault that must be seen: as rules it does not read either.
fn layer(name: String, origin: Origin, read: std::io::Result<Option<String>>) -> Option<Layer> {
    let text = read.unwrap_or_else(|error| Some(format!("cannot be read = '{error}'")))?;
    Some(Layer { name, origin, text })
}

fn owners(path: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// The rules that came with a checkout: an agent may have put anything there.
fn planted(checkout: &Path) -> std::io::Result<Option<String>> {
    let path = office_git::RepoPath::new(PLANTED).map_err(std::io::Error::other)?;
    let bytes = office_git::read_planted(checkout, &path, PLANTED_MAX)?;
    bytes.map(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other)).transpose()
}

/// What a role may change without asking, as one more layer: the rest of the checkout is asked about.
pub fn scope_of(role: &Role) -> Option<Layer> {
    if role.scope.paths.is_empty() {
        return None;
    }
    let paths: Vec<toml::Value> = role.scope.paths.iter().map(|path| toml::Value::from(path.as_str())).collect();
    let why = format!("the role '{}' changes {} only", role.name, role.scope.paths.join(", "));
    let text = |text: String| toml::Value::from(text);
    let rule = format!(
        "[[rule]]\nid = {}\nwrite = [\"checkout\"]\ndelete = [\"checkout\"]\nno_path = {}\nverdict = \"ask\"\ncategory = \"scope\"\nwhy = {}\n",
        text(format!("role.{}.scope", role.name)),
        toml::Value::from(paths),
        text(why)
    );
    Some(Layer { name: format!("role {}", role.name), origin: Origin::Role, text: rule })
}

/// What agents and the owner hold until a task is through, as one more layer.
pub fn held(locks: &[team::Interlock]) -> Option<Layer> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let rule = |lock: &team::Interlock| {
        let why = format!("held until task #{} is through: {}", lock.task, lock.why);
        format!(
            "[[rule]]\nid = \"held.{}\"\nrun = {}\nverdict = \"deny\"\ncategory = \"scope\"\nwhy = {}\n",
            lock.id,
            quoted(&lock.run),
            quoted(&why)
        )
    };
    let text: String = locks.iter().map(rule).collect();
    (!text.is_empty()).then(|| Layer { name: "interlocks".to_owned(), origin: Origin::Owner, text })
}

/// What others have for themselves: to change it is asked about.
pub fn leased(others: &[(String, Vec<String>)]) -> Option<Layer> {
    let rule = |(number, (who, paths)): (usize, &(String, Vec<String>))| {
        let list = toml::Value::from(paths.iter().map(|path| toml::Value::from(path.as_str())).collect::<Vec<_>>());
        let why = toml::Value::from(format!("{who} is at work in {} and has it for itself", paths.join(", ")));
        format!(
            "[[rule]]\nid = \"leased.{number}\"\nwrite = [\"checkout\"]\ndelete = [\"checkout\"]\npath = {list}\nverdict = \"ask\"\ncategory = \"scope\"\nwhy = {why}\n"
        )
    };
    let text: String = others.iter().enumerate().map(rule).collect();
    (!text.is_empty()).then(|| Layer { name: "leases".to_owned(), origin: Origin::Role, text })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interlocks {
    #[serde(default)]
    hold: Vec<Interlock>,
}

/// Something that must not be done before a task is through.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interlock {
    /// Program and subcommands, as in rules.
    run: String,
    /// The task.
    task: u32,
    /// Why, for whoever is refused.
    why: String,
}

/// What is held until a task is through, as one more layer: each hold is a deny that names its task, and is gone once that is
/// done. A file that does not read is handed on as it is, so that its fault is seen.
pub fn interlocks(office: &Path, done: &BTreeSet<u32>) -> Option<Layer> {
    let path = office.join("guard").join(INTERLOCKS);
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => format!("cannot be read = '{error}'"),
    };
    let Ok(file) = toml::from_str::<Interlocks>(&text) else {
        return Some(Layer { name, origin: Origin::Owner, text });
    };
    let held = file.hold.iter().enumerate().filter(|(_, hold)| !done.contains(&hold.task));
    let rule = |(number, hold): (usize, &Interlock)| {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let why = format!("held until task #{} is through: {}", hold.task, hold.why);
        format!(
            "[[rule]]\nid = \"interlock.{number}\"\nrun = {}\nverdict = \"deny\"\ncategory = \"scope\"\nwhy = {}\n",
            quoted(&hold.run),
            quoted(&why)
        )
    };
    Some(Layer { name, origin: Origin::Owner, text: held.map(rule).collect() })
}

/// What this program is called with where it is its own worker: it is, if it is `office` and not a test.
pub(crate) fn own_worker() -> Option<Vec<String>> {
    let own = std::env::current_exe().ok();
    let is_office = own.as_deref().and_then(Path::file_stem).is_some_and(|name| name == "office");
    is_office.then(|| vec!["guard".to_owned(), "worker".to_owned()])
}

/// A guard with up to `workers` workers. The worker is `office-guard` beside this program, or this program itself with the
/// arguments `fallback`, where it is known to have such a verb.
///
/// # Errors
/// Why no worker can be started.
pub fn guard(workers: usize, fallback: Option<Vec<String>>) -> Result<Guard, Refusal> {
    let failed = |why: String| {
        Refusal::new(
            Code::Trouble,
            format!("the guard's worker does not start: {why}"),
            "put `office-guard` beside `office`; both come in one package",
        )
    };
    let own = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(WORKER)).find(|path| path.is_file());
    let (program, arguments) = match (beside, fallback) {
        (Some(program), _) => (program, Vec::new()),
        (None, Some(arguments)) => (own, arguments),
        (None, None) => return Err(failed(format!("there is no {WORKER} beside {}", own.display()))),
    };
    Guard::new(Box::new(move || start(&program, &arguments)), workers).map_err(|error| failed(error.to_string()))
}

/// Starts a worker: no environment, nothing but its pipes. `Guard` ends it and waits for it.
#[expect(clippy::disallowed_methods, reason = "the worker is killed and waited for by the guard that it is handed to")]
fn start(program: &Path, arguments: &[String]) -> std::io::Result<std::process::Child> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roles_scope_asks_about_the_rest_of_the_checkout() {
        let role = Role {
            name: "docs-writer".into(),
            scope: office_core::role::Scope { paths: vec!["docs/**".into(), "*.md".into()], kinds: Vec::new() },
            ..Role::default()
        };
        assert_eq!(scope_of(&Role::default()), None);
        let layer = scope_of(&role).unwrap();
        let mut policy = office_guard::Policy::shipped().unwrap();
        policy.add(&layer.text, &layer.name, layer.origin).unwrap();
        let scene = office_guard::Scene::new("/w/c", "/w/c", "/w/home");
        let judge = office_guard::Judge::new(policy);
        let said = |line: &str| {
            judge.judge(&office_guard::Asked::Run { run: line.into() }, &scene, &office_guard::world::Disk)
        };
        for inside in
            ["echo a > docs/x/a.md", "echo a > README.md", "cargo test", "git commit -am x", "echo a > /tmp/a"]
        {
            assert_eq!(said(inside).verdict, office_guard::Verdict::Allow, "{inside}: {:?}", said(inside));
        }
        for outside in ["echo a > src/main.rs", "rm src/main.rs", "sed -i s/a/b/ Cargo.toml", "cp docs/a.md lib.rs"] {
            let said = said(outside);
            assert_eq!(
                (said.verdict, &*said.rule),
                (office_guard::Verdict::Ask, "role.docs-writer.scope"),
                "{outside}"
            );
            assert_eq!(said.category, Some(office_guard::Category::Scope));
        }
    }

    #[test]
    fn an_interlock_is_a_deny_that_names_its_task_until_that_is_through() {
        let office = tempfile::tempdir().unwrap();
        assert_eq!(interlocks(office.path(), &BTreeSet::new()), None);
        std::fs::create_dir(office.path().join("guard")).unwrap();
        let file = office.path().join("guard").join(INTERLOCKS);
        std::fs::write(&file, "[[hold]]\nrun = 'restart a2a'\ntask = 7\nwhy = 'it \"needs\" the fix'\n").unwrap();
        let held = interlocks(office.path(), &BTreeSet::from([6])).unwrap();
        let (rules, faults) = office_guard::rules::read_all(&held.text, "held", held.origin);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(rules[0].why, "held until task #7 is through: it \"needs\" the fix");
        assert_eq!(interlocks(office.path(), &BTreeSet::from([7])).unwrap().text, "");
        assert!(layers(office.path(), &RulesOf::default()).is_empty(), "it is no file of rules");
        std::fs::write(&file, "[[hold]]\nrun = 3").unwrap();
        let broken = interlocks(office.path(), &BTreeSet::new()).unwrap();
        assert!(!office_guard::rules::read_all(&broken.text, "broken", broken.origin).1.is_empty());
    }

    #[test]
    fn whatever_is_planted_as_a_checkouts_rules_is_read_as_data_or_stops_everything_at_once() {
        let (office, checkout) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let of = RulesOf { checkout: Some(checkout.path().to_owned()), ..RulesOf::default() };
        let read = || layers(office.path(), &of).into_iter().map(|layer| layer.text).collect::<Vec<_>>();
        assert!(read().is_empty());
        let place = checkout.path().join(".office");
        std::fs::create_dir(&place).unwrap();
        let file = place.join("guard.toml");
        std::fs::write(&file, "# mine").unwrap();
        assert_eq!(read(), ["# mine"]);
        let secret = office.path().join("secret");
        std::fs::write(&secret, "marzipan").unwrap();
        let plants: [&dyn Fn(); 3] = [
            &|| std::os::unix::fs::symlink(&secret, &file).unwrap(),
            &|| nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap(),
            &|| std::fs::write(&file, vec![b'#'; 300 * 1024]).unwrap(),
        ];
        for plant in plants {
            std::fs::remove_file(&file).unwrap();
            plant();
            assert!(read()[0].starts_with("cannot be read"), "{:?}", read());
        }
    }
}
