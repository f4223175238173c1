//! Recognises secrets in a text and says where they are, so that a note with one is refused and a report is masked. Rules are
//! data; what only looks like a secret (a hash, a placeholder, code that names one) is let through. Masking the known values
//! of a desk in its recording is not here; `pty` does that, without rules.

use std::fmt;

/// What a secret is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SecretKind {
    /// A private key in PEM form.
    PrivateKey,
    /// Amazon Web Services.
    Aws,
    /// GitHub.
    GitHub,
    /// GitLab.
    GitLab,
    /// Slack: a token, or the address of a webhook.
    Slack,
    /// Stripe, in earnest.
    Stripe,
    /// A provider of models.
    Model,
    /// Google.
    Google,
    /// A package registry.
    Registry,
    /// Other services whose keys say whose they are.
    Service,
    /// A signed JSON Web Token.
    Jwt,
    /// An address with a password in it.
    Address,
    /// A header that lets its bearer in.
    Header,
    /// A value that is called a password, secret, token or key.
    Assigned,
}

impl SecretKind {
    /// What it is called to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrivateKey => "a private key",
            Self::Aws => "an AWS key",
            Self::GitHub => "a GitHub token",
            Self::GitLab => "a GitLab token",
            Self::Slack => "a Slack token",
            Self::Stripe => "a Stripe key",
            Self::Model => "a key of a model provider",
            Self::Google => "a Google key",
            Self::Registry => "a token of a package registry",
            Self::Service => "a key of a service",
            Self::Jwt => "a signed web token",
            Self::Address => "an address with a password",
            Self::Header => "an authorization header",
            Self::Assigned => "a password or key",
        }
    }
}

/// A secret and where it is. What it is, is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Secret {
    /// What it is for.
    pub kind: SecretKind,
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// In which line, from 1.
    pub line: usize,
    /// At which character of it, from 1.
    pub column: usize,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in line {}, character {}", self.kind.as_str(), self.line, self.column)
    }
}

/// The letters a key is made of.
#[derive(Clone, Copy)]
enum Letters {
    /// A-Z, 0-9.
    Upper,
    /// A-Z, a-z, 0-9.
    Plain,
    /// The same and `_`, `-`.
    Url,
    /// The same and `.`.
    Dotted,
    /// 0-9, a-f.
    Hex,
    /// A-Z, a-z, 0-9 and `/`.
    Slashed,
}

impl Letters {
    fn have(self, c: u8) -> bool {
        match self {
            Self::Upper => c.is_ascii_uppercase() || c.is_ascii_digit(),
            Self::Plain => c.is_ascii_alphanumeric(),
            Self::Url => c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'),
            Self::Dotted => c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'),
            Self::Hex => c.is_ascii_digit() || matches!(c, b'a'..=b'f'),
            Self::Slashed => c.is_ascii_alphanumeric() || c == b'/',
        }
    }
}

