//! Every way out of `office_tests::escapes`, tried where nothing holds it (there it works), at a real desk, and as an acceptance check of a
//! real office; then it is looked from outside for what any of them left. The list itself is not here.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may fail loudly, and says what it could not see"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use office_tests::escapes::{ALL, Escape, Outside, PLACES};
use office_tests::{Bench, Repo, office_bin, processes};

/// Set-up keeps a file for all desks.
const SETTINGS: &str = "[setup]\nrun = [\"mkdir -p deps && echo good > deps/d\"]\ncache = [\"deps\"]\n";
/// Runs the named attempts one after another and says of each whether it got out.
const TRY: &str = r#"here="$(dirname "$0")"; export WHERE="$1"; shift; set -a; . "$here/places"; set +a
for row; do
  if timeout -k 1 20 bash "$here/$row.sh" </dev/null >/dev/null 2>&1; then echo "$row OUT"; else echo "$row held"; fi
done
"#;

/// An office with a desk that works, beside which others will try to get out; what belongs to its owner; and who listens there.
struct Town {
    bench: Bench,
    repo: Repo,
    shown: PathBuf,
    places: BTreeMap<&'static str, String>,
    other: u64,
    sleeper: Child,
    terminal: std::fs::File,
    _slave: std::os::fd::OwnedFd,
    sockets: Vec<UnixListener>,
    port: TcpListener,
}

