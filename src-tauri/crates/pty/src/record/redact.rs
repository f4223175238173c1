//! Masks secret values in a stream before it goes to disk, also where a value is split between reads.
//! Masks have the same length, so that offsets stay true. A value that the program itself breaks up (line wraps,
//! colour codes, an encoding) is not recognised.

use memchr::memmem;

use crate::spec::MIN_SECRET;

/// The state between two reads.
pub(super) struct Redactor {
    secrets: Vec<memmem::Finder<'static>>,
    /// Bytes held back because a secret may begin there, as they were...
    original: Vec<u8>,
    /// ...and as they will be written.
    masked: Vec<u8>,
}

impl Redactor {
    /// `None` if there is nothing to look for.
    pub(super) fn new(secrets: &[String]) -> Option<Self> {
        let mut values: Vec<Vec<u8>> = Vec::new();
        for secret in secrets.iter().map(String::as_bytes).filter(|s| s.len() >= MIN_SECRET) {
            values.push(secret.to_vec());
            if secret.contains(&b'\n') {
                // A terminal turns line feeds into carriage return and line feed.
                let mut crlf = Vec::new();
                for &byte in secret {
                    if byte == b'\n' && crlf.last() != Some(&b'\r') {
                        crlf.push(b'\r');
                    }
                    crlf.push(byte);
                }
                values.push(crlf);
            }
        }
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return None;
        }
        let secrets = values.iter().map(|v| memmem::Finder::new(v).into_owned()).collect();
        Some(Self { secrets, original: Vec::new(), masked: Vec::new() })
    }

    /// Takes the next bytes and appends to `out` what is safe to write.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.original.extend_from_slice(bytes);
        self.masked.extend_from_slice(bytes);
        for secret in &self.secrets {
            let len = secret.needle().len();
            let mut from = 0;
            while let Some(found) = secret.find(&self.original[from..]) {
                let at = from + found;
                self.masked[at..at + len].fill(b'*');
                // Occurrences may overlap; the next may begin one byte on.
                from = at + 1;
            }
        }
        let keep = self.secrets.iter().map(|s| begun(&self.original, s.needle())).max().unwrap_or(0);
        let ready = self.original.len() - keep;
        out.extend_from_slice(&self.masked[..ready]);
        self.original.drain(..ready);
        self.masked.drain(..ready);
    }

    /// Hands out what was held back; a long beginning of a secret is masked, for its rest could be guessed.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.original.len() >= MIN_SECRET {
            self.masked.fill(b'*');
        }
        out.append(&mut self.masked);
        self.original.clear();
    }
}

/// The length of the longest end of `bytes` that is a true beginning of `secret`.
fn begun(bytes: &[u8], secret: &[u8]) -> usize {
    let longest = (secret.len() - 1).min(bytes.len());
    (1..=longest).rev().find(|&len| bytes.ends_with(&secret[..len])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(secrets: &[&str], chunks: &[&[u8]]) -> Vec<u8> {
        let secrets: Vec<String> = secrets.iter().map(|s| (*s).to_owned()).collect();
        let mut redactor = Redactor::new(&secrets).unwrap();
        let mut out = Vec::new();
        for chunk in chunks {
            redactor.push(chunk, &mut out);
        }
        redactor.finish(&mut out);
        out
    }

    #[test]
    fn values_are_masked_whole_split_overlapping_and_with_line_ends_changed() {
        assert_eq!(run(&["hunter2hunter"], &[b"a hunter2hu", b"nter b"]), b"a ************* b");
        assert_eq!(run(&["abcdabcd"], &[b"abcdabcdabcd!"]), b"************!");
        assert_eq!(run(&["line-one\nline-two"], &[b"x line-one\r", b"\nline-two y"]), b"x ****************** y");
        assert_eq!(run(&["sk-12345678", "5678-and-more"], &[b"sk-1234", b"5678-and-more"]), b"********************");
    }

    #[test]
    fn a_beginning_alone_is_not_masked_unless_it_gives_most_away() {
        assert_eq!(run(&["hunter2hunter"], &[b"hunt"]), b"hunt");
        assert_eq!(run(&["hunter2hunter"], &[b"hunter2hunte"]), b"************");
        assert!(Redactor::new(&["short".to_owned()]).is_none());
    }

    proptest! {
        #[test]
        fn no_cut_lets_a_value_through(text in "(x|ab|secretab|secretabab| ){0,40}", cuts in prop::collection::vec(any::<usize>(), 0..8)) {
            let mut ends: Vec<usize> = cuts.iter().map(|c| c % (text.len() + 1)).collect();
            ends.sort_unstable();
            let mut chunks = Vec::new();
            let mut at = 0;
            for end in ends { chunks.push(&text.as_bytes()[at..end]); at = end; }
            chunks.push(&text.as_bytes()[at..]);
            let out = run(&["secretab"], &chunks);
            prop_assert_eq!(out.len(), text.len());
            prop_assert!(memmem::find(&out, b"secretab").is_none());
            let whole = run(&["secretab"], &[text.as_bytes()]);
            prop_assert_eq!(out, whole);
        }
    }
}