/// Keys that say by their beginning whose they are: what follows is of these letters, and so many of them at least.
const BEGINNINGS: &[(&str, SecretKind, Letters, usize)] = &[
    ("AKIA", SecretKind::Aws, Letters::Upper, 16),
    ("ASIA", SecretKind::Aws, Letters::Upper, 16),
    ("ghp_", SecretKind::GitHub, Letters::Plain, 36),
    ("gho_", SecretKind::GitHub, Letters::Plain, 36),
    ("ghu_", SecretKind::GitHub, Letters::Plain, 36),
    ("ghs_", SecretKind::GitHub, Letters::Plain, 36),
    ("ghr_", SecretKind::GitHub, Letters::Plain, 36),
    ("github_pat_", SecretKind::GitHub, Letters::Url, 40),
    ("glpat-", SecretKind::GitLab, Letters::Url, 20),
    ("gldt-", SecretKind::GitLab, Letters::Url, 20),
    ("glrt-", SecretKind::GitLab, Letters::Url, 20),
    ("xoxb-", SecretKind::Slack, Letters::Url, 20),
    ("xoxp-", SecretKind::Slack, Letters::Url, 20),
    ("xoxa-", SecretKind::Slack, Letters::Url, 20),
    ("xoxs-", SecretKind::Slack, Letters::Url, 20),
    ("xapp-", SecretKind::Slack, Letters::Url, 20),
    ("hooks.slack.com/services/T", SecretKind::Slack, Letters::Slashed, 30),
    ("sk_live_", SecretKind::Stripe, Letters::Plain, 16),
    ("rk_live_", SecretKind::Stripe, Letters::Plain, 16),
    ("whsec_", SecretKind::Stripe, Letters::Plain, 24),
    ("sk-ant-", SecretKind::Model, Letters::Url, 24),
    ("sk-proj-", SecretKind::Model, Letters::Url, 24),
    ("sk-or-v1-", SecretKind::Model, Letters::Hex, 32),
    ("sk-", SecretKind::Model, Letters::Plain, 40),
    ("hf_", SecretKind::Model, Letters::Plain, 30),
    ("gsk_", SecretKind::Model, Letters::Plain, 40),
    ("AIza", SecretKind::Google, Letters::Url, 35),
    ("ya29.", SecretKind::Google, Letters::Dotted, 30),
    ("GOCSPX-", SecretKind::Google, Letters::Url, 24),
    ("npm_", SecretKind::Registry, Letters::Plain, 36),
    ("pypi-AgE", SecretKind::Registry, Letters::Url, 40),
    ("cio", SecretKind::Registry, Letters::Plain, 32),
    ("dckr_pat_", SecretKind::Registry, Letters::Url, 24),
    ("rubygems_", SecretKind::Registry, Letters::Hex, 40),
    ("SG.", SecretKind::Service, Letters::Dotted, 50),
    ("dop_v1_", SecretKind::Service, Letters::Hex, 60),
    ("hvs.", SecretKind::Service, Letters::Url, 24),
    ("shpat_", SecretKind::Service, Letters::Hex, 32),
    ("lin_api_", SecretKind::Service, Letters::Plain, 32),
    ("key-", SecretKind::Service, Letters::Hex, 32),
    ("dp.pt.", SecretKind::Service, Letters::Plain, 40),
    ("AGE-SECRET-KEY-1", SecretKind::PrivateKey, Letters::Upper, 50),
];

/// The last word of a name whose value is a secret.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "accesskey",
    "secret_key",
    "secretkey",
    "private_key",
    "auth_key",
    "authkey",
    "accountkey",
    "client_secret",
    "clientsecret",
    "signing_key",
    "encryption_key",
    "secret_access_key",
    "secretaccesskey",
    "_auth",
    "_authtoken",
    "credential",
];

/// What people write in place of a secret.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "changeme",
    "change_me",
    "placeholder",
    "your",
    "dummy",
    "sample",
    "redacted",
    "xxxx",
    "****",
    "....",
    "todo",
    "insert",
    "replace",
    "fake",
    "123456",
    "abcdef",
    "foobar",
    "secret",
    "password",
    "passwd",
    "test",
    "hidden",
    "omitted",
];

/// A key in PEM form is not longer, in bytes: nothing is read twice without end.
const KEY_MAX: usize = 16 * 1024;
/// A value that was given a name is not longer, in characters.
const VALUE_MAX: usize = 200;

/// The secrets of a text, in their order; where two kinds see one, the first that says whose it is.
pub fn secrets(text: &str) -> Vec<Secret> {
    let mut found: Vec<(usize, usize, SecretKind)> = Vec::new();
    private_keys(text, &mut found);
    beginnings(text, &mut found);
    web_tokens(text, &mut found);
    addresses(text, &mut found);
    headers(text, &mut found);
    assigned(text, &mut found);
    // The first that saw a place keeps it.
    let mut kept: Vec<(usize, usize, SecretKind)> = Vec::new();
    for one in found {
        if !kept.iter().any(|other| one.0 < other.1 && other.0 < one.1) {
            kept.push(one);
        }
    }
    kept.sort_unstable_by_key(|one| one.0);
    let (mut line, mut line_starts, mut looked) = (1, 0, 0);
    let mut places = Vec::with_capacity(kept.len());
    for (from, to, kind) in kept {
        for (at, _) in text[looked..from].match_indices('\n') {
            line += 1;
            line_starts = looked + at + 1;
        }
        looked = from;
        let column = text[line_starts..from].chars().count() + 1;
        places.push(Secret { kind, from, to, line, column });
    }
    places
}

