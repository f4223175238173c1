//! Cuts texts into words, as people who write code search for them: `read_file`, `readFile`, `src/read/file.rs` and
//! `read::file` are all found by `read file`, and by themselves best.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager,
};

/// The tokenizer of the fields that keep words as they are.
pub(crate) const CODE: &str = "office_code";
/// The tokenizer of the field that keeps stems.
pub(crate) const STEMS: &str = "office_stems";

/// Longer words are left out: they are hashes, base64 and the like, and nobody types them.
const LONGEST: usize = 120;

/// The tokenizers for writing the index.
pub(crate) fn for_writing() -> TokenizerManager {
    tokenizers(CodeTokenizer { wholes: true })
}

/// The tokenizers for reading a query. It is cut into parts only, so that however the words are joined in the query and
/// in the text, the parts in a row match.
pub(crate) fn for_asking() -> TokenizerManager {
    tokenizers(CodeTokenizer { wholes: false })
}

fn tokenizers(code: CodeTokenizer) -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(CODE, TextAnalyzer::builder(code).filter(AsciiFoldingFilter).build());
    let parts = CodeTokenizer { wholes: false };
    let stems = TextAnalyzer::builder(parts).filter(AsciiFoldingFilter).filter(Stemmer::new(Language::English));
    manager.register(STEMS, stems.build());
    manager
}

/// The joined words of a text, as the index keeps them.
pub(crate) fn wholes(text: &str) -> Vec<String> {
    let mut analyzer = TextAnalyzer::builder(CodeTokenizer { wholes: true }).filter(AsciiFoldingFilter).build();
    let mut stream = analyzer.token_stream(text);
    let mut found = Vec::new();
    while stream.advance() {
        let token = stream.token();
        if token.position_length > 1 {
            found.push(token.text.clone());
        }
    }
    found
}

/// Cuts into lower-case parts, and gives the whole of what was joined at the place of its first part.
#[derive(Clone)]
struct CodeTokenizer {
    wholes: bool,
}

struct Tokens {
    all: std::vec::IntoIter<Token>,
    now: Token,
}

impl Tokenizer for CodeTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        Tokens { all: tokens(text, self.wholes).into_iter(), now: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        self.all.next().map(|token| self.now = token).is_some()
    }

    fn token(&self) -> &Token {
        &self.now
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.now
    }
}

fn tokens(text: &str, wholes: bool) -> Vec<Token> {
    let mut found = Vec::new();
    let mut position = 0;
    for (start, run) in runs(text) {
        let parts = parts(run);
        let short = |word: &str| word.len() <= LONGEST;
        if wholes && parts.len() > 1 && short(run) {
            found.push(token(start, run, position, parts.len()));
        }
        for (offset, part) in parts {
            if short(part) {
                found.push(token(start + offset, part, position, 1));
            }
            position += 1;
        }
    }
    found
}

fn token(start: usize, word: &str, position: usize, position_length: usize) -> Token {
    // Accents that stand by themselves are dropped, those that do not are folded later: both spellings are one word.
    let text = word.chars().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).filter(|c| !is_mark(*c)).collect();
    Token { offset_from: start, offset_to: start + word.len(), position, text, position_length }
}

/// Runs of letters, digits and what joins them in names and paths, without joints at their ends.
fn runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let joint = |c: char| matches!(c, '_' | '-' | '.' | '/' | ':' | '\\' | '@');
    let mut rest = text;
    let mut offset = 0;
    std::iter::from_fn(move || {
        let skipped = rest.find(char::is_alphanumeric)?;
        let from = &rest[skipped..];
        let end = from.find(|c: char| !(c.is_alphanumeric() || is_mark(c) || joint(c))).unwrap_or(from.len());
        let run = from[..end].trim_end_matches(joint);
        let start = offset + skipped;
        offset = start + run.len();
        rest = &from[run.len()..];
        Some((start, run))
    })
}

/// The words a run is made of: cut at what is no letter or digit, at each hump, and around each ideograph.
fn parts(run: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut before: Option<char> = None;
    let mut letters = run.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        if !(c.is_alphanumeric() || is_mark(c)) {
            found.extend(start.take().map(|from| (from, &run[from..at])));
            before = None;
            continue;
        }
        let next_is_small = letters.peek().is_some_and(|(_, next)| next.is_lowercase());
        let hump = before.is_some_and(|last| {
            (c.is_uppercase() && (last.is_lowercase() || last.is_numeric() || (last.is_uppercase() && next_is_small)))
                || is_ideograph(c)
                || is_ideograph(last)
        });
        if hump {
            found.extend(start.take().map(|from| (from, &run[from..at])));
        }
        start.get_or_insert(at);
        if !is_mark(c) {
            before = Some(c);
        }
    }
    found.extend(start.map(|from| (from, &run[from..])));
    found
}

/// An accent that combines with the letter before it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Written without spaces, so that each sign is a word, and signs in a row match in a row.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text, true).into_iter().map(|token| format!("{}@{}", token.text, token.position)).collect()
    }

    #[test]
    fn names_and_paths_give_their_parts_and_themselves() {
        assert_eq!(words("read_file"), ["read_file@0", "read@0", "file@1"]);
        assert_eq!(
            words("readFile, HTTPServer2"),
            ["readfile@0", "read@0", "file@1", "httpserver2@2", "http@2", "server2@3"]
        );
        assert_eq!(words("core::decide"), ["core::decide@0", "core@0", "decide@1"]);
        assert_eq!(words("(src/a.rs)."), ["src/a.rs@0", "src@0", "a@1", "rs@2"]);
        assert_eq!(words("Done. #12 --force"), ["done@0", "12@1", "force@2"]);
        assert_eq!(words(" .-_ "), Vec::<String>::new());
    }

    #[test]
    fn other_scripts_have_words_too() {
        assert_eq!(words("Größe"), ["größe@0"]);
        assert_eq!(words("e\u{301}te\u{301}"), ["ete@0"]);
        assert_eq!(words("Привет мир"), ["привет@0", "мир@1"]);
        assert_eq!(words("検索"), ["検索@0", "検@0", "索@1"]);
    }

    #[test]
    fn offsets_point_into_the_text() {
        let text = "ein früher Übergang::toHafen İstanbul";
        for token in tokens(text, true) {
            assert!(text.get(token.offset_from..token.offset_to).is_some(), "{token:?}");
        }
    }

    #[test]
    fn what_nobody_types_is_left_out() {
        assert_eq!(words(&format!("{} b", "a".repeat(200))), ["b@1"]);
    }
}
