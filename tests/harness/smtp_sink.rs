//! An SMTP server that does as it is told: accepts, refuses, stalls, or hangs up at a chosen moment.
//!
//! It remembers every message whose final dot it saw, acknowledged or not, so a test can say
//! "delivered once, or openly uncertain". Plain TCP on a free loopback port; `AUTH` takes anything
//! unless told otherwise.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::wait::{PATIENCE, until};

/// What the sink does with one message (or, for [`Act::Greet`], with one connection).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Takes it.
    Accept,
    /// Says this instead of a greeting and hangs up: `"554 5.7.1 go away"`, or nonsense.
    Greet(String),
    /// Answers `AUTH` with this line, as `"535 5.7.8 wrong password"`.
    RefuseAuth(String),
    /// Answers `MAIL` with this line, as `"451 4.3.0 try later"`.
    RefuseMail(String),
    /// Answers `RCPT` with this line where the recipient contains the first text (`""`: every one).
    RefuseRcpt(String, String),
    /// Answers `DATA` with this line.
    RefuseData(String),
    /// Reads the whole message, then answers the final dot with this line.
    RefuseMessage(String),
    /// Never answers `MAIL` while the connection lasts.
    HangAtMail,
    /// Hangs up when `MAIL` comes.
    DropAtMail,
    /// Says 354, reads the first line of the message, and hangs up: nothing was accepted.
    DropInData,
    /// Reads the final dot, keeps the message, and hangs up without an answer: nobody can know.
    DropAfterDot,
    /// Waits this long before answering the final dot with 250.
    AcceptAfter(Duration),
    /// Reads the final dot, keeps the message, and never answers while the connection lasts.
    HangAfterDot,
}

/// One message whose final dot arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// The reverse path, without angle brackets.
    pub mail_from: String,
    /// The accepted recipients, in order.
    pub rcpt_to: Vec<String>,
    /// The exact bytes, dots undone, CRLF kept.
    pub bytes: Vec<u8>,
    /// Whether the sink wrote a 250 to the final dot.
    pub acknowledged: bool,
}

impl Caught {
    /// The value of the first `Message-ID`, brackets kept; empty when there is none.
    pub fn message_id(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("message-id"))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Memory {
    next: VecDeque<Act>,
    always: Option<Act>,
    caught: Vec<Caught>,
    commands: Vec<String>,
    open: BTreeMap<usize, TcpStream>,
    connections: usize,
}

/// The server; dropping it closes every connection and frees the port.
#[derive(Debug)]
pub struct SmtpSink {
    port: u16,
    memory: Arc<Mutex<Memory>>,
    closing: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl SmtpSink {
    /// A sink that accepts everything until told otherwise.
    pub fn start() -> SmtpSink {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let port = listener.local_addr().unwrap().port();
        let memory = Arc::new(Mutex::new(Memory::default()));
        let closing = Arc::new(AtomicBool::new(false));
        let (shared, stop) = (Arc::clone(&memory), Arc::clone(&closing));
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || converse(stream, &shared));
            }
        });
        SmtpSink {
            port,
            memory,
            closing,
            listening: Some(listening),
        }
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next messages meet these acts, one each; afterwards the standing act holds again.
    pub fn then(&self, acts: impl IntoIterator<Item = Act>) {
        self.memory.lock().unwrap().next.extend(acts);
    }

    /// Every message from now on meets this act (acts given to [`SmtpSink::then`] come first).
    pub fn always(&self, act: Act) {
        self.memory.lock().unwrap().always = Some(act);
    }

    /// Everything caught so far, in order of arrival.
    pub fn caught(&self) -> Vec<Caught> {
        self.memory.lock().unwrap().caught.clone()
    }

    /// How often each Message-ID arrived in full.
    pub fn count_by_message_id(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for caught in self.caught() {
            *counts.entry(caught.message_id()).or_insert(0) += 1;
        }
        counts
    }

    /// Waits until this many messages arrived.
    ///
    /// # Panics
    /// When they have not after [`PATIENCE`].
    pub fn wait_for(&self, count: usize) -> Vec<Caught> {
        until(
            &format!("{count} messages at the SMTP sink"),
            PATIENCE,
            || Some(self.caught()).filter(|caught| caught.len() >= count),
        )
    }

    /// Every command line received, `AUTH` payloads included, message bytes not.
    pub fn commands(&self) -> Vec<String> {
        self.memory.lock().unwrap().commands.clone()
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.memory.lock().unwrap().connections
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let _wakes_the_listener = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listening) = self.listening.take() {
            let _ended = listening.join();
        }
        if let Ok(memory) = self.memory.lock() {
            for stream in memory.open.values() {
                let _closed_already = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

/// One connection from greeting to end. `None` from the inner talk means: hang up.
fn converse(stream: TcpStream, memory: &Mutex<Memory>) {
    let (number, greeting) = {
        let mut memory = memory.lock().unwrap();
        memory.connections += 1;
        let number = memory.connections;
        memory.open.insert(number, stream.try_clone().unwrap());
        let told = memory
            .next
            .front()
            .cloned()
            .or_else(|| memory.always.clone());
        let greeting = match told {
            Some(Act::Greet(line)) => {
                if matches!(memory.next.front(), Some(Act::Greet(_))) {
                    memory.next.pop_front();
                }
                Err(line)
            }
            _ => Ok("220 sink.invalid ESMTP"),
        };
        (number, greeting)
    };
    stream.set_nodelay(true).unwrap();
    let mut wire = Wire {
        reader: BufReader::new(stream),
    };
    match greeting {
        Ok(line) => {
            let _over = wire.say(line).and_then(|()| talk(&mut wire, memory));
        }
        Err(line) => {
            let _over = wire.say(&line);
        }
    }
    let _closed_already = wire.reader.get_ref().shutdown(Shutdown::Both);
    memory.lock().unwrap().open.remove(&number);
}

struct Wire {
    reader: BufReader<TcpStream>,
}

impl Wire {
    fn say(&mut self, line: &str) -> Option<()> {
        self.reader
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())
            .ok()
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line).ok()?;
        (read > 0).then_some(line)
    }
}

