//! The one gate by which the office types to an agent: only while the agent itself says that it waits for a prompt, never into
//! what a person has begun to type, and confirmed by the agent's own signal. What is not taken is said to be so, never repeated
//! blindly. A person's own keys go to the terminal as they are (`terminal.rs`). A task that its program takes only once it is ready goes
//! through it, too.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use office_core::run::Run;
use office_core::{Actor, ApprovalState, Code, Refusal, RunId};
use office_door::wire::Answer;
use office_engines::spec::{Input, InputBy};
use tokio::sync::watch;

use crate::effects::agent::{private_file, small_file};
use crate::signals::Ear;
use crate::titles::Said;
use crate::world::{Seat, World, lock};

/// So long the office waits until the agent takes text.
const PATIENCE: Duration = Duration::from_secs(60);
/// An Enter is taken within this, or it was lost.
const TAKEN: Duration = Duration::from_millis(1500);
/// Enters that are tried: some agents digest a long paste before they hear the next key.
const ENTERS: u32 = 5;
/// A program that just started is ready within this, and so are the office's tools.
const STARTS: Duration = Duration::from_secs(180);
pub(crate) const TOOLS: Duration = Duration::from_secs(20);
/// A task that is to be typed, below its run's folder, until it was taken: a runtime that comes after this one goes on with it.
const TO_GIVE: &str = "to-give.md";
/// What is handed over as a file is taken within this.
const HANDED: Duration = Duration::from_secs(30);
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
    /// Why its task did not reach it.
    pub(crate) not_given: watch::Sender<Option<String>>,
    /// Its task waits until it is ready; nothing else is told before.
    pub(crate) awaits_task: AtomicBool,
    /// What its terminal's title says.
    pub(crate) title: watch::Sender<Said>,
}

/// One prompt on its way.
struct Typing<'a> {
    run: RunId,
    desk: &'a str,
    seat: Seat,
    line: &'a Line,
    input: &'a Input,
    /// It is what the run begins with: once any prompt was taken there is nothing to type.
    first: bool,
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
            not_given: watch::Sender::new(None),
            awaits_task: AtomicBool::new(run_dir.join(TO_GIVE).exists()),
            title: watch::Sender::new(None),
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

