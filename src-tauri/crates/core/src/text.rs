//! Limits on what people and agents may write, each with its way out.

use crate::refusal::{Code, Refusal};

/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest body, note or summary, in bytes.
pub const BODY_MAX: usize = 256 * 1024;

/// A title: one line, not empty, at most [`TITLE_MAX`] characters.
pub fn title(text: &str) -> Result<String, Refusal> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Refusal::invalid("the title is empty", "give the task a title of a few words"));
    }
    if trimmed.chars().count() > TITLE_MAX {
        return Err(Refusal::new(
            Code::Limit,
            format!("the title has {} characters; at most {TITLE_MAX} are allowed", trimmed.chars().count()),
            "keep the title short and put the rest into the body (`--body` or `--body-file`)",
        ));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(Refusal::invalid("the title holds control characters or several lines", "write it as one line"));
    }
    Ok(trimmed.to_owned())
}

/// A longer text: at most [`BODY_MAX`] bytes, no NUL.
pub fn body(what: &str, text: &str) -> Result<String, Refusal> {
    if text.len() > BODY_MAX {
        return Err(Refusal::new(
            Code::Limit,
            format!("the {what} has {} bytes; at most {BODY_MAX} are allowed", text.len()),
            "commit long material to the repository and name the file",
        ));
    }
    if text.contains('\0') {
        return Err(Refusal::invalid(format!("the {what} holds NUL bytes"), "remove them"));
    }
    Ok(text.to_owned())
}

/// A name of a desk or project: 1 to 40 letters, digits, `-`, `_` or `.`, beginning with a letter or digit.
pub fn name(what: &str, text: &str) -> Result<(), Refusal> {
    let fits = (1..=40).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && text.chars().next().is_some_and(char::is_alphanumeric);
    if fits {
        Ok(())
    } else {
        Err(Refusal::invalid(
            format!("'{}' is no name for a {what}", text.chars().take(60).collect::<String>()),
            "use 1 to 40 letters, digits, '-', '_' or '.', beginning with a letter or digit",
        ))
    }
}

/// A title as a branch name's last part: lower case ASCII words joined by '-', at most 40 characters.
pub fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "task".to_owned() } else { slug.to_owned() }
}
