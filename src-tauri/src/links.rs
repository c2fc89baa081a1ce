//! `sendoff://review/ID`: a link from outside selects a submission in the window. It can do no
//! more: any web page may hold such a link.

use domain::SubmissionId;

/// The scheme, as `tauri.conf.json` registers it.
const SCHEME: &str = "sendoff";
/// What comes before the id.
const REVIEW: &str = "://review/";
/// Longer than any link of ours.
const LINK_MAX: usize = 200;

/// The submission a link names; none for anything that is not exactly such a link.
pub(crate) fn submission(link: &str) -> Option<SubmissionId> {
    if link.len() > LINK_MAX {
        return None;
    }
    let id = link.strip_prefix(SCHEME)?.strip_prefix(REVIEW)?;
    // Browsers end a link without a path of its own in a slash.
    id.strip_suffix('/').unwrap_or(id).parse().ok()
}

/// The first link among a second start's arguments; the rest is dropped.
pub(crate) fn among<'a>(arguments: impl IntoIterator<Item = &'a String>) -> Option<SubmissionId> {
    arguments.into_iter().find_map(|said| submission(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "sub_0198aaaaaaaa70008000000000000001";

    #[test]
    fn a_link_names_the_submission_to_select() {
        for link in [
            format!("sendoff://review/{ID}"),
            format!("sendoff://review/{ID}/"),
        ] {
            assert_eq!(submission(&link).unwrap().to_string(), ID);
        }
    }

    #[test]
    fn nothing_else_is_a_link() {
        for link in [
            format!("sendoff://approve/{ID}"),
            format!("sendoff://review/{ID}?approve=1"),
            format!("sendoff://review/{ID}#/settings"),
            format!("sendoff://review/{ID}'"),
            format!("http://review/{ID}"),
            ID.to_owned(),
            "sendoff://review/".to_owned(),
            "sendoff://review/".to_owned() + &"a".repeat(10_000),
        ] {
            assert_eq!(submission(&link), None, "{link:.60}");
        }
    }

    #[test]
    fn a_second_start_may_say_more_and_only_the_link_is_read() {
        let said = [
            "sendoff-desktop",
            "--data",
            "/elsewhere",
            &format!("sendoff://review/{ID}"),
        ]
        .map(str::to_owned);
        assert_eq!(among(&said).unwrap().to_string(), ID);
        assert_eq!(among(&said[..3]), None);
    }
}
