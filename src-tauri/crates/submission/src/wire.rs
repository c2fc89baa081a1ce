//! One connection: lines in, replies out. Replies are sent when the client has nothing more on the
//! way, so that a pipelining client (RFC 2920) gets them together.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::limits::{COMMAND_OCTETS_MAX, REPLY_TIME_MAX};
use crate::reply::Reply;

/// A plain or encrypted connection.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Io for T {}

/// Octets read at once.
const READ_OCTETS: usize = 16 * 1024;

/// The two directions.
pub(crate) struct Wire {
    io: Box<dyn Io>,
    input: Vec<u8>,
    output: Vec<u8>,
}

/// Why no line came.
#[derive(Debug)]
pub(crate) enum Silence {
    /// The client is gone, or the connection broke.
    Gone,
    /// Nothing came in time.
    TooSlow,
    /// A line over [`COMMAND_OCTETS_MAX`].
    TooLong,
}

impl From<io::Error> for Silence {
    fn from(_: io::Error) -> Self {
        Silence::Gone
    }
}

impl Wire {
    pub fn new(io: Box<dyn Io>) -> Self {
        Wire {
            io,
            input: Vec::new(),
            output: Vec::new(),
        }
    }

    /// Queues a reply.
    pub fn say(&mut self, reply: &Reply) {
        reply.write(&mut self.output);
    }

    /// The next line without its CRLF, and whether CRLF, and no other CR or NUL, is what it has.
    pub async fn line(&mut self, patience: Duration) -> Result<(Vec<u8>, bool), Silence> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.input) {
                let mut line: Vec<u8> = self.input.drain(..=end).collect();
                line.pop();
                let ended = line.last() == Some(&b'\r');
                if ended {
                    line.pop();
                }
                if line.len() > COMMAND_OCTETS_MAX {
                    return Err(Silence::TooLong);
                }
                let clean = !line.iter().any(|byte| matches!(byte, b'\r' | 0));
                return Ok((line, ended && clean));
            }
            if self.input.len() > COMMAND_OCTETS_MAX {
                return Err(Silence::TooLong);
            }
            self.more(patience).await?;
        }
    }

    /// What has come in and is not read yet.
    pub fn input(&mut self) -> &mut Vec<u8> {
        &mut self.input
    }

    /// Sends the replies, then waits for more input.
    pub async fn more(&mut self, patience: Duration) -> Result<(), Silence> {
        self.flush().await?;
        // A buffer of its own per wait: a thousand idle connections hold none.
        let before = self.input.len();
        self.input.reserve(READ_OCTETS);
        let read = timeout(patience, self.io.read_buf(&mut self.input)).await;
        match read {
            Err(_) => Err(Silence::TooSlow),
            Ok(Ok(count)) if count > 0 => Ok(()),
            Ok(Ok(_) | Err(_)) => {
                self.input.truncate(before);
                Err(Silence::Gone)
            }
        }
    }

    /// Sends the replies.
    pub async fn flush(&mut self) -> Result<(), Silence> {
        if self.output.is_empty() {
            return Ok(());
        }
        let sent = timeout(REPLY_TIME_MAX, async {
            self.io.write_all(&self.output).await?;
            self.io.flush().await
        });
        sent.await.map_err(|_| Silence::TooSlow)??;
        self.output.clear();
        Ok(())
    }

    /// Sends the replies and says goodbye to the transport.
    pub async fn close(mut self) {
        // Whoever does not listen any more misses nothing.
        let _ = self.flush().await;
        let _ = timeout(REPLY_TIME_MAX, self.io.shutdown()).await;
    }

    /// The connection itself, for TLS to take over. What the client sent ahead is thrown away: it
    /// came in the clear, and could be somebody else's (RFC 3207, section 6).
    pub async fn into_io(mut self) -> Result<Box<dyn Io>, Silence> {
        self.flush().await?;
        Ok(self.io)
    }
}
