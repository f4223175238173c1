//! Keeps the window connected to its office: connects, starts the office where none runs, finds it again when it was lost,
//! and says in words where that stands. One office is never started twice: its own lock decides, and a start is awaited.
//! Not here: an office on another machine (`far.rs`), what is asked over the connection (`page.rs`).

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use office_core::{Code, Refusal};
use office_door::{Client, ClientError, place};
use office_reach::{Asking, Destination, Line};
use tokio::sync::{Notify, watch};

use crate::far;
use crate::start::{self, Found, Started};
use crate::which::Which;

/// Program and version, for the office's log.
pub const NAME: &str = concat!("window ", env!("CARGO_PKG_VERSION"));
/// While an office starts it is looked for this often.
const STARTING: Duration = Duration::from_millis(40);
/// While it cannot be had, this often.
const LOOKING: Duration = Duration::from_secs(2);
/// An office that is on its way up, started here or by somebody else, gets so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// One that somebody else started gets so long before it is looked whether it is still there.
const OTHERS: Duration = Duration::from_secs(5);
/// Starts within a minute; after so many a person has to say so.
const STARTS: usize = 4;
const MINUTE: Duration = Duration::from_secs(60);

/// Where the connection stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The machine it goes to, as ssh is told; none for this one.
    pub on: Option<String>,
    /// How it stands.
    pub is: Is,
}

/// How a connection stands.
#[derive(Clone, Debug)]
pub enum Is {
    /// Looking for the office; it is being started, or was lost a moment ago.
    Looking {
        /// In words.
        said: String,
    },
    /// Connected.
    Up(Client),
    /// It cannot be had as things stand; why, and the way out. It is looked for all the same.
    Down(Refusal),
}

/// The window's end of the connection. Clones share it.
#[derive(Clone, Debug)]
pub struct Link {
    which: Arc<Which>,
    /// The machine its owner wants; none is this one.
    wanted: watch::Sender<Option<Destination>>,
    standing: watch::Sender<Standing>,
    pub(crate) again: Arc<Notify>,
    /// The page still shows the office of another machine: nothing it asks may reach this one.
    moving: Arc<AtomicBool>,
}

impl Link {
    /// Not connected yet; [`Link::keep`] does it.
    pub fn new(which: Which) -> Self {
        let there = which.there.clone();
        let standing = Standing {
            on: there.as_ref().map(|there| there.host().to_owned()),
            is: Is::Looking { said: "Looking for the office".to_owned() },
        };
        Self {
            which: which.into(),
            wanted: watch::Sender::new(there),
            standing: watch::Sender::new(standing),
            again: Arc::default(),
            moving: Arc::default(),
        }
    }

