//! What a server says it can do (EHLO, RFC 5321 section 4.1.1.1).

use super::reply::Reply;

/// A server's extensions, those we use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Hello {
    pub starttls: bool,
    pub eight_bit: bool,
    pub smtputf8: bool,
    pub pipelining: bool,
    /// It knows SIZE (RFC 1870) and can be told ours.
    pub size: bool,
    /// The longest message it takes, if it says.
    pub size_max: Option<u64>,
    /// AUTH mechanisms, in upper case.
    pub auth: Vec<String>,
}

impl Hello {
    /// Reads the lines behind the first, which is the server's name.
    pub(super) fn read(reply: &Reply) -> Hello {
        let mut hello = Hello::default();
        for line in reply.lines.iter().skip(1) {
            // Some servers write `AUTH=LOGIN` for clients of the last century.
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1);
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => hello.starttls = true,
                Some("8BITMIME") => hello.eight_bit = true,
                Some("SMTPUTF8") => hello.smtputf8 = true,
                Some("PIPELINING") => hello.pipelining = true,
                Some("SIZE") => {
                    hello.size = true;
                    // Zero means no fixed limit (RFC 1870, section 4).
                    hello.size_max = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                }
                Some("AUTH") => {
                    let known: Vec<String> = words.map(str::to_owned).collect();
                    hello.auth.extend(known);
                }
                Some(_) | None => {}
            }
        }
        hello
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_read_whatever_their_case_and_order() {
        let reply = Reply {
            code: 250,
            lines: [
                "mail.example.com STARTTLS",
                "size 52428800",
                "Auth plain login",
                "AUTH=XOAUTH2",
                "8bitmime",
                "X-ODD",
            ]
            .map(str::to_owned)
            .to_vec(),
        };
        let hello = Hello::read(&reply);
        assert_eq!(hello.size_max, Some(52_428_800));
        assert_eq!(hello.auth, ["PLAIN", "LOGIN", "XOAUTH2"]);
        assert!(hello.eight_bit && !hello.smtputf8 && !hello.pipelining);
        assert!(!hello.starttls, "the server's own name is no extension");
    }
}
