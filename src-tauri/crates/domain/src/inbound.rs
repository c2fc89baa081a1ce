//! A received message taken apart, as the judgement reads it.
//!
//! Neutral between the parser that makes it (`mail::parse::inbound`) and the readers that judge it
//! (`triage`): no bytes are lost that a judgement needs, nothing here is trusted, everything is
//! bounded by the limits below.

/// Octets of a message that are looked at; what follows is kept by the store but not read.
pub const MESSAGE_OCTETS_MAX: usize = 8 << 20;
/// Headers of one message that are kept.
pub const HEADERS_MAX: usize = 500;
/// Octets of one header value that are kept.
pub const HEADER_OCTETS_MAX: usize = 16 << 10;
/// Parts of one message that are kept, nested messages' own parts not counted.
pub const PARTS_MAX: usize = 200;
/// Messages inside messages that are opened.
pub const NESTING_MAX: usize = 4;
/// Octets of decoded text kept of one part.
pub const PART_TEXT_OCTETS_MAX: usize = 512 << 10;
/// First octets of a file that are kept, to see what it really is.
pub const FILE_HEAD_OCTETS: usize = 4 << 10;

/// A message: headers in their order, parts in document order, and what was odd.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Message {
    /// Every header up to [`HEADERS_MAX`], in order.
    pub headers: Vec<Header>,
    /// The parts in document order, multiparts included: a tree written by depth.
    pub parts: Vec<Part>,
    /// What had to be guessed or left out, in words.
    pub defects: Vec<String>,
}

/// One header.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// As written.
    pub name: String,
    /// Unfolded, not decoded; bytes that are not UTF-8 are replaced.
    pub raw: String,
    /// Unfolded, encoded words (RFC 2047) decoded.
    pub value: String,
}

/// One MIME part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// `type/subtype` in lower case; `text/plain` if it does not say.
    pub content_type: String,
    /// Parameters of the content type: name in lower case, value.
    pub parameters: Vec<(String, String)>,
    /// True if it asks to be a file rather than shown.
    pub is_attachment: bool,
    /// Its file name, if it has one.
    pub filename: Option<String>,
    /// How deep in the tree it stands; the root is 0.
    pub depth: usize,
    /// What is in it.
    pub content: Content,
}

/// What is in a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Text, decoded: `text/*` but HTML, and the reports of `message/*`.
    Text(String),
    /// HTML as it was written. Never shown without making it harmless.
    Html(String),
    /// A message inside the message.
    Message(Box<Message>),
    /// Holds the parts that follow with a greater depth.
    Multipart,
    /// Anything else.
    File {
        /// Octets, decoded.
        octets: usize,
        /// The first [`FILE_HEAD_OCTETS`] of them.
        head: Vec<u8>,
    },
}

impl Message {
    /// The first header of this name, without regard to case.
    pub fn header(&self, name: &str) -> Option<&Header> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
    }

    /// The decoded value of the first header of this name, or nothing.
    pub fn value(&self, name: &str) -> &str {
        self.header(name).map_or("", |header| header.value.as_str())
    }

    /// Every header of this name, in order.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Header> {
        self.headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
    }
}

impl Part {
    /// A parameter of the content type, by its lower-case name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
