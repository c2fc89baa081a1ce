//! A wire that loses answers: what is asked arrives, and what is answered does not come back.
//!
//! Stands in front of an HTTP door, one request per connection. Where an answer is to be lost, the
//! request is passed on whole, the answer is read to its end and kept, and the visitor waits until
//! it gives up, or is hung up on. That is what a retry must survive.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The wire; dropping it frees the port.
#[derive(Debug)]
pub struct LossyWire {
    port: u16,
    to_lose: Arc<Mutex<ToLose>>,
    lost: Arc<Mutex<Vec<String>>>,
    closing: Arc<AtomicBool>,
}

/// Which answers are lost, and how.
#[derive(Debug, Default)]
struct ToLose {
    left: usize,
    /// Only those that say this.
    word: &'static str,
    hangs_up: bool,
}

impl LossyWire {
    /// In front of the door at `url`, as in `http://127.0.0.1:7411`.
    pub fn before(url: &str) -> LossyWire {
        let door = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let wire = LossyWire {
            port: listener.local_addr().unwrap().port(),
            to_lose: Arc::default(),
            lost: Arc::default(),
            closing: Arc::default(),
        };
        let (to_lose, lost) = (Arc::clone(&wire.to_lose), Arc::clone(&wire.lost));
        let closing = Arc::clone(&wire.closing);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if closing.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (door, lost) = (door.clone(), Arc::clone(&lost));
                let to_lose = Arc::clone(&to_lose);
                std::thread::spawn(move || {
                    // A visitor that hangs up is the point of this page.
                    let _ = carry(stream, &door, &to_lose, &lost);
                });
            }
        });
        wire
    }

    /// Where visitors knock.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next `n` answers are lost.
    pub fn lose(&self, n: usize) {
        self.lose_saying("", n);
    }

    /// The next `n` answers that say `word` are lost.
    pub fn lose_saying(&self, word: &'static str, n: usize) {
        *self.to_lose.lock().unwrap() = ToLose {
            left: n,
            word,
            hangs_up: false,
        };
    }

    /// In place of the next `n` answers that say `word` the visitor is hung up on.
    pub fn hang_up_instead_of(&self, word: &'static str, n: usize) {
        self.lose_saying(word, n);
        self.to_lose.lock().unwrap().hangs_up = true;
    }

    /// The answers that were given and did not arrive.
    pub fn lost(&self) -> Vec<String> {
        self.lost.lock().unwrap().clone()
    }
}

impl Drop for LossyWire {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn carry(
    mut visitor: TcpStream,
    door: &str,
    to_lose: &Mutex<ToLose>,
    lost: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut from_visitor = BufReader::new(visitor.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if from_visitor.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if lower.starts_with("host:") {
            line = format!("Host: {door}\r\n");
        }
        if lower.starts_with("connection:") {
            continue;
        }
        if line == "\r\n" {
            head.push_str("Connection: close\r\n\r\n");
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    from_visitor.read_exact(&mut body)?;
    let mut upstream = TcpStream::connect(door)?;
    upstream.write_all(head.as_bytes())?;
    upstream.write_all(&body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let said = String::from_utf8_lossy(&answer).into_owned();
    let hangs_up = {
        let mut to_lose = to_lose.lock().unwrap();
        if to_lose.left == 0 || !said.contains(to_lose.word) {
            drop(to_lose);
            return visitor.write_all(&answer);
        }
        to_lose.left -= 1;
        to_lose.hangs_up
    };
    lost.lock().unwrap().push(said);
    match hangs_up {
        true => visitor.shutdown(Shutdown::Both),
        // Until the visitor gives up.
        false => from_visitor.read(&mut [0]).map(drop),
    }
}
