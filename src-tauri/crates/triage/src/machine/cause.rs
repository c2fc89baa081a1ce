//! Why a delivery failed, from what the refusing system said.
//!
//! Words first, because systems are careless with codes and careful with words; then the enhanced
//! status code (RFC 3463); then the reply code (RFC 5321). A table: to teach it a phrase, add one
//! to its cause. The order of the table is the order of belief: what names one address comes
//! before what names a class of mail, since servers like to append general advice.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use crate::reading::{Cause, Group};
use crate::text::start;

/// Octets of a diagnostic that are read.
const DIAGNOSTIC_OCTETS_MAX: usize = 6 << 10;

/// Phrases by cause: in lower case, single spaces, curly marks made straight.
#[rustfmt::skip] // a table
const PHRASES: &[(Cause, &[&str])] = &[
    (Cause::Network, &["host not found, try again", "name service error, try again"]),
    // What cPanel says of domains that have no address in the name service.
    (Cause::HostUnknown, &["the account or domain may not exist, they may be blacklisted, or missing the proper dns"]),
    (Cause::NoMail, &[
        "no mx record found",
        "does not accept mail", "does not accept email", "domain accepts no mail", "null mx", "nullmx", "no mail is accepted",
        "5.1.10 recipient address rejected", "smtp protocol returned a permanent error 556", "host never accepts mail",
        "server does not accept mail",
    ]),
    (Cause::Moved, &[
        "has moved to", "user has moved", "please try <", "address has changed to", "recipient no longer on server", "has been replaced by",
        "no longer on server", "mailbox has moved",
    ]),
    // Known wordings whose plain sense would mislead the rows below.
    (Cause::AuthFailure, &[
        "dmarc", "spf record", "spf fail", "spf check", "sender policy framework", "fails to pass authentication",
        "unauthenticated email", "not authenticated by spf", "failed spf", "dkim", "per it's spf", "openspf", "spf validation",
        "does not pass authentication", "authentication information", "authentication checks", "5.7.26", "5.7.509", "5.7.23",
        "spf: hard", "spf hard", "(spf)", "due to spf", "spf rejection", "spf -all", "sender authentication", "auth failure",
    ]),
    (Cause::ReverseDns, &[
        "reverse dns", "ptr record", "rdns", "no ptr", "reverse lookup", "fix reverse", "cannot resolve your", "ip name lookup failed",
        "reverse hostname", "mismatches client ip", "client ip address has no", "fcrdns", "reverse mapping", "unable to resolve your ip",
        "cannot find your reverse", "cannot find your hostname", "forward-confirmed", "5.7.25", "5.7.27 ", "no rdns",
        "all connections from your ip must have", "valid sender domain", "hostname of your sending", "ip lookup",
    ]),
    (Cause::MailboxFull, &[
        "mailbox full", "mailbox is full", "mailbox has exceeded", "quota exceeded", "over quota", "overquota", "exceeded the storage", "quota exceed",
        "exceeded storage", "out of storage", "exceeds the storage", "user is over", "inbox is full", "exceed the quota", "exceeded quota",
        "mailfolder is full", "mail box full", "mailbox exceeded", "maildir over quota", "maildir delivery failed: usermaildisk quota",
        "mailbox size limit", "mail quota", "disk quota", "storage quota", "quota full", "full mailbox", "insufficient storage", "boite du destinataire pleine",
        "not enough storage space", "recipient's mailbox exceeded", "mailbox quota", "casella piena", "storage limit", "account is full",
        "mailbox too full", "over the maximum allowed", "recipient over", "receiving mail at a rate that", "mailbox would exceed", "user has exceeded",
        "user has too many messages", "exceeded the local limit", "errcode=5.2.2", "quotaexceeded", "mailboxfull", "mail box is full",
    ]),
    (Cause::Suspended, &[
        "account disabled", "account is disabled", "account has been disabled", "mailbox disabled", "mailbox is disabled", "account suspended",
        "is suspended", "mailbox unavailable or access denied - account", "inactive account", "account inactive", "mailbox is inactive",
        "is a deactivated", "deactivated mailbox", "account is locked", "mailbox locked", "mailbox currently suspended", "user suspended",
        "email account that you tried to reach is disabled", "email account that you tried to reach is inactive", "account expired",
        "account closed", "temporarily disabled", "mailbox temporarily disabled", "invalid/inactive user", "is currently suspended", "account has been suspended",
        "domain is suspended", "account is temporarily", "not activated", "mailbox is frozen", "frozen mailbox", "archived recipient", "boite du destinataire archivee",
        "vdelivermail: account is locked", "user mailbox is closed", "blocked for inactivity", "dormant",
    ]),
    (Cause::UserUnknown, &[
        "user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "no such account", "no such address",
        "unknown recipient", "recipient unknown", "unknown mailbox", "unknown address", "unknown account", "unknown local", "user not found",
        "recipient not found", "recipnotfound", "address not found", "account not found", "mailbox not found", "mailbox does not exist",
        "user does not exist", "account does not exist", "recipient does not exist", "address does not exist", "does not exist here",
        "address doesn't exist", "doesn't have a", "does not have an account", "doesn't exist", "invalid recipient", "invalid mailbox",
        "invalid user", "invalid address", "not a valid recipient", "not a valid user", "not a valid mailbox", "no mailbox", "no account by that name",
        "not listed in", "user invalid", "user is unknown", "is unknown to", "bad destination mailbox", "destination addresses were unknown",
        "not our customer", "not a known user", "not a registered", "not known here", "unrouteable address", "unroutable address", "unknown or illegal alias",
        "mailbox not present", "address unknown", "addressee unknown", "destinataire inconnu", "destinataire invalide",
        "that email address", "no longer in use", "no longer valid", "no longer available", "no longer works", "email address that you entered couldn't be found",
        "wasn't found at", "couldn't be found", "could not be found at", "unable to validate recipient", "undeliverable address", "undeliverable mail address",
        "user doesn't have", "not a valid address", "has no mailbox", "no valid recipients for this mm", "non-existent", "nonexistent", "non existent",
        "inactive email address", "this account is not allowed", "recipient rejected: access denied", "recipient address rejected: access denied", "no local mailbox", "unknown to address",
        "user name is unknown", "cannot find user", "can't find that user", "not a local address", "is not known at this site", "domain does not have a user",
        "rejected by recipient", "virtual alias table", "local recipient table", "mailbox unavailable. user", "delivery to the following recipients failed: unknown",
        "couldn't find any", "mailbox unknown", "recipient is unknown", "recipient address rejected: undeliverable", "aucun compte", "unknownuser",
        "address error", "user missing", "not have any users", "recipient is not exist", "mailbox is not exist", "unknown virtual", "no existe",
    ]),
    (Cause::HostUnknown, &[
        "host unknown", "unknown host", "illegal host/domain", "illegal host", "illegal domain", "host not found", "domain not found", "no such domain", "unknown domain", "domain name not found", "domain unknown",
        "domain does not exist", "domain doesn't exist", "unrouteable mail domain", "unrouteable domain", "domain invalid", "invalid domain",
        "couldn't find any host named", "couldn't find any host by that name", "no such host", "bad destination system",
        "recipient address rejected: domain", "name service error", "does not resolve", "host or domain name not found", "mail domain", "non-existent domain", "recipient domain must exist",
        "domain isn't", "domain has no", "invalid host name", "domain must resolve", "all relevant mx records point to non-existent", "does not exist",
    ]),
    (Cause::Spam, &[
        "spam", "junk mail", "unsolicited", "bulk mail", "content rejected", "ube, id", "rejected as bulk", "our system has detected that this message is",
        "message looks like", "high probability of", "low-reputation", "suspicious", "message filtered", "message refused by", "rule imposed mailbox access",
        "rejected by content", "mail rejete", "contenu", "considered bulk",
    ]),
    (Cause::Virus, &["virus", "malware", "trojan", "infected"]),
    (Cause::TooBig, &[
        "message size", "size limit", "too large", "too big", "exceeds maximum", "exceeds size", "exceeds the maximum", "maximum message", "message length",
        "exceeded message", "sizeexceed", "size exceed", "exceeds fixed", "max message size", "5.3.4", "larger than",
    ]),
    (Cause::RateLimited, &[
        "too many connections", "too many concurrent", "connection rate", "rate limit", "rate-limit", "too many messages", "too many mails", "too fast", "throttl",
        "too many recipients", "too many sessions", "sending rate", "number of messages", "exceeded the rate", "connection limit", "deferred due to too many", "too much mail",
        "unusual rate", "daily quota", "sending limit", "hourly limit", "too many smtp", "message rate", "slow down", "concurrent",
        "trop de connexions", "too frequent",
    ]),
    (Cause::Blocked, &[
        "blacklist", "blocklist", "block list", "black list", "blocked", "dnsbl", "rbl", "spamhaus", "sorbs", "spamcop", "barracuda", "reputation", "listed in", "listed at", "listed on", "is listed",
        "not accepting connections", "access denied", "connection refused by policy", "banned", "ip address has been", "client host rejected", "client host", "host refused",
        "your server", "your ip", "not allowed to connect", "bad sender ip", "sender ip", "mail server ip", "connections not accepted", "denied by", "dynamic ip", "dialup", "rejecting banned",
        "smtp server of your isp", "helo", "ehlo", "connection rejected", "service refused", "connection dropped", "not rfc-compliant host", "go away", "service not available, closing transmission channel",
        "refused to talk to me", "connections from", "is not allowed to send", "service unavailable; client", "permanently rejected", "we do not accept mail from", "smtp error from remote mail server after initial connection",
    ]),
    (Cause::NoRelaying, &[
        "relaying denied", "relay denied", "relay access denied", "not permitted to relay", "relay not permitted", "unable to relay", "cannot relay", "relaying not", "relay prohibited", "we do not relay", "no relay",
        "relaying is", "not relay", "insecure mail relay", "local recipients only", "isn't in my control", "isn't in my list of allowed", "relaying",
    ]),
    (Cause::Security, &[
        "starttls", "tls required", "tls is required", "must issue a", "encryption", "authentication required", "authentication failed", "smtp auth", "please authenticate",
        "not authenticated", "login", "certificate", "client was not authenticated", "authentifi", "sasl", "5.7.3 ", "tls",
    ]),
    (Cause::SenderRejected, &[
        "sender address rejected", "sender rejected", "sender denied", "sender verify failed", "sender is not", "bad sender", "from address", "return path", "backscatter", "sender domain",
        "domain of sender", "sender refused", "mail from", "sender not", "unknown sender", "sender address", "invalid sender", "empty envelope senders", "null sender", "not accepted from", "envelope blocked", "originator",
        "address rejected", "sender email address", "sending domain", "sender's", "permission to post", "permission",
    ]),
    (Cause::Content, &[
        "attachment", "header is missing", "headers", "rfc 5322", "rfc5322", "rfc 2822", "malformed", "bare lf", "message format", "content", "mime", "8bit", "not rfc compliant", "multiple addresses", "message-id", "invalid character", "line too long",
    ]),
    (Cause::Policy, &[
        "policy", "not allowed", "prohibited", "refused", "rejected for", "administrative", "security reasons", "local policy", "access control", "denied",
        "unauthorized", "not permitted", "restricted", "not authorized", "not accepted", "rejected",
    ]),
    (Cause::Filtered, &[
        "mailbox unavailable", "has protected", "filter", "refuses your mail", "not accept your mail", "not accepting", "challenge", "blocked by recipient", "recipient refused", "due to extended inactivity", "domain filter", "user reject", "was rejected by a remote mail server", "not accepting mail",
    ]),
    (Cause::Expired, &[
        "expired", "retry timeout", "retry time not reached", "delivery time expired", "too long in queue", "been in the queue too long", "delivery timeout", "message timeout", "could not be delivered for", "unable to deliver it for", "not been able to deliver",
        "timed out", "timeout", "time limit exceeded", "giving up", "has been delayed", "trying for", "not yet been delivered", "could not send message for", "within the", "retries", "still undelivered", "delayed", "hours",
        "could not be delivered since",
    ]),
    (Cause::Network, &[
        "connection refused", "connection reset", "no route to host", "network", "connection lost", "lost connection", "could not connect", "unable to connect", "couldn't connect", "loop", "too many hops", "hop count", "name server", "dns error", "dns failure",
        "mx record", "connection closed", "unreachable", "establish an smtp", "establish any smtp", "no smtp connection got", "could not be contacted", "name lookup", "unable to resolve", "cannot be resolved", "resolve", "connection timed", "host is down", "all hosts for", "lowest numbered mx",
        "mail for", "local configuration error", "no answer", "connection failed", "gethostbyname", "did not accept our requests to connect", "mx lookup",
    ]),
    (Cause::System, &[
        "insufficient disk", "no space left", "disk full", "out of memory", "insufficient system", "system error", "internal error", "internal system error", "local error", "temporary failure", "temporary error", "server error", "service unavailable",
        "can't open", "cannot open", "can't create", "cannot create", "can't write", "permission denied", "input/output error", "i/o error", "system config", "temporary local problem", "temporary problem", "can't accept messages now", "unable to process", "server not available", "not be written", "mail system",
        "local problem", "resources", "locked", "bad file", "no such file", "read-only",
    ]),
    (Cause::Mailer, &[
        "pipe to", "command died", "command failed", "exit status", "x-unix", "procmail", "exited", "local delivery failed", "program", "return code", "child process", "command output", "fatal signal", "mail delivery agent", "mailer", "transport returned",
    ]),
    (Cause::Protocol, &["syntax error", "sequence of commands", "bad sequence", "unrecognized command", "command not recognized", "nested mail command", "not implemented", "syntax"]),
];

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests below"
)]
static STATUS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^\d.]|\.(?:$|\D))").unwrap()
});
#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests below"
)]
static REPLY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[^\d.\[:/-])([45][0-5]\d)(?:$|[ \-:<])").unwrap());

