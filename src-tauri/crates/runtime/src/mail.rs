//! Mail at the door: finding who is meant, handing out what lies there, and waking an agent that rests while there is something
//! it was not told of. What may be sent, and to whom, is decided in `core`; typing to an agent is `tell.rs`'s.

use std::time::Duration;

use office_core::mail::{AT_ONCE, Address, Mail, MailCommand, MailState, Mailbox, NewMail};
use office_core::run::{Run, RunState};
use office_core::{Actor, Code, CommandBody, CommandId, MailId, Office, Refusal, RunId};
use office_door::wire::Answer;
use office_store::MailQuery;
use tokio::sync::watch;

use crate::answer::troubled;
use crate::signals::Ear;
use crate::tell::{TOOLS, takes};
use crate::world::World;

/// Bytes of words that one answer hands out: well within a frame.
const HANDED_OUT: usize = 256 * 1024;
/// Bytes of one list: within a frame, whatever was written.
const LISTED: usize = 8 * 1024 * 1024;
/// An agent that was told and does not read is told again after this, and then ever later.
const TOLD_AGAIN: Duration = Duration::from_secs(60);
/// At the latest after this.
const TOLD_AGAIN_MOST: Duration = Duration::from_secs(15 * 60);

impl World {
    /// Sends what an agent or the owner wrote.
    pub(crate) async fn send_mail(
        &self,
        actor: Actor,
        id: String,
        to: Option<String>,
        new: NewMail,
    ) -> Result<Answer, Refusal> {
        let to = match to {
            None => Address::Sender,
            Some(name) => self.handle.read(move |office| address(office, &name)).await??,
        };
        // A word of the sender's own makes the command's id, so that a repeat is known for good, also after a restart.
        let id = match &new.key {
            Some(key) => CommandId(format!("mail {} {key}", sender(actor))),
            None => CommandId(id),
        };
        let enclosed = self.enclose(actor, &new.files).await?;
        self.submit(actor, id, CommandBody::Mail(MailCommand::Send { new: Box::new(NewMail { to, enclosed, ..new }) }))
            .await
    }

    /// What lies there for whoever asks.
    pub(crate) async fn inbox(&self, actor: Actor, take: bool, wait: bool) -> Result<Answer, Refusal> {
        if wait {
            let fresh = move |office: &Office| {
                let over = matches!(actor, Actor::Agent { run, .. } if !is_open(office, run));
                (over || office.mail_for(actor).iter().any(|it| it.is_unread())).then_some(())
            };
            self.handle.wait_until(fresh).await?;
        }
        if !take {
            if let Actor::Agent { run, .. } = actor {
                let mails = self.handle.read(move |office| fresh(office, actor)).await?;
                if !mails.is_empty() {
                    self.handle.report(CommandBody::Mail(MailCommand::Told { run, mails })).await?;
                }
            }
            let heads = self.handle.read(move |office| office.mail_for(actor).into_iter().map(head).collect());
            return Ok(Answer::Mails(heads.await?));
        }
        let most = self.handle.read(move |office| fits(office, actor)).await?;
        let body = CommandBody::Mail(MailCommand::Take { most });
        let command = office_core::Command { id: self.own_id("take"), actor, body };
        self.handle.submit(command).await?;
        let have = self.handle.read(move |office| {
            let read = office.mail_for(actor).into_iter().filter(|it| it.state == MailState::Read);
            newest_that_fit(read, HANDED_OUT * 2)
        });
        Ok(Answer::Mails(self.laid_out(actor, have.await?).await?))
    }

    /// Mail as it was sent, long ago too.
    pub(crate) async fn mails(
        &self,
        actor: Actor,
        mail: Option<MailId>,
        with: Option<String>,
        mut query: MailQuery,
    ) -> Result<Answer, Refusal> {
        let none = |id: MailId| Refusal::not_found(format!("mail {id}"), "office mail list");
        let one = |id: MailId| async move {
            let found = self.store.mail(id).await.map_err(|error| troubled(&error))?;
            found.ok_or_else(|| none(id))
        };
        if let Some(thread) = query.thread {
            query.thread = Some(one(thread).await?.thread);
        }
        query.with = match with {
            None => None,
            Some(name) => match self.handle.read(move |office| address(office, &name)).await?? {
                Address::Owner => Some(Mailbox::Owner),
                Address::Desk { desk } => Some(Mailbox::Desk { desk }),
                Address::Role { role } => Some(Mailbox::Role { role }),
                Address::Everyone | Address::Sender => {
                    return Err(Refusal::invalid("that is not one mailbox", "name `owner`, a desk or a role"));
                }
            },
        };
        if matches!(actor, Actor::Agent { .. }) {
            query.among = self.handle.read(move |office| office.mailboxes_of(actor)).await?;
        }
        let mut found = match mail {
            Some(id) => vec![one(id).await?],
            None => self.store.mails(&query).await.map_err(|error| troubled(&error))?,
        };
        if let Actor::Agent { desk, .. } = actor {
            let sent = |it: &Mail| matches!(it.from, Actor::Agent { desk: at, .. } if at == desk);
            found.retain(|it| sent(it) || query.among.contains(&it.to));
            if let (Some(id), true) = (mail, found.is_empty()) {
                return Err(none(id));
            }
        }
        Ok(Answer::Mails(self.laid_out(actor, newest_that_fit(found.iter(), LISTED)).await?))
    }

