//! Asks the index: what was typed becomes concepts, the documents that have most of them are weighed, and each hit shows
//! why it is one. Operators are read where they parse; bad syntax becomes plain words.

use office_core::At;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, QueryParser, TermQuery, TermSetQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, TantivyDocument, TantivyError, Term};

use crate::concept::{self, Concept, WORDS_MAX};
use crate::dictionary::Dictionary;
use crate::index::Index;
use crate::meaning::{Point, Table};
use crate::rank::Rank;
use crate::related::Related;
use crate::schema::{Doc, Kind};
use crate::tokenize::Stem;
use crate::{MemoryError, Result, alike, tokenize};

/// More hits are not given at once.
const MOST: usize = 1000;
/// More of a query is not read, in bytes.
const QUERY_MAX: usize = 4096;
/// Operators are what a person types; a long query is words, and reading it as operators could take long.
const OPERATORS_MAX: usize = 512;
/// So many of those found first are weighed closely.
const WEIGHED: usize = 100;
/// So many of those that mean nearest to the same are weighed, too.
const NEAREST: usize = 60;
/// Of so many words that carry something a query is a sentence.
const SENTENCE: usize = 3;
/// What has no word of a query in common with it is at least so near, or not a hit.
const NEAR: f32 = 0.3;
/// What a word in the title counts over one in the text, when documents are found.
const TITLE: f32 = 1.6;
/// The same for tags.
const TAGS: f32 = 1.2;

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
    /// The best hits among these kinds (all kinds, if none is named), best first. A query is a sentence, or a few words:
    /// the more of it a document has, the better, in these words or others that mean the same, mistyped or only begun.
    /// `"phrases"`, `-without`, `+with`, `title:word` and `OR` work; what does not parse is taken as words. Notes that
    /// say almost the same as a better hit are left out.
    ///
    /// # Errors
    /// [`MemoryError::Io`] or [`MemoryError::Damaged`].
    pub fn search(&self, query: &str, kinds: &[Kind], limit: usize) -> Result<Vec<Hit>> {
        let query = &query[..query.floor_char_boundary(QUERY_MAX)];
        if limit == 0 || query.trim().is_empty() {
            return Ok(Vec::new());
        }
        self.find(query, kinds, limit.min(MOST)).map_err(|error: TantivyError| MemoryError::of(&self.path, error))
    }

    fn find(&self, query: &str, kinds: &[Kind], limit: usize) -> tantivy::Result<Vec<Hit>> {
        let searcher = self.reader.searcher();
        let dictionary = Dictionary::new(&searcher, &self.fields);
        let concepts = concept::concepts(query, &dictionary)?;
        let operators = if query.len() <= OPERATORS_MAX && has_operators(query) {
            self.parser().parse_query(query).ok()
        } else {
            None
        };
        let exact = operators.is_some();
        let point = if exact { None } else { about(query, &concepts) };
        let asked = match operators {
            Some(parsed) => parsed,
            None if concepts.is_empty() && point.is_none() => return Ok(Vec::new()),
            None => self.any_of(&concepts),
        };
        let asked = self.among(asked, kinds);
        let top = TopDocs::with_limit(limit.max(WEIGHED)).order_by_score();
        let mut found: Vec<DocAddress> = searcher.search(asked.as_ref(), &top)?.into_iter().map(|it| it.1).collect();
        if let Some(point) = &point {
            found.extend(self.nearest.to(&searcher, point, kinds, (NEAREST, NEAR))?);
            found.sort_unstable();
            found.dedup();
        }
        let mut docs = Vec::new();
        for address in found {
            let doc: TantivyDocument = searcher.doc(address)?;
            let share = match &point {
                Some(point) => self.nearest.share(&searcher, point, address)?,
                None => 0.0,
            };
            docs.extend(self.fields.read(&doc).map(|doc| (doc, share)));
        }
        let average = |field| dictionary.average(field);
        let mut rank = Rank::new(&concepts, average(self.fields.title)?, average(self.fields.text)?);
        let newest = docs.iter().map(|(doc, _)| doc.at.millis()).max().unwrap_or_default();
        let mut weighed: Vec<(Doc, _)> = docs
            .into_iter()
            .map(|(doc, share)| {
                let how = rank.weigh(&doc, share, newest);
                (doc, how)
            })
            .collect();
        // Who asks for one name, and there is something of that name, wants nothing that only has its parts.
        let one_name = concepts.iter().map(|it| it.name).next() == Some(true) && query.split_whitespace().count() == 1;
        if !exact && one_name && weighed.iter().any(|(_, how)| how.named) {
            weighed.retain(|(_, how)| how.named);
        }
        weighed.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then_with(|| b.0.at.cmp(&a.0.at)));
        let mut hits = Vec::new();
        let mut shown = alike::Shown::default();
        for (doc, how) in weighed {
            if doc.kind == Kind::Note && shown.is_again(&doc) {
                continue;
            }
            let Doc { kind, id, title, at, .. } = doc;
            hits.push(Hit { kind, id, title, snippet: how.snippet, at, score: how.score });
            if hits.len() == limit {
                break;
            }
        }
        Ok(hits)
    }

    /// Documents with any variant of any concept. Nothing but terms, so that what cannot win is skipped unread.
    fn any_of(&self, concepts: &[Concept]) -> Box<dyn Query> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for concept in concepts {
            for variant in &concept.variants {
                for (field, boost) in [(self.fields.title, TITLE), (self.fields.text, 1.0), (self.fields.tags, TAGS)] {
                    let term = Term::from_field_text(field, &variant.term);
                    let term = TermQuery::new(term, IndexRecordOption::WithFreqs);
                    let weight = boost * variant.weight * concept.weight;
                    clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(term), weight))));
                }
            }
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn among(&self, asked: Box<dyn Query>, kinds: &[Kind]) -> Box<dyn Query> {
        if kinds.is_empty() {
            return asked;
        }
        let terms = kinds.iter().map(|kind| Term::from_field_text(self.fields.kind, kind.as_str()));
        let among = ConstScoreQuery::new(Box::new(TermSetQuery::new(terms)), 0.0);
        Box::new(BooleanQuery::new(vec![(Occur::Must, asked), (Occur::Must, Box::new(among))]))
    }

    fn parser(&self) -> QueryParser {
        let it = &self.fields;
        let mut parser =
            QueryParser::new(self.index.schema(), vec![it.title, it.tags, it.text], tokenize::for_asking());
        parser.set_field_boost(it.title, 3.0);
        parser.set_field_boost(it.tags, 2.0);
        parser.set_conjunction_by_default();
        parser
    }
}

