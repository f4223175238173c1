//! Taking in a backlog file: what was made of each line. How such a file is read is the runtime's.

use clap::Args;
use office_door::backlog::{Taken, TakenIn, TakenItem};
use office_door::wire::{Answer, Ask};

use super::write::read_text;
use crate::print::{self, Table};
use crate::session::{Done, Session, unexpected};

/// A backlog file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office task import TASKS.md
  office task import roadmap.md --project shop
  office project set shop --backlog TASKS.md       the same by itself, whenever the file changes

The file is Markdown. Each box is a task, what stands below it is its body, and boxes nested in it are done before it:

  ## Dates {role=engineer}
  - [ ] Parse dates {#dates check=\"make test\"}
    ISO first, then what people write.
    - [ ] Write the table of months
  - [ ] Use them in invoices {after=dates priority=high}

Braces at the end of a line or heading may say #name, role=, kind=, check=, after=, priority=, draft and finding. Taken in again, a line
stays its task while its words are much alike, or always where it has a #name; a ticked one is done; one that is gone calls its task off
where nobody has begun it. What is at work keeps its words until it has come to rest. The office never writes into the file. A file
without a box is prose: whoever leads the desks makes a plan of it; where nobody does, each of its headings becomes a draft.")]
pub(crate) struct ImportArgs {
    /// The file; - reads standard input
    file: String,
    /// Name or number of the project [default: the only one]
    #[arg(long)]
    project: Option<String>,
}

pub(crate) async fn import(s: &mut Session<'_>, args: ImportArgs) -> Done {
    let project = s.project(args.project.as_deref()).await?;
    let text = read_text(&args.file)?;
    let file = match std::fs::canonicalize(&args.file) {
        // As its project calls it, whichever way it was named.
        Ok(whole) if s.there.is_none() => crate::project::text(&whole)?,
        _ if args.file == "-" => "standard input".to_owned(),
        _ => args.file,
    };
    let ask = Ask::TakeIn { project: project.name, file, text: Some(text) };
    let Answer::TakenIn(taken) = s.ask(ask).await? else { return Err(unexpected()) };
    s.show(&taken, || page(&taken, s))
}

fn page(taken: &TakenIn, s: &Session<'_>) -> String {
    if let Some(mail) = taken.handed {
        return format!(
            "{}\n",
            print::line(&format!(
                "{} is prose: it was handed to whoever leads the desks (mail {mail}), who makes a plan of it; `office plan list` shows it then",
                taken.file
            ))
        );
    }
    let mut table = Table::default();
    for item in taken.items.iter().filter(|item| item.taken != Taken::Same) {
        let task = item.task.map_or(String::new(), |task| format!("#{task}"));
        table.row([task, said(item), print::line(&item.title)]);
    }
    let mut out = table.text(s.around.columns);
    for task in &taken.called_off {
        out.push_str(&format!("#{task} called off: it is not in the file any more, and nobody had begun it\n"));
    }
    let same = taken.items.iter().filter(|item| item.taken == Taken::Same).count();
    if same > 0 {
        out.push_str(&format!("{same} as they were\n"));
    }
    out
}

fn said(item: &TakenItem) -> String {
    let state = item.state.map_or(String::new(), |state| state.to_string());
    match item.taken {
        Taken::Added => format!("new, {state}"),
        Taken::Changed => format!("changed, {state}"),
        Taken::Same => state,
        Taken::Later => format!("{state}: changes when it rests"),
        Taken::Ticked => "ticked: no task".to_owned(),
    }
}
