//! What a desk, a set-up or a check is shown of the machine: its own, what its project's history needs, tools, and what the
//! owner added. Whatever is not put in here is not there.

use std::path::{Path, PathBuf};

use office_core::RunId;
use office_core::project::Project;
use office_engines::{EngineSpec, LaunchPlan};
use office_sandbox::view::{around, may_be_shown, tools};
use office_sandbox::{Bind, DOOR, PORT, Policy, seen};

use super::run_as;
use crate::effects::setup::Whose;
use crate::paths::private_dir;
use crate::world::{Home, World};

/// Our own programs that are called from inside.
const OURS: [&str; 3] = ["office", "office-hook", "office-guard"];

/// A desk that is to be started.
pub(crate) struct Desk<'a> {
    pub(crate) run: RunId,
    pub(crate) project: &'a Project,
    pub(crate) home: &'a Home,
    pub(crate) engine: &'a EngineSpec,
    pub(crate) plan: &'a LaunchPlan,
    pub(crate) checkout: &'a Path,
}

impl World {
    /// The policy of a desk. Its door and its signals are made here.
    pub(crate) fn desk_policy(&self, desk: &Desk<'_>) -> Result<Policy, String> {
        let run_dir = self.dir.run(desk.run);
        let at = (desk.run, Whose::Desk);
        let mut policy = self.shared_policy(at, desk.project, desk.home, desk.checkout)?;
        let words = desk.plan.argv.first().map(PathBuf::from).unwrap_or_default();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = if words.is_absolute() { Some(words) } else { seen::find(&words.display().to_string(), &path) };
        for folder in program.iter().flat_map(|program| around(program, &owners_home())) {
            self.show(&mut policy, Bind::read(folder).optional());
        }
        let inbox = self.laid_at(desk.run);
        private_dir(&inbox)?;
        policy.binds.push(Bind::read(inbox).at(crate::enclosed::inbox_inside()));
        // What of the run's own folder the office keeps (recordings, outputs of checks) is not the desk's to see.
        policy.scratch.push(run_dir.clone());
        let mut known: Vec<PathBuf> = Vec::new();
        let lent = desk.engine.login.as_ref().and_then(|login| login.lend.as_ref()).map(|lend| lend.to.as_str());
        for name in desk.plan.files.iter().map(|(name, _)| name.as_str()).chain(lent) {
            let (top, below) = name.split_once('/').map_or((name, false), |(top, _)| (top, true));
            let place = run_dir.join(top);
            if !known.contains(&place) {
                known.push(place.clone());
                let bind = if below { Bind::write(place) } else { Bind::read(place) };
                policy.binds.push(bind.optional());
            }
        }
        if desk.engine.reader.is_some() {
            let signals = run_dir.join("signals.jsonl");
            let made = std::fs::OpenOptions::new().append(true).create(true).open(&signals);
            made.map_err(|error| format!("{}: {error}", signals.display()))?;
            policy.binds.push(Bind::write(signals));
        }
        let pointer = self.dir.root().join("door");
        policy.files.push((pointer, format!("{DOOR}/door.sock\n")));
        policy.ports = loopback_ports(desk.engine);
        if let Some(config) = self.metered(desk.run) {
            // Its calls have one way to the model, and that counts.
            let (_, port) = crate::meter::place_of(&config);
            policy.ports.retain(|known| Some(*known) != port);
            policy.straight.push((office_meter::PORT, office_meter::SOCKET.to_owned()));
        }
        policy.terminal = true;
        policy.marker = Some("OFFICE_RUN".to_owned());
        policy.door = Some(self.side_door(desk.run));
        Ok(policy)
    }

    /// The policy of a set-up command or a check in `cwd`.
    pub(crate) fn errand_policy(
        &self,
        at: (RunId, Whose),
        project: &Project,
        home: &Home,
        cwd: &Path,
        door: &Path,
    ) -> Result<Policy, String> {
        let mut policy = self.shared_policy(at, project, home, cwd)?;
        policy.marker = Some("OFFICE_ERRAND".to_owned());
        policy.door = Some(door.to_owned());
        Ok(policy)
    }

