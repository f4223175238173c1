//! A push that was approved is made by the office itself: with credentials that no desk has, the commit that was shown, once, and
//! by nothing that a desk planted. Shown from the bare remote's own reflog.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says what it could not see")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use office_tests::{Bench, Repo};
use serde_json::{Value, json};

/// An office whose desks are kept, a remote that is reached with a key of the owner's alone, and what left it.
struct Shop {
    bench: Bench,
    repo: Repo,
    bare: Repo,
}

/// What a desk's terminal does: commits, plants whatever might run, asks, and says what it was told.
const SCRIPT: &str = "```sh\n\
    echo new > b.txt && git add b.txt && git commit -qm 'Add b'\n\
    printf '#!/bin/sh\\ntouch ROOT/planted\\n' > /tmp/p && chmod +x /tmp/p && mkdir -p .git/hooks && cp /tmp/p .git/hooks/pre-push\n\
    git config core.fsmonitor /tmp/p; git config core.sshCommand /tmp/p; git config credential.helper '!/tmp/p'\n\
    git config url./tmp/elsewhere.insteadOf git@far.example:; git config remote.origin.url /tmp/elsewhere\n\
    if cat ROOT/keys/key; then touch has-the-key; fi; code=0\n\
    office ask-approval --reason 'ship it' -- git push origin HEAD:shipped > .git/said 2>&1 || code=$?; echo \"code $code\" >> .git/said\n\
    while ! test -f go; do sleep 0.05; done; rm go\n\
    office task done --summary shipped\n```";

impl Shop {
    /// None where the machine has no sandbox: desks are then soft, which other tests see.
    fn open() -> Option<Self> {
        let mut bench = Bench::made();
        bench.set("OFFICE_SANDBOX", "auto");
        bench.run();
        let repo = bench.repo("demo", &[("a.txt", "a\n")]);
        let bare = bench.repo("far", &[]);
        bare.git(&["config", "core.bare", "true"]);
        bare.git(&["config", "core.logAllRefUpdates", "always"]);
        fs::create_dir(bench.root().join("keys")).unwrap();
        fs::write(bench.root().join("keys/key"), "the owner's key").unwrap();
        let ssh = program(
            &bench.root().join("ssh.sh"),
            &format!("cat '{0}/keys/key' >> '{0}/used' || exit 255; shift; exec sh -c \"$1\"", bench.root().display()),
        );
        let place = format!("git@far.example:{}/.git", bare.path().display());
        repo.git(&["remote", "add", "origin", &place]);
        repo.git(&["config", "core.sshCommand", &ssh.display().to_string()]);
        repo.git(&["config", "ssh.variant", "simple"]);
        bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
        bench.json(&["desk", "add", "--name", "sam", "--role", "engineer", "--engine", "shell"]);
        let health: Value = serde_json::from_str(&bench.office(&["--json", "doctor"]).out).unwrap();
        let line = health.as_array().unwrap().iter().find(|line| line["name"] == "sandbox").unwrap().clone();
        if line["ok"] != true {
            eprintln!("NO SANDBOX ON THIS MACHINE, so no desk without credentials was seen: {}", line["found"]);
            return None;
        }
        Some(Self { bench, repo, bare })
    }

    /// A task that asks for the push; its number, and its checkout once it is held.
    fn asks(&self) -> (u64, PathBuf, Value) {
        let script = SCRIPT.replace("ROOT", &self.bench.root().display().to_string());
        let task = self.bench.task("Ship it", &script, &["--attempts", "1"]);
        let held = self.held();
        let place = self.bench.show(task)["workplace"]["path"].as_str().unwrap().into();
        (task, place, held)
    }

    fn held(&self) -> Value {
        self.bench.wait("something that is held", || {
            let all = self.bench.json(&["approval", "list"]);
            all.as_array().unwrap().iter().find(|it| it["state"] == "waiting").cloned()
        })
    }

    fn approval(&self) -> Value {
        self.bench.json(&["approval", "show", "1"])
    }

    /// What the desk was told, once it was.
    fn told(&self, place: &Path) -> String {
        self.bench.wait("what the desk is told", || {
            fs::read_to_string(place.join(".git/said")).ok().filter(|text| text.contains("code "))
        })
    }

    /// How often the branch at the remote was moved.
    fn arrivals(&self) -> usize {
        fs::read_to_string(self.bare.path().join(".git/logs/refs/heads/shipped")).map_or(0, |text| text.lines().count())
    }
}

