//! Providers whose addresses are known, as they publish them. A new one is a row.

use super::{OAuthClient, RedirectHost};

/// A provider's doors and what to ask for there.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// What a person calls it.
    pub name: &'static str,
    auth_url: &'static str,
    token_url: &'static str,
    device_url: Option<&'static str>,
    scopes: &'static [&'static str],
    extra: &'static [(&'static str, &'static str)],
    redirect_host: RedirectHost,
    hosts: &'static [&'static str],
}

/// Those that are known.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "google",
        auth_url: "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: "https://oauth2.googleapis.com/token",
        // It has one, which gives out nothing that opens mail.
        device_url: None,
        scopes: &["https://mail.google.com/"],
        // Without these it gives no refresh token, or only the first time.
        extra: &[("access_type", "offline"), ("prompt", "consent")],
        redirect_host: RedirectHost::Address,
        hosts: &["gmail.com", "googlemail.com"],
    },
    Provider {
        name: "microsoft",
        auth_url: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        token_url: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        device_url: Some("https://login.microsoftonline.com/common/oauth2/v2.0/devicecode"),
        scopes: &[
            "https://outlook.office.com/SMTP.Send",
            "https://outlook.office.com/IMAP.AccessAsUser.All",
            "offline_access",
        ],
        extra: &[],
        redirect_host: RedirectHost::Localhost,
        hosts: &["office365.com", "outlook.com", "office.com"],
    },
];

/// The provider of this name.
pub fn provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case(name))
}

impl Provider {
    /// The provider of this registration.
    pub fn of(client: &OAuthClient) -> Option<&'static Provider> {
        PROVIDERS
            .iter()
            .find(|one| one.token_url == client.token_url)
    }

    /// The provider whose server this is.
    pub fn at(server: &str) -> Option<&'static Provider> {
        PROVIDERS
            .iter()
            .find(|one| one.client(String::new(), None).opens(server))
    }

    /// True if it lets a person sign in on another device.
    pub fn has_device_door(&self) -> bool {
        self.device_url.is_some()
    }

    /// The operator's registration with it.
    pub fn client(&self, client_id: String, client_secret: Option<String>) -> OAuthClient {
        let owned = |text: &&str| (*text).to_owned();
        OAuthClient {
            auth_url: self.auth_url.to_owned(),
            token_url: self.token_url.to_owned(),
            device_url: self.device_url.map(str::to_owned),
            scopes: self.scopes.iter().map(owned).collect(),
            extra: self
                .extra
                .iter()
                .map(|(key, value)| (owned(key), owned(value)))
                .collect(),
            redirect_host: self.redirect_host,
            hosts: self.hosts.iter().map(owned).collect(),
            client_id,
            client_secret: client_secret.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_provider_can_be_used() {
        for one in PROVIDERS {
            let client = one.client("an-id".to_owned(), None);
            assert!(client.check().is_ok(), "{}", one.name);
            assert!(provider(one.name).is_some());
            assert_eq!(
                Provider::of(&client).map(|known| known.name),
                Some(one.name)
            );
            let at = one.hosts.iter().map(|host| Provider::at(host));
            for known in at {
                assert_eq!(known.map(|known| known.name), Some(one.name));
            }
        }
        assert!(provider("nobody").is_none());
    }

    #[test]
    fn a_token_is_for_its_providers_servers_alone() {
        let client = |name| provider(name).unwrap().client("an-id".to_owned(), None);
        for (name, server, is_theirs) in [
            ("google", "smtp.gmail.com", true),
            ("google", "IMAP.Gmail.com.", true),
            ("google", "gmail.com", true),
            ("google", "smtp.sendgrid.net", false),
            ("google", "notgmail.com", false),
            ("google", "gmail.com.evil.example", false),
            ("google", "outlook.office365.com", false),
            ("google", "", false),
            ("microsoft", "smtp.office365.com", true),
            ("microsoft", "outlook.office365.com", true),
            ("microsoft", "smtp.gmail.com", false),
        ] {
            assert_eq!(client(name).opens(server), is_theirs, "{name} {server}");
        }
    }
}