/// The enhanced status code a text names: the first that says more than "something", else the
/// first.
pub fn status_in(text: &str) -> Option<String> {
    let mut all = STATUS
        .captures_iter(start(text, DIAGNOSTIC_OCTETS_MAX))
        .take(10)
        .filter_map(|c| c.get(1))
        .map(|m| m.as_str());
    let first = all.next()?;
    let telling = if says_nothing(first) {
        all.find(|code| !says_nothing(code)).unwrap_or(first)
    } else {
        first
    };
    Some(telling.to_owned())
}

/// The SMTP reply code a text names.
pub fn reply_in(text: &str) -> Option<u16> {
    REPLY
        .captures(start(text, DIAGNOSTIC_OCTETS_MAX))
        .and_then(|c| c.get(1))
        .and_then(|m| m.as_str().parse().ok())
}

fn says_nothing(code: &str) -> bool {
    code.ends_with(".0.0")
}

/// Why it failed: from a diagnostic, and a status code if the report gives one.
pub fn judge(diagnostic: &str, status: Option<&str>) -> Cause {
    let text = fold(diagnostic);
    let said = status_in(diagnostic);
    let code = match (status, said.as_deref()) {
        (Some(status), Some(said)) if says_nothing(status) => Some(said),
        (Some(status), _) => Some(status),
        (None, said) => said,
    };
    let by_words = by_phrase(&text);
    let by_code = code.and_then(by_status);
    let transient = code.is_some_and(|code| code.starts_with('4'))
        || (code.is_none() && reply_in(diagnostic).is_some_and(|reply| reply < 500));
    let cause = match (by_words, by_code) {
        // These codes name one cause and are not sent by accident.
        (_, Some(exact @ (Cause::NoMail | Cause::MailboxFull | Cause::ReverseDns))) => exact,
        // "User unknown" with the code of a closed mailbox: without a refused RCPT command to bear
        // the words out, the milder of the two is believed.
        (Some(Cause::UserUnknown), Some(Cause::Suspended))
            if !text.contains("rcpt") && !text.contains("not like recipient") =>
        {
            Cause::Suspended
        }
        // An unknown user told after the message was taken is a filter's answer.
        (Some(Cause::UserUnknown), Some(Cause::Filtered)) => Cause::Filtered,
        // A code that names the address beats words that could mean anything.
        (
            Some(
                Cause::Policy
                | Cause::SenderRejected
                | Cause::Content
                | Cause::Filtered
                | Cause::System
                | Cause::Mailer
                | Cause::Network
                | Cause::Expired,
            ),
            Some(Cause::UserUnknown),
        ) => Cause::UserUnknown,
        (Some(words), _) => words,
        (None, Some(code)) => code,
        (None, None) => by_reply(reply_in(diagnostic)),
    };
    if cause.group() == Group::Dead {
        // What is refused before the recipient was named is the sender's; what is refused after
        // the whole message was taken is a filter's answer.
        if text.contains("after mail from") || text.contains("response to mail from") {
            return Cause::SenderRejected;
        }
        if cause == Cause::UserUnknown
            && (text.contains("end of data") || text.contains("reply to end of data"))
        {
            return Cause::Filtered;
        }
    }
    // A name server that could not answer today is not a domain that does not exist.
    if cause == Cause::HostUnknown && transient {
        return Cause::Network;
    }
    cause
}

