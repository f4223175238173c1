//! What a query asks for: each of its words is a concept, with everything that would do in its place and how well.
//! Which documents have them, and how much that counts, is in `rank`.

use crate::dictionary::Dictionary;
use crate::related::Related;
use crate::tokenize::{self, Piece, Stem};

/// A query longer than this says nothing more.
pub(crate) const WORDS_MAX: usize = 48;
/// Other words that one concept may bring in.
const VARIANTS_MAX: usize = 24;

/// How well what is not the word itself does in its place.
mod worth {
    pub(super) const NAME: f32 = 1.6;
    pub(super) const INNER_NAME: f32 = 1.1;
    pub(super) const PART_OF_NAME: f32 = 0.45;
    pub(super) const ONE_LETTER_OFF: f32 = 0.85;
    pub(super) const TWO_LETTERS_OFF: f32 = 0.6;
    pub(super) const BEGUN: f32 = 0.75;
    pub(super) const LONGER: f32 = 0.3;
    pub(super) const INSIDE: f32 = 0.5;
    pub(super) const JOINED: f32 = 0.9;
    pub(super) const HALF: f32 = 0.6;
}

/// A term of the index that would do, and how well.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) term: String,
    pub(crate) weight: f32,
    /// How rare it is.
    pub(crate) idf: f32,
}

/// One thing that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Concept {
    /// The best first.
    pub(crate) variants: Vec<Variant>,
    /// What it counts among the others.
    pub(crate) weight: f32,
    /// Its place in the query; words side by side there should be so in the text.
    pub(crate) place: usize,
    /// A joined name: what has it as one is what was meant.
    pub(crate) name: bool,
}

impl Concept {
    /// What it adds at most.
    pub(crate) fn most(&self) -> f32 {
        self.weight * self.variants.iter().map(|it| it.weight * it.idf).fold(0.0, f32::max)
    }
}

/// Reads a query.
pub(crate) fn concepts(query: &str, dictionary: &Dictionary<'_>) -> tantivy::Result<Vec<Concept>> {
    let mut reading = Reading { dictionary, stem: Stem::new(), related: Related::table(), found: Vec::new() };
    let pieces = tokenize::pieces(query);
    let idle = |piece: &Piece| piece.joined.is_empty() && reading.related.is_idle(&piece.words[0]);
    let all_idle = pieces.iter().all(idle);
    let mut kept: Vec<(usize, &Piece)> = Vec::new();
    for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| all_idle || !idle(piece)) {
        // Said twice, it is still one thing.
        if kept.len() < WORDS_MAX && !kept.iter().any(|(_, known)| *known == piece) {
            kept.push((place, piece));
        }
    }
    for (index, (place, piece)) in kept.iter().enumerate() {
        if piece.joined.is_empty() {
            let beside = |other: usize| {
                let (at, other) = kept.get(other)?;
                (at.abs_diff(*place) == 1 && other.joined.is_empty()).then(|| other.words[0].as_str())
            };
            let before = index.checked_sub(1).and_then(beside);
            reading.word(&piece.words[0], *place, before, beside(index + 1))?;
        } else {
            reading.name(piece, *place)?;
        }
    }
    Ok(reading.found)
}

struct Reading<'a> {
    dictionary: &'a Dictionary<'a>,
    stem: Stem,
    related: &'static Related,
    found: Vec<Concept>,
}

