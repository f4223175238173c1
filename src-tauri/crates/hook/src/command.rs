//! Reads a command line that is plain: one program, words, quotes without anything inside that a shell would act on.
//! Everything else is `None`, and is asked about. What a shell could do with the rest is for the rules, not for here.

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

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/' | ':' | '=' | '@' | ',' | '+' | '%' | '^')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What was approved is compared with what is asked, so the office has to take lines apart in the same way.
        #[test]
        fn the_office_reads_a_line_in_the_same_way(line in "[a-z ='\"$\\\\;|/.~é\n-]{0,24}") {
            prop_assert_eq!(office_core::approval::plain_words(&line), plain_words(&line));
        }
    }

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
