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

/// Octets of a message read at once.
const READ_OCTETS: usize = 16 * 1024;
/// Octets of commands read at once: most lines fit.
const LITTLE_OCTETS: usize = 512;

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
    /// `patience` is for the whole line: octets that trickle in do not begin it anew.
    pub async fn line(&mut self, patience: Duration) -> Result<(Vec<u8>, bool), Silence> {
        if let Some(line) = self.whole_line()? {
            return Ok(line);
        }
        self.flush().await?;
        let coming = async {
            loop {
                self.read_a_little().await?;
                if let Some(line) = self.whole_line()? {
                    return Ok(line);
                }
            }
        };
        timeout(patience, coming)
            .await
            .unwrap_or(Err(Silence::TooSlow))
    }

    /// A line that has come in whole.
    fn whole_line(&mut self) -> Result<Option<(Vec<u8>, bool)>, Silence> {
        let Some(end) = memchr::memchr(b'\n', &self.input) else {
            return match self.input.len() > COMMAND_OCTETS_MAX {
                true => Err(Silence::TooLong),
                false => Ok(None),
            };
        };
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
        Ok(Some((line, ended && clean)))
    }

    /// Waits for input where it may be long in coming: a thousand idle connections keep no more
    /// than this each.
    async fn read_a_little(&mut self) -> Result<(), Silence> {
        self.input.shrink_to_fit();
        let mut little = [0; LITTLE_OCTETS];
        let count = self.io.read(&mut little).await?;
        match little.get(..count) {
            None | Some([]) => Err(Silence::Gone),
            Some(read) => {
                self.input.extend_from_slice(read);
                Ok(())
            }
        }
    }

    /// What has come in and is not read yet.
    pub fn input(&mut self) -> &mut Vec<u8> {
        &mut self.input
    }

    /// Sends the replies, then waits for more of a message.
    pub async fn more(&mut self, patience: Duration) -> Result<(), Silence> {
        self.flush().await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_that_trickles_in_has_the_time_of_one_line() {
        let (mut client, door) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(door));
        let trickling = async {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(50)).await;
            }
        };
        let begun = tokio::time::Instant::now();
        let line = tokio::select! {
            line = wire.line(Duration::from_secs(60)) => line,
            () = trickling => panic!("the door hung up"),
        };
        assert!(matches!(line, Err(Silence::TooSlow)), "{line:?}");
        assert_eq!(begun.elapsed().as_secs(), 60);
    }

    #[tokio::test]
    async fn an_idle_connection_keeps_no_buffer_of_what_was_read_before() {
        let (mut client, door) = tokio::io::duplex(READ_OCTETS);
        let mut wire = Wire::new(Box::new(door));
        client.write_all(&[b'x'; READ_OCTETS]).await.unwrap();
        wire.more(Duration::from_secs(9)).await.unwrap();
        wire.input().clear();
        assert!(wire.input.capacity() >= READ_OCTETS);
        let waiting = timeout(Duration::from_millis(1), wire.line(Duration::from_secs(9)));
        assert!(waiting.await.is_err());
        assert_eq!(wire.input.capacity(), 0);
        // Lines longer than what is read at once, and several at once, come in whole.
        let long = format!("{}\r\nNOOP\r\n", "y".repeat(3 * LITTLE_OCTETS));
        client.write_all(long.as_bytes()).await.unwrap();
        let (line, clean) = wire.line(Duration::from_secs(9)).await.unwrap();
        assert_eq!((line.len(), clean), (3 * LITTLE_OCTETS, true));
        let (line, clean) = wire.line(Duration::from_secs(9)).await.unwrap();
        assert_eq!((line, clean), (b"NOOP".to_vec(), true));
    }
}
