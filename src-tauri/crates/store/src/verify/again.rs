//! A recorded decision beside the same facts judged again.

use domain::Decision;

use crate::sqlite::codec::json;
use crate::sqlite::fault::Done;

/// How a decision comes out again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// To the byte.
    Same,
    /// The same is decided, on the same grounds, and said in other words: a later Sendoff may word
    /// it otherwise.
    Reworded,
    /// Something else is decided.
    Otherwise,
}

/// Compares what was recorded with what is judged now.
pub(crate) fn again(recorded: &str, judged: &Decision) -> Done<Again> {
    if json(judged)? == recorded {
        return Ok(Again::Same);
    }
    let decides_the_same = serde_json::from_str::<Decision>(recorded)
        .is_ok_and(|recorded| recorded.decides_as(judged));
    Ok(match decides_the_same {
        true => Again::Reworded,
        false => Again::Otherwise,
    })
}