impl Town {
    /// None where the machine has no sandbox, which `scenario_sandbox` sees to.
    fn made() -> Option<Self> {
        let mut bench = Bench::made();
        bench.set("OFFICE_SANDBOX", "auto");
        bench.set("AWS_SECRET_ACCESS_KEY", "OWNERS-SECRET");
        let home = bench.root().join("home");
        let at = |name: &str| home.join(name);
        for dir in [".ssh", ".cargo/bin", "marks", "run"] {
            std::fs::create_dir_all(at(dir)).unwrap();
        }
        std::fs::write(at(".ssh/id"), "THE-SECRET").unwrap();
        std::fs::write(at(".cargo/bin/tool"), "#!/bin/sh\n").unwrap();
        bench.run();
        let doctor = bench.office(&["--json", "doctor"]).out;
        let health: serde_json::Value = serde_json::from_str(&doctor).unwrap();
        if health.as_array().unwrap().iter().any(|line| line["name"] == "sandbox" && line["ok"] != true) {
            eprintln!("skipped: there is no sandbox on this machine to get out of (`office doctor` says why)");
            return None;
        }
        let repo =
            bench.repo("demo", &[("a.txt", "a\n"), (".gitignore", "deps\n"), (".office/project.toml", SETTINGS)]);
        bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
        let shown = bench.root().join("shown");
        std::fs::create_dir(&shown).unwrap();
        bench.json(&["project", "set", "demo", "--see", shown.to_str().unwrap()]);

        // The other desk works on, with a secret that nobody else has, and says its token to whoever can read its checkout.
        bench.json(&["desk", "add", "--name", "tom", "--role", "engineer", "--engine", "shell"]);
        let body = "```sh\necho OTHERS-SECRET > secret.txt; git add secret.txt; git commit -qm 'A secret'; echo \"$OFFICE_TOKEN\" > token\nsleep 600\n```";
        let other = bench.task("Keep a secret", body, &[]);
        let checkout = bench.wait("the other desk", || {
            let path = PathBuf::from(bench.show(other)["workplace"]["path"].as_str()?);
            std::fs::read_to_string(path.join("token")).ok().filter(|text| text.ends_with('\n')).map(|_| path)
        });
        let token = std::fs::read_to_string(checkout.join("token")).unwrap().trim().to_owned();
        std::fs::remove_file(checkout.join("token")).unwrap();
        let terminal_of = |pid: &u32| std::fs::read_link(format!("/proc/{pid}/fd/0")).unwrap_or_default();
        let theirs = processes::of_desks(bench.dir());
        let other_pid = theirs.into_iter().find(|pid| terminal_of(pid).starts_with("/dev/pts")).unwrap();

        let line = openpty(None, None).unwrap();
        let owners = std::fs::read_link(format!("/proc/self/fd/{}", line.slave.as_raw_fd())).unwrap();
        fcntl(&line.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        let display = 5000 + std::process::id() % 1000;
        let x_socket = PathBuf::from(format!("/tmp/.X11-unix/X{display}"));
        std::fs::create_dir_all(x_socket.parent().unwrap()).unwrap();
        // One of an earlier test with this number.
        let _ = std::fs::remove_file(&x_socket);
        let name = format!("office-escapes-{}", std::process::id());
        let hidden = |name: &str| UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
        let sockets = vec![
            UnixListener::bind(at("run/bus")).unwrap(),
            UnixListener::bind(&x_socket).unwrap(),
            hidden(&format!("/tmp/.X11-unix/X{display}")),
            hidden(&name),
        ];
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        port.set_nonblocking(true).unwrap();
        sockets.iter().for_each(|socket| socket.set_nonblocking(true).unwrap());
        let sleeper = program("sleep").arg("600").env("OWNERS", "OWNERS-SECRET").spawn().unwrap();
        let out = shown.join("way-out");
        std::fs::copy(office_bin().with_file_name("way-out"), &out).unwrap();
        let store = bench.dir().join("projects/1/repo.git");
        let kept = file_below(&bench.dir().join("projects/1"), "deps/d").expect("what set-up keeps");
        let text = |path: &Path| path.display().to_string();
        let git = |words: &[&str]| said(program("git").args(words).current_dir(&checkout));
        let places = BTreeMap::from([
            ("OUT", text(&out)),
            ("SECRET", text(&at(".ssh/id"))),
            ("OWNER", text(repo.path())),
            ("OFFICE", text(bench.dir())),
            ("STORE", text(&store)),
            ("OTHER", text(&checkout)),
            ("OTHER_BLOB", git(&["hash-object", "secret.txt"])),
            ("OTHER_TIP", git(&["rev-parse", "HEAD"])),
            ("OTHER_TASK", other.to_string()),
            ("OTHER_TOKEN", token),
            ("MARKS", text(&at("marks"))),
            ("TOOL", text(&at(".cargo/bin/tool"))),
            ("KEPT", text(&kept)),
            ("BUS", text(&at("run/bus"))),
            ("DISPLAY_NUMBER", display.to_string()),
            ("ABSTRACT", name),
            ("PORT", port.local_addr().unwrap().port().to_string()),
            ("PID", sleeper.id().to_string()),
            ("OTHER_PID", other_pid.to_string()),
            ("TTY", text(&owners)),
            ("OTHER_TTY", text(&terminal_of(&other_pid))),
        ]);
        for (place, _) in PLACES.iter().filter(|(place, _)| *place != "WHERE") {
            assert!(places.get(place).is_some_and(|value| !value.is_empty()), "{place}");
        }
        let lines = places.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}='{value}'");
            text
        });
        std::fs::write(shown.join("places"), lines).unwrap();
        std::fs::write(shown.join("try.sh"), TRY).unwrap();
        for escape in ALL {
            std::fs::write(shown.join(format!("{}.sh", escape.name)), escape.tries).unwrap();
        }
        let (terminal, slave) = (std::fs::File::from(line.master), line.slave);
        Some(Self { bench, repo, shown, places, other, sleeper, terminal, _slave: slave, sockets, port })
    }

    /// The line that tries these.
    fn line(&self, place: &str, escapes: &[&Escape]) -> String {
        let names: Vec<&str> = escapes.iter().map(|escape| escape.name).collect();
        format!("bash {} {place} {}", self.shown.join("try.sh").display(), names.join(" "))
    }

    /// What these come to where nothing holds them, in a clone of the owner's that is like a desk's checkout. What it mounts, only it sees.
    fn outside(&self, name: &str, escapes: &[&Escape]) -> String {
        let at = self.bench.root().join(name);
        said(program("git").args(["clone", "-q", "--shared", self.repo.arg()]).arg(&at));
        for (key, value) in [("user.name", "Olive"), ("user.email", "olive@example.org")] {
            said(program("git").args(["config", key, value]).current_dir(&at));
        }
        let line = self.line("control", escapes);
        let mut command = if is_root() { program("unshare") } else { program("bash") };
        command.args(if is_root() { &["--mount", "bash", "-c"][..] } else { &["-c"][..] }).arg(line);
        let path = std::env::join_paths(
            std::iter::once(office_bin().parent().unwrap().to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        command
            .env("PATH", path.unwrap())
            .env("HOME", self.bench.root().join("home"))
            .env("OFFICE_DIR", self.bench.dir());
        said(command.env("AWS_SECRET_ACCESS_KEY", "OWNERS-SECRET").current_dir(&at))
    }

    /// Whoever came by, and what was written on the owner's terminal, since it was looked last.
    fn visits(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        for (n, socket) in self.sockets.iter().enumerate() {
            while socket.accept().is_ok() {
                found.push(format!("socket {n}"));
            }
        }
        while self.port.accept().is_ok() {
            found.push("the port".to_owned());
        }
        let mut bytes = [0; 4096];
        loop {
            match self.terminal.read(&mut bytes) {
                Ok(n) if n > 0 => found.push(format!("the terminal: {}", String::from_utf8_lossy(&bytes[..n]))),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return found,
            }
        }
    }

    fn marks(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.places["MARKS"]).unwrap().flatten();
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.sleeper.kill();
        let _ = self.sleeper.wait();
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{}", self.places["DISPLAY_NUMBER"]));
    }
}

