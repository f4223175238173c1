//! What is kept of each thing, and in which fields. A change here or in `tokenize` raises [`VERSION`], and every index of
//! an older version is built again.

use office_core::At;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions, Value,
};
use tantivy::{TantivyDocument, Term};

use crate::meaning::Table;
use crate::tokenize;

/// The form of the index, kept with every commit.
pub(crate) const VERSION: u32 = 4;

/// Where the point of a document is kept, and the number of its kind, for all documents side by side.
pub(crate) const POINT: &str = "point";
pub(crate) const SORT: &str = "sort";

/// So much of a text is indexed, in bytes; what is longer is cut.
pub const TEXT_MAX: usize = 64 * 1024;

/// What a document is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A task.
    Task,
    /// An event.
    Event,
    /// A note.
    Note,
    /// A mail.
    Mail,
    /// A held command.
    Approval,
}

impl Kind {
    /// All of them.
    pub const ALL: &'static [Kind] = &[Kind::Task, Kind::Event, Kind::Note, Kind::Mail, Kind::Approval];

    /// A number for it, the same in every index of this version.
    pub(crate) const fn sort(self) -> u8 {
        match self {
            Kind::Task => 0,
            Kind::Event => 1,
            Kind::Note => 2,
            Kind::Mail => 3,
            Kind::Approval => 4,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Task => "task",
            Kind::Event => "event",
            Kind::Note => "note",
            Kind::Mail => "mail",
            Kind::Approval => "approval",
        }
    }
}

/// Something that is to be found. `kind` and `id` together name it: a later one replaces an earlier one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doc {
    /// What it is about.
    pub kind: Kind,
    /// Its number among those of its kind.
    pub id: u32,
    /// One line; counts for more than the text.
    pub title: String,
    /// The text; the first [`TEXT_MAX`] bytes of it.
    pub text: String,
    /// Words that are neither: a role, a project, a state.
    pub tags: Vec<String>,
    /// When it was written.
    pub at: At,
    /// What it has proved to be worth.
    pub worth: Worth,
}

/// What is known about the use of a document: moves it a little among those that fit as well.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Worth {
    /// How often somebody said that it was of use.
    pub used: u32,
    /// Another one took its place: it is found, but last.
    pub superseded: bool,
}

/// The fields, by what is in them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    key: Field,
    pub(crate) kind: Field,
    id: Field,
    at: Field,
    pub(crate) title: Field,
    pub(crate) text: Field,
    pub(crate) tags: Field,
    used: Field,
    superseded: Field,
    sort: Field,
    point: Field,
    /// All words uncut, as a dictionary: what was mistyped or only begun is looked up there.
    pub(crate) words: Field,
}

impl Fields {
    pub(crate) fn make() -> (Schema, Fields) {
        let cut = |tokenizer: &str, option| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
            TextOptions::default().set_indexing_options(indexing)
        };
        let stems = || cut(tokenize::STEMS, IndexRecordOption::WithFreqsAndPositions);
        let mut schema = SchemaBuilder::new();
        let fields = Fields {
            key: schema.add_text_field("key", STRING),
            kind: schema.add_text_field("kind", STRING | STORED),
            id: schema.add_u64_field("id", STORED | FAST),
            at: schema.add_i64_field("at", STORED | FAST),
            title: schema.add_text_field("title", stems() | STORED),
            text: schema.add_text_field("text", stems() | STORED),
            tags: schema.add_text_field("tags", stems() | STORED),
            used: schema.add_u64_field("used", STORED),
            superseded: schema.add_bool_field("superseded", STORED),
            sort: schema.add_u64_field(SORT, FAST),
            point: schema.add_u64_field(POINT, FAST),
            words: schema.add_text_field("words", cut(tokenize::WORDS, IndexRecordOption::Basic)),
        };
        (schema.build(), fields)
    }

    pub(crate) fn key(&self, kind: Kind, id: u32) -> Term {
        Term::from_field_text(self.key, &format!("{}:{id}", kind.as_str()))
    }

    pub(crate) fn document(&self, doc: &Doc) -> TantivyDocument {
        let (title, text) = (cut(&doc.title), cut(&doc.text));
        let mut out = TantivyDocument::default();
        out.add_text(self.key, format!("{}:{}", doc.kind.as_str(), doc.id));
        out.add_text(self.kind, doc.kind.as_str());
        out.add_u64(self.id, doc.id.into());
        out.add_i64(self.at, doc.at.millis());
        out.add_text(self.title, title);
        out.add_text(self.text, text);
        out.add_u64(self.used, doc.worth.used.into());
        out.add_bool(self.superseded, doc.worth.superseded);
        out.add_u64(self.sort, doc.kind.sort().into());
        // Always as many, so that those of all documents lie in a row.
        for eight in Table::house().of(title, text).packed() {
            out.add_u64(self.point, eight);
        }
        for tag in &doc.tags {
            out.add_text(self.tags, cut(tag));
            out.add_text(self.words, cut(tag));
        }
        out.add_text(self.words, title);
        out.add_text(self.words, text);
        out
    }

    /// What was kept of a document.
    pub(crate) fn read(&self, doc: &TantivyDocument) -> Option<Doc> {
        let word = |field| doc.get_first(field).and_then(|value| value.as_str());
        let number =
            |field| doc.get_first(field).and_then(|value| value.as_u64()).and_then(|it| u32::try_from(it).ok());
        let kind = Kind::ALL.iter().copied().find(|kind| Some(kind.as_str()) == word(self.kind))?;
        let superseded = doc.get_first(self.superseded).and_then(|value| value.as_bool()).unwrap_or_default();
        Some(Doc {
            kind,
            id: number(self.id)?,
            title: word(self.title)?.to_owned(),
            text: word(self.text)?.to_owned(),
            tags: doc.get_all(self.tags).filter_map(|tag| tag.as_str().map(str::to_owned)).collect(),
            at: At::from_millis(doc.get_first(self.at)?.as_i64()?),
            worth: Worth { used: number(self.used).unwrap_or_default(), superseded },
        })
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX)]
}
