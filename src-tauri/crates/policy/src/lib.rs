//! The judgement: facts go in, findings come out, the strongest verdict is the decision.
//!
//! Owns the rules, the policy document (TOML), the fold that makes a [`domain::Decision`] of what
//! the rules say, the arithmetic of sliding windows, and [`Clearance`], the only thing that opens
//! the wire. Pure: no IO, no clock, no store. The same facts under the same document give the same
//! bytes, always; whatever cannot be decided is held, never allowed.
//!
//! To add a rule: a file in `rules/` with a unit struct that is a [`Rule`], one line in [`RULES`],
//! and a folder of cases in `tests/cases/`. Its switch, parameters and actions appear in the
//! document, in [`default_document`] and in what the document refuses by being declared there.

mod clearance;
pub mod counting;
mod document;
mod edition;
mod hours;
mod judge;
mod lines;
mod next;
pub mod param;
mod recipients;
mod reference;
mod risk;
mod room;
mod rule;
mod rules;
mod say;
mod scan;
mod settings;

pub use clearance::Clearance;
pub use document::{PolicyProblem, parse};
pub use edition::Edition;
pub use hours::zone_name;
pub use judge::{
    BY_HAND, POLICY_UNREADABLE, SEND_BY, STALE_APPROVAL, is_final_block, is_ready_by_hand,
};
pub use lines::{Line, LineKind, Said, lines, undone_by};
pub use reference::{
    Form, FormField, FormRule, FormSection, FormTakes, codes, default_document, form,
    reference_page,
};
pub use rule::{Action, RULES, Rule, Switch, told_code};
pub use rules::unsubscribe_header::BulkMail;
pub use rules::warmup::Warming;
pub use scan::{Guarded, hosts, odd_links, scan, spots};
pub use settings::{Policy, Sender, Settings, Terms};
