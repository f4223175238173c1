//! What a project says about itself: set-up, cache, files, ports, branches, commits and checks; and what happens when
//! set-up or checks never end, print without end, or are changed by the very task they judge.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;

use office_tests::{Bench, Repo, processes};
use serde_json::Value;

const SETTINGS: &str = ".office/project.toml";

/// An office with desks of these names and a project `demo` of these settings and files.
fn with_settings(settings: &str, files: &[(&str, &str)], desks: &[&str]) -> (Bench, Repo) {
    let bench = Bench::open();
    let mut all = vec![(SETTINGS, settings)];
    all.extend(files);
    let repo = bench.repo("demo", &all);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    for name in desks {
        bench.json(&["desk", "add", "--name", name, "--role", "engineer"]);
    }
    (bench, repo)
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn accept(bench: &Bench, task: u64) {
    bench.until(task, &["in review"]);
    bench.json(&["task", "accept", &task.to_string()]);
}

fn verdicts(task: &Value) -> Vec<&str> {
    task["results"].as_array().unwrap().iter().map(|result| result["verdict"].as_str().unwrap()).collect()
}

#[test]
fn set_up_runs_once_for_each_checkout_and_not_again_where_its_cache_fits() {
    let settings = "[setup]\nrun = [\"echo ran >> ../../../set-up.log\", \"mkdir -p deps; cat lock > deps/d\"]\n\
                    cache = [\"deps\"]\ncache_key = [\"lock\"]\n";
    let (bench, repo) = with_settings(settings, &[("lock", "1\n"), (".gitignore", "deps\n")], &["ada"]);
    // The checkouts of desks lie two folders below the office, those of checks as well.
    let log = bench.root().join("set-up.log");
    let first = bench.task("First", "run: cp deps/d one.txt", &["--check", "cmp deps/d one.txt"]);
    accept(&bench, first);
    assert_eq!(read(&log), "ran\n", "the checkout of the check had the cache");
    let second = bench.task("Second", "run: cp deps/d two.txt", &["--check", "cmp deps/d two.txt"]);
    accept(&bench, second);
    assert_eq!(read(&log), "ran\n", "the second task had the cache");
    repo.commit("Other dependencies", &[("lock", "2\n")]);
    let third = bench.task("Third", "run: cp deps/d three.txt", &["--check", "cmp deps/d three.txt"]);
    accept(&bench, third);
    assert_eq!(read(&log), "ran\nran\n", "the lock file changed");
    let on_main = |name: &str| repo.on_main(name).unwrap();
    assert_eq!((on_main("one.txt"), on_main("two.txt"), on_main("three.txt")), ("1".into(), "1".into(), "2".into()));
}

#[test]
fn named_files_are_copied_or_linked_and_secrets_come_along_only_when_named() {
    let settings = "copy = [\"local.cfg\", \"not-there\"]\nlink = [\"models\"]\n";
    let ignored = ".env\nlocal.cfg\nmodels\nsecret\n";
    let (bench, repo) = with_settings(settings, &[(".gitignore", ignored)], &[]);
    repo.write(".env", "TOKEN=hush\n");
    repo.write("local.cfg", "port=1\n");
    repo.write("models/large.bin", "large\n");
    repo.write("secret", "hush\n");
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let body = "```sh\n{ ls -A1; cat local.cfg models/large.bin; } > seen.txt\necho changed > local.cfg\n\
                test -L models && test ! -L local.cfg\n```";
    let task = bench.task("Look around", body, &[]);
    accept(&bench, task);
    let seen = repo.on_main("seen.txt").unwrap();
    for (word, there) in [("port=1", true), ("large", true), (".env", false), ("secret", false), ("not-there", false)] {
        assert_eq!(seen.contains(word), there, "{word}: {seen}");
    }
    assert_eq!(read(repo.path().join("local.cfg")), "port=1\n", "a copy is the desk's own");
}

#[test]
fn each_desk_has_ports_and_a_home_of_its_own_and_nothing_of_the_owners_environment() {
    let mut bench = Bench::made();
    bench.set("AWS_SECRET_ACCESS_KEY", "hush");
    bench.run();
    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    let body = "```sh\nenv > ../../../env-$OFFICE_DESK\nwhile ! test -e ../../../env-ada || ! test -e ../../../env-bo; do sleep 0.05; done\ntouch \"$OFFICE_DESK.txt\"\n```";
    let tasks = [bench.task("One", body, &[]), bench.task("Two", body, &[])];
    for name in ["ada", "bo"] {
        bench.json(&["desk", "add", "--name", name, "--role", "engineer"]);
    }
    for task in tasks {
        bench.until(task, &["in review"]);
    }
    let of = |desk: &str, key: &str| {
        let env = read(bench.root().join(format!("env-{desk}")));
        assert!(!env.contains("hush"), "{env}");
        env.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap().to_owned()
    };
    let port = |desk: &str| of(desk, "OFFICE_PORT_BASE").parse::<u32>().unwrap();
    assert!(port("ada").abs_diff(port("bo")) >= 20, "{} and {}", port("ada"), port("bo"));
    assert_ne!(of("ada", "HOME"), of("bo", "HOME"));
    assert_ne!(of("ada", "OFFICE_TOKEN"), of("bo", "OFFICE_TOKEN"));
}

#[test]
fn base_branch_and_branch_prefix_are_the_projects() {
    let bench = Bench::open();
    let repo =
        bench.repo("demo", &[("a.txt", "a\n"), (SETTINGS, "base = \"develop\"\nbranch_prefix = \"robots/night\"\n")]);
    repo.git(&["branch", "develop"]);
    let project = bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    assert_eq!(project["base_branch"], "develop", "{project}");
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let before = repo.head();
    let task = bench.task("Change a", "run: echo b > a.txt", &[]);
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["workplace"]["branch"], format!("robots/night/{task}/change-a"));
    accept(&bench, task);
    assert_eq!(repo.head(), before, "main is not the base");
    assert_eq!(repo.git(&["show", "develop:a.txt"]), "b");
}

