//! Talking to whoever leads the desks: the owner's words go as mail to that desk, which is woken as for any mail; where nobody sits
//! there a session is opened first. What is answered comes back as mail. What comes of it is the coordinator's, in `core/plan.rs`.

use office_core::desk::DeskCommand;
use office_core::mail::{Address, MailCommand, MailKind, Mailbox, NewMail};
use office_core::project::Project;
use office_core::unattended::COORDINATOR;
use office_core::{
    Actor, Code, CommandBody, CommandId, Desk, DeskId, Mail, MailId, MailState, Noun, Office, ProjectId, Refusal, audit,
};
use office_door::wire::Answer;
use office_store::MailQuery;

use crate::world::World;

/// Mails of a talk in one answer.
const SHOWN: u32 = 200;
/// A file of prose that is longer is read in the checkout.
const SENT_ALONG: usize = 48 * 1024;

impl World {
    /// Says something to whoever leads the desks.
    pub(crate) async fn talk(
        &self,
        id: String,
        text: String,
        fresh: bool,
        project: Option<String>,
    ) -> Result<Answer, Refusal> {
        let wanted = match project {
            Some(name) => Some(self.project_of(&name).await?.id),
            None => None,
        };
        let (desk, opens, answers) = self
            .handle
            .read(move |office| {
                let lead = lead(office).ok_or_else(nobody)?;
                let opens = opens(office, lead, wanted)?;
                let answers = if fresh { None } else { last_said(office, lead.id).map(|mail| mail.id) };
                Ok::<_, Refusal>((lead.id, opens, answers))
            })
            .await??;
        let new = NewMail {
            to: Address::Desk { desk },
            kind: MailKind::Message,
            subject: if answers.is_some() { String::new() } else { first_line(&text) },
            text,
            files: Vec::new(),
            enclosed: None,
            answers,
            key: None,
        };
        let body = CommandBody::Mail(MailCommand::Send { new: Box::new(new) });
        let sent = self.submit(Actor::Owner, CommandId(id), body).await?;
        self.open_for(desk, opens).await;
        Ok(sent)
    }

    /// The talk that goes on; once whoever leads said or planned something after a mail of it, if one is named.
    pub(crate) async fn talked(&self, after: Option<MailId>) -> Result<Answer, Refusal> {
        if let Some(after) = after {
            self.handle.wait_until(move |office| answered(office, after).then_some(())).await?;
        }
        let thread = self.handle.read(|office| {
            let lead = lead(office).ok_or_else(nobody)?;
            Ok::<_, Refusal>(last_said(office, lead.id).map(|mail| mail.thread))
        });
        match thread.await?? {
            None => Ok(Answer::Mails(Vec::new())),
            Some(id) => {
                let query = MailQuery { thread: Some(id), limit: SHOWN, ..MailQuery::default() };
                self.mails(Actor::Owner, None, None, query).await
            }
        }
    }

    /// Hands a file of prose to whoever leads the desks, once for the same words; none where nobody does.
    pub(crate) async fn hand_over(
        &self,
        by: Actor,
        project: &Project,
        file: &str,
        text: &str,
    ) -> Result<Option<MailId>, Refusal> {
        let home = project.id;
        let found = self.handle.read(move |office| {
            let lead = lead(office).filter(|desk| desk.project.is_none_or(|only| only == home))?;
            Some((lead.id, opens(office, lead, Some(home)).ok().flatten()))
        });
        let Some((desk, opens)) = found.await? else { return Ok(None) };
        let inside = !file.starts_with('/') && file != "standard input";
        let words = if text.len() <= SENT_ALONG { format!("\n\n---\n\n{text}") } else { String::new() };
        let new = NewMail {
            to: Address::Desk { desk },
            kind: MailKind::Handoff,
            subject: format!("Make a plan of {}", file.chars().take(120).collect::<String>()),
            text: format!(
                "This is prose of project '{}': make a plan of it (`plan_create`), with checks, and with what waits for what. \
                 Look at `task_list` first: what is there already is not planned again.{words}",
                project.name
            ),
            files: if inside { vec![file.to_owned()] } else { Vec::new() },
            enclosed: None,
            answers: None,
            key: None,
        };
        let id = CommandId(format!("prose {home} {file} {}", audit::digest(text)));
        let body = CommandBody::Mail(MailCommand::Send { new: Box::new(new) });
        let Answer::Changed(Noun::Mail(mail)) = self.submit(by, id, body).await? else { return Ok(None) };
        self.open_for(desk, opens).await;
        Ok(Some(mail.id))
    }

    /// Opens a session where nobody sits. The mail is there whatever comes of it, and waits.
    async fn open_for(&self, desk: DeskId, project: Option<ProjectId>) {
        let Some(project) = project else { return };
        let body = CommandBody::Desk(DeskCommand::Open { desk, project, fresh: true });
        if let Err(refusal) = self.handle.report(body).await {
            tracing::info!(%desk, why = refusal.message, "no session was opened for a talk; the mail waits");
        }
    }
}

/// The desk that leads the others: the first that does and is not paused.
fn lead(office: &Office) -> Option<&Desk> {
    office.leads().find(|desk| desk.hold.is_none()).or_else(|| office.leads().next())
}

fn nobody() -> Refusal {
    Refusal::new(
        Code::NotFound,
        "nobody leads the desks here, so there is nobody to talk to",
        format!("`office desk add --name lee --role {COORDINATOR}` sets one up; everything else works without"),
    )
}

/// Where a session is to be opened for it; none where somebody sits there, or nothing starts there now.
fn opens(office: &Office, desk: &Desk, wanted: Option<ProjectId>) -> Result<Option<ProjectId>, Refusal> {
    if !desk.is_free() || office.hold.is_some() {
        return Ok(None);
    }
    let last = desk.last_run.and_then(|run| office.runs.get(&run)).map(|run| run.project);
    let mut live = office.projects.values().filter(|it| !it.removed).map(|it| it.id);
    let only = live.clone().count() == 1;
    let found = desk
        .project
        .or(wanted)
        .or_else(|| last.filter(|id| office.project(*id).is_ok()))
        .or(live.next().filter(|_| only));
    found.map(Some).ok_or_else(|| {
        let way_out = "name it with `--project`, or add one: `office project add PATH`";
        Refusal::invalid(format!("in which project is '{}' to sit?", desk.name), way_out)
    })
}

/// What was said last in the talk in which the owner spoke last; by the desk, if it said anything there.
fn last_said(office: &Office, lead: DeskId) -> Option<&Mail> {
    let to_lead = |mail: &&Mail| {
        mail.from == Actor::Owner && mail.to == Mailbox::Desk { desk: lead } && mail.kind == MailKind::Message
    };
    let own = office.mails.values().rev().find(to_lead)?;
    let theirs =
        |mail: &&Mail| mail.thread == own.thread && matches!(mail.from, Actor::Agent { desk, .. } if desk == lead);
    Some(office.mails.values().rev().find(theirs).unwrap_or(own))
}

/// Whether something came of what the owner said there, or nothing can come of it any more.
fn answered(office: &Office, id: MailId) -> bool {
    let Some(mail) = office.mails.get(&id) else { return true };
    let said = office.mails.range(id..).any(|(_, it)| it.thread == mail.thread && it.from != Actor::Owner);
    let mut planned = office.plans.values().rev().take_while(|plan| plan.proposed >= mail.sent);
    said || mail.state == MailState::Bounced || planned.any(|plan| plan.thread == Some(mail.thread))
}

fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let short: String = line.chars().filter(|letter| !letter.is_control()).take(120).collect();
    if short.len() < line.len() { format!("{short}...") } else { short }
}
