//! What is kept of each thing, and in which fields. A change here or in `tokenize` raises [`VERSION`], and every index of
//! an older version is built again.

use office_core::At;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions, Value,
};
use tantivy::{TantivyDocument, Term};

use crate::tokenize;

/// The form of the index, kept with every commit.
pub(crate) const VERSION: u32 = 1;

/// So much of a text is indexed, in bytes; what is longer is cut.
pub const TEXT_MAX: usize = 64 * 1024;

/// What a document is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A task.
    Task,
    /// An event.
    Event,
}

impl Kind {
    /// All of them.
    pub const ALL: &'static [Kind] = &[Kind::Task, Kind::Event];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Task => "task",
            Kind::Event => "event",
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
    /// Title and text again, each word cut to its English stem: `merging` finds `merged`.
    pub(crate) stems: Field,
}

impl Fields {
    pub(crate) fn make() -> (Schema, Fields) {
        let words = |tokenizer: &str| {
            let positions = IndexRecordOption::WithFreqsAndPositions;
            TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(positions)
        };
        let code = || TextOptions::default().set_indexing_options(words(tokenize::CODE));
        let mut schema = SchemaBuilder::new();
        let fields = Fields {
            key: schema.add_text_field("key", STRING),
            kind: schema.add_text_field("kind", STRING | STORED),
            id: schema.add_u64_field("id", STORED | FAST),
            at: schema.add_i64_field("at", STORED | FAST),
            title: schema.add_text_field("title", code() | STORED),
            text: schema.add_text_field("text", code() | STORED),
            tags: schema.add_text_field("tags", code()),
            stems: schema.add_text_field("stems", TextOptions::default().set_indexing_options(words(tokenize::STEMS))),
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
        for tag in &doc.tags {
            out.add_text(self.tags, cut(tag));
        }
        out.add_text(self.stems, title);
        out.add_text(self.stems, text);
        out
    }

    /// What was kept of a document: its kind, number, moment, title and text.
    pub(crate) fn read<'a>(&self, doc: &'a TantivyDocument) -> Option<(Kind, u32, At, &'a str, &'a str)> {
        let word = |field| doc.get_first(field).and_then(|value| value.as_str());
        let kind = Kind::ALL.iter().copied().find(|kind| Some(kind.as_str()) == word(self.kind))?;
        let id = u32::try_from(doc.get_first(self.id)?.as_u64()?).ok()?;
        let at = At::from_millis(doc.get_first(self.at)?.as_i64()?);
        Some((kind, id, at, word(self.title)?, word(self.text)?))
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX)]
}
