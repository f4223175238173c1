//! A note as a Markdown file with front matter, which people edit and keep in git: written and read back the same, and read
//! kindly where a person wrote it. Files and folders are not touched here; what an edit means for history is not either.

use std::fmt::Write;

use office_core::At;
pub use office_core::NoteKind;
pub use office_core::note::TAGS_MAX;
use office_core::note::{LINKS_MAX, TAG_MAX};
pub use office_core::text::TITLE_MAX;

use crate::schema::TEXT_MAX;

/// A note as it stands in a file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Note {
    /// Its number; none, if a person wrote a new one.
    pub id: Option<u32>,
    /// What it is.
    pub kind: NoteKind,
    /// One line.
    pub title: String,
    /// Markdown.
    pub text: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The task it came from.
    pub task: Option<u32>,
    /// The project it is about; none means the whole office.
    pub project: Option<String>,
    /// Notes it takes the place of.
    pub supersedes: Vec<u32>,
    /// Notes it speaks against.
    pub contradicts: Vec<u32>,
    /// When it was written.
    pub created: Option<At>,
}

/// What is wrong with a note, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    /// It has no title.
    #[error("the note has no title; give it one line that says what it is about")]
    NoTitle,
    /// It says nothing.
    #[error("the note has no text; write what was learned")]
    NoText,
    /// Something in it is longer or more than is kept.
    #[error("the {what} has {found}; at most {most} are kept; {way_out}")]
    TooMuch {
        /// What.
        what: &'static str,
        /// How much there is, with its unit.
        found: String,
        /// How much may be.
        most: usize,
        /// What to do.
        way_out: &'static str,
    },
    /// It has characters that no text has.
    #[error("the {what} has a control character (U+{code:04X}); remove it")]
    Control {
        /// Where.
        what: &'static str,
        /// Which.
        code: u32,
    },
    /// The head of the file cannot be read.
    #[error("line {line}: {why}")]
    Head {
        /// In which line, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        why: String,
    },
}