#[test]
fn commits_are_the_owners_with_the_agents_message_and_no_signing_blocks_them() {
    let (bench, repo) = with_settings("", &[("a.txt", "a\n")], &[]);
    repo.git(&["config", "commit.gpgsign", "true"]);
    repo.git(&["config", "gpg.program", "/nonexistent/asks-for-a-passphrase"]);
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let body = "```sh\necho b > a.txt\ngit commit -qam 'Say it better' -m 'Co-Authored-By: Robot <robot@example.org>'\necho left > over.txt\n```";
    let task = bench.task("Improve a", body, &[]);
    accept(&bench, task);
    let log = repo.git(&["log", "--format=%an <%ae>|%cn|%s|%b|%G?", "main"]);
    for line in log.lines().filter(|line| line.contains('|')) {
        assert!(line.starts_with("Olive Owner <olive@example.org>|Olive Owner|"), "{log}");
    }
    assert!(log.contains("|Say it better|") && log.contains(&format!("|Improve a (#{task})|")), "{log}");
    assert!(!log.contains("Robot") && !log.to_lowercase().contains("afterhours"), "{log}");
}

#[test]
fn a_trailer_is_there_when_the_project_wants_one() {
    let (bench, repo) =
        with_settings("commit_trailer = \"Worked-by: Afterhours\"\nmerge = \"squash\"\n", &[], &["ada"]);
    let task = bench.task("Write b", "run: echo b > b.txt", &[]);
    accept(&bench, task);
    let message = repo.git(&["log", "-1", "--format=%P|%B", "main"]);
    assert!(message.contains(&format!("Write b (#{task})\n\nWorked-by: Afterhours")), "{message}");
    assert_eq!(message.split('|').next().unwrap().split(' ').count(), 1, "one commit, one parent: {message}");
}

#[test]
fn a_red_base_is_said_before_the_first_task_and_blamed_on_nobody() {
    let settings =
        "[[checks]]\nname = \"green\"\nrun = \"true\"\n[[checks]]\nname = \"red\"\nrun = \"echo it rains; false\"\n";
    let (bench, _) = with_settings(settings, &[], &["ada"]);
    let said = bench.office(&["--json", "project", "try", "demo"]);
    assert!(said.out.contains("it rains") && said.out.contains("\"green\":false"), "{said:?}");
    assert!(bench.office(&["doctor"]).out.contains("is red on"));
    let task = bench.task("Write b", "run: echo b > b.txt", &[]);
    let it = bench.until(task, &["in review"]);
    assert_eq!(verdicts(&it), ["passed", "red_on_base"]);
    assert!(it["marks"].to_string().contains("red_on_base"), "{it}");
}

#[test]
fn a_set_up_that_fails_is_said_with_its_output() {
    let settings = "[setup]\nrun = [\"echo no such package; exit 3\"]\n";
    let (bench, _) = with_settings(settings, &[], &["ada"]);
    let said = bench.office(&["--json", "project", "try", "demo"]);
    assert!(said.out.contains("no such package") && said.out.contains("\"setup_ok\":false"), "{said:?}");
    let task = bench.task("Write b", "run: echo b > b.txt", &[]);
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("no such package"), "{it}");
}

#[test]
fn an_error_in_the_settings_names_its_line_and_stops_no_other_project() {
    let bench = Bench::open();
    let broken = bench.repo("broken", &[(SETTINGS, "copy = []\nflavour = 3\n")]);
    let refusal = bench.refused(1, &["project", "add", broken.arg()]);
    let message = refusal["message"].as_str().unwrap();
    assert!(message.contains(SETTINGS) && message.contains("line 2") && message.contains("flavour"), "{refusal}");
    let outside = bench.repo("outside", &[(SETTINGS, "copy = [\"../../.ssh\"]\n")]);
    let refusal = bench.refused(1, &["project", "add", outside.arg()]);
    assert!(refusal["message"].as_str().unwrap().contains("leads out of the checkout"), "{refusal}");

    // Broken later, on the base: said by the task that would have used it.
    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    repo.commit("Break the settings", &[(SETTINGS, "\n\n[setup\n")]);
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let task = bench.task("Write b", "run: echo b > b.txt", &[]);
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("line 3"), "{it}");
}

