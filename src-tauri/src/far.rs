//! Keeps the window connected to an office on another machine: reaches it by ssh, again after a cut, ever less often while
//! that fails. Nothing is started there, and what only a person can settle with ssh is not tried again by itself.

use std::convert::Infallible;
use std::time::Duration;

use office_core::Code;
use office_door::{Client, ClientError};

use crate::link::{Is, Link};

/// The wait after the first failure, which each further one doubles, and the longest. Servers shut out whoever knocks too
/// often.
pub(crate) const PACE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

impl Link {
    /// Keeps the connection to `host`, which `reach` makes; its line is cut when it is dropped.
    pub(crate) async fn keep_far<L, F: Future<Output = Result<(Client, L), ClientError>>>(
        &self,
        host: &str,
        [first, longest]: [Duration; 2],
        reach: impl Fn() -> F,
    ) -> Infallible {
        let looking = |said: String| self.say(Some(host), Is::Looking { said });
        looking(format!("Reaching {host} by ssh"));
        let mut wait = first;
        loop {
            let refusal = match reach().await {
                Ok((client, line)) => {
                    wait = first;
                    self.say(Some(host), Is::Up(client.clone()));
                    client.closed().await;
                    drop(line);
                    looking(format!("The line to {host} was cut; reaching it again"));
                    continue;
                }
                Err(error) => error.refusal(),
            };
            // A wrong key or an unknown machine is the same in a minute, and counts as an attack.
            let hopeless = refusal.code == Code::NotAllowed;
            self.say(Some(host), Is::Down(refusal));
            let later = async { if hopeless { std::future::pending().await } else { tokio::time::sleep(wait).await } };
            tokio::select! {
                () = self.again.notified() => {
                    wait = first;
                    looking(format!("Reaching {host} by ssh"));
                }
                () = later => wait = (wait * 2).min(longest),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use office_core::{Actor, Refusal};
    use office_door::{Incoming, Listener};
    use tauri::async_runtime::{JoinHandle, spawn};
    use tokio::sync::mpsc;

    use super::*;
    use crate::which::Which;

    fn link() -> Link {
        Link::new(Which { dir: "/nowhere".into(), program: "/nowhere".into(), there: None })
    }

    /// An office that greets, and tells the test of everyone it let in.
    async fn office(dir: &Path) -> mpsc::Receiver<(Incoming, JoinHandle<()>)> {
        let listener = Listener::bind(dir).await.unwrap();
        let (tell, guests) = mpsc::channel(1);
        let serve = async move {
            while let Ok((connection, _)) = listener.accept().await {
                let visitor = connection.hello().await.unwrap();
                let (incoming, _outbox, writer) = visitor.welcome(Actor::Owner, "far", "/far", "1").await.unwrap();
                let write = async move { drop(writer.run().await) };
                if tell.send((incoming, spawn(write))).await.is_err() {
                    return;
                }
            }
        };
        spawn(serve);
        guests
    }

    #[tokio::test]
    async fn a_line_that_is_cut_is_made_again_and_that_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let mut guests = office(dir.path()).await;
        let link = link();
        let mut standing = link.watch();
        let reach = || async { Client::connect(dir.path(), "window", None).await.map(|client| (client, ())) };
        let test = async {
            for _ in 0..3 {
                let up = standing.wait_for(|now| matches!(now.is, Is::Up(_))).await.unwrap().clone();
                assert_eq!(up.on.as_deref(), Some("vm"));
                assert_eq!(link.client().unwrap().welcome().office, "far");
                let (incoming, writer) = guests.recv().await.unwrap();
                writer.abort();
                drop(incoming);
                let lost = standing.wait_for(|now| !matches!(now.is, Is::Up(_))).await.unwrap().clone();
                assert!(matches!(&lost.is, Is::Looking { said } if said.contains("was cut")), "{lost:?}");
            }
        };
        tokio::select! {
            never = link.keep_far("vm", PACE, reach) => match never {},
            () = test => {}
        }
    }

    #[tokio::test]
    async fn what_a_person_must_settle_is_tried_once_and_the_rest_ever_less_often() {
        let link = link();
        let tries = AtomicUsize::new(0);
        let pace = [Duration::from_millis(1), Duration::from_millis(64)];
        let fails = async |code| {
            tries.store(0, Ordering::Relaxed);
            let reach = || async {
                tries.fetch_add(1, Ordering::Relaxed);
                Err::<(Client, ()), _>(ClientError::Refused(Refusal::new(code, "no", "settle it")))
            };
            tokio::select! {
                never = link.keep_far("vm", pace, reach) => match never {},
                () = tokio::time::sleep(Duration::from_millis(400)) => {}
            }
            assert_eq!(link.client().unwrap_err().detail, "settle it");
            tries.load(Ordering::Relaxed)
        };
        // After 1, 3, 7, 15, 31 and 63 ms, and then every 64: never more often, however slow the machine is.
        let often = fails(Code::Unavailable).await;
        assert!((2..=12).contains(&often), "{often}");
        assert_eq!(fails(Code::NotAllowed).await, 1);
        // Its owner says when.
        link.again();
        assert_eq!(fails(Code::NotAllowed).await, 2);
    }

    #[tokio::test]
    async fn a_page_that_shows_one_office_is_not_answered_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let _guests = office(dir.path()).await;
        let link = link();
        let client = Client::connect(dir.path(), "window", None).await.unwrap();
        link.say(None, Is::Up(client));
        assert!(link.client().is_ok());
        link.go(Some(office_reach::Destination::new("vm", None).unwrap()));
        assert!(link.client().unwrap_err().message.contains("on its way"));
        link.begins();
        assert!(link.client().is_ok());
    }
}
