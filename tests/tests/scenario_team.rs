//! A team: roles out of files, what each of them may, and who is woken by what. Seen through the command line, the events and git.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use office_tests::Bench;

#[test]
fn a_role_is_a_file_that_counts_at_once_and_a_fault_in_it_names_its_line() {
    let bench = Bench::open();
    let file = bench.dir().join("roles/scribe.md");
    std::fs::write(&file, "---\ntitle: Scribe\nscope: {paths: [\"docs/**\"]}\nmay: [hire]\n---\nWrite it down.\n")
        .unwrap();
    let role = bench.wait("the role", || {
        let said = bench.office(&["--json", "role", "show", "scribe"]);
        (said.code == 0).then(|| serde_json::from_str::<serde_json::Value>(&said.out).unwrap())
    });
    assert_eq!((role["may"][0].as_str(), role["from"].as_str()), (Some("hire"), Some("owner")));
    std::fs::write(&file, "---\ntitle: Scribe\nscoop: {}\n---\nWrite it down.\n").unwrap();
    let fault = bench.wait("the fault", || {
        let said = bench.office(&["role", "list"]);
        said.out.lines().find(|line| line.contains("scribe.md")).map(str::to_owned)
    });
    assert_eq!(fault, "roles/scribe.md: line 3: there is no key `scoop`; did you mean `scope`?");
    assert_eq!(bench.office(&["role", "check"]).code, 1);
    let kept = bench.json(&["role", "show", "scribe"]);
    assert_eq!(kept["scope"]["paths"][0], "docs/**", "what it said before is in force");
}

#[test]
fn a_role_is_kept_through_the_door_and_never_with_a_fault() {
    let bench = Bench::open();
    let mine = bench.root().join("mine.md");
    let shipped = bench.office(&["role", "source", "engineer"]).out;
    std::fs::write(&mine, shipped.replace("title: Engineer", "title: Builder\nbudget: {tokens: 1000}")).unwrap();
    let said = bench.json(&["role", "set", "engineer", mine.to_str().unwrap()]);
    assert_eq!((said["title"].as_str(), said["from"].as_str()), (Some("Builder"), Some("owner")));
    let budgets = bench.json(&["budget", "list"]);
    assert_eq!(budgets[0]["limits"]["tokens"], 1000, "its budget counts: {budgets}");
    bench.json(&["budget", "set", "--role", "engineer", "--tokens", "5000"]);
    assert_eq!(bench.json(&["budget", "list"])[0]["limits"]["tokens"], 5000, "the owner's own counts instead");
    std::fs::write(&mine, "---\ntitle: Builder\nmay: [everything]\n---\nx\n").unwrap();
    let refused = bench.refused(1, &["role", "set", "engineer", mine.to_str().unwrap()]);
    assert!(refused["message"].as_str().unwrap().contains("line 3"), "{refused}");
    assert_eq!(bench.json(&["role", "show", "engineer"])["title"], "Builder");
}

#[test]
fn a_repository_says_how_its_agents_work_and_gives_them_no_rights() {
    let agent = "---\nname: checker\ndescription: Checks\ntools: Read\nmay: [hire, assign]\nbudget: {money: 900}\n---\nCheck it.\n";
    let ours = "---\nname: engineer\nmay: [hire]\n---\nUse tabs.\n";
    let files = [(".claude/agents/checker.md", agent), (".claude/agents/eng.md", ours), ("a.txt", "a\n")];
    let (bench, _repo) = Bench::with_desks(&files, &[]);
    let role = bench.wait("the repository's role", || {
        let said = bench.office(&["--json", "role", "show", "checker"]);
        (said.code == 0).then(|| serde_json::from_str::<serde_json::Value>(&said.out).unwrap())
    });
    assert!(role["may"].is_null() && role["budget"].is_null(), "{role}");
    assert_eq!((role["grants"]["tools"][0].as_str(), role["from"].as_str()), (Some("Read"), Some("project")));
    assert_eq!(bench.json(&["role", "show", "engineer"])["added"][0]["brief"], "Use tabs.");
    let elsewhere = bench.refused(1, &["desk", "add", "--name", "cy", "--role", "checker", "--engine", "shell"]);
    assert!(elsewhere["detail"].as_str().unwrap().contains("--project demo"), "{elsewhere}");
}

