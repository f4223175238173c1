//! What an owner may get wrong: repositories that are none, tasks that cannot be, rights that are not there. Each is told
//! what is wrong and the way out, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and says why it is skipped")]

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use office_core::task::TaskCommand;
use office_core::task::ask::NewTask;
use office_core::{CommandBody, ProjectId};
use office_door::Client;
use office_door::wire::Ask;
use office_tests::{Bench, processes};
use serde_json::Value;

fn said(refusal: &Value) -> String {
    format!("{} {}", refusal["message"].as_str().unwrap(), refusal["detail"].as_str().unwrap())
}

/// `office project add` of this path is refused, in words that hold all of these, and adds nothing.
fn no_project(bench: &Bench, path: &Path, words: &[&str]) {
    let refusal = bench.refused(1, &["project", "add", path.to_str().unwrap(), "--name", "demo"]);
    for word in words {
        assert!(said(&refusal).contains(word), "{refusal} does not say {word}");
    }
    assert_eq!(bench.json(&["project", "list"]), serde_json::json!([]), "nothing was added");
}

#[expect(clippy::disallowed_methods, reason = "makes what no owner's repository is")]
fn git(at: &Path, args: &[&str]) {
    assert!(Command::new("git").args(args).current_dir(at).status().unwrap().success(), "git {args:?}");
}

#[test]
fn what_is_no_usable_repository_is_refused_with_the_way_out() {
    let bench = Bench::open();
    let folder = bench.root().join("folder");
    std::fs::create_dir(&folder).unwrap();
    no_project(&bench, &folder, &["not a git repository", "git init"]);
    no_project(&bench, &bench.root().join("nowhere"), &["does not exist"]);
    std::fs::write(bench.root().join("file"), "x").unwrap();
    no_project(&bench, &bench.root().join("file"), &["not a folder"]);
    git(bench.root(), &["init", "-q", "--bare", "bare.git"]);
    no_project(&bench, &bench.root().join("bare.git"), &["bare repository", "git clone"]);
    git(bench.root(), &["init", "-q", "-b", "main", "empty"]);
    no_project(&bench, &bench.root().join("empty"), &["no commit yet", "git commit"]);

    let detached = bench.repo("detached", &[("a.txt", "a\n")]);
    detached.git(&["checkout", "-q", "--detach"]);
    no_project(&bench, detached.path(), &["detached HEAD", "base branch"]);
    let taken = bench.repo("taken", &[("a.txt", "a\n")]);
    taken.git(&["branch", "office"]);
    no_project(&bench, taken.path(), &["a branch \"office\" exists", "branch prefix"]);
    let nobody = bench.repo("nobody", &[("a.txt", "a\n")]);
    nobody.git(&["config", "--unset", "user.name"]);
    no_project(&bench, nobody.path(), &["git does not know who you are", "user.name"]);
    let refusal = bench.refused(1, &["project", "add", taken.arg(), "--base", "no-such-branch"]);
    assert!(said(&refusal).contains("branch"), "{refusal}");
}

#[test]
fn the_ways_out_lead_out_of_a_detached_head_and_a_taken_prefix() {
    let bench = Bench::open();
    let repo = bench.repo("both", &[("a.txt", "a\n"), (".office/project.toml", "branch_prefix = \"desks\"\n")]);
    repo.git(&["branch", "office"]);
    repo.git(&["checkout", "-q", "--detach"]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo", "--base", "main"]);
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let task = bench.task("Change a", "run: echo b > a.txt", &[]);
    let it = bench.until(task, &["in review"]);
    assert_eq!(it["workplace"]["branch"], format!("desks/{task}/change-a"));
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("a.txt").as_deref(), Some("b"));
    assert_eq!(std::fs::read_to_string(repo.path().join("a.txt")).unwrap(), "a\n", "the detached work tree stays");
}

