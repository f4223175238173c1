//! What the office does itself when it is approved, with its owner's credentials, since desks have none: which command lines it
//! takes on, what exactly it will do, and what of that is shown and bound. Doing it is the runtime's.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::line::plain_words;

/// Letters of a commit that a person reads.
const SHORT: usize = 10;

/// Something that the office does, once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Deed {
    /// What.
    pub does: Does,
    /// The same in words, for the owner.
    pub says: String,
}

/// What the office does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Does {
    /// Brings a commit to a remote of the owner's repository.
    Push {
        /// The remote's name there.
        remote: String,
        /// Where that is, without a password.
        url: String,
        /// What; it lies in the office's own repository already.
        commit: String,
        /// The branch it becomes.
        branch: String,
        /// What is there now and may be overwritten; none where nothing may.
        expected: Option<String>,
    },
    /// Brings a package to a registry, byte for byte.
    Publish {
        /// The package's name, as the package itself says it.
        package: String,
        /// Its version.
        version: String,
        /// Where to.
        registry: String,
        /// The name that leads to this version from then on; the usual one where none is said.
        tag: Option<String>,
        /// Who may see it: `public` or `restricted`; as it is there already where nothing is said.
        access: Option<String>,
        /// SHA-256 of the bytes, which the office keeps.
        sha256: String,
        /// How many bytes.
        bytes: u32,
        /// What is in it, or the first of that.
        files: Vec<PackedFile>,
        /// How many more files there are.
        more: u32,
    },
    /// Nothing: its owner does it, and says so by approving.
    Owner {
        /// The command.
        command: String,
        /// What it is to be done with; it lies in the office's own repository.
        commit: String,
    },
}

/// A file in a package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PackedFile {
    /// Where it is in there.
    pub path: String,
    /// How large it is.
    pub bytes: u32,
}

impl Deed {
    /// A push, and how it is told: the message's first line and how many commits it is since the task began.
    pub fn push(does: Does, subject: &str, commits: usize) -> Self {
        let Does::Push { remote, url, commit, branch, expected } = &does else { return Self::publish(does) };
        let many = match commits {
            0 => "no commit of its own".to_owned(),
            1 => "1 commit".to_owned(),
            many => format!("{many} commits"),
        };
        let over = match expected {
            Some(old) => format!(", over {} that is there", short(old)),
            None => String::new(),
        };
        let says = format!(
            "The office pushes it with your credentials, once: commit {} “{subject}” ({many} since the task began) to branch \
             {branch}{over} of {remote} ({url}). What is not committed stays behind.",
            short(commit)
        );
        Self { does, says }
    }

    /// A package, and how it is told.
    pub fn publish(does: Does) -> Self {
        let Does::Publish { package, version, registry, tag, access, sha256, bytes, files, more } = &does else {
            return Self { says: String::new(), does };
        };
        let tag = tag.as_ref().map(|tag| format!(", as “{tag}”")).unwrap_or_default();
        let access = access.as_ref().map(|access| format!(", access {access}")).unwrap_or_default();
        let many = files.len() + usize::try_from(*more).unwrap_or(usize::MAX);
        let files_word = if many == 1 { "1 file".to_owned() } else { format!("{many} files") };
        let says = format!(
            "The office publishes it with your credentials, once: {package} {version} to {registry}{tag}{access}: {files_word}, \
             {bytes} bytes, sha256 {}. Packed as the files lie in the desk's checkout; no script of the package runs.",
            short(sha256)
        );
        Self { does, says }
    }

    /// What its owner does.
    pub fn owner(command: String, commit: String, subject: &str) -> Self {
        let says = format!(
            "The office does not do this one, since what does it reads the desk's files as programs and settings: do it yourself, with \
             commit {} “{subject}” once you have looked at it or accepted the work: `{command}`. Approve when you have; its agent is \
             told that you did. Nothing runs by itself.",
            short(&commit)
        );
        Self { does: Does::Owner { command, commit }, says }
    }

