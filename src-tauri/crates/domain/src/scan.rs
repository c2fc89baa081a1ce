//! What one look at a message finds, before the transaction: counts, kinds and places, never the
//! values of secrets.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::Digest;
use crate::sketch::Sketch;

/// The result of `policy::scan`: everything content rules may know. Heavy reading happens on the
/// caller's thread; rules see only this.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scan {
    /// Digest of recipients, normalised subject, bodies and attachment digests: equal for two asks
    /// that would put the same mail in front of the same people.
    pub content: Digest,
    /// Octets of the composed message without `Date`.
    pub octets: u64,
    /// Number of attachments.
    pub attachments: u32,
    /// What stands out in it.
    #[serde(default, skip_serializing_if = "Found::is_nothing")]
    pub found: Found,
    /// What is kept of the body to compare later ones with: the store has it beside the version,
    /// and no record of a decision repeats it. Empty where a scan is read back from a record.
    #[serde(skip)]
    pub sketch: Sketch,
}

/// What stands out in a message. Every list holds at most [`Found::EACH_MAX`] entries: more of the
/// same change no verdict.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// Where answers should go, as the draft says: each address once, none left off
    /// ([`crate::limits::REPLY_TO_MAX`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Address>,
    /// What looks unfinished: `placeholder`, `note to self`, `model talk`, `empty`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Spot>,
    /// What looks like a secret, by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Spot>,
    /// Links a person should see before they go out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<OddLink>,
    /// Files a person should see before they go out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<OddFile>,
    /// Octets of all files, decoded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub file_octets: u64,
    /// True if a canary is in it, plain or disguised; which one is never recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
    /// Names of header fields an agent may not set, as the sealed message has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The name beside `From` that its agent wrote itself; ours is the mailbox's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// `List-Unsubscribe`, as the sealed message has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<Unsubscribe>,
    /// Hosts links lead to, each once, at most [`Found::HOSTS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Hosts beyond those: nobody looked them up, so they count as new.
    #[serde(default, skip_serializing_if = "is_no_count")]
    pub hosts_left_off: u32,
    /// Links in it, in all.
    #[serde(default, skip_serializing_if = "is_no_count")]
    pub link_count: u32,
    /// True if the text and the HTML body do not say the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alternatives_differ: bool,
    /// True if the HTML body has words a reader does not see.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden_text: bool,
    /// True if the HTML body loads images from elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remote_images: bool,
    /// Delicate subjects it speaks of: `money`, `bank`, `password`, `legal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delicate: Vec<String>,
}

/// How a message can be unsubscribed from (RFC 2369, RFC 8058).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Unsubscribe {
    /// There is a `mailto:`.
    pub mailto: bool,
    /// There is an `https:` link and `List-Unsubscribe-Post`.
    pub one_click: bool,
}

impl Scan {
    /// The same without the sketch, as facts hold it and records keep it.
    pub fn without_sketch(&self) -> Scan {
        Scan {
            content: self.content,
            octets: self.octets,
            attachments: self.attachments,
            found: self.found.clone(),
            sketch: Sketch::default(),
        }
    }
}

/// A kind of thing and the place it was found at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Spot {
    /// What it is.
    pub kind: String,
    /// `subject`, `text`, `html`, or the name of a file.
    pub part: String,
    /// Octets from the start of the part.
    pub offset: u64,
}

/// A link that is not what it seems, or not what should be sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OddLink {
    /// What is odd about it.
    pub kind: LinkKind,
    /// The host it leads to, or its scheme where there is no host.
    pub host: String,
    /// The host its text shows, where that is the point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

/// What is odd about a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Its text shows another site.
    Mismatch,
    /// A host in punycode, one that mixes scripts, or one that only looks like the name it is shown
    /// under.
    Lookalike,
    /// A bare IP address.
    IpAddress,
    /// Not encrypted.
    Plain,
    /// A shortener: nobody sees where it leads.
    Shortener,
    /// Neither web, mail nor telephone.
    Scheme,
}

/// A file that is not what it seems, or that runs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OddFile {
    /// What is odd about it.
    pub kind: FileKind,
    /// Its name.
    pub name: String,
    /// What its bytes are, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sniffed: Option<String>,
}

/// What is odd about a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Its bytes are another type than its name says.
    Mismatch,
    /// A program.
    Executable,
    /// A script.
    Script,
    /// A document with macros.
    Macros,
}

impl Found {
    /// Entries of one list.
    pub const EACH_MAX: usize = 20;
    /// Hosts that are named.
    pub const HOSTS_MAX: usize = 50;

    /// True if nothing stands out.
    pub fn is_nothing(&self) -> bool {
        *self == Found::default()
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_no_count(number: &u32) -> bool {
    *number == 0
}