    /// Where the connection stands, and every change of it.
    pub fn watch(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// The office's directory.
    pub fn dir(&self) -> &Path {
        &self.which.dir
    }

    /// The connection, or why there is none.
    pub fn client(&self) -> Result<Client, Refusal> {
        if self.moving.load(Ordering::Acquire) {
            let message = "the window is on its way to another office";
            return Err(Refusal::new(Code::NoOffice, message, "nothing was done; ask again when it is there"));
        }
        match &self.standing.borrow().is {
            Is::Up(client) => Ok(client.clone()),
            Is::Down(refusal) => Err(refusal.clone()),
            Is::Looking { said } => {
                Err(Refusal::new(Code::NoOffice, said.clone(), "nothing was done; ask again when the office is back"))
            }
        }
    }

    /// The owner says: try again now.
    pub fn again(&self) {
        self.again.notify_one();
    }

    /// One more connection to where this one goes.
    pub async fn another(&self) -> Result<(Client, Option<Line>), ClientError> {
        let there = self.wanted.borrow().clone();
        match there {
            None => Ok((Client::connect(&self.which.dir, NAME, None).await?, None)),
            Some(to) => {
                let (client, line) = office_reach::connect(&to, NAME, Asking::Nobody).await?;
                Ok((client, Some(line)))
            }
        }
    }

    /// The owner wants the office on another machine, or with none the one on this. From now on the page is answered
    /// nothing until it begins anew: a number means something else there.
    pub fn go(&self, there: Option<Destination>) {
        self.moving.store(true, Ordering::Release);
        self.wanted.send_replace(there);
    }

    /// A page begins anew, and knows nothing of an office that was shown before.
    pub fn begins(&self) {
        self.moving.store(false, Ordering::Release);
    }

    pub(crate) fn say(&self, on: Option<&str>, is: Is) {
        self.standing.send_replace(Standing { on: on.map(str::to_owned), is });
    }

    /// Keeps the connection as long as the window lives.
    pub async fn keep(self) {
        let mut wanted = self.wanted.subscribe();
        loop {
            let there = wanted.borrow_and_update().clone();
            let keep = async {
                match &there {
                    None => self.keep_here().await,
                    Some(to) => {
                        let reach = || office_reach::connect(to, NAME, Asking::Nobody);
                        self.keep_far(to.host(), far::PACE, reach).await
                    }
                }
            };
            tokio::select! {
                never = keep => match never {},
                moved = wanted.changed() => if moved.is_err() { return },
            }
        }
    }

    async fn keep_here(&self) -> Infallible {
        self.say(None, Is::Looking { said: format!("Looking for the office in {}", self.dir().display()) });
        let mut starts = Starts::default();
        // The first time an office is started, or made, without asking.
        let mut wanted = true;
        let mut why = None;
        loop {
            match self.reach(&mut starts, wanted, why.take()).await {
                Ok(client) => {
                    starts.connected = true;
                    self.say(None, Is::Up(client.clone()));
                    client.closed().await;
                    // One that ended in order took its door away. Nobody but its owner ends it, so it is not started again
                    // by itself; one that was killed left its door behind.
                    wanted = place::find(&self.which.dir).exists();
                    if wanted {
                        self.say(None, Is::Looking { said: "The office is gone; looking for it".to_owned() });
                    }
                }
                Err(refusal) => {
                    why = Some(refusal.clone());
                    self.say(None, Is::Down(refusal));
                    wanted = tokio::select! {
                        () = self.again.notified() => true,
                        () = tokio::time::sleep(LOOKING) => false,
                    };
                    if wanted {
                        starts.forget();
                        self.say(
                            None,
                            Is::Looking { said: format!("Looking for the office in {}", self.dir().display()) },
                        );
                    }
                }
            }
        }
    }

    /// Connects; where no office runs and one is `wanted`, starts it and waits for it. `why` it could not be had before.
    async fn reach(&self, starts: &mut Starts, wanted: bool, why: Option<Refusal>) -> Result<Client, Refusal> {
        let mut why = why;
        let until = Instant::now() + PATIENCE;
        let mut started: Option<Started> = None;
        let mut elsewhere: Option<(Refusal, Instant)> = None;
        loop {
            match Client::connect(&self.which.dir, NAME, None).await {
                Ok(client) => return Ok(client),
                Err(ClientError::NoOffice { .. }) => {}
                Err(ClientError::Refused(refusal)) if refusal.code == Code::Version => {
                    return Err(self.skewed(&refusal));
                }
                Err(ClientError::Refused(refusal)) => return Err(refusal),
                // Its door is there and nobody greets: it may be on its way down.
                Err(lost @ ClientError::Lost(_)) if Instant::now() > until => return Err(lost.refusal()),
                Err(ClientError::Lost(_)) => {
                    tokio::time::sleep(STARTING).await;
                    continue;
                }
            }
            match &mut started {
                None if elsewhere.as_ref().is_some_and(|(_, until)| Instant::now() < *until) => {}
                None if !wanted => {
                    // Why it did not start stays said until somebody starts it; the rest is as it is seen now.
                    let stays =
                        |why: &Refusal| !starts.connected || matches!(why.code, Code::Trouble | Code::Unavailable);
                    return Err(why.take().filter(stays).unwrap_or_else(|| self.ended()));
                }
                None => {
                    starts.count()?;
                    let making = start::look(&self.which.dir) == Found::Nothing;
                    if making && starts.connected {
                        return Err(self.vanished());
                    }
                    let what = if making { "Making an office in" } else { "Starting the office in" };
                    self.say(None, Is::Looking { said: format!("{what} {}", self.dir().display()) });
                    started = Some(start::start(&self.which)?);
                }
                Some(running) => match running.ended() {
                    None => {}
                    // Somebody else started it, and it is waited for; if that one ends before it answers, it is started anew.
                    Some(refusal) if refusal.code == Code::Held => {
                        started = None;
                        elsewhere = Some((refusal, Instant::now() + OTHERS));
                    }
                    Some(refusal) => return Err(refusal),
                },
            }
            if Instant::now() > until {
                return Err(elsewhere.map_or_else(|| self.slow(), |(refusal, _)| refusal));
            }
            tokio::time::sleep(STARTING).await;
        }
    }

    fn ended(&self) -> Refusal {
        if start::look(&self.which.dir) != Found::Office {
            return self.vanished();
        }
        let message = format!("the office in {} does not run: it was ended", self.dir().display());
        Refusal::new(Code::NoOffice, message, "start it again here, or with `office run`")
    }

    fn vanished(&self) -> Refusal {
        let message = format!("the office's directory {} is gone, or empty", self.dir().display());
        Refusal::new(Code::NotFound, message, "bring it back, or close the window and open another office")
    }

    /// Its words are those of a version that this one may know nothing of; which of the two is older, they say at best.
    fn skewed(&self, refusal: &Refusal) -> Refusal {
        let message = format!(
            "the office in {} is run by another version of Afterhours: {}",
            self.dir().display(),
            refusal.message
        );
        let way_out = "if this window is the older one, install the newer Afterhours and open it again; if the office is, \
                       end it (`office quit --leave-desks` of its own version leaves its desks at work) and try again";
        Refusal::new(Code::Version, message, way_out)
    }

    fn slow(&self) -> Refusal {
        let message = format!("the office in {} was started and does not answer", self.dir().display());
        Refusal::new(Code::Unavailable, message, format!("{} says more", self.dir().join("logs/office.log").display()))
    }
}

/// Counts starts, so that an office that falls over again and again is not started for ever.
#[derive(Debug, Default)]
struct Starts {
    at: Vec<Instant>,
    /// Whether this window was ever connected.
    connected: bool,
}

impl Starts {
    fn count(&mut self) -> Result<(), Refusal> {
        let now = Instant::now();
        self.at.retain(|at| now.duration_since(*at) < MINUTE);
        if self.at.len() >= STARTS {
            let message = format!("the office ended {STARTS} times within a minute and is not started again by itself");
            return Err(Refusal::new(
                Code::Trouble,
                message,
                "`office doctor` and logs/office.log in its directory say more",
            ));
        }
        self.at.push(now);
        Ok(())
    }

    fn forget(&mut self) {
        self.at.clear();
    }
}
