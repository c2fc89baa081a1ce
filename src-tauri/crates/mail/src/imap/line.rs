//! The stream IMAP is spoken over: plain or encrypted, as the settings say, and never silent for
//! long while something is awaited.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::transport::smtp::wire::Stream;

/// How long a server may say nothing while it is listened to, and take nothing while it is told. A large message over a slow line
/// takes as long as it takes; one that stands still does not come any more.
pub(crate) const SILENCE: Duration = Duration::from_secs(120);

/// A TCP or TLS stream with a face for debugging, which the client asks for.
pub(crate) struct Line {
    stream: Box<dyn Stream>,
    /// Runs while a read waits.
    silence: Option<Pin<Box<Sleep>>>,
    /// Runs while a write waits.
    deafness: Option<Pin<Box<Sleep>>>,
}

impl Line {
    pub(crate) fn over(stream: Box<dyn Stream>) -> Line {
        Line {
            stream,
            silence: None,
            deafness: None,
        }
    }
}

/// What a stream did, or an error once it has done nothing for too long.
fn patiently<T>(
    waited: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
    done: Poll<io::Result<T>>,
    what: &str,
) -> Poll<io::Result<T>> {
    if done.is_ready() {
        *waited = None;
        return done;
    }
    let wait = waited.get_or_insert_with(|| Box::pin(sleep(SILENCE)));
    match wait.as_mut().poll(cx) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(()) => {
            *waited = None;
            let text = format!("it has {what} nothing for {} seconds", SILENCE.as_secs());
            Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, text)))
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let line = &mut *self;
        let read = Pin::new(&mut line.stream).poll_read(cx, buf);
        patiently(&mut line.silence, cx, read, "said")
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = &mut *self;
        // Something new is asked: a wait that was given up before is no silence of the answer.
        line.silence = None;
        let written = Pin::new(&mut line.stream).poll_write(cx, bytes);
        patiently(&mut line.deafness, cx, written, "taken")
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = &mut *self;
        let flushed = Pin::new(&mut line.stream).poll_flush(cx);
        patiently(&mut line.deafness, cx, flushed, "taken")
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_comes_slowly_comes_and_what_stands_still_ends() {
        let (near, mut far) = duplex(64);
        let mut line = Line::over(Box::new(near));
        let trickle = async {
            for _ in 0..5 {
                sleep(SILENCE - Duration::from_secs(1)).await;
                far.write_all(b"x").await.unwrap();
            }
            // Kept open, and silent.
            far
        };
        let reading = async {
            let mut five = [0; 5];
            line.read_exact(&mut five).await.unwrap();
            line.read_u8().await
        };
        let (_far, ended) = tokio::join!(trickle, reading);
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_taken_slowly_is_taken_and_who_takes_nothing_is_left() {
        let (near, mut far) = duplex(4);
        let mut line = Line::over(Box::new(near));
        let slow = async {
            let mut four = [0; 4];
            for _ in 0..4 {
                sleep(SILENCE - Duration::from_secs(1)).await;
                far.read_exact(&mut four).await.unwrap();
            }
            // Kept open, and read no more.
            far
        };
        let telling = async {
            line.write_all(&[b'x'; 20]).await.unwrap();
            line.write_all(&[b'x'; 20]).await
        };
        let (_far, ended) = tokio::join!(slow, telling);
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
