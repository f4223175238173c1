//! Notes as a folder of Markdown files that people edit and keep in git: written from the notes of an office, and read back as what
//! changes there. The form of one file is in `memory`; nothing is asked of an office here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use office_core::note::NoteWords;
use office_core::{Actor, Code, DeskId, Note, NoteId, ProjectId, Refusal};
use office_memory::note::Note as File;

/// A larger file is none of ours.
const FILE_MAX: u64 = 1024 * 1024;
/// More files are not read.
const FILES_MAX: usize = 100_000;

/// What people call desks and projects.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Desks.
    pub desks: BTreeMap<DeskId, String>,
    /// Projects.
    pub projects: BTreeMap<ProjectId, String>,
}

/// What writing the folder came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Files that are new or other than they were.
    pub written: u32,
    /// Files that said the same already.
    pub same: u32,
    /// Files of notes that no longer hold, or are called otherwise now.
    pub removed: u32,
}

/// What a file asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Wish {
    /// A new note.
    Add(NoteWords),
    /// A note is written anew.
    Edit(NoteId, NoteWords),
    /// It says what the office knows.
    Same(NoteId),
}

/// Writes a file for each of these notes, which hold, and removes those of notes that no longer do. Nothing else in the folder is
/// touched.
///
/// # Errors
/// A refusal that names the file.
pub fn export(dir: &Path, notes: &[Note], names: &Names) -> Result<Written, Refusal> {
    std::fs::create_dir_all(dir).map_err(|error| trouble(dir, &error))?;
    let mut written = Written::default();
    let mut ours: BTreeMap<PathBuf, String> = BTreeMap::new();
    for note in notes {
        let slug = office_core::text::slug(&note.words.title);
        let slug = if slug == "task" { String::new() } else { format!("-{slug}") };
        ours.insert(dir.join(format!("{:04}{slug}.md", note.id.0)), file_of(note, names).to_markdown());
    }
    for (path, text) in &ours {
        if std::fs::read_to_string(path).is_ok_and(|there| there == *text) {
            written.same += 1;
            continue;
        }
        std::fs::write(path, text).map_err(|error| trouble(path, &error))?;
        written.written += 1;
    }
    for path in files(dir)? {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let number = name.split(['-', '.']).next().and_then(|it| it.parse::<u32>().ok());
        // Ours by its name and by what it says of itself; a file of a person's own is left alone.
        let is_ours = number.is_some() && read(&path).is_ok_and(|it| it.id == number && it.created.is_some());
        if is_ours && !ours.contains_key(&path) {
            std::fs::remove_file(&path).map_err(|error| trouble(&path, &error))?;
            written.removed += 1;
        }
    }
    Ok(written)
}

/// What each file of the folder asks for, in the order of their names. Nothing is asked for while one of them cannot be read.
///
/// # Errors
/// A refusal that names the file and the line.
pub fn import(dir: &Path, notes: &[Note], names: &Names) -> Result<Vec<(PathBuf, Wish)>, Refusal> {
    let mut wishes = Vec::new();
    for path in files(dir)? {
        let file = read(&path)?;
        let project = match &file.project {
            None => None,
            Some(name) => {
                let found = names.projects.iter().find(|(_, it)| *it == name).map(|(id, _)| *id);
                let none = || {
                    let message = format!("{}: there is no project '{name}'", path.display());
                    Refusal::new(Code::NotFound, message, "add it, or take the line out: the note is then the office's")
                };
                Some(found.ok_or_else(none)?)
            }
        };
        let links = |ids: &[u32]| ids.iter().copied().map(NoteId).collect::<Vec<_>>();
        let words = NoteWords {
            kind: file.kind,
            title: file.title.trim().to_owned(),
            text: file.text.trim_matches('\n').to_owned(),
            tags: file.tags.clone(),
            project,
            supersedes: links(&file.supersedes),
            contradicts: links(&file.contradicts),
        };
        // Of another office where it was written at another moment.
        let known = file.id.and_then(|id| notes.iter().find(|it| it.id == NoteId(id)));
        let known = known.filter(|it| file.created.is_none_or(|created| created == it.created));
        let said =
            |it: &&Note| it.words.title == words.title && it.words.text == words.text && it.words.kind == words.kind;
        let wish = match known.or_else(|| notes.iter().filter(|it| it.holds()).find(said)) {
            Some(it) if it.words == words || known.is_none() => Wish::Same(it.id),
            Some(it) => Wish::Edit(it.id, words),
            None => {
                // Its links mean notes of another office.
                Wish::Add(NoteWords { supersedes: Vec::new(), contradicts: Vec::new(), ..words })
            }
        };
        wishes.push((path, wish));
    }
    Ok(wishes)
}

fn file_of(note: &Note, names: &Names) -> File {
    let author = match note.author {
        Actor::Owner => "owner".to_owned(),
        Actor::Office => "office".to_owned(),
        Actor::Agent { desk, .. } => names.desks.get(&desk).cloned().unwrap_or_else(|| format!("desk {desk}")),
    };
    let ids = |notes: &[NoteId]| notes.iter().map(|id| id.0).collect();
    File {
        id: Some(note.id.0),
        kind: note.words.kind,
        title: note.words.title.clone(),
        text: note.words.text.clone(),
        tags: note.words.tags.clone(),
        author: Some(author),
        task: note.task.map(|task| task.0),
        project: note.words.project.and_then(|id| names.projects.get(&id)).cloned(),
        supersedes: ids(&note.words.supersedes),
        contradicts: ids(&note.words.contradicts),
        created: Some(note.created),
    }
}

