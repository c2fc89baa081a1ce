//! Schemas of the closed lists of words, each walking the domain's own list where there is one.

use domain::facts::{CountScope, Window};
use domain::{StateName, Verdict};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaFormat, Type};

fn words(words: impl IntoIterator<Item = &'static str>) -> Object {
    let words: Vec<&'static str> = words.into_iter().collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}

/// RFC 3339 in UTC.
pub fn instant() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("date-time".to_owned())))
        .build()
}

/// Where a submission stands.
pub fn state() -> Object {
    words(StateName::ALL.iter().map(|state| state.as_str()))
}

/// What a judgement comes to.
pub fn verdict() -> Object {
    words(
        [
            Verdict::Allow,
            Verdict::Defer,
            Verdict::Hold,
            Verdict::Block,
        ]
        .map(Verdict::as_str),
    )
}

/// What one rule concludes.
pub fn outcome() -> Object {
    words(["off", "not_applicable", "pass", "defer", "hold", "block"])
}

/// Kinds of next steps.
pub fn class() -> Object {
    words([
        "done",
        "wait",
        "retry_after",
        "needs_person",
        "fix_and_resubmit",
        "never",
    ])
}

/// Kinds of mail.
pub fn stream() -> Object {
    words(["personal", "transactional", "marketing"])
}

/// On which occasion a judgement is made.
pub fn moment() -> Object {
    words(["check", "admission", "revision", "approval", "dispatch"])
}

/// Where one recipient stands.
pub fn recipient_state() -> Object {
    words([
        "open",
        "accepted",
        "deferred",
        "refused",
        "uncertain",
        "bounced",
    ])
}

/// Why we do not write to someone.
pub fn suppression_reason() -> Object {
    words([
        "unsubscribe",
        "complaint",
        "hard_bounce",
        "soft_bounces",
        "manual",
        "legal",
        "role_account",
        "not_interested",
    ])
}

/// What a limit is counted in.
pub fn scope() -> Object {
    words(CountScope::ALL.map(CountScope::as_str))
}

/// What a limit is counted over.
pub fn window() -> Object {
    words(Window::ALL.map(Window::as_str))
}

/// An autonomy level.
pub fn level() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(3))
        .description(Some(
            "0 observe, 1 ask always, 2 ask for strangers, 3 ask on exception",
        ))
        .build()
}
