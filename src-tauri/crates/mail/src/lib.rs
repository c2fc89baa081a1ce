//! Everything that touches MIME bytes and SMTP: composing a draft into the exact bytes a person
//! approves, taking such bytes apart again for the eye, and putting them on the wire.
//!
//! - [`compose`]: draft in, [`domain::Sealed`] out. Pure; the same input is the same bytes.
//! - [`dkim`]: a received message and somewhere to ask for keys in, who signed it out.
//! - [`parse`]: bytes in, what is in them out. Never fails.
//! - [`raw`]: a message another program composed in, looked through and sealed as it is, out.
//! - [`imap`]: an account's settings in, its folders and the bytes in them out; nothing there is
//!   changed but by copies filed among the sent ones.
//! - [`pictures`]: addresses of pictures on other people's servers in, pictures out; only when a
//!   person asks, and only from the internet.
//! - [`oauth`]: the operator's registration with a provider in, tokens that open a mailbox out.
//! - [`steps`]: how a connection is opened, told while it happens.
//! - [`transport`]: a [`policy::Clearance`] and sealed bytes in, an [`domain::Outcome`] out that
//!   says exactly how far it got.
//!
//! Knows neither the store nor the engine: who to send to, when, and what to do about an outcome
//! is decided above.

pub mod compose;
pub mod dkim;
mod header;
mod https;
pub mod imap;
pub mod oauth;
pub mod parse;
pub mod pictures;
pub mod raw;
pub mod steps;
pub mod transport;

pub use header::ends_a_line;