/// All phrases in one pass, a report may have hundreds of refusals; and the row of each.
static MATCHER: LazyLock<(Option<AhoCorasick>, Vec<usize>)> = LazyLock::new(|| {
    let rows = PHRASES.iter().enumerate();
    let row_of = rows.flat_map(|(row, (_, phrases))| phrases.iter().map(move |_| row));
    let phrases = PHRASES.iter().flat_map(|(_, phrases)| *phrases);
    (AhoCorasick::new(phrases).ok(), row_of.collect())
});

/// The first row of the table with a phrase that stands in the text.
fn by_phrase(text: &str) -> Option<Cause> {
    let (matcher, rows) = &*MATCHER;
    let row = matcher
        .as_ref()?
        .find_overlapping_iter(text)
        .filter_map(|hit| rows.get(hit.pattern().as_usize()))
        .min()?;
    PHRASES.get(*row).map(|(cause, _)| *cause)
}

/// RFC 3463, RFC 7372, RFC 7505 and the registry beside them.
fn by_status(code: &str) -> Option<Cause> {
    let (_, detail) = code.split_once('.')?;
    Some(match detail {
        "1.1" | "1.3" | "1.4" | "1.351" | "1.11" => Cause::UserUnknown,
        "1.2" => Cause::HostUnknown,
        "1.6" => Cause::Moved,
        "1.10" => Cause::NoMail,
        "1.7" | "1.8" | "1.9" | "7.13" => Cause::SenderRejected,
        "2.1" => Cause::Suspended,
        "2.2" => Cause::MailboxFull,
        "2.3" | "3.4" => Cause::TooBig,
        "2.0" => Cause::Filtered,
        "3.0" | "3.1" | "3.2" | "3.5" | "2.4" => Cause::System,
        "3.3" | "5.0" | "5.1" | "5.2" | "5.4" | "5.5" => Cause::Protocol,
        "4.4" => Cause::HostUnknown,
        "4.0" | "4.1" | "4.2" | "4.3" | "4.6" => Cause::Network,
        "4.5" => Cause::System,
        "4.7" | "4.310" | "4.312" => Cause::Expired,
        "6.0" | "6.1" | "6.2" | "6.3" | "6.4" | "6.5" => Cause::Content,
        "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.26" | "7.509" => Cause::AuthFailure,
        "7.25" => Cause::ReverseDns,
        "7.8" | "7.10" | "7.11" | "7.3" | "7.57" => Cause::Security,
        "7.28" => Cause::RateLimited,
        "7.0" | "7.1" | "7.2" => Cause::Policy,
        _ => return None,
    })
}

