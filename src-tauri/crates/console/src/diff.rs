//! What an edit changed, word by word.

use std::collections::BTreeSet;

use domain::{Address, Draft, NamedAddress};
use similar::{ChangeTag, TextDiff};

use crate::view::{DiffKind, DiffPart};

/// Octets of a text above which lines are compared instead of words: a person reads neither, and
/// the window must not wait.
const WORDS_OCTETS_MAX: usize = 64 * 1024;

/// Subject and text of `new` against `old`.
pub(crate) fn words(old: &Draft, new: &Draft) -> Vec<DiffPart> {
    let (old, new) = (readable(old), readable(new));
    let diff = if old.len().max(new.len()) > WORDS_OCTETS_MAX {
        TextDiff::from_lines(old.as_str(), new.as_str())
    } else {
        TextDiff::from_unicode_words(old.as_str(), new.as_str())
    };
    let mut parts: Vec<DiffPart> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => DiffKind::Same,
            ChangeTag::Delete => DiffKind::Removed,
            ChangeTag::Insert => DiffKind::Added,
        };
        match parts.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            Some(_) | None => parts.push(DiffPart {
                kind,
                text: change.value().to_owned(),
            }),
        }
    }
    parts
}

/// Who was added to or taken out of each line of recipients, one sentence each. `Bcc` counts like
/// the others: nobody is added behind the back of who approves.
pub(crate) fn recipients(old: &Draft, new: &Draft) -> Vec<String> {
    let fields = [
        ("To", &old.to, &new.to),
        ("Cc", &old.cc, &new.cc),
        ("Bcc", &old.bcc, &new.bcc),
        ("Reply-To", &old.reply_to, &new.reply_to),
    ];
    let mut said = Vec::new();
    for (field, before, after) in fields {
        let (before, after) = (addresses(before), addresses(after));
        said.extend(
            after
                .difference(&before)
                .map(|a| format!("{a} added to {field}")),
        );
        said.extend(
            before
                .difference(&after)
                .map(|a| format!("{a} taken out of {field}")),
        );
    }
    said
}

fn addresses(list: &[NamedAddress]) -> BTreeSet<&Address> {
    list.iter().map(|named| &named.address).collect()
}

/// What a person reads: the subject, then the text, or the HTML's words where there is no text.
fn readable(draft: &Draft) -> String {
    let body = match (&draft.text, &draft.html) {
        (Some(text), _) => text.clone(),
        (None, Some(html)) => crate::html::words_of(html),
        (None, None) => String::new(),
    };
    format!("{}\n\n{body}", draft.subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(json: serde_json::Value) -> Draft {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn only_the_words_that_changed_are_marked() {
        let old =
            draft(serde_json::json!({"to": [], "subject": "Hello", "text": "Dear Dana, buy now."}));
        let new =
            draft(serde_json::json!({"to": [], "subject": "Hello", "text": "Dear Dana, read on."}));
        let parts = words(&old, &new);
        let of = |kind| -> String {
            parts
                .iter()
                .filter(|p| p.kind == kind)
                .map(|p| p.text.as_str())
                .collect()
        };
        assert!(
            of(DiffKind::Same).starts_with("Hello\n\nDear Dana, "),
            "{parts:?}"
        );
        assert!(of(DiffKind::Removed).contains("buy"), "{parts:?}");
        assert!(of(DiffKind::Added).contains("read"), "{parts:?}");
        assert!(!of(DiffKind::Added).contains("Dana"));
    }

    #[test]
    fn a_hidden_copy_that_was_added_is_said_aloud() {
        let old = draft(serde_json::json!({"to": [{"address": "a@x.example"}], "subject": "s"}));
        let new = draft(serde_json::json!({"to": [{"address": "a@x.example"}],
            "bcc": [{"address": "spy@y.example"}], "subject": "s"}));
        assert_eq!(recipients(&old, &new), ["spy@y.example added to Bcc"]);
        assert_eq!(recipients(&new, &old), ["spy@y.example taken out of Bcc"]);
        assert!(recipients(&old, &old).is_empty());
    }

    #[test]
    fn a_long_text_is_compared_by_lines_and_loses_nothing() {
        let long = "word ".repeat(20_000);
        let old =
            draft(serde_json::json!({"to": [], "subject": "s", "text": format!("{long}\nend")}));
        let new =
            draft(serde_json::json!({"to": [], "subject": "s", "text": format!("{long}\nEND")}));
        let parts = words(&old, &new);
        let rebuilt: String = parts
            .iter()
            .filter(|p| p.kind != DiffKind::Removed)
            .map(|p| p.text.as_str())
            .collect();
        assert_eq!(rebuilt, format!("s\n\n{long}\nEND"));
    }
}
