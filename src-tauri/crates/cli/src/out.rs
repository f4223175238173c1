//! The only place that writes: standard output and standard error, or a buffer in tests. A reader that went away (`| head`)
//! ends the command quietly.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Where text goes.
#[derive(Clone, Debug)]
pub enum Out {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Kept, for tests.
    Kept(Arc<Mutex<Vec<u8>>>),
}

impl Out {
    /// Keeps what is written.
    pub fn kept() -> Self {
        Self::Kept(Arc::default())
    }

    /// What was kept so far.
    pub fn text(&self) -> String {
        match self {
            Self::Kept(kept) => {
                let kept = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                String::from_utf8_lossy(&kept).into_owned()
            }
            Self::Stdout | Self::Stderr => String::new(),
        }
    }

    /// Writes bytes as they are, and sees that they are out.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => flushed(&mut io::stdout().lock(), bytes),
            Self::Stderr => flushed(&mut io::stderr().lock(), bytes),
            Self::Kept(kept) => {
                kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Writes text that ends with a line end.
    pub fn text_block(&self, text: &str) -> io::Result<()> {
        let mut whole = text.to_owned();
        if !whole.is_empty() && !whole.ends_with('\n') {
            whole.push('\n');
        }
        self.bytes(whole.as_bytes())
    }
}

fn flushed(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}
