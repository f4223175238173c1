//! The tools by which agents work together: who is here, writing to one another. An agent that works hears of its mail where it
//! looks anyway: in the answers of its tools.

use std::time::Duration;

use office_core::mail::{MailCommand, MailKind};
use office_core::view::DeskView;
use office_core::{CommandBody, MailId, MailState, Noun};
use office_door::wire::{Answer, Ask};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::schemars::JsonSchema;
use rmcp::{schemars, tool, tool_router};
use serde::Deserialize;

use super::tools::{OfficeTools, Said, said, unexpected};
use crate::mail::{Names, sender};
use crate::session::command_id;

/// A look into the mailbox takes no longer than this.
const GLANCE: Duration = Duration::from_millis(500);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Letter {
    /// `owner`, `everyone` (a status only), the name of a desk, or a role; leave it out to answer the sender of `answers`.
    #[serde(default)]
    to: Option<String>,
    /// message, handoff, question, answer, status, review request or verdict.
    #[serde(default)]
    kind: Option<String>,
    /// One line.
    #[serde(default)]
    subject: String,
    /// The words, in Markdown.
    text: String,
    /// Files of your checkout that belong to it, by their paths in it: copied as they are now, 1 MiB each; the reader is told where.
    #[serde(default)]
    files: Vec<String>,
    /// The number of the mail you answer; that one is acknowledged by it.
    #[serde(default)]
    answers: Option<u32>,
    /// A word of your own: sent twice with the same, it is sent once.
    #[serde(default)]
    key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Mails {
    /// Their numbers.
    mails: Vec<u32>,
}

#[tool_router(router = team_router, vis = "pub(super)")]
impl OfficeTools {
    /// Writes to another desk, a role, the owner or everyone. It is durable when this returns; the answer says where it stands.
    #[tool]
    async fn mail_send(&self, Parameters(letter): Parameters<Letter>) -> Said {
        let Letter { to, kind, subject, text, files, answers, key } = letter;
        let usual = if answers.is_some() { MailKind::Answer } else { MailKind::Message };
        let known = |word: String| {
            let kind = MailKind::ALL.iter().copied().find(|kind| kind.as_str() == word.replace('_', " "));
            kind.ok_or_else(|| format!("'{word}' is no kind of mail; leave it out, or say question, handoff, status"))
        };
        let kind = kind.map_or(Ok(usual), known)?;
        let (command_id, answers) = (command_id(), answers.map(MailId));
        let ask = Ask::SendMail { command_id, to, kind, subject, text, files, answers, key };
        match self.link.ask(ask).await.answer.map_err(said)? {
            Answer::Changed(Noun::Mail(mail)) if mail.state == MailState::Bounced => {
                Err(format!("Mail {} came back: {}.", mail.id, mail.why.unwrap_or_default()))
            }
            Answer::Changed(Noun::Mail(mail)) => Ok(format!("Mail {} is {}.", mail.id, mail.state)),
            _ => Err(unexpected()),
        }
    }

    /// Reads your mail, oldest first: what is new, and what you have read and not acknowledged. Its files lie where `files` says. Act
    /// upon each mail, then say so with mail_ack, or answer it with mail_send.
    #[tool]
    async fn mail_inbox(&self) -> Said {
        let Answer::Mails(mails) = self.link.ask(Ask::Inbox { take: true, wait: false }).await.answer.map_err(said)?
        else {
            return Err(unexpected());
        };
        let names: Names = self.desks().await?.into_iter().map(|desk| (desk.id, desk.name)).collect();
        let shown = mails.iter().map(|it| {
            serde_json::json!({
                "mail": it.id, "from": sender(it.from, &names), "kind": it.kind, "subject": it.subject, "text": it.text, "files": it.files,
                "thread": it.thread, "answers": it.answers, "sent": it.sent, "from_work_on_task": it.task,
            })
        });
        let shown: Vec<_> = shown.collect();
        if shown.is_empty() {
            return Ok("There is no mail for you.".to_owned());
        }
        serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
    }

    /// Says that you have acted upon these mails. What nobody acknowledges is handed to whoever comes after you.
    #[tool]
    async fn mail_ack(&self, Parameters(which): Parameters<Mails>) -> Said {
        let mails = which.mails.into_iter().map(MailId).collect();
        self.submit(CommandBody::Mail(MailCommand::Ack { mails })).await?;
        Ok("Acknowledged.".to_owned())
    }

    /// Says who sits where: each desk with its role, what it is doing and the task it is on.
    #[tool(annotations(read_only_hint = true))]
    async fn desk_list(&self) -> Said {
        let desks = self.desks().await?;
        let shown = desks.iter().map(|it| {
            serde_json::json!({"desk": it.name, "role": it.role, "state": it.state, "task": it.task, "title": it.title})
        });
        serde_json::to_string_pretty(&shown.collect::<Vec<_>>()).map_err(|error| error.to_string())
    }

    async fn desks(&self) -> Result<Vec<DeskView>, String> {
        match self.link.ask(Ask::Desks).await.answer.map_err(said)? {
            Answer::Desks(desks) => Ok(desks),
            _ => Err(unexpected()),
        }
    }

    /// What is added to the answer of a tool while there is mail that its agent was not told of.
    pub(super) async fn mail_waits(&self) -> Option<String> {
        // An office that goes away now must not hold up the answer that it gave.
        let asked = tokio::time::timeout(GLANCE, self.link.ask(Ask::Inbox { take: false, wait: false })).await;
        let Ok(Answer::Mails(mails)) = asked.ok()?.answer else { return None };
        let unread = mails.iter().filter(|it| it.is_unread()).count();
        (unread > 0).then(|| format!("({unread} unread in your mailbox: call mail_inbox at your next safe moment.)"))
    }
}
