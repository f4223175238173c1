//! Cuts texts into words, as people who write code search for them: `read_file`, `readFile`, `src/read/file.rs` and
//! `read::file` are all found by `read file`, and by themselves best.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager,
};

/// The tokenizer of what is searched: words cut to their English stem, and joined names whole.
pub(crate) const STEMS: &str = "office_stems";
/// The tokenizer of the dictionary: the same words, uncut, for mending what was mistyped or only begun.
pub(crate) const WORDS: &str = "office_words";

/// Longer words are left out: they are hashes, base64 and the like, and nobody types them.
const LONGEST: usize = 120;

/// The tokenizers for writing the index.
pub(crate) fn for_writing() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(WORDS, TextAnalyzer::builder(CodeTokenizer { wholes: true }).filter(AsciiFoldingFilter).build());
    manager.register(STEMS, stems(true));
    manager
}

/// The tokenizers for reading a query with operators. It is cut into parts only, so that however the words are joined in
/// the query and in the text, the parts in a row match.
pub(crate) fn for_asking() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(STEMS, stems(false));
    manager
}

/// Cuts a text as the index does.
pub(crate) fn stems(wholes: bool) -> TextAnalyzer {
    let cut = TextAnalyzer::builder(CodeTokenizer { wholes }).filter(AsciiFoldingFilter);
    cut.filter(Stemmer::new(Language::English)).build()
}

/// Cuts single words to their stem.
pub(crate) struct Stem(TextAnalyzer);

impl Stem {
    pub(crate) fn new() -> Self {
        let whole = TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter);
        Self(whole.filter(Stemmer::new(Language::English)).build())
    }

    /// The stem of a lower-case word.
    pub(crate) fn of(&mut self, word: &str) -> String {
        let mut stream = self.0.token_stream(word);
        if stream.advance() { stream.token().text.clone() } else { word.to_owned() }
    }
}

/// One piece of a query between spaces: its words, and its joined forms if there are several.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Lower-case and without accents, one at least.
    pub(crate) words: Vec<String>,
    /// The ways in which the words are one in the index; the longest first.
    pub(crate) joined: Vec<String>,
}

/// Reads a query as words and names.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut folding = TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build();
    let mut fold = |word: &str| {
        let lower = lower(word);
        let mut stream = folding.token_stream(&lower);
        if stream.advance() { stream.token().text.clone() } else { String::new() }
    };
    let mut found = Vec::new();
    for (_, run) in runs(text) {
        let words = parts(run).into_iter().map(|(_, part)| fold(part));
        let words: Vec<String> = words.filter(|word| !word.is_empty() && word.len() <= LONGEST).collect();
        let joined = joined(run).into_iter().map(|(_, _, form)| fold(&form)).collect();
        if !words.is_empty() {
            found.push(Piece { words, joined });
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
        if wholes && parts.len() > 1 {
            for (offset, length, form) in joined(run) {
                // Where it begins among the parts, so that a phrase may go on behind it.
                let before = parts.iter().filter(|(at, _)| *at < offset).count();
                let inside = parts.iter().filter(|(at, _)| (offset..offset + length).contains(at)).count();
                let (from, to) = (start + offset, start + offset + length);
                let (position, position_length) = (position + before, inside);
                found.push(Token { offset_from: from, offset_to: to, position, text: form, position_length });
            }
        }
        for (offset, part) in parts {
            if part.len() <= LONGEST {
                found.push(token(start + offset, part, position));
            }
            position += 1;
        }
    }
    found
}

/// What a run of several parts is called as one: itself, each name in it (`parse_config` in `src/parse_config.rs`), and
/// both without their joints, so that `readFile`, `read_file` and `read::file` are one name. With offset and length.
fn joined(run: &str) -> Vec<(usize, usize, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    let mut add = |offset: usize, piece: &str| {
        if piece.len() > LONGEST || parts(piece).len() < 2 {
            return;
        }
        let whole = lower(piece);
        let bare: String = whole.chars().filter(|c| c.is_alphanumeric()).collect();
        for form in [whole, bare] {
            if !found.iter().any(|(.., known)| *known == form) {
                found.push((offset, piece.len(), form));
            }
        }
    };
    add(0, run);
    for (offset, name) in pieces_between(run, |c| matches!(c, '/' | '\\' | ':' | '@')) {
        add(offset, name);
        // A dot is also in version numbers, which are one thing.
        if name.contains(char::is_alphabetic) {
            for (further, stem) in pieces_between(name, |c| c == '.') {
                add(offset + further, stem);
            }
        }
    }
    found
}

fn pieces_between(run: &str, joint: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    run.split(joint).map(move |piece| (piece.as_ptr() as usize - run.as_ptr() as usize, piece))
}

/// Accents that stand by themselves are dropped, those that do not are folded later: both spellings are one word.
fn lower(word: &str) -> String {
    word.chars().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).filter(|c| !is_mark(*c)).collect()
}

fn token(start: usize, word: &str, position: usize) -> Token {
    Token { offset_from: start, offset_to: start + word.len(), position, text: lower(word), position_length: 1 }
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
        assert_eq!(words("read_file"), ["read_file@0", "readfile@0", "read@0", "file@1"]);
        assert_eq!(
            words("readFile, HTTPServer2"),
            ["readfile@0", "read@0", "file@1", "httpserver2@2", "http@2", "server2@3"]
        );
        assert_eq!(words("core::decide"), ["core::decide@0", "coredecide@0", "core@0", "decide@1"]);
        assert_eq!(
            words("(src/read_it.rs)."),
            [
                "src/read_it.rs@0",
                "srcreaditrs@0",
                "read_it.rs@1",
                "readitrs@1",
                "read_it@1",
                "readit@1",
                "src@0",
                "read@1",
                "it@2",
                "rs@3"
            ]
        );
        assert_eq!(words("v1.20.3"), ["v1.20.3@0", "v1203@0", "v1@0", "20@1", "3@2"]);
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