#[expect(clippy::disallowed_methods, reason = "the control is run by hand, and git is asked from outside")]
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The first file below `folder` whose path ends so.
fn file_below(folder: &Path, end: &str) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.ends_with(end) {
            return Some(path);
        }
        if path.is_dir() && !path.is_symlink() { file_below(&path, end) } else { None }
    })
}

/// Whether it must work outside, here.
fn must_work(escape: &Escape) -> bool {
    // Since Linux 6.2 a machine may have no way at all to type into a terminal.
    let no_typing = std::fs::read_to_string("/proc/sys/dev/tty/legacy_tiocsti").is_ok_and(|text| text.trim() == "0");
    match escape.outside {
        _ if escape.name == "tiocsti" && no_typing => false,
        Outside::Works => true,
        Outside::WorksForRoot => is_root(),
    }
}

#[test]
fn every_way_out_works_outside_and_none_from_a_desk_or_through_a_check() {
    let Some(mut town) = Town::made() else { return };
    let (single, shared): (Vec<&Escape>, Vec<&Escape>) = ALL.iter().partition(|escape| escape.alone);

    // Tried as they are, each gets out: what holds them below is the sandbox, and not a mistake in the attempt.
    let mut outside = town.outside("control", &shared);
    for escape in &single {
        outside.push('\n');
        outside.push_str(&town.outside(&format!("control-{}", escape.name), &[escape]));
    }
    for escape in ALL.iter().filter(|escape| must_work(escape)) {
        let sign = format!("{} OUT", escape.name);
        assert!(outside.lines().any(|line| line == sign), "{} proves nothing:\n{outside}", escape.name);
    }
    assert!(town.visits().len() > 3, "who listens outside hears it");
    assert_eq!(town.bench.show(town.other)["progress"], "stolen by control");
    for mark in town.marks() {
        std::fs::remove_file(Path::new(&town.places["MARKS"]).join(mark)).unwrap();
    }
    for at in ["OWNER", "OTHER", "STORE"] {
        said(program("git").arg("-C").arg(&town.places[at]).args(["update-ref", "-d", "refs/heads/got-out-control"]));
    }
    let refs =
        |at: &str| said(program("git").arg("-C").arg(&town.places[at]).args(["for-each-ref", "--format=%(refname)"]));

    // The same at desks and through checks.
    let bench = &town.bench;
    for name in ["sam", "kim", "lee"] {
        bench.json(&["desk", "add", "--name", name, "--role", "engineer", "--engine", "shell"]);
    }
    let at_desk = |escapes: &[&Escape]| {
        format!(
            "```sh\n{} > said.txt 2>&1\ncat said.txt\noffice task done --summary tried\n```",
            town.line("desk", escapes)
        )
    };
    let through_check = town.line("check", &shared);
    let first = bench.task("Get out", &at_desk(&shared), &["--check", &through_check, "--attempts", "1"]);
    let desks: Vec<u64> =
        single.iter().map(|one| bench.task(one.name, &at_desk(&[one]), &["--attempts", "1"])).collect();
    let honest = "```sh\necho b > b.txt\noffice task done --summary honest\n```";
    let checks: Vec<u64> = single
        .iter()
        .map(|one| {
            let line = town.line("check", &[one]);
            bench.task(&format!("{} by a check", one.name), honest, &["--check", &line, "--attempts", "1"])
        })
        .collect();

    let settled = ["in review", "failed"];
    let it = bench.until(first, &["in review"]);
    let text = |task: u64| {
        let path = bench.show(task)["workplace"]["path"].as_str().unwrap().to_owned();
        std::fs::read_to_string(Path::new(&path).join("said.txt")).unwrap()
    };
    let (mut from_desks, mut from_checks) = (text(first), it["results"][0]["tail"].as_str().unwrap().to_owned());
    // Where objects come from is nobody's to change: the tripwire stops each of these desks, and their owner lets them go on.
    for desk in &desks {
        let it = bench.until(*desk, &["parked", "in review", "failed"]);
        assert_eq!(it["hold"]["reason"], "incident", "{it}");
    }
    for name in ["sam", "kim", "lee"] {
        bench.json(&["desk", "resume", name]);
    }
    for (desk, check) in desks.iter().zip(&checks) {
        bench.until(*desk, &settled);
        from_desks.push_str(&text(*desk));
        let it = bench.until(*check, &["in review"]);
        from_checks.push('\n');
        from_checks.push_str(it["results"][0]["tail"].as_str().unwrap());
    }
    for (place, all) in [("a desk", &from_desks), ("a check", &from_checks)] {
        for escape in ALL {
            let held = format!("{} held", escape.name);
            assert!(all.lines().any(|line| line.trim() == held), "{} from {place}:\n{all}", escape.name);
        }
    }

    // Nothing of it is found outside, also not once their work was shown and merged.
    let shown = bench.office(&["task", "diff", &first.to_string()]).out;
    assert!(!shown.contains("THE-SECRET") && !shown.contains("OTHERS-SECRET"), "{shown}");
    bench.json(&["task", "accept", &first.to_string()]);
    bench.until(first, &["done"]);
    for (task, escape) in desks.iter().chain(&checks).zip(single.iter().chain(&single)) {
        let shown = bench.office(&["task", "diff", &task.to_string()]).out;
        assert!(!shown.contains("OTHERS-SECRET"), "{}: {shown}", escape.name);
    }
    let imported = program("git")
        .arg("-C")
        .arg(&town.places["STORE"])
        .args(["cat-file", "-e", &town.places["OTHER_BLOB"]])
        .stderr(Stdio::null())
        .status();
    assert!(!imported.unwrap().success(), "the office took another desk's work for this one's");
    assert_eq!(bench.show(town.other)["progress"], "stolen by control");
    let log = bench.office(&["task", "log", &town.other.to_string()]).out;
    assert!(!log.contains("GOT-OUT desk") && !log.contains("GOT-OUT check"), "{log}");
    for at in ["OWNER", "OTHER", "STORE"] {
        assert!(!refs(at).contains("got-out"), "{at}: {}", refs(at));
    }
    for folder in [&town.places["TOOL"], &town.places["KEPT"]].map(|file| Path::new(file).parent().unwrap()) {
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "{} was changed", folder.display());
    }
    assert_eq!(town.marks(), Vec::<String>::new(), "what was planted ran outside");
    assert_eq!(town.visits(), Vec::<String>::new());
}
