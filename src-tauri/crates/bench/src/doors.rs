//! What each door costs over REST: the same letter to the same engine and policy, from one visitor
//! at each door, who take turns.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use api::Listen;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{AccountKind, Address, Level, Problem};
use engine::{AskRate, Budget, Engine, SystemClock, SystemIds, VaultChoice};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::{Trouble, clock};

const MAILBOX: &str = "team@ours.example";
const AGENT: &str = "scout";
/// No rule is in the way, and all of them are asked.
const POLICY: &str = "[rules.rate_limit]\nmailbox = { hour = 10000000 }\n\
    [rules.risk_budget]\nenabled = false\n[rules.near_duplicate]\nenabled = false\n\
    [rules.domain_throttle]\nenabled = false\n[rules.cooldown]\nenabled = false\n\
    [rules.lookalike_recipient]\nenabled = false\n";
/// Turns before those that count.
const WARM_UP: usize = 20;
/// Milliseconds a door may add.
const BAR_MS: f64 = 1.0;

type Turn = fn(&mut Visitors, n: usize) -> Result<String, Trouble>;

/// Every door; the others are held against the first.
const DOORS: [(&str, Turn); 5] = [
    ("REST", rest),
    ("Resend", resend),
    ("Postmark", postmark),
    ("MCP", mcp),
    ("SMTP", smtp),
];