    /// Whether the office does something; what its owner does themselves no rule and no grant does for them.
    pub fn is_the_offices(&self) -> bool {
        !matches!(self.does, Does::Owner { .. })
    }

    /// What it is bound to: where that is another when it is to begin, it is asked again.
    pub fn bound(&self) -> String {
        let (kind, parts): (&str, Vec<&str>) = match &self.does {
            Does::Push { url, commit, branch, expected, .. } => {
                ("push", vec![url, commit, branch, expected.as_deref().unwrap_or("")])
            }
            Does::Publish { package, version, registry, tag, access, sha256, .. } => {
                let (tag, access) = (tag.as_deref().unwrap_or(""), access.as_deref().unwrap_or(""));
                ("publish", vec![package, version, registry, tag, access, sha256])
            }
            Does::Owner { command, commit } => ("owner", vec![command, commit]),
        };
        parts.iter().fold(kind.to_owned(), |all, part| format!("{all} {}:{part}", part.len()))
    }

    /// How to see whether it happened, where nobody can say.
    pub fn look(&self) -> String {
        match &self.does {
            Does::Push { url, branch, commit, .. } => {
                format!("`git ls-remote {url} refs/heads/{branch}` shows {commit} if it did")
            }
            Does::Publish { package, version, registry, .. } => {
                format!("`npm view {package}@{version} dist --registry {registry}` finds it if it did")
            }
            Does::Owner { .. } => String::new(),
        }
    }
}

/// What a person reads of a hash.
fn short(hash: &str) -> String {
    hash.chars().take(SHORT).collect()
}

/// One command and nothing else, for all that may stand around it in a line: a folder to be in, where its output goes. The folder
/// comes as words, since `cd` may have been given more than one.
pub(super) fn alone(argv: &[String]) -> Option<(Option<Vec<String>>, Vec<String>)> {
    let [sh, c, line] = argv else { return Some((None, argv.to_vec())) };
    if sh != "sh" || c != "-c" {
        return Some((None, argv.to_vec()));
    }
    let mut line = line.trim();
    for end in ["| cat", "2>&1"] {
        line = line.strip_suffix(end).unwrap_or(line).trim_end();
    }
    match line.strip_prefix("cd ").and_then(|rest| rest.split_once("&&")) {
        Some((folder, rest)) => Some((Some(plain_words(folder)?), plain_words(rest)?)),
        None => Some((None, plain_words(line)?)),
    }
}

/// The commands of a line, as far as they are seen at a glance; for words of advice, never to decide by.
pub(super) fn parts(argv: &[String]) -> Vec<Vec<String>> {
    let [sh, c, line] = argv else { return Vec::new() };
    if sh != "sh" || c != "-c" {
        return Vec::new();
    }
    line.split(['&', '|', ';', '\n']).filter_map(plain_words).collect()
}

/// A push as it was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PushWish {
    /// Where git was sent first.
    pub folder: Option<String>,
    /// The remote; the usual one where none is named.
    pub remote: Option<String>,
    /// The branch; what HEAD stands at where none is named.
    pub from: Option<String>,
    /// The branch there; the same where none is named.
    pub to: Option<String>,
    /// What may be overwritten there.
    pub expected: Option<String>,
}

/// Options that change nothing of what arrives.
const HARMLESS: &[&str] = &[
    "-u",
    "--set-upstream",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--progress",
    "--no-progress",
    "--porcelain",
    "--no-verify",
    "--verify",
    "--no-follow-tags",
    "--no-signed",
    "--atomic",
    "--recurse-submodules=no",
    "--no-recurse-submodules",
];

/// What is told to whoever wants more of a push than the office does.
const ONE: &str = "the office pushes one branch at a time: `git push REMOTE HEAD:BRANCH`, or with `--force-with-lease=BRANCH:COMMIT` \
                   where BRANCH there is COMMIT now and is to be overwritten";