/// What a sentence is about: its words, and what they may have been meant to be. Who types a word or two means those.
fn about(query: &str, concepts: &[Concept]) -> Option<Point> {
    let pieces = tokenize::pieces(query);
    let said = || pieces.iter().flat_map(|piece| &piece.words).take(WORDS_MAX);
    if said().filter(|word| !Related::table().is_idle(word)).count() < SENTENCE {
        return None;
    }
    let mut stem = Stem::new();
    let mut words: Vec<(String, f32)> = Vec::new();
    let meant = concepts.iter().filter_map(|it| it.variants.first()).map(|it| (it.term.clone(), it.weight));
    for (word, weight) in said().map(|word| (stem.of(word), 1.0)).chain(meant) {
        if !words.iter().any(|(known, _)| *known == word) {
            words.push((word, weight));
        }
    }
    Some(Table::house().of_words(words.iter().map(|(word, weight)| (word.as_str(), *weight))))
}

/// Whether somebody seems to mean more than words: a sentence with a colon or a dash in it does not.
fn has_operators(query: &str) -> bool {
    let quoted = query.matches('"').count() >= 2;
    quoted
        || query.split_whitespace().any(|word| {
            let sign =
                word.strip_prefix(['-', '+']).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
            let field = ["title:", "text:", "tags:", "kind:"].iter().any(|field| word.starts_with(field));
            sign || field || matches!(word, "OR" | "AND" | "NOT")
        })
}
