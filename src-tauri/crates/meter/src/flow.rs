//! An answer on its way through: each piece goes on as it comes, and is read in passing. Its end, or that it broke off, settles
//! the call; that nothing comes for a while is said.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::account::TroubleKind;
use crate::call::Call;
use crate::read::Reader;

/// An answer that is metered.
pub(crate) struct Flow {
    from: Incoming,
    reader: Reader,
    call: Call,
    silence: Duration,
    quiet: Pin<Box<tokio::time::Sleep>>,
    said_quiet: bool,
    over: bool,
}

impl Flow {
    pub(crate) fn new(from: Incoming, reader: Reader, call: Call, silence: Duration) -> Self {
        let quiet = Box::pin(tokio::time::sleep(silence));
        Self { from, reader, call, silence, quiet, said_quiet: false, over: false }
    }

    fn settle(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.reader.end();
            self.call.over(&self.reader);
        }
    }
}

impl Body for Flow {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let flow = self.get_mut();
        match Pin::new(&mut flow.from).poll_frame(cx) {
            Poll::Ready(next) => {
                flow.quiet.as_mut().reset(tokio::time::Instant::now() + flow.silence);
                if std::mem::take(&mut flow.said_quiet) {
                    flow.call.book().all_well();
                }
                match &next {
                    Some(Ok(frame)) => {
                        if let Some(data) = frame.data_ref() {
                            flow.reader.feed(data);
                        }
                        // Not polled again where a length was given: then this is how the end shows.
                        if flow.from.is_end_stream() {
                            flow.settle();
                        }
                    }
                    Some(Err(_)) => {
                        flow.settle();
                        flow.call.book().trouble(TroubleKind::Unreachable, None, None);
                    }
                    None => flow.settle(),
                }
                Poll::Ready(next)
            }
            Poll::Pending => {
                if !flow.said_quiet && flow.quiet.as_mut().poll(cx).is_ready() {
                    flow.said_quiet = true;
                    flow.call.book().trouble(TroubleKind::Silent, None, None);
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over && self.from.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.from.size_hint()
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.settle();
    }
}
