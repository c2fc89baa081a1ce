//! A wire that loses answers: what is asked arrives, and what is answered does not come back.
//!
//! Stands in front of an HTTP door, one request per connection. The first `n` connections are the
//! lossy ones: the request is passed on whole, the answer is read to its end and kept, and the
//! visitor waits until it gives up. That is the timeout a retry must survive.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// The wire; dropping it frees the port.
#[derive(Debug)]
pub struct LossyWire {
    port: u16,
    to_lose: Arc<AtomicUsize>,
    lost: Arc<Mutex<Vec<String>>>,
    closing: Arc<AtomicBool>,
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
                let takes_one = |left: usize| left.checked_sub(1);
                let loses = to_lose
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, takes_one)
                    .is_ok();
                let (door, lost) = (door.clone(), Arc::clone(&lost));
                std::thread::spawn(move || {
                    // A visitor that hangs up is the point of this page.
                    let _ = carry(stream, &door, loses, &lost);
                });
            }
        });
        wire
    }

    /// Where visitors knock.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next `n` requests lose their answer.
    pub fn lose(&self, n: usize) {
        self.to_lose.store(n, Ordering::SeqCst);
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
    loses: bool,
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
    if !loses {
        return visitor.write_all(&answer);
    }
    lost.lock()
        .unwrap()
        .push(String::from_utf8_lossy(&answer).into_owned());
    // Until the visitor gives up.
    from_visitor.read(&mut [0]).map(drop)
}
