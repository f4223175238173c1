//! Patterns of rules and of file names: `*` within a name, `**` across folders, `?` for one letter.

use serde::Deserialize;

/// Whether `text` fits `pattern`; `*` does not cross a `/`, `**` does.
pub fn fits(pattern: &str, text: &str) -> bool {
    go(pattern.as_bytes(), text.as_bytes(), true, &mut 20_000)
}

/// Whether `text` fits `pattern`, where `*` stands for anything.
pub fn fits_words(pattern: &str, text: &str) -> bool {
    go(pattern.as_bytes(), text.as_bytes(), false, &mut 20_000)
}

/// Patterns that are asked about often: each with the pairs of letters that a text must have to fit it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Patterns(Vec<(u128, String)>);

impl From<Vec<String>> for Patterns {
    fn from(patterns: Vec<String>) -> Self {
        Self(patterns.into_iter().map(|pattern| (needed(pattern.as_bytes()), pattern)).collect())
    }
}

impl Patterns {
    /// Whether a path fits one of them.
    pub fn fit(&self, text: &str) -> bool {
        self.any(text, fits)
    }

    /// Whether a word fits one of them.
    pub fn fit_words(&self, text: &str) -> bool {
        self.any(text, fits_words)
    }

    /// As they are written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, pattern)| pattern.as_str())
    }

    fn any(&self, text: &str, fits: fn(&str, &str) -> bool) -> bool {
        let pairs = pairs(text.as_bytes());
        self.0.iter().any(|(needed, pattern)| needed & !pairs == 0 && fits(pattern, text))
    }
}

/// The pairs of letters of a text, as a set in which some share a place.
fn pairs(text: &[u8]) -> u128 {
    text.windows(2).fold(0, |set, pair| {
        let mixed = u32::from(pair[0]).wrapping_mul(0x9e37) ^ u32::from(pair[1]).wrapping_mul(0x85eb);
        set | 1 << ((mixed >> 4) & 127)
    })
}

/// The pairs that stand in a pattern between its stars; after `**` a `/` may be missing.
fn needed(pattern: &[u8]) -> u128 {
    let (mut set, mut from, mut at) = (0, 0, 0);
    while at <= pattern.len() {
        if at == pattern.len() || matches!(pattern[at], b'*' | b'?') {
            set |= pairs(&pattern[from..at]);
            let open = pattern[at.min(pattern.len())..].starts_with(b"**/");
            at += if open { 2 } else { 0 };
            from = at + 1;
        }
        at += 1;
    }
    set
}

fn go(pattern: &[u8], text: &[u8], paths: bool, fuel: &mut u32) -> bool {
    if *fuel == 0 {
        return false;
    }
    *fuel -= 1;
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', b'/', rest @ ..] if paths => {
            go(rest, text, paths, fuel)
                || text.iter().enumerate().any(|(at, letter)| *letter == b'/' && go(rest, &text[at + 1..], paths, fuel))
        }
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|at| go(rest, &text[at..], paths, fuel)),
        [b'*', rest @ ..] => {
            let most = text.iter().position(|letter| paths && *letter == b'/').unwrap_or(text.len());
            (0..=most).any(|at| go(rest, &text[at..], paths, fuel))
        }
        [b'?', rest @ ..] => text.first().is_some_and(|letter| *letter != b'/') && go(rest, &text[1..], paths, fuel),
        [letter, rest @ ..] => text.first() == Some(letter) && go(rest, &text[1..], paths, fuel),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stop_at_folders_and_double_stars_do_not() {
        assert!(fits("*.rs", "a.rs") && !fits("*.rs", "src/a.rs"));
        assert!(fits("**/*.rs", "a.rs") && fits("**/*.rs", "src/x/a.rs"));
        assert!(fits(".github/**", ".github/workflows/a.yml") && !fits(".github/**", "x/.github/a"));
        assert!(fits_words("*deploy*", "run/deploy.sh") && !fits_words("deploy", "deploy.sh"));
    }

    #[test]
    fn many_patterns_say_what_each_says() {
        let patterns = [
            "**/target/debug/**",
            "*deploy*",
            "**/*.pyc",
            ".git/**",
            "a?c",
            "*",
            "**/.env",
            "x-*-y",
            "**",
            "src/**/z",
            "a",
            "",
        ];
        let texts = [
            "target/debug/x",
            "redeploy.sh",
            "a.pyc",
            "x/a.pyc",
            ".git/x",
            "abc",
            ".env",
            "q/.env",
            "x-1-y",
            "src/z",
            "src/q/z",
            "a",
            "",
        ];
        for pattern in patterns {
            let one = Patterns::from(vec![pattern.to_owned()]);
            for text in texts {
                assert_eq!(one.fit(text), fits(pattern, text), "{pattern} {text}");
                assert_eq!(one.fit_words(text), fits_words(pattern, text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        assert!(!fits(&format!("{}c", "*a".repeat(60)), &"ab".repeat(100)));
    }
}
