//! `smtp://user@host:port[?tls=none|starttls|implicit&ca=FILE]`, as the form the console takes.
//!
//! The password never stands in it: command lines are seen by everyone on the machine.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::exit::Failure;

/// Reads the address of a relay. Without a port it is 465 for implicit TLS, else 587; without
/// `tls` it is implicit on 465, else STARTTLS.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn form(text: &str, password: Option<String>) -> Result<Value, Failure> {
    let wrong = |why: &str| {
        Failure::Usage(format!(
            "`{text}` is no relay: {why}; write smtp://user@host:port?tls=starttls"
        ))
    };
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if url.scheme() != "smtp" {
        return Err(wrong("it does not begin with smtp://"));
    }
    if url.password().is_some() {
        return Err(wrong(
            "a password does not belong on a command line, use --smtp-password-fd N",
        ));
    }
    if !matches!(url.path(), "" | "/") {
        return Err(wrong("there is a path behind the host"));
    }
    let host = match url.host() {
        Some(Host::Domain(name)) => decoded(name).ok_or_else(|| wrong("the host is not text"))?,
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => return Err(wrong("it names no host")),
    };
    let (mut tls, mut ca) = (None, None);
    for (key, value) in url.query_pairs() {
        match (key.as_ref(), value.as_ref()) {
            ("tls", mode @ ("none" | "starttls" | "implicit")) => tls = Some(mode.to_owned()),
            ("tls", _) => return Err(wrong("tls is none, starttls or implicit")),
            ("ca", file) => ca = Some(file.to_owned()),
            (_, _) => return Err(wrong("only tls and ca may stand behind the question mark")),
        }
    }
    let tls = tls.unwrap_or_else(|| {
        if url.port() == Some(465) {
            "implicit".to_owned()
        } else {
            "starttls".to_owned()
        }
    });
    let port = url
        .port()
        .unwrap_or(if tls == "implicit" { 465 } else { 587 });
    let user = decoded(url.username()).ok_or_else(|| wrong("the user is not text"))?;
    // Without a password there is nothing to log in with.
    let mechanism = match (&password, user.is_empty()) {
        (None, _) => "none",
        (Some(_), false) => "password",
        (Some(_), true) => return Err(wrong("a password needs a user in front of the @")),
    };
    Ok(json!({
        "host": host,
        "port": port,
        "tls": tls,
        "ca_file": ca,
        "mechanism": mechanism,
        "user": (!user.is_empty()).then_some(user),
        "secret": password,
    }))
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, password: Option<&str>) -> Value {
        form(text, password.map(str::to_owned)).unwrap()
    }

    #[test]
    fn a_relay_is_read_with_its_defaults() {
        let plain = read("smtp://127.0.0.1:2525?tls=none", None);
        assert_eq!(
            (&plain["host"], &plain["port"]),
            (&json!("127.0.0.1"), &json!(2525))
        );
        assert_eq!(
            (&plain["tls"], &plain["mechanism"]),
            (&json!("none"), &json!("none"))
        );
        let usual = read("smtp://me%40x.example@mail.x.example", Some("pw"));
        assert_eq!(
            (&usual["port"], &usual["tls"]),
            (&json!(587), &json!("starttls"))
        );
        assert_eq!(
            (&usual["user"], &usual["secret"]),
            (&json!("me@x.example"), &json!("pw"))
        );
        let implicit = read("smtp://me@x.example:465?ca=/tmp/a%20b.pem", Some("pw"));
        assert_eq!(
            (&implicit["tls"], &implicit["ca_file"]),
            (&json!("implicit"), &json!("/tmp/a b.pem"))
        );
        assert_eq!(read("smtp://[::1]:25", None)["host"], "::1");
    }

    #[test]
    fn without_a_password_nobody_logs_in() {
        assert_eq!(read("smtp://me@x.example", None)["mechanism"], "none");
    }

    #[test]
    fn what_is_no_relay_is_refused_in_words() {
        for text in [
            "x.example:25",
            "http://x.example",
            "smtp://",
            "smtp://me:secret@x.example",
            "smtp://x.example?tls=maybe",
            "smtp://x.example/path",
            "smtp://x.example?verify=no",
        ] {
            assert!(matches!(form(text, None), Err(Failure::Usage(_))), "{text}");
        }
        assert!(form("smtp://x.example", Some("pw".into())).is_err());
    }
}
