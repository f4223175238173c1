//! Listens to a live run: what its hooks wrote down and its engine's transcripts, read on as they grow, become what the desk is
//! seen to do and what it took. What the lines mean is in `engines`; nothing is kept here that the files do not say again.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use office_core::effect::EffectCommand;
use office_core::run::Run;
use office_core::seen::{Denied, News};
use office_core::{CommandBody, DeskState, RunId};
use office_engines::hearing::Hearing;

use crate::tail::Tail;
use crate::tell::Line;
use crate::titles;
use crate::watched::Bell;
use crate::world::{World, lock};

/// Between two reports of one run: what happens within is told together.
const BREATH: Duration = Duration::from_millis(250);
/// Where folders cannot be watched they are looked at so often.
const LOOK: Duration = Duration::from_secs(2);
/// A title that says another thing than is believed is heard again.
const TITLE_AGAIN: Duration = Duration::from_secs(5);
/// A clock that was set, or a machine that slept, is noticed within this.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Transcripts that are there before a run begins, and how much of each is an earlier run's.
pub(crate) const EARLIER: &str = "earlier.json";

/// What is known of a run's agent at this moment, for whoever wants to type to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ear {
    /// Whether it takes text now: idle, and no dialog can be open.
    pub(crate) takes_input: bool,
    /// Prompts that it took so far.
    pub(crate) prompts: u64,
    /// The same, though its own task is still on its way to it.
    pub(crate) rests: bool,
    /// Whether it knows the office's tools.
    pub(crate) tools: bool,
}

struct Listener {
    hearing: Hearing,
    run_dir: PathBuf,
    hooks: Tail,
    transcripts: HashMap<PathBuf, Tail>,
    /// How much of a transcript an earlier run wrote.
    earlier: HashMap<PathBuf, u64>,
    bells: HashMap<PathBuf, Option<Bell>>,
}

impl World {
    /// Listens to a run until it is over. Its line is there when this comes back: whoever hears that it was launched may have
    /// something to tell it at once.
    pub(crate) fn listen(self: &Arc<Self>, run: RunId) {
        let line = Arc::new(Line::new(&self.dir.run(run)));
        lock(&self.lines).insert(run, line.clone());
        let (world, ear) = (self.clone(), line.ear.subscribe());
        self.start(async move { world.wake_for_mail(run, ear).await });
        let (world, given) = (self.clone(), line.clone());
        self.start(async move { world.give(run, given).await });
        let (world, titled) = (self.clone(), line.clone());
        self.start(async move { world.follow_title(run, titled).await });
        let world = self.clone();
        self.start(async move { world.keep_disk(run).await });
        let world = self.clone();
        self.start(async move { world.keep_limits(run).await });
        let world = self.clone();
        self.start(async move { world.keep_radar(run).await });
        let world = self.clone();
        self.start(async move {
            world.listen_to(run, line).await;
            lock(&world.lines).remove(&run);
        });
    }

    /// Follows its terminal's title, where its engine's file says what one means.
    async fn follow_title(&self, run: RunId, line: Arc<Line>) {
        let Ok(engine) = self.handle.read(move |office| office.runs.get(&run).map(|it| it.engine.clone())).await else {
            return;
        };
        let spec = engine.and_then(|engine| self.engines.get(&engine)).filter(|spec| !spec.titles.is_empty());
        let (Some(spec), Some(seat)) = (spec, self.seat(run)) else { return };
        tokio::select! {
            () = self.closing.cancelled() => {}
            () = titles::follow(spec, &seat, &line.title) => {}
        }
    }

