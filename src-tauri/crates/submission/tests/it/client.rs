//! An engine with its SMTP door open, and a client that says one line at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{AccountKind, Address, Agent, Level, SubmissionId, Timestamp};
use engine::{AskRate, Budget, Engine, ManualClock, SeededIds};
use submission::{Certificate, Options, Shares};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The mailbox there is.
pub const MAILBOX: &str = "ann@example.com";
/// Longer than any reply should take, shorter than anybody waits for a test.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Desk {
    pub engine: Engine,
    pub agent: Agent,
    pub token: String,
    pub at: SocketAddr,
    /// Dropped, it shuts the door.
    pub close: oneshot::Sender<()>,
}

/// An agent of this level in front of an open door.
pub async fn desk(level: Level) -> Desk {
    desk_with(level, AskRate::default(), None).await
}

pub async fn desk_with(level: Level, rate: AskRate, certificate: Option<Certificate>) -> Desk {
    let options = Options {
        budget: Budget::new(rate),
        certificate,
        shares: Shares::default(),
    };
    desk_of(level, options).await
}

pub async fn desk_of(level: Level, options: Options) -> Desk {
    let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(now));
    let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
    let address: Address = MAILBOX.parse().unwrap();
    engine
        .add_mailbox(address.clone(), None, AccountKind::Rehearsal, None)
        .await
        .unwrap();
    let (agent, token) = engine
        .add_agent("helper", &address, level, None)
        .await
        .unwrap();
    let bound = submission::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let at = bound.address();
    let (close, closed) = oneshot::channel::<()>();
    let serving = engine.clone();
    tokio::spawn(async move {
        bound
            .serve(serving, options, async {
                let _ = closed.await;
            })
            .await;
    });
    Desk {
        engine,
        agent,
        token,
        at,
        close,
    }
}

impl Desk {
    /// A client that has read the greeting.
    pub async fn client(&self) -> Client {
        let mut client = Client::over(TcpStream::connect(self.at).await.unwrap());
        assert!(client.reply().await.starts_with("220 "));
        client
    }

    /// A client that is logged in.
    pub async fn logged_in(&self) -> Client {
        let mut client = self.client().await;
        client.log_in(&self.token).await;
        client
    }

    /// A second agent of the same mailbox; its token.
    pub async fn another(&self, name: &str, level: Level) -> String {
        let mailbox = MAILBOX.parse().unwrap();
        let made = self.engine.add_agent(name, &mailbox, level, None);
        made.await.unwrap().1
    }

    /// The bytes that would leave.
    pub async fn sealed(&self, id: SubmissionId) -> String {
        let (sealed, _) = self.engine.message(id, None).await.unwrap();
        String::from_utf8(sealed.bytes).unwrap()
    }

    /// How many submissions there are.
    pub async fn count(&self) -> usize {
        let all = engine::ListFilter::default();
        self.engine.list(all, None, 500).await.unwrap().rows.len()
    }
}

/// One connection.
pub struct Client<S = TcpStream> {
    pub stream: BufReader<S>,
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Client<S> {
    pub fn over(stream: S) -> Self {
        Client {
            stream: BufReader::new(stream),
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
        self.stream.get_mut().flush().await.unwrap();
    }

    /// One reply, all of its lines; empty if the door hung up.
    pub async fn reply(&mut self) -> String {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await;
            if read.expect("a reply in time").unwrap_or(0) == 0 {
                return said;
            }
            said.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return said;
            }
        }
    }

    pub async fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// Everything until the door hangs up.
    pub async fn rest(&mut self) -> String {
        let mut said = String::new();
        let read = timeout(PATIENCE, self.stream.read_to_string(&mut said)).await;
        let _gone_is_gone = read.expect("the door hangs up in time");
        said
    }

    pub async fn log_in(&mut self, token: &str) {
        let reply = self.log_in_as(MAILBOX, token).await;
        assert!(reply.starts_with("235 2.7.0 "), "{reply}");
    }

    /// The reply to a login.
    pub async fn log_in_as(&mut self, user: &str, token: &str) -> String {
        assert!(self.ask("EHLO client.example").await.starts_with("250"));
        self.ask(&format!("AUTH PLAIN {}", plain(user, token)))
            .await
    }

    /// A whole message; the reply to its final dot, or the first refusal before.
    pub async fn deliver(&mut self, to: &[&str], message: &str) -> String {
        let mut lines = vec![format!("MAIL FROM:<{MAILBOX}>")];
        lines.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
        lines.push("DATA".to_owned());
        for line in lines {
            let reply = self.ask(&line).await;
            if !reply.starts_with(['2', '3']) {
                return reply;
            }
        }
        let stuffed = message.replace("\r\n.", "\r\n..");
        self.send(stuffed.as_bytes()).await;
        self.ask(".").await
    }
}

/// A login in the words of `AUTH PLAIN`.
pub fn plain(user: &str, token: &str) -> String {
    STANDARD.encode(format!("\0{user}\0{token}"))
}

/// The id in a reply.
pub fn id(reply: &str) -> SubmissionId {
    let start = reply
        .find("sub_")
        .unwrap_or_else(|| panic!("no id in {reply}"));
    let text: String = reply[start..]
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    text.parse().unwrap()
}

/// A plain letter with headers of its own on top.
pub fn letter(headers: &str) -> String {
    format!(
        "From: Ann <{MAILBOX}>\r\nTo: Bob <bob@x.example>\r\nSubject: Hello\r\n{headers}\r\nHello Bob.\r\n.A dot.\r\n"
    )
}
