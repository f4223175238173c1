//! Weighs what was found, document by document: each concept counts once, by its best variant, its fields, how rare it is
//! and how near the others are. Finding the documents is in `search`.

use std::collections::HashMap;

use tantivy::tokenizer::TextAnalyzer;

use crate::concept::Concept;
use crate::schema::Doc;
use crate::tokenize;

/// So much of a text is read for weighing, in bytes; finding looks at all of it.
const READ: usize = 6 * 1024;
/// So many places of a text are looked at for its snippet.
const HITS_MAX: usize = 512;
/// So many tags of a document are read for weighing.
const TAGS_READ: usize = 64;
const K1: f32 = 1.1;
const B: f32 = 0.55;
const TITLE: f32 = 2.2;
const TAGS: f32 = 1.5;
/// What two concepts add that stand together in the query and in the text.
const TOGETHER: f32 = 0.35;
/// So many words apart is still together.
const NEAR: usize = 4;
/// What is left of a document that has none of the weight asked for beyond its own matches.
const PARTIAL: f32 = 0.6;
/// What a document that means the same adds, in the weight of all that is asked for.
const MEANING: f32 = 1.8;
/// A query of which no word is there weighs this much, so that what means the same is found in order.
const LEAST: f32 = 1.0;
/// A document of today over one that is old: this much more at most.
const FRESH: f32 = 0.08;
const DAY: f32 = 86_400_000.0;
/// A snippet is about this long, in bytes.
const SNIPPET: usize = 160;

/// Weighs documents for one query.
pub(crate) struct Rank<'a> {
    concepts: &'a [Concept],
    by_term: HashMap<&'a str, Vec<(usize, f32)>>,
    most: f32,
    average_title: f32,
    average_text: f32,
    cut: TextAnalyzer,
}

/// What was seen of one concept in one document.
#[derive(Clone, Default)]
struct Seen {
    /// For each variant weight: how often, by field.
    by_weight: Vec<(f32, f32)>,
    places: Vec<usize>,
}

/// How a document did.
pub(crate) struct Weighed {
    pub(crate) score: f32,
    pub(crate) snippet: String,
    /// It has a joined name of the query as one.
    pub(crate) named: bool,
}

impl<'a> Rank<'a> {
    pub(crate) fn new(concepts: &'a [Concept], average_title: f32, average_text: f32) -> Self {
        let mut by_term: HashMap<&str, Vec<(usize, f32)>> = HashMap::new();
        for (index, concept) in concepts.iter().enumerate() {
            for variant in &concept.variants {
                by_term.entry(&variant.term).or_default().push((index, variant.weight * variant.idf));
            }
        }
        let most = concepts.iter().map(Concept::most).sum::<f32>().max(f32::MIN_POSITIVE);
        Self { concepts, by_term, most, average_title, average_text, cut: tokenize::stems(true) }
    }

    /// Weighs one document that means nearly the same by `share`; `newest` is the moment of the newest one.
    pub(crate) fn weigh(&mut self, doc: &Doc, share: f32, newest: i64) -> Weighed {
        let mut seen = vec![Seen::default(); self.concepts.len()];
        let mut hits = Vec::new();
        self.look(&doc.title, TITLE, self.average_title, 0, &mut seen, None);
        for tag in doc.tags.iter().take(TAGS_READ) {
            self.look(tag, TAGS, 2.0, usize::MAX / 2, &mut seen, None);
        }
        let text = &doc.text[..doc.text.floor_char_boundary(READ)];
        self.look(text, 1.0, self.average_text, 10_000, &mut seen, Some(&mut hits));
        let mut score = 0.0;
        let mut has = 0.0;
        for (concept, seen) in self.concepts.iter().zip(&seen) {
            let of = |(worth, often): &(f32, f32)| worth * often * (K1 + 1.0) / (often + K1);
            let best = seen.by_weight.iter().map(of).fold(0.0, f32::max);
            score += concept.weight * best;
            has += concept.weight * seen.by_weight.iter().map(|it| it.0).fold(0.0, f32::max);
        }
        score += self.together(&seen);
        score *= PARTIAL + (1.0 - PARTIAL) * (has / self.most).min(1.0);
        score += MEANING * self.most.max(LEAST) * share.max(0.0);
        let age = (newest - doc.at.millis()).max(0) as f32 / DAY;
        score *= 1.0 + FRESH * 0.5_f32.powf(age / 90.0);
        score *= 1.0 + (0.04 * (doc.worth.used as f32).ln_1p()).min(0.2);
        if doc.worth.superseded {
            score *= 0.5;
        }
        let named = self.concepts.iter().zip(&seen).any(|(concept, seen)| concept.name && !seen.by_weight.is_empty());
        Weighed { score, snippet: snippet(text, hits), named }
    }

