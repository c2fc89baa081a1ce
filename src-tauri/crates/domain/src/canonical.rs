//! Canonical JSON (RFC 8785, JCS): the one spelling that hashes are taken over.

use serde::Serialize;

use crate::digest::Digest;

/// The canonical bytes of a value.
///
/// Our own values hold no floats, no non-finite numbers and only string keys, so this cannot
/// fail for them; if it ever does, the error text itself is returned as bytes, which makes every
/// comparison fail rather than pass.
pub fn canonical_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value)
        .unwrap_or_else(|error| format!("not canonical: {error}").into_bytes())
}

/// SHA-256 over the canonical bytes of a value.
pub fn canonical_digest<T: Serialize>(value: &T) -> Digest {
    Digest::of(&canonical_json(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_space_is_gone() {
        let value = serde_json::json!({"b": 1, "a": [true, null, "é\u{1}"]});
        assert_eq!(
            canonical_json(&value),
            "{\"a\":[true,null,\"é\\u0001\"],\"b\":1}".as_bytes()
        );
    }
}
