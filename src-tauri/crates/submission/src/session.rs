//! One conversation, from the greeting to the goodbye.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use domain::{Address, Agent, AgentId, limits as shared};
use engine::{ComposedAsk, DoorPlace, Engine, LongBodies, LongPlace, Place};
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, Error as Unreadable, MAIL_BODY_BINARYMIME, MAIL_BY_NOTIFY,
    MAIL_BY_RETURN, MAIL_REQUIRETLS, MAIL_SMTPUTF8, MailFrom, Request,
};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::Options;
use crate::answer;
use crate::data::Body;
use crate::limits::{
    COMMAND_TIME_MAX, DATA_TIME_MAX, ERRORS_MAX, LOGIN_TIME_MAX, LOGINS_MAX, LONG_DATA_TIME_MAX,
    SHORT_OCTETS_MAX,
};
use crate::login::{self, Credentials};
use crate::reply::Reply;
use crate::wire::{Io, Silence, Wire};

/// What every conversation of a door shares.
#[derive(Clone)]
pub(crate) struct Door {
    pub engine: Engine,
    pub options: Options,
    pub long_bodies: Arc<LongBodies>,
    pub closing: watch::Receiver<bool>,
}

/// Who is logged in; its place among the agent's open requests is kept until the end.
struct Login {
    agent: Agent,
    token: String,
    _place: Place,
}

/// A message being submitted.
#[derive(Default)]
struct Mail {
    rcpt_to: Vec<Address>,
    utf8: bool,
}

struct Session {
    door: Door,
    standing: DoorPlace,
    /// True once it has to make way for another.
    sent_away: watch::Receiver<bool>,
    wire: Wire,
    encrypted: bool,
    greeted: bool,
    login: Option<Login>,
    mail: Option<Mail>,
    /// Who is not logged in by then is hung up on.
    log_in_by: Instant,
    errors: usize,
    logins: usize,
}

/// A whole message with its place among the long ones, or the reply if it cannot be taken.
type Read = Result<(Vec<u8>, Option<LongPlace>), Reply>;

/// What comes after a command.
enum Next {
    Command,
    StartTls,
    End,
}

/// Speaks with one client until either side ends it.
pub(crate) async fn run(
    io: Box<dyn Io>,
    door: Door,
    standing: DoorPlace,
    sent_away: watch::Receiver<bool>,
) {
    let mut session = Session::new(io, door, standing, sent_away);
    session.say(Reply::bare(220, ["localhost ESMTP Sendoff".to_owned()]));
    loop {
        match session.command().await {
            Ok(Next::Command) => {}
            Ok(Next::StartTls) => match session.encrypt().await {
                Some(encrypted) => session = encrypted,
                None => return,
            },
            Ok(Next::End) => return session.wire.close().await,
            Err(silence) => return session.hang_up(silence).await,
        }
    }
}

impl Session {
    fn new(
        io: Box<dyn Io>,
        door: Door,
        standing: DoorPlace,
        sent_away: watch::Receiver<bool>,
    ) -> Self {
        Session {
            door,
            standing,
            sent_away,
            wire: Wire::new(io),
            encrypted: false,
            greeted: false,
            login: None,
            mail: None,
            log_in_by: Instant::now() + LOGIN_TIME_MAX,
            errors: 0,
            logins: 0,
        }
    }

    /// Queues a reply; the client's mistakes are counted.
    fn say(&mut self, reply: Reply) {
        if reply.is_mistake() {
            self.errors += 1;
        }
        self.wire.say(&reply);
    }

    /// How long the next line may take.
    fn patience(&self) -> Duration {
        match self.login {
            Some(_) => COMMAND_TIME_MAX,
            None => self.log_in_by.saturating_duration_since(Instant::now()),
        }
    }

