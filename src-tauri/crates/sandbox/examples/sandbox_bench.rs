//! What the sandbox adds to the start of a program: `true` by itself, in bwrap with next to nothing shown (what the machine can do), and
//! in a sandbox as a check has it, in turns. One JSON line per figure. Needs the built launcher beside it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on says so by ending; it starts what it measures"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use office_sandbox::{Bind, Policy};

const ROUNDS: usize = 100;
/// What the sandbox may add, in milliseconds.
const GOAL: f64 = 30.0;
/// The same namespaces around the system's programs and nothing else.
const RAW: &str = "bwrap --unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --die-with-parent --ro-bind /usr /usr \
                   --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin --proc /proc --dev /dev true";

fn main() {
    let own = std::env::current_exe().unwrap();
    let launcher = own.ancestors().nth(2).unwrap().join(office_sandbox::PROGRAM);
    let folder = tempfile::tempdir().unwrap();
    for name in ["checkout", "home", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let at = |name: &str| folder.path().join(name);
    let mut policy = Policy::new(at("checkout"), at("home"));
    policy.binds = vec![Bind::write(at("checkout")), Bind::write(at("home")), Bind::write(at("tmp")).at("/tmp")];
    policy.run_as = std::fs::metadata("/proc/self")
        .is_ok_and(|facts| std::os::unix::fs::MetadataExt::uid(&facts) == 0)
        .then_some(62_000);
    let words = office_sandbox::words(&launcher, &policy, &["true".to_owned()]).unwrap();
    if !once(&words, &at("home")).1 {
        eprintln!("there is no sandbox on this machine to measure (`office doctor` says why)");
        std::process::exit(1);
    }
    let bare = ["true".to_owned()];
    let raw: Vec<String> = RAW.split_whitespace().map(str::to_owned).collect();
    let (mut without, mut least, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(once(&bare, &at("home")).0);
        least.push(once(&raw, &at("home")).0);
        within.push(once(&words, &at("home")).0);
    }
    let floor = rank(&mut least, 0.5) - rank(&mut without, 0.5);
    let round = |number: f64| (number * 100.0).round() / 100.0;
    println!(
        "{{\"name\":\"bwrap alone adds, p50\",\"value\":{0},\"unit\":\"ms\",\"limit\":{0},\"ratio\":1,\"goal\":\"what this machine can do\",\"met\":true}}",
        round(floor)
    );
    for (name, part) in [("sandbox adds to a start, p50", 0.5), ("sandbox adds to a start, p99", 0.99)] {
        let value = rank(&mut within, part) - rank(&mut without, 0.5);
        let row = format!(
            "{{\"name\":\"{name}\",\"value\":{},\"unit\":\"ms\",\"limit\":{},\"ratio\":{},\"goal\":\"<= 30 ms\",\"met\":{}}}",
            round(value),
            round(floor),
            round(value / floor),
            value <= GOAL
        );
        println!("{row}");
    }
}

/// How long it took, and whether it went well.
fn once(words: &[String], home: &Path) -> (Duration, bool) {
    let began = Instant::now();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", home);
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    (began.elapsed(), ended.is_ok_and(|status| status.success()))
}

fn rank(took: &mut [Duration], part: f64) -> f64 {
    took.sort();
    took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0
}
