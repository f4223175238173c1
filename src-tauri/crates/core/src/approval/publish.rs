//! Reads what an agent wants published: one folder by npm, which the office then packs and publishes itself, or something by
//! a tool that takes the desk's files for programs and settings, which only its owner does. Doing it is the runtime's.

use super::deed::{alone, parts};

/// A package to be published, as it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublishWish {
    /// Where the command was sent first.
    pub folder: Option<String>,
    /// The folder of the package, from there.
    pub package: Option<String>,
    /// The name that leads to it from then on.
    pub tag: Option<String>,
    /// Who may see it.
    pub access: Option<String>,
    /// Where to; the owner's own settings say it where nothing is named.
    pub registry: Option<String>,
}

/// Options that change nothing of what arrives.
const HARMLESS: &[&str] = &[
    "--ignore-scripts",
    "--json",
    "--no-provenance",
    "--provenance=false",
    "--quiet",
    "--silent",
    "--verbose",
    "--foreground-scripts",
    "--no-git-checks",
    "-s",
    "-q",
    "-y",
    "--yes",
];

/// What is told to whoever wants more than the office does.
const ONE: &str = "the office publishes the package of one folder: `npm publish [./FOLDER] [--tag TAG] [--access public|restricted] \
                   [--registry URL]`";

impl PublishWish {
    /// Reads what was asked: `npm publish` and nothing else. None where it is none, or only tries; an error, in words, where it
    /// is one that the office does not make.
    pub fn read(argv: &[String]) -> Option<Result<Self, String>> {
        let (folder, words) = alone(argv)?;
        let read = Self::words(&words)?;
        Some(match (read, folder.as_deref()) {
            (Ok(wish), None) => Ok(wish),
            (Ok(wish), Some([folder])) => Ok(Self { folder: Some(folder.clone()), ..wish }),
            (Ok(_), Some(_)) => Err(ONE.to_owned()),
            (Err(why), _) => Err(why),
        })
    }

    /// One among other things in a line; for words of advice, never to decide by.
    pub fn is_among(argv: &[String]) -> bool {
        parts(argv).iter().any(|words| Self::words(words).is_some())
    }

    fn words(argv: &[String]) -> Option<Result<Self, String>> {
        let (npm, rest) = argv.split_first()?;
        if npm != "npm" || !rest.iter().any(|word| word == "publish") {
            return None;
        }
        // Where something stands before it, that may be the name of a script or the value of an option.
        let Some(("publish", rest)) = rest.split_first().map(|(first, rest)| (first.as_str(), rest)) else {
            let other = rest.first().is_some_and(|first| !first.starts_with('-'));
            return if other { None } else { Some(Err(format!("{ONE}; options stand behind it"))) };
        };
        if rest.iter().any(|word| word == "--dry-run" || word == "--dry-run=true") {
            return None;
        }
        Some(Self::default().operands(rest))
    }

    fn operands(mut self, words: &[String]) -> Result<Self, String> {
        let not = |what: &str| Err(format!("{ONE}; not with {what}"));
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let (name, given) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let slot = match name {
                "--tag" => &mut self.tag,
                "--access" => &mut self.access,
                "--registry" => &mut self.registry,
                _ if HARMLESS.contains(&word) => continue,
                _ if word.starts_with('-') => return not(word),
                // Anything else may be the name of a package somewhere.
                _ if self.package.is_none() && (word.starts_with('.') || word.starts_with('/')) => {
                    self.package = Some(word.to_owned());
                    continue;
                }
                _ => return not(word),
            };
            let Some(value) = given.or_else(|| words.next()).filter(|value| !value.is_empty()) else {
                return not(&format!("{word} without a value"));
            };
            if slot.replace(value.to_owned()).is_some() {
                return not(&format!("{name} twice"));
            }
        }
        if let Some(access) = self.access.as_deref().filter(|it| !matches!(*it, "public" | "restricted")) {
            return not(&format!("--access {access}"));
        }
        if let Some(tag) = self.tag.as_deref().filter(|it| !is_tag(it)) {
            return not(&format!("--tag {tag}"));
        }
        Ok(self)
    }
}

