//! A desk's terminal as its viewer sees it: bytes with absolute offsets, holes that are said, and how it ended.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ClientError;
use super::pump::{Arrived, Pump};
use crate::offset::Offset;
use crate::wire::Ask;

/// Bytes that may be on their way at once, unless whoever looks wants less.
pub(super) const CREDIT: u32 = 256 * 1024;

/// What a terminal brings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TerminalNews {
    /// More of its output.
    Bytes {
        /// Where the first byte stands in all it ever printed.
        offset: u64,
        /// They.
        bytes: Vec<u8>,
    },
    /// Bytes from..to came too fast and are in the recording only.
    Gap {
        /// The first that is missing.
        from: u64,
        /// The first that is there again.
        to: u64,
    },
    /// It is over.
    Ended {
        /// How, in words.
        how: String,
    },
}

/// A live terminal. Dropping it detaches.
#[derive(Debug)]
pub struct Terminal {
    pump: Pump,
    stream: u32,
    desk: String,
    /// Bytes that may be on their way at once.
    credit: u32,
    /// Taken, and not yet given back as credit.
    taken: u32,
}

impl Terminal {
    pub(super) async fn open(pump: Pump, desk: &str, from: Option<Offset>, credit: u32) -> Result<Self, ClientError> {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let stream = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        pump.rooms().terminals.insert(stream, VecDeque::new());
        // Made before asking: if the question fails or is dropped, Drop clears up.
        let terminal = Self { pump, stream, desk: desk.to_owned(), credit, taken: 0 };
        let ask = Ask::Attach { desk: desk.to_owned(), stream, from, credit };
        terminal.pump.ask(ask).await?;
        Ok(terminal)
    }

    /// What comes next. Credit is given back as bytes are taken here, so whoever stops reading stops the stream, not the
    /// agent. After `Ended` nothing more comes.
    pub async fn next(&mut self) -> Result<TerminalNews, ClientError> {
        let stream = self.stream;
        let arrived = self
            .pump
            .wait(|rooms| match rooms.terminals.get_mut(&stream) {
                Some(queue) => queue.pop_front(),
                None => Some(Arrived::Ended { how: "detached".to_owned() }),
            })
            .await?;
        Ok(match arrived {
            Arrived::Bytes { offset, bytes } => {
                self.taken = self.taken.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                if self.taken >= self.credit / 2 {
                    let bytes = std::mem::take(&mut self.taken);
                    // Nobody waits for its answer; a lost connection shows at the next read.
                    self.pump.send(Ask::Credit { stream, bytes })?;
                }
                TerminalNews::Bytes { offset, bytes }
            }
            Arrived::Gap { from, to } => TerminalNews::Gap { from, to },
            Arrived::Ended { how } => TerminalNews::Ended { how },
        })
    }

    /// Types into it.
    pub async fn type_in(&self, text: &str) -> Result<(), ClientError> {
        self.pump.ask(Ask::Type { desk: self.desk.clone(), text: text.to_owned() }).await.map(drop)
    }

    /// Resizes it.
    pub async fn resize(&self, cols: u16, rows: u16) -> Result<(), ClientError> {
        self.pump.ask(Ask::Resize { desk: self.desk.clone(), cols, rows }).await.map(drop)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.pump.rooms().terminals.remove(&self.stream).is_some() {
            // Goes out with whatever the connection carries next; the end of the connection detaches as well.
            let _ = self.pump.send(Ask::Detach { stream: self.stream });
        }
    }
}