/// An office with an engine `robot` that plays a script, which roles of the test name.
fn with_robots(roles: &[(&str, &str, &str)]) -> (Bench, office_tests::Repo) {
    let mut bench = Bench::made();
    std::fs::create_dir_all(bench.dir().join("engines")).unwrap();
    std::fs::create_dir_all(bench.dir().join("roles")).unwrap();
    for (name, front, script) in roles {
        let file = bench.root().join(format!("{name}.txt"));
        std::fs::write(&file, script).unwrap();
        let engine = format!(
            "title = \"{name}\"\nprogram = \"{agent}\"\ninstall = \"-\"\none_shot = true\nconnect = \"pty\"\nsignals = [\"exit\", \"office\"]\n\
             reports = [\"starting\", \"working\", \"finished\"]\n\n[task]\nargv = [\"{agent}\", \"{script}\"]\nprompt = \"file\"\n\n\
             [session]\nargv = [\"{agent}\", \"{script}\"]\n",
            agent = office_tests::bench::fake_agent_bin().display(),
            script = file.display(),
        );
        std::fs::write(bench.dir().join(format!("engines/robot-{name}.toml")), engine).unwrap();
        let role = format!("---\ntitle: {name}\nengines: [robot-{name}]\n{front}---\nDo it.\n");
        std::fs::write(bench.dir().join(format!("roles/{name}.md")), role).unwrap();
    }
    bench.run();
    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    (bench, repo)
}

fn wakes(bench: &Bench) -> Vec<serde_json::Value> {
    let woken = bench.events().into_iter().filter(|it| it["event"]["type"] == "woken");
    woken.map(|it| it["event"]["wake"].clone()).collect()
}

#[test]
fn a_finished_qa_task_wakes_a_reviewer_who_files_a_report_and_leaves_and_a_build_does_not() {
    let (bench, _repo) = with_robots(&[
        ("builder", "", "write built.txt yes\noffice task done --summary built\n"),
        (
            "reviewer-qa",
            "wakes_on: [\"task finished, kind qa\"]\nmay: [come when woken]\n",
            "office task done --summary looked\n",
        ),
    ]);
    bench.json(&["desk", "add", "--name", "bo", "--role", "builder"]);
    let build = bench.task("Build it", "", &["--kind", "build", "--role", "builder"]);
    bench.until(build, &["in review"]);
    assert_eq!(wakes(&bench).len(), 0, "a build wakes nobody");
    let qa = bench.task("Try it", "", &["--kind", "qa", "--role", "builder"]);
    bench.until(qa, &["in review"]);
    let woken = wakes(&bench);
    assert_eq!((woken.len(), woken[0]["role"].as_str()), (1, Some("reviewer-qa")), "{woken:?}");
    assert_eq!(woken[0]["why"]["task"], qa, "it says by what");
    let made = woken[0]["made"].as_u64().unwrap();
    bench.until(made, &["done"]);
    bench.wait("the reviewer's leaving", || {
        let desks = bench.json(&["desk", "list"]);
        (desks.as_array().unwrap().len() == 1).then_some(())
    });
}

#[test]
fn what_a_role_may_is_refused_beyond_it_and_holds_and_paths_end_with_what_they_wait_for() {
    let (bench, _repo) = with_robots(&[(
        "lead",
        "may: [create tasks, hold]\n",
        "office task add \"Fix it\" --kind fix\nexpect-exit 0\noffice interlock add \"make restart\" --until 2 --why \"not merged\"\nexpect-exit 0\n\
         office lease src/**\nexpect-exit 0\noffice desk add --name eve --role engineer\nexpect-exit 1\noffice task release 2\nexpect-exit 1\n\
         write a.txt b\noffice task done --summary led\n",
    )]);
    bench.json(&["desk", "add", "--name", "lee", "--role", "lead"]);
    let task = bench.task("Lead", "", &["--role", "lead"]);
    bench.until(task, &["in review"]);
    let made = bench.json(&["task", "show", "2"]);
    assert_eq!(
        (made["state"].as_str(), made["by"].as_u64()),
        (Some("draft"), Some(1)),
        "who may not assign writes drafts: {made}"
    );
    assert_eq!(bench.json(&["interlock", "list"])[0]["run"], "make restart");
    bench.wait("the end of the lease", || {
        let leases = bench.json(&["lease"]);
        leases.as_array().unwrap().is_empty().then_some(())
    });
    bench.json(&["interlock", "lift", "1"]);
    let kinds: Vec<_> = bench.events().into_iter().map(|it| it["event"]["type"].as_str().unwrap().to_owned()).collect();
    for kind in ["paths_leased", "paths_released", "interlock_set", "interlock_lifted"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}");
    }
}