fn talk(wire: &mut Wire, memory: &Mutex<Memory>) -> Option<()> {
    let mut act = Act::Accept;
    let mut mail_from = String::new();
    let mut rcpt_to: Vec<String> = Vec::new();
    loop {
        let line = String::from_utf8_lossy(&wire.line()?).trim_end().to_owned();
        memory.lock().unwrap().commands.push(line.clone());
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                wire.say("250-sink.invalid")?;
                wire.say("250-8BITMIME")?;
                wire.say("250-SMTPUTF8")?;
                wire.say("250-PIPELINING")?;
                wire.say("250-ENHANCEDSTATUSCODES")?;
                wire.say("250-SIZE 52428800")?;
                wire.say("250 AUTH PLAIN LOGIN XOAUTH2")?;
            }
            "AUTH" => authenticate(wire, memory, &line)?,
            "MAIL" => {
                act = next_act(memory);
                mail_from = path_in(&line);
                rcpt_to.clear();
                match &act {
                    Act::RefuseMail(reply) => wire.say(reply)?,
                    Act::HangAtMail => {
                        while wire.line().is_some() {}
                        return None;
                    }
                    Act::DropAtMail => return None,
                    _ => wire.say("250 2.1.0 ok")?,
                }
            }
            "RCPT" => {
                let path = path_in(&line);
                match &act {
                    Act::RefuseRcpt(part, reply) if path.contains(part.as_str()) => {
                        wire.say(reply)?;
                    }
                    _ => {
                        rcpt_to.push(path);
                        wire.say("250 2.1.5 ok")?;
                    }
                }
            }
            "DATA" if rcpt_to.is_empty() => wire.say("554 5.5.1 no valid recipients")?,
            "DATA" => {
                if let Act::RefuseData(reply) = &act {
                    wire.say(reply)?;
                    continue;
                }
                wire.say("354 go on")?;
                let bytes = read_message(wire, &act)?;
                let caught = Caught {
                    mail_from: std::mem::take(&mut mail_from),
                    rcpt_to: std::mem::take(&mut rcpt_to),
                    bytes,
                    acknowledged: false,
                };
                finish(wire, memory, &act, caught)?;
            }
            "RSET" => {
                rcpt_to.clear();
                wire.say("250 2.0.0 ok")?;
            }
            "QUIT" => {
                wire.say("221 2.0.0 bye")?;
                return None;
            }
            "HELO" | "NOOP" | "VRFY" => wire.say("250 2.0.0 ok")?,
            _ => wire.say("502 5.5.2 not here")?,
        }
    }
}

fn next_act(memory: &Mutex<Memory>) -> Act {
    let mut memory = memory.lock().unwrap();
    let told = memory.next.pop_front().or_else(|| memory.always.clone());
    told.unwrap_or(Act::Accept)
}

/// The address between angle brackets.
fn path_in(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(path, _)| path.to_owned()).unwrap_or_default()
}

/// `AUTH` is answered before `MAIL`, so a refusal is read from the front of the plan.
fn authenticate(wire: &mut Wire, memory: &Mutex<Memory>, line: &str) -> Option<()> {
    let words = line.split_whitespace().count();
    let login = line.to_ascii_uppercase().starts_with("AUTH LOGIN");
    let mut answers = if login { 2 } else { 1 };
    answers -= words.saturating_sub(2).min(answers);
    for _ in 0..answers {
        wire.say("334 ")?;
        let answer = String::from_utf8_lossy(&wire.line()?).trim_end().to_owned();
        memory.lock().unwrap().commands.push(answer);
    }
    let refusal = {
        let mut memory = memory.lock().unwrap();
        match (memory.next.front().cloned(), memory.always.clone()) {
            (Some(Act::RefuseAuth(reply)), _) => {
                memory.next.pop_front();
                Some(reply)
            }
            (None, Some(Act::RefuseAuth(reply))) => Some(reply),
            _ => None,
        }
    };
    wire.say(refusal.as_deref().unwrap_or("235 2.7.0 welcome"))
}

fn read_message(wire: &mut Wire, act: &Act) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let line = wire.line()?;
        if *act == Act::DropInData {
            return None;
        }
        match line.as_slice() {
            b".\r\n" => return Some(bytes),
            [b'.', rest @ ..] => bytes.extend_from_slice(rest),
            _ => bytes.extend_from_slice(&line),
        }
    }
}

/// Answers the final dot. The message is remembered before the answer is written: a client that
/// dies on reading it must find the sink already knows.
fn finish(wire: &mut Wire, memory: &Mutex<Memory>, act: &Act, caught: Caught) -> Option<()> {
    let keep = |acknowledged: bool| {
        let mut memory = memory.lock().unwrap();
        memory.caught.push(Caught {
            acknowledged,
            ..caught.clone()
        });
    };
    match act {
        Act::RefuseMessage(reply) => wire.say(reply),
        Act::DropAfterDot => {
            keep(false);
            None
        }
        Act::HangAfterDot => {
            keep(false);
            while wire.line().is_some() {}
            None
        }
        Act::AcceptAfter(delay) => {
            keep(true);
            std::thread::sleep(*delay);
            wire.say("250 2.0.0 taken, slowly")
        }
        _ => {
            keep(true);
            wire.say("250 2.0.0 taken")
        }
    }
}