fn by_reply(reply: Option<u16>) -> Cause {
    match reply {
        Some(550 | 551 | 553) => Cause::Policy,
        Some(552) => Cause::MailboxFull,
        Some(421 | 451 | 450) => Cause::System,
        Some(500..=504) => Cause::Protocol,
        Some(_) | None => Cause::Undefined,
    }
}

/// Lower case, single spaces, straight apostrophes, no addresses (a local part such as
/// `no-such-user` would be believed), no folding marks of multi-line replies.
fn fold(text: &str) -> String {
    let text = start(text, DIAGNOSTIC_OCTETS_MAX).to_lowercase();
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        // `from:<a@b.example>:` keeps its command and loses its address.
        let word = match word.split_once('@') {
            Some((before, after)) if after.contains('.') => before
                .rfind('<')
                .and_then(|at| before.get(..at))
                .unwrap_or("@"),
            Some(_) | None => word,
        };
        if word.starts_with("http://") || word.starts_with("https://") {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            out.push(match c {
                '\u{2018}' | '\u{2019}' | '`' => '\'',
                'é' | 'è' | 'ê' => 'e',
                other => other,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_read_as_a_cause() {
        let cases = [
            (
                "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown",
                Cause::UserUnknown,
            ),
            (
                "550 5.4.1 [a@b.example]: Recipient address rejected: Access denied",
                Cause::UserUnknown,
            ),
            ("552 5.2.2 over quota", Cause::MailboxFull),
            ("550 5.7.26 unauthenticated", Cause::AuthFailure),
            ("556 5.1.10 null MX", Cause::NoMail),
            (
                "554 5.7.1 Client host [192.0.2.1] blocked using a list",
                Cause::Blocked,
            ),
            (
                "Host or domain name not found. Name service error",
                Cause::HostUnknown,
            ),
            ("450 4.1.2 Domain not found", Cause::Network),
            ("550 5.2.1 User unknown", Cause::Suspended),
            ("after RCPT TO: 550 5.2.1 User unknown", Cause::UserUnknown),
            (
                "after MAIL FROM:<a@b.example>: 550 No such domain",
                Cause::SenderRejected,
            ),
            ("554 Message too large", Cause::TooBig),
            ("connect to mx: Connection timed out", Cause::Expired),
            ("550 5.7.1 nothing more", Cause::Policy),
            ("", Cause::Undefined),
        ];
        for (said, cause) in cases {
            assert_eq!(judge(said, None), cause, "{said}");
        }
    }

    #[test]
    fn an_address_in_a_diagnostic_is_not_read_as_words() {
        assert_eq!(
            judge("<user-unknown@spam.example>: over quota", None),
            Cause::MailboxFull
        );
    }

    #[test]
    fn a_network_address_is_not_a_status_code() {
        assert_eq!(status_in("connect to [5.1.1.7]:25"), None);
        assert_eq!(status_in("550 5.0.0 no (#5.1.1)").as_deref(), Some("5.1.1"));
        assert_eq!(reply_in("host 192.0.2.250 said: 550 no"), Some(550));
    }
}
