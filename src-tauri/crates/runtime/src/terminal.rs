//! The door's side of terminals: attach with credits, type, resize, and the text of a recording.

use office_core::run::RunState;
use office_core::{Actor, Code, DeskId, Refusal, RunId};
use office_door::wire::Answer;
use office_door::{Offered, Outbox};
use office_pty::{Piece, PtyError, Recording, TermSize, ViewFrom};

use crate::world::{Seat, World};

/// Without an offset a viewer begins this many bytes before the end.
const SCREENFUL: u64 = 64 * 1024;
/// The longest text of a recording that is answered in one piece.
const LOG_MAX: usize = 8 * 1024 * 1024;

impl World {
    /// The desk of that name or number.
    pub(crate) async fn desk_of(&self, name: &str) -> Result<DeskId, Refusal> {
        let wanted = name.to_owned();
        let found = self.handle.read(move |office| office.desk_called(&wanted).map(|desk| desk.id));
        found.await?.ok_or_else(|| Refusal::not_found(format!("desk '{name}'"), "office desk list"))
    }

    /// The program at a desk; one that is being started is waited for.
    pub(crate) async fn seat_of(&self, desk: &str) -> Result<(RunId, Seat), Refusal> {
        let id = self.desk_of(desk).await?;
        let run = self.handle.wait_until(move |office| {
            let run = office.desks.get(&id).and_then(|desk| desk.run);
            let state = run.and_then(|run| office.runs.get(&run)).map(|run| run.state);
            (!matches!(state, Some(RunState::Preparing | RunState::Launching))).then_some(run)
        });
        let run = run.await?;
        run.and_then(|run| Some((run, self.seat(run)?))).ok_or_else(|| {
            Refusal::new(
                Code::WrongState,
                format!("no program runs at desk '{desk}'"),
                format!(
                    "`office task log TASK` shows what one printed; `office desk open {desk} PROJECT` starts a session"
                ),
            )
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    pub(crate) async fn attach(
        &self,
        actor: Actor,
        id: u32,
        desk: &str,
        stream: u32,
        from: Option<office_door::Offset>,
        credit: u32,
        outbox: &Outbox,
    ) {
        let opened = async {
            actor.owner_only("look into another desk's terminal")?;
            let (_, seat) = self.seat_of(desk).await?;
            let from = from.map_or(ViewFrom::Last(SCREENFUL), |offset| ViewFrom::Offset(offset.bytes()));
            let view = seat.host().attach(seat.session, from).await;
            let view = view.map_err(|error| Refusal::new(Code::WrongState, error.to_string(), "try again"))?;
            Ok((view, seat, outbox.terminal(stream, credit)?))
        };
        let (mut view, seat, out) = match opened.await {
            Ok(opened) => opened,
            Err(refusal) => {
                outbox.reply(id, Err(refusal));
                return;
            }
        };
        outbox.reply(id, Ok(Answer::Ok));
        // What was allowed and not yet handed out by the view.
        let mut granted: u64 = 0;
        loop {
            if granted == 0 {
                let Some(room) = out.credit().await else { return };
                view.grant(room as u64);
                granted = room as u64;
            }
            match view.next().await {
                Some(Piece::Bytes { offset, bytes }) => {
                    granted = granted.saturating_sub(bytes.len() as u64);
                    if out.send(offset, &bytes) != Offered::Queued {
                        return;
                    }
                }
                Some(Piece::Gap { from, to }) => {
                    if out.gap(from, to) != Offered::Queued {
                        return;
                    }
                }
                Some(Piece::End(_)) | None => break,
            }
        }
        let how = match seat.host().session(seat.session).await {
            Ok(info) => info.exit.map_or("its output ended".to_owned(), |exit| exit.status.to_string()),
            Err(_) => "it is over".to_owned(),
        };
        out.ended(&how);
    }

    pub(crate) async fn type_into(&self, actor: Actor, desk: &str, text: String) -> Result<Answer, Refusal> {
        actor.owner_only("type into another desk's terminal")?;
        let (run, seat) = self.seat_of(desk).await?;
        // Noted before it is typed, so that nothing of ours is typed after it.
        if let Some(line) = self.line(run) {
            line.a_person_typed();
        }
        let host = seat.host();
        let typed = host.write(seat.session, text.into_bytes());
        match tokio::time::timeout(std::time::Duration::from_secs(5), typed).await {
            Ok(Ok(())) => Ok(Answer::Ok),
            Ok(Err(PtyError::System { source, .. })) if source.kind() == std::io::ErrorKind::ConnectionAborted => {
                Err(Refusal::new(
                    Code::Trouble,
                    "it is not known whether this was typed: the line to the program was cut meanwhile",
                    format!("look first (`office desk attach {desk}`), then type again if it is not there"),
                ))
            }
            Ok(Err(error)) => Err(Refusal::new(Code::WrongState, error.to_string(), "see `office desk show`")),
            Err(_) => Err(Refusal::new(Code::WrongState, "the program does not read its input", "try again later")),
        }
    }

    pub(crate) async fn resize(&self, actor: Actor, desk: &str, cols: u16, rows: u16) -> Result<Answer, Refusal> {
        actor.owner_only("resize another desk's terminal")?;
        let (_, seat) = self.seat_of(desk).await?;
        let size = TermSize { cols: cols.clamp(1, 1000), rows: rows.clamp(1, 1000) };
        let resized = seat.host().resize(seat.session, size).await;
        resized.map(|()| Answer::Ok).map_err(|error| Refusal::new(Code::WrongState, error.to_string(), "try again"))
    }

    /// What a run printed, from its recording.
    pub(crate) async fn log(&self, run: RunId) -> Result<Answer, Refusal> {
        let pruned = self.handle.read(move |office| office.runs.get(&run).and_then(|it| it.pruned)).await?;
        if let Some(when) = pruned {
            return Err(Refusal::new(
                Code::NotFound,
                format!("run {run} has no recording any more: it was pruned on {when}"),
                "`office task show` and `office events` still say what came of it",
            ));
        }
        if let Some(seat) = self.seat(run) {
            // Brings the recording of a live program up to date.
            let _ = seat.host().recorded(seat.session, 0, 1).await;
        }
        let path = self.dir.recording(run);
        let read = tokio::task::spawn_blocking(move || -> Result<Vec<u8>, String> {
            let mut recording = Recording::open(&path).map_err(|error| error.to_string())?;
            let mut bytes = Vec::new();
            let mut offset = 0;
            while bytes.len() < LOG_MAX {
                let piece = recording.read(offset, LOG_MAX - bytes.len()).map_err(|error| error.to_string())?;
                if piece.bytes.is_empty() {
                    break;
                }
                offset = piece.offset + piece.bytes.len() as u64;
                bytes.extend(piece.bytes);
            }
            Ok(bytes)
        });
        match read.await {
            Ok(Ok(bytes)) => Ok(Answer::Text(String::from_utf8_lossy(&bytes).into_owned())),
            Ok(Err(why)) => Err(Refusal::new(
                Code::NotFound,
                format!("run {run} has no recording that reads: {why}"),
                "`office task show` lists its runs",
            )),
            Err(error) => Err(Refusal::new(Code::Trouble, error.to_string(), "try again")),
        }
    }
}
