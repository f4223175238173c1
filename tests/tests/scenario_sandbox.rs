//! Desks and checks in their sandbox, through the real programs: an ordinary task gets done, whatever is tried from inside fails,
//! and where the machine has no sandbox that is said, or nothing runs, as the owner wants it.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says what it could not see")]

use std::net::TcpListener;

use office_tests::{Bench, Repo};

/// An office whose desks are kept, with one that runs what its tasks say. None where the machine has no sandbox: then it is seen
/// that this is said, and that nothing runs for who wants it so.
fn kept(files: &[(&str, &str)]) -> Option<(Bench, Repo)> {
    let mut bench = Bench::made();
    bench.set("OFFICE_SANDBOX", "auto");
    bench.run();
    let repo = bench.repo("demo", files);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    bench.json(&["desk", "add", "--name", "sam", "--role", "engineer", "--engine", "shell"]);
    let health: serde_json::Value = serde_json::from_str(&bench.office(&["--json", "doctor"]).out).unwrap();
    let line = health.as_array().unwrap().iter().find(|line| line["name"] == "sandbox").unwrap().clone();
    if line["ok"] == true {
        return Some((bench, repo));
    }
    eprintln!("NO SANDBOX ON THIS MACHINE, so that this is said was seen instead: {}", line["found"]);
    bench.json(&["project", "set", "demo", "--sandbox", "required"]);
    let task = bench.task("Try", "```sh\ntouch ran\n```", &["--attempts", "1"]);
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("without a sandbox"), "{it}");
    None
}

/// What the desk's terminal said.
fn log(bench: &Bench, task: u64) -> String {
    bench.office(&["task", "log", &task.to_string()]).out
}

#[test]
fn an_ordinary_task_is_built_tested_committed_and_accepted_in_a_sandbox() {
    let Some((bench, repo)) = kept(&[("a.txt", "a\n")]) else { return };
    let body = "```sh\n\
        echo \"console.log('built')\" > build.js; node build.js\n\
        python3 -c 'import sqlite3, ssl, tempfile; tempfile.mkstemp()' 2>/dev/null || true\n\
        echo new > b.txt && git add b.txt && git commit -qm 'Add b' && git log -1 --format=%an\n\
        office task progress half\n\
        office task done --summary 'made b'\n```";
    let task = bench.task("Make b", body, &["--check", "test -f b.txt && git rev-parse HEAD && id -un"]);
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["claim"]["by"]["kind"], "agent", "its word came by the desk's own door: {it}");
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("b.txt").as_deref(), Some("new"));
    assert!(repo.subjects().iter().any(|subject| subject == "Add b"), "{:?}", repo.subjects());
    let card = bench.json(&["desk", "show", "sam"]);
    assert_eq!(card["enforcement"]["hard"], true, "{card}");
    assert!(bench.office(&["status"]).out.contains("hard"));
    bench.until_quiet();
}

