//! An SMTP wire that loses the answer to the first message that goes over it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A listener in front of a door, for one connection; it carries everything but the word on a
/// message that was taken.
pub struct LostWord {
    port: u16,
    lost: Arc<Mutex<String>>,
}

impl LostWord {
    /// In front of the door at `127.0.0.1:2525`.
    pub fn before(door: &str) -> LostWord {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(Mutex::new(String::new()));
        let (door, keep) = (door.to_owned(), Arc::clone(&lost));
        std::thread::spawn(move || {
            let (client, _) = listener.accept()?;
            let server = TcpStream::connect(door)?;
            let (mut up_from, mut up_to) = (client.try_clone()?, server.try_clone()?);
            std::thread::spawn(move || std::io::copy(&mut up_from, &mut up_to));
            carry(server, client, &keep)
        });
        LostWord { port, lost }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The answer that was given and did not arrive.
    pub fn lost(&self) -> String {
        self.lost.lock().unwrap().clone()
    }
}

fn carry(
    mut server: TcpStream,
    mut client: TcpStream,
    lost: &Mutex<String>,
) -> std::io::Result<()> {
    let mut octets = [0; 4096];
    loop {
        let count = server.read(&mut octets)?;
        if count == 0 {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&octets[..count]).into_owned();
        match said.contains("Ok: ") {
            // The client hears nothing more, and gives up by itself.
            true => lost.lock().unwrap().push_str(&said),
            false => client.write_all(&octets[..count])?,
        }
    }
}