/// The text with each secret in it masked, its kind said.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for secret in secrets(text) {
        out.push_str(&text[from..secret.from]);
        out.push_str(&format!("[{} was here]", secret.kind.as_str()));
        from = secret.to;
    }
    out.push_str(&text[from..]);
    out
}

type Places = Vec<(usize, usize, SecretKind)>;

fn private_keys(text: &str, found: &mut Places) {
    for (from, begin) in text.match_indices("-----BEGIN ") {
        let rest = &text[from + begin.len()..];
        let Some(end) = rest.find("-----").filter(|end| *end < 40) else { continue };
        if !rest[..end].ends_with("PRIVATE KEY") && !rest[..end].ends_with("PRIVATE KEY BLOCK") {
            continue;
        }
        let body = &rest[end + 5..];
        let body = &body[..body.floor_char_boundary(KEY_MAX)];
        let to = body.find("-----END").unwrap_or(body.len());
        // A line that only names such a block has nothing behind it.
        let key = body[..to].bytes().filter(|c| c.is_ascii_alphanumeric()).count();
        if key >= 40 {
            let base = from + begin.len() + end + 5;
            found.push((from, base + to, SecretKind::PrivateKey));
        }
    }
}

fn beginnings(text: &str, found: &mut Places) {
    let bytes = text.as_bytes();
    for (beginning, kind, letters, least) in BEGINNINGS {
        for (from, _) in text.match_indices(beginning) {
            if from > 0 && (bytes[from - 1].is_ascii_alphanumeric() || matches!(bytes[from - 1], b'_' | b'-')) {
                continue;
            }
            let start = from + beginning.len();
            let length = bytes[start..].iter().take_while(|c| letters.have(**c)).count();
            let key = &text[start..start + length];
            let exact = !matches!(letters, Letters::Upper) || length == *least || *least > 16;
            if length >= *least && exact && is_random(key) {
                found.push((from, start + length, *kind));
            }
        }
    }
}

fn web_tokens(text: &str, found: &mut Places) {
    let bytes = text.as_bytes();
    for (from, _) in text.match_indices("eyJ") {
        if from > 0 && Letters::Dotted.have(bytes[from - 1]) {
            continue;
        }
        let length = bytes[from..].iter().take_while(|c| Letters::Dotted.have(**c)).count();
        let token = text[from..from + length].trim_end_matches('.');
        let parts: Vec<&str> = token.split('.').collect();
        // Without its signature it opens nothing.
        if let [head, claims, signature] = parts[..]
            && head.len() >= 12
            && claims.len() >= 12
            && signature.len() >= 20
            && is_random(signature)
        {
            found.push((from, from + token.len(), SecretKind::Jwt));
        }
    }
}

fn addresses(text: &str, found: &mut Places) {
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '?'))
            .unwrap_or(rest.len());
        let Some((who, _)) = rest[..end].rsplit_once('@') else { continue };
        let Some((user, password)) = who.split_once(':') else { continue };
        let plain = password.len() < 6 || password.eq_ignore_ascii_case(user) || is_placeholder(password);
        let word = password.chars().all(|c| c.is_ascii_lowercase()) && password.len() < 12;
        if !plain && !word {
            let from = at + 3 + user.len() + 1;
            found.push((from, from + password.len(), SecretKind::Address));
        }
    }
}

fn headers(text: &str, found: &mut Places) {
    let lower = text.to_ascii_lowercase();
    for word in ["bearer ", "basic "] {
        for (at, _) in lower.match_indices(word) {
            let from = at + word.len();
            let length = text[from..]
                .bytes()
                .take_while(|c| Letters::Dotted.have(*c) || matches!(c, b'+' | b'/' | b'='))
                .count();
            let value = &text[from..from + length];
            // `Basic` is also a word; as a header it follows its name.
            let named = word == "bearer " || lower[..at].trim_end().ends_with("authorization:");
            if named && length >= 16 && is_random(value) && has_digit_and_letter(value) {
                found.push((from, from + length, SecretKind::Header));
            }
        }
    }
}

