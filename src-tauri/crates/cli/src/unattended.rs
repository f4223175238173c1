//! What the owner wishes while they are away: seen and changed. What comes of it is decided in `core`.

use clap::Args;
use office_core::office::OfficeCommand;
use office_core::unattended::{Quiet, Step, Unattended, Whom};
use office_core::{CommandBody, Noun};
use office_door::wire::{Answer, Ask};

use crate::fail::Fail;
use crate::print;
use crate::session::{Done, Session, unexpected};

/// What to wish; nothing shows what is wished.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office unattended                               see it
  office unattended --park-after 30               a held command parks its task after 30 minutes; `never` waits at the desk
  office unattended --deny-after network=8        what would reach the network is denied after 8 hours; `network=never` waits
  office unattended --path spend=coordinator:0,owner:10:notify
  office unattended --quiet 22:00-07:00 --urgent secrets --look-first publish,spend

Time never approves anything. A way names who an ask goes to and after how many minutes; only the owner decides.")]
pub(crate) struct UnattendedArgs {
    /// Minutes after which a held command parks its task and the desk takes other work; `never`
    #[arg(long, value_name = "MINUTES")]
    park_after: Option<String>,
    /// Deny what is of this kind after so many hours: KIND=HOURS, or KIND=never
    #[arg(long, value_name = "KIND=HOURS")]
    deny_after: Vec<String>,
    /// The way an ask of this kind goes: KIND=WHO:MINUTES[:notify],... or KIND=none
    #[arg(long, value_name = "KIND=STEPS")]
    path: Vec<String>,
    /// Kinds that a notification alone does not approve; `none`
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    look_first: Option<Vec<String>>,
    /// Kinds that are told at once, also in quiet hours; `none`
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    urgent: Option<Vec<String>>,
    /// At most one notification in so many seconds; what comes meanwhile is told together
    #[arg(long, value_name = "SECONDS")]
    tell_every: Option<u32>,
    /// Hours of your day in which the desktop is told nothing else: 22:00-07:00, or none
    #[arg(long, value_name = "HOURS")]
    quiet: Option<String>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: UnattendedArgs) -> Done {
    let find = Ask::Find { noun: "office".to_owned(), name: String::new() };
    let Answer::Changed(Noun::Office(facts)) = s.ask(find).await? else { return Err(unexpected()) };
    let mut settings = facts.settings;
    let before = settings.unattended.clone();
    change(&mut settings.unattended, args)?;
    let wished = settings.unattended.clone();
    if wished != before {
        s.submit(CommandBody::Office(OfficeCommand::Set { settings })).await?;
    }
    s.show(&wished, || page(&wished))
}

fn change(wished: &mut Unattended, args: UnattendedArgs) -> Result<(), Fail> {
    let UnattendedArgs { park_after, deny_after, path, look_first, urgent, tell_every, quiet } = args;
    if let Some(text) = park_after {
        wished.park_after_mins = if text == "never" { None } else { Some(number(&text)?) };
    }
    for text in &deny_after {
        match pair(text)? {
            (kind, "never") => drop(wished.deny_after_hours.remove(kind)),
            (kind, hours) => drop(wished.deny_after_hours.insert(kind.to_owned(), number(hours)?)),
        }
    }
    for text in &path {
        match pair(text)? {
            (kind, "none") => drop(wished.path.remove(kind)),
            (kind, steps) => {
                let steps = steps.split(',').map(step).collect::<Result<Vec<_>, _>>()?;
                wished.path.insert(kind.to_owned(), steps);
            }
        }
    }
    wished.tell_every_secs = tell_every.unwrap_or(wished.tell_every_secs);
    let list = |kinds: Vec<String>| kinds.into_iter().filter(|kind| kind != "none").collect();
    if let Some(kinds) = look_first {
        wished.look_first = list(kinds);
    }
    if let Some(kinds) = urgent {
        wished.urgent = list(kinds);
    }
    if let Some(text) = quiet {
        wished.quiet = if text == "none" { None } else { Some(hours(&text)?) };
    }
    Ok(())
}

fn number(text: &str) -> Result<u32, Fail> {
    text.parse().map_err(|_| Fail::usage(format!("'{text}' is no number"), "say a whole number, or never"))
}

fn pair(text: &str) -> Result<(&str, &str), Fail> {
    text.split_once('=')
        .ok_or_else(|| Fail::usage(format!("'{text}' names no kind"), "say it as KIND=..., such as network=8"))
}

fn step(text: &str) -> Result<Step, Fail> {
    let odd = || Fail::usage(format!("'{text}' is no step"), "a step is owner:10, owner:10:notify or coordinator:0");
    let mut parts = text.split(':');
    let to = match parts.next() {
        Some("owner") => Whom::Owner,
        Some("coordinator") => Whom::Coordinator,
        _ => return Err(odd()),
    };
    let after_mins = parts.next().and_then(|minutes| minutes.parse().ok()).ok_or_else(odd)?;
    let notify = match parts.next() {
        Some("notify") => true,
        None => false,
        Some(_) => return Err(odd()),
    };
    Ok(Step { to, after_mins, notify })
}

fn hours(text: &str) -> Result<Quiet, Fail> {
    let minute = |text: &str| -> Option<u16> {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let found = text.split_once('-').and_then(|(from, to)| Some(Quiet { from: minute(from)?, to: minute(to)? }));
    found.ok_or_else(|| Fail::usage(format!("'{text}' are no hours"), "say them as 22:00-07:00, or none"))
}

fn page(it: &Unattended) -> String {
    let mut out = match it.park_after_mins {
        Some(mins) => {
            format!("what is held parks its task after {mins} minutes; the desk takes other work meanwhile\n")
        }
        None => "what is held keeps its desk until it is answered\n".to_owned(),
    };
    for (kind, hours) in &it.deny_after_hours {
        out.push_str(&format!("{kind} is denied after {hours} hours; the rest waits\n"));
    }
    for (kind, steps) in &it.path {
        let who = |to: Whom| if to == Whom::Owner { "you" } else { "coordinator" };
        let told = |step: &Step| if step.notify { ", on the desktop" } else { "" };
        let steps: Vec<_> =
            steps.iter().map(|step| format!("{} after {} min{}", who(step.to), step.after_mins, told(step))).collect();
        out.push_str(&format!("{kind} goes to {}\n", steps.join(", then ")));
    }
    let list = |kinds: &[String]| if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    out.push_str(&format!("to be looked at before it is approved: {}\n", list(&it.look_first)));
    out.push_str(&format!("told at once, also in quiet hours: {}\n", list(&it.urgent)));
    out.push_str(&format!("at most one notification in {} s; the others are told together\n", it.tell_every_secs));
    if let Some(quiet) = it.quiet {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        out.push_str(&format!("quiet from {} to {}\n", clock(quiet.from), clock(quiet.to)));
    }
    print::block(&out)
}
