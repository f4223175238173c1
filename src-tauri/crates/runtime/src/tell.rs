//! The one gate by which the office types to an agent: only while the agent itself says that it waits for a prompt, never into
//! what a person has begun to type, and confirmed by the agent's own signal. What is not taken is said to be so, never repeated
//! blindly. A person's own keys go to the terminal as they are (`terminal.rs`).

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use office_core::{Actor, ApprovalState, Code, Refusal, RunId};
use office_door::wire::Answer;
use office_engines::spec::InputBy;
use tokio::sync::watch;

use crate::signals::Ear;
use crate::world::{Seat, World, lock};

/// So long the office waits until the agent takes text.
const PATIENCE: Duration = Duration::from_secs(60);
/// An Enter is taken within this, or it was lost.
const TAKEN: Duration = Duration::from_millis(1500);
/// Enters that are tried: some agents digest a long paste before they hear the next key.
const ENTERS: u32 = 5;
/// The longest text, in bytes.
const LONGEST: usize = 256 * 1024;
const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

/// The line to a live agent.
pub(crate) struct Line {
    pub(crate) ear: watch::Sender<Ear>,
    /// One at a time types.
    turn: tokio::sync::Mutex<()>,
    /// How many prompts had been taken when a person last typed: while there are no more, what they typed may stand there.
    draft: Mutex<Option<u64>>,
    kept: PathBuf,
}

impl Line {
    /// The line to a run whose folder this is; an earlier runtime may have seen a person type.
    pub(crate) fn new(run_dir: &std::path::Path) -> Self {
        let kept = run_dir.join("draft");
        let draft = std::fs::read_to_string(&kept).ok().map(|text| text.trim().parse().unwrap_or(u64::MAX));
        Self {
            ear: watch::Sender::new(Ear::default()),
            turn: tokio::sync::Mutex::default(),
            draft: Mutex::new(draft),
            kept,
        }
    }

    /// A person typed.
    pub(crate) fn a_person_typed(&self) {
        let prompts = self.ear.borrow().prompts;
        let mut draft = lock(&self.draft);
        if *draft != Some(prompts) {
            *draft = Some(prompts);
            if let Err(error) = std::fs::write(&self.kept, prompts.to_string()) {
                tracing::warn!(%error, "that a person typed could not be written down");
            }
        }
    }

    fn holds_a_draft(&self, ear: Ear) -> bool {
        lock(&self.draft).is_some_and(|typed| typed >= ear.prompts)
    }
}

fn not_typed(why: &str, way_out: &str) -> Refusal {
    Refusal::new(Code::WrongState, format!("nothing was typed: {why}"), way_out)
}

impl World {
    pub(crate) fn line(&self, run: RunId) -> Option<Arc<Line>> {
        lock(&self.lines).get(&run).cloned()
    }

    /// Gives an agent a prompt.
    pub(crate) async fn tell_agent(&self, actor: Actor, desk: &str, text: &str) -> Result<Answer, Refusal> {
        actor.owner_only("tell another desk's agent something")?;
        let (run, seat) = self.seat_of(desk).await?;
        self.type_prompt(run, &seat, desk, text).await?;
        Ok(Answer::Ok)
    }

    /// Types a prompt to the agent of a run, when it takes one, and waits until it did.
    pub(crate) async fn type_prompt(&self, run: RunId, seat: &Seat, desk: &str, text: &str) -> Result<(), Refusal> {
        let text = prompt(text)?;
        let engine = self.handle.read(move |office| office.runs.get(&run).map(|it| it.engine.clone())).await?;
        let spec = engine.and_then(|engine| self.engines.get(&engine));
        let input = spec.and_then(|spec| spec.input.as_ref()).filter(|it| it.by == InputBy::Paste && it.confirmed);
        let (Some(input), Some(line)) = (input, self.line(run)) else {
            return Err(not_typed(
                "the program at this desk does not say when it takes a prompt",
                "type it yourself and look: `office desk attach`, or `office desk type`",
            ));
        };
        let _turn = line.turn.lock().await;
        let mut ear = line.ear.subscribe();
        let free = tokio::time::timeout(PATIENCE, ear.wait_for(|ear| ear.takes_input)).await;
        let before = match free.map(|known| known.map(|ear| *ear).map_err(drop)) {
            Ok(Ok(ear)) if line.holds_a_draft(ear) => {
                return Err(not_typed(
                    "somebody has begun to type there, and it may still stand in its input",
                    "finish or clear that in its terminal (`office desk attach`), then say it again",
                ));
            }
            Ok(Ok(ear)) => ear.prompts,
            Ok(Err(())) => return Err(not_typed("its run is over", "`office desk show` says how")),
            Err(_) => return Err(not_typed("it does not wait for a prompt", "say it again when its turn is over")),
        };
        // Read again at the last moment: a request may have come meanwhile.
        let asks = self.handle.read(move |office| {
            let waits = |it: &office_core::Approval| it.run == Some(run) && it.state == ApprovalState::Waiting;
            office.approvals.values().any(waits)
        });
        if asks.await? {
            return Err(not_typed(
                "it waits for your answer to a request",
                "answer that first: `office approval list`",
            ));
        }
        let host = seat.host();
        let write = |bytes: String| {
            let typed = host.write(seat.session, bytes.into_bytes());
            async move {
                let typed = tokio::time::timeout(Duration::from_secs(10), typed).await;
                typed.map_err(|_| "it does not read its input".to_owned())?.map_err(|error| error.to_string())
            }
        };
        let uncertain = |why: &str| {
            // What stands in its input now is nobody's to type into.
            line.a_person_typed();
            let message = format!("it is not known whether it took this: {why}");
            Refusal::new(Code::Trouble, message, format!("look first: `office desk attach {desk}`"))
        };
        write(format!("{}{text}{}", PASTE.0, PASTE.1)).await.map_err(|why| uncertain(&why))?;
        for _ in 0..ENTERS {
            tokio::time::sleep(Duration::from_millis(input.enter_after_ms.into())).await;
            // Something else may have opened meanwhile: an Enter would answer that.
            if !ear.borrow().takes_input && ear.borrow().prompts == before {
                return Err(uncertain("it began something else meanwhile"));
            }
            write("\r".to_owned()).await.map_err(|why| uncertain(&why))?;
            let taken = tokio::time::timeout(TAKEN, ear.wait_for(|ear| ear.prompts > before)).await;
            if matches!(taken, Ok(Ok(_))) {
                return Ok(());
            }
        }
        Err(uncertain("it did not say so"))
    }
}

/// A prompt as it may be pasted: nothing in it can end the paste or press a key.
fn prompt(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() || text.len() > LONGEST {
        return Err(Refusal::invalid("a prompt has 1 byte to 256 KiB", "put longer texts into a file of the project"));
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_cannot_end_its_own_paste() {
        let said = prompt("one\r\ntwo\x1b[201~\r\x03rm\u{9b}201~").unwrap();
        assert_eq!(said, "one\ntwo[201~\nrm201~");
        assert!(prompt(" \n").is_err() && prompt(&"x".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn what_a_person_began_to_type_is_left_alone_until_a_prompt_was_taken_also_after_a_restart() {
        let root = tempfile::tempdir().unwrap();
        let line = Line::new(root.path());
        let idle = |prompts| Ear { takes_input: true, prompts };
        assert!(!line.holds_a_draft(idle(0)));
        line.a_person_typed();
        assert!(line.holds_a_draft(idle(0)) && !line.holds_a_draft(idle(1)));
        assert!(Line::new(root.path()).holds_a_draft(idle(0)));
    }
}
