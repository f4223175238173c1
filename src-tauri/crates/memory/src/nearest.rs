//! The documents whose points are nearest to that of a query. The points of a segment are taken into memory when it is first
//! asked and lie there one after the other: looking at each is then faster than any cleverness, up to millions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::index::SegmentId;
use tantivy::{DocAddress, Searcher, SegmentReader, TantivyError};

use crate::meaning::{LENGTH, Point};
use crate::schema::{Kind, POINT, SORT};

/// The points of the segments that were asked.
#[derive(Default)]
pub(crate) struct Nearest(Mutex<HashMap<SegmentId, Arc<Points>>>);

/// The points of one segment, by document.
struct Points {
    sorts: Vec<u8>,
    parts: Vec<i8>,
}

impl Nearest {
    /// So many documents of these kinds (all, if none is named) that are so near at least, the nearest first.
    pub(crate) fn to(
        &self,
        searcher: &Searcher,
        point: &Point,
        kinds: &[Kind],
        (most, near): (usize, f32),
    ) -> tantivy::Result<Vec<DocAddress>> {
        let wanted = |sort: u8| kinds.is_empty() || kinds.iter().any(|kind| kind.sort() == sort);
        let wanted: Vec<bool> = (0..=u8::MAX).map(wanted).collect();
        let mut found: Vec<(i32, DocAddress)> = Vec::new();
        let near = Point::dot_of(near);
        let mut least = near;
        for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
            let points = self.of(segment)?;
            let alive = segment.alive_bitset();
            let docs = (0..).zip(points.parts.chunks_exact(LENGTH).zip(&points.sorts));
            for (doc, (parts, sort)) in docs {
                let dot = point.dot(parts);
                if dot > least && wanted[usize::from(*sort)] && alive.is_none_or(|alive| alive.is_alive(doc)) {
                    found.push((dot, DocAddress::new(ordinal, doc)));
                    if found.len() >= most * 8 {
                        least = cut(&mut found, most).max(near);
                    }
                }
            }
        }
        cut(&mut found, most);
        Ok(found.into_iter().map(|it| it.1).collect())
    }

    /// How near a document is: 1 means the same, 0 has nothing in common.
    pub(crate) fn share(&self, searcher: &Searcher, point: &Point, at: DocAddress) -> tantivy::Result<f32> {
        let points = self.of(searcher.segment_reader(at.segment_ord))?;
        let from = at.doc_id as usize * LENGTH;
        Ok(points.parts.get(from..from + LENGTH).map_or(0.0, |parts| point.share(parts)))
    }

    fn of(&self, segment: &SegmentReader) -> tantivy::Result<Arc<Points>> {
        let id = segment.segment_id();
        if let Some(known) = self.known().get(&id) {
            return Ok(known.clone());
        }
        let points = Arc::new(Points::read(segment)?);
        self.known().insert(id, points.clone());
        Ok(points)
    }

    /// Forgets the segments that are no more.
    pub(crate) fn keep(&self, searcher: &Searcher) {
        let there: Vec<SegmentId> = searcher.segment_readers().iter().map(SegmentReader::segment_id).collect();
        self.known().retain(|id, _| there.contains(id));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<SegmentId, Arc<Points>>> {
        // What is in it is read again when it is not there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Points {
    fn read(segment: &SegmentReader) -> tantivy::Result<Points> {
        let docs = segment.max_doc() as usize;
        let sorts = segment.fast_fields().u64(SORT)?;
        let mut kinds = vec![0_u64; docs];
        sorts.values.get_range(0, &mut kinds);
        let packed = segment.fast_fields().u64(POINT)?;
        let mut eights = vec![0_u64; docs * LENGTH / 8];
        if packed.values.num_vals() as usize != eights.len() {
            return Err(TantivyError::InternalError("a document has no point".to_owned()));
        }
        packed.values.get_range(0, &mut eights);
        let parts = eights.iter().flat_map(|eight| eight.to_le_bytes()).map(u8::cast_signed).collect();
        Ok(Points { sorts: kinds.iter().map(|kind| *kind as u8).collect(), parts })
    }
}

/// Leaves the nearest, in order, and says how near the last of them is.
fn cut(found: &mut Vec<(i32, DocAddress)>, most: usize) -> i32 {
    found.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(most);
    if found.len() < most { 0 } else { found.last().map_or(0, |it| it.0) }
}
