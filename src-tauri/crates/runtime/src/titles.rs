//! Follows what a program writes as its terminal's title, where its engine's file says what a title means. It is the least that is
//! known of an agent (a title can lie); what it is worth beside the rest is decided in `engines::estimate`.

use std::time::Duration;

use office_core::DeskState;
use office_engines::EngineSpec;
use office_engines::read::{TitleReader, state_of_title};
use office_pty::{Piece, ViewFrom};
use tokio::sync::watch;

use crate::world::Seat;

/// Read at once, and so often at most: a flood costs no more than that, and leaves a gap in what only looks for titles.
const PIECE: u64 = 64 * 1024;
const BREATH: Duration = Duration::from_millis(250);

/// What the last title said.
pub(crate) type Said = Option<(DeskState, String)>;

/// Follows until the program's output ends.
pub(crate) async fn follow(spec: &EngineSpec, seat: &Seat, said: &watch::Sender<Said>) {
    let Ok(mut view) = seat.host().attach(seat.session, ViewFrom::Last(PIECE)).await else { return };
    let mut reader = TitleReader::default();
    let mut granted = 0_u64;
    loop {
        if granted == 0 {
            granted = PIECE;
            view.grant(PIECE);
        }
        match view.next().await {
            Some(Piece::Bytes { bytes, .. }) => {
                granted = granted.saturating_sub(bytes.len() as u64);
                if let Some(title) = reader.read(&bytes)
                    && let Some(state) = state_of_title(spec, &title)
                {
                    // A spinner turns all the time; only another state is news.
                    said.send_if_modified(|known| {
                        let news = known.as_ref().is_none_or(|(before, _)| *before != state);
                        if news {
                            *known = Some((state, title));
                        }
                        news
                    });
                }
                if granted == 0 {
                    tokio::time::sleep(BREATH).await;
                }
            }
            Some(Piece::Gap { .. }) => reader = TitleReader::default(),
            Some(Piece::End(_)) | None => return,
        }
    }
}