    /// Comes back when it is over; at once where its engine lets nothing be known.
    async fn listen_to(&self, run: RunId, line: Arc<Line>) {
        let Ok(it) = self.read(move |office| office.runs.get(&run).cloned()).await else { return };
        let Some(spec) = self.engines.get(&it.engine) else { return };
        let Some(hearing) = Hearing::new(spec, it.launched.unwrap_or(it.began).millis()) else { return };
        let run_dir = self.dir.run(run);
        let earlier = std::fs::read(run_dir.join(EARLIER)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let mut listener = Listener {
            hooks: Tail::new(run_dir.join("signals.jsonl")),
            hearing,
            run_dir: run_dir.clone(),
            transcripts: HashMap::new(),
            earlier: earlier.unwrap_or_default(),
            bells: HashMap::new(),
        };
        listener.bells.insert(run_dir.clone(), self.watched.watch(&run_dir));
        let mut not_given = line.not_given.subscribe();
        let mut title = line.title.subscribe();
        let metered = self.metered(run).map(|_| self.dir.runs());
        let mut told = News { seen: it.seen, spent: it.spent, session: it.session, denied: it.denied };
        loop {
            let (reading, now) = (listener, self.clock.now().millis());
            let watched = self.watched.clone();
            let is_over = self.read(move |office| office.runs.get(&run).map(|it| !it.is_open())).await.unwrap_or(true);
            let runs = metered.clone();
            let read = tokio::task::spawn_blocking(move || {
                let mut heard = reading.read_on(now, &watched);
                let account =
                    runs.and_then(|runs| crate::meter::read(&runs, run, is_over)).map(|(metered, account)| {
                        heard.hearing.metered(metered, now);
                        account
                    });
                (heard, account)
            });
            let Ok((heard, account)) = read.await else { return };
            listener = heard;
            let now = self.clock.now().millis();
            let outdone = title
                .borrow_and_update()
                .as_ref()
                .is_some_and(|(state, title)| listener.hearing.title(*state, title, now));
            let mut fresh = listener.hearing.news(now);
            fresh.seen = Self::with_way_out(spec, fresh.seen);
            if let (Some(why), Some(seen), 0) =
                (&*not_given.borrow_and_update(), &mut fresh.seen, listener.hearing.prompts())
            {
                (seen.state, seen.evidence) = (DeskState::WaitingForYou, why.clone());
            }
            fresh.denied = account.and_then(|account| account.denied).map(|denied| Denied {
                times: denied.times,
                budget: denied.key,
                why: denied.why,
            });
            let rests = listener.hearing.takes_input(now) && listener.hearing.is_drawn();
            let said = Ear {
                takes_input: rests && !line.awaits_task.load(Ordering::Acquire),
                rests,
                prompts: listener.hearing.prompts(),
                tools: listener.hearing.knows_tools(),
            };
            line.ear.send_if_modified(|known| std::mem::replace(known, said) != said);
            let over = self.tell(run, &mut told, fresh).await;
            if over || self.closing.is_cancelled() {
                return;
            }
            let next = listener.hearing.next_change(now).map_or(LONGEST_WAIT, |change| {
                Duration::from_millis(change.saturating_sub(now).max(1).unsigned_abs()).min(LONGEST_WAIT)
            });
            let all_watched = listener.bells.values().all(Option::is_some);
            let bells: Vec<_> = listener.bells.values().flatten().map(|bell| Box::pin(bell.rung())).collect();
            let rung = async {
                if bells.is_empty() {
                    std::future::pending::<()>().await;
                }
                futures_util::future::select_all(bells).await;
            };
            let limit = if all_watched { next } else { next.min(LOOK) };
            // What a title says may count once better sources have been quiet.
            let limit = if outdone { limit.min(TITLE_AGAIN) } else { limit };
            let is_over = self.handle.wait_until(move |office| {
                let open = office.runs.get(&run).is_some_and(Run::is_open);
                (!open).then_some(())
            });
            let ends = tokio::select! {
                () = self.closing.cancelled() => true,
                _ = is_over => true,
                () = rung => false,
                Ok(()) = not_given.changed() => false,
                Ok(()) = title.changed() => false,
                () = tokio::time::sleep(limit) => false,
            };
            if !ends {
                tokio::time::sleep(BREATH).await;
            }
        }
    }

    /// Tells what is new. Whether the run is over, and this was its last word.
    async fn tell(&self, run: RunId, told: &mut News, fresh: News) -> bool {
        let Ok(open) = self.handle.read(move |office| office.runs.get(&run).is_some_and(Run::is_open)).await else {
            return true;
        };
        let mut news = News::default();
        if fresh.seen != told.seen {
            news.seen.clone_from(&fresh.seen);
        }
        if fresh.spent.is_some() && fresh.spent != told.spent {
            news.spent.clone_from(&fresh.spent);
        }
        if fresh.session.is_some() && fresh.session != told.session {
            news.session.clone_from(&fresh.session);
        }
        if fresh.denied.is_some() && fresh.denied != told.denied {
            news.denied.clone_from(&fresh.denied);
        }
        if news != News::default() {
            let report = CommandBody::Effect(EffectCommand::RunHeard { run, news: Box::new(news) });
            // What could not be written down is told again with the next.
            if self.handle.report(report).await.is_ok() {
                *told = News {
                    seen: fresh.seen,
                    spent: fresh.spent.or(told.spent.take()),
                    session: fresh.session.or(told.session.take()),
                    denied: fresh.denied.or(told.denied.take()),
                };
            }
        }
        !open
    }
}

impl Listener {
    fn read_on(mut self, now: i64, watched: &Arc<crate::watched::Watched>) -> Self {
        let run_dir = self.run_dir.clone();
        each_line(&mut self.hooks, |_, line| self.hearing.hook_line(line));
        let named: Vec<PathBuf> = self.hearing.transcripts().filter_map(|path| inside(&run_dir, path)).collect();
        for path in named {
            // Watched before it is read, so that nothing falls between.
            if let Some(folder) = path.parent().filter(|folder| folder.is_dir())
                && !self.bells.contains_key(folder)
            {
                self.bells.insert(folder.to_owned(), watched.watch(folder));
            }
            let before = path.strip_prefix(&run_dir).ok().and_then(|name| self.earlier.get(name)).copied().unwrap_or(0);
            let tail = self.transcripts.entry(path.clone()).or_insert_with(|| Tail::new(path));
            each_line(tail, |at, line| self.hearing.transcript_line(line, now, at < before));
        }
        self
    }
}

fn each_line(tail: &mut Tail, mut hear: impl FnMut(u64, &[u8])) {
    loop {
        match tail.read_on() {
            Ok((lines, more)) => {
                lines.iter().for_each(|(at, line)| hear(*at, line));
                if !more {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(file = %tail.path().display(), %error, "what an engine wrote down cannot be read");
                return;
            }
        }
    }
}

/// The path, if it lies in the run's own folder; its agent can write any path into a signal.
fn inside(run_dir: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let folder = path.parent().filter(|_| plain && path.starts_with(run_dir))?.canonicalize().ok()?;
    folder.starts_with(run_dir.canonicalize().ok()?).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transcripts_in_the_runs_own_folder_are_read() {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("runs/1");
        std::fs::create_dir_all(run.join("claude")).unwrap();
        std::fs::create_dir_all(root.path().join("private")).unwrap();
        std::os::unix::fs::symlink(root.path().join("private"), run.join("out")).unwrap();
        let said = |path: &str| inside(&run, &run.join(path).to_string_lossy());
        assert!(said("claude/a.jsonl").is_some());
        for outside in ["../2/a.jsonl", "claude/../../../private/a", "out/a", "nowhere/a"] {
            assert_eq!(said(outside), None, "{outside}");
        }
        assert_eq!(inside(&run, "/etc/passwd"), None);
        assert_eq!(inside(&run, "runs/1/claude/a.jsonl"), None);
    }
}