impl Reading<'_> {
    fn word(&mut self, word: &str, place: usize, before: Option<&str>, after: Option<&str>) -> tantivy::Result<()> {
        let mut terms = vec![(self.stem.of(word), 1.0)];
        let there = self.dictionary.documents(&terms[0].0)? > 0;
        for joined in
            [before.map(|it| format!("{it}{word}")), after.map(|it| format!("{word}{it}"))].into_iter().flatten()
        {
            let joined = self.stem.of(&joined);
            if self.dictionary.documents(&joined)? > 0 {
                terms.push((joined, worth::JOINED));
            }
        }
        if !there && terms.len() == 1 && !self.related.knows(&terms[0].0) {
            self.mend(word, &mut terms)?;
        } else if word.len() >= 4 {
            let beginnings = if there { worth::LONGER } else { worth::BEGUN };
            for longer in self.dictionary.beginning(word, 6)? {
                let term = self.stem.of(&longer);
                terms.push((term, beginnings));
            }
        }
        let near: Vec<(String, f32)> = terms
            .iter()
            .filter(|(_, weight)| *weight >= worth::TWO_LETTERS_OFF)
            .flat_map(|(term, weight)| {
                self.related.of(term).iter().map(move |(other, how)| (other.clone(), how * weight))
            })
            .collect();
        terms.extend(near);
        self.add(terms, place, 1.0, false)?;
        if !there && self.found.last().is_none_or(|it| it.place != place) {
            self.halves(word, place)?;
        }
        Ok(())
    }

    /// What may have been meant by a word that nothing has.
    fn mend(&mut self, word: &str, terms: &mut Vec<(String, f32)>) -> tantivy::Result<()> {
        let letters = word.chars().count();
        let mut near = Vec::new();
        if letters >= 4 {
            near = self.dictionary.near(word, 1, 4)?.into_iter().map(|it| (it, worth::ONE_LETTER_OFF)).collect();
            if near.is_empty() && letters >= 6 {
                let first = word.chars().next();
                let two = self.dictionary.near(word, 2, 8)?.into_iter().filter(|it| it.chars().next() == first);
                near = two.take(4).map(|it| (it, worth::TWO_LETTERS_OFF)).collect();
            }
        }
        if letters >= 2 {
            near.extend(self.dictionary.beginning(word, 8)?.into_iter().map(|it| (it, worth::BEGUN)));
        }
        if near.is_empty() && letters >= 4 {
            near.extend(self.dictionary.inside(word, 6)?.into_iter().map(|it| (it, worth::INSIDE)));
        }
        terms.extend(near.into_iter().map(|(word, weight)| (self.stem.of(&word), weight)));
        Ok(())
    }

    /// `filesystem` where all say `file system`.
    fn halves(&mut self, word: &str, place: usize) -> tantivy::Result<()> {
        for (cut, _) in word.char_indices().skip(3) {
            let (left, right) = word.split_at(cut);
            if right.len() >= 3 && self.dictionary.has(left)? && self.dictionary.has(right)? {
                for half in [left, right] {
                    let term = self.stem.of(half);
                    self.add(vec![(term, 1.0)], place, worth::HALF, false)?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    fn name(&mut self, piece: &Piece, place: usize) -> tantivy::Result<()> {
        let mut terms = Vec::new();
        for (index, form) in piece.joined.iter().enumerate() {
            let weight = if index < 2 { worth::NAME } else { worth::INNER_NAME };
            let term = self.stem.of(form);
            if self.dictionary.documents(&term)? > 0 {
                terms.push((term, weight));
            }
        }
        if terms.is_empty() {
            for form in piece.joined.iter().take(2) {
                let mut near: Vec<String> = self.dictionary.beginning(form, 6)?;
                if form.chars().count() >= 5 {
                    near.extend(self.dictionary.near(form, 1, 4)?);
                }
                if near.is_empty() && form.chars().count() >= 8 {
                    near.extend(self.dictionary.near(form, 2, 4)?);
                }
                terms.extend(near.into_iter().map(|it| (self.stem.of(&it), worth::NAME * worth::BEGUN)));
            }
        }
        let whole = !terms.is_empty();
        self.add(terms, place, 1.0, true)?;
        for (index, word) in piece.words.iter().enumerate() {
            if piece.words.len() > 2 && (self.related.is_idle(word) || word.len() < 2) {
                continue;
            }
            let from = self.found.len();
            self.word(word, place + index, None, None)?;
            for part in &mut self.found[from..] {
                part.weight *= if whole { worth::PART_OF_NAME } else { 0.8 };
            }
        }
        Ok(())
    }

    /// Keeps a concept of those terms that are there; the first is what was asked for.
    fn add(&mut self, terms: Vec<(String, f32)>, place: usize, weight: f32, name: bool) -> tantivy::Result<()> {
        let all = self.dictionary.all() as f32;
        let mut variants: Vec<Variant> = Vec::new();
        let mut cap = f32::MAX;
        for (index, (term, weight)) in terms.into_iter().enumerate() {
            let documents = self.dictionary.documents(&term)? as f32;
            if documents == 0.0 {
                continue;
            }
            let idf = (1.0 + (all - documents + 0.5).max(0.0) / (documents + 0.5)).ln();
            if index == 0 {
                cap = idf;
            }
            match variants.iter_mut().find(|it| it.term == term) {
                Some(known) => known.weight = known.weight.max(weight),
                // What stands in for a word is never worth more than the word.
                None => variants.push(Variant { term, weight, idf: idf.min(cap) }),
            }
        }
        variants.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        variants.truncate(VARIANTS_MAX);
        if !variants.is_empty() {
            self.found.push(Concept { variants, weight, place, name });
        }
        Ok(())
    }
}
