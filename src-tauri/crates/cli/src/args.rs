//! The command line, as written in the README's contract. Help texts come from the comments here;
//! completions and man pages too.

mod lists;
mod mailbox;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use lists::{Inbox, Line, Policy, Suppression};
pub(crate) use mailbox::{Mailbox, Oauth};

/// Approve the email your AI agents send.
#[derive(Debug, Parser)]
#[command(name = "sendoff", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, failed, or the record does not hold
  2  the command line cannot be read
  3  there is no such thing
  4  the operator's passphrase is needed, wrong, or cannot be asked for";

/// What a search takes, with the filters as the console has them.
fn search_help() -> String {
    let names: Vec<String> = console::FILTERS
        .iter()
        .map(|(name, takes)| format!("{name}: ({takes})"))
        .collect();
    format!("Words, and filters: {}", names.join(", "))
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The data folder [default: the platform's place for application data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Read the operator's passphrase from this file descriptor instead of the terminal
    #[arg(long, global = true, value_name = "N")]
    pub(crate) passphrase_fd: Option<u32>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new data folder; refuses one that is there
    Init {
        /// Keep credentials in the OS keychain instead of a file under the passphrase
        #[arg(long)]
        keychain: bool,
    },
    /// Open the agents' door and send what may leave
    Serve(Serve),
    /// Serve a rehearsal: a mailbox that sends nothing, an agent, and a first call to copy
    Demo {
        /// Where agents knock: HOST:PORT on loopback, or unix:PATH
        #[arg(long, default_value = DEFAULT_HTTP, value_name = "ADDR")]
        http: String,
    },
    /// Be an MCP server on standard input and output, for an assistant; the agent's token is read
    /// from SENDOFF_TOKEN
    Mcp {
        /// Where the running Sendoff answers: HOST:PORT, or unix:PATH
        #[arg(long, default_value = DEFAULT_HTTP, value_name = "ADDR")]
        http: String,
    },
    #[command(flatten)]
    Desk(DeskCommand),
    /// Prove that the record was not rewritten; needs no passphrase
    Verify {
        /// Check an export instead, wherever it was made
        #[arg(long, value_name = "DIR")]
        export: Option<PathBuf>,
    },
    /// Copy the data folder while it is in use; the copy is a data folder of its own
    Backup(crate::copies::Backup),
    /// Write the record as text that anybody can check
    Export(crate::copies::Export),
    /// Judge what was recorded under a draft policy and list what would be otherwise
    Replay {
        /// The draft; `-` for standard input
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// Only decisions made at or after (RFC 3339)
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// At most so many, the newest
        #[arg(long, default_value_t = engine::REPLAY_LAST, value_name = "N")]
        last: u64,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write man pages into a folder
    Man {
        /// The folder
        dir: PathBuf,
    },
    /// Serve the operator's commands over loopback HTTP, for browser development
    #[cfg(feature = "devhost")]
    Devhost {
        /// The port; 0 for any free one
        #[arg(long, default_value_t = 7412)]
        port: u16,
    },
}

/// Commands that are one or two lines of the console's table.
#[derive(Debug, Subcommand)]
pub(crate) enum DeskCommand {
    /// Unlock the credentials of a running server
    Unlock,
    /// How everything stands
    Status,
    /// What waits for a person
    Queue {
        /// Which list
        #[arg(long, value_enum, default_value_t = Tab::NeedsYou)]
        tab: Tab,
        /// At most so many rows
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// One submission: the message as it will leave, why it is held, and its story
    Show {
        /// The submission
        id: String,
        /// Print the exact sealed bytes instead
        #[arg(long)]
        source: bool,
    },
    /// Approve exactly the message with this hash
    Approve {
        /// The submission
        id: String,
        /// The hash that `show` printed
        #[arg(long)]
        hash: String,
    },
    /// Refuse a held message; the agent reads the reason
    Reject {
        /// The submission
        id: String,
        /// What the agent is told
        #[arg(long)]
        reason: String,
        /// Only if this is still its hash
        #[arg(long)]
        hash: Option<String>,
    },
    /// Ask the agent about a held message
    Ask {
        /// The submission
        id: String,
        /// The question
        question: String,
        /// Only if this is still its hash
        #[arg(long)]
        hash: Option<String>,
    },
    /// Release exactly this message from a block, where the rule allows it
    Release {
        /// The submission
        id: String,
        /// The hash that `show` printed
        #[arg(long)]
        hash: String,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Put a held message out of sight; it still lapses at its time
    Snooze {
        /// The submission
        id: String,
        /// Until then (RFC 3339)
        #[arg(long)]
        until: String,
    },
    /// Say what became of an uncertain delivery, or send a failed one again
    Settle {
        /// The submission
        id: String,
        #[command(flatten)]
        how: How,
    },
    /// Take an approval back before it leaves
    Undo {
        /// The submission
        id: String,
    },
    /// Change a held message; it is judged again
    Edit(Edit),
    /// Stop everything that would leave
    Pause,
    /// Let it leave again
    Resume,
    /// Agents and their levels
    #[command(subcommand)]
    Agent(Agent),
    /// Addresses agents send as, and the relays behind them
    #[command(subcommand)]
    Mailbox(Mailbox),
    /// What was received, and what you decide about it
    #[command(subcommand)]
    Inbox(Inbox),
    /// Whom we do not write to
    #[command(subcommand)]
    Suppression(Suppression),
    /// Who agreed to marketing
    #[command(subcommand)]
    Consent(Consent),
    /// Contacts: those in your own hands, and the time zones they live in
    #[command(subcommand)]
    Contact(Contact),
    /// Erase a contact: every message, file and note that names them
    Erase(Erase),
    /// How long texts, received bytes and attachments are kept
    #[command(subcommand)]
    Retention(Retention),
    /// The rules
    #[command(subcommand)]
    Policy(Policy),
    /// Search everything asked, decided, said and received
    Search {
        #[arg(required = true, help = search_help())]
        query: Vec<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// The rehearsal world: who answers there, and what goes wrong on purpose
    #[command(subcommand)]
    Rehearsal(crate::commands::Rehearsal),
}

/// Where agents knock if not told otherwise.
pub(crate) const DEFAULT_HTTP: &str = "127.0.0.1:7411";

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where agents knock: HOST:PORT on loopback, or unix:PATH
    #[arg(long, default_value = DEFAULT_HTTP, value_name = "ADDR")]
    pub(crate) http: String,
    /// Where agents that speak SMTP knock: HOST:PORT on loopback, such as 127.0.0.1:2525
    #[arg(long, value_name = "ADDR")]
    pub(crate) smtp: Option<String>,
    /// Offer STARTTLS there, with a certificate of its own in the data folder. Off because many
    /// clients encrypt wherever it is offered, and then refuse a certificate nobody signed
    #[arg(long, requires = "smtp")]
    pub(crate) smtp_starttls: bool,
    /// Let pages of this origin ask, such as http://localhost:5173; may be given several times.
    /// Without it no page may
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub(crate) allow_origin: Vec<String>,
    /// How many asks an agent may make a second over time, at all doors together; the setting if
    /// not said
    #[arg(long, value_name = "N", value_parser = asks())]
    pub(crate) asks_per_second: Option<u32>,
    /// How many at once after a rest; the setting if not said
    #[arg(long, value_name = "N", value_parser = asks())]
    pub(crate) asks_burst: Option<u32>,
}

fn asks() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(engine::ASKS_MAX))
}

/// An origin just as browsers send it (RFC 6454, section 6.2): anything else would match none.
fn origin(text: &str) -> Result<String, String> {
    let parsed = url::Url::parse(text).map_err(|error| error.to_string())?;
    match parsed.origin().ascii_serialization() {
        origin if origin == text => Ok(origin),
        origin if origin == "null" => Err("a page has an origin like http://localhost:5173".into()),
        origin => Err(format!("browsers send it as `{origin}`")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tab {
    /// Held and in sight
    NeedsYou,
    /// About to lapse
    Expiring,
    /// Put off
    Snoozed,
    /// Uncertain or failed
    Attention,
}

impl Tab {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Tab::NeedsYou => "needs_you",
            Tab::Expiring => "expiring",
            Tab::Snoozed => "snoozed",
            Tab::Attention => "attention",
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct How {
    /// It arrived
    #[arg(long)]
    pub(crate) sent: bool,
    /// It did not; send it again
    #[arg(long)]
    pub(crate) resend: bool,
    /// Leave it
    #[arg(long)]
    pub(crate) give_up: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// The submission
    pub(crate) id: String,
    /// A JSON file with the new draft, as `show --json` prints under "draft"; `-` for standard input
    #[arg(required_unless_present_any = ["subject", "text"])]
    pub(crate) file: Option<PathBuf>,
    /// A new subject
    #[arg(long)]
    pub(crate) subject: Option<String>,
    /// A new plain text
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// Only if this is still its hash
    #[arg(long)]
    pub(crate) hash: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Agent {
    /// Let an agent in; its token is shown this once
    Add {
        /// Its name
        name: String,
        /// A mailbox it may send as
        #[arg(long)]
        mailbox: String,
        /// 0 observe, 1 ask always, 2 ask for strangers, 3 ask on exception; as the policy says
        /// (autonomy.default_level) if not given
        #[arg(long, value_parser = clap::value_parser!(u8).range(0..=3))]
        level: Option<u8>,
    },
    /// Change how much an agent decides itself
    Level {
        /// Its name or id
        agent: String,
        /// 0 observe, 1 ask always, 2 ask for strangers, 3 ask on exception
        #[arg(value_parser = clap::value_parser!(u8).range(0..=3))]
        level: u8,
        /// Only as this mailbox; the lower of the two counts
        #[arg(long)]
        mailbox: Option<String>,
    },
    /// Whom an agent may write to
    Recipients {
        /// Its name or id
        agent: String,
        /// Allow an address or @domain
        #[arg(long, value_name = "ADDRESS")]
        allow: Option<String>,
        /// Forbid an address or @domain
        #[arg(long, value_name = "ADDRESS")]
        forbid: Option<String>,
        /// Take a row out, by its number
        #[arg(long, value_name = "ROW")]
        remove: Option<i64>,
        /// Until when the new row holds (RFC 3339)
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Anyone, or only those on the list (an empty list is no one)
        #[arg(long, value_enum)]
        only: Option<Only>,
    },
    /// End an agent's token
    Revoke {
        /// Its name or id
        agent: String,
    },
    /// All agents
    List,
    /// Let an agent send as another mailbox
    Grant {
        /// Its name or id
        agent: String,
        /// The mailbox's address
        #[arg(long)]
        mailbox: String,
        /// A lower level for this mailbox
        #[arg(long, value_parser = clap::value_parser!(u8).range(0..=3))]
        level: Option<u8>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Anyone
    Anyone,
    /// Those its list allows
    Listed,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Consent {
    /// Record that somebody agreed to marketing
    Add {
        /// Who
        address: String,
        /// Where and how they agreed
        #[arg(long)]
        source: String,
        /// Until when (RFC 3339)
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// They no longer agree
    End {
        /// Who
        address: String,
    },
    /// All who agreed
    List {
        /// Only those that contain this
        search: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// Who
    pub(crate) address: String,
    /// Only say what it would take
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask at the terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// A kind of content.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum KeptKind {
    Bodies,
    Raw,
    Attachments,
}

impl KeptKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            KeptKind::Bodies => "bodies",
            KeptKind::Raw => "raw",
            KeptKind::Attachments => "attachments",
        }
    }
}

/// A number of days, or `off`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeptDays(Option<u32>);

impl KeptDays {
    pub(crate) const fn days(self) -> Option<u32> {
        self.0
    }
}

impl std::str::FromStr for KeptDays {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(KeptDays(None)),
            days => days
                .parse()
                .map(|days| KeptDays(Some(days)))
                .map_err(|_| "a number of days, or `off`"),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Retention {
    /// How long each kind is kept
    Show,
    /// Keep a kind for so many days only, or `off`: for good
    Set {
        /// What
        kind: KeptKind,
        /// How many days
        days: KeptDays,
        /// Only say what it would take
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Contact {
    /// Take a contact of a mailbox into your own hands: agents write to them no more
    TakeOver {
        /// Who
        address: String,
        /// The mailbox
        #[arg(long)]
        mailbox: String,
        /// Why
        #[arg(long)]
        note: Option<String>,
    },
    /// Give them back to agents
    HandBack {
        /// Who
        address: String,
        /// The mailbox
        #[arg(long)]
        mailbox: String,
    },
    /// Those in your hands
    List,
    /// Say in which time zone a contact's day runs: quiet hours go by it
    Zone {
        /// Who
        address: String,
        /// An IANA name such as Europe/Berlin
        #[arg(required_unless_present = "clear")]
        zone: Option<String>,
        /// Take it back; the zone of the policy counts again
        #[arg(long, conflicts_with = "zone")]
        clear: bool,
    },
    /// Whose time zone is set
    Zones {
        /// Only those that contain this
        search: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_only_as_browsers_send_it() {
        assert_eq!(
            origin("http://localhost:5173"),
            Ok("http://localhost:5173".into())
        );
        assert!(origin("https://app.example").is_ok());
        for never_sent in [
            "http://localhost:5173/",
            "http://localhost:80",
            "HTTP://localhost:5173",
            "https://app.example/mail",
            "localhost:5173",
            "app.example",
            "null",
            "*",
        ] {
            assert!(origin(never_sent).is_err(), "{never_sent}");
        }
    }

    #[test]
    fn what_is_not_said_about_the_door_is_the_doors_own_default() {
        let Command::Serve(serve) = Cli::parse_from(["sendoff", "serve"]).command else {
            panic!("it is `serve`");
        };
        assert!(serve.allow_origin.is_empty());
        assert_eq!((serve.asks_per_second, serve.asks_burst), (None, None));
        for bad in ["--asks-per-second=0", "--asks-burst=0", "--allow-origin=*"] {
            assert!(
                Cli::try_parse_from(["sendoff", "serve", bad]).is_err(),
                "{bad}"
            );
        }
    }
}