    /// Tells an agent that rests of what it has not read, again until it reads, for as long as its run is listened to.
    pub(crate) async fn wake_for_mail(&self, run: RunId, mut ear: watch::Receiver<Ear>) {
        let engine = self.handle.read(move |office| office.runs.get(&run).map(|it| it.engine.clone())).await;
        let spec = engine.ok().flatten().and_then(|engine| self.engines.get(&engine));
        if !spec.and_then(|spec| spec.input.as_ref()).is_some_and(takes) {
            return;
        }
        let mut again = TOLD_AGAIN;
        let mut begun = false;
        loop {
            let some = self.handle.wait_until(move |office| match office.runs.get(&run).filter(|it| it.is_open()) {
                Some(it) if it.state == RunState::Live && !unread(office, it).is_empty() => Some(true),
                Some(_) => None,
                None => Some(false),
            });
            if !matches!(some.await, Ok(true)) {
                return;
            }
            if !begun {
                begun = true;
                // Of what it was told as it was launched it is told again only where it does not read.
                let told = self.handle.wait_until(move |office| (!was_told(office, run)).then_some(()));
                tokio::select! {
                    () = self.closing.cancelled() => return,
                    _ = told => {}
                    () = tokio::time::sleep(again) => {}
                }
                // A turn that begins before the office's tools are there would be without them, and its screen is barely drawn.
                tokio::select! {
                    () = self.closing.cancelled() => return,
                    _ = tokio::time::timeout(TOOLS, ear.wait_for(|ear| ear.tools)) => {}
                }
            }
            tokio::select! {
                () = self.closing.cancelled() => return,
                // The sender is gone with the run.
                rests = ear.wait_for(|ear| ear.takes_input) => if rests.is_err() { return },
            }
            // It may have read them meanwhile, before it came to rest.
            let now = move |office: &Office| office.runs.get(&run).map(|it| (it.desk, unread(office, it)));
            let Ok(Some((desk, unread))) = self.handle.read(now).await else { return };
            if unread.is_empty() {
                continue;
            }
            if let Err(refusal) = self.tell_of_mail(run, desk, unread.clone()).await {
                tracing::info!(%run, why = refusal.message, "an agent could not be told of its mail; it is tried again");
            }
            let read = self.handle.wait_until(move |office| {
                let left = |id: &MailId| {
                    office
                        .mails
                        .get(id)
                        .is_some_and(|it| it.state != MailState::Read && it.held_by.is_none_or(|it| it == run))
                };
                (!is_open(office, run) || !unread.iter().any(left)).then_some(())
            });
            tokio::select! {
                () = self.closing.cancelled() => return,
                _ = read => again = TOLD_AGAIN,
                () = tokio::time::sleep(again) => again = (again * 2).min(TOLD_AGAIN_MOST),
            }
        }
    }

    /// What a session begins with while mail waits for it: it is told in its command line, where nothing can be lost as it is from a
    /// screen that is barely drawn.
    pub(crate) async fn mail_at_opening(&self, run: RunId) -> Result<Option<String>, String> {
        let mails =
            self.handle.read(move |office| office.runs.get(&run).map(|it| unread(office, it)).unwrap_or_default());
        let mails = mails.await.map_err(|refusal| refusal.message)?;
        if mails.is_empty() {
            return Ok(None);
        }
        let told = MailCommand::Told { run, mails: mails.clone() };
        self.handle.report(CommandBody::Mail(told)).await.map_err(|refusal| refusal.message)?;
        let words = self.handle.read(move |office| you_have(office, run, &mails));
        words.await.map_err(|refusal| refusal.message)
    }

    async fn tell_of_mail(&self, run: RunId, desk: office_core::DeskId, mails: Vec<MailId>) -> Result<(), Refusal> {
        let Some(seat) = self.seat(run) else { return Ok(()) };
        // Taken first: of those who hold a role, one is woken for a mail.
        self.handle.report(CommandBody::Mail(MailCommand::Told { run, mails: mails.clone() })).await?;
        match self.handle.read(move |office| you_have(office, run, &mails)).await? {
            Some(text) => self.type_prompt(run, &seat, &desk.to_string(), &text).await,
            None => Ok(()),
        }
    }
}