#[test]
fn neither_a_desk_nor_a_check_gets_out() {
    let Some((bench, _)) = kept(&[("a.txt", "a\n")]) else { return };
    let secret = bench.root().join("home/.ssh");
    std::fs::create_dir_all(&secret).unwrap();
    std::fs::write(secret.join("id"), "THE-SECRET").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let root = bench.root().display();
    let own = bench.root().join("home");
    let own = own.display();
    // Each line is a way out that would leave a trace or say the secret.
    let ways = format!(
        "cat {own}/.ssh/id; cat {root}/office/office.db | head -c 20; ls {root}/office/tokens {root}/office/host; \
         touch {root}/escaped {root}/office/escaped {own}/escaped; \
         cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep OFFICE_REVIVE; \
         (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo REACHED-LOOPBACK; \
         ls /run/user /tmp/.X11-unix /run/dbus; echo x > $OFFICE_DIR/door.sock; \
         git config core.fsmonitor 'touch {root}/escaped'; git config core.hooksPath .; \
         ln -s {own}/.ssh link; cat link/id; true"
    );
    let body = format!(
        "```sh\nbash -c \"$(cat <<'WAYS'\n{ways}\nWAYS\n)\"\necho mine > b.txt\noffice task done --summary tried\n```"
    );
    let check = format!("bash -c \"{}\"; test -f b.txt", ways.replace('$', "\\$").replace('"', "\\\""));
    let task = bench.task("Get out", &body, &["--check", &check, "--attempts", "1"]);
    let it = bench.until(task, &["in review"]);
    let said = format!("{}{it}", log(&bench, task));
    for sign in ["THE-SECRET", "SQLite format", "OFFICE_REVIVE=", "REACHED-LOOPBACK\n", "REACHED-LOOPBACK\r"] {
        // The task's own text names some of them.
        let own = body.matches(sign).count();
        assert!(said.matches(sign).count() <= own * 4, "{sign}: {said}");
    }
    for place in ["escaped", "office/escaped"]
        .map(|place| bench.root().join(place))
        .into_iter()
        .chain([bench.root().join("home").join("escaped")])
    {
        assert!(!place.exists(), "{}: {said}", place.display());
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the owner's loopback was reached");
    bench.office(&["task", "diff", &task.to_string()]);
    assert!(!bench.root().join("escaped").exists(), "what was planted ran outside, later");
}

#[test]
fn what_a_desk_leaves_in_its_home_and_its_temporary_files_no_check_reads() {
    let Some((bench, _)) = kept(&[("a.txt", "a\n")]) else { return };
    let body = "```sh\nmkdir -p ~/.cargo && echo '[build]' > ~/.cargo/config.toml && echo x > /tmp/planted && touch ~/.npmrc\n\
        echo b > b.txt\noffice task done --summary planted\n```";
    let check = "test -f b.txt && test ! -e ~/.cargo/config.toml && test ! -e ~/.npmrc && test ! -e /tmp/planted";
    let task = bench.task("Plant", body, &["--check", check, "--attempts", "1"]);
    let it = bench.until(task, &["in review", "failed"]);
    assert_eq!(it["state"], "in review", "{it}");
}

#[test]
fn another_desks_token_is_worth_nothing_at_this_desks_door() {
    let Some((bench, _)) = kept(&[("a.txt", "a\n")]) else { return };
    bench.json(&["desk", "add", "--name", "tom", "--role", "engineer", "--engine", "shell"]);
    // One says its token where all can hear it: in its commit. The other tries it.
    let first = bench.task(
        "Say it",
        "```sh\necho \"token:$OFFICE_TOKEN\" | rev > said.txt; git add said.txt; git commit -qm said; sleep 600\n```",
        &[],
    );
    let place = bench.wait("the first's checkout", || {
        let it = bench.show(first);
        let path = it["workplace"]["path"].as_str()?.to_owned();
        std::fs::read_to_string(format!("{path}/said.txt")).ok().filter(|text| text.ends_with('\n'))
    });
    let token: String = place.trim().chars().rev().collect::<String>().replace("token:", "");
    assert_eq!(token.len(), 64, "{place}");
    let body = format!(
        "```sh\nOFFICE_TOKEN={token} office task done {first} --summary stolen && touch stolen\nenv -u OFFICE_TOKEN office status && touch owner\ntouch tried\noffice task done --summary honest\n```"
    );
    let second = bench.task(
        "Use it",
        &body.replace("&& touch stolen", "&& touch stolen || true").replace("&& touch owner", "&& touch owner || true"),
        &[],
    );
    let it = bench.until(second, &["in review"]);
    let files: Vec<&str> =
        it["work"]["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(files, ["tried"], "{it}");
    assert_eq!(bench.show(first)["state"], "running");
}

#[test]
fn a_desk_goes_on_behind_its_own_door_when_the_office_is_killed() {
    let Some((mut bench, _)) = kept(&[("a.txt", "a\n")]) else { return };
    let body = "```sh\ntouch begun; while ! test -f go; do sleep 0.1; done; rm go begun\n\
                until office task progress again; do sleep 0.2; done\necho x > b.txt; office task done --summary back\n```";
    let task = bench.task("Wait", body, &[]);
    let place = bench.wait("the desk", || {
        let path = bench.show(task)["workplace"]["path"].as_str()?.to_owned();
        std::path::Path::new(&path).join("begun").exists().then_some(path)
    });
    bench.kill();
    bench.run();
    std::fs::write(format!("{place}/go"), "").unwrap();
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["progress"], "again", "{it}");
}

#[test]
fn the_owner_widens_it_switches_it_off_and_is_told_what_holds() {
    let Some((bench, _)) = kept(&[("a.txt", "a\n")]) else { return };
    let shown = bench.root().join("shown/deep");
    std::fs::create_dir_all(&shown).unwrap();
    std::fs::write(shown.join("word"), "seen").unwrap();
    let arg = shown.display().to_string();
    bench.json(&["project", "set", "demo", "--see", &arg, "--reach", "example.org"]);
    let page = bench.office(&["project", "show", "demo"]).out;
    assert!(page.contains("reaches example.org") && page.contains(&arg), "{page}");
    let body =
        format!("```sh\ncp {arg}/word word.txt; echo x > {arg}/planted || true\noffice task done --summary saw\n```");
    let task = bench.task("Look", &body, &[]);
    bench.until(task, &["in review"]);
    assert!(!shown.join("planted").exists());
    bench.refused(1, &["project", "set", "demo", "--reach", "127.0.0.1"]);
    bench.refused(1, &["project", "set", "demo", "--see", "/etc"]);
    bench.json(&["project", "set", "demo", "--sandbox", "off"]);
    let task = bench.task("Open", "```sh\necho y > c.txt\noffice task done --summary open\n```", &[]);
    bench.until(task, &["in review"]);
    let card = bench.json(&["desk", "show", "sam"]);
    assert_eq!(card["enforcement"]["hard"], false, "{card}");
    assert!(card["enforcement"]["words"].as_str().unwrap().contains("switched off"), "{card}");
}
