//! sqlite3: its SQL, and the commands with a dot that read, write and run. What it is given is an argument, a here-document or a pipe.

use super::tool::Parsed;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};
use crate::path::Class;
use crate::world::Stands;

/// Commands that only show, or say how it is shown.
const SHOWS: &[&str] = &[
    "tables",
    "schema",
    "mode",
    "headers",
    "header",
    "width",
    "separator",
    "nullvalue",
    "timer",
    "indexes",
    "indices",
    "databases",
    "dump",
    "help",
    "stats",
    "explain",
    "eqp",
    "echo",
    "bail",
    "print",
    "changes",
    "fullschema",
    "show",
    "lint",
    "dbinfo",
    "version",
    "quit",
    "exit",
    "limit",
    "parameter",
    "param",
    "timeout",
    "progress",
    "prompt",
    "dbconfig",
    "sha3sum",
    "once-off",
    "expert",
];

impl Shell<'_> {
    pub(super) fn sqlite(&mut self, name: &str, parsed: &Parsed<'_>, operands: &[Arg], stdin: &Feed) {
        let database = operands.first();
        let mut temporary = true;
        if let Some(file) = database {
            temporary = self.sqlite_file(file, parsed.flags.contains("-readonly"));
        }
        let flagged =
            parsed.values.iter().filter(|(flag, ..)| matches!(&**flag, "-cmd" | "-c" | "-s")).map(|(.., value)| value);
        let said: Vec<Arg> = operands.iter().skip(1).chain(flagged).cloned().collect();
        for text in &said {
            match text.known().map(str::to_owned) {
                Some(text) => self.sql(&text, temporary),
                None => self.opaque(&format!("SQL that is not known: {text}")),
            }
        }
        if let Some((.., file)) = parsed.values.iter().find(|(flag, ..)| flag == "-init") {
            let file = file.clone();
            self.sql_file(&file, temporary);
        }
        if name == "duckdb" {
            let texts: Vec<String> = said.iter().filter_map(Arg::known).map(str::to_owned).collect();
            texts.iter().for_each(|text| self.duckdb(text));
            if let Feed::From(text, _) = stdin {
                let text = text.known().unwrap_or_default();
                self.duckdb(&text);
            }
        }
        if !said.is_empty() {
            return;
        }
        if let Feed::From(text, from) = stdin {
            match text.known().filter(|_| !self.st.odd_descriptors) {
                Some(text) => self.sql(&text, temporary),
                None => self.sql_file(&Arg::lit(from.as_str()), temporary),
            }
        }
    }

    /// DuckDB reads what is named in quotes, writes by `copy` and loads what it fetches.
    fn duckdb(&mut self, text: &str) {
        let plain = text.to_lowercase();
        let mut words = plain.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        if words.any(|word| {
            matches!(
                word,
                "copy" | "install" | "load" | "export" | "import" | "secret" | "set" | "getenv" | "call" | "use"
            )
        }) {
            self.opaque("SQL that writes files or loads programs");
        }
        let quoted: Vec<Arg> = text
            .split('\'')
            .skip(1)
            .step_by(2)
            .filter(|word| word.contains(['/', '.', '~', '*']))
            .map(Arg::lit)
            .collect();
        for file in quoted {
            if file.head().contains("://") { self.reach_arg(&file) } else { self.reads(&file) }
        }
    }

    /// The database: read, and written unless told otherwise. Gives back whether it is one that nobody keeps.
    fn sqlite_file(&mut self, file: &Arg, read_only: bool) -> bool {
        let plain = file.known().map(|name| {
            let name = name.strip_prefix("file:").unwrap_or(name);
            name.split('?').next().unwrap_or(name).to_owned()
        });
        if matches!(plain.as_deref(), Some("" | ":memory:")) {
            return true;
        }
        let file = plain.map_or_else(|| file.clone(), Arg::Lit);
        self.reads(&file);
        let place = self.place(&file);
        let temporary = place.classes.iter().all(|class| matches!(class, Class::Tmp | Class::Artefact));
        if !read_only {
            self.marked(&file);
        }
        temporary
    }

    /// A file of SQL: what this line wrote there, what is on disk, or nothing.
    fn sql_file(&mut self, file: &Arg, temporary: bool) {
        let path = self.path_of(file);
        let written = path.as_ref().and_then(|path| self.st.written(path));
        let text = match (&written, &path) {
            (Some(text), _) => text.known(),
            (None, Some(path)) if self.st.disk_is_true => self.world.read(path, crate::limits::LONGEST),
            _ => None,
        };
        let inside = self.place(file).classes.iter().all(|class| matches!(class, Class::Checkout | Class::Artefact));
        let absent = written.is_none() && path.is_some_and(|path| self.world.stands(&path) == Stands::Nothing);
        match text {
            Some(text) => self.sql(&text, temporary),
            None if absent && inside && self.st.disk_is_true && !file.head().contains(' ') => {}
            None => self.opaque(&format!("sqlite3 is given what is not known: {file}")),
        }
    }

    fn sql(&mut self, text: &str, temporary: bool) {
        if self.depth >= super::DEEPEST {
            self.opaque("files of SQL in files of SQL, too deep");
            return;
        }
        self.depth += 1;
        for line in text.lines().map(str::trim) {
            if let Some(command) = line.strip_prefix('.') {
                self.dot_command(command, temporary);
            }
        }
        let plain = text.to_lowercase();
        let words: Vec<&str> = plain.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
        let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
        if has(&["load_extension", "writefile", "edit", "fts3_tokenizer", "attach", "readfile", "vacuum_into", "fsdir"])
            || has(&["vacuum"]) && has(&["into"])
        {
            self.opaque("SQL that reaches files or loads programs");
        } else if !temporary && (has(&["drop", "truncate"]) || has(&["delete"]) && has(&["from"])) {
            let destroys = ["<sql>", "destroys"].map(str::to_owned).to_vec();
            self.emit(Action::Run(Run {
                name: destroys,
                via: self.via.clone(),
                argv: vec![Arg::lit("sqlite3")],
                ..Run::default()
            }));
        }
        self.depth -= 1;
    }

    fn dot_command(&mut self, command: &str, temporary: bool) {
        let mut words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
        let name = words.next().unwrap_or_default().to_lowercase();
        let files: Vec<Arg> = words.filter(|word| !word.starts_with('-')).map(Arg::lit).collect();
        let runs = command.contains('|');
        match (&*name, files.first()) {
            (name, _) if SHOWS.contains(&name) => {}
            ("read", Some(file)) if !runs => {
                self.reads(file);
                self.sql_file(file, temporary);
            }
            ("import", Some(file)) if !runs => self.reads(file),
            ("output" | "once", None) => {}
            ("output" | "once" | "save" | "backup" | "log", Some(_)) if !runs => {
                let file = files.last().cloned().unwrap_or_else(|| Arg::unknown("a file"));
                self.write_to(&file, &super::text::Text::any(), false);
            }
            ("open", Some(file)) => drop(self.sqlite_file(file, false)),
            _ => self.opaque(&format!("sqlite3 is told .{name}")),
        }
    }
}
