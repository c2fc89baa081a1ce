//! Some recipients, as a document names them: addresses, and domains with everyone there.

use std::collections::BTreeSet;

use domain::Address;

/// Entries of one list.
pub(crate) const RECIPIENTS_MAX: usize = 100;

/// Addresses and domains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Recipients {
    /// As written, in lower case.
    addresses: BTreeSet<String>,
    /// The same under the foldings of [`Address::folded`].
    people: BTreeSet<String>,
    /// In the form of [`Address::domain`].
    domains: BTreeSet<String>,
}

impl Recipients {
    /// Adds `dana@acme.com`, `acme.com` or `@acme.com`; false if it is none of them.
    pub(crate) fn add(&mut self, entry: &str) -> bool {
        let domain = entry.strip_prefix('@').unwrap_or(entry);
        let read = match domain.contains('@') {
            true => entry.parse::<Address>(),
            false => format!("x@{domain}").parse::<Address>(),
        };
        let Ok(address) = read else { return false };
        if domain.contains('@') {
            self.addresses.insert(lower(&address));
            self.people.insert(address.folded());
        } else {
            self.domains.insert(address.domain().to_owned());
        }
        true
    }

    /// True if exactly this address, or its domain, is named.
    pub(crate) fn names(&self, address: &Address) -> bool {
        self.domains.contains(address.domain()) || self.addresses.contains(&lower(address))
    }

    /// True also for another spelling of somebody named: a `+tag`, dots, a service's other domain.
    pub(crate) fn reaches(&self, address: &Address) -> bool {
        let other = address.other_domain();
        self.names(address)
            || other.is_some_and(|other| self.domains.contains(other))
            || self.people.contains(&address.folded())
    }

    /// True if everything this names is reached by the other as well.
    pub(crate) fn is_within(&self, other: &Recipients) -> bool {
        let reached = |text: &String| {
            let address = text.parse::<Address>();
            address.is_ok_and(|one| other.reaches(&one))
        };
        self.domains.is_subset(&other.domains) && self.addresses.iter().all(reached)
    }

    /// Domains first, as they are written.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &str> {
        let all = self.domains.iter().chain(&self.addresses);
        all.map(String::as_str)
    }
}

/// Letters beyond ASCII stay as they are: the Kelvin sign folds to a `k`, and is somebody else's.
fn lower(address: &Address) -> String {
    address.as_str().to_ascii_lowercase()
}
