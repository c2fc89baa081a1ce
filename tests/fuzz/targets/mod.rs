//! What strangers' bytes are given to, and what must hold whatever they are. A target panics if it
//! does not.
//!
//! To add one: a function, a line in [`TARGETS`], and a folder of its name in `corpus/`.

mod doors;
mod letters;
mod rules;

/// A target.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("mime", letters::mime),
    ("triage", letters::triage),
    ("raw", letters::raw),
    ("policy", rules::policy),
    ("smtp", doors::smtp),
    ("asks", doors::asks),
];
