//! What the office knows: notes are written, found, refuted, kept as files and counted. Trying the search out on data of one's own needs
//! no office.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use office_core::note::{NoteCommand, NoteWords};
use office_core::{Code, CommandBody, Note, NoteId, NoteKind, Noun, Refusal};
use office_door::memory::{AlikePair, Found, MemoryAsk, MemoryStats, Noted, Wanted};
use office_door::wire::{Answer, Ask, Hit};
use office_runtime::eval::compare_files;
use office_runtime::notes_folder::{Names, Wish, export, import};

use crate::fail::Fail;
use crate::grammar::word;
use crate::mail::{given, names, sender};
use crate::print::{self, Table};
use crate::session::{Done, Session, command_id, unexpected};
use crate::shapes::{NotRead, NotesExported, NotesImported, SearchEval, SearchFigures};

const KINDS: &[&str] = &["convention", "decision", "fact", "gotcha", "how-to", "retrospective"];
const SORTS: &[&str] = &["note", "task", "event", "mail", "approval"];
/// Notes of one page.
const PAGE: u32 = 1_000;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum MemoryVerb {
    /// Keep what was learned, for all to know
    #[command(after_help = "Examples:
  office memory add --title 'Where tests write' --text 'Use `tmp_path`, never /tmp' --kind gotcha --tag tests
  git log -1 --format=%b | office memory add --title 'Why the cache went' --text - --kind decision

It is found by everybody from the moment this returns. At a desk it is about the project that is worked on there. Passwords and \
keys are refused.")]
    Add(AddArgs),
    /// Find what is known
    #[command(after_help = "Examples:
  office memory search 'where do tests put scratch files'
  office memory search --json --limit 5 E0432
  office memory search --in note --in mail --kind gotcha 'the port of the server'

Notes, unless `--in` says what else.")]
    Search(SearchArgs),
    /// Show a note: its words, its history, where it was shown and used
    #[command(after_help = "Examples:
  office memory show 7")]
    Show {
        /// Which
        note: NoteId,
    },
    /// List notes, the newest first
    #[command(after_help = "Examples:
  office memory list
  office memory list --kind convention --project shop --json | jq -r '.[].title'")]
    List(ListArgs),
    /// Write a note anew; how it was stays in its history
    #[command(after_help = "Examples:
  office memory edit 7 --text 'Use `tmp_path`, always'
  office memory edit 7 --tag tests --tag pytest")]
    Edit(EditArgs),
    /// Let one note take the place of others that say the same
    #[command(after_help = "Examples:
  office memory merge 12 7 9     note 12 takes the place of 7 and 9")]
    Merge {
        /// Which stays
        keep: NoteId,
        /// Which give their place to it
        #[arg(required = true)]
        gone: Vec<NoteId>,
    },
    /// Say that a note is not so; no briefing carries it any more
    #[command(after_help = "Examples:
  office memory refute 7 --evidence 'pytest -q: tmp_path is cleared after each test, see tests/conftest.py'")]
    Refute {
        /// Which
        note: NoteId,
        /// What shows it; - reads standard input
        #[arg(long)]
        evidence: String,
    },
    /// Write the notes that hold into a folder, a Markdown file each
    #[command(after_help = "Examples:
  office memory export docs/notes")]
    Export {
        /// The folder
        dir: PathBuf,
    },
    /// Take a folder of Markdown in: what was edited is a change with a history, what is new a new note
    #[command(after_help = "Examples:
  office memory import docs/notes

A file that is gone deletes nothing.")]
    Import {
        /// The folder
        dir: PathBuf,
    },
    /// Build the search index anew; it can be searched meanwhile
    #[command(after_help = "Examples:
  office memory reindex")]
    Reindex,
    /// Say how many notes there are, which are used and which say the same
    #[command(after_help = "Examples:
  office memory stats")]
    Stats,
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

/// A new note.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// One line
    #[arg(long)]
    title: String,
    /// What was learned, in Markdown; - reads standard input
    #[arg(long)]
    text: String,
    /// What it is
    #[arg(long, value_parser = word::<NoteKind>(KINDS), default_value = "fact")]
    kind: NoteKind,
    /// A word to find it by (may be repeated)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The project it is about [default: the desk's; else the whole office]
    #[arg(long)]
    project: Option<String>,
    /// It is about the whole office
    #[arg(long, conflicts_with = "project")]
    everywhere: bool,
    /// A note it takes the place of (may be repeated)
    #[arg(long, value_name = "NOTE")]
    supersedes: Vec<NoteId>,
    /// A note it speaks against (may be repeated)
    #[arg(long, value_name = "NOTE")]
    contradicts: Vec<NoteId>,
}