#[test]
fn spaces_and_letters_of_any_kind_do_no_harm_in_paths_and_titles() {
    let bench = Bench::open();
    let repo = bench.repo("späte häuser & 家 'n \"co\"", &[("ein raum/größe.txt", "1\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    bench.json(&["desk", "add", "--name", "zoë", "--role", "engineer"]);
    let body = "run: echo 2 > 'ein raum/größe.txt'; echo neu > '家 neu.txt'";
    let task = bench.task("Größe: 家 & \"mehr\" — $(touch oops); `id`", body, &["--check", "test -f '家 neu.txt'"]);
    bench.until(task, &["in review"]);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("ein raum/größe.txt").as_deref(), Some("2"));
    assert_eq!(std::fs::read_to_string(repo.path().join("家 neu.txt")).unwrap(), "neu\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn submodules_lfs_and_a_dirty_work_tree_are_said_and_no_filter_runs() {
    let bench = Bench::open();
    let part = bench.repo("part", &[("p.txt", "p\n")]);
    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.arg(), "vendored"]);
    let ran = bench.root().join("filter-ran");
    let filter = format!("sh -c 'echo ran >> {}; cat'", ran.display());
    repo.git(&["config", "filter.lfs.clean", &filter]);
    repo.git(&["config", "filter.lfs.smudge", &filter]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 3\n";
    repo.commit("Large files", &[(".gitattributes", "*.bin filter=lfs -text\n"), ("large.bin", pointer)]);
    repo.write("a.txt", "not committed\n");

    let project = bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    let notes = project["notes"].to_string();
    for word in ["submodules", "Git LFS", "git lfs pull", "1 file(s)", "merges wait"] {
        assert!(notes.contains(word), "{notes} does not say {word}");
    }
    repo.git(&["checkout", "-q", "a.txt"]);
    // The owner's own git ran it until here.
    std::fs::remove_file(&ran).unwrap();
    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let plain = bench.task("Change text", "run: cp large.bin seen.txt; echo b > a.txt", &[]);
    bench.until(plain, &["in review"]);
    bench.json(&["task", "accept", &plain.to_string()]);
    assert_eq!(repo.on_main("seen.txt").unwrap(), pointer.trim_end(), "a desk sees the pointer");

    let large = bench.task("Change a large file", "run: echo other > large.bin", &[]);
    bench.until(large, &["in review"]);
    let refusal = bench.refused(1, &["task", "accept", &large.to_string()]);
    assert!(
        said(&refusal).contains("filters (large.bin)") && said(&refusal).contains("git merge --ff-only"),
        "{refusal}"
    );
    assert!(!ran.exists(), "the owner's filter was run");
}

#[test]
fn a_repository_that_went_away_is_said_and_its_task_goes_on_when_it_is_back() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let away = bench.root().join("away");
    std::fs::rename(repo.path(), &away).unwrap();
    let task = bench.task("Change a", "run: echo b > a.txt", &[]);
    let it = bench.until(task, &["failed"]);
    assert!(it["why"].as_str().unwrap().contains("does not exist"), "{it}");
    let health = bench.office(&["doctor"]);
    assert!(health.out.contains("does not exist"), "{health:?}");
    std::fs::rename(&away, repo.path()).unwrap();
    bench.json(&["task", "retry", &task.to_string()]);
    bench.until(task, &["in review"]);
    bench.json(&["task", "accept", &task.to_string()]);
    assert_eq!(repo.on_main("a.txt").as_deref(), Some("b"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "another user's call of the program under test")]
fn a_directory_that_may_not_be_written_is_said_to_an_ordinary_user() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let bench = Bench::open();
    let unprivileged = |args: &[&str]| {
        let mut call = Command::new("setpriv");
        call.args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(office_tests::bench::office_bin())
            .args(args);
        call.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", "/nonexistent");
        let output = call.current_dir("/").output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    if unprivileged(&["--version"]).0 != 0 {
        eprintln!("skipped: an ordinary user may not run the program where it was built");
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(bench.root(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let there = bench.root().join("made-by-nobody");
    let (code, err) = unprivileged(&["init", there.to_str().unwrap()]);
    assert!(code == 1 && err.contains("made-by-nobody") && err.to_lowercase().contains("permission"), "{code}: {err}");
    assert!(!there.exists());
    // Another's office: neither its door nor its directory opens.
    let (code, err) = unprivileged(&["--office", bench.dir().to_str().unwrap(), "status"]);
    assert!((code == 1 || code == 3) && !err.is_empty(), "{code}: {err}");
}

#[test]
fn tasks_that_cannot_be_are_refused_and_leave_nothing_behind() {
    let (bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
    let refused = |code: i32, args: &[&str], words: &[&str]| {
        let refusal = bench.refused(code, args);
        for word in words {
            assert!(said(&refusal).contains(word), "{args:?}: {refusal} does not say {word}");
        }
    };
    refused(1, &["task", "add", " \t "], &["title is empty", "a few words"]);
    refused(1, &["task", "add", &"x".repeat(100_000)], &["100000 characters", "200", "--body"]);
    refused(1, &["task", "add", "two\nlines"], &["one line"]);
    refused(1, &["task", "add", "T", "--attempts", "0"], &["0 attempts", "1 to 20"]);
    refused(1, &["task", "add", "T", "--time-limit", "0"], &["0 s"]);
    refused(1, &["task", "add", "T", "--check", " "], &["no command"]);
    refused(4, &["task", "add", "T", "--after", "99"], &["task #99", "office task list"]);
    refused(4, &["task", "add", "T", "--role", "wizard"], &["role 'wizard'", "office role list"]);
    refused(4, &["task", "add", "T", "--project", "nowhere"], &["project 'nowhere'", "office project list"]);
    refused(4, &["desk", "add", "--name", "bo", "--role", "wizard"], &["role 'wizard'"]);
    assert_eq!(bench.json(&["task", "list"]), serde_json::json!([]));
    assert_eq!(bench.json(&["desk", "list"]), serde_json::json!([]));

    let first = bench.task("First", "", &["--draft"]);
    let second = bench.task("Second", "", &["--draft", "--after", &first.to_string()]);
    let third = bench.task("Third", "", &["--draft", "--after", &second.to_string()]);
    let (one, three) = (first.to_string(), third.to_string());
    let refused = |args: &[&str], code: i32, word: &str| {
        let refusal = bench.refused(code, args);
        assert!(said(&refusal).contains(word), "{args:?}: {refusal}");
        refusal["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&["task", "edit", &one, "--after", &three], 1, "would wait for itself"), "cycle");
    assert_eq!(refused(&["task", "edit", &one, "--after", &one], 1, "would wait for itself"), "cycle");
    refused(&["task", "assign", &one, "nobody"], 4, "desk 'nobody'");
    refused(&["task", "show", "99"], 4, "task #99");
    assert_eq!(bench.show(first)["depends_on"], serde_json::json!([]));
}

#[tokio::test]
async fn a_title_of_a_megabyte_and_a_body_over_the_limit_are_refused_at_the_door() {
    let (bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &[]);
    let said = bench.office_with(&["task", "add", "T", "--body-file", "-"], &"x".repeat(300 * 1024));
    assert!(said.code == 1 && said.err.contains("at most 262144") && said.err.contains("commit"), "{said:?}");
    // No argument list holds a megabyte; the door does.
    let client = Client::connect(bench.dir(), "test", None).await.unwrap();
    let title = "x".repeat(1 << 20);
    let new: NewTask = serde_json::from_value(serde_json::json!({ "project": ProjectId(1), "title": title })).unwrap();
    let body = CommandBody::Task(TaskCommand::Add { new: Box::new(new) });
    let refusal = client.ask(Ask::Submit { command_id: "large".into(), body }).await.unwrap_err().to_string();
    assert!(refusal.contains("1048576 characters"), "{}", &refusal[..refusal.len().min(300)]);
    assert_eq!(bench.json(&["task", "list"]), serde_json::json!([]));
}

#[test]
fn a_desk_without_an_engine_is_off_and_says_why_and_a_body_without_a_script_fails_its_task() {
    let mut bench = Bench::made();
    let engines = bench.dir().join("engines");
    std::fs::create_dir_all(&engines).unwrap();
    let file = "title = \"Away\"\nprogram = \"no-such-agent-program\"\ninstall = \"npm install -g away\"\none_shot = true\n\
                connect = \"pty\"\nsignals = [\"exit\"]\nreports = [\"starting\", \"working\"]\n\
                [task]\nprompt = \"file\"\nargv = [\"no-such-agent-program\"]\n[session]\nargv = [\"no-such-agent-program\"]\n";
    std::fs::write(engines.join("away.toml"), file).unwrap();
    bench.run();
    let repo = bench.repo("demo", &[("a.txt", "a\n")]);
    bench.json(&["project", "add", repo.arg(), "--name", "demo"]);
    for engine in ["away", "no-such-engine"] {
        let said = bench.office(&["--json", "desk", "add", "--name", engine, "--role", "engineer", "--engine", engine]);
        let desk = if said.code == 0 { bench.json(&["desk", "show", engine]).to_string() } else { said.err };
        assert!(desk.contains("npm install -g away") || desk.contains("there is no engine"), "{desk}");
    }
    let health = bench.office(&["doctor"]);
    assert!(health.out.contains("engine away") && health.out.contains("npm install -g away"), "{health:?}");

    bench.json(&["desk", "add", "--name", "ada", "--role", "engineer"]);
    let task = bench.task("Nothing to run", "Only words.\n\n```python\nprint()\n```\n", &[]);
    let it = bench.until(task, &["failed"]);
    let why = it["why"].as_str().unwrap();
    assert!(why.contains("run:") || why.contains("`sh`"), "{why}");
}

#[test]
fn a_desk_speaks_for_its_own_task_only_and_with_its_token_only_while_its_run_lasts() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let other = bench.task("Another's", "", &["--draft"]);
    let body = format!(
        "```sh\nsaid=../../../said\nmkdir -p $said\nprintf %s \"$OFFICE_TOKEN\" > $said/token\n\
         try() {{ name=$1; shift; code=0; \"$@\" > $said/$name 2>&1 || code=$?; echo \"exit $code\" >> $said/$name; }}\n\
         try project office project add .\ntry accept office task accept {other}\ntry done office task done {other} --summary x\n\
         try release office task release {other}\ntry quit office quit\ntry type office desk type ada x\n\
         try backup office backup stolen.db\ntry stop office stop --all\n\
         try bare env -u OFFICE_TOKEN office task accept {other}\ntry fresh env -i PATH=\"$PATH\" OFFICE_DIR=\"$OFFICE_DIR\" office project list\n\
         try own office task show\necho b > a.txt\n```"
    );
    let task = bench.task("Try everything", &body, &[]);
    bench.until(task, &["in review"]);
    let read = |name: &str| std::fs::read_to_string(bench.root().join("said").join(name)).unwrap();
    for name in ["project", "accept", "done", "release", "quit", "type", "backup", "stop", "bare"] {
        let said = read(name);
        assert!(said.ends_with("exit 1\n") && said.contains("not"), "{name}: {said}");
    }
    // A child that cleared its environment is known by the desk's program above it.
    assert!(read("fresh").ends_with("exit 1\n"), "{}", read("fresh"));
    assert!(read("own").contains("Try everything") && read("own").ends_with("exit 0\n"), "{}", read("own"));
    assert_eq!(bench.show(other)["state"], "draft");
    assert!(!repo.path().join("stolen.db").exists());

    bench.until_quiet();
    let mut late = bench.command();
    late.env("OFFICE_TOKEN", read("token")).args(["--json", "task", "list"]);
    let late = late.output().unwrap();
    let refusal: Value = serde_json::from_slice(&late.stderr).unwrap();
    assert_eq!((late.status.code(), &refusal["code"]), (Some(1), &Value::from("stale_lease")), "{refusal}");
    assert!(said(&refusal).contains("run that is over"), "{refusal}");
}

#[test]
fn a_program_that_gets_away_from_its_desk_or_check_and_hides_where_it_came_from_is_not_the_owner() {
    let (bench, _repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    // Its parent is gone, its session and its variables are its own; it asks before it could be looked for, and waits.
    let escapes = |to: &str| {
        let (to, dir) = (bench.root().join(to).display().to_string(), bench.dir().display().to_string());
        let asks = format!("sleep 0.2; office desk add --name eve --role engineer > {to}.new 2>&1; mv {to}.new {to}");
        format!("( setsid -f env -i PATH=\"$PATH\" OFFICE_DIR={dir} sh -c '{asks}' ) </dev/null >/dev/null 2>&1")
    };
    // Its desk and its check stay until it was answered.
    let waits = |to: &str| format!("while ! test -e {}; do sleep 0.02; done", bench.root().join(to).display());
    let body = format!("```sh\n{}\n{}\necho x > b.txt\n```", escapes("desk.out"), waits("desk.out"));
    let check = format!("{}; {}", escapes("check.out"), waits("check.out"));
    let task = bench.task("Get away", &body, &["--check", &check]);
    bench.until(task, &["in review"]);
    for from in ["desk.out", "check.out"] {
        let answer = std::fs::read_to_string(bench.root().join(from)).unwrap();
        assert!(answer.contains("was started by a desk or a check of this office"), "{from}: {answer}");
    }
    assert_eq!(bench.json(&["desk", "list"]).as_array().map(Vec::len), Some(1), "nobody was hired");
}

#[test]
fn no_task_runs_at_two_desks_and_no_office_under_two_runtimes() {
    let (bench, _) = Bench::with_desks(&[("a.txt", "a\n")], &["ada", "bo"]);
    let gate = bench.root().join("gate");
    let body = format!(
        "```sh\necho ran >> ../../../ran\nwhile ! test -e {}; do sleep 0.05; done\necho b > a.txt\n```",
        gate.display()
    );
    let task = bench.task("Be alone", &body, &[]);
    let it = bench.until(task, &["running"]);
    let free = if it["desk"] == 1 { "bo" } else { "ada" };
    let refusal = bench.refused(1, &["task", "assign", &task.to_string(), free]);
    assert_eq!(refusal["code"], "wrong_state", "{refusal}");
    let second = bench.refused(1, &["run"]);
    assert!(said(&second).contains(&format!("process {}", bench.pid())), "{second}");
    assert!(said(&second).contains("office quit"), "{second}");
    std::fs::write(gate, "").unwrap();
    bench.until(task, &["in review"]);
    assert_eq!(std::fs::read_to_string(bench.root().join("ran")).unwrap(), "ran\n");
    assert_eq!(processes::of_desks(bench.dir()), Vec::<u32>::new());
}

#[test]
fn bytes_that_are_no_text_pass_through_output_and_file_names() {
    let (bench, repo) = Bench::with_desks(&[("a.txt", "a\n")], &["ada"]);
    let body = "```sh\nprintf 'odd \\377\\376 output\\033]0;title\\007\\n'\nprintf x > \"$(printf 'bad\\377name')\"\necho b > a.txt\n```";
    let red_bytes = "printf 'seen \\377\\n'; test -e ../../said-red || { touch ../../said-red; exit 1; }";
    let task = bench.task("Odd bytes", body, &["--check", red_bytes]);
    let it = bench.until(task, &["in review"]);
    assert!(it["marks"].to_string().contains("no plain text"), "{}", it["marks"]);
    assert!(bench.office(&["task", "log", &task.to_string()]).out.contains("odd"));
    bench.json(&["task", "accept", &task.to_string()]);
    let name = std::ffi::OsStr::from_bytes(b"bad\xffname");
    assert!(repo.path().join(name).exists(), "the owner's work tree has the file by its very name");
}