fn program(file: &Path, text: &str) -> PathBuf {
    fs::write(file, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    file.to_owned()
}

#[test]
fn an_approved_push_is_made_by_the_office_once_as_it_was_shown_and_asked_again_where_the_work_has_moved() {
    let Some(shop) = Shop::open() else { return };
    let (task, place, held) = shop.asks();
    let commit = shop.bare_commit(&place);
    let deed = &held["deed"];
    assert_eq!(deed["does"]["commit"], json!(commit), "{held}");
    assert!(deed["says"].as_str().unwrap().contains("“Add b”"), "{held}");
    assert!(shop.bench.office(&["approval", "show", "1"]).out.contains("The office pushes it with your credentials"));

    // Its agent goes on meanwhile: what was seen is not what would be pushed.
    fs::write(place.join("c.txt"), "later\n").unwrap();
    let plain = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];
    let git = |words: &[&str]| {
        let at = place.display().to_string();
        shop.repo.git(&[&plain[..], &["-C", &at], words].concat())
    };
    git(&["add", "c.txt"]);
    git(&["commit", "-qm", "Add c"]);
    shop.bench.json(&["approval", "approve", "1"]);
    let again = shop.bench.wait("it is asked again", || {
        let it = shop.approval();
        (it["state"] == "waiting" && it["hash"] != held["hash"]).then_some(it)
    });
    assert_eq!(shop.arrivals(), 0, "{again}");
    let seen = held["hash"].as_str().unwrap();
    shop.bench.refused(1, &["approval", "approve", "1", "--seen", seen]);
    shop.bench.json(&["approval", "approve", "1", "--seen", again["hash"].as_str().unwrap()]);

    let told = shop.told(&place);
    assert!(told.contains("code 0") && told.contains("[new branch]"), "{told}");
    let it = shop.approval();
    assert_eq!((&it["state"], &it["exit"]["code"]), (&json!("ran"), &json!(0)), "{it}");
    assert!(it["output"].as_str().unwrap().contains("shipped"), "{it}");
    assert_eq!(shop.arrivals(), 1);
    assert_eq!(shop.bare.git(&["rev-parse", "shipped"]), shop.bare_commit(&place));
    assert_eq!(shop.bare.git(&["log", "-1", "--format=%s", "shipped"]), "Add c");
    assert_eq!(
        fs::read_to_string(shop.bench.root().join("used")).unwrap(),
        "the owner's key",
        "it went by the owner's way"
    );
    for trace in [shop.bench.root().join("planted"), place.join("has-the-key")] {
        assert!(!trace.exists(), "{}", trace.display());
    }
    fs::write(place.join("go"), "").unwrap();
    shop.bench.until(task, &["in review"]);
}

#[test]
fn an_office_that_dies_while_it_pushes_never_pushes_twice_and_says_that_nobody_knows() {
    // Killed once the branch has moved; killed before it has, which then is refused.
    for (hook, arrives) in [("post-receive", 1), ("pre-receive", 0)] {
        let Some(mut shop) = Shop::open() else { return };
        let kill = format!("read pid < '{}/pid'; kill -9 $pid; exit 1", shop.bench.root().display());
        program(&shop.bare.path().join(".git/hooks").join(hook), &kill);
        fs::write(shop.bench.root().join("pid"), format!("{}\n", shop.bench.pid())).unwrap();
        let (task, place, _) = shop.asks();
        shop.bench.json(&["approval", "approve", "1"]);
        assert!(shop.bench.ended(), "it is killed by what it pushes to");
        // The remote needs no second office killed.
        fs::remove_file(shop.bare.path().join(".git/hooks").join(hook)).unwrap();
        shop.bench.run();
        let told = shop.told(&place);
        assert!(told.contains("not known whether it happened") && !told.contains("code 0"), "{told}");
        let it = shop.approval();
        assert_eq!(it["state"], "uncertain", "{it}");
        assert!(it["note"].as_str().unwrap().contains("git ls-remote"), "{it}");
        assert_eq!(shop.arrivals(), arrives, "{hook}");
        shop.bench.kill();
        shop.bench.run();
        fs::write(place.join("go"), "").unwrap();
        shop.bench.until(task, &["in review"]);
        assert_eq!(shop.arrivals(), arrives, "{hook}: never a second time");
    }
}

impl Shop {
    /// What the desk's branch stands at, read as a file.
    fn bare_commit(&self, place: &Path) -> String {
        let head = fs::read_to_string(place.join(".git/HEAD")).unwrap();
        let name = head.trim().strip_prefix("ref: ").unwrap();
        fs::read_to_string(place.join(".git").join(name)).unwrap().trim().to_owned()
    }
}
