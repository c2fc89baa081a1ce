//! Everything has a limit, and the limit has a name.

use crate::time::Span;

/// Longest request body on an HTTP door, in octets (35 MiB: 25 MiB of files as base64, and text).
pub const BODY_OCTETS_MAX: usize = 35 * 1024 * 1024;
/// Recipients an ask may carry before it is refused as malformed.
pub const RECIPIENTS_MAX: usize = 500;
/// Recipients above which the policy blocks.
pub const RECIPIENTS_BLOCK: usize = 50;
/// Domains of one message that are held against known ones letter by letter; those behind them by
/// their look alone.
pub const SPELLED_DOMAINS_MAX: usize = RECIPIENTS_BLOCK;
/// Addresses answers may be asked to go to.
pub const REPLY_TO_MAX: usize = 20;
/// Items of one batch.
pub const BATCH_MAX: usize = 500;
/// Characters of a subject (RFC 5322 allows folding; nobody reads more).
pub const SUBJECT_CHARS_MAX: usize = 2_000;
/// Octets of one body, text or HTML.
pub const TEXT_OCTETS_MAX: usize = 10 * 1024 * 1024;
/// Files in one message.
pub const ATTACHMENTS_MAX: usize = 50;
/// Octets of all files of one message, decoded.
pub const ATTACHMENTS_OCTETS_MAX: usize = 25 * 1024 * 1024;
/// Characters of a file name.
pub const FILENAME_CHARS_MAX: usize = 255;
/// Octets of an idempotency key.
pub const DEDUPE_KEY_OCTETS_MAX: usize = 256;
/// Characters of a reason, note, question or rejection.
pub const REASON_CHARS_MAX: usize = 2_000;
/// Characters of a time zone's name that are said back.
pub const ZONE_CHARS_MAX: usize = 64;
/// Characters of an agent's or mailbox's name.
pub const NAME_CHARS_MAX: usize = 80;
/// Labels on one ask.
pub const TAGS_MAX: usize = 20;
/// Characters of a label's key or value.
pub const TAG_CHARS_MAX: usize = 100;
/// Characters of a Message-ID.
pub const MESSAGE_ID_CHARS_MAX: usize = 500;
/// Message-IDs in the `References` of what is sent: the first of the thread and the nearest.
pub const REFERENCES_MAX: usize = 20;
/// Characters kept of a server's reply.
pub const REPLY_CHARS_MAX: usize = 500;
/// Open requests of one agent.
pub const OPEN_REQUESTS_PER_AGENT_MAX: usize = 200;
/// Asks per second of one agent, over time.
pub const ASKS_PER_SECOND: u32 = 50;
/// Asks one agent may make at once.
pub const ASKS_BURST: u32 = 1_000;
/// Longest long-poll.
pub const WAIT_SECONDS_MAX: u64 = 50;
/// Rows of one page.
pub const PAGE_MAX: usize = 500;
/// Octets of a policy document.
pub const POLICY_OCTETS_MAX: usize = 256 * 1024;

/// A hold nobody answers lapses after this.
pub const HOLD_EXPIRY: Span = Span::from_hours(24);
/// An approval can be taken back for this long.
pub const UNDO_WINDOW: Span = Span::from_seconds(10);
/// A send waits this long for a slot, unless the agent says otherwise.
pub const SEND_BY_DEFAULT: Span = Span::from_hours(24);
/// And a marketing send this long.
pub const SEND_BY_MARKETING: Span = Span::from_days(7);
/// At most this far ahead.
pub const SEND_BY_MAX: Span = Span::from_days(30);
/// A delivery the relay keeps refusing for now is given up after this.
pub const DELIVERY_GIVE_UP: Span = Span::from_hours(48);