    async fn command(&mut self) -> Result<Next, Silence> {
        if self.errors > ERRORS_MAX {
            self.say(Reply::new(421, "4.7.0", "too many errors; goodbye"));
            return Ok(Next::End);
        }
        let patience = self.patience();
        let mut closing = self.door.closing.clone();
        let mut sent_away = self.sent_away.clone();
        let line = tokio::select! {
            // Whoever has to go is not heard any more, whatever it has said already.
            biased;
            Ok(_) = sent_away.wait_for(|sent_away| *sent_away) => {
                let detail = "too many connections that have not logged in; come back later";
                self.say(Reply::new(421, "4.3.2", detail));
                return Ok(Next::End);
            }
            line = self.wire.line(patience) => line?,
            _ = closing.wait_for(|closing| *closing) => {
                self.say(Reply::new(421, "4.3.2", "this door is closing; come back later"));
                return Ok(Next::End);
            }
        };
        let (mut line, clean) = line;
        if !clean {
            self.say(Reply::new(
                500,
                "5.5.2",
                "end commands with CRLF, and leave CR, LF and NUL out of them",
            ));
            return Ok(Next::Command);
        }
        if is_http(&line) {
            self.say(Reply::new(421, "4.7.0", "this is an SMTP server"));
            return Ok(Next::End);
        }
        // The parser looks for the end of the line itself.
        line.extend_from_slice(b"\r\n");
        match Request::parse(&mut line.iter()) {
            Ok(request) => self.request(request).await,
            Err(error) => {
                self.say(unreadable(&error));
                Ok(Next::Command)
            }
        }
    }

    async fn request(&mut self, request: Request<Cow<'_, str>>) -> Result<Next, Silence> {
        match request {
            Request::Ehlo { .. } => self.ehlo(),
            Request::Helo { .. } => {
                self.greeted = true;
                self.mail = None;
                self.say(Reply::bare(250, ["localhost".to_owned()]));
            }
            Request::Auth {
                mechanism,
                initial_response,
            } => return self.auth(mechanism, initial_response.as_bytes()).await,
            Request::Mail { from } => self.mail(&from),
            Request::Rcpt { to } => self.rcpt(&to.address),
            Request::Data => self.data().await?,
            Request::StartTls => return Ok(self.start_tls()),
            Request::Rset => {
                self.mail = None;
                self.say(Reply::new(250, "2.0.0", "Ok"));
            }
            Request::Noop { .. } => self.say(Reply::new(250, "2.0.0", "Ok")),
            Request::Help { .. } => self.say(Reply::new(
                214,
                "2.0.0",
                "submit as to any mail server: AUTH with an agent's token, MAIL, RCPT, DATA",
            )),
            Request::Vrfy { .. } => {
                self.say(Reply::new(252, "2.0.0", "send it and see"));
            }
            Request::Quit => {
                self.say(Reply::new(221, "2.0.0", "goodbye"));
                return Ok(Next::End);
            }
            Request::Lhlo { .. }
            | Request::Bdat { .. }
            | Request::Burl { .. }
            | Request::Expn { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. } => {
                self.say(Reply::new(502, "5.5.1", "this command is not offered here"));
            }
        }
        Ok(Next::Command)
    }