#[test]
fn a_task_cannot_change_what_judges_it() {
    let settings = "[[checks]]\nname = \"ci\"\nrun = \"sh ci/check.sh\"\n";
    let files = [("ci/check.sh", "grep -q good word.txt\n"), ("word.txt", "good\n")];
    let (bench, repo) = with_settings(settings, &files, &["ada"]);
    let cheat = "```sh\necho bad > word.txt\necho 'exit 0' > ci/check.sh\nprintf '' > .office/project.toml\n```";
    let cheating = bench.task("Cheat", cheat, &["--attempts", "1"]);
    let it = bench.until(cheating, &["failed"]);
    assert_eq!(verdicts(&it), ["broken"], "the base's check judged: {it}");

    let honest = "```sh\necho very good > word.txt\necho 'grep -q very word.txt' > ci/check.sh\n```";
    let changing = bench.task("Change the check too", honest, &[]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    let it = bench.until(changing, &["in review"]);
    let marks = it["marks"].to_string();
    assert!(marks.contains("touches_checks") && marks.contains("ci/check.sh"), "{marks}");
    assert_eq!(repo.on_main("word.txt").as_deref(), Some("good"), "a mark waits for its owner");
    accept(&bench, changing);
    assert_eq!(repo.on_main("ci/check.sh").as_deref(), Some("grep -q very word.txt"));
}

#[test]
fn set_up_and_checks_that_never_end_are_ended_whole_at_their_time_out() {
    let settings = "[setup]\nrun = [\"test ! -e hang || { sleep 600 & setsid sleep 600 & trap '' TERM HUP INT; sleep 600; sleep 600; }\"]\ntimeout_secs = 1\n";
    let (bench, repo) = with_settings(settings, &[], &["ada"]);
    let endless = "sleep 600 & setsid sleep 600 & trap '' TERM HUP INT; sleep 600; sleep 600";
    let task =
        bench.task("Hang", "run: echo b > b.txt", &["--attempts", "1", "--check", endless, "--check-timeout", "1"]);
    let it = bench.until(task, &["failed"]);
    assert_eq!(verdicts(&it), ["timed_out"], "{it}");
    assert!(it["results"][0]["tail"].as_str().unwrap().contains("time-out of 1 s"), "{it}");
    assert_eq!(processes::of_desks(bench.dir()), Vec::<u32>::new(), "grandchildren are gone");

    repo.commit("Let set-up hang", &[("hang", "")]);
    let task = bench.task("Hang earlier", "run: echo c > c.txt", &[]);
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("did not end within 1 s"), "{it}");
    bench.until_quiet();
}

#[test]
fn a_set_up_and_a_check_that_print_a_gigabyte_cost_no_memory() {
    let settings = "[setup]\nrun = [\"head -c 1000000000 /dev/zero\"]\ncache = [\"none\"]\n";
    let (bench, _) = with_settings(settings, &[], &["ada"]);
    let task =
        bench.task("Write b", "run: echo b > b.txt", &["--check", "head -c 1000000000 /dev/zero; echo; echo the end"]);
    bench.until(task, &["in review"]);
    let status = read(format!("/proc/{}/status", bench.pid()));
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 200 * 1024, "the runtime's memory peaked at {peak} kB");
    let tail = bench.show(task)["results"][0]["tail"].as_str().unwrap().to_owned();
    assert!(tail.ends_with("the end") && tail.len() <= 4096, "{} bytes", tail.len());
}

#[test]
fn what_a_tasks_own_commit_makes_of_a_set_up_is_kept_for_nobody_else() {
    let settings = "[setup]\nrun = [\"sh make.sh\"]\ncache = [\"deps\"]\ncache_key = [\"lock\"]\n";
    let honest = "mkdir -p deps && echo honest > deps/d\n";
    let files = [(SETTINGS, settings), ("make.sh", honest), ("lock", "1\n"), (".gitignore", "deps\n")];
    let (bench, repo) = Bench::with_desks(&files, &["sam"]);
    // A task brings a new lock file, and a set-up of its own; its check is set up by that.
    let body = "run: echo 2 > lock; echo 'mkdir -p deps && echo POISON > deps/d' > make.sh";
    let first = bench.task("Poison", body, &["--check", "grep -q POISON deps/d", "--attempts", "1"]);
    let it = bench.until(first, &["in review"]);
    assert_eq!(it["state"], "in review", "{it}");
    // The owner comes to the same lock file by an honest way: the next desk has what that makes.
    repo.commit("The same lock", &[("lock", "2\n")]);
    let second = bench.task("Look", "run: cp deps/d seen.txt", &["--check", "grep -q honest deps/d"]);
    let it = bench.until(second, &["in review", "failed"]);
    assert_eq!(it["state"], "in review", "{it}");
    bench.json(&["task", "accept", &second.to_string()]);
    assert_eq!(repo.on_main("seen.txt").as_deref(), Some("honest"));
}
