//! The 48 bytes before each frame of a recording: a zstd skippable frame with our own content, little endian.
//! Only the layout is here.

/// Length of a header in bytes.
pub(crate) const LEN: usize = 48;
/// Where in the header the two fields stand that are filled in when the frame is closed.
pub(crate) const CLOSE_AT: u64 = 32;
/// The format's version.
pub(crate) const VERSION: u16 = 1;

const SKIPPABLE: u32 = 0x184D_2A5E;
const NAME: &[u8; 4] = b"OFCR";

/// What a frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Absolute offset of the first output byte in it.
    pub(crate) offset: u64,
    /// Microseconds after the start of the session at which it began.
    pub(crate) micros: u64,
    /// Bytes of the zstd frame that follows; 0 while it is open.
    pub(crate) len: u64,
    /// Absolute offset after its last output byte; 0 while it is open.
    pub(crate) end: u64,
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoHeader {
    /// Not ours, or damaged.
    Foreign,
    /// Ours, of a newer version.
    Newer(u16),
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[0..4].copy_from_slice(&SKIPPABLE.to_le_bytes());
        out[4..8].copy_from_slice(&(LEN as u32 - 8).to_le_bytes());
        out[8..12].copy_from_slice(NAME);
        out[12..14].copy_from_slice(&VERSION.to_le_bytes());
        out[16..24].copy_from_slice(&self.offset.to_le_bytes());
        out[24..32].copy_from_slice(&self.micros.to_le_bytes());
        out[32..40].copy_from_slice(&self.len.to_le_bytes());
        out[40..48].copy_from_slice(&self.end.to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8; LEN]) -> Result<Self, NoHeader> {
        let number = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        if bytes[0..4] != SKIPPABLE.to_le_bytes() || &bytes[8..12] != NAME {
            return Err(NoHeader::Foreign);
        }
        let version = u16::from_le_bytes([bytes[12], bytes[13]]);
        if version > VERSION {
            return Err(NoHeader::Newer(version));
        }
        Ok(Self { offset: number(16), micros: number(24), len: number(32), end: number(40) })
    }
}