impl PushWish {
    /// Reads what was asked: a push and nothing else, for all that may stand around it in a line (a folder to be in, where its
    /// output goes). None where it is no push; an error, in words, where it is one that the office does not make.
    pub fn read(argv: &[String]) -> Option<Result<Self, String>> {
        let (folder, words) = alone(argv)?;
        let read = Self::words(&words)?;
        Some(match (read, folder.as_deref()) {
            (Ok(wish), None) => Ok(wish),
            (Ok(wish), Some([folder])) if wish.folder.is_none() => Ok(Self { folder: Some(folder.clone()), ..wish }),
            (Ok(_), Some(_)) => Err(ONE.to_owned()),
            (Err(why), _) => Err(why),
        })
    }

    /// A push among other things in one line, as far as that is seen at a glance; for words of advice, never to decide by.
    pub fn among(argv: &[String]) -> Option<Self> {
        parts(argv).iter().filter_map(|words| Self::words(words)).find_map(Result::ok)
    }

    fn words(argv: &[String]) -> Option<Result<Self, String>> {
        let mut words = argv.iter().map(String::as_str);
        if words.next() != Some("git") {
            return None;
        }
        let mut wish = Self::default();
        let mut odd = None;
        loop {
            match words.next()? {
                "push" => break,
                "-C" if wish.folder.is_none() => wish.folder = Some(words.next()?.to_owned()),
                "--no-pager" => {}
                // A setting with it may be anything; what git is asked for is seen after it.
                "-c" => odd = Some(format!("not with the setting {}", words.next()?)),
                option if option.starts_with('-') => odd = Some(format!("not with {option}")),
                _ => return None,
            }
        }
        let rest: Vec<&str> = words.collect();
        Some(match odd {
            Some(odd) => Err(format!("{ONE}; {odd}")),
            None => wish.operands(&rest),
        })
    }

    fn operands(mut self, words: &[&str]) -> Result<Self, String> {
        let not = |what: &str| Err(format!("{ONE}; not with {what}"));
        let mut operands = Vec::new();
        let mut lease = None;
        let mut plain = false;
        for word in words {
            match word.split_once('=') {
                _ if plain || !word.starts_with('-') => operands.push(*word),
                _ if *word == "--" => plain = true,
                _ if HARMLESS.contains(word) => {}
                Some(("--force-with-lease", of)) if lease.is_none() => lease = Some(of),
                _ => return not(word),
            }
        }
        let mut operands = operands.into_iter();
        self.remote = operands.next().map(str::to_owned);
        let refspec = operands.next().unwrap_or("HEAD");
        if let Some(more) = operands.next() {
            return not(more);
        }
        let (from, to) = refspec.split_once(':').map_or((refspec, None), |(from, to)| (from, Some(to)));
        let branch = |name: &str| match name.strip_prefix("refs/heads/") {
            Some(short) => Some(short.to_owned()),
            None => (!name.starts_with("refs/") && !name.is_empty()).then(|| name.to_owned()),
        };
        if from.starts_with('+') || from.contains(['~', '^', '{']) {
            return not(refspec);
        }
        if !matches!(from, "HEAD" | "@") {
            self.from = Some(branch(from).map_or_else(|| not(refspec).map(|_: Self| String::new()), Ok)?);
        }
        if let Some(to) = to {
            self.to = Some(branch(to).map_or_else(|| not(refspec).map(|_: Self| String::new()), Ok)?);
        }
        if let Some(lease) = lease {
            let Some((of, commit)) = lease.split_once(':').filter(|(_, commit)| whole(commit)) else {
                return not("--force-with-lease without the whole commit that is there now");
            };
            if self.to.as_ref().or(self.from.as_ref()).is_some_and(|to| branch(of).as_ref() != Some(to)) {
                return not(&format!("a lease of {of} for another branch"));
            }
            self.to.get_or_insert_with(|| of.to_owned());
            self.expected = Some(commit.to_owned());
        }
        Ok(self)
    }
}

