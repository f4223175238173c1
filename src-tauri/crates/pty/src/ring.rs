//! The newest output of a session in memory, addressed by absolute offsets.
//! No locks and no waiting here; see `session` and `view`.

/// Bytes at absolute offsets `start()..end()`; pushing beyond the capacity forgets the oldest.
pub(crate) struct Ring {
    bytes: Vec<u8>,
    capacity: usize,
    end: u64,
}

impl Ring {
    /// An empty ring; memory is taken as output comes, so that a hundred quiet sessions cost little.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { bytes: Vec::new(), capacity: capacity.max(4096), end: 0 }
    }

    /// Offset of the oldest byte held.
    pub(crate) fn start(&self) -> u64 {
        self.end - self.bytes.len() as u64
    }

    /// Offset after the newest byte: all output so far.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Appends output.
    pub(crate) fn push(&mut self, mut data: &[u8]) {
        if data.len() > self.capacity {
            let skip = data.len() - self.capacity;
            self.end += skip as u64;
            // Whatever is held will be overwritten; positions follow from `end` alone.
            self.bytes.resize(self.capacity, 0);
            data = &data[skip..];
        }
        let room = self.capacity - self.bytes.len();
        if room > 0 {
            // Not full yet: position in the vector and offset grow together from 0.
            let take = room.min(data.len());
            self.bytes.extend_from_slice(&data[..take]);
            self.end += take as u64;
            data = &data[take..];
        }
        while !data.is_empty() {
            let at = (self.end % self.capacity as u64) as usize;
            let take = (self.capacity - at).min(data.len());
            self.bytes[at..at + take].copy_from_slice(&data[..take]);
            self.end += take as u64;
            data = &data[take..];
        }
    }

    /// Copies at most `max` bytes from `offset`, which must lie within `start()..=end()`.
    pub(crate) fn copy(&self, offset: u64, max: usize) -> Vec<u8> {
        debug_assert!(offset >= self.start() && offset <= self.end);
        let wanted = usize::try_from(self.end.saturating_sub(offset)).unwrap_or(usize::MAX).min(max);
        let mut out = Vec::with_capacity(wanted);
        let mut from = offset;
        while out.len() < wanted {
            let at = (from % self.capacity as u64) as usize;
            let take = (self.bytes.len() - at).min(wanted - out.len());
            out.extend_from_slice(&self.bytes[at..at + take]);
            from += take as u64;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_ring_holds_exactly_the_newest_bytes(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9000), 0..12)) {
            let mut ring = Ring::new(4096);
            let mut all = Vec::new();
            for chunk in &chunks {
                ring.push(chunk);
                all.extend_from_slice(chunk);
                prop_assert_eq!(ring.end(), all.len() as u64);
                prop_assert_eq!(ring.start() as usize, all.len().saturating_sub(4096));
                let start = ring.start() as usize;
                prop_assert_eq!(ring.copy(ring.start(), usize::MAX), &all[start..]);
                let mid = start + (all.len() - start) / 2;
                prop_assert_eq!(ring.copy(mid as u64, 100), &all[mid..all.len().min(mid + 100)]);
            }
        }
    }
}
