//! The wire: frames, versions, and the client that window, command line and hooks use.
//! It never knows how a command is carried out.

pub mod backlog;
pub mod client;
pub mod frame;
pub mod incoming;
pub mod listener;
pub mod memory;
pub mod offset;
pub mod outbox;
pub mod place;
pub mod roles;
pub mod rules;
mod transport;
pub mod wire;

pub use client::{Client, ClientError, EventStream, RawEvent, Terminal, TerminalNews, line};
pub use frame::{Frame, FrameError, FrameReader};
pub use incoming::{Connection, Incoming, Visitor};
pub use listener::{BindError, Listener, Peer, SideDoor};
pub use offset::Offset;
pub use outbox::{EventFrame, Offered, Outbox, TerminalOut, Writer};