impl Note {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), NoteError> {
        let too_much = |what, found: String, most, way_out| Err(NoteError::TooMuch { what, found, most, way_out });
        if self.title.trim().is_empty() {
            return Err(NoteError::NoTitle);
        }
        if self.text.trim().is_empty() {
            return Err(NoteError::NoText);
        }
        let title = self.title.chars().count();
        if title > TITLE_MAX {
            return too_much("title", format!("{title} characters"), TITLE_MAX, "put the rest into the text");
        }
        if self.text.len() > TEXT_MAX {
            let found = format!("{} bytes", self.text.len());
            return too_much("text", found, TEXT_MAX, "split it into notes of one subject, or name a file");
        }
        if self.tags.len() > TAGS_MAX {
            return too_much("note", format!("{} tags", self.tags.len()), TAGS_MAX, "keep the few that matter");
        }
        if self.supersedes.len() > LINKS_MAX || self.contradicts.len() > LINKS_MAX {
            let found = format!("{} links", self.supersedes.len().max(self.contradicts.len()));
            return too_much("note", found, LINKS_MAX, "write a note for each subject");
        }
        let words = self.tags.iter().map(|tag| ("tag", tag));
        let words = words.chain(self.author.iter().map(|it| ("author", it)));
        for (what, word) in words.chain(self.project.iter().map(|it| ("project", it))) {
            let found = word.chars().count();
            if found > TAG_MAX {
                return too_much(what, format!("{found} characters"), TAG_MAX, "keep it short");
            }
            line_of_text(what, word)?;
        }
        line_of_text("title", &self.title)?;
        let bad = self.text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        bad.map_or(Ok(()), |c| Err(NoteError::Control { what: "text", code: c.into() }))
    }

    /// The file.
    pub fn to_markdown(&self) -> String {
        let mut out = String::from("---\n");
        let mut line = |key: &str, value: String| {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{key}: {value}");
        };
        if let Some(id) = self.id {
            line("id", id.to_string());
        }
        line("kind", self.kind.as_str().to_owned());
        line("title", quoted(&self.title));
        if !self.tags.is_empty() {
            line("tags", format!("[{}]", self.tags.iter().map(|tag| quoted(tag)).collect::<Vec<_>>().join(", ")));
        }
        for (key, value) in [("author", &self.author), ("project", &self.project)] {
            if let Some(value) = value {
                line(key, quoted(value));
            }
        }
        if let Some(task) = self.task {
            line("task", task.to_string());
        }
        for (key, ids) in [("supersedes", &self.supersedes), ("contradicts", &self.contradicts)] {
            if !ids.is_empty() {
                line(key, format!("[{}]", ids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")));
            }
        }
        if let Some(created) = self.created {
            line("created", created.to_string());
        }
        out.push_str("---\n\n");
        out.push_str(self.text.trim_matches('\n'));
        out.push('\n');
        out
    }

    /// Reads a file. Without front matter its first heading is the title. What it says of itself is checked.
    ///
    /// # Errors
    /// What is wrong, with the line where it is known.
    pub fn from_markdown(file: &str) -> Result<Note, NoteError> {
        let mut note = Note::default();
        let file = file.strip_prefix('\u{feff}').unwrap_or(file).replace("\r\n", "\n");
        let text = match file.strip_prefix("---\n") {
            Some(rest) => {
                let (head, text) = match rest.split_once("\n---\n") {
                    Some(parts) => parts,
                    None => rest.strip_suffix("\n---").map(|head| (head, "")).ok_or_else(|| NoteError::Head {
                        line: 1,
                        why: "the front matter does not end; close it with a line of `---`".to_owned(),
                    })?,
                };
                note.read_head(head)?;
                text
            }
            None => &file,
        };
        let mut text = text.trim_matches('\n');
        if note.title.is_empty()
            && let Some(rest) = text.strip_prefix("# ")
        {
            let (title, rest) = rest.split_once('\n').unwrap_or((rest, ""));
            note.title = title.trim().to_owned();
            text = rest.trim_matches('\n');
        }
        text.clone_into(&mut note.text);
        note.check()?;
        Ok(note)
    }

    fn read_head(&mut self, head: &str) -> Result<(), NoteError> {
        let mut lines = (2..).zip(head.lines()).peekable();
        let mut seen: Vec<String> = Vec::new();
        while let Some((line, said)) = lines.next() {
            let no = |why: String| NoteError::Head { line, why };
            if said.trim().is_empty() || said.starts_with('#') {
                continue;
            }
            let (key, value) = said.split_once(':').ok_or_else(|| no("write `key: value`".to_owned()))?;
            let (key, value) = (key.trim(), value.trim());
            if seen.iter().any(|known| known == key) {
                return Err(no(format!("`{}` is said twice; keep one", short(key))));
            }
            seen.push(key.to_owned());
            let mut many = Vec::new();
            if value.is_empty() {
                while let Some((_, item)) = lines.next_if(|(_, next)| next.trim_start().starts_with("- ")) {
                    many.push(item.trim_start()[2..].trim().to_owned());
                }
            } else {
                many = items(value);
            }
            let word = || unquoted(value).ok_or_else(|| no(format!("`{}` is not quoted as JSON quotes", short(value))));
            let number = |said: &str| {
                let digits = said.trim_start_matches('#');
                digits
                    .parse::<u32>()
                    .map_err(|_| no(format!("`{}` is no number of ours; write one like 12", short(said))))
            };
            let numbers = |many: &[String]| many.iter().map(|said| number(said)).collect::<Result<Vec<_>, _>>();
            match key {
                "id" => self.id = Some(number(value)?),
                "kind" => {
                    let known = NoteKind::ALL.iter().find(|kind| kind.as_str() == value);
                    let words = NoteKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
                    self.kind =
                        *known.ok_or_else(|| no(format!("`{}` is no kind; there are {words}", short(value))))?;
                }
                "title" => self.title = word()?,
                "author" => self.author = Some(word()?),
                "project" => self.project = Some(word()?),
                "task" => self.task = Some(number(value)?),
                "tags" => {
                    let tags = many.iter().map(|tag| unquoted(tag)).collect::<Option<Vec<_>>>();
                    self.tags = tags.ok_or_else(|| no("a tag is not quoted as JSON quotes".to_owned()))?;
                }
                "supersedes" => self.supersedes = numbers(&many)?,
                "contradicts" => self.contradicts = numbers(&many)?,
                "created" => self.created = Some(value.trim_matches('"').parse().map_err(no)?),
                // Other programs keep things of theirs there.
                _ => {}
            }
        }
        Ok(())
    }
}

fn line_of_text(what: &'static str, text: &str) -> Result<(), NoteError> {
    let bad = text.chars().find(|c| c.is_control());
    bad.map_or(Ok(()), |c| Err(NoteError::Control { what, code: c.into() }))
}

/// As JSON quotes, which YAML reads, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn unquoted(text: &str) -> Option<String> {
    if text.starts_with('"') {
        return serde_json::from_str(text).ok();
    }
    let single = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    Some(single.map_or_else(|| text.to_owned(), |inside| inside.replace("''", "'")))
}

/// The items of `[a, "b, c"]`, or of `a, b`.
fn items(value: &str) -> Vec<String> {
    let inside = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(value);
    let mut found = vec![String::new()];
    let (mut quote, mut escaped) = (false, false);
    for c in inside.chars() {
        if c == ',' && !quote {
            found.push(String::new());
            continue;
        }
        quote ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
    }
    found.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
