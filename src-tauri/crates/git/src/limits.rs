//! How much a desk may hand over at once.

/// Bounds on what one collection takes. What is over a bound is refused, never cut.
#[derive(Debug, Clone)]
pub struct Limits {
    /// New objects (files, folders, commits).
    pub objects: usize,
    /// Bytes of new objects as they are stored.
    pub object_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all new objects, unpacked.
    pub unpacked_bytes: u64,
    /// New commits.
    pub commits: usize,
    /// Files that are not committed.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            objects: 200_000,
            object_bytes: 2 << 30,
            file_bytes: 512 << 20,
            unpacked_bytes: 4 << 30,
            commits: 5_000,
            files: 100_000,
        }
    }
}

impl Limits {
    pub(crate) fn objects_text(&self) -> String {
        format!("{} objects or {} MiB", self.objects, self.object_bytes >> 20)
    }
}