/// What is looked for.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words, as you would say them
    #[arg(required = true)]
    query: Vec<String>,
    /// At most so many hits
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: u32,
    /// Among these, notes alone if none is named (may be repeated)
    #[arg(long = "in", value_name = "SORT", value_parser = word::<Found>(SORTS))]
    among: Vec<Found>,
    /// Notes of this kind (may be repeated)
    #[arg(long = "kind", value_name = "KIND", value_parser = word::<NoteKind>(KINDS))]
    kinds: Vec<NoteKind>,
    /// Notes about this project or the whole office
    #[arg(long)]
    project: Option<String>,
    /// Notes with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Refuted notes, too
    #[arg(long)]
    refuted: bool,
}

/// Which notes.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this kind (may be repeated)
    #[arg(long = "kind", value_name = "KIND", value_parser = word::<NoteKind>(KINDS))]
    kinds: Vec<NoteKind>,
    /// About this project or the whole office
    #[arg(long)]
    project: Option<String>,
    /// With this tag
    #[arg(long)]
    tag: Option<String>,
    /// Those that were refuted or whose place another took, too
    #[arg(long)]
    all: bool,
    /// With a number below this
    #[arg(long, value_name = "NOTE")]
    before: Option<NoteId>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

/// What is written anew; the rest stays.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Which
    note: NoteId,
    /// New title
    #[arg(long)]
    title: Option<String>,
    /// New text; - reads standard input
    #[arg(long)]
    text: Option<String>,
    /// New kind
    #[arg(long, value_parser = word::<NoteKind>(KINDS))]
    kind: Option<NoteKind>,
    /// All its tags (may be repeated)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Another project
    #[arg(long)]
    project: Option<String>,
    /// It is about the whole office
    #[arg(long, conflicts_with = "project")]
    everywhere: bool,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, verb: MemoryVerb) -> Done {
    match verb {
        MemoryVerb::Add(args) => add(s, args).await,
        MemoryVerb::Search(args) => search(s, args).await,
        MemoryVerb::Show { note } => {
            let note = one(s, note).await?;
            let text = page(s, &note).await?;
            s.show(&note, || text)
        }
        MemoryVerb::List(ListArgs { kinds, project, tag, all, before, limit }) => {
            let wanted = Wanted { kinds, project, tag, refuted: all, ..Wanted::default() };
            let found = notes(s, MemoryAsk::List { wanted, hold: !all, since: None, before, limit }).await?;
            let mut table = Table::default();
            for it in &found {
                table.row([
                    it.id.to_string(),
                    it.words.kind.to_string(),
                    standing(it),
                    format!("{} shown, {} used", it.shown, it.used),
                    it.words.title.clone(),
                ]);
            }
            s.show(&found, || if found.is_empty() { "there are none".to_owned() } else { table.text(s.around.columns) })
        }
        MemoryVerb::Edit(args) => edit(s, args).await,
        MemoryVerb::Merge { keep, gone } => change(s, NoteCommand::Merge { keep, gone }).await,
        MemoryVerb::Refute { note, evidence } => {
            let evidence = given(evidence)?;
            change(s, NoteCommand::Refute { note, evidence }).await
        }
        MemoryVerb::Export { dir } => write_out(s, dir).await,
        MemoryVerb::Import { dir } => take_in(s, dir).await,
        MemoryVerb::Reindex => stats(s, MemoryAsk::Reindex).await,
        MemoryVerb::Stats => stats(s, MemoryAsk::Stats).await,
        MemoryVerb::Eval { passages, queries } => {
            let compared = SearchEval::from(compare_files(&passages, &queries).await?);
            s.show(&compared, || measured(&compared, s))
        }
    }
}

async fn add(s: &mut Session<'_>, args: AddArgs) -> Done {
    let AddArgs { title, text, kind, tags, project, everywhere, supersedes, contradicts } = args;
    let text = given(text)?;
    let words = Box::new(NoteWords { kind, title, text, tags, project: None, supersedes, contradicts });
    let ask = MemoryAsk::Add { command_id: command_id(), words, project, everywhere };
    let Answer::Noted(noted) = s.ask(Ask::Memory { what: ask }).await? else { return Err(unexpected()) };
    s.show(&noted, || kept(&noted))
}

/// What is said of a note that was written: its number, and which others say almost the same.
pub(crate) fn kept(noted: &Noted) -> String {
    let id = noted.note.id;
    let mut out = print::line(&format!("note {id} is kept: {}", noted.note.words.title)) + "\n";
    for it in &noted.alike {
        let (part, other) = ((it.share * 100.0).round(), it.note);
        let offer = format!("`office memory merge {id} {other}` lets it take that one's place");
        out.push_str(&print::line(&format!("note {other} says almost the same ({part} %): {}; {offer}", it.title)));
        out.push('\n');
    }
    out
}

