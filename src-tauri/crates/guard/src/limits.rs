//! What a text must keep to before the grammar sees it: the grammar overflows its stack, or takes for ever, on texts that
//! nobody writes. This is the cheap half of the protection; the other half is the deadline of the worker process.

/// The longest text that is read.
pub const LONGEST: usize = 64 * 1024;
/// The deepest nesting of brackets and of blocks.
pub const DEEPEST: usize = 64;
/// Arithmetic brackets cost the grammar twice the time for each level.
const DEEPEST_ARITHMETIC: usize = 4;
/// Runs of the same opening bracket cost much more than they say.
const DEEPEST_RUN: usize = 12;

/// Why a text is not read; none if it may be.
pub fn refused(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST {
        return Some("it is longer than 64 KiB");
    }
    if text.contains('\0') {
        return Some("it has a NUL character in it");
    }
    let (mut open, mut run, mut arithmetic, mut last) = (0_usize, 0_usize, 0_usize, ' ');
    for letter in text.chars() {
        match letter {
            '(' | '{' | '[' => {
                open += 1;
                run = if last == letter || last.is_whitespace() || last == '$' { run + 1 } else { 1 };
                if letter == '(' && last == '(' {
                    arithmetic += 1;
                }
            }
            ')' | '}' | ']' => {
                open = open.saturating_sub(1);
                run = 0;
                if letter == ')' && last == ')' {
                    arithmetic = arithmetic.saturating_sub(1);
                }
            }
            '$' => {}
            letter if letter.is_whitespace() => {}
            _ => run = 0,
        }
        last = letter;
        if open > DEEPEST || run > DEEPEST_RUN || arithmetic > DEEPEST_ARITHMETIC {
            return Some("its brackets are nested too deeply");
        }
    }
    let mut blocks = 0_usize;
    let mut backquotes = 0_usize;
    for word in text.split(|letter: char| letter.is_whitespace() || ";&|()".contains(letter)) {
        match word {
            "if" | "while" | "until" | "for" | "case" | "select" | "!" | "time" | "coproc" => blocks += 1,
            "fi" | "done" | "esac" => blocks = blocks.saturating_sub(1),
            _ => {}
        }
        backquotes += word.matches("\\`").count();
        if blocks > DEEPEST * 4 || backquotes > DEEPEST {
            return Some("its blocks are nested too deeply");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        for fine in ["git status", "a $((1 + (2 * (3 + 4))))", "if a; then b; fi", "f() { (cd x && { a; b; }); }"] {
            assert_eq!(refused(fine), None, "{fine}");
        }
        assert_eq!(refused(&"if a; then b; fi\n".repeat(500)), None);
        assert_eq!(refused(&"x".repeat(LONGEST)), None);
    }

    #[test]
    fn what_breaks_the_grammar_is_not() {
        for bad in ["((".repeat(16), "{ ".repeat(2000), "$(".repeat(70), "a\0b".into(), "x".repeat(LONGEST + 1)] {
            assert!(refused(&bad).is_some(), "{}", &bad[..20.min(bad.len())]);
        }
        assert!(refused(&"if ".repeat(3000)).is_some());
    }
}
