//! Watches the office for what is seen outside the window: the tray's counts, and notifications. On a connection of its own,
//! so that the page's subscription is left alone. Not here: how those look (`tray.rs`, `notify.rs`).

use std::time::{Duration, Instant};

use office_core::DeskState;
use office_core::view::StatusView;
use office_door::ClientError;
use office_door::wire::{Answer, Ask};
use tauri::{AppHandle, Manager};
use tokio::sync::watch;

use crate::choices::Choices;
use crate::link::{Is, Link, Standing};
use crate::notify::Notices;
use crate::tray::{Counts, Tray};

/// After something happened what follows at once is taken together.
const TOGETHER: Duration = Duration::from_millis(250);
/// A look at an office with thousands of tasks takes its time; between two of them passes so many times that.
const RARELY: u32 = 10;

/// Watches as long as the window lives.
pub async fn watch(app: AppHandle) {
    let link = app.state::<Link>().inner().clone();
    let mut standing = link.watch();
    let mut notices = Notices::default();
    let mut before = None;
    loop {
        let Standing { on, is } = standing.borrow_and_update().clone();
        if before != on {
            // Another office: what it waits for has not been told yet.
            notices = Notices::default();
        }
        if matches!(is, Is::Up(_)) {
            if let Some(machine) = &on {
                app.state::<Choices>().reached(machine);
            }
            tokio::select! {
                // It ends with the connection; the link finds the next one.
                _ = follow(&app, &link, &mut notices) => {}
                () = moves(standing.clone(), on.clone()) => {}
            }
        }
        before = on;
        app.state::<Tray>().show(&Counts { lost: true, ..Counts::default() });
        if standing.changed().await.is_err() {
            return;
        }
    }
}

/// Waits until the window is connected elsewhere.
async fn moves(mut standing: watch::Receiver<Standing>, from: Option<String>) {
    // An end of the link is the window's.
    let _ = standing.wait_for(|now| now.on != from).await;
}

async fn follow(app: &AppHandle, link: &Link, notices: &mut Notices) -> Result<(), ClientError> {
    let (client, _line) = link.another().await?;
    let Answer::Status(mut status) = client.ask(Ask::Status).await? else { return Ok(()) };
    let mut events = client.events(status.seq).await?;
    let mut looked = Duration::ZERO;
    loop {
        app.state::<Tray>().show(&counts(&status));
        let again = notices.update(app, &status);
        let left = again.map_or(i64::MAX, |at| at.millis() - status.now.millis()).clamp(10, 60_000);
        tokio::select! {
            next = events.next_raw() => drop(next?),
            () = tokio::time::sleep(Duration::from_millis(left.unsigned_abs())), if again.is_some() => {}
        }
        tokio::time::sleep(TOGETHER.max(looked * RARELY)).await;
        let began = Instant::now();
        let Answer::Status(now) = client.ask(Ask::Status).await? else { return Ok(()) };
        looked = began.elapsed();
        status = now;
        // Only what came after that look is news.
        while events.last() < status.seq {
            events.next_raw().await?;
        }
    }
}

fn counts(status: &StatusView) -> Counts {
    let works =
        |state| matches!(state, DeskState::Starting | DeskState::Working | DeskState::Thinking | DeskState::Reviewing);
    let work = status.desks.iter().filter(|desk| works(desk.state)).count();
    Counts {
        work,
        needs_you: status.waits_for_you.len() + status.approvals.len(),
        stopped: status.hold.is_some(),
        lost: false,
    }
}
