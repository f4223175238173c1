//! Ways out of a desk, each tried from inside with the real launcher and the real bwrap. What a way out needs system calls for
//! is done by this very program, run inside (`from_inside`).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod machine;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use machine::{Machine, Said, program};
use nix::libc;
use office_sandbox::{Bind, Policy};

/// Both kinds of owner, as far as this machine can play them; empty where it has no sandbox.
fn machines() -> Vec<Machine> {
    let all = std::iter::once(Machine::new()).chain(Machine::of_an_ordinary_user());
    all.filter(Machine::works).collect()
}

/// Runs this program's own attacks inside, with words for them.
fn attack(machine: &Machine, name: &str, word: &str) -> Said {
    let copy = machine.path("office/checkouts/1/attack");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let line = format!("OFFICE_ATTACK={name} OFFICE_WORD='{word}' ./attack from_inside --exact --ignored --nocapture");
    let said = machine.inside(&line);
    assert!(said.out.contains("attacked"), "the attack itself must run: {said:?}");
    said
}

#[test]
fn what_is_not_the_desks_is_not_there() {
    for machine in machines() {
        for path in [
            machine.text("owner/.ssh/id"),
            machine.text("office/office.db"),
            machine.text("office/checkouts/2/file"),
            machine.text("office/desks/2/token"),
            "/etc/shadow".to_owned(),
            "/root".to_owned(),
            "/run/user".to_owned(),
            "/run/dbus/system_bus_socket".to_owned(),
            "/var/run/docker.sock".to_owned(),
            "/tmp/.X11-unix".to_owned(),
            "/sys/kernel".to_owned(),
        ] {
            let said = machine.inside(&format!("ls -d '{path}' || cat '{path}'"));
            assert!(said.code != 0 && said.out.is_empty() && !said.out.contains("SECRET"), "{path}: {said:?}");
        }
        // Not by a link, either, that the desk makes itself.
        let way = machine.text("owner/.ssh/id");
        let said = machine.inside(&format!("ln -s '{way}' link; cat link; ln '{way}' hard; cat hard"));
        assert!(said.code != 0 && !said.out.contains("SECRET"), "{said:?}");
    }
}

#[test]
fn what_is_not_the_desks_is_not_changed() {
    for machine in machines() {
        for path in ["/usr/planted", "/etc/passwd", "/etc/planted", "/planted", "/run/office/door.sock", "/dev/planted"]
        {
            let said = machine.inside(&format!("echo x > {path}"));
            assert_ne!(said.code, 0, "{path}: {said:?}");
        }
        let said = machine.inside("find /proc/sys -writable -type f | head -5; echo seen");
        assert_eq!(said.out, "seen\n", "the kernel's settings can be written");
        assert!(!machine.path("office/desks/1/door/door.sock").exists());
        // Its own is.
        let said = machine.inside("echo x >> file && echo y > $HOME/y && echo z > /tmp/z && cat file");
        assert_eq!((said.code, said.out.as_str()), (0, "mine\nx\n"), "{said:?}");
        assert_eq!(
            machine::owner(&machine.path("office/checkouts/1/file")),
            machine::owner(&machine.path("office/desks/1/home").join("y")),
            "what a desk makes belongs to the office's owner"
        );
    }
}

#[test]
fn other_processes_cannot_be_seen_and_the_launcher_says_nothing() {
    for machine in machines() {
        let mut sleeper = program("sleep").arg("60").env("OWNERS_SECRET", "SECRET in memory").spawn().unwrap();
        let said =
            machine.inside("cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; ls -d /proc/*/root; kill -0 -1");
        let number = sleeper.id();
        let said_of_one = machine.inside(&format!("ls -d /proc/{number}/root && kill -9 {number}"));
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
        assert!(!said.out.contains("SECRET"), "{said:?}");
        assert!(!said.out.contains("--bind"), "bwrap's own words name the machine's paths: {said:?}");
        assert_ne!(said_of_one.code, 0);
    }
}

#[test]
fn the_owners_environment_stays_outside() {
    for machine in machines() {
        let mut launch =
            machine.launch(&machine.policy(), &["sh", "-c", "cat /proc/1/environ | tr '\\0' '\\n'; echo; env"]);
        let output = launch.env("SSH_AUTH_SOCK", "/run/agent").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let (first, own) = said.split_once("\n\n").unwrap();
        // The environment given to the launcher is the desk's; bwrap, which the desk can read, has none of it.
        assert!(own.contains("SSH_AUTH_SOCK") && !first.contains("SSH_AUTH_SOCK"), "{said}");
        assert!(first.contains("OFFICE_RUN=here#1"), "by this the office finds what it started: {first}");
    }
}