    fn shared_policy(
        &self,
        (run, whose): (RunId, Whose),
        project: &Project,
        home: &Home,
        cwd: &Path,
    ) -> Result<Policy, String> {
        let own_home = self.errand_home(run, whose)?;
        let tmp = self.dir.run(run).join(whose.tmp());
        private_dir(&tmp)?;
        let mut policy = Policy::new(cwd, &own_home);
        policy.run_as = run_as();
        policy.binds.extend([Bind::write(cwd), Bind::write(&own_home), Bind::write(&tmp).at("/tmp")]);
        if whose.finds_stores() {
            policy.binds.push(Bind::read(self.dir.fetched(project.id)).optional());
        }
        let owner = home.repo.owner();
        let mut objects = vec![home.repo.objects_dir(), owner.objects_dir.clone()];
        // Never what the desk's own checkout says: only the owner's repository may point further.
        objects.extend(alternates(&owner.objects_dir));
        policy.binds.extend(objects.into_iter().map(|dir| Bind::read(dir).optional()));
        let linked = project.settings.link.iter().map(|name| owner.root.join(name));
        policy.binds.extend(linked.map(|path| Bind::read(path).optional()));
        let path = std::env::var_os("PATH").unwrap_or_default();
        for dir in tools(&owners_home(), &path) {
            self.show(&mut policy, Bind::read(dir));
        }
        self.show(&mut policy, Bind::read("/opt").optional());
        if let Some(folder) = Self::own_folder() {
            for name in OURS {
                self.show(&mut policy, Bind::read(folder.join(name)).optional());
            }
            let hook = folder.join("office-hook");
            policy.forwarder = hook.is_file().then_some(hook);
        }
        for path in project.sandbox.see.iter().map(PathBuf::from) {
            let office = self.dir.root();
            if !may_be_shown(&path, &owners_home()) || office.starts_with(&path) || path.starts_with(office) {
                return Err(format!(
                    "{} cannot be shown to desks: it holds the office, a home or its secrets; \
                     `office project set {} --see ...` names the paths anew",
                    path.display(),
                    project.name
                ));
            }
            policy.binds.push(Bind::read(path).optional());
        }
        // The first word on a place counts: a desk's own is never shown read-only by a later one.
        let mut seen: Vec<PathBuf> = Vec::new();
        policy.binds.retain(|bind| {
            let fresh = !seen.contains(&bind.to);
            seen.push(bind.to.clone());
            fresh
        });
        Ok(policy)
    }

    /// Shows something unless the system's own folders have it already, or it holds the office.
    fn show(&self, policy: &mut Policy, bind: Bind) {
        let shown = bind.to.starts_with("/usr") || policy.binds.iter().any(|known| known.to == bind.to);
        let office = self.dir.root().starts_with(&bind.from) || bind.from.starts_with(self.dir.root());
        if !shown && !office {
            policy.binds.push(bind);
        }
    }

    /// What differs in the environment of something in a sandbox.
    pub(crate) fn inside_variables(own_home: &Path, policy: &Policy) -> Vec<(String, String)> {
        let mut env = vec![
            ("TMPDIR".to_owned(), "/tmp".to_owned()),
            // Its own, since one that desks share would be a way from one to the other.
            ("CARGO_HOME".to_owned(), own_home.join(".cargo").display().to_string()),
            ("USER".to_owned(), "desk".to_owned()),
            ("LOGNAME".to_owned(), "desk".to_owned()),
        ];
        if policy.forwarder.is_some() {
            let proxy = format!("http://127.0.0.1:{PORT}");
            for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
                env.push((name.to_owned(), proxy.clone()));
            }
            for name in ["NO_PROXY", "no_proxy"] {
                env.push((name.to_owned(), "127.0.0.1,localhost,::1".to_owned()));
            }
            env.push(("NODE_USE_ENV_PROXY".to_owned(), "1".to_owned()));
        }
        env
    }
}

fn owners_home() -> PathBuf {
    std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default()
}

/// Where a repository of the owner's looks for objects besides.
fn alternates(objects: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| std::fs::canonicalize(objects.join(line)).ok()).collect()
}

/// Ports of this machine that the owner points the engine at by a variable it may see: a server of models, say.
fn loopback_ports(engine: &EngineSpec) -> Vec<u16> {
    let values = engine.environment.iter().filter_map(|name| std::env::var(name).ok());
    let mut ports: Vec<u16> = values.filter_map(|value| loopback_port(&value)).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

pub(crate) fn loopback_port(url: &str) -> Option<u16> {
    let rest = url.strip_prefix("http://")?;
    let place = rest.split(['/', '?', '#']).next()?;
    let (host, port) = place.rsplit_once(':')?;
    matches!(host, "127.0.0.1" | "localhost").then_some(())?;
    port.parse().ok().filter(|port| *port != PORT && *port >= 1024)
}

/// The same, for the gate outside.
pub(super) fn ports_of(engine: &EngineSpec) -> Vec<u16> {
    loopback_ports(engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_let_through_by_its_port() {
        assert_eq!(loopback_port("http://127.0.0.1:8080/v1"), Some(8080));
        assert_eq!(loopback_port("http://localhost:9999"), Some(9999));
        for url in
            ["https://127.0.0.1:8080", "http://10.0.0.1:8080", "http://127.0.0.1", "sk-ant-1234", "http://127.0.0.1:22"]
        {
            assert_eq!(loopback_port(url), None, "{url}");
        }
    }
}