/// What a run is told of these mails; none where others have them by now.
fn you_have(office: &Office, run: RunId, mails: &[MailId]) -> Option<String> {
    let mine = mails.iter().filter_map(|id| office.mails.get(id)).filter(|it| it.held_by == Some(run));
    let mut from: Vec<String> = mine.map(|it| format!("a {} from {}", it.kind, name(office, it.from))).collect();
    from.dedup();
    let text = format!(
        "You have mail in the office: {}. Read it with the tool mail_inbox (or `office mail inbox`), act upon it, and \
         acknowledge it with mail_ack. Then go on with what you were doing.",
        from.join(", ")
    );
    (!from.is_empty()).then_some(text)
}

/// What fits into an answer, oldest first. The newest are those that were just handed out: they are in it, whatever is not.
fn newest_that_fit<'a>(mails: impl DoubleEndedIterator<Item = &'a Mail>, mut room: usize) -> Vec<Mail> {
    let mut fits = Vec::new();
    for it in mails.rev() {
        let Some(left) = room.checked_sub(size(it)) else { break };
        room = left;
        fits.push(it.clone());
    }
    fits.reverse();
    fits
}

/// A mail without its words, which may be long and are not copied.
fn head(it: &Mail) -> Mail {
    let (subject, files, to, why) = (it.subject.clone(), it.files.clone(), it.to.clone(), it.why.clone());
    let enclosed = it.enclosed.clone();
    let Mail { id, thread, answers, from, task, kind, hops, state, sent, since, held_by, handed, .. } = *it;
    let text = String::new();
    Mail {
        id,
        thread,
        answers,
        from,
        task,
        to,
        kind,
        subject,
        text,
        files,
        enclosed,
        hops,
        state,
        sent,
        since,
        held_by,
        handed,
        why,
    }
}

/// So many bytes a mail takes in an answer, roughly.
fn size(it: &Mail) -> usize {
    it.text.len() + it.subject.len() + it.files.iter().map(String::len).sum::<usize>() + 512
}

/// How many of the unread can be handed out in one answer; one at least.
fn fits(office: &Office, actor: Actor) -> u32 {
    let mut bytes = 0;
    let unread = office.mail_for(actor).into_iter().filter(|it| it.is_unread());
    let fits = unread.take_while(|it| {
        bytes += size(it);
        bytes <= HANDED_OUT
    });
    u32::try_from(fits.count()).unwrap_or(AT_ONCE).max(1)
}

fn is_open(office: &Office, run: RunId) -> bool {
    office.runs.get(&run).is_some_and(Run::is_open)
}

/// What nobody was told of.
fn fresh(office: &Office, actor: Actor) -> Vec<MailId> {
    office.mail_for(actor).into_iter().filter(|it| it.state == MailState::Queued).map(|it| it.id).collect()
}

/// Whether there is something that it was told of and has not read.
fn was_told(office: &Office, run: RunId) -> bool {
    let mut mine = office.mails.values().filter(|it| it.held_by == Some(run));
    is_open(office, run) && mine.any(|it| it.state == MailState::Delivered)
}

fn unread(office: &Office, run: &Run) -> Vec<MailId> {
    let actor = Actor::Agent { desk: run.desk, run: run.id };
    office.mail_for(actor).into_iter().filter(|it| it.is_unread()).map(|it| it.id).collect()
}

/// Whom a word means: the owner, everyone, a desk by its name or number, else a role.
fn address(office: &Office, name: &str) -> Result<Address, Refusal> {
    let (kind, word) = name.split_once(':').unwrap_or(("", name));
    let found = match (kind, word, office.desk_called(word)) {
        ("", "owner", _) => Some(Address::Owner),
        ("", "everyone", _) => Some(Address::Everyone),
        ("" | "desk", _, Some(desk)) => Some(Address::Desk { desk: desk.id }),
        ("" | "role", ..) => office.roles.get(&word.into()).map(|role| Address::Role { role: role.name.clone() }),
        _ => None,
    };
    found.ok_or_else(|| {
        let live = office.desks.values().filter(|desk| !desk.removed);
        let desks: Vec<_> = live.map(|desk| desk.name.as_str()).take(20).collect();
        Refusal::new(
            Code::NotFound,
            format!("there is nobody called '{}'", name.chars().take(60).collect::<String>()),
            format!("write to `owner`, `everyone`, a role, or one of these desks: {}", desks.join(", ")),
        )
    })
}

/// What people call a sender.
fn name(office: &Office, from: Actor) -> String {
    match from {
        Actor::Owner => "the owner".to_owned(),
        Actor::Office => "the office".to_owned(),
        Actor::Agent { desk, .. } => office.mailbox_name(&Mailbox::Desk { desk }),
    }
}

fn sender(actor: Actor) -> String {
    match actor {
        Actor::Owner => "owner".to_owned(),
        Actor::Office => "office".to_owned(),
        Actor::Agent { run, .. } => format!("run {run}"),
    }
}