#[test]
fn the_hosts_loopback_and_abstract_sockets_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let name = format!("office-test-{}", std::process::id());
    let _hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "it can be reached from outside");
    for machine in machines() {
        let said = attack(&machine, "reach", &format!("{port} {name}"));
        assert!(said.out.contains("tcp refused") && said.out.contains("abstract refused"), "{said:?}");
        assert!(said.out.contains("outside refused"), "{said:?}");
    }
}

#[test]
fn system_calls_that_lead_out_are_refused() {
    for machine in machines() {
        let said = attack(&machine, "calls", "");
        for call in [
            "unshare",
            "setns",
            "mount",
            "chroot",
            "ptrace",
            "keyctl",
            "io_uring_setup",
            "bpf",
            "clone-newuser",
            "tiocsti",
            "vsock",
            "setuid-file",
            "setuid-open",
            "setuid-0",
            "mknod",
            "open-by-handle",
        ] {
            assert!(said.out.contains(&format!("{call} refused")), "{call}: {said:?}");
        }
    }
}

#[test]
fn git_that_was_tampered_with_stays_inside() {
    for machine in machines() {
        let proof = machine.path("owner/proof");
        let line = format!(
            "git init -q . && git config core.fsmonitor 'touch {proof}; false' && \
             printf '#!/bin/sh\\ntouch {proof}\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit && \
             git config filter.x.clean 'touch {proof}; cat' && echo '* filter=x' > .gitattributes && \
             git status >/dev/null; git add -A; git -c user.name=a -c user.email=a@b commit -qm x; \
             echo {other} > .git/commondir; echo 'gitdir: {other}/.git' > elsewhere; git --git-dir=elsewhere log",
            proof = proof.display(),
            other = machine.text("office/checkouts/2"),
        );
        let said = machine.inside(&line);
        assert_ne!(said.code, 0, "another desk's repository is not there: {said:?}");
        assert!(!proof.exists(), "what was planted ran where it can touch the owner's home: {said:?}");
    }
}

#[test]
fn a_cache_that_is_shown_cannot_be_poisoned() {
    for machine in machines() {
        let cache = machine.path("owner/.cargo/bin");
        std::fs::write(cache.join("tool"), "#!/bin/sh\necho good\n").unwrap();
        let mut policy = machine.policy();
        policy.binds.push(Bind::read(&cache));
        let line = format!(
            "cd '{}'; echo bad > tool; rm tool; mv tool t; echo x > new; chmod 777 tool; sh tool",
            cache.display()
        );
        let said = machine.under(&policy, &line);
        assert_eq!(said.out, "good\n", "{said:?}");
        assert_eq!(std::fs::read_to_string(cache.join("tool")).unwrap(), "#!/bin/sh\necho good\n");
        assert!(!cache.join("new").exists());
    }
}

#[test]
fn a_flood_of_processes_and_a_huge_file_are_stopped() {
    for machine in machines() {
        let mut policy = machine.policy();
        policy.limits.processes = 40;
        policy.limits.file_bytes = 1 << 20;
        policy.limits.memory_files = 1 << 20;
        policy.scratch = vec!["/opt/scratch".into()];
        let said = machine.under(&policy, "i=0; while [ $i -lt 200 ]; do sleep 5 & i=$((i+1)); done; wait");
        assert!(said.code != 0 && said.err.to_lowercase().contains("fork"), "{said:?}");
        let said = machine.under(&policy, "head -c 3000000 /dev/zero > big; stat -c %s big");
        assert!(said.out.trim().parse::<u64>().unwrap() <= 1 << 20, "{said:?}");
        for place in ["/dev/shm", "/opt/scratch"] {
            let said = machine.under(
                &policy,
                &format!("head -c 900000 /dev/zero > {place}/a && head -c 900000 /dev/zero > {place}/b"),
            );
            assert_ne!(said.code, 0, "{place}: {said:?}");
        }
    }
}

#[test]
fn the_end_of_the_launcher_is_the_end_of_everything_inside() {
    for machine in machines() {
        let line = "trap '' TERM HUP INT; setsid sleep 1000 & echo up > up; while :; do sleep 1; done";
        let mut launched = machine.launch(&machine.policy(), &["sh", "-c", line]).spawn().unwrap();
        let up = machine.path("office/checkouts/1/up");
        wait("the program", || up.exists());
        let mark = format!("{}", machine.path("office/checkouts/1").display());
        assert!(working_in(&mark) > 0);
        launched.kill().unwrap();
        launched.wait().unwrap();
        wait("the end of all of it", || working_in(&mark) == 0);
    }
}

/// Processes whose folder this is.
fn working_in(folder: &str) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| {
        let found = std::fs::read_link(entry.path().join("cwd"));
        found.is_ok_and(|cwd| cwd.to_string_lossy().trim_end_matches(" (deleted)").ends_with(folder))
    })
    .count()
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < until, "{what} did not come to be");
        std::thread::sleep(Duration::from_millis(10)); // waits for: what the caller names
    }
}