/// One line per door: its median over `turns`, and what it adds to REST's in the same turn.
pub fn lines(turns: usize) -> Result<Vec<String>, Trouble> {
    let times = latencies(turns)?;
    let Some((_, first)) = times.first() else {
        return Ok(Vec::new());
    };
    let base = median(first.clone());
    let mut lines = Vec::new();
    for (door, own) in &times {
        let middle = median(own.clone());
        if own == first {
            lines.push(format!("{door:<8} {middle:.2} ms at the median"));
            continue;
        }
        let more: Vec<f64> = own
            .iter()
            .zip(first)
            .map(|(own, rest)| own - rest)
            .collect();
        lines.push(format!(
            "{door:<8} {middle:.2} ms, {:+.2} ms in the same turn (bar: under {BAR_MS:+.2}), \
             ratio {:.2}",
            median(more),
            middle / base
        ));
    }
    Ok(lines)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Milliseconds of every turn at every door.
fn latencies(turns: usize) -> Result<Vec<(&'static str, Vec<f64>)>, Trouble> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("desk");
    let ids = Arc::new(SystemIds::default());
    let vault = VaultChoice::Passphrase("a bench keeps no secret");
    Engine::init(&dir, vault, &SystemClock, ids.clone())?;
    let engine = Engine::open(&dir, Arc::new(SystemClock), ids)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let token = runtime.block_on(arrange(&engine))?;
    let (stop, stopping) = watch::channel(false);
    let measured = thread::scope(|scope| {
        let (knock, serving) = serve(&runtime, &engine, stopping)?;
        let served = scope.spawn(|| runtime.block_on(serving));
        let measured = measure(&knock, &token, turns);
        stop.send_replace(true);
        served.join().map_err(|_| "the doors panicked")?;
        measured
    });
    engine.close();
    measured
}

/// Where the doors are.
struct Knock {
    http: String,
    smtp: SocketAddr,
}

async fn arrange(engine: &Engine) -> Result<String, Trouble> {
    let address: Address = MAILBOX.parse()?;
    let mailbox = engine.add_mailbox(address.clone(), None, AccountKind::Rehearsal, None);
    mailbox.await?;
    let level = Level::AskOnException;
    let (_, token) = engine.add_agent(AGENT, &address, level, None).await?;
    let published = engine.publish_policy(POLICY.to_owned()).await;
    published.map_err(Problem::from)?;
    Ok(token)
}

fn serve(
    runtime: &Runtime,
    engine: &Engine,
    stopping: watch::Receiver<bool>,
) -> Result<(Knock, impl Future<Output = ()> + Send + use<>), Trouble> {
    // The bucket is not what is measured.
    let budget = Budget::new(AskRate {
        per_second: 1_000_000,
        burst: 1_000_000,
    });
    let listen = Listen::parse("127.0.0.1:0")?;
    let http = runtime.block_on(api::bind(&listen))?;
    let smtp = runtime.block_on(submission::bind("127.0.0.1:0".parse()?))?;
    let knock = Knock {
        http: http.address(),
        smtp: smtp.address(),
    };
    let options = api::Options {
        budget: Arc::clone(&budget),
        ..api::Options::default()
    };
    let smtp_options = submission::Options {
        budget,
        certificate: None,
        shares: submission::Shares::default(),
    };
    let until = |mut stopping: watch::Receiver<bool>| async move {
        // An error means that the bench has ended, which is the same.
        let _stop = stopping.wait_for(|stop| *stop).await;
    };
    let engine = engine.clone();
    let serving = async move {
        let http = http.serve(engine.clone(), options, until(stopping.clone()));
        let smtp = smtp.serve(engine, smtp_options, until(stopping));
        // A door that fails is seen by its visitor.
        let _served = tokio::join!(http, smtp);
    };
    Ok((knock, serving))
}

fn measure(
    knock: &Knock,
    token: &str,
    turns: usize,
) -> Result<Vec<(&'static str, Vec<f64>)>, Trouble> {
    let mut visitors = Visitors {
        http: Http::at(&knock.http, token)?,
        smtp: Smtp::at(knock.smtp, token)?,
    };
    let mut times = DOORS.map(|(door, _)| (door, Vec::with_capacity(turns)));
    for turn in 0..WARM_UP + turns {
        // Nobody is always the first of a turn.
        for place in 0..DOORS.len() {
            let place = (place + turn) % DOORS.len();
            let (Some((door, ask)), Some((_, times))) = (DOORS.get(place), times.get_mut(place))
            else {
                continue;
            };
            let start = clock();
            let said = ask(&mut visitors, turn * DOORS.len() + place)?;
            let took = start.elapsed();
            if !said.contains("queued") {
                return Err(format!("{door} did not let it go: {said}").into());
            }
            if turn >= WARM_UP {
                times.push(took.as_secs_f64() * 1e3);
            }
        }
    }
    Ok(times.into())
}

/// One visitor at each kind of door, connected and, where one logs in, logged in.
struct Visitors {
    http: Http,
    smtp: Smtp,
}

fn to(n: usize) -> String {
    format!("person{n}@domain{}.example", n % 997)
}

fn subject(n: usize) -> String {
    format!("Your order {n}")
}

fn text(n: usize) -> String {
    format!(
        "Hello,\n\nyour order {n} is on its way.\n{}\n",
        "-".repeat(400)
    )
}

fn rest_letter(n: usize) -> Value {
    json!({"mailbox": MAILBOX, "to": [to(n)], "subject": subject(n), "text": text(n)})
}

fn rest(visitors: &mut Visitors, n: usize) -> Result<String, Trouble> {
    visitors.http.post("/v1/submissions", &rest_letter(n))
}

fn resend(visitors: &mut Visitors, n: usize) -> Result<String, Trouble> {
    let letter = json!({"from": MAILBOX, "to": to(n), "subject": subject(n), "text": text(n)});
    visitors.http.post("/emails", &letter)
}

fn postmark(visitors: &mut Visitors, n: usize) -> Result<String, Trouble> {
    let letter = json!({"From": MAILBOX, "To": to(n), "Subject": subject(n), "TextBody": text(n)});
    visitors.http.post("/email", &letter)
}

fn mcp(visitors: &mut Visitors, n: usize) -> Result<String, Trouble> {
    let call = json!({"jsonrpc": "2.0", "id": n, "method": "tools/call",
        "params": {"name": "send_email", "arguments": rest_letter(n)}});
    visitors.http.post("/mcp", &call)
}

fn smtp(visitors: &mut Visitors, n: usize) -> Result<String, Trouble> {
    let smtp = &mut visitors.smtp;
    let to = to(n);
    smtp.say(&format!(
        "MAIL FROM:<{MAILBOX}>\r\nRCPT TO:<{to}>\r\nDATA\r\n"
    ))?;
    for code in ["250", "250", "354"] {
        smtp.expect(code)?;
    }
    let text = text(n).replace('\n', "\r\n");
    smtp.say(&format!(
        "From: {MAILBOX}\r\nTo: {to}\r\nSubject: {}\r\n\r\n{text}.\r\n",
        subject(n)
    ))?;
    smtp.expect("250")
}

/// A connection that is kept, as clients keep theirs.
struct Http {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Http {
    fn at(address: &str, token: &str) -> Result<Http, Trouble> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Http {
            stream: BufReader::new(stream),
            head: format!(
                "Host: {address}\r\nAuthorization: Bearer {token}\r\n\
                 X-Postmark-Server-Token: {token}\r\nContent-Type: application/json\r\n\
                 Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n"
            ),
        })
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<String, Trouble> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut chunked) = (String::new(), 0, false);
        loop {
            let line = self.line()?.to_lowercase();
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
            if line.is_empty() {
                break;
            }
        }
        let mut said = status;
        if !chunked {
            said.push_str(&self.octets(length)?);
            return Ok(said);
        }
        loop {
            let size = usize::from_str_radix(self.line()?.trim(), 16)?;
            said.push_str(&self.octets(size)?);
            self.line()?;
            if size == 0 {
                return Ok(said);
            }
        }
    }

    fn line(&mut self) -> Result<String, Trouble> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err("the door hung up".into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    fn octets(&mut self, count: usize) -> Result<String, Trouble> {
        let mut octets = vec![0; count];
        self.stream.read_exact(&mut octets)?;
        Ok(String::from_utf8(octets)?)
    }
}

/// A mail program that sends its commands ahead.
struct Smtp {
    stream: BufReader<TcpStream>,
}

impl Smtp {
    fn at(address: SocketAddr, token: &str) -> Result<Smtp, Trouble> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let stream = BufReader::new(stream);
        let mut smtp = Smtp { stream };
        smtp.expect("220")?;
        smtp.say("EHLO client.example\r\n")?;
        smtp.expect("250")?;
        let login = STANDARD.encode(format!("\0{AGENT}\0{token}"));
        smtp.say(&format!("AUTH PLAIN {login}\r\n"))?;
        smtp.expect("235")?;
        Ok(smtp)
    }

    fn say(&mut self, text: &str) -> Result<(), Trouble> {
        Ok(self.stream.get_mut().write_all(text.as_bytes())?)
    }

    /// The last line of the next reply.
    fn expect(&mut self, code: &str) -> Result<String, Trouble> {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if !line.starts_with(code) {
                return Err(format!("not {code} but: {line}").into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }
}
