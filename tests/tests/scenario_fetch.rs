//! What the base's lock file names is fetched once, in a sandbox where nothing of the repository runs or counts as settings; desks find
//! it without a network and cannot change it, and what an agent writes into a lock file fetches nothing. The owner's registry is one on
//! this machine that counts who comes.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says what it could not see")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use office_tests::Bench;
use serde_json::Value;

/// Builds without a network, then tries to change what others will find.
const WORK: &str = "```sh\n\
    npm ci --offline --no-audit --no-update-notifier > .git/npm.log 2>&1; echo \"npm $?\" >> .git/said\n\
    node -e 'console.log(require(\"dep\"))' >> .git/said 2>&1\n\
    F=$(readlink ~/.npm/_cacache/content-v2/sha512/*/*/* | head -n 1); test -f \"$F\" && echo found >> .git/said\n\
    for it in \"$F\" \"$F.more\" \"${F%/content-v2/*}/index-v5/evil\" \"${F%/npm-*}/now\"; do (echo poison > \"$it\") 2>> .git/poison.log && echo poisoned >> .git/said; done\n\
    rm -f \"$F\" 2>> .git/poison.log < /dev/null && echo removed >> .git/said\n\
    sed -i s/1.0.0/2.0.0/g package-lock.json && git commit -qam 'Poison the lock'; echo done >> .git/said\n\
    while ! test -f go; do sleep 0.05; done; rm go; office task done --summary tried\n```";

/// A package, as a registry has it, and what a lock file says of it.
#[expect(clippy::disallowed_methods, reason = "npm packs what the registry of this test has")]
fn packed(at: &Path) -> (Vec<u8>, String) {
    fs::create_dir(at).unwrap();
    fs::write(at.join("package.json"), "{\"name\":\"dep\",\"version\":\"1.0.0\",\"main\":\"index.js\"}").unwrap();
    fs::write(at.join("index.js"), "module.exports = 'it is there'\n").unwrap();
    let said = Command::new("npm").args(["pack", "--json", "--offline"]).current_dir(at).output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let one = said.as_array().and_then(|all| all.first()).or_else(|| said.as_object()?.values().next()).unwrap();
    (fs::read(at.join("dep-1.0.0.tgz")).unwrap(), one["integrity"].as_str().unwrap().to_owned())
}

/// A registry with one package; the address, and what was asked for.
fn registry(package: Vec<u8>) -> (String, Arc<Mutex<Vec<String>>>) {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, asked) = (format!("http://{}/", door.local_addr().unwrap()), Arc::<Mutex<Vec<String>>>::default());
    let all = asked.clone();
    std::thread::spawn(move || {
        for mut stream in door.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let Some(first) = lines.next() else { continue };
            lines.find(String::is_empty);
            all.lock().unwrap().push(first);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", package.len());
            // Whoever asked may be gone.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&package));
        }
    });
    (url, asked)
}

/// Every file below a folder with its text, so that whatever changes is seen.
fn all(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(all(&entry.path()));
        } else {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn desks_find_what_the_base_locks_without_a_network_and_change_it_for_nobody() {
    let mut bench = Bench::made();
    bench.set("OFFICE_SANDBOX", "auto");
    let (package, integrity) = packed(&bench.root().join("dep"));
    let (url, asked) = registry(package);
    fs::write(bench.root().join("home/.npmrc"), format!("registry={url}\n")).unwrap();
    bench.run();
    // Its script fails wherever the rest of the repository is not there: while it is fetched.
    let manifest = r#""name":"shop","version":"1.0.0","private":true,"scripts":{"preinstall":"cat a.txt"},"dependencies":{"dep":"1.0.0"}"#;
    let lock = format!(
        r#"{{"name":"shop","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{{
        "":{{"name":"shop","version":"1.0.0","hasInstallScript":true,"dependencies":{{"dep":"1.0.0"}}}},
        "node_modules/dep":{{"version":"1.0.0","resolved":"https://registry.npmjs.org/dep/-/dep-1.0.0.tgz","integrity":"{integrity}"}}}}}}"#
    );
    let repo = bench.repo(
        "demo",
        &[
            ("a.txt", "a\n"),
            ("package.json", &format!("{{{manifest}}}")),
            ("package-lock.json", &lock),
            // Whoever read this would find nothing.
            (".npmrc", "registry=https://127.0.0.1:1/\n"),
            (".gitignore", "node_modules\n"),
        ],
    );
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    bench.json(&["desk", "add", "--name", "sam", "--role", "engineer", "--engine", "shell"]);
    let health: Value = serde_json::from_str(&bench.office(&["--json", "doctor"]).out).unwrap();
    if health.as_array().unwrap().iter().any(|line| line["name"] == "sandbox" && line["ok"] != true) {
        eprintln!("NO SANDBOX ON THIS MACHINE, so nothing was fetched");
        return;
    }
    let stores = bench.dir().join("projects/1/fetched");
    let mut before = None;
    for turn in ["first", "second"] {
        let task = bench.task(turn, WORK, &["--attempts", "1"]);
        let place: PathBuf =
            bench.wait("its checkout", || Some(bench.show(task)["workplace"]["path"].as_str()?.into()));
        let said = bench.wait("what came of it", || {
            fs::read_to_string(place.join(".git/said")).ok().filter(|text| text.ends_with("done\n"))
        });
        let log = |name: &str| fs::read_to_string(place.join(".git").join(name)).unwrap_or_default();
        assert_eq!(said, "npm 0\nit is there\nfound\ndone\n", "{turn}: {} {}", log("npm.log"), log("poison.log"));
        assert_eq!(log("poison.log").matches("ead-only file system").count(), 5, "{turn}: {}", log("poison.log"));
        // The second finds what the first did, its poisoned lock file notwithstanding.
        let found = all(&stores);
        assert!(before.is_none_or(|before| before == found), "a store has changed");
        assert_eq!(found.get(&stores.join("now")).unwrap().split(|byte| *byte == b'\n').count(), 1);
        before = Some(found);
        fs::write(place.join("go"), "").unwrap();
        bench.until(task, &["in review"]);
    }
    assert_eq!(*asked.lock().unwrap(), ["GET /dep/-/dep-1.0.0.tgz HTTP/1.1"], "it was fetched once");
}
