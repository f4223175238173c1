//! The terminal in raw mode, given back on every way out. Reading it without blocking the rest is here, too.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use nix::sys::termios::{self, SetArg, Termios};
use tokio::sync::mpsc;

/// Puts out what a full-screen program may have left switched on: the second screen, mouse reports, bracketed paste, a hidden
/// cursor, colours.
pub(crate) const TIDY: &[u8] =
    b"\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\x1b[?25h\x1b[0m";

/// Raw mode for as long as this lives.
#[derive(Debug)]
pub(crate) struct RawMode {
    terminal: OwnedFd,
    before: Termios,
}

impl RawMode {
    /// Makes `terminal` raw.
    pub(crate) fn enter(terminal: impl AsFd) -> std::io::Result<Self> {
        let terminal = terminal.as_fd().try_clone_to_owned()?;
        let before = termios::tcgetattr(&terminal)?;
        let mut raw = before.clone();
        termios::cfmakeraw(&mut raw);
        termios::tcsetattr(&terminal, SetArg::TCSANOW, &raw)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = termios::tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
    }
}

/// Columns and rows of the terminal at standard output.
pub(crate) fn size() -> Option<(u16, u16)> {
    let (columns, rows) = terminal_size::terminal_size_of(std::io::stdout())?;
    (columns.0 > 0 && rows.0 > 0).then_some((columns.0, rows.0))
}

/// What is typed, read by a thread of its own: a terminal cannot be read without blocking and without changing it for the
/// shell as well. The thread ends with the process, or with the end of the input.
pub(crate) fn typed() -> mpsc::Receiver<Vec<u8>> {
    let (give, typed) = mpsc::channel(64);
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = std::io::stdin().lock().read(&mut buffer) {
            if give.blocking_send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    typed
}
