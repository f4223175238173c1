//! Code that is given to a framework to be run within it: `rails runner`, `manage.py shell -c`, `artisan tinker --execute`, `mix run -e`. Python is
//! read as anywhere. Of the others every word counts: none may be one that changes, sends, starts, shows secrets or names things by what is put
//! together (specs/inline.toml), and the line must not say that it is meant for the world.

use super::inline::words;
use super::{Feed, Shell};
use crate::action::{Action, Arg, Run};

/// Longer code is a program.
const LONGEST: usize = 2000;

impl Shell<'_> {
    /// Whether these words give such a runner code that only looks.
    pub(super) fn only_asks(&mut self, base: &str, args: &[Arg], stdin: &Feed) -> Option<()> {
        let told: Vec<&str> = args.iter().map(Arg::known).collect::<Option<_>>()?;
        let (language, code) = match (base, &told[..]) {
            ("rails", ["runner" | "r", rest @ ..]) => {
                let rest = match rest {
                    ["-e" | "--environment", "test" | "development", rest @ ..] => rest,
                    rest => rest,
                };
                let [code] = rest else { return None };
                // A file of the checkout is known by its name.
                (
                    "ruby",
                    code.contains([' ', '(', '.']).then(|| (*code).to_owned()).filter(|code| !code.ends_with(".rb"))?,
                )
            }
            ("manage.py" | "django-admin", ["shell" | "shell_plus", rest @ ..]) => match rest {
                ["-c" | "--command", code] => ("python", (*code).to_owned()),
                [one] if one.starts_with("--command=") => ("python", one["--command=".len()..].to_owned()),
                [] => match stdin {
                    Feed::From(text, _) => ("python", text.known()?),
                    Feed::Nothing => return None,
                },
                _ => return None,
            },
            ("artisan", ["tinker", one]) if one.starts_with("--execute=") => {
                ("php", one["--execute=".len()..].to_owned())
            }
            ("mix", ["run", "-e" | "--eval", code] | ["run", "--no-start", "-e" | "--eval", code]) => {
                ("elixir", (*code).to_owned())
            }
            _ => return None,
        };
        if self.is_for_the_world() || self.st.any_written {
            return None;
        }
        if language == "python" {
            // What records are changed by.
            if [".update(", ".create(", ".raw(", ".add(", ".set(", ".clear("].iter().any(|part| code.contains(part)) {
                return None;
            }
            // It asks for something of the project.
            if !code.contains("import ") {
                return None;
            }
            self.code(language, &code);
            return Some(());
        }
        if !only_looks(&code) {
            return None;
        }
        let name = vec!["<task>".to_owned(), "looks".to_owned()];
        let argv = std::iter::once(Arg::lit(base)).chain(args.iter().cloned()).collect();
        self.emit(Action::Run(Run { argv, name, via: self.via.clone(), ..Run::default() }));
        self.st.built();
        Some(())
    }

    /// Whether a variable of this line says that what runs is not for tests or development.
    fn is_for_the_world(&self) -> bool {
        const SAYS: [&str; 9] = [
            "RAILS_ENV",
            "RACK_ENV",
            "DJANGO_SETTINGS_MODULE",
            "DJANGO_ENV",
            "APP_ENV",
            "MIX_ENV",
            "NODE_ENV",
            "ENV",
            "DATABASE_URL",
        ];
        self.settings().iter().any(|(name, value)| {
            let fine = value.as_deref().is_some_and(|value| {
                let value = value.to_lowercase();
                ["test", "dev", "local", "ci"].iter().any(|word| value.contains(word))
                    && !["prod", "live", "staging"].iter().any(|word| value.contains(word))
            });
            SAYS.contains(&name.as_str()) && !fine
        })
    }
}

/// Whether no word of the code does more than look.
pub(super) fn only_looks(code: &str) -> bool {
    let plain = |letter: char| letter.is_ascii() && !matches!(letter, '`' | '\\' | '%' | '\0') || letter == '\n';
    if code.len() > LONGEST || !code.chars().all(plain) {
        return false;
    }
    // What is called by what stands in a variable, or was computed.
    if ["$$", ")(", "](", "}(", ":\"", ":'", "<<", "**"].iter().any(|part| code.contains(part)) {
        return false;
    }
    let called = code.split('$').skip(1).any(|rest| {
        rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_').starts_with('(')
    });
    let Some(code) = without_texts(code).filter(|_| !called) else { return false };
    let mut all = code.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    all.all(|word| word.is_empty() || !words().changes.fit_words(&word.to_lowercase()))
}

/// The code without its texts; none where something could be taken for a text that is none.
fn without_texts(code: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), code);
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = if rest.as_bytes()[at] == b'"' { '"' } else { '\'' };
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let end = after.find(quote)?;
        let (text, then) = (&after[..end], &after[end + 1..]);
        if before.ends_with('?') || text.contains([';', '\n', '#', '$', '{']) || then.starts_with('(') {
            return None;
        }
        out.push_str(before);
        out.push(' ');
        rest = then;
    }
    out.push_str(rest);
    // What opens a pattern or a comment could hold a quote.
    (!out.contains(['/', '#'])).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_records_only_looks() {
        for code in [
            "puts Order.where(status: \"open\").to_sql",
            "puts User.count",
            "puts Project.column_names.inspect",
            "pp Invoice.order(:id).limit(3).map { |it| [it.id, it.total] }",
            "IO.inspect(Ledger.Rules.match(\"x\"))",
            "echo User::count();",
        ] {
            assert!(only_looks(code), "{code}");
        }
    }

    #[test]
    fn what_might_do_more_does_not() {
        for code in [
            "User.delete_all",
            "User.where(a: 1).update_all(b: 2)",
            "Order.find_each(&:destroy)",
            "system('git push')",
            "`git push`",
            "%x(ls)",
            "User.public_send('del' + 'ete')",
            "eval('x')",
            "puts ENV['TOKEN']",
            "puts Rails.application.credentials.aws",
            "UserMailer.welcome(User.first).deliver_now",
            "ImportJob.perform_now",
            "File.write('a', 'b')",
            "ActiveRecord::Base.connection.execute('drop table x')",
            "$f('x');",
            "('sys' . 'tem')('x');",
            "System.cmd('git', ['push'])",
            "Repo.insert(%User{})",
            "require 'net/http'; Net::HTTP.get('x')",
            "\"\\x73ystem\"",
        ] {
            assert!(!only_looks(code), "{code}");
        }
    }
}
