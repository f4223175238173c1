//! `psql`, `createdb`, `mysql`, `redis-cli` and their like, where the line itself says that a database of this machine is meant, and its
//! name says that it is for tests or for development. What statements would run or read beside it is not for here, and asked about.

use super::frameworks::{Meant, is_for_tests};
use super::simple::Call;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};
use crate::host::{HostClass, class_of};

/// Options with a value and without one, by family; `h`, `d`, `c` and `f` say where, which one, what and from which file.
struct Family {
    names: &'static [&'static str],
    host: &'static [&'static str],
    base: &'static [&'static str],
    code: &'static [&'static str],
    file: &'static [&'static str],
    takes: &'static [&'static str],
    flags: &'static [&'static str],
    hosts: &'static [&'static str],
    bases: &'static [&'static str],
}

const FAMILIES: [Family; 3] = [
    Family {
        names: &["psql", "createdb", "dropdb", "pg_dump", "pg_restore"],
        host: &["-h", "--host"],
        base: &["-d", "--dbname", "--maintenance-db"],
        code: &["-c", "--command"],
        file: &["-f", "--file"],
        takes: &[
            "-U",
            "--username",
            "-p",
            "--port",
            "-v",
            "--set",
            "--variable",
            "-E",
            "-T",
            "-O",
            "-P",
            "--encoding",
            "--template",
            "--owner",
            "-n",
            "-t",
        ],
        flags: &[
            "-q",
            "-t",
            "-A",
            "-X",
            "-w",
            "-1",
            "-a",
            "-e",
            "-At",
            "-tA",
            "-qAt",
            "-tAc",
            "-l",
            "--if-exists",
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "-s",
            "--schema-only",
            "--no-owner",
            "-x",
            "--clean",
        ],
        hosts: &["PGHOST"],
        bases: &["PGDATABASE"],
    },
    Family {
        names: &["mysql", "mariadb", "mysqladmin"],
        host: &["-h", "--host"],
        base: &["-D", "--database"],
        code: &["-e", "--execute"],
        file: &[],
        takes: &["-u", "--user", "-P", "--port", "--protocol", "--default-character-set"],
        flags: &["-N", "-B", "-s", "-f", "--force", "--silent", "--batch", "--skip-column-names", "--wait", "-v"],
        hosts: &["MYSQL_HOST"],
        bases: &[],
    },
    Family {
        names: &["mongosh", "mongo"],
        host: &["--host"],
        base: &[],
        code: &["--eval"],
        file: &[],
        takes: &["--port"],
        flags: &["--quiet", "--norc"],
        hosts: &[],
        bases: &[],
    },
];

/// Whether it is one command of `psql` itself that describes what is there: `\d orders`, `\dt+ public.*`, `\l`. In the words behind
/// it psql runs what stands between backticks, so they are names and patterns and nothing else.
fn only_describes(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let command = words.next().and_then(|word| word.strip_prefix('\\')).unwrap_or_default();
    let letters = command.trim_end_matches(['+', 'S']);
    let describes =
        letters.starts_with('d') && letters.len() <= 5 && letters.chars().all(|it| it.is_ascii_alphabetic());
    let looks = describes || matches!(letters, "l" | "z" | "sf" | "sv" | "conninfo" | "list");
    let named = |word: &str| word.chars().all(|it| it.is_ascii_alphanumeric() || "_.*+?$".contains(it));
    looks && words.all(named)
}

/// What makes a statement more than one for that database.
const MORE: [&str; 17] = [
    "\\",
    "program",
    "pg_read",
    "pg_ls",
    "pg_write",
    "lo_import",
    "lo_export",
    "dblink",
    "copy ",
    "system",
    "source ",
    "outfile",
    "infile",
    "load_file",
    "dumpfile",
    "extension",
    "require(",
];

/// Commands of redis-cli that only look.
const LOOKS: &str = "ping info get mget exists keys scan dbsize ttl pttl type strlen llen lrange lindex scard smembers sismember hget hgetall hkeys hlen zcard zrange \
    zscore xlen xrange time lastsave memory object echo";

