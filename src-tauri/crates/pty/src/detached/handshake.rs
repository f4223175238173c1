//! The greeting on both sides: who is there, which version is spoken, which life of the host this is.

use std::io;
use std::time::Duration;

use nix::unistd::geteuid;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::error::DetachedError;
use super::frame::{self, Frame, HELLO_MAX};
use super::place::Place;
use super::protocol::{Greeting, Hello, OLDEST_PROTOCOL, PROTOCOL, agree};

/// How long the other side may take to say hello. A host that is stopped answers when it is continued.
const GREETING: Duration = Duration::from_secs(5);

/// A conversation that may begin.
pub(super) struct Greeted {
    pub(super) stream: UnixStream,
    pub(super) protocol: u32,
    pub(super) instance: String,
}

/// The client's side: connects and greets.
pub(super) async fn connect(place: &Place) -> Result<Greeted, DetachedError> {
    let socket = place.socket();
    let no_host = || DetachedError::NoHost { dir: place.dir().to_owned() };
    let io_error = |doing, error| DetachedError::io(doing, &socket)(error);
    let reach = match place.reach() {
        Ok(reach) => reach,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(no_host()),
        Err(error) => return Err(io_error("reaching", error)),
    };
    let mut stream = match UnixStream::connect(&reach.path).await {
        Ok(stream) => stream,
        // Reset: it closed its door while we stood at it.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
            ) =>
        {
            return Err(no_host());
        }
        Err(error) => return Err(io_error("connecting to", error)),
    };
    let peer = stream.peer_cred().map_err(|error| io_error("looking who is behind", error))?;
    if peer.uid() != geteuid().as_raw() {
        return Err(DetachedError::NotOurs { path: socket });
    }
    let program = format!("this program (office {})", env!("CARGO_PKG_VERSION"));
    let hello = Hello { oldest: OLDEST_PROTOCOL, newest: PROTOCOL, program };
    let greeting = async {
        stream.write_all(&frame::control(&hello)?).await?;
        match frame::read(&mut stream, HELLO_MAX).await? {
            Some(Frame::Control(json)) => Ok(Some(frame::understand::<Greeting>(&json)?)),
            Some(Frame::Raw { .. }) => Err(io::Error::new(io::ErrorKind::InvalidData, "bytes before a greeting")),
            None => Ok(None),
        }
    };
    let late = |_| io_error("greeting", io::ErrorKind::TimedOut.into());
    let greeting = match tokio::time::timeout(GREETING, greeting).await.map_err(late)? {
        Ok(greeting) => greeting,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(DetachedError::Foreign { dir: place.dir().to_owned(), reason: error.to_string() });
        }
        // It ended just now.
        Err(_) => return Err(no_host()),
    };
    match greeting {
        Some(Greeting::Welcome { protocol, instance }) => Ok(Greeted { stream, protocol, instance }),
        Some(Greeting::Refused { message }) => Err(DetachedError::Refused { message }),
        None => Err(no_host()),
    }
}

/// The host's side; `None` if the client is refused or says nothing. What to write down comes with it.
pub(super) async fn welcome(stream: &mut UnixStream, instance: &str, newest: u32) -> Result<u32, String> {
    let hello = async {
        match frame::read(stream, HELLO_MAX).await {
            Ok(Some(Frame::Control(json))) => frame::understand::<Hello>(&json).map_err(|error| error.to_string()),
            Ok(Some(Frame::Raw { .. })) => Err("bytes before a greeting".to_owned()),
            Ok(None) => Err("it left without a word".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    };
    let hello = tokio::time::timeout(GREETING, hello).await.map_err(|_| "it said nothing".to_owned())??;
    let agreed = agree(&hello, newest);
    let greeting = match &agreed {
        Ok(protocol) => Greeting::Welcome { protocol: *protocol, instance: instance.to_owned() },
        Err(message) => Greeting::Refused { message: message.clone() },
    };
    let sent = async { stream.write_all(&frame::control(&greeting)?).await };
    sent.await.map_err(|error: io::Error| error.to_string())?;
    agreed
}
