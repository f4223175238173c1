//! Patterns of rules and of file names: `*` within a name, `**` across folders, `?` for one letter.

/// Whether `text` fits `pattern`; `*` does not cross a `/`, `**` does.
pub fn fits(pattern: &str, text: &str) -> bool {
    go(pattern.as_bytes(), text.as_bytes(), true, &mut 20_000)
}

/// Whether `text` fits `pattern`, where `*` stands for anything.
pub fn fits_words(pattern: &str, text: &str) -> bool {
    go(pattern.as_bytes(), text.as_bytes(), false, &mut 20_000)
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
    fn a_hostile_pattern_ends() {
        assert!(!fits(&format!("{}c", "*a".repeat(60)), &"ab".repeat(100)));
    }
}
