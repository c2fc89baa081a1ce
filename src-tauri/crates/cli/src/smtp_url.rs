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

/// Reads the address of an IMAP server, as the form the console takes. Without a port it is 993
/// for implicit TLS, else 143; without `tls` it is implicit, on 143 STARTTLS.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn imap_form(text: &str, password: Option<String>) -> Result<Value, Failure> {
    let wrong = |why: &str| {
        Failure::Usage(format!(
            "`{text}` is no IMAP server: {why}; write imap://user@host:port?tls=implicit"
        ))
    };
    let mut url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if url.scheme() != "imap" {
        return Err(wrong("it does not begin with imap://"));
    }
    if url.username().is_empty() {
        return Err(wrong(
            "mail is read with a login; put a user in front of the @",
        ));
    }
    let (mut sent, mut people, mut tls, mut kept) = ("none", true, None, Vec::new());
    let mut authserv: Option<String> = None;
    let mut dkim = true;
    let mut tokens = "off";
    for (key, value) in url.query_pairs() {
        match (key.as_ref(), value.as_ref()) {
            ("sent", "provider") => sent = "provider",
            ("sent", "append") => sent = "append",
            ("sent", "none") => {}
            ("sent", _) => return Err(wrong("sent is provider, append or none")),
            ("tokens", "plus") => tokens = "plus",
            ("tokens", "off") => {}
            ("tokens", _) => return Err(wrong("tokens is plus or off")),
            ("people", "no") => people = false,
            ("people", "yes") => {}
            ("people", _) => return Err(wrong("people is yes or no")),
            ("dkim", "dns") => dkim = true,
            ("dkim", "no") => dkim = false,
            ("dkim", _) => return Err(wrong("dkim is dns or no")),
            ("authserv", name) => authserv = Some(name.to_owned()),
            ("tls", mode) => tls = Some(mode.to_owned()),
            (_, _) => kept.push((key.into_owned(), value.into_owned())),
        }
    }
    let tls = tls.unwrap_or_else(|| match url.port() {
        Some(143) => "starttls".to_owned(),
        Some(_) | None => "implicit".to_owned(),
    });
    if url.port().is_none() {
        let port = if tls == "implicit" { 993 } else { 143 };
        url.set_port(Some(port))
            .map_err(|()| wrong("it names no host"))?;
    }
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("tls", &tls);
    // The rest is as with a relay.
    let relay = url.as_str().replacen("imap://", "smtp://", 1);
    let has_own = password.is_some();
    let mut form = self::form(&relay, Some(password.unwrap_or_default()))?;
    if let Some(form) = form.as_object_mut() {
        if !has_own {
            form.insert("secret".to_owned(), Value::Null);
        }
        form.insert("mechanism".to_owned(), json!("password"));
        form.insert("sent_copy".to_owned(), json!(sent));
        form.insert("people_write".to_owned(), json!(people));
        form.insert("reply_tokens".to_owned(), json!(tokens));
        form.insert("authserv_id".to_owned(), json!(authserv));
        form.insert("verify_dkim".to_owned(), json!(dkim));
    }
    Ok(form)
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

    #[test]
    fn an_imap_server_is_read_with_who_files_copies_and_who_writes() {
        let form =
            "imap://dana@mail.example?sent=provider&people=no&dkim=no&authserv=mx.mail.example";
        let form = imap_form(form, None).unwrap();
        assert_eq!(form["port"], 993);
        assert_eq!(form["tls"], "implicit");
        assert_eq!(form["sent_copy"], "provider");
        assert_eq!(form["people_write"], false);
        assert_eq!(form["verify_dkim"], false);
        assert_eq!(form["authserv_id"], "mx.mail.example");
        assert_eq!(form["secret"], Value::Null);
        let form = imap_form("imap://d@h:143", Some("pw".to_owned())).unwrap();
        assert_eq!(
            form["authserv_id"],
            Value::Null,
            "nobody is believed unnamed"
        );
        assert_eq!(
            (&form["tls"], &form["secret"]),
            (&json!("starttls"), &json!("pw"))
        );
        assert!(imap_form("imap://h", None).is_err());
        assert!(imap_form("smtp://d@h", None).is_err());
    }

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