#[test]
fn wakes_that_lead_to_one_another_are_cut_off_and_it_shows() {
    let (bench, _repo) = with_robots(&[(
        "echo",
        "wakes_on: [task done]\nmay: [come when woken]\n",
        "office task done --summary again\n",
    )]);
    bench.json(&["desk", "add", "--name", "first", "--role", "echo", "--no-auto"]);
    let task = bench.task("Begin", "", &["--role", "echo", "--deliverable", "finding"]);
    bench.json(&["task", "assign", &task.to_string(), "first"]);
    bench.until(task, &["in review"]);
    bench.json(&["task", "accept", &task.to_string()]);
    let cut = bench.wait("the cut", || wakes(&bench).into_iter().find(|it| !it["cut"].is_null()));
    assert!(cut["cut"].as_str().unwrap().contains("led to one another"), "{cut}");
    assert_eq!(wakes(&bench).iter().filter(|it| it["cut"].is_null()).count(), 3);
    let seen = bench.office(&["status"]).out;
    assert!(seen.contains("'echo' is not woken by 'task done' any more"), "{seen}");
}

#[test]
fn a_failed_task_wakes_the_coordinator_who_has_it_done_otherwise_without_a_hand() {
    let (bench, repo) = with_robots(&[
        ("builder", "", "print too hard\nexit 1\n"),
        ("mason", "", "write wall.txt yes\noffice task done --summary built\n"),
        (
            "coordinator",
            "wakes_on: [task failed]\nmay: [create tasks, assign, come when woken]\n",
            "office task add \"Build it in stone\" --project demo --role mason\nexpect-exit 0\noffice task done --summary again\n",
        ),
    ]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    for (name, role) in [("bo", "builder"), ("mo", "mason")] {
        bench.json(&["desk", "add", "--name", name, "--role", role]);
    }
    let task = bench.task("Build it", "", &["--role", "builder", "--attempts", "1"]);
    bench.until(task, &["failed"]);
    let anew = bench.wait("another task for the same end", || {
        let all = bench.json(&["task", "list"]);
        all.as_array().unwrap().iter().find(|it| it["title"] == "Build it in stone").cloned()
    });
    assert!(anew["by"].is_u64() && anew["behind"] == 1, "it says who wrote it, and what that followed from: {anew}");
    bench.until(anew["id"].as_u64().unwrap(), &["done"]);
    assert_eq!(repo.on_main("wall.txt").as_deref(), Some("yes"));
    bench.wait("the coordinator's leaving", || {
        let desks = bench.json(&["desk", "list"]);
        (desks.as_array().unwrap().len() == 2).then_some(())
    });
}

#[test]
fn what_needs_something_is_a_blocker_of_its_own_and_the_rest_is_merged_meanwhile() {
    let (bench, repo) = with_robots(&[(
        "builder",
        "",
        "write page.html one\noffice task blocked --needs \"Node 22\" --done-so-far \"the page\" --can-continue\nexpect-exit 0\n\
         write style.css two\noffice task done --summary \"all but the bundle\"\n",
    )]);
    bench.json(&["project", "set", "demo", "--accept", "green"]);
    bench.json(&["desk", "add", "--name", "bo", "--role", "builder"]);
    let task = bench.task("Build the page", "", &["--role", "builder"]);
    bench.until(task, &["done"]);
    assert!(repo.on_main("page.html").is_some() && repo.on_main("style.css").is_some());
    let rest = bench.json(&["task", "show", "2"]);
    assert_eq!((rest["state"].as_str(), rest["why"].as_str()), (Some("blocked"), Some("Node 22")));
    let waits = bench.json(&["status"]);
    assert_eq!(waits["waits_for_you"][0]["id"], 2, "it is in the inbox: {waits}");
    // The answer is all it takes: the same desk takes it up, on top of what was merged.
    bench.json(&["task", "answer", "2", "--text", "it is installed"]);
    bench.until(2, &["starting", "running", "checking", "in review", "merging", "done", "failed", "queued"]);
}

#[test]
fn a_split_makes_linked_parts_and_refuses_to_go_round() {
    let (bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
    let task = bench.task("Big", "", &["--draft"]);
    let split = |parts: &str| bench.office_with(&["--json", "task", "split", &task.to_string(), "-"], parts);
    let round = split(r#"[{"title": "a", "after": [1]}, {"title": "b", "after": [0]}]"#);
    assert!(round.code == 1 && round.err.contains("would wait for itself"), "{round:?}");
    let said = split(r#"[{"title": "a"}, {"title": "b", "after": [0]}]"#);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(bench.json(&["task", "show", "3"])["waiting_for"], serde_json::json!([2]));
    assert_eq!(bench.json(&["task", "show", &task.to_string()])["waiting_for"], serde_json::json!([2, 3]));
}
