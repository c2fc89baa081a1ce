//! What makes a message risky, item by item, in points.

use domain::Facts;
use domain::decision::RiskItem;

use crate::hours::{Hours, zone_of};
use crate::param::{Number, Param};
use crate::rule::judged_for;
use crate::settings::Settings;

/// Recipients a message may have before each one more costs points.
const RECIPIENTS_FREE: u32 = 3;

const fn points(key: &'static str, default: i64, help: &'static str) -> Number {
    Number {
        key,
        help,
        default,
        min: 0,
        max: 1_000,
    }
}

const FIRST_MAIL: Number = points("first_mail", 3, "The first mail to a contact.");
const FIRST_DOMAIN: Number = points("first_domain", 2, "The first mail to their domain.");
const RECIPIENT: Number = points("recipient", 1, "Each recipient beyond the third.");
const LINK: Number = points("link", 1, "Any link.");
const NEW_HOST: Number = points(
    "new_host",
    2,
    "A link to a host no mail from here had before.",
);
const ATTACHMENT: Number = points("attachment", 2, "A file.");
const DELICATE: Number = points("delicate", 3, "Words about money, banks, passwords or law.");
const OFF_HOURS: Number = points("off_hours", 1, "Leaves outside working hours.");
const ANSWERS_INJECTION: Number = points(
    "answers_injection",
    4,
    "Answers a message that may try to steer the agent.",
);
const DISGUISE: Number = points(
    "disguise",
    4,
    "Text and HTML do not say the same, words are hidden, or images load from elsewhere.",
);
const NEW_WORDS: Number = points(
    "new_words",
    1,
    "Over nine tenths of the body are like nothing of the agent's that was approved lately.",
);
const MEDIUM_PERCENT: Number = Number {
    key: "injection_percent",
    help: "From this injection score on, in percent, an answer counts as risky.",
    default: 40,
    min: 1,
    max: 100,
};

pub(crate) const PARAMS: &[Param] = &[
    Param::Number(&FIRST_MAIL),
    Param::Number(&FIRST_DOMAIN),
    Param::Number(&RECIPIENT),
    Param::Number(&LINK),
    Param::Number(&NEW_HOST),
    Param::Number(&ATTACHMENT),
    Param::Number(&DELICATE),
    Param::Number(&OFF_HOURS),
    Param::Number(&ANSWERS_INJECTION),
    Param::Number(&DISGUISE),
    Param::Number(&NEW_WORDS),
    Param::Number(&MEDIUM_PERCENT),
];

/// A body of which less than this, in basis points, is familiar is over nine tenths new.
const FAMILIAR_BP_MIN: u16 = 1_000;

/// What makes this message risky under these points; items that cost nothing are left out.
pub(crate) fn items(facts: &Facts, head: &Settings) -> Vec<RiskItem> {
    let found = &facts.scan.found;
    let mut items = Vec::new();
    let mut add = |number: &Number, times: u32| {
        let each = u32::try_from(number.of(head)).unwrap_or(0);
        let points = each.saturating_mul(times);
        if points > 0 {
            items.push(RiskItem {
                item: number.key.to_owned(),
                times,
                points,
            });
        }
    };
    let strangers = facts
        .recipients
        .iter()
        .any(|one| one.last_by_anyone.is_none());
    add(&FIRST_MAIL, u32::from(strangers));
    let new_domain = facts.recipients.iter().any(|one| {
        let domain = one.address.domain();
        let row = facts.domains.iter().find(|row| row.domain == domain);
        // Whoever was written to makes their domain known, whether or not there is a row for it.
        one.last_by_anyone.is_none() && row.is_none_or(|row| !row.mailed)
    });
    add(&FIRST_DOMAIN, u32::from(new_domain));
    let recipients = u32::try_from(facts.recipients.len()).unwrap_or(u32::MAX);
    add(&RECIPIENT, recipients.saturating_sub(RECIPIENTS_FREE));
    add(&LINK, u32::from(found.link_count > 0));
    let new_host = found.hosts_left_off > 0 || facts.hosts.iter().any(|host| host.is_new);
    add(&NEW_HOST, u32::from(new_host));
    add(&ATTACHMENT, u32::from(facts.scan.attachments > 0));
    add(&DELICATE, u32::from(!found.delicate.is_empty()));
    let works = Hours::of_work(head).include(judged_for(facts), &zone_of(None, head));
    add(&OFF_HOURS, u32::from(!works));
    let medium = MEDIUM_PERCENT.of(head) * 100;
    let score = facts
        .conversation
        .as_ref()
        .and_then(|one| one.answered_score_bp);
    let steered = score.is_some_and(|score| i64::from(score) >= medium);
    add(&ANSWERS_INJECTION, u32::from(steered));
    let disguise = found.alternatives_differ || found.hidden_text || found.remote_images;
    add(&DISGUISE, u32::from(disguise));
    let new_words = facts
        .agent
        .familiar_bp
        .is_some_and(|share| share < FAMILIAR_BP_MIN);
    add(&NEW_WORDS, u32::from(new_words));
    items
}

/// The points of all items.
pub(crate) fn total(items: &[RiskItem]) -> u32 {
    items
        .iter()
        .fold(0, |sum, item| sum.saturating_add(item.points))
}

/// The items in words: `first mail 3, link 1`.
pub(crate) fn words(items: &[RiskItem]) -> String {
    let each = items.iter().map(|item| {
        let name = item.item.replace('_', " ");
        format!("{name} {}", item.points)
    });
    each.collect::<Vec<_>>().join(", ")
}
