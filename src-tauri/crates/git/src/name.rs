//! The names git knows things by: object ids, branches, people, dates. Each is checked when it is made,
//! so that no name can ever be taken for an option or a path. Deliberately not here: file paths.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{GitError, Result};

/// The name of an object: 40 (SHA-1) or 64 (SHA-256) lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid(Box<str>);

impl Oid {
    /// Takes exactly 40 or 64 lowercase hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex && (text.len() == 40 || text.len() == 64) {
            Ok(Self(text.into()))
        } else {
            Err(invalid("object id", text, "it must be 40 or 64 lowercase hexadecimal digits"))
        }
    }

    /// As [`Oid::parse`], from what git printed.
    pub(crate) fn parse_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(String::from_utf8_lossy(bytes).trim())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is this the all-zero id that stands for "nothing"?
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Oid {
    type Error = GitError;
    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> Self {
        oid.0.into()
    }
}

/// The hash a repository is built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectFormat {
    /// The usual 160 bits.
    Sha1,
    /// The newer 256 bits.
    Sha256,
}

impl ObjectFormat {
    /// The tree with nothing in it; git knows it without it being stored.
    pub(crate) fn empty_tree(self) -> &'static str {
        match self {
            Self::Sha1 => "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            Self::Sha256 => "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
        }
    }

    /// How many hexadecimal digits an id has.
    pub(crate) fn digits(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 => 64,
        }
    }
}

/// A branch by its short name, such as `main` or `office/12/fix-login`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Branch(String);

impl Branch {
    /// Takes a name that git accepts for a branch, and a little less: at most 200 bytes.
    pub fn parse(name: &str) -> Result<Self> {
        check_ref(name).map_err(|why| invalid("branch name", name, why))?;
        Ok(Self(name.to_owned()))
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full name, `refs/heads/...`.
    pub fn full(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Branch {
    type Error = GitError;
    fn try_from(name: String) -> Result<Self> {
        Self::parse(&name)
    }
}

impl From<Branch> for String {
    fn from(branch: Branch) -> Self {
        branch.0
    }
}

/// A ref of the office's own for one task, such as `refs/office/pins/12`.
pub(crate) fn office_ref(kind: &str, task: &str) -> Result<String> {
    check_ref(task).map_err(|why| invalid("task name", task, why))?;
    Ok(format!("refs/office/{kind}/{task}"))
}

/// The rules of `git check-ref-format` for what follows `refs/heads/`.
pub(crate) fn check_ref(name: &str) -> std::result::Result<(), &'static str> {
    if name.is_empty() || name.len() > 200 {
        return Err("it must have 1 to 200 bytes");
    }
    if name.starts_with('-') || name == "@" || name == "HEAD" {
        return Err("it reads like an option or like HEAD");
    }
    if name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c)) {
        return Err("it holds a space, a control character or one of ~^:?*[\\");
    }
    if name.contains("..") || name.contains("@{") || name.ends_with('.') {
        return Err("it holds `..` or `@{`, or ends in a dot");
    }
    if name.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.ends_with(".lock")) {
        return Err("one of its parts is empty, starts with a dot or ends in .lock");
    }
    Ok(())
}

/// Whose name stands on a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    name: String,
    email: String,
}

impl Identity {
    /// Takes a name and an address; neither may hold what would end a header line.
    pub fn new(name: &str, email: &str) -> Result<Self> {
        let clean = |s: &str| !s.trim().is_empty() && !s.chars().any(|c| c.is_control() || c == '<' || c == '>');
        if !clean(name) {
            return Err(invalid("name of a person", name, "it is empty or holds <, > or a control character"));
        }
        if !clean(email) {
            return Err(invalid("e-mail address", email, "it is empty or holds <, > or a control character"));
        }
        Ok(Self { name: name.trim().to_owned(), email: email.trim().to_owned() })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The e-mail address.
    pub fn email(&self) -> &str {
        &self.email
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// A moment as git writes it. Given by the caller, so that the same inputs give the same commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitDate {
    /// Seconds since 1970 in UTC.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

impl CommitDate {
    /// A moment in UTC.
    pub fn utc(seconds: i64) -> Self {
        Self { seconds, offset_minutes: 0 }
    }
}

impl fmt::Display for CommitDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.unsigned_abs();
        write!(f, "{} {sign}{:02}{:02}", self.seconds.max(0), minutes / 60, minutes % 60)
    }
}

fn invalid(kind: &'static str, name: &str, why: &'static str) -> GitError {
    let name = name.chars().take(100).collect();
    GitError::InvalidName { kind, name, why }
}
