//! The client: asks, subscribes and watches terminals over one connection, several at once, without a task of its own.
//! Whoever waits for something reads for all (`pump.rs`); nobody waiting means nothing is read, and the office goes on.

mod events;
mod pump;
mod terminal;

use std::io;
use std::path::Path;
use std::time::Duration;

use office_core::{Actor, Code, Refusal, Seq};

pub use self::events::{EventStream, RawEvent};
use self::pump::Pump;
pub use self::terminal::{Terminal, TerminalNews};
use crate::frame::{self, Frame, FrameError, FrameReader};
use crate::offset::Offset;
use crate::place;
use crate::transport::{Carrier, own_uid};
use crate::wire::{Answer, Ask, Greeting, Hello, PROTOCOL, PROTOCOL_MIN};

/// How long the office may take to greet.
const GREETING_TIME: Duration = Duration::from_secs(15);

/// Why something did not come to an answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("no office runs in {dir}")]
    NoOffice {
        /// The office's directory.
        dir: String,
    },
    /// The office said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The connection was lost, or what came through it made no sense.
    #[error("the connection to the office was lost: {0}")]
    Lost(String),
}

impl ClientError {
    /// The same as a refusal: a code, what is wrong, the way out.
    pub fn refusal(self) -> Refusal {
        let message = self.to_string();
        match self {
            Self::NoOffice { .. } => Refusal::new(
                Code::NoOffice,
                message,
                "`office run` starts it; `office init` makes a new one; `--office DIR` or OFFICE_DIR names another",
            ),
            Self::Refused(refusal) => refusal,
            Self::Lost(_) => Refusal::new(
                Code::NoOffice,
                message,
                "see whether `office run` still runs; what was asked may or may not have been done",
            ),
        }
    }
}

/// The bare line to the door of the office in the directory `office`, for whoever passes on what goes over it.
///
/// # Errors
/// As [`Client::connect`] before the greeting.
pub async fn line(office: &Path) -> Result<tokio::net::UnixStream, ClientError> {
    Ok(reach(office).await?.bare())
}

async fn reach(office: &Path) -> Result<Carrier, ClientError> {
    let no_office = || ClientError::NoOffice { dir: office.display().to_string() };
    let socket = place::find(office);
    let carrier = match Carrier::connect(&socket).await {
        Ok(carrier) => carrier,
        Err(error) => {
            return Err(match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory => {
                    no_office()
                }
                io::ErrorKind::PermissionDenied => ClientError::Refused(Refusal::new(
                    Code::NotAllowed,
                    format!("the office in {} belongs to somebody else", office.display()),
                    "run the command as the user who started `office run`",
                )),
                _ => ClientError::Lost(error.to_string()),
            });
        }
    };
    // A stranger could only be behind a socket in a shared directory; he is shown no token.
    let (uid, _) = carrier.peer().map_err(|error| ClientError::Lost(error.to_string()))?;
    if uid != own_uid() && !crate::place::is_lent(&socket, uid) {
        return Err(ClientError::Refused(Refusal::new(
            Code::NotAllowed,
            format!("another user (uid {uid}) listens at {}", socket.display()),
            "run the command as the user who started `office run`",
        )));
    }
    Ok(carrier)
}

/// What the office said of itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Welcome {
    /// The protocol that is spoken.
    pub protocol: u32,
    /// The runtime's version.
    pub version: String,
    /// The office's name.
    pub office: String,
    /// Its directory.
    pub dir: String,
    /// Whom it takes us for.
    pub actor: Actor,
}

/// A connection to an office. Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    pump: Pump,
    welcome: std::sync::Arc<Welcome>,
}

impl Client {
    /// Connects to the office in the directory `office`; `name` is program and version for its log, `token` the desk run's.
    pub async fn connect(office: &Path, name: &str, token: Option<&str>) -> Result<Self, ClientError> {
        Self::greeted_over(reach(office).await?, name, token).await
    }

    /// The same over a line that somebody else made, to wherever the office is. Who we are there is the line's to prove;
    /// no token goes over it.
    pub async fn over(line: tokio::net::UnixStream, name: &str) -> Result<Self, ClientError> {
        Self::greeted_over(Carrier::over(line), name, None).await
    }

    async fn greeted_over(carrier: Carrier, name: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let hello =
            Hello { protocol: PROTOCOL, min: PROTOCOL_MIN, client: name.to_owned(), token: token.map(str::to_owned) };
        let (from, mut to) = carrier.split();
        let mut reader = FrameReader::new(from);
        let greeting = tokio::time::timeout(GREETING_TIME, greeted(&mut reader, &mut to, &hello)).await;
        let greeting = greeting.map_err(|_| ClientError::Lost("it did not greet in time".to_owned()))?;
        match greeting.map_err(lost)? {
            Greeting::Refused { refusal } => Err(ClientError::Refused(refusal)),
            Greeting::Welcome { protocol, version, .. } if !(PROTOCOL_MIN..=PROTOCOL).contains(&protocol) => {
                let message = format!("the office that runs here (version {version}) would speak protocol {protocol}");
                let way_out = "use the `office` of the version that runs here";
                Err(ClientError::Refused(Refusal::new(Code::Version, message, way_out)))
            }
            Greeting::Welcome { protocol, version, office, dir, actor } => {
                let welcome = Welcome { protocol, version, office, dir, actor };
                Ok(Self { pump: Pump::new(reader, to), welcome: welcome.into() })
            }
        }
    }

    /// What the office said of itself.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Asks and waits for the answer. Dropping the future forgets the answer; what was asked is done all the same.
    pub async fn ask(&self, ask: Ask) -> Result<Answer, ClientError> {
        self.pump.ask(ask).await
    }

    /// Every event after `since`, without end. One stream per connection: a second takes the place of the first.
    pub async fn events(&self, since: Seq) -> Result<EventStream, ClientError> {
        EventStream::open(self.pump.clone(), since).await
    }

    /// Waits until the office ends the connection.
    pub async fn closed(&self) {
        // Nothing is ever found; the wait ends with the connection.
        let _: Result<(), ClientError> = self.pump.wait(|_| None).await;
    }

    /// The live terminal of a desk, with credit given as it is read.
    pub async fn terminal(&self, desk: &str, from: Option<Offset>) -> Result<Terminal, ClientError> {
        self.terminal_within(desk, from, terminal::CREDIT).await
    }

    /// The same for one who looks now and then only: no more than `credit` bytes are on their way at once.
    pub async fn terminal_within(
        &self,
        desk: &str,
        from: Option<Offset>,
        credit: u32,
    ) -> Result<Terminal, ClientError> {
        Terminal::open(self.pump.clone(), desk, from, credit.clamp(1, terminal::CREDIT)).await
    }
}

async fn greeted(
    reader: &mut FrameReader<crate::transport::ReadHalf>,
    to: &mut crate::transport::WriteHalf,
    hello: &Hello,
) -> Result<Greeting, FrameError> {
    use tokio::io::AsyncWriteExt;
    to.write_all(&frame::control(hello)?).await?;
    match reader.next().await? {
        Some(Frame::Control(json)) => frame::understand(&json),
        Some(Frame::Bytes { .. }) => Err(FrameError::BadBytes),
        None => Err(FrameError::Cut),
    }
}

fn lost(error: FrameError) -> ClientError {
    ClientError::Lost(error.to_string())
}
