//! Names of credentials: `smtp:<account id>`, `imap:<account id>`, `oauth:<account id>`,
//! `signing-key`.

use std::fmt;

use domain::AccountId;

/// Which credential. The text is the account name in the OS keychain and the map key in the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(String);

impl Key {
    /// The SMTP password or token of an account.
    pub fn smtp(account: AccountId) -> Self {
        Key(format!("smtp:{account}"))
    }

    /// The IMAP password or token of an account, where it is another than its SMTP one.
    pub fn imap(account: AccountId) -> Self {
        Key(format!("imap:{account}"))
    }

    /// What a sign-in by OAuth left: the provider's doors, the client id, the refresh token.
    pub fn oauth(account: AccountId) -> Self {
        Key(format!("oauth:{account}"))
    }

    /// The Ed25519 seed (32 bytes) that signs journal checkpoints.
    pub fn signing() -> Self {
        Key("signing-key".to_owned())
    }

    /// Written and taken back when a keychain is asked whether it works.
    pub(crate) fn probe() -> Self {
        Key("probe".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
