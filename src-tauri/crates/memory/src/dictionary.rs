//! Looks words up among all that the index holds: how many documents have one, and what somebody may have meant who
//! mistyped it or typed only its beginning. Weighing what is found is in `concept`.

use std::collections::HashMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::schema::Fields;

/// Of so many terms with the same beginning the most used are looked for.
const BEGINNINGS_MAX: usize = 5_000;
/// Looking inside all words is for small dictionaries.
const INSIDE_MAX: usize = 300_000;

/// The words of one state of the index.
pub(crate) struct Dictionary<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
}

impl<'a> Dictionary<'a> {
    pub(crate) fn new(searcher: &'a Searcher, fields: &'a Fields) -> Self {
        Self { searcher, fields }
    }

    /// In how many documents a stem is, in its most frequent field.
    pub(crate) fn documents(&self, stem: &str) -> tantivy::Result<u64> {
        let mut most = 0;
        for field in [self.fields.text, self.fields.title, self.fields.tags] {
            most = most.max(self.searcher.doc_freq(&Term::from_field_text(field, stem))?);
        }
        Ok(most)
    }

    pub(crate) fn has(&self, word: &str) -> tantivy::Result<bool> {
        Ok(self.searcher.doc_freq(&Term::from_field_text(self.fields.words, word))? > 0)
    }

    /// Words at this distance at most, the most used first.
    pub(crate) fn near(&self, word: &str, distance: u8, most: usize) -> tantivy::Result<Vec<String>> {
        let query = FuzzyTermQuery::new(Term::from_field_text(self.fields.words, word), distance, true);
        let mut found = Found::default();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.words)?;
            let mut stream = index.terms().search(query.automaton()?).into_stream()?;
            while stream.advance() {
                found.add(stream.key(), stream.value().doc_freq);
            }
        }
        Ok(found.best(most))
    }

    /// Words with this beginning, the most used first.
    pub(crate) fn beginning(&self, word: &str, most: usize) -> tantivy::Result<Vec<String>> {
        let mut found = Found::default();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.words)?;
            let mut stream = index.terms().range().ge(word).into_stream()?;
            let mut seen = 0;
            while stream.advance() && stream.key().starts_with(word.as_bytes()) && seen < BEGINNINGS_MAX {
                seen += 1;
                found.add(stream.key(), stream.value().doc_freq);
            }
        }
        Ok(found.best(most))
    }

    /// Words that have it inside, the most used first; none in a large dictionary, where it would take too long.
    pub(crate) fn inside(&self, word: &str, most: usize) -> tantivy::Result<Vec<String>> {
        let mut found = Found::default();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.words)?;
            if index.terms().num_terms() > INSIDE_MAX {
                continue;
            }
            let finder = memchr::memmem::Finder::new(word.as_bytes());
            let mut stream = index.terms().stream()?;
            while stream.advance() {
                if finder.find(stream.key()).is_some() {
                    found.add(stream.key(), stream.value().doc_freq);
                }
            }
        }
        Ok(found.best(most))
    }

    /// How many documents there are.
    pub(crate) fn all(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// How long a field is on average, in tokens.
    pub(crate) fn average(&self, field: Field) -> tantivy::Result<f32> {
        let mut tokens = 0;
        for segment in self.searcher.segment_readers() {
            tokens += segment.inverted_index(field)?.total_num_tokens();
        }
        Ok((tokens as f32 / self.all().max(1) as f32).max(1.0))
    }
}

#[derive(Default)]
struct Found(HashMap<Vec<u8>, u32>);

impl Found {
    fn add(&mut self, word: &[u8], documents: u32) {
        *self.0.entry(word.to_vec()).or_default() += documents;
    }

    fn best(self, most: usize) -> Vec<String> {
        let mut all: Vec<(Vec<u8>, u32)> = self.0.into_iter().collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.truncate(most);
        all.into_iter().filter_map(|(word, _)| String::from_utf8(word).ok()).collect()
    }
}
