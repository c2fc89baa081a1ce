//! Every limit of the door.

use std::time::Duration;

/// Octets of a command line with its CRLF. RFC 4954 wants room for long logins.
pub const COMMAND_OCTETS_MAX: usize = 12_288;
/// How long a client may take to log in, from its first octet or none to its last.
pub const LOGIN_TIME_MAX: Duration = Duration::from_secs(60);
/// How long the next command may take to come, the whole of it (RFC 5321, section 4.5.3.2.7).
pub const COMMAND_TIME_MAX: Duration = Duration::from_secs(300);
/// How long a whole message may take to come.
pub const DATA_TIME_MAX: Duration = Duration::from_secs(300);
/// How long a client may take to read a reply.
pub const REPLY_TIME_MAX: Duration = Duration::from_secs(60);
/// Commands that cannot be read or do not fit, before the door hangs up.
pub const ERRORS_MAX: usize = 20;
/// Failed logins of one connection, before the door hangs up.
pub const LOGINS_MAX: usize = 3;
/// Octets of a message up to which it is short: longer ones take a place of the few there are.
pub const SHORT_OCTETS_MAX: usize = 64 * 1024;
/// How long a long message may take once it has its place.
pub const LONG_DATA_TIME_MAX: Duration = Duration::from_secs(60);
/// How long conversations may finish once the door is closing.
pub const CLOSING_TIME_MAX: Duration = Duration::from_secs(5);
/// Octets of a line of a reply, codes and CRLF aside (RFC 5321, section 4.5.3.1.5: 512 in all).
pub const REPLY_TEXT_MAX: usize = 480;
/// How long a connection that makes way for another may take to be told so.
pub const GOODBYE_TIME_MAX: Duration = Duration::from_secs(1);
