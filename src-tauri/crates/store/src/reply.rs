//! An answer that arrives once its transaction is on disk.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::StoreError;

/// The answer to a write: await it in a task, or [`Reply::wait`] for it on a thread.
///
/// It arrives after COMMIT, never before. Dropping it does not undo the write.
#[must_use = "the write happens either way, but only the reply says whether it did"]
pub struct Reply<T>(Source<T>);

enum Source<T> {
    Ready(Option<Result<T, StoreError>>),
    Coming(oneshot::Receiver<Left<T>>),
}

/// What a finished operation leaves behind.
pub(crate) struct Left<T> {
    pub answer: Result<T, StoreError>,
    /// What it was made of: a message with its files. Whoever asked lets go of it, since nobody
    /// waits for them, and everybody waits for the writer.
    pub spent: Box<dyn Send>,
}

impl<T> Left<T> {
    fn answer(self) -> Result<T, StoreError> {
        drop(self.spent);
        self.answer
    }
}

// Nothing in it is self-referential: the answer is moved out, never pointed into.
impl<T> Unpin for Reply<T> {}

impl<T> Reply<T> {
    /// An answer that is already known, such as a refusal before the queue.
    pub(crate) fn ready(answer: Result<T, StoreError>) -> Self {
        Reply(Source::Ready(Some(answer)))
    }

    pub(crate) fn coming(receiver: oneshot::Receiver<Left<T>>) -> Self {
        Reply(Source::Coming(receiver))
    }

    /// Blocks until the answer is there. Not for async tasks: those await.
    pub fn wait(self) -> Result<T, StoreError> {
        match self.0 {
            Source::Ready(answer) => answer.unwrap_or(Err(StoreError::Closed)),
            Source::Coming(receiver) => receiver
                .recv()
                .map_or(Err(StoreError::Closed), Left::answer),
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Source::Ready(answer) => Poll::Ready(answer.take().unwrap_or(Err(StoreError::Closed))),
            Source::Coming(receiver) => Pin::new(receiver)
                .poll(context)
                .map(|left| left.map_or(Err(StoreError::Closed), Left::answer)),
        }
    }
}
