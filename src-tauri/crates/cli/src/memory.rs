//! What the office knows: for now, trying the search out on data of one's own.

use std::path::PathBuf;

use clap::Subcommand;
use office_runtime::eval::compare_files;

use crate::print::Table;
use crate::session::{Done, Session};
use crate::shapes::{SearchEval, SearchFigures};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum MemoryVerb {
    /// Compare our search with SQLite FTS5 (porter) on passages and queries of yours
    #[command(after_help = "Examples:
  office memory eval --passages notes.jsonl --queries asked.jsonl
  office memory eval --passages notes.jsonl --queries asked.jsonl --json

Both files are JSON lines: a passage is {\"id\",\"title\",\"text\"}, a query {\"q\",\"id\"} with the id of the passage it \
means. Where queries name a \"slice\", each is shown by itself. No office is needed.")]
    Eval {
        /// What is to be found
        #[arg(long, value_name = "FILE")]
        passages: PathBuf,
        /// What is asked
        #[arg(long, value_name = "FILE")]
        queries: PathBuf,
    },
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: MemoryVerb) -> Done {
    let MemoryVerb::Eval { passages, queries } = verb;
    let compared = SearchEval::from(compare_files(&passages, &queries).await?);
    s.show(&compared, || said(&compared, s))
}

fn said(compared: &SearchEval, s: &Session<'_>) -> String {
    let mut table = Table::new(0);
    table.row(["", "queries", "MRR@10", "of fts5", "recall@5", "of fts5"].map(str::to_owned));
    let all = ("all", &compared.office, &compared.fts5);
    let slices = compared.slices.iter().map(|slice| (slice.name.as_str(), &slice.office, &slice.fts5));
    for (name, office, fts5) in std::iter::once(all).chain(slices) {
        let SearchFigures { mrr10, recall5, queries } = office;
        let cells = [name.to_owned(), queries.to_string()];
        let figures = [mrr10, &fts5.mrr10, recall5, &fts5.recall5].map(|figure| format!("{figure:.3}"));
        let [name, queries] = cells;
        let [mrr, mrr_fts, recall, recall_fts] = figures;
        table.row([name, queries, mrr, mrr_fts, recall, recall_fts]);
    }
    format!("{} passages\n{}", compared.passages, table.text(s.around.columns))
}