/// Whether it is a plain name that nobody takes for a version.
pub(super) fn is_tag(tag: &str) -> bool {
    let plain = tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let begins = tag.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    plain
        && begins
        && tag != "v"
        && !tag
            .strip_prefix(['v', 'x', 'X'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
}

/// Something that only its owner can do: what does it runs, or takes for settings, what lies in the desk's files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnersWish {
    /// The command.
    pub command: String,
}

/// Programs and subcommands that publish and read the folder they are in as more than data.
const OWNERS: &[&[&str]] = &[
    &["cargo", "publish"],
    &["twine", "upload"],
    &["python", "-m", "twine", "upload"],
    &["python3", "-m", "twine", "upload"],
    &["uv", "publish"],
    &["poetry", "publish"],
    &["pdm", "publish"],
    &["hatch", "publish"],
    &["flit", "publish"],
    &["gem", "push"],
    &["pnpm", "publish"],
    &["yarn", "publish"],
    &["yarn", "npm", "publish"],
    &["bun", "publish"],
];

impl OwnersWish {
    /// Reads what was asked: one such command and nothing else.
    pub fn read(argv: &[String]) -> Option<Self> {
        let (folder, words) = alone(argv)?;
        let tries = words.iter().any(|word| word == "--dry-run" || word == "-n" || word == "--help");
        let is = |known: &&[&str]| known.len() <= words.len() && known.iter().zip(&words).all(|(a, b)| *a == b);
        if tries || !OWNERS.iter().any(is) {
            return None;
        }
        let command = super::shown(&words);
        Some(Self {
            command: match folder {
                Some(folder) => format!("cd {} && {command}", super::shown(&folder)),
                None => command,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::words_of_line;

    fn read(line: &str) -> Option<Result<PublishWish, String>> {
        PublishWish::read(&words_of_line(line))
    }

    #[test]
    fn the_package_of_one_folder_is_read() {
        assert_eq!(read("npm publish"), Some(Ok(PublishWish::default())));
        let all = read(
            "cd 'a b' && npm publish ./packages/x --tag next --access=public --registry https://r.example/ --json 2>&1",
        );
        let text = |it: &str| Some(it.to_owned());
        let wanted = PublishWish {
            folder: text("a b"),
            package: text("./packages/x"),
            tag: text("next"),
            access: text("public"),
            registry: text("https://r.example/"),
        };
        assert_eq!(all, Some(Ok(wanted)));
    }

    #[test]
    fn what_may_be_another_package_or_another_way_is_not_made() {
        for line in [
            "npm publish left-pad",
            "npm publish ./a ./b",
            "npm publish -w x",
            "npm publish --workspaces",
            "npm publish --otp=123456",
            "npm publish --userconfig=x",
            "npm publish --tag",
            "npm publish --tag 1.2.3",
            "npm publish --tag v1",
            "npm publish --tag a --tag b",
            "npm publish --access=open",
            "npm publish --//r.example/:_authToken=x",
            "npm --prefix x publish",
            "npm publish --script-shell=x",
        ] {
            assert!(matches!(read(line), Some(Err(_))), "{line}: {:?}", read(line));
        }
    }

    #[test]
    fn what_publishes_nothing_is_not_read() {
        for line in
            ["npm publish --dry-run", "npm run publish", "npm ci", "npm publish; ls", "cd $X && npm publish", "ls"]
        {
            assert_eq!(read(line), None, "{line}");
        }
        assert!(PublishWish::is_among(&words_of_line("npm run build && npm publish")));
        assert!(!PublishWish::is_among(&words_of_line("npm run build && npm test")));
    }

    #[test]
    fn what_reads_the_folder_as_programs_is_its_owners() {
        let read = |line: &str| OwnersWish::read(&words_of_line(line)).map(|it| it.command);
        assert_eq!(read("cargo publish -p x"), Some("cargo publish -p x".to_owned()));
        assert_eq!(read("cd sub && uv publish 2>&1"), Some("cd sub && uv publish".to_owned()));
        for line in ["cargo publish --dry-run", "cargo build", "cargo build && cargo publish", "npm publish"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
