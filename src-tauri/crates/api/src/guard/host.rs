//! Who the request thinks it talks to, and which page it comes from.
//!
//! A page on the web can make a browser send requests to loopback: by a name that resolves to it
//! (DNS rebinding: the `Host` is then the page's) or across origins (the `Origin` is then the
//! page's). Both are refused before anything else is read. `Sec-Fetch-*` is no sign of a browser:
//! Node's fetch sends it too, and it is never looked at.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use domain::Code;

use crate::problem::{Refusal, cut};

/// Which `Host` a door answers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostRule {
    /// A loopback name with this port.
    LoopbackPort(u16),
    /// Anything: a Unix socket has no name a page could rebind.
    Any,
}

impl HostRule {
    /// Lets a request pass whose `Host`, and whose target if that names a host, are ours.
    pub fn check(self, parts: &Parts) -> Result<(), Refusal> {
        let HostRule::LoopbackPort(port) = self else {
            return Ok(());
        };
        let refuse = |said: &str| {
            let said = cut(said, 100);
            let detail = format!(
                "`Host` is {said}, and this door answers only to loopback names with its port; \
                 use http://127.0.0.1:{port}"
            );
            Refusal::new(Code::HostForbidden, detail)
        };
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().map_err(|_| refuse("not readable"))?,
            (Some(_), Some(_)) => return Err(refuse("there twice")),
            (None, _) => return Err(refuse("missing")),
        };
        let quoted = |text: &str| format!("`{}`", cut(text, 90));
        let named = host
            .parse::<Authority>()
            .map_err(|_| refuse(&quoted(host)))?;
        // A target in absolute form names a host too, and RFC 9112 lets it win over the header.
        for authority in [Some(&named), parts.uri.authority()].into_iter().flatten() {
            if !is_ours(authority, port) {
                return Err(refuse(&quoted(authority.as_str())));
            }
        }
        Ok(())
    }
}

fn is_ours(authority: &Authority, port: u16) -> bool {
    // Without a port the visitor means the one of its scheme.
    let named_port = authority.port_u16().unwrap_or(80);
    let host = authority.host();
    let bare = host
        .strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host);
    let loopback = bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    let plain = !authority.as_str().contains('@');
    loopback && plain && named_port == port
}

/// Lets a request pass that comes from no page, or from one the operator allowed.
pub fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Refusal> {
    for origin in headers.get_all(header::ORIGIN) {
        let known = origin
            .to_str()
            .is_ok_and(|origin| allowed.iter().any(|one| one == origin));
        if !known {
            let said = cut(&String::from_utf8_lossy(origin.as_bytes()), 100);
            let detail = format!(
                "pages of `{said}` may not use this door; ask from a program, or have the \
                 operator allow that origin"
            );
            return Err(Refusal::new(Code::OriginForbidden, detail));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().uri(uri);
        let request = headers
            .iter()
            .fold(request, |r, (name, value)| r.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_loopback_names_with_our_port_are_ours() {
        let ours = HostRule::LoopbackPort(7411);
        for host in [
            "127.0.0.1:7411",
            "localhost:7411",
            "LOCALHOST:7411",
            "[::1]:7411",
            "127.9.9.9:7411",
        ] {
            assert!(
                ours.check(&parts("/v1/me", &[("host", host)])).is_ok(),
                "{host}"
            );
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "evil.example:7411",
            "localhost.evil.example:7411",
            "127.0.0.1.evil.example:7411",
            "127.0.0.1:7411.evil.example",
            "user@127.0.0.1:7411",
            "10.0.0.1:7411",
            "[::2]:7411",
            "0.0.0.0:7411",
            "",
            "a b",
        ] {
            let refused = ours
                .check(&parts("/v1/me", &[("host", host)]))
                .expect_err(host);
            assert_eq!(refused.0.code, Code::HostForbidden, "{host}");
        }
        assert!(ours.check(&parts("/", &[])).is_err(), "no Host at all");
        let twice = [("host", "127.0.0.1:7411"), ("host", "127.0.0.1:7411")];
        assert!(ours.check(&parts("/", &twice)).is_err());
    }

    #[test]
    fn a_target_that_names_another_host_is_refused_whatever_the_header_says() {
        let ours = HostRule::LoopbackPort(7411);
        let host = [("host", "127.0.0.1:7411")];
        assert!(
            ours.check(&parts("http://evil.example/v1/me", &host))
                .is_err()
        );
        assert!(
            ours.check(&parts("http://127.0.0.1:7411/v1/me", &host))
                .is_ok()
        );
    }

    #[test]
    fn a_host_without_a_port_means_port_80() {
        let ours = HostRule::LoopbackPort(80);
        assert!(ours.check(&parts("/", &[("host", "localhost")])).is_ok());
    }

    #[test]
    fn a_unix_socket_answers_to_any_host() {
        assert!(
            HostRule::Any
                .check(&parts("/", &[("host", "sendoff")]))
                .is_ok()
        );
        assert!(HostRule::Any.check(&parts("/", &[])).is_ok());
    }

    #[test]
    fn an_origin_passes_only_by_name_and_fetch_metadata_is_not_looked_at() {
        let allowed = ["http://localhost:5173".to_owned()];
        let check = |headers: &[(&str, &str)]| check_origin(&parts("/", headers).headers, &allowed);
        assert!(check(&[]).is_ok());
        assert!(check(&[("sec-fetch-mode", "cors"), ("sec-fetch-site", "cross-site")]).is_ok());
        assert!(check(&[("origin", "http://localhost:5173")]).is_ok());
        for origin in [
            "null",
            "",
            "http://localhost:5174",
            "https://localhost:5173",
            "http://127.0.0.1:7411",
        ] {
            let refused = check(&[("origin", origin)]).expect_err(origin);
            assert_eq!(refused.0.code, Code::OriginForbidden);
        }
        assert!(
            check(&[
                ("origin", "http://localhost:5173"),
                ("origin", "http://evil.example")
            ])
            .is_err()
        );
    }
}
