//! Text for people: tables, moments, ages, colour; and texts of agents made harmless before a terminal sees them.
//! What is printed is the nouns' business.

use std::fmt::Write as _;

use office_core::{At, Refusal};

/// Colour, where it is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paint {
    /// Whether to use it.
    pub on: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For headings.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// For what must be seen.
    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// For what is well.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// For what is said by the way.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}

/// One line that is safe to print: control characters, and those that turn the direction of writing, are spelled out.
pub fn line(text: &str) -> String {
    spelled(text, false)
}

/// Several lines that are safe to print.
pub fn block(text: &str) -> String {
    spelled(text, true)
}

fn spelled(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' if lines => out.push(c),
            '\t' if lines => out.push_str("    "),
            '\r' if lines => {}
            c if c.is_control() || is_invisible(c) => {
                // A String takes whatever is written.
                let _ = write!(out, "{}", c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

/// Characters that make a text read other than it is: direction marks, zero-width and tag characters.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c), 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f)
}

/// What a terminal would show of a recording, without its control sequences; a carriage return begins the line anew.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => skip_sequence(&mut chars),
            '\u{9b}' => skip_csi(&mut chars),
            '\r' if chars.peek() != Some(&'\n') => out.truncate(out.rfind('\n').map_or(0, |at| at + 1)),
            '\r' => {}
            '\x08' => {
                if !out.ends_with('\n') {
                    out.pop();
                }
            }
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    block(&out)
}

fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => skip_csi(chars),
        // Strings (titles, clipboards, images) run until BEL or ESC \.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\x07' || c == '\u{9c}' {
                    return;
                }
                if c == '\x1b' && chars.peek() == Some(&'\\') {
                    chars.next();
                    return;
                }
            }
        }
        Some(' '..='/') => drop(chars.next()),
        _ => {}
    }
}

fn skip_csi(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    for c in chars.by_ref() {
        if ('@'..='~').contains(&c) {
            return;
        }
    }
}

/// Columns a text takes in a terminal, nearly: wide scripts count twice, joining marks not at all.
pub fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x300..=0x36f | 0xfe00..=0xfe0f => 0,
            0x1100..=0x115f
            | 0x2e80..=0xa4cf
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f
            | 0xff00..=0xff60 => 2,
            0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}

/// Cuts a text to `max` columns, saying so with an ellipsis.
pub fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if width(&out) + width(c.encode_utf8(&mut [0; 4])) + 1 > max {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Rows in aligned columns. Cells are made harmless here.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    /// A table whose rows begin `indent` columns in.
    pub fn new(indent: usize) -> Self {
        Self { rows: Vec::new(), indent }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.iter().map(|cell| line(cell)).collect());
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text; lines are cut to `columns` where that is known.
    pub fn text(&self, columns: Option<usize>) -> String {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count)
            .map(|n| self.rows.iter().filter_map(|row| row.get(n)).map(|c| width(c)).max().unwrap_or(0))
            .collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut text = " ".repeat(self.indent);
            for (cell, width_here) in row.iter().zip(&widths) {
                if *width_here > 0 {
                    text.push_str(cell);
                    text.push_str(&" ".repeat(width_here - width(cell) + 2));
                }
            }
            let text = text.trim_end();
            out.push_str(&columns.map_or_else(|| text.to_owned(), |columns| cut(text, columns.max(40))));
            out.push('\n');
        }
        out
    }
}

/// A moment in the reader's own time: only the hour when it is near `now`, else with its day.
pub fn moment(at: At, now: Option<At>) -> String {
    let Ok(stamp) = jiff::Timestamp::from_millisecond(at.millis()) else { return at.to_string() };
    let local = stamp.to_zoned(jiff::tz::TimeZone::system());
    let near = now.is_some_and(|now| (now.millis() - at.millis()).abs() < 12 * 3600 * 1000);
    local.strftime(if near { "%H:%M" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

/// How long ago, in one unit.
pub fn age(since: At, now: At) -> String {
    match now.seconds_since(since) {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3600 => format!("{} min", s / 60),
        s @ 3600..172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

/// A refusal for people: what is wrong, and below it the way out.
pub fn refusal(refusal: &Refusal, paint: Paint) -> String {
    let mut text = format!("{} {}\n", paint.red("refused:"), line(&refusal.message));
    for detail in block(&refusal.detail).lines() {
        text.push_str("  ");
        text.push_str(detail);
        text.push('\n');
    }
    text
}

/// Lines of another text, set in by `indent` columns.
pub fn set_in(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for one in block(text).lines() {
        out.push_str(&" ".repeat(if one.is_empty() { 0 } else { indent }));
        out.push_str(one);
        out.push('\n');
    }
    out
}
