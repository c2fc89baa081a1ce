//! E-mail addresses, parsed once at the door and never again (RFC 5321 `Mailbox`, RFC 6531).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address `local@domain`: the domain in lower case and A-label-valid, the local part as given.
///
/// Quoted local parts and address literals (`user@[127.0.0.1]`) are refused: no correspondent of
/// an agent has one, and each has been a way around filters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    text: String,
    at: usize,
}

/// An address with the name shown beside it (RFC 5322 `mailbox`).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct NamedAddress {
    /// Display name, free of control characters; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address itself.
    pub address: Address,
}

/// Why a text is not an address we send to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// Nothing there.
    #[error("the address is empty")]
    Empty,
    /// Over 254 octets (RFC 5321, section 4.5.3.1.3), or a local part over 64.
    #[error("`{0}` is too long for an address (64 octets before the @, 254 in all)")]
    TooLong(String),
    /// Not `local@domain`.
    #[error("`{0}` is not an address of the form local@domain")]
    Shape(String),
    /// A character that cannot stand in an address, CR and LF included.
    #[error("`{0}` has a character that cannot stand in an address")]
    Character(String),
    /// A domain that is not a host name.
    #[error("`{0}` does not end in a valid domain")]
    Domain(String),
}

impl Address {
    /// Longest address, in octets.
    pub const MAX_OCTETS: usize = 254;
    /// Longest local part, in octets.
    pub const MAX_LOCAL_OCTETS: usize = 64;

    /// `local@domain`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What stands behind the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The domain in its own script (RFC 5891 U-labels), for the eye; the same where it is ASCII.
    pub fn domain_unicode(&self) -> String {
        idna::domain_to_unicode(self.domain()).0
    }

    /// The same person's address under the foldings people use: lower case, `+tag` removed, dots
    /// of Gmail local parts removed. Suppressions and contacts are keyed by it.
    pub fn folded(&self) -> String {
        let lower = self.local().to_lowercase();
        let untagged = match lower.split_once('+') {
            Some((before, _)) if !before.is_empty() => before,
            Some(_) | None => lower.as_str(),
        };
        match self.domain() {
            "gmail.com" | "googlemail.com" => {
                format!("{}@gmail.com", untagged.replace('.', ""))
            }
            domain => format!("{untagged}@{domain}"),
        }
    }

    /// The other domain of a mail service that goes by two: the same person has the same local
    /// part at both.
    pub fn other_domain(&self) -> Option<&'static str> {
        match self.domain() {
            "gmail.com" => Some("googlemail.com"),
            "googlemail.com" => Some("gmail.com"),
            _ => None,
        }
    }

    /// True if it needs SMTPUTF8 (RFC 6531) on the wire.
    pub fn is_international(&self) -> bool {
        !self.text.is_ascii()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let said = || -> String { text.chars().take(80).filter(|c| !c.is_control()).collect() };
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::Character(said()));
        }
        let (local, domain) = text
            .rsplit_once('@')
            .ok_or_else(|| AddressError::Shape(said()))?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Shape(said()));
        }
        if text.len() > Self::MAX_OCTETS || local.len() > Self::MAX_LOCAL_OCTETS {
            return Err(AddressError::TooLong(said()));
        }
        // RFC 5321 Dot-string of atext, with RFC 6531 letters beyond ASCII.
        let atoms_hold = local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.chars().all(|c| {
                    c.is_ascii_alphanumeric()
                        || "!#$%&'*+-/=?^_`{|}~".contains(c)
                        || (!c.is_ascii() && c.is_alphanumeric())
                })
        });
        if !atoms_hold {
            return Err(AddressError::Character(said()));
        }
        let domain = checked_domain(domain).ok_or_else(|| AddressError::Domain(said()))?;
        let text = format!("{local}@{domain}");
        if text.len() > Self::MAX_OCTETS {
            return Err(AddressError::TooLong(said()));
        }
        Ok(Address {
            at: local.len(),
            text,
        })
    }
}

/// A host name of at least two labels, in lower case; A-labels become U-labels never: the wire
/// form is kept as the ASCII one, so that equal domains are equal bytes.
fn checked_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels_hold = ascii.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    });
    let dotted = ascii.contains('.') || ascii == "localhost";
    let numeric_end = ascii
        .rsplit('.')
        .next()
        .is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    (labels_hold && dotted && !numeric_end).then_some(ascii)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl NamedAddress {
    /// Longest display name, in characters.
    pub const MAX_NAME_CHARS: usize = 200;

    /// An address without a name.
    pub fn bare(address: Address) -> Self {
        NamedAddress {
            name: None,
            address,
        }
    }
}

