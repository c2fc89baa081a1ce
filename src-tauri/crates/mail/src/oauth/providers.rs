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
    },
];

/// The provider of this name.
pub fn provider(name: &str) -> Option<&'static Provider> {
    PROVIDERS
        .iter()
        .find(|one| one.name.eq_ignore_ascii_case(name))
}

impl Provider {
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
        }
        assert!(provider("nobody").is_none());
    }
}
