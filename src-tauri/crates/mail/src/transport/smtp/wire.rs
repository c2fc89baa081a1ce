//! The bytes to and from a server: whole replies in, whole lines out, nothing without a time limit.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::reply::{self, LINE_OCTETS_MAX, REPLY_OCTETS_MAX, Reply};

/// A TCP or TLS stream.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// One connection.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    /// Read and not yet understood.
    pending: Vec<u8>,
}

/// Why a reply did not come or a line did not go.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nothing within the limit.
    Silent(Duration),
    /// The other side closed or reset the connection.
    Closed,
    /// The operating system's word for it.
    Broken(std::io::Error),
    /// Bytes came that are no reply; their beginning.
    Garbage(String),
}

/// One TLS record's worth: how much is written before the clock starts anew.
const BLOCK_OCTETS: usize = 16 * 1024;

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Wire {
            stream,
            pending: Vec::new(),
        }
    }

    /// The bare stream again, for STARTTLS. What was read ahead is thrown away: it came before the
    /// encryption, so anybody may have put it there (RFC 3207, section 6).
    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Writes everything, each block within the limit, and sees that it leaves.
    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Trouble> {
        for block in bytes.chunks(BLOCK_OCTETS) {
            within(limit, self.stream.write_all(block)).await?;
        }
        within(limit, self.stream.flush()).await
    }

    /// The next whole reply, within the limit.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Trouble> {
        timeout(limit, self.whole_reply())
            .await
            .unwrap_or(Err(Trouble::Silent(limit)))
    }

    /// What the server says unasked: a reply, or that it left. `None` if it is quietly there.
    pub(super) async fn unasked(&mut self) -> Option<Result<Reply, Trouble>> {
        if self.pending.is_empty() {
            // A limit of zero still looks once.
            match timeout(Duration::ZERO, self.fill()).await {
                Err(_) => return None,
                Ok(Err(trouble)) => return Some(Err(trouble)),
                Ok(Ok(())) => {}
            }
        }
        Some(self.reply(Duration::from_secs(1)).await)
    }

    async fn whole_reply(&mut self) -> Result<Reply, Trouble> {
        let mut lines = Vec::new();
        let mut octets = 0;
        loop {
            let bytes = self.line().await?;
            octets += bytes.len();
            let Some(line) = reply::line(&bytes) else {
                return Err(Trouble::Garbage(sample(&bytes)));
            };
            lines.push(line.text);
            if line.last {
                return Ok(Reply {
                    code: line.code,
                    lines,
                });
            }
            if octets > REPLY_OCTETS_MAX {
                return Err(Trouble::Garbage(format!(
                    "a reply over {REPLY_OCTETS_MAX} octets"
                )));
            }
        }
    }

    /// The next line without its line break; a bare LF is taken too, as every client does.
    async fn line(&mut self) -> Result<Vec<u8>, Trouble> {
        loop {
            if let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.pending.len() > LINE_OCTETS_MAX {
                return Err(Trouble::Garbage(sample(&self.pending)));
            }
            if let Err(trouble) = self.fill().await {
                // A banner without a line break is still the best hint to what answered.
                return Err(match trouble {
                    Trouble::Closed if !self.pending.is_empty() => {
                        Trouble::Garbage(sample(&self.pending))
                    }
                    other @ (Trouble::Closed
                    | Trouble::Silent(_)
                    | Trouble::Broken(_)
                    | Trouble::Garbage(_)) => other,
                });
            }
        }
    }

    /// Reads what is there, at least one octet.
    async fn fill(&mut self) -> Result<(), Trouble> {
        let mut block = [0_u8; 2048];
        let read = self.stream.read(&mut block).await.map_err(Trouble::from)?;
        if read == 0 {
            return Err(Trouble::Closed);
        }
        self.pending.extend(block.iter().take(read));
        Ok(())
    }
}

/// A write within a limit.
async fn within(
    limit: Duration,
    step: impl Future<Output = std::io::Result<()>>,
) -> Result<(), Trouble> {
    match timeout(limit, step).await {
        Err(_) => Err(Trouble::Silent(limit)),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(())) => Ok(()),
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let gone = [
            K::ConnectionReset,
            K::ConnectionAborted,
            K::BrokenPipe,
            K::UnexpectedEof,
        ];
        if gone.contains(&error.kind()) {
            Trouble::Closed
        } else {
            Trouble::Broken(error)
        }
    }
}

/// The beginning of strange bytes, for a sentence.
fn sample(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|c| !c.is_control() && *c != '`')
        .take(60)
        .collect()
}