fn assigned(text: &str, found: &mut Places) {
    let bytes = text.as_bytes();
    for (at, sign) in text.match_indices(['=', ':']) {
        // `==`, `=>`, `::` and `:=` with something else behind assign nothing.
        if matches!(bytes.get(at + 1), Some(b'=' | b'>' | b':' | b'/'))
            || (sign == "=" && at > 0 && matches!(bytes[at - 1], b'=' | b'!' | b'<' | b'>'))
        {
            continue;
        }
        let before = text[..at].trim_end_matches([' ', '"', '\'', '\t', ':']);
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .map_or(0, |it| it + before[it..].chars().next().map_or(1, char::len_utf8));
        let name = before[start..].to_ascii_lowercase();
        if !NAMES.iter().any(|secret| name.ends_with(secret)) {
            continue;
        }
        let rest = &text[at + 1..];
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let (quote, begin) = match rest[skipped..].chars().next() {
            Some(quote @ ('"' | '\'' | '`')) => (Some(quote), at + 1 + skipped + 1),
            _ => (None, at + 1 + skipped),
        };
        let ends = |c: char| {
            quote.map_or_else(
                || c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\''),
                |quote| c == quote || c == '\n',
            )
        };
        let near = &text[begin..text.floor_char_boundary(begin + 4 * VALUE_MAX)];
        let length = near.find(ends).unwrap_or(near.len());
        let value = near[..length].trim_end_matches(['.', ')']);
        if is_secret_value(value, quote.is_some()) {
            found.push((begin, begin + value.len(), SecretKind::Assigned));
        }
    }
}

/// Whether what stands behind the name of a secret is one, and not a word, a type or code that fetches it.
fn is_secret_value(value: &str, quoted: bool) -> bool {
    let length = value.chars().count();
    if !(8..=VALUE_MAX).contains(&length) || is_placeholder(value) || value.contains(char::is_whitespace) {
        return false;
    }
    if value.contains("://") || (!quoted && value.contains(['(', ')', '[', ']', '{', '}', '<', '>'])) {
        return false;
    }
    let kinds = kinds_of_letters(value);
    let has_digit = value.bytes().any(|c| c.is_ascii_digit());
    // Names of files, variables and versions: words and numbers between joints.
    let words = value.split(['/', '.', '_', '-', ':', '@']).filter(|word| !word.is_empty());
    let like_words = words.clone().all(|word| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits == word.len()
            || (digits <= 2
                && word.trim_end_matches(|c: char| c.is_ascii_digit()).chars().all(char::is_alphabetic)
                && !is_mixed(word))
    });
    if like_words && (words.count() > 1 || !has_digit) {
        return false;
    }
    has_digit && if length < 12 { kinds >= 3 } else { entropy(value) >= 3.0 && kinds >= 2 }
}

/// Upper and lower case as no word has them.
fn is_mixed(word: &str) -> bool {
    let changes =
        word.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    changes >= 3
}

fn kinds_of_letters(value: &str) -> usize {
    let has = |what: fn(&u8) -> bool| usize::from(value.as_bytes().iter().any(what));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) + has(u8::is_ascii_punctuation)
}

fn has_digit_and_letter(value: &str) -> bool {
    value.bytes().any(|c| c.is_ascii_digit()) && value.bytes().any(|c| c.is_ascii_alphabetic())
}

fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.starts_with(['$', '<', '{', '%', '*'])
        || PLACEHOLDERS.iter().any(|word| lower.contains(word))
        || value.contains("${")
        || value.contains("{{")
}

/// Whether a key is one, and not what a manual shows in its place.
fn is_random(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let shown = ["example", "xxxx", "your", "0000", "1111", "placeholder", "redacted", "abcdefgh", "12345678"];
    entropy(key) >= 2.8 && !shown.iter().any(|word| lower.contains(word)) && key.bytes().any(|c| c.is_ascii_digit())
}

/// Bits per character.
fn entropy(value: &str) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let all = value.len() as f32;
    let part = |count: &u32| {
        let share = *count as f32 / all;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(part).sum()
}
