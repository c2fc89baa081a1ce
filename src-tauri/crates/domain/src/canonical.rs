//! Canonical JSON (RFC 8785, JCS): the one spelling that hashes are taken over.

use serde::Serialize;
use serde_json::Value;

use crate::digest::Digest;

/// The largest whole number that every reader of JSON has exactly (RFC 8785, 3.2.2.3).
const WHOLE_MAX: u64 = (1 << 53) - 1;

/// The canonical bytes of a value.
///
/// Our own values hold no floats, no non-finite numbers and only string keys, so this cannot
/// fail for them; if it ever does, the error text itself is returned as bytes, which makes every
/// comparison fail rather than pass.
pub fn canonical_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value)
        .unwrap_or_else(|error| format!("not canonical: {error}").into_bytes())
}

/// [`canonical_json`] of a value already spelled out. What only has ASCII keys and whole numbers is
/// written as serde_json writes it, whose objects are sorted: the same bytes, several times sooner.
pub fn canonical_value(value: &Value) -> Vec<u8> {
    match is_plain(value) {
        true => serde_json::to_vec(value).unwrap_or_else(|_| canonical_json(value)),
        false => canonical_json(value),
    }
}

/// True where serde_json's spelling and the canonical one are the same.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => {
            let whole = number.as_u64();
            whole.or_else(|| Some(number.as_i64()?.unsigned_abs())) <= Some(WHOLE_MAX)
                && (number.is_u64() || number.is_i64())
        }
        Value::Array(each) => each.iter().all(is_plain),
        Value::Object(object) => object
            .iter()
            .all(|(key, value)| key.is_ascii() && is_plain(value)),
    }
}

/// SHA-256 over the canonical bytes of a value.
pub fn canonical_digest<T: Serialize>(value: &T) -> Digest {
    Digest::of(&canonical_json(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_sorted_and_space_is_gone() {
        let value = serde_json::json!({"b": 1, "a": [true, null, "é\u{1}"]});
        assert_eq!(
            canonical_json(&value),
            "{\"a\":[true,null,\"é\\u0001\"],\"b\":1}".as_bytes()
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i16>().prop_map(Value::from),
            any::<f32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{30}\\\\\u{7f}\u{e000}\u{10000}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            let key = prop_oneof!["[ -~]{0,4}", "[a\u{e000}\u{10000}\u{0}]{0,3}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_quick_way_writes_the_same_bytes(value in any_value()) {
            prop_assert_eq!(canonical_value(&value), canonical_json(&value));
        }
    }
}
