//! What a text is about, as a point: near texts mean much the same, though they share no word. Each stem of the table
//! (`meaning.bin`) is a vector, learned from documentation by `learn/learn.py`; a text is the sum of its stems, and common
//! words are short vectors. Which documents are near a query is in `nearest`.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::tokenize;

/// How many numbers a point has; eight of them are kept in one number of the index.
pub(crate) const LENGTH: usize = 64;
/// So many different stems of a text are summed up: a note says what it is about at its beginning.
const STEMS_MAX: usize = 160;
/// So much of a text is read for them, in bytes.
const READ: usize = 4 * 1024;
/// What the words of a title count over those of the text.
const TITLE: f32 = 1.5;

/// A direction, each part from -127 to 127; nothing but zeros where no word is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Point(pub(crate) [i8; LENGTH]);

impl Point {
    /// How near another is, to compare with such numbers.
    pub(crate) fn dot(&self, other: &[i8]) -> i32 {
        self.0.iter().zip(other).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
    }

    /// The same as a share: 1 is the same direction, 0 nothing in common.
    pub(crate) fn share(&self, other: &[i8]) -> f32 {
        self.dot(other) as f32 / (SCALE * SCALE)
    }

    /// What [`Point::dot`] is at such a share.
    pub(crate) fn dot_of(share: f32) -> i32 {
        (share * SCALE * SCALE) as i32
    }

    /// As eight numbers, for keeping.
    pub(crate) fn packed(&self) -> impl Iterator<Item = u64> {
        self.0
            .chunks_exact(8)
            .map(|eight| eight.iter().rev().fold(0, |all, part| (all << 8) | u64::from(part.cast_unsigned())))
    }
}

/// A point is this long, so that its parts, which rarely pass a half of it, fit.
const SCALE: f32 = 254.0;

/// The vectors of all stems that the table knows.
pub(crate) struct Table {
    place: HashMap<&'static str, usize>,
    /// How long a unit of each vector is.
    scales: Vec<f32>,
    vectors: &'static [u8],
}

impl Table {
    /// The table of the house, read once.
    pub(crate) fn house() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Table::read(include_bytes!("meaning.bin")))
    }

    /// Stems with a space between them up to a line end, then a scale and a vector for each.
    fn read(bytes: &'static [u8]) -> Table {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (stems, rest) = bytes.split_at(end);
        let stems = std::str::from_utf8(stems).unwrap_or_default();
        let place: HashMap<&str, usize> = stems.split(' ').enumerate().map(|(place, stem)| (stem, place)).collect();
        let (scales, vectors) = rest.get(1..).unwrap_or_default().split_at(place.len() * 4);
        let scales =
            scales.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
        Table { place, scales, vectors }
    }

    /// What a query is about: its words, and each with what it counts.
    pub(crate) fn of_words<'a>(&self, stems: impl IntoIterator<Item = (&'a str, f32)>) -> Point {
        let mut sum = [0.0; LENGTH];
        for (stem, weight) in stems {
            self.add(stem, weight, &mut sum);
        }
        point(&sum)
    }

    fn add(&self, stem: &str, weight: f32, sum: &mut [f32; LENGTH]) {
        let Some(&place) = self.place.get(stem) else { return };
        let scale = self.scales[place] * weight;
        let vector = &self.vectors[place * LENGTH..(place + 1) * LENGTH];
        for (sum, part) in sum.iter_mut().zip(vector) {
            *sum += scale * f32::from(part.cast_signed());
        }
    }

    /// What a document is about.
    pub(crate) fn of(&self, title: &str, text: &str) -> Point {
        let mut cut = tokenize::stems(false);
        let mut sum = [0.0; LENGTH];
        let mut seen = HashSet::new();
        for (part, weight) in [(title, TITLE), (text, 1.0)] {
            let mut stream = cut.token_stream(&part[..part.floor_char_boundary(READ)]);
            while seen.len() < STEMS_MAX && stream.advance() {
                let stem = &stream.token().text;
                if !seen.contains(stem.as_str()) {
                    self.add(stem, weight, &mut sum);
                    seen.insert(stem.clone());
                }
            }
        }
        point(&sum)
    }
}

fn point(sum: &[f32; LENGTH]) -> Point {
    let long = sum.iter().map(|part| part * part).sum::<f32>().sqrt();
    if long == 0.0 {
        return Point([0; LENGTH]);
    }
    Point(sum.map(|part| (part / long * SCALE).round().clamp(-127.0, 127.0) as i8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Point {
        Table::house().of("", text)
    }

    #[test]
    fn a_point_is_kept_as_it_is() {
        let point = of("the disk is full");
        let kept: Vec<i8> = point.packed().flat_map(u64::to_le_bytes).map(u8::cast_signed).collect();
        assert_eq!(kept, point.0);
        assert!((point.share(&kept) - 1.0).abs() < 0.05, "{}", point.share(&kept));
    }

    #[test]
    fn what_means_the_same_is_nearer_than_what_does_not() {
        for (asked, same, other) in [
            ("cannot write any more to the volume", "no space left on disk", "the customer pays by card"),
            ("picture is turned on its side", "image rotated by EXIF", "connection pool of Postgres"),
            ("users are logged out", "the session token expired", "fonts shift the layout"),
        ] {
            let (asked, same, other) = (of(asked), of(same), of(other));
            assert!(
                asked.share(&same.0) > asked.share(&other.0) + 0.1,
                "{} {}",
                asked.share(&same.0),
                asked.share(&other.0)
            );
        }
    }

    #[test]
    fn what_has_no_known_word_is_near_nothing() {
        for text in ["", "🎉🎉", "\0", "zzqxv qqwzk", &"9".repeat(1_000_000)] {
            let point = of(text);
            assert_eq!(point.dot(&of("a test").0), 0, "{}", &text[..text.floor_char_boundary(20)]);
        }
    }
}