impl From<Address> for NamedAddress {
    fn from(address: Address) -> Self {
        NamedAddress::bare(address)
    }
}

impl FromStr for NamedAddress {
    type Err = AddressError;

    /// Reads `local@domain`, `<local@domain>`, `Name <local@domain>` and `"Name" <local@domain>`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            let said = text.chars().take(80).filter(|c| !c.is_control()).collect();
            return Err(AddressError::Character(said));
        }
        let text = text.trim();
        let Some(inner) = text.strip_suffix('>') else {
            return Ok(NamedAddress::bare(text.parse()?));
        };
        let (name, address) = inner
            .rsplit_once('<')
            .ok_or_else(|| AddressError::Shape(text.chars().take(80).collect()))?;
        let name = name.trim();
        let name = match name
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
            None => name.to_owned(),
        };
        if name.chars().count() > Self::MAX_NAME_CHARS {
            return Err(AddressError::TooLong(name.chars().take(80).collect()));
        }
        Ok(NamedAddress {
            name: (!name.is_empty()).then_some(name),
            address: address.trim().parse()?,
        })
    }
}

impl fmt::Display for NamedAddress {
    /// For people: `Name <local@domain>`. Not for headers: `mail` encodes those.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_people_have_are_read() {
        for text in [
            "a@b.co",
            "first.last+tag@Sub.Example.COM",
            "o'neil@x.org",
            "jörg@bücher.example",
            "a@localhost",
        ] {
            assert!(text.parse::<Address>().is_ok(), "{text}");
        }
        assert_eq!(
            "A.b@EXAMPLE.com".parse::<Address>().unwrap().as_str(),
            "A.b@example.com"
        );
        assert_eq!(
            "a@bücher.example".parse::<Address>().unwrap().domain(),
            "xn--bcher-kva.example"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_in_words() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "@",
            "a@",
            "@b.co",
            "a b@c.de",
            "a@b",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a@-b.co",
            "a@b.co\r\nRCPT TO:<x@y.z>",
            "\"q\"@b.co",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a\u{0}@b.co",
            &long,
        ] {
            let error = text.parse::<Address>().expect_err(text).to_string();
            assert!(!error.contains('\n') && !error.is_empty(), "{error:?}");
        }
    }

    #[test]
    fn folding_finds_the_person_behind_tags_dots_and_case() {
        let fold = |text: &str| text.parse::<Address>().unwrap().folded();
        assert_eq!(fold("Dana+news@Acme.com"), "dana@acme.com");
        assert_eq!(fold("d.a.n.a+x@googlemail.com"), "dana@gmail.com");
        assert_eq!(fold("d.ana@acme.com"), "d.ana@acme.com");
        assert_eq!(fold("+x@acme.com"), "+x@acme.com");
    }

    #[test]
    fn a_service_with_two_domains_folds_to_one() {
        for text in ["d.ana@gmail.com", "d.ana@googlemail.com"] {
            let here: Address = text.parse().unwrap();
            let there = format!("{}@{}", here.local(), here.other_domain().unwrap());
            assert_eq!(there.parse::<Address>().unwrap().folded(), here.folded());
        }
        assert_eq!(
            "a@acme.com".parse::<Address>().unwrap().other_domain(),
            None
        );
    }

    #[test]
    fn names_are_read_beside_addresses() {
        let named: NamedAddress = "\"Whitfield, Dana\" <dana@acme.com>".parse().unwrap();
        assert_eq!(named.name.as_deref(), Some("Whitfield, Dana"));
        assert_eq!(
            "<dana@acme.com>".parse::<NamedAddress>().unwrap().name,
            None
        );
        assert!(
            "Dana\r\nBcc: x <dana@acme.com>"
                .parse::<NamedAddress>()
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn folding_is_idempotent_and_nothing_panics(text in "\\PC{0,40}@\\PC{0,40}") {
            if let Ok(address) = text.parse::<Address>() {
                let once = address.folded();
                if let Ok(again) = once.parse::<Address>() {
                    prop_assert_eq!(again.folded(), once);
                }
            }
        }
    }
}
