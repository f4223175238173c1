//! Talking to whoever leads the desks: the owner's words out, what was answered and planned in. Who that is, the office knows.

use clap::Args;
use office_core::{Mail, MailId, Noun, Plan};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::mail::{names, text_of};
use crate::plan;
use crate::session::{Done, Session, command_id, unexpected};
use crate::task::write::read_text;

/// What is said.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office talk 'I want prices rounded as the law says, in all three shops' --wait
  office talk                                      what was said so far
  office talk 'the German shop first'              in the same talk
  office plan accept 3                             what came of it is worked on

Your words go as mail to the desk with the role coordinator, which is woken. What it wants done comes back as a plan: draft tasks that \
wait for one another, with their checks. Nothing of it runs before you accept it.")]
pub(crate) struct TalkArgs {
    /// The words; - reads standard input; none shows the talk
    text: Option<String>,
    /// Wait for what comes of it
    #[arg(long, requires = "text")]
    wait: bool,
    /// Begin another talk
    #[arg(long = "new", requires = "text")]
    fresh: bool,
    /// Name or number of the project to sit in, where nobody sits there yet
    #[arg(long, value_name = "NAME", requires = "text")]
    project: Option<String>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: TalkArgs) -> Done {
    let TalkArgs { text, wait, fresh, project } = args;
    let mut after = None;
    if let Some(text) = text {
        let text = if text == "-" { read_text("-")? } else { text };
        let ask = Ask::Talk { command_id: command_id(), text, fresh, project };
        let Answer::Changed(Noun::Mail(sent)) = s.ask(ask).await? else { return Err(unexpected()) };
        if !wait {
            return s.show(&[&sent], || {
                format!("mail {} is {}; `office talk` shows what comes of it\n", sent.id, sent.state)
            });
        }
        after = Some(sent.id);
    }
    let Answer::Mails(mails) = s.ask(Ask::Talked { after }).await? else { return Err(unexpected()) };
    if s.json {
        return s.show(&mails, String::new);
    }
    let text = told(s, &mails, after).await?;
    s.show(
        &mails,
        || if text.is_empty() { "nothing was said yet: `office talk '...'` begins\n".to_owned() } else { text },
    )
}

/// The talk as it is read, with its plans where they were made; what is new only, where something was just said.
async fn told(s: &mut Session<'_>, mails: &[Mail], after: Option<MailId>) -> Result<String, Fail> {
    let names = names(s).await?;
    let thread = mails.first().map(|mail| mail.thread);
    let Answer::Plans(plans) = s.ask(Ask::Plans { plan: None, all: true }).await? else { return Err(unexpected()) };
    let plans: Vec<&Plan> = plans.iter().filter(|plan| plan.thread.is_some() && plan.thread == thread).collect();
    let since = after.and_then(|id| mails.iter().find(|mail| mail.id == id)).map(|mail| mail.sent);
    let mut said: Vec<(office_core::At, String)> = Vec::new();
    for mail in mails.iter().filter(|mail| after.is_none_or(|id| mail.id > id)) {
        said.push((mail.sent, text_of(mail, &names)));
    }
    for it in plans.into_iter().filter(|plan| since.is_none_or(|since| plan.proposed >= since)) {
        said.push((it.proposed, plan::text_of(s, it).await?));
    }
    said.sort_by_key(|(at, _)| *at);
    Ok(said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n\n"))
}
