//! Looks whether everything an office needs is there, and says what to do where it is not.

use office_core::At;
use office_core::mail::MailView;
use office_core::role::{Engine, Gate, Login};
use office_door::wire::HealthLine;

use crate::catalog::Catalog;
use crate::world::{World, lock};

/// Less free space than this is said.
const LOW_DISK: u64 = 2 * 1024 * 1024 * 1024;

fn line(name: &str, looked: Result<String, String>, way_out: &str) -> HealthLine {
    let (ok, found) = match looked {
        Ok(found) => (true, found),
        Err(found) => (false, found),
    };
    let way_out = if ok { String::new() } else { way_out.to_owned() };
    HealthLine { name: name.to_owned(), ok, found, way_out }
}

/// An engine in one line: where it is, which version, what holds it. That it asks on its own screen is no fault of this machine;
/// that it should be hard and is not, is one.
fn engine_line(engine: &Engine) -> HealthLine {
    let name = format!("engine {}", engine.name);
    if !engine.found {
        return line(&name, Err("not found".to_owned()), &engine.note);
    }
    let mut words = engine.note.clone();
    for more in engine.version.iter().chain(&engine.warning) {
        words.push_str(&format!(", {more}"));
    }
    if engine.gate != Gate::Owners {
        words.push_str(&format!("; {}", engine.gate));
    }
    match (&engine.gate, engine.login, &engine.login_hint) {
        (Gate::Soft { why }, ..) if why.contains("self-test") => {
            let way_out =
                format!("give it no work that nobody watches; after an update `office engine test {}`", engine.name);
            line(&name, Err(words), &way_out)
        }
        (_, login, Some(hint)) if !login.may_work() => {
            line(&name, Err(format!("{words}; {}", login_words(engine))), hint)
        }
        (_, Login::Unknown, _) if engine.login_note.is_none() => line(&name, Ok(words), ""),
        _ => line(&name, Ok(format!("{words}; {}", login_words(engine))), ""),
    }
}

/// The gauge on what nobody was told of; its alarm where the oldest of it waits for longer than anybody should.
fn mail_in_words(mail: &MailView, now: At) -> Result<String, String> {
    let (Some(since), Some(oldest)) = (mail.oldest, &mail.waits) else {
        return Ok("everybody was told of theirs".to_owned());
    };
    let mins = now.seconds_since(since) / 60;
    let words =
        format!("{} undelivered; the oldest, mail {} to {}, for {mins} min", mail.queued, oldest.mail, oldest.to);
    if mail.late { Err(words) } else { Ok(words) }
}

fn login_words(engine: &Engine) -> String {
    let note = engine.login_note.iter().map(|note| format!(": {note}")).collect::<String>();
    format!("{}{note}", engine.login)
}

impl World {
    pub(crate) async fn doctor(&self) -> Vec<HealthLine> {
        let mut lines = Vec::new();
        let git = self.git.version().await.map_err(|error| error.to_string());
        lines.push(line("git", git, "install git 2.39 or newer"));
        let store = self.store.check().await.map(|()| "reads whole".to_owned()).map_err(|error| error.to_string());
        lines.push(line("database", store, "`office quit`, then `office restore` a backup"));
        lines.push(line("disk", self.disk(), "free some space, or move the office"));
        lines.push(line(
            "sandbox",
            self.sandbox_in_words().await,
            "docs/SECURITY.md says what it needs; until then no desk is held by the system",
        ));
        lines.push(line(
            "host",
            self.holder.words().await,
            "put `office-host` beside `office`; both come in one package",
        ));
        // No fault of anybody's: plenty of machines never sleep.
        lines.push(line("sleep", Ok(lock(&self.awake).words()), ""));
        lines.push(line("notifications", Ok(lock(&self.notified).words()), ""));
        lines.push(line("recordings", self.recordings_in_words().await, "review what waits; `office prune` says more"));
        let now = self.clock.now();
        if let Ok(mail) = self.handle.read(move |office| office.mail_view(now)).await {
            let way_out = "`office mail list --open` shows it; see that somebody works at that desk or in that role";
            lines.push(line("mail", mail_in_words(&mail, now), way_out));
        }
        let catalog = Catalog::read(&self.dir, self.clock.now());
        for engine in &catalog.engines {
            let engine = self.with_login(self.with_trial(engine)).await;
            lines.push(engine_line(&engine));
        }
        for trouble in catalog.troubles {
            lines.push(line("engine file", Err(trouble), "mend the file, then start the office again"));
        }
        for fault in self.read(|office| Some(office.role_faults.clone())).await.unwrap_or_default() {
            lines.push(line("role", Err(fault.to_string()), "mend the file: it is read again at once"));
        }
        let projects = self.read(|office| {
            Some(office.projects.values().filter(|project| !project.removed).cloned().collect::<Vec<_>>())
        });
        for project in projects.await.unwrap_or_default() {
            let name = format!("project {}", project.name);
            match self.look_at(std::path::Path::new(&project.path), &project.prefix).await {
                Err(why) => {
                    lines.push(line(&name, Err(why), "bring the repository back, or `office project remove` it"))
                }
                Ok(facts) => {
                    let branch = office_git::Branch::parse(&project.base_branch);
                    let looked = match branch {
                        Ok(branch) => {
                            office_git::branch_tip(&self.git, &facts, &branch).await.map_err(|error| error.to_string())
                        }
                        Err(error) => Err(error.to_string()),
                    };
                    let found = looked.map(|tip| format!("'{}' is at {}", project.base_branch, &tip.as_str()[..12]));
                    lines.push(line(
                        &name,
                        found,
                        "create the base branch again, or add the project anew with `--base`",
                    ));
                    for (check, known) in &project.base_checks {
                        if !known.green {
                            let what =
                                Err(format!("`{check}` is red on {}", &known.commit[..12.min(known.commit.len())]));
                            lines.push(line(&name, what, "mend the base; tasks are not blamed for it meanwhile"));
                        }
                    }
                }
            }
        }
        let root = if nix::unistd::geteuid().is_root() {
            Err("the office runs as root, and so does everything at its desks".to_owned())
        } else {
            Ok(format!("user {}", nix::unistd::geteuid()))
        };
        lines.push(line("user", root, "run the office as an ordinary user"));
        let search = match self.index.last_seq() {
            Some(seq) => Ok(format!("follows up to event {seq}")),
            None => Err("the search index does not answer".to_owned()),
        };
        lines.push(line("search", search, "start the office again; the index is rebuilt by itself"));
        lines
    }

    fn disk(&self) -> Result<String, String> {
        let facts = nix::sys::statvfs::statvfs(self.dir.root()).map_err(|error| error.to_string())?;
        let free = facts.blocks_available() * facts.fragment_size();
        let words = format!("{:.1} GiB free", free as f64 / (1024.0 * 1024.0 * 1024.0));
        if free < LOW_DISK { Err(words) } else { Ok(words) }
    }
}
