//! A desk's live terminal in yours: keys go there, its output comes here, one key leaves. Raw mode is in `raw.rs`.

use clap::Args;
use office_core::{Code, Refusal};
use office_door::{ClientError, Offset, Terminal, TerminalNews};
use tokio::signal::unix::{SignalKind, signal};

use crate::fail::Fail;
use crate::print;
use crate::raw::{self, RawMode};
use crate::session::{Done, Session};

/// Ctrl-], as telnet has it: rarely a key of a program.
const DETACH: u8 = 0x1d;

/// Which terminal.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office desk attach ada              Ctrl-] leaves; the agent goes on
  office desk attach ada --follow     only look (also without a terminal), until it ends")]
pub(crate) struct AttachArgs {
    /// Name or number
    desk: String,
    /// Print its output until it ends; no keys, no raw mode
    #[arg(long)]
    follow: bool,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: AttachArgs) -> Done {
    if s.json {
        let way_out = "terminal bytes are no JSON; `office desk show --json` says what the desk does";
        return Err(Fail::usage("`desk attach` has no --json", way_out));
    }
    if !args.follow && !s.around.terminal {
        return Err(Refusal::new(
            Code::Unavailable,
            "there is no terminal here to put it into",
            "`--follow` prints its output; `office desk type` types without a terminal",
        )
        .into());
    }
    let client = s.client().await?;
    let terminal = client.terminal(&args.desk, None).await?;
    let mut seen = Seen { desk: args.desk.clone(), terminal, next: 0 };
    if args.follow {
        return follow(s, &mut seen).await;
    }
    s.around.err.text_block(&print::line(&format!("desk '{}': Ctrl-] leaves, the agent goes on", args.desk)))?;
    let raw = RawMode::enter(std::io::stdin())?;
    let ended = live(s, &mut seen).await;
    let tidied = s.around.out.bytes(raw::TIDY);
    drop(raw);
    let said = ended?;
    tidied?;
    Ok(s.around.err.text_block(&format!("\n{}", print::line(&said)))?)
}

/// A terminal, and where in all it ever printed one is; after a cut one goes on there.
struct Seen {
    desk: String,
    terminal: Terminal,
    next: u64,
}

impl Seen {
    async fn news(&mut self, s: &mut Session<'_>) -> Result<TerminalNews, Fail> {
        loop {
            match self.terminal.next().await {
                Ok(news) => {
                    match &news {
                        TerminalNews::Bytes { offset, bytes } => self.next = offset + bytes.len() as u64,
                        TerminalNews::Gap { to, .. } => self.next = *to,
                        TerminalNews::Ended { .. } => {}
                    }
                    return Ok(news);
                }
                Err(error) if s.cut(&error) => {
                    let client = s.client().await?;
                    match client.terminal(&self.desk, Offset::new(self.next)).await {
                        Ok(terminal) => self.terminal = terminal,
                        Err(ClientError::Refused(refusal)) if refusal.code == Code::WrongState => {
                            let how = "its program ended while the line was cut; `office task log` has all it said";
                            return Ok(TerminalNews::Ended { how: how.to_owned() });
                        }
                        // Cut again meanwhile, perhaps: the old one says so at once, and all begins anew.
                        Err(ClientError::Lost(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

async fn follow(s: &mut Session<'_>, seen: &mut Seen) -> Done {
    loop {
        match seen.news(s).await? {
            TerminalNews::Bytes { bytes, .. } => s.around.out.bytes(&bytes)?,
            TerminalNews::Gap { from, to } => s.around.out.bytes(hole(from, to).as_bytes())?,
            TerminalNews::Ended { how } => {
                return Ok(s.around.err.text_block(&print::line(&format!("ended: {how}")))?);
            }
        }
    }
}

fn hole(from: u64, to: u64) -> String {
    format!("\r\n[{} bytes are in the recording only]\r\n", to.saturating_sub(from))
}

/// Until somebody leaves; in words, who.
async fn live(s: &mut Session<'_>, seen: &mut Seen) -> Result<String, Fail> {
    let mut keys = raw::typed();
    let (mut resized, mut ended) = (signal(SignalKind::window_change())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let mut part = Vec::new();
    fit(&seen.terminal).await?;
    loop {
        tokio::select! {
            news = seen.news(s) => match news? {
                TerminalNews::Bytes { bytes, .. } => s.around.out.bytes(&bytes)?,
                TerminalNews::Gap { from, to } => s.around.out.bytes(hole(from, to).as_bytes())?,
                TerminalNews::Ended { how } => return Ok(format!("ended: {how}")),
            },
            typed = keys.recv() => match typed {
                None => return Ok("left; the agent goes on".to_owned()),
                Some(typed) => {
                    let leave = typed.iter().position(|key| *key == DETACH);
                    part.extend_from_slice(&typed[..leave.unwrap_or(typed.len())]);
                    let text = whole_characters(&mut part);
                    if !text.is_empty() {
                        type_in(s, &seen.terminal, &text).await?;
                    }
                    if leave.is_some() {
                        return Ok("left; the agent goes on".to_owned());
                    }
                }
            },
            _ = resized.recv() => fit(&seen.terminal).await?,
            _ = ended.recv() => return Ok("left".to_owned()),
            _ = hangup.recv() => return Ok("left".to_owned()),
        }
    }
}

/// A refused key is said and no reason to leave: one may go on looking.
async fn type_in(s: &Session<'_>, terminal: &Terminal, text: &str) -> Done {
    match terminal.type_in(text).await {
        Err(ClientError::Refused(refusal)) => {
            let said = format!("\r\n[not typed: {}]\r\n", print::line(&refusal.message));
            Ok(s.around.out.bytes(said.as_bytes())?)
        }
        // Reading notices as well, and goes on if that is to be.
        Err(ClientError::Lost(_)) => {
            Ok(s.around.out.bytes(b"\r\n[the line was cut: it is not known whether that was typed]\r\n")?)
        }
        other => Ok(other?),
    }
}

async fn fit(terminal: &Terminal) -> Done {
    let Some((columns, rows)) = raw::size() else { return Ok(()) };
    match terminal.resize(columns, rows).await {
        // A desk that cannot be resized can still be looked at.
        Err(ClientError::Refused(_) | ClientError::Lost(_)) => Ok(()),
        other => Ok(other?),
    }
}

/// Takes all whole characters; the beginning of one that is still coming stays.
fn whole_characters(part: &mut Vec<u8>) -> String {
    let whole = match std::str::from_utf8(part) {
        Ok(_) => part.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        // Not UTF-8 at all: passed on as well as can be.
        Err(_) => part.len(),
    };
    let rest = part.split_off(whole);
    let text = String::from_utf8_lossy(part).into_owned();
    *part = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_is_still_coming_waits_for_its_rest() {
        let mut part = "ö".as_bytes()[..1].to_vec();
        assert_eq!(whole_characters(&mut part), "");
        part.extend(&"ö".as_bytes()[1..]);
        part.push(b'x');
        assert_eq!(whole_characters(&mut part), "öx");
        assert!(part.is_empty());
        part.extend([0xff, b'a']);
        assert_eq!(whole_characters(&mut part), "\u{fffd}a");
    }

    #[test]
    fn raw_mode_is_given_back() {
        let pty = nix::pty::openpty(None, None).unwrap();
        let modes = || nix::sys::termios::tcgetattr(&pty.slave).unwrap().local_flags;
        let before = modes();
        let raw = RawMode::enter(&pty.slave).unwrap();
        assert_ne!(modes(), before);
        drop(raw);
        assert_eq!(modes(), before);
    }
}
