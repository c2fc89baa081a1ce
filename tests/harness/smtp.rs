//! SMTP by hand: one line out, one reply in. For tests that must see the wire as it is.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::wait::PATIENCE;

/// One plain connection to a loopback SMTP server.
#[derive(Debug)]
pub struct Smtp {
    reader: BufReader<TcpStream>,
}

/// A reply: its code, and its lines without code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Such as 250.
    pub code: u16,
    /// Text lines, one at least.
    pub lines: Vec<String>,
}

impl Smtp {
    /// Connects and reads the greeting.
    ///
    /// # Panics
    /// When nobody answers.
    pub fn connect(port: u16) -> (Smtp, Reply) {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the SMTP server answers");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut smtp = Smtp {
            reader: BufReader::new(stream),
        };
        let greeting = smtp.reply().expect("a greeting comes");
        (smtp, greeting)
    }

    /// Connects and logs in with `AUTH PLAIN`.
    ///
    /// # Panics
    /// When nobody answers, or the login is refused.
    pub fn logged_in(port: u16, user: &str, password: &str) -> Smtp {
        let (mut smtp, _greeting) = Smtp::connect(port);
        let reply = smtp.log_in(user, password);
        assert_eq!(reply.code, 235, "{reply:?}");
        smtp
    }

    /// Says hello and logs in with `AUTH PLAIN`; the reply to that.
    ///
    /// # Panics
    /// When it closes the connection instead.
    pub fn log_in(&mut self, user: &str, password: &str) -> Reply {
        self.ask("EHLO test.invalid").expect("EHLO is answered");
        let login = STANDARD.encode(format!("\0{user}\0{password}"));
        self.ask(&format!("AUTH PLAIN {login}"))
            .expect("AUTH is answered")
    }

    /// Sends one line and reads the reply; `None` when the server closed the connection instead.
    pub fn ask(&mut self, line: &str) -> Option<Reply> {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// Sends bytes and waits for nothing.
    pub fn send(&mut self, bytes: &[u8]) {
        let _the_reply_tells = self.reader.get_mut().write_all(bytes);
    }

    /// Reads one reply, however many lines it has.
    pub fn reply(&mut self) -> Option<Reply> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            let code = line.get(..3)?.parse().ok()?;
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Some(Reply { code, lines });
            }
        }
    }

    /// A whole transaction; gives the reply to the final dot, or the first refusal before it.
    ///
    /// `message` is sent as it is, its lines ending in CRLF, dots doubled where they must be.
    pub fn deliver(&mut self, from: &str, to: &[&str], message: &str) -> Option<Reply> {
        let mut lines = vec![
            "EHLO test.invalid".to_owned(),
            format!("MAIL FROM:<{from}>"),
        ];
        lines.extend(to.iter().map(|address| format!("RCPT TO:<{address}>")));
        lines.push("DATA".to_owned());
        for line in lines {
            let reply = self.ask(&line)?;
            if reply.code >= 400 {
                return Some(reply);
            }
        }
        for line in message.split_inclusive("\r\n") {
            if line.starts_with('.') {
                self.send(b".");
            }
            self.send(line.as_bytes());
        }
        self.ask(".")
    }
}
