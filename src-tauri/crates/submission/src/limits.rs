//! Every limit of the door.

use std::time::Duration;

/// Connections open at once; more wait in the system's queue.
pub const CONNECTIONS_MAX: usize = 2_048;
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
/// Long messages in memory at once, whoever sends them; more wait their turn to be read.
pub const LONG_BODIES_MAX: usize = 8;
/// How long conversations may finish once the door is closing.
pub const CLOSING_TIME_MAX: Duration = Duration::from_secs(5);
/// Octets of a line of a reply, codes and CRLF aside (RFC 5321, section 4.5.3.1.5: 512 in all).
pub const REPLY_TEXT_MAX: usize = 480;
