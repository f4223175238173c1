//! A place in all that a terminal ever printed, as the wire writes it: a number that every side holds exactly, the page's
//! doubles included. What is beyond that is refused, never rounded.

use serde::{Deserialize, Serialize};
use specta::Type;

/// An absolute offset in bytes, below 2^53.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, Type)]
#[serde(into = "u64", try_from = "u64")]
#[specta(type = u32)]
pub struct Offset(u64);

impl Offset {
    /// The first that a double cannot tell from its neighbours.
    const END: u64 = 1 << 53;

    /// The offset, as long as the wire can carry it: nine petabytes.
    pub fn new(bytes: u64) -> Option<Self> {
        (bytes < Self::END).then_some(Self(bytes))
    }

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl From<Offset> for u64 {
    fn from(offset: Offset) -> Self {
        offset.0
    }
}

impl TryFrom<u64> for Offset {
    type Error = String;
    fn try_from(bytes: u64) -> Result<Self, Self::Error> {
        Self::new(bytes)
            .ok_or_else(|| format!("{bytes} is no place in a terminal's output: at most 2^53 - 1 bytes are"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_beyond_four_gigabytes_cross_the_wire_exactly_and_what_a_double_cannot_hold_is_refused() {
        for bytes in [0, 1 << 32, (1 << 32) + 7, (1 << 53) - 1] {
            let text = serde_json::to_string(&Offset::new(bytes).unwrap()).unwrap();
            assert_eq!(text, bytes.to_string());
            assert_eq!(serde_json::from_str::<Offset>(&text).unwrap().bytes(), bytes);
        }
        for wrong in ["9007199254740992", "-1", "1.5", "\"7\"", "1e3"] {
            assert!(serde_json::from_str::<Offset>(wrong).is_err(), "{wrong}");
        }
    }
}