/// Whether it takes text while it runs, and says that it did.
pub(crate) fn takes(input: &Input) -> bool {
    matches!(input.by, InputBy::Paste | InputBy::File) && input.confirmed
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
        let input = spec.and_then(|spec| spec.input.as_ref()).filter(|it| takes(it));
        let (Some(input), Some(line)) = (input, self.line(run)) else {
            return Err(not_typed(
                "the program at this desk does not say when it takes a prompt",
                "type it yourself and look: `office desk attach`, or `office desk type`",
            ));
        };
        self.hand(Typing { run, desk, seat: seat.clone(), line: &line, input, first: false }, &text, PATIENCE).await
    }

    /// Keeps a task that is to be typed once its program is ready; see [`World::give`].
    pub(crate) fn keep_to_give(&self, run: RunId, text: &str) -> Result<(), String> {
        private_file(&self.dir.run(run).join(TO_GIVE), text.as_bytes(), 0o600)
    }

    /// Types the task that waits for its program to be ready, if there is one. What keeps it from being taken is said at its desk.
    pub(crate) async fn give(&self, run: RunId, line: Arc<Line>) {
        let file = self.dir.run(run).join(TO_GIVE);
        let Some(text) = small_file(&file, LONGEST as u64) else {
            line.awaits_task.store(false, Ordering::Release);
            return;
        };
        let found = self.handle.read(move |office| {
            let it = office.runs.get(&run)?;
            Some((it.engine.clone(), office.desks.get(&it.desk)?.name.clone()))
        });
        let Ok(Some((engine, desk))) = found.await else { return };
        let input = self.engines.get(&engine).and_then(|spec| spec.input.as_ref()).filter(|it| takes(it));
        let (Some(input), Some(seat)) = (input, self.seat(run)) else { return };
        let mut ear = line.ear.subscribe();
        let over = self.handle.wait_until(move |office| {
            let open = office.runs.get(&run).is_some_and(Run::is_open);
            (!open).then_some(())
        });
        let given = async {
            // A turn that begins before the office's tools are there would be without them.
            let _ = tokio::time::timeout(TOOLS, ear.wait_for(|ear| ear.tools)).await;
            let typing = Typing { run, desk: &desk, seat, line: &line, input, first: true };
            let text = prompt(&String::from_utf8_lossy(&text))?;
            self.hand(typing, &text, STARTS).await
        };
        let given = tokio::select! {
            () = self.closing.cancelled() => return,
            _ = over => return,
            given = given => given,
        };
        // From now on others may have it told something.
        line.awaits_task.store(false, Ordering::Release);
        match given {
            Ok(()) => {
                drop(std::fs::remove_file(&file));
                line.not_given.send_replace(None);
            }
            Err(refusal) => {
                tracing::warn!(%run, why = refusal.message, "a task was not given to its agent");
                let way_out = format!("paste {} there yourself: `office desk attach {desk}`", file.display());
                line.not_given.send_replace(Some(format!("its task did not reach it: {}; {way_out}", refusal.message)));
            }
        }
    }

    /// Types a prompt once it is waited for, and sees that it is taken.
    async fn hand(&self, typing: Typing<'_>, text: &str, patience: Duration) -> Result<(), Refusal> {
        let Typing { run, desk, seat, line, input, first } = typing;
        let _turn = line.turn.lock().await;
        let mut ear = line.ear.subscribe();
        let given = |ear: &Ear| first && ear.prompts > 0;
        let rests = |ear: &Ear| if first { ear.rests } else { ear.takes_input };
        let waits = |ear: &Ear| rests(ear) || given(ear);
        let free = tokio::time::timeout(patience, ear.wait_for(waits)).await;
        let before = match free.map(|known| known.map(|ear| *ear).map_err(drop)) {
            Ok(Ok(ear)) if given(&ear) => return Ok(()),
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
            let message = format!("it is not known whether it took this: {why}");
            Refusal::new(Code::Trouble, message, format!("look first: `office desk attach {desk}`"))
        };
        if let (InputBy::File, Some(file)) = (input.by, &input.file) {
            let file = self.dir.run(run).join(file);
            // Whole when it is seen.
            let whole = file.with_extension("new");
            let written = private_file(&whole, text.as_bytes(), 0o600)
                .and_then(|()| std::fs::rename(&whole, &file).map_err(|error| error.to_string()));
            written.map_err(|why| not_typed(&why, "see what is wrong with that folder"))?;
            let taken = tokio::time::timeout(HANDED, ear.wait_for(|ear| ear.prompts > before)).await;
            if matches!(taken, Ok(Ok(_))) {
                return Ok(());
            }
            // Still there: then nobody took it, and nobody will.
            return match std::fs::remove_file(&file) {
                Ok(()) => Err(not_typed("its plugin did not take it", "look first: `office desk attach`")),
                Err(_) => Err(uncertain("it did not say so")),
            };
        }
        // Until it is taken it stands there: a runtime that comes after this one types nothing into it.
        line.a_person_typed();
        write(format!("{}{text}{}", PASTE.0, PASTE.1)).await.map_err(|why| uncertain(&why))?;
        for _ in 0..ENTERS {
            tokio::time::sleep(Duration::from_millis(input.enter_after_ms.into())).await;
            // Something else may have opened meanwhile: an Enter would answer that.
            if !rests(&ear.borrow()) && ear.borrow().prompts == before {
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
        let idle = |prompts| Ear { takes_input: true, prompts, ..Ear::default() };
        assert!(!line.holds_a_draft(idle(0)));
        line.a_person_typed();
        assert!(line.holds_a_draft(idle(0)) && !line.holds_a_draft(idle(1)));
        assert!(Line::new(root.path()).holds_a_draft(idle(0)));
    }
}
