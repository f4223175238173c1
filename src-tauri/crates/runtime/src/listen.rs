//! Listens at the door: says who a caller is, answers its questions each in turn, and starts its subscriptions.
//! Not here: what a subscription is fed (`feed.rs`).

use std::sync::Arc;
use std::time::Duration;

use office_core::run::RunState;
use office_core::{Actor, Code, Refusal, RunId};
use office_door::wire::{Answer, Ask, Request};
use office_door::{Connection, Listener, Outbox, Peer, SideDoor};
use tokio_util::sync::CancellationToken;

use crate::feed;
use crate::world::World;

/// This product's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Takes callers in until the office closes. Then the door goes first and those inside after it: one whose connection ends
/// tells by the door's absence that the office was ended, and by its presence that it was killed.
pub(crate) async fn listen(world: Arc<World>, listener: Listener) {
    let leave = CancellationToken::new();
    take_in(&world, &listener, &leave).await;
    drop(listener);
    leave.cancel();
}

async fn take_in(world: &Arc<World>, listener: &Listener, leave: &CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = world.closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((connection, peer)) => {
                let (inner, leave) = (world.clone(), leave.clone());
                world.start(async move {
                    tokio::select! {
                        () = leave.cancelled() => {}
                        () = serve(&inner, connection, peer, None) => {}
                    }
                });
            }
            Err(error) => {
                // Out of descriptors: what is open goes on, new callers wait.
                tracing::warn!(%error, "a caller could not be let in");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// Takes those in who come by the own door of a run, for as long as this is polled.
pub(crate) async fn at_side_door(world: &Arc<World>, door: SideDoor, run: RunId) {
    loop {
        match door.accept().await {
            Ok((connection, peer)) => {
                let inner = world.clone();
                world.start(async move {
                    tokio::select! {
                        () = inner.closing.cancelled() => {}
                        () = serve(&inner, connection, peer, Some(run)) => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%run, %error, "a caller at a desk's own door could not be let in");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// Whoever comes by a desk's own door is that desk's agent, and shows its token all the same.
fn who_beside(world: &World, run: RunId, token: Option<&str>) -> Result<Actor, Refusal> {
    match token.and_then(|token| world.run_of_token(token)) {
        Some(known) if known == run => Ok(Actor::Agent { desk: office_core::DeskId(0), run }),
        _ => Err(Refusal::new(
            Code::NotAllowed,
            format!("this is the door of run {run}, and the token shown is not its own"),
            "keep the variables OFFICE_DIR and OFFICE_TOKEN of the desk; the owner's verbs are not for desks",
        )),
    }
}

/// Who the caller is: by its token the agent of a run; without one the owner, unless it was started at a desk or by a check.
fn who(world: &World, token: Option<&str>, peer: Peer) -> Result<Actor, Refusal> {
    let Some(token) = token else { return origin(world, peer).map_or(Ok(Actor::Owner), Err) };
    let run = world.run_of_token(token).ok_or_else(|| {
        Refusal::new(
            Code::StaleLease,
            "this token belongs to a run that is over",
            "end here; the office has taken the task on",
        )
    })?;
    Ok(Actor::Agent { desk: office_core::DeskId(0), run })
}

/// Whether a process is the owner's, and no desk or check of this office started it.
pub(crate) fn is_owners(world: &World, pid: i32) -> bool {
    origin(world, Peer { uid: nix::unistd::geteuid().as_raw(), pid: Some(pid) }).is_none()
}

/// Why a caller without a token is not the owner, if it is not: its line of parents says so. Programs of desks stay below
/// their host and those of checks below this process whatever they do to get away (`office_pty::orphans`); what carries the
/// variables of a run was started by one. What cannot be told is not the owner.
fn origin(world: &World, peer: Peer) -> Option<Refusal> {
    let not_allowed = |message: String, way_out: &str| Some(Refusal::new(Code::NotAllowed, message, way_out));
    let line = peer.pid.and_then(office_pty::orphans::line_of);
    let Some(line) = line else {
        return not_allowed(
            "the system does not tell who asks".to_owned(),
            "ask again, and stay until the answer is there",
        );
    };
    let own = i32::try_from(std::process::id()).ok();
    // The window that the owner had this process open is the owner's, and so is what it starts.
    if line.windows(2).any(|pair| Some(pair[1]) == own && world.windows.is_opened(pair[0])) {
        return None;
    }
    let marker = format!("OFFICE_RUN={}#", world.dir.root().display());
    let run = line.iter().find_map(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let carried = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(marker.as_bytes()))?;
        std::str::from_utf8(carried).ok()?.parse::<office_core::RunId>().ok()
    });
    if let Some(run) = run {
        let way_out = "keep the variables OFFICE_DIR and OFFICE_TOKEN of the desk; the owner's verbs are not for desks";
        return not_allowed(format!("this program was started by run {run} and shows no token"), way_out);
    }
    let host = office_pty::detached::Holder::of(&world.dir.host()).map(|id| id.pid);
    // Above it; this very process may ask itself.
    let below =
        line.iter().skip(1).any(|pid| Some(*pid) == host || (Some(*pid) == own && office_pty::orphans::adopts()));
    if !below {
        return None;
    }
    let way_out = "the owner's verbs are for programs that the office did not start";
    not_allowed("this program was started by a desk or a check of this office and shows no token".to_owned(), way_out)
}

async fn serve(world: &Arc<World>, connection: Connection, peer: Peer, beside: Option<RunId>) {
    let Some(visitor) = connection.hello().await else { return };
    let token = visitor.said().token.as_deref();
    let found = match beside {
        Some(run) => who_beside(world, run, token),
        None => who(world, token, peer),
    };
    let actor = match found {
        Ok(Actor::Agent { run, .. }) => match world.read(move |office| office.runs.get(&run).map(|it| it.desk)).await {
            Ok(desk) => Actor::Agent { desk, run },
            Err(_) => return,
        },
        Ok(actor) => actor,
        Err(refusal) => return visitor.refuse(refusal).await,
    };
    let _present = world.windows.greet(actor, &visitor.said().client);
    let name = world.read(|office| Some(office.name.clone())).await.unwrap_or_default();
    let dir = world.dir.root().display().to_string();
    let Some((mut incoming, outbox, writer)) = visitor.welcome(actor, &name, &dir, VERSION).await else { return };
    world.start(async move {
        // The client's end of it; nobody is told.
        let _ = writer.run().await;
    });
    // A request that does not read ends the connection: the two sides no longer agree on where frames begin.
    while let Ok(Some(request)) = incoming.next().await {
        answer(world, actor, request, &outbox);
    }
}

/// Answers in a task of its own, so that one that waits does not hold up the next.
fn answer(world: &Arc<World>, actor: Actor, request: Request, outbox: &Outbox) {
    let (inner, outbox) = (world.clone(), outbox.clone());
    world.start(async move {
        let world = inner;
        let Request { id, ask } = request;
        if let Actor::Agent { run, .. } = actor {
            // A program can be quicker than the word that it was started; what it says is heard once that is written down.
            let begun = world.handle.wait_until(move |office| {
                let state = office.runs.get(&run).map(|it| it.state);
                (!matches!(state, Some(RunState::Preparing | RunState::Launching))).then_some(())
            });
            tokio::select! {
                () = world.closing.cancelled() => {}
                () = outbox.closed() => return,
                _ = begun => {}
            }
        }
        match ask {
            Ask::Subscribe { since } => {
                let subscription = world.handle.subscribe();
                // From here on what was meant for an earlier subscription of this connection is dropped.
                let outbox = outbox.subscriber();
                outbox.reply(id, Ok(Answer::Ok));
                tokio::select! {
                    () = world.closing.cancelled() => {}
                    () = outbox.closed() => {}
                    () = feed::feed(&world, since, subscription, &outbox) => {}
                }
            }
            Ask::Attach { desk, stream, from, credit } => {
                tokio::select! {
                    () = world.closing.cancelled() => {}
                    () = outbox.closed() => {}
                    () = world.attach(actor, id, &desk, stream, from, credit, &outbox) => {}
                }
            }
            Ask::Credit { stream, bytes } => {
                outbox.credit(stream, bytes);
                outbox.reply(id, Ok(Answer::Ok));
            }
            Ask::Detach { stream } => {
                outbox.detach(stream);
                outbox.reply(id, Ok(Answer::Ok));
            }
            ask => {
                let ends = matches!(ask, Ask::Quit { .. });
                let answer = tokio::select! {
                    // What is answered at once is done also for one who did not stay for the answer.
                    biased;
                    answer = world.answer(actor, ask) => answer,
                    () = outbox.closed() => return,
                };
                let ends = ends && answer.is_ok();
                outbox.reply(id, answer);
                if ends {
                    // Closing cuts every connection, so whoever asked for it has the answer in its queue by now.
                    world.closing.cancel();
                }
            }
        }
    });
}