    fn ehlo(&mut self) {
        self.greeted = true;
        self.mail = None;
        let mut lines = vec![
            "localhost".to_owned(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", shared::BODY_OCTETS_MAX),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if !self.encrypted && self.door.options.certificate.is_some() {
            lines.push("STARTTLS".to_owned());
        }
        lines.push("AUTH PLAIN LOGIN".to_owned());
        self.say(Reply::bare(250, lines));
    }

    async fn auth(&mut self, mechanism: u64, initial: &[u8]) -> Result<Next, Silence> {
        if self.login.is_some() || !self.greeted || self.mail.is_some() {
            self.say(Reply::new(
                503,
                "5.5.1",
                "log in once, after EHLO and before MAIL",
            ));
            return Ok(Next::Command);
        }
        let given = match mechanism {
            AUTH_PLAIN => self.ask_plain(initial).await?,
            AUTH_LOGIN => self.ask_login(initial).await?,
            _ => {
                self.say(Reply::new(504, "5.5.4", "log in with PLAIN or LOGIN"));
                return Ok(Next::Command);
            }
        };
        let Some(given) = given else {
            self.say(Reply::new(
                501,
                "5.5.2",
                "the login cannot be read, or was given up",
            ));
            return Ok(Next::Command);
        };
        let reply = match self.admit(given).await {
            Ok(login) => {
                self.login = Some(login);
                Reply::new(235, "2.7.0", "welcome")
            }
            Err(problem) => {
                self.logins += 1;
                answer::login(&problem)
            }
        };
        self.say(reply);
        if self.logins >= LOGINS_MAX {
            return Ok(Next::End);
        }
        Ok(Next::Command)
    }

    async fn admit(&mut self, given: Credentials) -> Result<Login, domain::Problem> {
        let agent = login::agent(&self.door.engine, &given).await?;
        let place = self.door.options.budget.open(agent.id)?;
        self.standing.come_in()?;
        Ok(Login {
            agent,
            token: given.token,
            _place: place,
        })
    }

    async fn ask_plain(&mut self, initial: &[u8]) -> Result<Option<Credentials>, Silence> {
        let response = match initial {
            b"" => self.ask("").await?,
            initial => login::word(initial),
        };
        Ok(response.as_deref().and_then(login::plain))
    }

    async fn ask_login(&mut self, initial: &[u8]) -> Result<Option<Credentials>, Silence> {
        // The words every client knows: `Username:` and `Password:`.
        let user = match initial {
            b"" => self.ask("VXNlcm5hbWU6").await?,
            initial => login::word(initial),
        };
        let Some(user) = user else { return Ok(None) };
        let token = self.ask("UGFzc3dvcmQ6").await?;
        Ok(token.and_then(|token| login::credentials(&user, &token)))
    }

    async fn ask(&mut self, challenge: &str) -> Result<Option<Vec<u8>>, Silence> {
        self.say(Reply::bare(334, [challenge.to_owned()]));
        let (line, clean) = self.wire.line(self.patience()).await?;
        Ok(clean.then(|| login::word(&line)).flatten())
    }

    fn mail(&mut self, from: &MailFrom<Cow<'_, str>>) {
        let reply = match self.check_mail(from) {
            Ok(()) => {
                self.mail = Some(Mail {
                    rcpt_to: Vec::new(),
                    utf8: from.flags & MAIL_SMTPUTF8 != 0,
                });
                Reply::new(250, "2.1.0", "Ok")
            }
            Err(reply) => reply,
        };
        self.say(reply);
    }

    fn check_mail(&self, from: &MailFrom<Cow<'_, str>>) -> Result<(), Reply> {
        if self.login.is_none() {
            return Err(login_first());
        }
        if self.mail.is_some() {
            return Err(Reply::new(
                503,
                "5.5.1",
                "there is a message under way; finish it or RSET",
            ));
        }
        let not_offered = from.flags
            & (MAIL_BODY_BINARYMIME | MAIL_REQUIRETLS | MAIL_BY_NOTIFY | MAIL_BY_RETURN)
            != 0
            || from.by != 0
            || from.hold_for != 0
            || from.hold_until != 0;
        if not_offered {
            return Err(Reply::new(
                555,
                "5.5.4",
                "a parameter of MAIL is not offered here",
            ));
        }
        if from.size > shared::BODY_OCTETS_MAX {
            return Err(too_large());
        }
        // What goes out is from the mailbox; this one only has to be an address, or none.
        if !from.address.is_empty() && from.address.parse::<Address>().is_err() {
            return Err(Reply::new(553, "5.1.7", "the sender is not an address"));
        }
        Ok(())
    }

    fn rcpt(&mut self, to: &str) {
        let Some(mail) = &mut self.mail else {
            let reply = match self.login {
                Some(_) => Reply::new(503, "5.5.1", "MAIL first"),
                None => login_first(),
            };
            return self.say(reply);
        };
        let reply = match to.parse::<Address>() {
            Err(error) => Reply::new(553, "5.1.3", error.to_string()),
            Ok(address) if address.is_international() && !mail.utf8 => Reply::new(
                553,
                "5.6.7",
                "an address beyond ASCII needs the SMTPUTF8 parameter of MAIL",
            ),
            Ok(address) if mail.rcpt_to.contains(&address) => Reply::new(250, "2.1.5", "Ok"),
            Ok(_) if mail.rcpt_to.len() >= shared::RECIPIENTS_MAX => {
                let max = shared::RECIPIENTS_MAX;
                Reply::new(
                    452,
                    "4.5.3",
                    format!("a message goes to at most {max} recipients"),
                )
            }
            Ok(address) => {
                mail.rcpt_to.push(address);
                Reply::new(250, "2.1.5", "Ok")
            }
        };
        self.say(reply);
    }

    async fn data(&mut self) -> Result<(), Silence> {
        let (agent, mail) = match (&self.login, self.mail.take()) {
            (None, _) => {
                self.say(login_first());
                return Ok(());
            }
            (Some(_), None) => {
                self.say(Reply::new(503, "5.5.1", "MAIL and RCPT first"));
                return Ok(());
            }
            (Some(_), Some(mail)) if mail.rcpt_to.is_empty() => {
                self.mail = Some(mail);
                self.say(Reply::new(554, "5.5.1", "no recipient was accepted"));
                return Ok(());
            }
            (Some(login), Some(mail)) => {
                let now = self.door.engine.now();
                if let Err(problem) = self.door.options.budget.ask(login.agent.id, 1, now) {
                    self.say(answer::problem(&problem));
                    return Ok(());
                }
                (login.agent.id, mail)
            }
        };
        self.say(Reply::bare(354, ["end with CRLF.CRLF".to_owned()]));
        match self.body_in_time(agent).await? {
            Ok((bytes, _place)) => match self.submit(mail, bytes).await {
                // A verdict is an answer: a program may be told no as often as it asks.
                Ok(verdict) => self.wire.say(&verdict),
                Err(refusal) => self.say(refusal),
            },
            Err(refusal) => self.say(refusal),
        }
        Ok(())
    }

    /// The whole message within [`DATA_TIME_MAX`], however it trickles in.
    async fn body_in_time(&mut self, agent: AgentId) -> Result<Read, Silence> {
        tokio::time::timeout(DATA_TIME_MAX, self.read_body(agent))
            .await
            .unwrap_or(Err(Silence::TooSlow))
    }

    /// The message; with its place it has [`LONG_DATA_TIME_MAX`], or others would wait for it. One
    /// that gets no place is read to its end and thrown away.
    async fn read_body(&mut self, agent: AgentId) -> Result<Read, Silence> {
        let mut body = Body::new(shared::BODY_OCTETS_MAX);
        let mut place = None;
        let mut by = Instant::now() + DATA_TIME_MAX;
        while !body.take(self.wire.input()) {
            if place.is_none() && body.octets() > SHORT_OCTETS_MAX {
                let taken = self.door.long_bodies.place(agent).await;
                if taken.is_err() {
                    body.discard();
                }
                place = Some(taken);
                by = Instant::now() + LONG_DATA_TIME_MAX;
            }
            let left = by.saturating_duration_since(Instant::now());
            self.wire.more(left).await?;
        }
        let place = match place.transpose() {
            Ok(place) => place,
            Err(problem) => return Ok(Err(answer::problem(&problem))),
        };
        Ok(body
            .finish()
            .map(|bytes| (bytes, place))
            .ok_or_else(too_large))
    }

    /// The verdict on a message, or why it was not judged.
    async fn submit(&self, mail: Mail, bytes: Vec<u8>) -> Result<Reply, Reply> {
        let Some(login) = &self.login else {
            return Err(login_first());
        };
        // A conversation may be long: a token that ended meanwhile has ended.
        let engine = &self.door.engine;
        let refuse = |problem| answer::problem(&problem);
        let agent = engine.authenticate(&login.token).await.map_err(refuse)?;
        let ask = ComposedAsk {
            rcpt_to: mail.rcpt_to,
            bytes,
        };
        let submitted = engine.submit_composed(&agent, ask).await;
        Ok(answer::submitted(&submitted.map_err(refuse)?))
    }

    fn start_tls(&mut self) -> Next {
        if self.encrypted || self.door.options.certificate.is_none() {
            self.say(Reply::new(
                502,
                "5.5.1",
                "STARTTLS is not offered here, or was done",
            ));
            return Next::Command;
        }
        self.say(Reply::new(220, "2.0.0", "go ahead"));
        Next::StartTls
    }

    /// The same conversation from its beginning, encrypted (RFC 3207, section 4.2): nothing that
    /// was said in the clear counts any more.
    async fn encrypt(self) -> Option<Session> {
        let certificate = self.door.options.certificate.clone()?;
        let io = self.wire.into_io().await.ok()?;
        let accepting = TlsAcceptor::from(certificate.config).accept(io);
        let left = self.log_in_by.saturating_duration_since(Instant::now());
        let stream = tokio::time::timeout(left, accepting).await.ok()?;
        Some(Session {
            door: self.door,
            standing: self.standing,
            sent_away: self.sent_away,
            wire: Wire::new(Box::new(stream.ok()?)),
            encrypted: true,
            greeted: false,
            login: None,
            mail: None,
            log_in_by: self.log_in_by,
            errors: self.errors,
            logins: self.logins,
        })
    }

    async fn hang_up(mut self, silence: Silence) {
        match silence {
            Silence::Gone => return,
            Silence::TooSlow => self.say(Reply::new(421, "4.4.2", "that took too long; goodbye")),
            Silence::TooLong => self.say(Reply::new(500, "5.5.6", "the line is too long; goodbye")),
        }
        self.wire.close().await;
    }
}

fn login_first() -> Reply {
    Reply::new(
        530,
        "5.7.0",
        "log in first: AUTH with the agent's name and token",
    )
}

fn too_large() -> Reply {
    let max = shared::BODY_OCTETS_MAX;
    Reply::new(552, "5.3.4", format!("a message has at most {max} octets"))
}

/// A page in a browser can make it speak to us, in HTTP; nobody means us then.
fn is_http(line: &[u8]) -> bool {
    [
        &b"GET "[..],
        b"POST ",
        b"PUT ",
        b"HEAD ",
        b"OPTIONS ",
        b"CONNECT ",
    ]
    .iter()
    .any(|verb| line.starts_with(verb))
}

fn unreadable(error: &Unreadable) -> Reply {
    match error {
        Unreadable::UnknownCommand | Unreadable::NeedsMoreData { .. } => {
            Reply::new(500, "5.5.1", "this command is not known here")
        }
        Unreadable::InvalidSenderAddress => {
            Reply::new(553, "5.1.7", "the sender is not an address")
        }
        Unreadable::InvalidRecipientAddress => {
            Reply::new(553, "5.1.3", "the recipient is not an address")
        }
        Unreadable::SyntaxError { syntax } => Reply::new(501, "5.5.4", format!("write {syntax}")),
        Unreadable::InvalidParameter { param } => Reply::new(
            501,
            "5.5.4",
            format!("the parameter {param} cannot be read"),
        ),
        Unreadable::UnsupportedParameter { param } => Reply::new(
            555,
            "5.5.4",
            format!("the parameter {param} is not offered here"),
        ),
        Unreadable::ResponseTooLong | Unreadable::InvalidResponse { .. } => {
            Reply::new(501, "5.5.2", "the command cannot be read")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Timestamp;
    use engine::{
        AskRate, Budget, LONG_BODIES_PER_AGENT_MAX, ManualClock, Places, SeededIds, Shares,
    };
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A door nobody closes, until the sender is gone.
    fn door() -> (Door, watch::Sender<bool>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
        let (close, closing) = watch::channel(false);
        let door = Door {
            engine: Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap(),
            options: Options {
                budget: Budget::new(AskRate::default()),
                certificate: None,
                shares: Shares::default(),
            },
            long_bodies: Arc::new(LongBodies::default()),
            closing,
        };
        (door, close)
    }

    fn standing() -> DoorPlace {
        Places::new(Shares::default()).enter().0
    }

    /// Nobody sends it away.
    fn staying() -> watch::Receiver<bool> {
        watch::channel(false).1
    }

    fn agent() -> AgentId {
        "agt_00000000000000000000000000000001".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_trickles_in_has_the_time_of_one_message() {
        let (door, _close) = door();
        let (mut client, io) = tokio::io::duplex(4_096);
        let mut session = Session::new(Box::new(io), door, standing(), staying());
        let begun = Instant::now();
        let trickling = async {
            while client.write_all(b"more\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
        };
        let body = tokio::select! {
            body = session.body_in_time(agent()) => body,
            () = trickling => panic!("the door hung up"),
        };
        assert!(matches!(body, Err(Silence::TooSlow)));
        assert_eq!(begun.elapsed().as_secs(), DATA_TIME_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_message_keeps_its_place_a_minute_and_no_longer() {
        let (door, _close) = door();
        let (mut client, io) = tokio::io::duplex(4_096);
        let mut session = Session::new(Box::new(io), door, standing(), staying());
        let begun = Instant::now();
        let trickling = async {
            let long = "A line of it.\r\n".repeat(2 * SHORT_OCTETS_MAX / 15);
            client.write_all(long.as_bytes()).await.unwrap();
            while client.write_all(b"more\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(7)).await;
            }
        };
        let body = tokio::select! {
            body = session.body_in_time(agent()) => body,
            () = trickling => panic!("the door hung up"),
        };
        assert!(matches!(body, Err(Silence::TooSlow)));
        assert_eq!(begun.elapsed(), LONG_DATA_TIME_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_message_without_a_place_is_read_to_its_end_and_told_to_come_back() {
        let (door, _close) = door();
        let mut slow = Vec::new();
        for _ in 0..LONG_BODIES_PER_AGENT_MAX {
            slow.push(door.long_bodies.place(agent()).await.unwrap());
        }
        let (mut client, io) = tokio::io::duplex(4_096);
        let mut session = Session::new(Box::new(io), door, standing(), staying());
        let long = "A line of it.\r\n".repeat(2 * SHORT_OCTETS_MAX / 15);
        let sending = async {
            let whole = format!("{long}.\r\nNOOP\r\n");
            client.write_all(whole.as_bytes()).await.unwrap();
        };
        let (body, ()) = tokio::join!(session.body_in_time(agent()), sending);
        let reply = body.unwrap().err().unwrap();
        assert_eq!(reply.code, 450);
        assert!(!reply.is_mistake());
        // What follows is the next command.
        let next = session.wire.line(Duration::from_secs(9)).await.unwrap();
        assert_eq!(next.0, b"NOOP");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_sent_away_is_not_heard_any_more_whatever_it_has_said_already() {
        // By chance it would pass now and then.
        for _ in 0..20 {
            let (door, _close) = door();
            let (mut client, io) = tokio::io::duplex(4_096);
            client
                .write_all(b"EHLO a\r\nNOOP\r\nNOOP\r\n")
                .await
                .unwrap();
            let (_tell, sent_away) = watch::channel(true);
            run(Box::new(io), door, standing(), sent_away).await;
            let mut said = String::new();
            client.read_to_string(&mut said).await.unwrap();
            assert!(said.contains("421 4.3.2 "), "{said}");
            assert!(!said.contains("\r\n250"), "{said}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_talks_and_never_logs_in_is_hung_up_on_in_the_end() {
        let (door, _close) = door();
        let (mut client, io) = tokio::io::duplex(4_096);
        let begun = Instant::now();
        let talking = async {
            let mut said = String::new();
            for _ in 0..5 {
                let (mut chunk, pause) = ([0; 512], Duration::from_secs(25));
                let n = client.read(&mut chunk).await.unwrap_or(0);
                said.push_str(std::str::from_utf8(&chunk[..n]).unwrap());
                tokio::time::sleep(pause).await;
                let _gone_is_gone = client.write_all(b"NOOP\r\n").await;
            }
            said
        };
        let ended = async {
            run(Box::new(io), door, standing(), staying()).await;
            begun.elapsed()
        };
        let (said, ended) = tokio::join!(talking, ended);
        assert_eq!(said.matches("250 2.0.0 Ok").count(), 2, "{said}");
        assert!(said.contains("421 4.4.2 "), "{said}");
        assert_eq!(ended.as_secs(), LOGIN_TIME_MAX.as_secs());
    }
}
