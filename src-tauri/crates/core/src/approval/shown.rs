//! How a held command is spelled for a person: one line that a shell would read back as the same words, with nothing in it
//! that could make it look like another command.

use crate::approval::Approval;

/// Characters of a command or need that a desk's evidence shows.
const GLANCE: usize = 100;

/// The words in one line, quoted where needed; control and invisible characters are spelled out.
pub fn shown(argv: &[String]) -> String {
    argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// What a desk that waits for an answer is seen to do.
pub fn evidence(approval: &Approval) -> String {
    format!("asks to run: {}", glance(&approval.shown))
}

/// The beginning of a text, as far as one glance goes.
pub fn glance(text: &str) -> String {
    let mut glance: String = text.chars().take(GLANCE).collect();
    if text.chars().nth(GLANCE).is_some() {
        glance.push('…');
    }
    glance
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.chars().any(hides) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for c in word.chars() {
        match c {
            '\n' => out.push_str(r"\n"),
            '\t' => out.push_str(r"\t"),
            '\r' => out.push_str(r"\r"),
            '\\' => out.push_str(r"\\"),
            '\'' => out.push_str(r"\'"),
            c if hides(c) && u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if hides(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Whether a character moves the cursor, turns the direction of writing, or cannot be seen at all.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xa0 | 0xad
                | 0x34f
                | 0x61c
                | 0x115f..=0x1160
                | 0x17b4..=0x17b5
                | 0x180b..=0x180f
                | 0x2000..=0x200f
                | 0x2028..=0x202f
                | 0x205f..=0x206f
                | 0x3000
                | 0x3164
                | 0xfe00..=0xfe0f
                | 0xfeff
                | 0xffa0
                | 0xfff0..=0xfffb
                | 0xe0000..=0xe0fff
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(argv: &[&str]) -> String {
        shown(&argv.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_plain_command_is_shown_as_it_is_typed() {
        assert_eq!(line(&["git", "push", "origin", "main"]), "git push origin main");
        assert_eq!(line(&["sh", "-c", "rm -rf $HOME; echo"]), "sh -c 'rm -rf $HOME; echo'");
        assert_eq!(line(&["say", "it's", ""]), r"say 'it'\''s' ''");
    }

    #[test]
    fn nothing_in_it_can_hide_or_move_what_is_read() {
        assert_eq!(line(&["echo", "safe\r\x1b[2Krm -rf /"]), r"echo $'safe\r\u001b[2Krm -rf /'");
        assert_eq!(line(&["a\u{202e}b", "c\u{200b}d", "e\u{e0041}f"]), r"$'a\u202eb' $'c\u200bd' $'e\U000e0041f'");
        assert_eq!(line(&["one\ntwo"]), r"$'one\ntwo'");
    }
}
