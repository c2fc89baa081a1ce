//! One file per rule. The table that lists them is [`crate::RULES`].

pub(crate) mod agent_paused;
pub(crate) mod attachments;
pub(crate) mod autonomy;
pub(crate) mod cooldown;
pub(crate) mod duplicate;
pub(crate) mod links;
pub(crate) mod mailbox_grant;
pub(crate) mod mailbox_paused;
pub(crate) mod queue_full;
pub(crate) mod rate_limit;
pub(crate) mod recipient_scope;
pub(crate) mod recipients_count;
pub(crate) mod secrets;
pub(crate) mod suppression;
pub(crate) mod unfinished;
pub(crate) mod workspace_paused;