async fn search(s: &mut Session<'_>, args: SearchArgs) -> Done {
    let SearchArgs { query, limit, mut among, kinds, project, tag, refuted } = args;
    if among.is_empty() {
        among.push(Found::Note);
    }
    let wanted = Wanted { among, kinds, project, tag, refuted };
    let ask = MemoryAsk::Search { query: query.join(" "), wanted, limit };
    let Answer::Hits(hits) = s.ask(Ask::Memory { what: ask }).await? else { return Err(unexpected()) };
    s.show(&hits, || hits.iter().map(|hit| said(hit, s)).collect())
}

fn said(hit: &Hit, s: &Session<'_>) -> String {
    let id = if hit.kind == "event" { String::new() } else { format!("{}  ", hit.id) };
    let head = s.around.paint.bold(&print::line(&format!("{id}{}", hit.title)));
    let from = s.around.paint.dim(&print::line(&format!("{}, {}", hit.kind, hit.source)));
    format!("{head}  {from}\n{}", print::set_in(&hit.text, 4))
}

async fn notes(s: &mut Session<'_>, ask: MemoryAsk) -> Result<Vec<Note>, Fail> {
    match s.ask(Ask::Memory { what: ask }).await? {
        Answer::Notes(found) => Ok(found),
        _ => Err(unexpected()),
    }
}

async fn one(s: &mut Session<'_>, note: NoteId) -> Result<Note, Fail> {
    notes(s, MemoryAsk::Show { note }).await?.pop().ok_or_else(unexpected)
}

async fn edit(s: &mut Session<'_>, args: EditArgs) -> Done {
    let EditArgs { note, title, text, kind, tags, project, everywhere } = args;
    let mut to = one(s, note).await?.words;
    if let Some(text) = text {
        to.text = given(text)?;
    }
    to.title = title.unwrap_or(to.title);
    to.kind = kind.unwrap_or(to.kind);
    if !tags.is_empty() {
        to.tags = tags;
    }
    if everywhere {
        to.project = None;
    } else if let Some(id) = s.project_id(project.as_deref()).await? {
        to.project = Some(id);
    }
    change(s, NoteCommand::Edit { note, to: Box::new(to) }).await
}

async fn change(s: &mut Session<'_>, command: NoteCommand) -> Done {
    let Noun::Note(note) = s.submit(CommandBody::Note(command)).await? else { return Err(unexpected()) };
    s.show(&note, || print::line(&format!("note {}, {}: {}", note.id, standing(&note), note.words.title)))
}

/// Whether it holds, in words.
fn standing(it: &Note) -> String {
    match (&it.refuted, it.superseded_by) {
        (Some(_), _) => "refuted".to_owned(),
        (None, Some(by)) => format!("note {by} took its place"),
        (None, None) => "holds".to_owned(),
    }
}

