//! Asks the index: what was typed becomes a query, bad syntax becomes plain words, and each hit shows why it is one.

use office_core::At;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, QueryParser, TermQuery, TermSetQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::snippet::SnippetGenerator;
use tantivy::{Searcher, TantivyDocument, TantivyError, Term};

use crate::index::Index;
use crate::schema::Kind;
use crate::{MemoryError, Result, tokenize};

/// More hits are not given at once.
const MOST: usize = 1000;
/// A snippet is about this long, in characters.
const SNIPPET: usize = 160;

/// Something that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// What it is about.
    pub kind: Kind,
    /// Its number among those of its kind.
    pub id: u32,
    /// Its title.
    pub title: String,
    /// The place in its text that fits best, or its beginning. Plain text.
    pub snippet: String,
    /// When it was written.
    pub at: At,
    /// How well it fits; comparable within one answer only.
    pub score: f32,
}

impl Index {
    /// The best hits among these kinds (all kinds, if none is named), best first. Words are joined by *and*; where
    /// that finds nothing, by *or*. `"phrases"`, `-without`, `title:word` and `OR` work; what does not parse is taken
    /// as words.
    ///
    /// # Errors
    /// [`MemoryError::Io`] or [`MemoryError::Damaged`].
    pub fn search(&self, query: &str, kinds: &[Kind], limit: usize) -> Result<Vec<Hit>> {
        if limit == 0 || query.trim().is_empty() {
            return Ok(Vec::new());
        }
        let searcher = self.reader.searcher();
        let no = |error: TantivyError| MemoryError::of(&self.path, error);
        // If not all of the words are in one place, some are better than nothing; what is ruled out stays out.
        let readings = if self.parser(true).parse_query(query).is_ok() {
            [query.to_owned(), query.to_owned()]
        } else {
            let apart: String = query.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
            [as_words(query), as_words(&apart)]
        };
        for (text, all) in readings.iter().zip([true, false]) {
            let Ok(parsed) = self.parser(all).parse_query(text) else { return Ok(Vec::new()) };
            let asked = self.asked(parsed.as_ref(), query, kinds);
            let top = TopDocs::with_limit(limit.min(MOST)).order_by_score();
            let found = searcher.search(asked.as_ref(), &top).map_err(no)?;
            if found.is_empty() {
                continue;
            }
            let snippets = self.snippets(&searcher, parsed.as_ref()).map_err(no)?;
            let mut hits = Vec::with_capacity(found.len());
            for (score, address) in found {
                let doc: TantivyDocument = searcher.doc(address).map_err(no)?;
                let Some((kind, id, at, title, text)) = self.fields.read(&doc) else { continue };
                let snippet = snippet_of(&snippets, text);
                hits.push(Hit { kind, id, title: title.to_owned(), snippet, at, score });
            }
            return Ok(hits);
        }
        Ok(Vec::new())
    }

    fn parser(&self, all: bool) -> QueryParser {
        let it = &self.fields;
        let fields = vec![it.title, it.tags, it.text, it.stems];
        let mut parser = QueryParser::new(self.index.schema(), fields, tokenize::for_asking());
        for (field, boost) in [(it.title, 3.0), (it.tags, 2.0), (it.stems, 0.4)] {
            parser.set_field_boost(field, boost);
        }
        if all {
            parser.set_conjunction_by_default();
        }
        parser
    }

    /// The parsed query, among these kinds, with what contains a joined word exactly as it was typed before the rest.
    fn asked(&self, parsed: &dyn Query, typed: &str, kinds: &[Kind]) -> Box<dyn Query> {
        let mut clauses = vec![(Occur::Must, parsed.box_clone())];
        for whole in tokenize::wholes(typed) {
            for field in [self.fields.title, self.fields.tags, self.fields.text] {
                let term = TermQuery::new(Term::from_field_text(field, &whole), IndexRecordOption::WithFreqs);
                clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(term), 2.0))));
            }
        }
        if !kinds.is_empty() {
            let terms = kinds.iter().map(|kind| Term::from_field_text(self.fields.kind, kind.as_str()));
            let among = ConstScoreQuery::new(Box::new(TermSetQuery::new(terms)), 0.0);
            clauses.push((Occur::Must, Box::new(among)));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    /// One for the words as they are, one for their stems.
    fn snippets(&self, searcher: &Searcher, parsed: &dyn Query) -> tantivy::Result<[SnippetGenerator; 2]> {
        let of = |field| {
            let mut snippets = SnippetGenerator::create(searcher, parsed, field)?;
            snippets.set_max_num_chars(SNIPPET);
            tantivy::Result::Ok(snippets)
        };
        Ok([of(self.fields.text)?, of(self.fields.stems)?])
    }
}

/// The words of a query that does not parse, each quoted, so that nothing in them is syntax any more.
fn as_words(query: &str) -> String {
    let mut words = String::new();
    for word in query.split_whitespace().filter(|word| !matches!(*word, "AND" | "OR" | "NOT" | "IN" | "TO")) {
        let word: String = word.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
        if word.contains(char::is_alphanumeric) {
            words.push_str(&format!("\"{word}\" "));
        }
    }
    words
}

fn snippet_of(snippets: &[SnippetGenerator; 2], text: &str) -> String {
    let found = snippets.iter().map(|it| it.snippet(text)).find(|snippet| !snippet.is_empty());
    match found {
        Some(snippet) => snippet.fragment().trim().to_owned(),
        None => text.chars().take(SNIPPET).collect::<String>().trim().to_owned(),
    }
}