    fn look(
        &mut self,
        text: &str,
        boost: f32,
        average: f32,
        base: usize,
        seen: &mut [Seen],
        mut hits: Option<&mut Vec<(usize, usize, f32)>>,
    ) {
        let mut length = 0;
        let mut found: Vec<(usize, f32, usize)> = Vec::new();
        let mut stream = self.cut.token_stream(text);
        while stream.advance() {
            let token = stream.token();
            length = token.position + 1;
            for &(concept, worth) in self.by_term.get(token.text.as_str()).into_iter().flatten() {
                found.push((concept, worth, base.saturating_add(token.position)));
                if let Some(hits) = hits.as_mut().filter(|hits| hits.len() < HITS_MAX) {
                    hits.push((token.offset_from, concept, worth * self.concepts[concept].weight));
                }
            }
        }
        let often = boost / (1.0 - B + B * length as f32 / average);
        for (concept, worth, place) in found {
            let seen = &mut seen[concept];
            match seen.by_weight.iter_mut().find(|it| it.0 == worth) {
                Some(known) => known.1 += often,
                None => seen.by_weight.push((worth, often)),
            }
            if seen.places.len() < 32 {
                seen.places.push(place);
            }
        }
    }

    fn together(&self, seen: &[Seen]) -> f32 {
        let mut more = 0.0;
        for index in 1..self.concepts.len() {
            let (a, b) = (&self.concepts[index - 1], &self.concepts[index]);
            if b.place.abs_diff(a.place) > 2 {
                continue;
            }
            let apart =
                seen[index - 1].places.iter().flat_map(|a| seen[index].places.iter().map(move |b| a.abs_diff(*b)));
            let Some(apart) = apart.filter(|it| (1..=NEAR).contains(it)).min() else { continue };
            let least = a.most().min(b.most());
            more += TOGETHER * least / apart as f32;
        }
        more
    }
}

/// The place in a text with the most of what was asked for.
fn snippet(text: &str, mut hits: Vec<(usize, usize, f32)>) -> String {
    hits.sort_unstable_by_key(|(at, concept, _)| (*at, *concept));
    let mut best = (0.0, 0);
    for (index, (from, ..)) in hits.iter().enumerate() {
        let mut counted: Vec<usize> = Vec::new();
        let mut worth = 0.0;
        for (_, concept, weight) in hits[index..].iter().take_while(|(at, ..)| at - from < SNIPPET - 20) {
            if !counted.contains(concept) {
                counted.push(*concept);
                worth += weight;
            }
        }
        if worth > best.0 {
            best = (worth, *from);
        }
    }
    let (_, from) = best;
    // Some words before it, and not in the middle of one.
    let mut start = if text.len() <= SNIPPET { 0 } else { text.floor_char_boundary(from.saturating_sub(30)) };
    if start > 0 {
        start += text[start..].find(char::is_whitespace).map_or(0, |space| space + 1).min(from - start);
    }
    let end = text.floor_char_boundary((start + SNIPPET).min(text.len()));
    text[start..end].trim().to_owned()
}
