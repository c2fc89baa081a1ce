//! Schemas of the closed lists of words, each walking the domain's own list where there is one.
//!
//! Named, so that they stand once in the document and each field keeps its own description.

use std::borrow::Cow;

use domain::facts::{CountScope, Window};
use domain::{Level, StateName, Verdict};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $schema:expr;)*) => {$(
        $(#[$doc])*
        pub enum $name {}

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $text.into()
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object($schema))
            }
        }
    )*};
}

named! {
    /// RFC 3339 in UTC.
    Instant = "Instant", instant();
    /// Where a submission stands.
    StateWord = "State", words(StateName::ALL.map(StateName::as_str));
    /// What a judgement comes to.
    VerdictWord = "Verdict",
        words([Verdict::Allow, Verdict::Defer, Verdict::Hold, Verdict::Block].map(Verdict::as_str));
    /// What one rule concludes.
    OutcomeWord = "FindingOutcome",
        words(["off", "not_applicable", "pass", "defer", "hold", "block"]);
    /// Kinds of next steps.
    NextClassWord = "NextClass",
        words(["done", "wait", "retry_after", "needs_person", "fix_and_resubmit", "never"]);
    /// Kinds of mail.
    StreamWord = "Stream", words(["personal", "transactional", "marketing"]);
    /// On which occasion a judgement is made.
    MomentWord = "Moment", words(["check", "admission", "revision", "approval", "dispatch"]);
    /// Where one recipient stands.
    RecipientStateWord = "RecipientState",
        words(["open", "accepted", "deferred", "refused", "uncertain", "bounced"]);
    /// Why we do not write to someone.
    SuppressionReasonWord = "SuppressionReason",
        words([
            "unsubscribe", "complaint", "hard_bounce", "soft_bounces", "manual", "legal",
            "role_account", "not_interested",
        ]);
    /// What a limit is counted in.
    ScopeWord = "CountScope", words(CountScope::ALL.map(CountScope::as_str));
    /// What a limit is counted over.
    WindowWord = "Window", words(Window::ALL.map(Window::as_str));
    /// An autonomy level.
    LevelNumber = "Level", level();
}

fn words<const N: usize>(words: [&'static str; N]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}

fn instant() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom("date-time".to_owned())))
        .description(Some("RFC 3339 in UTC."))
        .build()
}

fn level() -> Object {
    let names = Level::ALL.map(|level| format!("{} {}", u8::from(level), level.name()));
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(3))
        .description(Some(names.join(", ")))
        .build()
}

#[cfg(test)]
mod tests {
    use domain::{FindingOutcome, Moment, NextClass, RecipientState, Stream, SuppressionReason};
    use serde::de::DeserializeOwned;

    use super::*;

    /// Every word of a list is read by the domain; a word of our own making is not.
    fn all_read<T: DeserializeOwned, W: PartialSchema>() {
        let schema = serde_json::to_value(W::schema()).unwrap();
        let words = schema["enum"].as_array().unwrap();
        assert!(words.len() > 1);
        for word in words {
            assert!(serde_json::from_value::<T>(word.clone()).is_ok(), "{word}");
        }
    }

    #[test]
    fn the_words_are_the_domains() {
        all_read::<StateName, StateWord>();
        all_read::<Verdict, VerdictWord>();
        all_read::<FindingOutcome, OutcomeWord>();
        all_read::<NextClass, NextClassWord>();
        all_read::<Stream, StreamWord>();
        all_read::<Moment, MomentWord>();
        all_read::<RecipientState, RecipientStateWord>();
        all_read::<SuppressionReason, SuppressionReasonWord>();
    }
}
