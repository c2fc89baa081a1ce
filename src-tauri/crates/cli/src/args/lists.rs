//! What came back, whom nobody writes to, and the document of rules.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Inbox {
    /// Conversations, the newest first
    List {
        /// Which of them
        #[arg(long, value_enum, default_value = "all")]
        tab: InboxTab,
        /// Only those with these words
        #[arg(long)]
        search: Option<String>,
    },
    /// One conversation with its messages
    Show {
        /// The conversation
        id: String,
    },
    /// Answer a message yourself: it leaves when the time to take it back has passed
    Reply {
        /// The message
        id: String,
        /// Your words
        #[arg(long, conflicts_with = "file", required_unless_present = "file")]
        text: Option<String>,
        /// A file with them; - is standard input
        #[arg(long)]
        file: Option<PathBuf>,
        /// Another subject than "Re: …"
        #[arg(long)]
        subject: Option<String>,
        /// To somebody else than who wrote; once per address
        #[arg(long)]
        to: Vec<String>,
        /// A copy to; once per address
        #[arg(long)]
        cc: Vec<String>,
    },
    /// Let a quarantined message go to agents
    Release {
        /// The message
        id: String,
    },
    /// Keep a message from agents for good
    Keep {
        /// The message
        id: String,
    },
    /// Say that you are done with a message that was with you
    Done {
        /// The message
        id: String,
    },
    /// Take a conversation in hand: agents leave it alone
    TakeOver {
        /// The conversation
        id: String,
    },
    /// Hand a conversation back to agents
    HandBack {
        /// The conversation
        id: String,
    },
    /// Mail that left a mailbox without passing here
    Alarms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InboxTab {
    /// Everything received
    All,
    /// Not looked at yet
    Unread,
    /// Kept from agents
    Quarantine,
    /// Waiting for your decision
    Decide,
    /// In your hands
    TakenOver,
}

impl InboxTab {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            InboxTab::All => "all",
            InboxTab::Unread => "unread",
            InboxTab::Quarantine => "quarantine",
            InboxTab::Decide => "decide",
            InboxTab::TakenOver => "taken_over",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Suppression {
    /// Never write to an address, or to a whole @domain
    Add {
        /// The address, or @domain
        address: String,
        /// manual, unsubscribe, complaint, hard_bounce, legal or not_interested
        #[arg(long, default_value = "manual")]
        reason: String,
        /// In your words
        #[arg(long)]
        note: Option<String>,
    },
    /// Write to it again
    Lift {
        /// The address, or @domain
        address: String,
        /// In your words
        #[arg(long)]
        note: Option<String>,
    },
    /// All of them
    List {
        /// Only those that contain this
        search: Option<String>,
    },
    /// Add a list from a CSV file: address, reason, note; a first row may name the columns
    Import {
        /// The file; `-` for standard input
        file: PathBuf,
    },
    /// Print all of them as a CSV file
    Export,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Say what is wrong with a document; needs no data folder
    Check {
        /// The document; `-` for standard input
        file: PathBuf,
    },
    /// Put a document in force
    Publish {
        /// The document; `-` for standard input
        file: PathBuf,
        /// Only if this version is still in force
        #[arg(long, value_name = "VERSION")]
        over: Option<u64>,
    },
    /// Print the document in force, or an earlier one
    Show {
        /// Which version
        #[arg(long)]
        version: Option<u64>,
    },
    /// What it says of one agent, one mailbox or some recipients
    Lines,
    /// Always ask about mail like one in the queue
    Hold {
        /// The mail
        id: String,
        /// Mail of any agent, not only of the one that asked
        #[arg(long)]
        any_agent: bool,
        #[command(flatten)]
        line: Line,
    },
    /// Let an agent write to the recipients of one of its mails for some days
    Let {
        /// The mail
        id: String,
        /// For so many days
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(engine::LINE_DAYS_MAX)))]
        days: u32,
        #[command(flatten)]
        line: Line,
    },
    /// Take a line out
    TakeOut {
        /// Its number, as `sendoff policy lines` counts
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        number: u32,
    },
    /// Put an earlier version in force again
    Rollback {
        /// Which version
        version: u64,
        /// Only if this version is still in force
        #[arg(long, value_name = "VERSION")]
        over: Option<u64>,
    },
}

/// Whom a new line names, and whether it is only tried.
#[derive(Debug, clap::Args)]
pub(crate) struct Line {
    /// Only these addresses, not everyone at their domains
    #[arg(long)]
    pub(crate) addresses: bool,
    /// Say what it would be and would have done; publish nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
