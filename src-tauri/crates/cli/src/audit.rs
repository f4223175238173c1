//! What was decided about approvals and grants: reading it, and going through its chain. Making the chain is the store's.

use clap::Subcommand;
use office_core::{Code, Refusal, Seq};
use office_door::wire::{Answer, Ask};

use crate::print;
use crate::session::{Done, Session, unexpected};
use crate::words;

/// Entries asked for at once.
const PAGE: u32 = 500;

/// Verbs on the audit.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Go through the whole chain; the first entry that does not hold is said, and the code is then 1
    #[command(after_help = "Examples:
  office audit verify
  office audit verify --head 3f9a...     and see that it has grown out of what was written down then

The last hash stands for all entries: written down elsewhere, it shows later that none of them was changed since.")]
    Verify {
        /// A hash that was written down: the chain must hold it
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
    /// Print what was decided, oldest first
    #[command(after_help = "Examples:
  office audit show
  office audit show --json | jq -r 'select(.envelope.event.type == \"approved\") | .envelope.at'")]
    Show {
        /// Only what came after this event
        #[arg(long, value_name = "EVENT", default_value_t = 0)]
        since: u32,
    },
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: AuditVerb) -> Done {
    match verb {
        AuditVerb::Verify { head } => verify(s, head).await,
        AuditVerb::Show { since } => show(s, since).await,
    }
}

async fn verify(s: &mut Session<'_>, head: Option<String>) -> Done {
    let Answer::Verified(found) = s.ask(Ask::VerifyAudit).await? else { return Err(unexpected()) };
    let way_out = "`office backup` keeps what is there; compare with an older backup (docs/SECURITY.md)";
    if let Some(broken) = &found.broken {
        let message = format!(
            "the audit is broken at event {}: {}; {} entries before it hold",
            broken.seq, broken.why, found.links
        );
        return Err(Refusal::new(Code::Trouble, message, way_out).into());
    }
    if let Some(head) = head
        && head != found.head
        && !holds(s, &head).await?
    {
        let message = "the chain holds in itself, and is not the one whose hash was written down";
        return Err(Refusal::new(Code::Trouble, message, way_out).into());
    }
    s.show(&found, || format!("{} entries hold; the last hash is {}", found.links, found.head))
}

async fn holds(s: &mut Session<'_>, head: &str) -> Result<bool, crate::Fail> {
    let mut since = Seq(0);
    loop {
        let Answer::Audit(page) = s.ask(Ask::Audit { since, limit: PAGE }).await? else { return Err(unexpected()) };
        if page.iter().any(|entry| entry.link.hash == head) {
            return Ok(true);
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => since = last.link.seq,
            _ => return Ok(false),
        }
    }
}

async fn show(s: &mut Session<'_>, since: u32) -> Done {
    let mut since = Seq(since);
    loop {
        let Answer::Audit(page) = s.ask(Ask::Audit { since, limit: PAGE }).await? else { return Err(unexpected()) };
        for entry in &page {
            let it = &entry.envelope;
            let said = crate::events::sentence(&it.event);
            let hash = entry.link.hash.get(..12).unwrap_or_default();
            let who = words::actor(it.actor);
            s.show(entry, || {
                print::line(&format!("{:>6}  {}  {hash}  {who}: {said}", it.seq, print::moment(it.at, None)))
            })?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => since = last.link.seq,
            _ => return Ok(()),
        }
    }
}
