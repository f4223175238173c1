//! Frames survive any cutting of the stream, and nonsense is refused without panic and without memory.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::pin::Pin;
use std::task::{Context, Poll};

use office_door::frame::{self, BYTES_MAX, CONTROL_MAX};
use office_door::{Frame, FrameError, FrameReader};
use proptest::prelude::*;
use tokio::io::{AsyncRead, ReadBuf};

/// Gives its bytes in pieces of the given sizes, each after a pause, so that a reader may be dropped between any two.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    sizes: Vec<usize>,
    turn: usize,
    pause: bool,
}

impl Pieces {
    fn new(bytes: Vec<u8>, sizes: Vec<usize>) -> Self {
        Self { bytes, at: 0, sizes, turn: 0, pause: true }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if std::mem::replace(&mut self.pause, false) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.pause = true;
        let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(usize::MAX).max(1);
        self.turn += 1;
        let end = self.at.saturating_add(size.min(out.remaining())).min(self.bytes.len());
        out.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

/// Reads all frames; every await is dropped once before it is waited for, as a `select!` would.
fn read_all(bytes: Vec<u8>, sizes: Vec<usize>) -> (Vec<Frame>, Option<FrameError>, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut reader = FrameReader::new(Pieces::new(bytes, sizes));
        let (mut frames, mut most) = (Vec::new(), 0);
        loop {
            let next = loop {
                let next = tokio::select! {
                    biased;
                    next = reader.next() => Some(next),
                    () = std::future::ready(()) => None,
                };
                most = most.max(reader.held());
                if let Some(next) = next {
                    break next;
                }
            };
            match next {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return (frames, None, most),
                Err(error) => return (frames, Some(error), most),
            }
        }
    })
}

fn some_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        "[ -~]{0,300}".prop_map(|text| Frame::Control(serde_json::to_vec(&text).unwrap())),
        (any::<u32>(), any::<u64>(), proptest::collection::vec(any::<u8>(), 0..400))
            .prop_map(|(stream, offset, bytes)| Frame::Bytes { stream, offset, bytes }),
    ]
}

fn written(frame: &Frame) -> Vec<u8> {
    match frame {
        Frame::Control(json) => frame::control(&frame::understand::<String>(json).unwrap()).unwrap(),
        Frame::Bytes { stream, offset, bytes } => frame::bytes(*stream, *offset, bytes).unwrap(),
    }
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_frames(
        frames in proptest::collection::vec(some_frame(), 0..12),
        sizes in proptest::collection::vec(1usize..50, 1..20),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(written).collect();
        let (read, error, _) = read_all(bytes, sizes);
        prop_assert!(error.is_none());
        prop_assert_eq!(read, frames);
    }

    #[test]
    fn a_stream_cut_anywhere_is_an_end_or_an_error(
        frames in proptest::collection::vec(some_frame(), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes: Vec<u8> = frames.iter().flat_map(written).collect();
        bytes.truncate(cut.index(bytes.len()));
        let whole = bytes.len();
        let (read, error, _) = read_all(bytes, vec![7]);
        let back: usize = read.iter().map(|frame| written(frame).len()).sum();
        prop_assert_eq!(&read[..], &frames[..read.len()]);
        prop_assert_eq!(error.is_some(), back != whole);
    }

    #[test]
    fn garbage_neither_panics_nor_takes_memory(
        bytes in proptest::collection::vec(any::<u8>(), 0..5000),
        sizes in proptest::collection::vec(1usize..500, 1..5),
    ) {
        let arrived = bytes.len();
        let (_, _, most) = read_all(bytes, sizes);
        prop_assert!(most <= 2 * arrived + 64 * 1024, "{most} held for {arrived}");
    }
}

#[test]
fn an_announced_length_alone_takes_no_memory() {
    let mut bytes = u32::try_from(CONTROL_MAX).unwrap().to_le_bytes().to_vec();
    bytes.push(0);
    bytes.extend([b' '; 100]);
    let (frames, error, most) = read_all(bytes, vec![1]);
    assert!(frames.is_empty() && matches!(error, Some(FrameError::Cut)));
    assert!(most < 64 * 1024, "{most}");
}

#[test]
fn limits_hold_on_both_sides() {
    assert!(matches!(frame::bytes(1, 0, &vec![0; BYTES_MAX + 1]), Err(FrameError::TooLong { .. })));
    assert!(matches!(frame::control(&"x".repeat(CONTROL_MAX)), Err(FrameError::TooLong { .. })));
    let longest = frame::bytes(1, 0, &vec![7; BYTES_MAX]).unwrap();
    assert!(read_all(longest, vec![1000]).1.is_none());
    let header = |length: u32, kind: u8| [&length.to_le_bytes()[..], &[kind]].concat();
    assert!(matches!(read_all(header(20 * 1024 * 1024 + 1, 0), vec![]).1, Some(FrameError::TooLong { .. })));
    assert!(matches!(read_all(header(64 * 1024 + 13, 1), vec![]).1, Some(FrameError::TooLong { .. })));
    assert!(matches!(read_all(header(0, 2), vec![]).1, Some(FrameError::UnknownKind(2))));
    assert!(matches!(read_all([header(5, 1), vec![0; 5]].concat(), vec![]).1, Some(FrameError::BadBytes)));
}
