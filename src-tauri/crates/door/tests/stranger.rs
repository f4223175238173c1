//! Nobody but the owner comes in, even where the file system would let them: the kernel's word on the peer decides.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::ffi::CString;
use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawnp};
use nix::sys::wait::{WaitStatus, waitpid};
use office_door::wire::{Hello, PROTOCOL};
use office_door::{Client, Listener, frame};
use tempfile::TempDir;

const SOCKET: &str = "OFFICE_TEST_SOCKET";
/// What the stranger ends with when it was turned away without a word; anything else is a failure.
const TURNED_AWAY: i32 = 42;

/// The stranger's half: this test binary again, as another user. Does nothing in an ordinary run.
#[test]
fn stranger() {
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    assert_ne!(nix::unistd::geteuid().as_raw(), 0);
    let mut stream = UnixStream::connect(Path::new(&socket)).unwrap();
    let hello = Hello { protocol: PROTOCOL, min: PROTOCOL, client: "stranger".into(), token: None };
    // It may be turned away before it has said a word.
    let _ = std::io::Write::write_all(&mut stream, &frame::control(&hello).unwrap());
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    std::process::exit(if said.is_empty() { TURNED_AWAY } else { 1 });
}

#[tokio::test]
async fn another_user_is_turned_away_even_where_the_files_are_open() {
    if !nix::unistd::geteuid().is_root() {
        // Only root can become somebody else; the suite runs as root where this counts.
        return;
    }
    let dir = TempDir::new().unwrap();
    let listener = Listener::bind(dir.path()).await.unwrap();
    // Opened up on purpose, so that only the check of the peer is left.
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(listener.socket(), Permissions::from_mode(0o666)).unwrap();
    // The stranger may not be able to enter the folder this binary is in.
    let binary = dir.path().join("stranger");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    std::fs::set_permissions(&binary, Permissions::from_mode(0o755)).unwrap();
    let socket = listener.socket().to_owned();
    let stranger = tokio::task::spawn_blocking(move || {
        let text = |text: &str| CString::new(text).unwrap();
        let args = ["setpriv", "--reuid", "65534", "--clear-groups", binary.to_str().unwrap(), "--exact", "stranger"];
        let args: Vec<CString> = args.into_iter().map(text).collect();
        let environment = [text(&format!("{SOCKET}={}", socket.display())), text("PATH=/usr/bin:/bin")];
        let (actions, attributes) = (PosixSpawnFileActions::init().unwrap(), PosixSpawnAttr::init().unwrap());
        let pid = posix_spawnp(&args[0], &actions, &attributes, &args, &environment).unwrap();
        let ended = waitpid(pid, None).unwrap();
        assert_eq!(ended, WaitStatus::Exited(pid, TURNED_AWAY));
        // After the stranger, the owner: the door is as it was.
        socket.parent().unwrap().to_owned()
    });
    let owner = async {
        let office = stranger.await.unwrap();
        Client::connect(&office, "owner", None).await
    };
    let door = async {
        let (connection, peer) = listener.accept().await.unwrap();
        assert_eq!(peer.uid, 0, "the stranger never got this far");
        let visitor = connection.hello().await.unwrap();
        assert_eq!(visitor.said().client, "owner");
        visitor.welcome(office_core::Actor::Owner, "attic", "/attic", "0").await.unwrap()
    };
    let (client, _open) = tokio::join!(owner, door);
    assert_eq!(client.unwrap().welcome().office, "attic");
}
