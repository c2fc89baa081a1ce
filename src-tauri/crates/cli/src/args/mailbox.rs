//! What is said of a mailbox: its servers, and how it is signed in.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Mailbox {
    /// Store a mailbox and its relay, without connecting
    Add {
        /// Its address
        address: String,
        /// smtp://user@host:port[?tls=none|starttls|implicit&ca=FILE]
        #[arg(long, value_name = "URL")]
        smtp: String,
        /// Read the relay's password from this file descriptor; without one there is no login
        #[arg(long, value_name = "N")]
        smtp_password_fd: Option<u32>,
        /// imap://user@host:port[?tls=MODE&ca=FILE&sent=provider|append&people=no&tokens=plus&authserv=NAME&dkim=no]
        #[arg(long, value_name = "URL")]
        imap: Option<String>,
        /// Read the IMAP password from this file descriptor; without one the relay's is used
        #[arg(long, value_name = "N", requires = "imap")]
        imap_password_fd: Option<u32>,
        /// The name shown beside the address
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Read a mailbox's mail from now on, or with `--off` no longer
    Imap {
        /// Its address
        address: String,
        /// imap://user@host:port[?tls=MODE&ca=FILE&sent=provider|append&people=no&tokens=plus&authserv=NAME&dkim=no]
        #[arg(long, value_name = "URL", required_unless_present = "off")]
        imap: Option<String>,
        /// Read the IMAP password from this file descriptor; without one the relay's is used
        #[arg(long, value_name = "N", requires = "imap")]
        imap_password_fd: Option<u32>,
        /// Read it no longer
        #[arg(long, conflicts_with = "imap")]
        off: bool,
    },
    /// Sign a mailbox in with its provider, by your own client id; no password is kept
    Oauth(Oauth),
    /// Forget the sign-in with its provider: the mailbox logs in with a password again
    SignOut {
        /// Its address
        address: String,
        /// Read the password from this file descriptor; without one the one that is kept is used
        #[arg(long, value_name = "N")]
        password_fd: Option<u32>,
    },
    /// All mailboxes
    List,
    /// Try a relay or an IMAP server out, step by step; nothing is sent, nothing is kept
    #[command(group = clap::ArgGroup::new("server").required(true).multiple(false))]
    Test {
        /// smtp://user@host:port[?tls=none|starttls|implicit&ca=FILE]
        #[arg(long, value_name = "URL", group = "server")]
        smtp: Option<String>,
        /// imap://user@host:port[?tls=none|starttls|implicit&ca=FILE]
        #[arg(long, value_name = "URL", group = "server")]
        imap: Option<String>,
        /// Read the IMAP password from this file descriptor
        #[arg(long, value_name = "N", requires = "imap")]
        imap_password_fd: Option<u32>,
        /// Read the relay's password from this file descriptor
        #[arg(long, value_name = "N")]
        smtp_password_fd: Option<u32>,
        /// Ask the relay too whether it takes mail from this address
        #[arg(long, value_name = "ADDRESS", requires = "smtp")]
        sender: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Oauth {
    /// Its address
    pub(crate) address: String,
    /// google or microsoft
    #[arg(long, value_name = "NAME", required_unless_present = "token_url")]
    pub(crate) provider: Option<String>,
    /// Where one signs in, with a provider that is not known here
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "provider",
        requires = "token_url"
    )]
    pub(crate) auth_url: Option<String>,
    /// Where it gives tokens out
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "provider",
        requires = "auth_url"
    )]
    pub(crate) token_url: Option<String>,
    /// Where a sign-in on another device begins
    #[arg(long, value_name = "URL", conflicts_with = "provider")]
    pub(crate) device_url: Option<String>,
    /// What to ask for there, with blanks between
    #[arg(long, value_name = "SCOPES", conflicts_with = "provider")]
    pub(crate) scopes: Option<String>,
    /// The servers that take its tokens, with blanks between; no other gets one
    #[arg(
        long,
        value_name = "HOSTS",
        conflicts_with = "provider",
        required_unless_present = "provider"
    )]
    pub(crate) hosts: Option<String>,
    /// The client id you registered with the provider
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// Read the client secret from this file descriptor, if the provider gave one
    #[arg(long, value_name = "N")]
    pub(crate) client_secret_fd: Option<u32>,
    /// Sign in on another device, with a code
    #[arg(long)]
    pub(crate) device: bool,
}
