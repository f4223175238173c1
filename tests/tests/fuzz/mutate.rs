//! Inputs made of others by chance: bytes changed, pieces cut, doubled, swapped and put in, words of the language among them. The
//! same seed makes the same inputs on every machine.

/// A sequence of chances (xorshift64*).
pub struct Chance(u64);

/// FNV-1a, for the names of files.
pub fn hash(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Longer inputs say nothing that shorter ones do not.
const LONGEST: usize = 8 * 1024;

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap_or(0)
    }

    fn piece(&mut self, of: &[u8]) -> Vec<u8> {
        let start = self.below(of.len() + 1);
        let longest = (of.len() - start).min(64);
        of[start..start + self.below(longest + 1)].to_vec()
    }

    /// An input made of these.
    pub fn input(&mut self, seeds: &[Vec<u8>], words: &[&[u8]]) -> Vec<u8> {
        let mut input = seeds.get(self.below(seeds.len())).cloned().unwrap_or_default();
        for _ in 0..=self.below(6) {
            let at = self.below(input.len() + 1);
            match self.below(8) {
                0 if !input.is_empty() => {
                    let at = self.below(input.len());
                    input[at] ^= 1 << self.below(8);
                }
                1 if !input.is_empty() => {
                    let at = self.below(input.len());
                    input[at] = [0, 1, 0x7f, 0x80, 0xff, b'\n', b'"', b'\\'][self.below(8)];
                }
                2 => {
                    let cut = at + self.below((input.len() - at).min(64) + 1);
                    input.drain(at..cut);
                }
                3 => {
                    let piece = self.piece(&input);
                    input.splice(at..at, piece);
                }
                4 => {
                    let other = seeds.get(self.below(seeds.len())).cloned().unwrap_or_default();
                    let piece = self.piece(&other);
                    input.splice(at..at, piece);
                }
                5 if !words.is_empty() => {
                    let times = if self.below(20) == 0 { 1 + self.below(40) } else { 1 };
                    let word = words[self.below(words.len())].repeat(times);
                    input.splice(at..at, word);
                }
                6 => input.truncate(at),
                _ => input.insert(at, u8::try_from(self.below(256)).unwrap_or(0)),
            }
        }
        input.truncate(LONGEST);
        input
    }
}
