//! Reads a command line that is plain: one program, words, quotes without anything inside that a shell would act on.
//! Everything else is `None`, and is asked about. What a shell could do with the rest is for the rules, not for here.
//! `office-hook` reads lines in the same way without this crate, since it is started for every call of an agent; a test of it
//! holds the two together.

/// The words of a plain command line.
pub fn plain_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for letter in line.trim().chars() {
        match (quote, letter) {
            (Some(mark), letter) if letter == mark => quote = None,
            // Inside single quotes nothing is acted on; inside double quotes these are.
            (Some('"'), '$' | '`' | '\\' | '!') => return None,
            (_, letter) if letter.is_control() => return None,
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, mark @ ('\'' | '"')) => {
                word.get_or_insert_default();
                quote = Some(mark);
            }
            (None, ' ') => words.extend(word.take()),
            (None, letter) if is_plain(letter) => word.get_or_insert_default().push(letter),
            (None, _) => return None,
        }
    }
    if quote.is_some() {
        return None;
    }
    words.extend(word);
    // `NAME=value program` sets a variable and runs the program after it.
    let first = words.first()?;
    (!first.contains('=') && !first.is_empty()).then_some(words)
}

/// A line as an engine's hook tells it: the words of a plain command, else itself for a shell.
pub fn words_of_line(line: &str) -> Vec<String> {
    plain_words(line).unwrap_or_else(|| vec!["sh".to_owned(), "-c".to_owned(), line.trim().to_owned()])
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/' | ':' | '=' | '@' | ',' | '+' | '%' | '^')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_quotes_are_read() {
        let words = plain_words("git commit -m 'it costs $5; really' \"two words\"").unwrap();
        assert_eq!(words, ["git", "commit", "-m", "it costs $5; really", "two words"]);
    }

    #[test]
    fn whatever_a_shell_acts_on_is_not_plain() {
        for line in [
            "ls; rm x",
            "ls && rm x",
            "ls | sh",
            "ls > x",
            "ls < x",
            "ls $(rm x)",
            "ls `rm x`",
            "ls \"$(rm x)\"",
            "ls\nrm x",
            "ls &",
            "X=1 ls",
            "ls *",
            "ls ~",
            "ls \\\n rm",
            "ls 'a",
            "(ls)",
            "{ ls; }",
            "! ls",
            "ls #",
            "",
        ] {
            assert_eq!(plain_words(line), None, "{line}");
        }
    }
}
