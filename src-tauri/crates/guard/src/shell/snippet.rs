//! `perl -ne ...`, `ruby -e ...` and their like: what their options say, the code, and the files it goes through. Code that does more than
//! compute, print and read is left to whoever judges interpreters at large.

use super::simple::Call;
use super::text::Text;
use super::{Shell, oneliner};
use crate::action::Arg;

/// What the options of a one-liner come to.
#[derive(Default)]
struct Options {
    code: Vec<String>,
    in_place: bool,
    /// Where the operands begin.
    operands: usize,
}

impl Shell<'_> {
    /// Runs a one-liner that is seen through; none where it is not.
    pub(crate) fn snippet(&mut self, name: &str, call: &Call) -> Option<()> {
        let args = &call.argv[1..];
        let options = match name {
            "perl" | "ruby" | "jruby" => letters(name, args)?,
            "php" | "Rscript" | "R" | "r" | "elixir" => words(name, args)?,
            _ => return None,
        };
        if options.code.is_empty() || self.st.any_written {
            return None;
        }
        let code = options.code.join("\n");
        let files = match oneliner::reads_only(if name == "R" { "Rscript" } else { name }, &code) {
            Some(files) => files,
            // What names nothing that does more than look.
            None if matches!(name, "ruby" | "php" | "elixir") && super::queries::only_looks(&code) => Vec::new(),
            None => return None,
        };
        let operands = &args[options.operands..];
        if !operands.iter().all(is_plain_file) {
            return None;
        }
        files.iter().for_each(|file| self.reads(&Arg::lit(file)));
        for operand in operands {
            if options.in_place { self.write_to(operand, &Text::any(), false) } else { self.reads(operand) }
        }
        Some(())
    }
}

/// Options of Perl and Ruby: letters, of which some take the rest.
fn letters(name: &str, args: &[Arg]) -> Option<Options> {
    let perl = name == "perl";
    let mut options = Options::default();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let Some(word) = arg.known() else { break };
        if word == "--" {
            at += 1;
            break;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        at += 1;
        // The value of an option: what is left of the word, or the next one.
        let mut next = |rest: &str| -> Option<String> {
            if !rest.is_empty() {
                return Some(rest.to_owned());
            }
            at += 1;
            args.get(at - 1)?.known().map(str::to_owned)
        };
        let mut left = letters;
        while let Some(letter) = left.chars().next() {
            left = &left[letter.len_utf8()..];
            match letter {
                'e' => {
                    options.code.push(next(left)?);
                    left = "";
                }
                'E' if perl => {
                    options.code.push(next(left)?);
                    left = "";
                }
                'n' | 'p' | 'a' | 'w' => {}
                'l' | '0' => left = left.trim_start_matches(|digit: char| digit.is_ascii_digit()),
                'W' if !perl => left = left.trim_start_matches(|digit: char| digit.is_ascii_digit()),
                'F' => {
                    let by = next(left)?;
                    if by.contains("(?") || by.contains(['$', '@', '`']) {
                        return None;
                    }
                    left = "";
                }
                'i' => {
                    // Where the old file goes must be beside it.
                    if left.contains(['/', '*']) {
                        return None;
                    }
                    options.in_place = true;
                    left = "";
                }
                'M' | 'm' if perl => {
                    let module = next(left)?;
                    let (module, words) = module.split_once('=').unwrap_or((&module, ""));
                    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ',' | ':');
                    if !oneliner::may_load(name, module) || !words.chars().all(plain) {
                        return None;
                    }
                    left = "";
                }
                'r' if !perl => {
                    if !oneliner::may_load("ruby", &next(left)?) {
                        return None;
                    }
                    left = "";
                }
                'I' => {
                    if !matches!(&*next(left)?, "lib" | "./lib" | "t/lib" | "blib/lib" | "test" | "spec") {
                        return None;
                    }
                    left = "";
                }
                _ => return None,
            }
        }
    }
    options.operands = at.min(args.len());
    Some(options)
}

/// Options of PHP, R and Elixir: words.
fn words(name: &str, args: &[Arg]) -> Option<Options> {
    let mut options = Options::default();
    let code = if name == "php" { "-r" } else { "-e" };
    let quiet = ["-n", "--vanilla", "--no-save", "--slave", "-q", "--quiet", "--no-restore", "--no-echo", "--silent"];
    let mut at = 0;
    while let Some(word) = args.get(at).map(Arg::head) {
        if word == code {
            options.code.push(args.get(at + 1)?.known()?.to_owned());
            at += 2;
        } else if quiet.contains(&word) {
            at += 1;
        } else {
            break;
        }
    }
    options.operands = at;
    Some(options)
}

/// Whether a name can only be a file's: in Perl `id|` is a command that is read from.
fn is_plain_file(arg: &Arg) -> bool {
    let fine = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '/' | '_' | '~');
    match arg {
        Arg::Lit(name) => {
            name.starts_with(fine) && name.ends_with(fine) && !name.contains(['|', '<', '>', '&', '\n', ' ', '\t'])
        }
        Arg::Glob(pattern) => {
            pattern.starts_with(fine)
                && pattern.ends_with(|letter: char| letter.is_alphanumeric())
                && !pattern.contains('|')
        }
        Arg::Unknown { .. } => false,
    }
}
