//! Searching tasks and events.

use clap::Args;
use office_door::wire::{Answer, Ask, Hit};

use crate::print;
use crate::session::{Done, Session, unexpected};

/// What to search for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office search rounding
  office search 'price parser' --limit 5 --json")]
pub(crate) struct SearchArgs {
    /// Words
    #[arg(required = true)]
    query: Vec<String>,
    /// At most so many hits
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: SearchArgs) -> Done {
    let ask = Ask::Search { query: args.query.join(" "), limit: args.limit };
    let Answer::Hits(hits) = s.ask(ask).await? else { return Err(unexpected()) };
    s.show(&hits, || hits.iter().map(|hit| said(hit, s)).collect())
}

fn said(hit: &Hit, s: &Session<'_>) -> String {
    let place = if hit.kind == "task" { format!("#{}", hit.id) } else { format!("event {}", hit.id) };
    let head = s.around.paint.bold(&print::line(&format!("{place}  {}", hit.title)));
    format!("{head}  {}\n{}", s.around.paint.dim(&print::line(&hit.source)), print::set_in(&hit.text, 4))
}