impl Shell<'_> {
    /// Judges a client of a database; none where it is none, or where it is not certain that nothing but one for tests is meant.
    pub(super) fn test_database(&mut self, name: &str, call: &Call, stdin: &Feed) -> Option<()> {
        let args = &call.argv[1..];
        if name == "redis-cli" {
            return self.redis(call, args);
        }
        let family = FAMILIES.iter().find(|family| family.names.contains(&name))?;
        let (mut hosts, mut bases, mut code) = (Vec::new(), Vec::new(), Vec::new());
        let mut operands: Vec<&str> = Vec::new();
        let mut files = Vec::new();
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            at += 1;
            let word = arg.known()?;
            let (flag, attached) = match word.split_once('=') {
                Some((flag, value)) if word.starts_with("--") => (flag, Some(value)),
                _ => (word, None),
            };
            if family.flags.contains(&flag) && !(flag == "-t" && matches!(name, "pg_dump" | "pg_restore")) {
                if flag.len() > 2 && flag.ends_with('c') && !flag.starts_with("--") {
                    code.push(args.get(at)?.known()?);
                    at += 1;
                }
                continue;
            }
            if !word.starts_with('-') {
                operands.push(word);
                continue;
            }
            // A password on the command line says nothing.
            if name.starts_with(['m']) && word.len() > 2 && word.starts_with("-p") {
                continue;
            }
            let glued =
                |list: &[&str]| list.iter().any(|one| one.len() == 2 && word.len() > 2 && word.starts_with(one));
            let all = [family.host, family.base, family.code, family.file, family.takes];
            let (list, value) = match all.iter().find(|list| list.contains(&flag)) {
                Some(list) => (
                    *list,
                    match attached {
                        Some(value) => value,
                        None => {
                            at += 1;
                            args.get(at - 1)?.known()?
                        }
                    },
                ),
                None => (*all.iter().find(|list| glued(list))?, &word[2..]),
            };
            match () {
                () if std::ptr::eq(list, family.host) => hosts.push(value),
                () if std::ptr::eq(list, family.base) => bases.push(value),
                () if std::ptr::eq(list, family.code) => code.push(value),
                () if std::ptr::eq(list, family.file) => files.push(value),
                () => {}
            }
        }
        let admin = name == "mysqladmin";
        let (first, rest) = operands.split_first().map_or((None, &[][..]), |(first, rest)| (Some(*first), rest));
        if admin {
            match (first?, rest) {
                ("ping" | "status" | "version" | "processlist", []) => {}
                ("create" | "drop", [base]) => bases.push(base),
                _ => return None,
            }
        } else if name == "pg_restore" || name == "mongosh" && rest.len() > 1 {
            operands.iter().for_each(|file| files.push(file));
        } else {
            bases.extend(first);
            // `psql app_test me`: whose name it is.
            if rest.len() > usize::from(name == "psql") {
                return None;
            }
        }
        let given: Vec<(String, Option<String>)> = self.settings();
        let of = |names: &[&str]| {
            given
                .iter()
                .filter(|(name, _)| names.contains(&&**name))
                .map(|(_, value)| value.clone())
                .collect::<Option<Vec<_>>>()
        };
        let (given_hosts, given_bases) = (of(family.hosts)?, of(family.bases)?);
        if hosts.is_empty() {
            hosts.extend(given_hosts.iter().map(String::as_str));
        }
        if bases.is_empty() {
            bases.extend(given_bases.iter().map(String::as_str));
        }
        let mut here = !hosts.is_empty();
        for host in &hosts {
            here &=
                class_of(host, &[]) == HostClass::Loopback || host.starts_with("/var/run/") || host.starts_with("/tmp");
        }
        let mut tests = !bases.is_empty();
        for base in &bases {
            if base.contains("://") {
                here = true;
                tests &= self.meant_by_address(base) == Meant::Tests;
            } else if base.contains('=') {
                return None;
            } else {
                tests &= is_for_tests(base);
            }
        }
        let from = match stdin {
            Feed::From(text, from)
                if code.is_empty() && files.is_empty() && matches!(name, "psql" | "mysql" | "mariadb") =>
            {
                match text.known() {
                    Some(text) => Some(text),
                    // What a file of the checkout says is the checkout's.
                    None if from.ends_with(".sql") && !self.st.any_written => None,
                    None => return None,
                }
            }
            _ => None,
        };
        let statements: Vec<String> = code.iter().map(|text| (*text).to_owned()).chain(from).collect();
        let more = |text: &String| MORE.iter().any(|more| text.to_lowercase().contains(more)) && !only_describes(text);
        if statements.iter().any(more) {
            return None;
        }
        // Of the server as a whole: what makes or takes away a database by a name for tests.
        let server = bases.is_empty() || bases.iter().all(|base| matches!(*base, "postgres" | "mysql" | "template1"));
        let made = server && !statements.is_empty() && statements.iter().all(|text| is_of_tests(text));
        let looks = admin && bases.is_empty() || name == "psql" && args.iter().any(|arg| arg.known() == Some("-l"));
        if !here || !(tests || made || looks) {
            return None;
        }
        for file in files {
            let place = self.place(&Arg::lit(file));
            if !self.is_the_checkouts(&place) {
                return None;
            }
            self.reads(&Arg::lit(file));
        }
        self.of_tests(call);
        Some(())
    }

    fn redis(&mut self, call: &Call, args: &[Arg]) -> Option<()> {
        let mut words = Vec::new();
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let word = arg.known()?;
            at += 1;
            match word {
                "-h" | "-p" | "-n" | "-a" | "--user" | "--pass" => {
                    let value = args.get(at)?.known()?;
                    at += 1;
                    if word == "-h" && class_of(value, &[]) != HostClass::Loopback {
                        return None;
                    }
                }
                "--raw" | "--no-raw" | "--no-auth-warning" | "--csv" | "--json" => {}
                "--scan" | "--stat" | "--bigkeys" if words.is_empty() => words.push("scan".to_owned()),
                word if word.starts_with('-') => return None,
                word => words.push(word.to_lowercase()),
            }
        }
        if !LOOKS.split_whitespace().any(|look| words.first().is_some_and(|word| word == look)) {
            return None;
        }
        self.of_tests(call);
        Some(())
    }

    fn of_tests(&mut self, call: &Call) {
        let name = vec!["<database>".to_owned(), "tests".to_owned()];
        self.emit(Action::Run(Run { argv: call.argv.clone(), name, via: self.via.clone(), ..Run::default() }));
    }
}

/// `create database app_test`, `drop database if exists app_test`, `select 1`.
fn is_of_tests(text: &str) -> bool {
    text.split(';').map(str::trim).filter(|one| !one.is_empty()).all(|one| {
        let lower = one.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let name = |word: &str| is_for_tests(word.trim_matches(['"', '`', '\'']));
        match words[..] {
            ["select" | "show", ..] => !lower.contains(" into "),
            ["create", "database", "if", "not", "exists", base, ..]
            | ["drop", "database", "if", "exists", base]
            | ["create" | "drop", "database", base, ..] => name(base),
            _ => false,
        }
    })
}