/// The Markdown files of the folder itself, in the order of their names.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|error| trouble(dir, &error))? {
        let path = entry.map_err(|error| trouble(dir, &error))?.path();
        let is_text = path.extension().is_some_and(|it| it == "md");
        let is_front = path.file_name().is_some_and(|it| it.eq_ignore_ascii_case("readme.md"));
        if is_text && !is_front && path.is_file() {
            found.push(path);
        }
    }
    if found.len() > FILES_MAX {
        let message = format!("{} has {} files; at most {FILES_MAX} are read", dir.display(), found.len());
        return Err(Refusal::new(Code::Limit, message, "name the folder of the notes alone"));
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<File, Refusal> {
    let size = std::fs::metadata(path).map_err(|error| trouble(path, &error))?.len();
    if size > FILE_MAX {
        let message = format!("{} has {size} bytes; a note's file has at most {FILE_MAX}", path.display());
        return Err(Refusal::new(Code::Limit, message, "split it, or keep it elsewhere"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| trouble(path, &error))?;
    File::from_markdown(&text).map_err(|error| {
        Refusal::invalid(format!("{}: {error}", path.display()), "nothing was changed; mend it and import again")
    })
}

fn trouble(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(
        Code::Unavailable,
        format!("{}: {error}", path.display()),
        "name a folder that can be read and written",
    )
}

#[cfg(test)]
mod tests {
    use office_core::{At, NoteKind};

    use super::*;

    fn note(id: u32, title: &str, text: &str) -> Note {
        serde_json::from_value(serde_json::json!({ "id": id, "kind": "gotcha", "title": title, "text": text, "tags": ["tests"],
            "author": { "kind": "agent", "desk": 3, "run": 9 }, "task": 7, "project": 1, "supersedes": [], "contradicts": [],
            "created": At::from_millis(1_800_000_000_000 + i64::from(id)), "changed": At::from_millis(1_800_000_009_000) }))
        .unwrap()
    }

    fn names() -> Names {
        Names {
            desks: BTreeMap::from([(DeskId(3), "ada".to_owned())]),
            projects: BTreeMap::from([(ProjectId(1), "shop".to_owned())]),
        }
    }

    #[test]
    fn a_folder_that_was_written_asks_for_nothing_and_one_edit_for_one_change() {
        let dir = tempfile::tempdir().unwrap();
        let notes = [note(1, "Where tests write", "use tmp_path\n\nnever /tmp"), note(12, "日本", "x")];
        assert_eq!(export(dir.path(), &notes, &names()).unwrap(), Written { written: 2, same: 0, removed: 0 });
        assert_eq!(export(dir.path(), &notes, &names()).unwrap(), Written { written: 0, same: 2, removed: 0 });
        let wishes = |notes: &[Note]| -> Vec<Wish> {
            import(dir.path(), notes, &names()).unwrap().into_iter().map(|(_, wish)| wish).collect()
        };
        assert_eq!(wishes(&notes), [Wish::Same(NoteId(1)), Wish::Same(NoteId(12))]);
        let file = dir.path().join("0001-where-tests-write.md");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("author: \"ada\"") && text.contains("project: \"shop\""), "{text}");
        std::fs::write(&file, text.replace("never /tmp", "and never /tmp")).unwrap();
        let to = NoteWords { text: "use tmp_path\n\nand never /tmp".to_owned(), ..notes[0].words.clone() };
        assert_eq!(wishes(&notes), [Wish::Edit(NoteId(1), to), Wish::Same(NoteId(12))]);
        // In another office, which knows neither, both are new; its own note 1 is not touched.
        let other = Note { created: At::from_millis(5), ..note(1, "Another", "thing") };
        let both = wishes(std::slice::from_ref(&other));
        assert!(both.iter().all(|wish| matches!(wish, Wish::Add(_))), "{both:?}");
    }

    #[test]
    fn what_no_longer_holds_goes_and_what_is_not_ours_stays() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("0002-mine.md");
        std::fs::write(&own, "# Mine\n\nwritten by hand\n").unwrap();
        std::fs::write(dir.path().join("README.md"), "# Notes\n").unwrap();
        export(dir.path(), &[note(1, "Old", "x"), note(2, "b", "y")], &names()).unwrap();
        let written = export(dir.path(), &[note(2, "New title", "y")], &names()).unwrap();
        assert_eq!(written, Written { written: 1, same: 0, removed: 2 });
        assert!(own.exists() && dir.path().join("0002-new-title.md").exists());
        let wishes = import(dir.path(), &[note(2, "New title", "y")], &names()).unwrap();
        let Wish::Add(words) = &wishes[0].1 else { panic!("{wishes:?}") };
        assert_eq!((words.title.as_str(), words.kind, wishes.len()), ("Mine", NoteKind::Fact, 2));
    }

    #[test]
    fn a_file_that_cannot_be_read_says_which_line_and_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        export(dir.path(), &[note(1, "a", "x")], &names()).unwrap();
        std::fs::write(dir.path().join("bad.md"), "---\nkind: advice\n---\nx\n").unwrap();
        let refusal = import(dir.path(), &[], &names()).unwrap_err();
        assert!(refusal.message.contains("bad.md: line 2: `advice` is no kind"), "{refusal:?}");
        std::fs::write(dir.path().join("bad.md"), "---\nproject: gone\n---\n# t\n\nx\n").unwrap();
        let refusal = import(dir.path(), &[], &names()).unwrap_err();
        assert!(refusal.message.contains("no project 'gone'"), "{refusal:?}");
    }
}