async fn page(s: &mut Session<'_>, it: &Note) -> Result<String, Fail> {
    let names = names(s).await?;
    let project = match it.words.project {
        Some(id) => s.projects().await?.into_iter().find(|project| project.id == id).map(|project| project.name),
        None => None,
    };
    let mut lines = vec![
        it.words.title.clone(),
        format!(
            "note {}, a {} by {}, {}{}; {}",
            it.id,
            it.words.kind,
            sender(it.author, &names),
            print::moment(it.created, None),
            it.task.map(|task| format!(", from work on #{task}")).unwrap_or_default(),
            standing(it)
        ),
        format!("about {}", project.map_or("the whole office".to_owned(), |name| format!("project {name}"))),
    ];
    if !it.words.tags.is_empty() {
        lines.push(format!("tags: {}", it.words.tags.join(", ")));
    }
    for (what, ids) in [("takes the place of", &it.words.supersedes), ("speaks against", &it.words.contradicts)] {
        if !ids.is_empty() {
            lines.push(format!("{what} {}", ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
        }
    }
    if let Some(refuted) = &it.refuted {
        let (by, at) = (sender(refuted.by, &names), print::moment(refuted.at, None));
        lines.push(format!("refuted by {by}, {at}: {}", refuted.evidence));
    }
    for (what, count, places) in [("shown", it.shown, &it.shown_in), ("used", it.used, &it.used_in)] {
        let on: Vec<_> = places.iter().filter_map(|place| place.task).map(|task| format!("#{task}")).collect();
        let on = if on.is_empty() { String::new() } else { format!(", lately on {}", on.join(", ")) };
        lines.push(format!("{what} {count} times{on}"));
    }
    lines.push(String::new());
    lines.push(it.words.text.clone());
    for past in it.past.iter().rev() {
        let (by, until) = (sender(past.by, &names), print::moment(past.until, None));
        lines.push(format!("\nuntil {until}, when {by} wrote it anew: {}\n{}", past.words.title, past.words.text));
    }
    Ok(print::block(&lines.join("\n")))
}

/// All notes, page by page.
async fn all(s: &mut Session<'_>, hold: bool) -> Result<Vec<Note>, Fail> {
    let mut found: Vec<Note> = Vec::new();
    loop {
        let before = found.last().map(|it| it.id);
        let wanted = Wanted { refuted: !hold, ..Wanted::default() };
        let page = notes(s, MemoryAsk::List { wanted, hold, since: None, before, limit: PAGE }).await?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

async fn called(s: &mut Session<'_>) -> Result<Names, Fail> {
    let desks = names(s).await?;
    let projects = s.projects().await?.into_iter().map(|it| (it.id, it.name)).collect();
    Ok(Names { desks, projects })
}

async fn write_out(s: &mut Session<'_>, dir: PathBuf) -> Done {
    let (notes, names) = (all(s, true).await?, called(s).await?);
    let written = export(&dir, &notes, &names)?;
    let count = u32::try_from(notes.len()).unwrap_or(u32::MAX);
    let told = NotesExported {
        dir: dir.display().to_string(),
        notes: count,
        written: written.written,
        same: written.same,
        removed: written.removed,
    };
    s.show(&told, || format!("{count} notes in {}: {} written, {} removed\n", told.dir, told.written, told.removed))
}

async fn take_in(s: &mut Session<'_>, dir: PathBuf) -> Done {
    let (notes, names) = (all(s, false).await?, called(s).await?);
    let mut told = NotesImported::default();
    for (path, wish) in import(&dir, &notes, &names)? {
        let body = match wish {
            Wish::Same(_) => {
                told.same += 1;
                continue;
            }
            Wish::Add(new) => NoteCommand::Add { new: Box::new(new) },
            Wish::Edit(note, to) => NoteCommand::Edit { note, to: Box::new(to) },
        };
        let is_new = matches!(body, NoteCommand::Add { .. });
        match s.submit(CommandBody::Note(body)).await {
            Ok(Noun::Note(note)) if is_new => told.added.push(note.id),
            Ok(Noun::Note(note)) => told.changed.push(note.id),
            Ok(_) => return Err(unexpected()),
            Err(Fail::Refused(why)) => {
                told.not_read.push(NotRead { file: path.display().to_string(), why: why.message });
            }
            Err(other) => return Err(other),
        }
    }
    let (added, changed) = (told.added.len(), told.changed.len());
    s.show(&told, || format!("{added} added, {changed} changed, {} as they were\n", told.same))?;
    match told.not_read.first() {
        None => Ok(()),
        Some(first) => Err(Refusal::new(
            Code::Invalid,
            format!("{} files were not taken in; {}: {}", told.not_read.len(), first.file, first.why),
            "the others were; mend these and import again",
        )
        .into()),
    }
}

async fn stats(s: &mut Session<'_>, ask: MemoryAsk) -> Done {
    let Answer::Memory(it) = s.ask(Ask::Memory { what: ask }).await? else { return Err(unexpected()) };
    s.show(&it, || counted(&it))
}

fn counted(it: &MemoryStats) -> String {
    let of = &it.notes;
    let mut out = format!(
        "{} notes: {} hold, {} refuted, {} gave their place to another\nshown {} times, used {} times; {} were never shown nor used\n",
        of.notes, of.hold, of.refuted, of.superseded, of.shown, of.used, of.unused
    );
    for (kind, count) in of.kinds.iter().filter(|(_, count)| *count > 0) {
        out.push_str(&format!("  {count} {kind}\n"));
    }
    for AlikePair { note, and, share } in it.alike.iter().take(10) {
        let part = (share * 100.0).round();
        out.push_str(&format!(
            "notes {note} and {and} say almost the same ({part} %): `office memory merge {and} {note}`\n"
        ));
    }
    let behind = if it.behind == 0 { String::new() } else { format!(", {} events behind", it.behind) };
    out.push_str(&format!("{} things can be found{behind}\n", it.indexed));
    if let Some(why) = &it.trouble {
        out.push_str(&print::line(&format!("the index: {why}")));
    }
    out
}

fn measured(compared: &SearchEval, s: &Session<'_>) -> String {
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