fn whole(commit: &str) -> bool {
    matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::words_of_line;

    fn read(line: &str) -> Option<Result<PushWish, String>> {
        PushWish::read(&words_of_line(line))
    }

    fn wish(remote: Option<&str>, from: Option<&str>, to: Option<&str>) -> PushWish {
        let text = |it: Option<&str>| it.map(str::to_owned);
        PushWish { remote: text(remote), from: text(from), to: text(to), ..PushWish::default() }
    }

    #[test]
    fn a_push_of_one_branch_is_read() {
        let cases = [
            ("git push", wish(None, None, None)),
            ("git push -u origin HEAD", wish(Some("origin"), None, None)),
            ("git push origin fix/x", wish(Some("origin"), Some("fix/x"), None)),
            ("git push --no-verify origin HEAD:refs/heads/main", wish(Some("origin"), None, Some("main"))),
            ("git --no-pager push -- origin a:b", wish(Some("origin"), Some("a"), Some("b"))),
        ];
        for (line, wanted) in cases {
            assert_eq!(read(line), Some(Ok(wanted)), "{line}");
        }
        let around = wish(Some("origin"), Some("x"), None);
        assert_eq!(read("git push origin x 2>&1"), Some(Ok(around.clone())));
        let there = Some("/desk/a b".to_owned());
        assert_eq!(read("cd '/desk/a b' && git push origin x 2>&1"), Some(Ok(PushWish { folder: there, ..around })));
        let there = "0123456789012345678901234567890123456789";
        let forced = read(&format!("git -C . push --force-with-lease=main:{there} origin HEAD:main")).unwrap().unwrap();
        assert_eq!((forced.expected.as_deref(), forced.folder.as_deref()), (Some(there), Some(".")));
    }

    #[test]
    fn what_is_more_than_one_branch_or_overwrites_blindly_is_not_made() {
        for line in [
            "git push -f origin main",
            "git push origin +main",
            "git push --force-with-lease origin main",
            "git push --force-with-lease=main:abc origin main",
            "git push --force-with-lease=main:0123456789012345678901234567890123456789 origin other",
            "git push --all",
            "git push --tags origin",
            "git push origin :main",
            "git push --delete origin main",
            "git push origin a b",
            "git push origin HEAD:refs/tags/v1",
            "git push origin HEAD~1:main",
            "git push --mirror",
            "git push -o ci.skip origin main",
            "git push --receive-pack=x origin main",
            "git -c core.sshCommand=x push origin main",
            "git --git-dir=x push origin main",
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert!(matches!(PushWish::read(&words), Some(Err(_))), "{line}: {:?}", PushWish::read(&words));
        }
    }

    #[test]
    fn what_is_no_push_is_not_read() {
        for line in [
            "git status",
            "git stash push",
            "ls",
            "git",
            "push origin main",
            "git -C x log push",
            "git push; ls",
            "git push && x",
            "git commit -m x && git push",
            "cd $X && git push; ls",
            "x=push; git $x",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn a_push_among_other_things_is_seen_for_advice_alone() {
        let line = words_of_line("git add -A && git commit -qm 'x' && git push origin HEAD:main");
        assert_eq!(PushWish::read(&line), None);
        assert_eq!(PushWish::among(&line), Some(wish(Some("origin"), None, Some("main"))));
        assert_eq!(PushWish::among(&words_of_line("git add -A && ls")), None);
    }

    #[test]
    fn what_is_bound_changes_with_each_part_of_it() {
        let of = |url: &str, commit: &str, branch: &str, expected: Option<&str>| {
            let (remote, expected) = ("origin".to_owned(), expected.map(str::to_owned));
            let (url, commit, branch) = (url.to_owned(), commit.to_owned(), branch.to_owned());
            Deed::push(Does::Push { remote, url, commit, branch, expected }, "Round it", 2)
        };
        let it = of("u", "c", "b", None);
        for other in
            [of("v", "c", "b", None), of("u", "d", "b", None), of("u", "c", "e", None), of("u", "c", "b", Some("x"))]
        {
            assert_ne!(it.bound(), other.bound());
        }
        assert!(
            it.says.contains("commit c “Round it” (2 commits since the task began) to branch b of origin (u)"),
            "{}",
            it.says
        );
    }
}
