//! Output kept within a cap: its beginning and its end, because that is where commands say what went wrong.

/// Head and tail of an output of any length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capture {
    /// The first bytes; all of them if the output fits.
    pub head: Vec<u8>,
    /// The last bytes, if the output does not fit.
    pub tail: Vec<u8>,
    /// Length of the whole output in bytes.
    pub total: u64,
}

impl Capture {
    /// Bytes between head and tail that were not kept.
    pub fn left_out(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }

    /// As text, with a line where something was left out; what is not UTF-8 shows as U+FFFD.
    pub fn to_lossy(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.left_out() > 0 {
            text.push_str(&format!("\n[... {} bytes left out ...]\n", self.left_out()));
        }
        text.push_str(&String::from_utf8_lossy(&self.tail));
        text
    }
}

/// Takes output of any length in memory of the cap's size.
pub(crate) struct Keeper {
    head: Vec<u8>,
    head_cap: usize,
    tail: Vec<u8>,
    tail_cap: usize,
    /// Where in the full tail the next byte goes.
    at: usize,
    total: u64,
}

impl Keeper {
    pub(crate) fn new(cap: usize) -> Self {
        let head_cap = cap / 2;
        Self { head: Vec::new(), head_cap, tail: Vec::new(), tail_cap: cap - head_cap, at: 0, total: 0 }
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = (self.head_cap - self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        bytes = &bytes[room..];
        if bytes.len() > self.tail_cap {
            bytes = &bytes[bytes.len() - self.tail_cap..];
        }
        let room = (self.tail_cap - self.tail.len()).min(bytes.len());
        self.tail.extend_from_slice(&bytes[..room]);
        bytes = &bytes[room..];
        while !bytes.is_empty() {
            let take = (self.tail_cap - self.at).min(bytes.len());
            self.tail[self.at..self.at + take].copy_from_slice(&bytes[..take]);
            self.at = (self.at + take) % self.tail_cap;
            bytes = &bytes[take..];
        }
    }

    pub(crate) fn finish(mut self) -> Capture {
        self.tail.rotate_left(self.at);
        let mut capture = Capture { head: self.head, tail: self.tail, total: self.total };
        if capture.left_out() == 0 {
            capture.head.append(&mut capture.tail);
        }
        capture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_capture_is_the_whole_or_its_two_ends(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12), cap in 0usize..64) {
            let mut keeper = Keeper::new(cap);
            chunks.iter().for_each(|c| keeper.push(c));
            let all = chunks.concat();
            let kept = keeper.finish();
            prop_assert_eq!(kept.total, all.len() as u64);
            if all.len() <= cap {
                prop_assert_eq!(&kept.head, &all);
                prop_assert!(kept.tail.is_empty());
            } else {
                prop_assert_eq!(kept.head.len() + kept.tail.len(), cap);
                prop_assert!(all.starts_with(&kept.head) && all.ends_with(&kept.tail));
            }
        }
    }
}