#[test]
fn nothing_is_run_as_root() {
    let machine = Machine::new();
    let mut policy: Policy = machine.policy();
    for nobody in [None, Some(0)] {
        policy.run_as = nobody;
        let said = machine.under(&policy, "touch ran");
        if machine::is_root() {
            assert!(said.code == 125 && said.err.contains("nothing is run as root"), "{said:?}");
            assert!(!machine.path("office/checkouts/1/ran").exists());
        }
    }
}

#[test]
fn a_program_works_as_it_would_outside() {
    for machine in machines() {
        let said = machine.inside("exit 7");
        assert_eq!(said.code, 7, "{said:?}");
        let said = machine.inside("no-such-program");
        assert_eq!(said.code, 127, "{said:?}");
        let line = "git init -q . && git add file && git -c user.name=a -c user.email=a@b commit -qm first && \
                    git rev-parse HEAD && git status --short && id -un && getent passwd desk >/dev/null && mktemp";
        let said = machine.inside(line);
        assert!(said.code == 0 && said.out.contains("desk\n") && said.out.contains("/tmp/tmp."), "{said:?}");
        if Path::new("/usr/bin/node").exists() {
            let said =
                machine.inside("echo 'require(\"assert\")(1 + 1 === 2); console.log(\"node\")' > t.js && node t.js");
            assert_eq!(said.out, "node\n", "{said:?}");
        }
    }
}

/// Not a test: the attacks, run inside by [`attack`].
#[test]
#[ignore = "run inside the sandbox by the tests above"]
#[allow(unsafe_code)]
fn from_inside() {
    let word = std::env::var("OFFICE_WORD").unwrap_or_default();
    let say = |name: &str, worked: bool| println!("{name} {}", if worked { "WORKED" } else { "refused" });
    println!("attacked");
    match std::env::var("OFFICE_ATTACK").unwrap_or_default().as_str() {
        "reach" => {
            let (port, name) = word.split_once(' ').unwrap();
            say("tcp", TcpStream::connect(("127.0.0.1", port.parse().unwrap())).is_ok());
            say("abstract", UnixStream::connect_addr(&SocketAddr::from_abstract_name(name).unwrap()).is_ok());
            let outside = "1.1.1.1:443".parse().unwrap();
            say("outside", TcpStream::connect_timeout(&outside, Duration::from_secs(2)).is_ok());
            let _ = std::io::stdout().flush();
        }
        "calls" => {
            std::fs::write("victim", "").unwrap();
            // SAFETY: each call is meant to fail; the pointers that are read are constants.
            unsafe {
                let victim = c"victim".as_ptr();
                say("unshare", libc::unshare(libc::CLONE_NEWNS) == 0);
                say(
                    "setns",
                    libc::setns(0, 0) == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::EPERM),
                );
                let none = std::ptr::null();
                say("mount", libc::mount(none, c"/tmp".as_ptr(), c"tmpfs".as_ptr(), 0, none.cast()) == 0);
                say("chroot", libc::chroot(c"/tmp".as_ptr()) == 0);
                say("ptrace", libc::ptrace(libc::PTRACE_ATTACH, 1, 0, 0) == 0);
                say("keyctl", libc::syscall(libc::SYS_keyctl, 0, -3, 1) >= 0);
                say("io_uring_setup", libc::syscall(libc::SYS_io_uring_setup, 1, [0_u8; 256].as_mut_ptr()) >= 0);
                say(
                    "bpf",
                    libc::syscall(libc::SYS_bpf, 0, 0, 0) >= 0
                        || std::io::Error::last_os_error().raw_os_error() != Some(libc::EPERM),
                );
                say("clone-newuser", libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUSER) == 0);
                say(
                    "tiocsti",
                    libc::ioctl(0, libc::TIOCSTI, c"x".as_ptr()) == 0
                        || std::io::Error::last_os_error().raw_os_error() != Some(libc::EPERM),
                );
                say("vsock", libc::socket(40, libc::SOCK_STREAM, 0) >= 0);
                say("setuid-file", libc::chmod(victim, 0o4755) == 0);
                say("setuid-open", libc::open(c"born".as_ptr(), libc::O_CREAT | libc::O_WRONLY, 0o4755) >= 0);
                say("setuid-0", libc::setuid(0) == 0);
                say("mknod", libc::mknod(c"disk".as_ptr(), libc::S_IFBLK | 0o600, libc::makedev(254, 0)) == 0);
                say(
                    "open-by-handle",
                    libc::syscall(libc::SYS_open_by_handle_at, 3, 0, 0) >= 0
                        || std::io::Error::last_os_error().raw_os_error() != Some(libc::EPERM),
                );
            }
        }
        other => panic!("no such attack: {other}"),
    }
    let mut nothing = String::new();
    let _ = std::io::stdin().read_to_string(&mut nothing);
}
