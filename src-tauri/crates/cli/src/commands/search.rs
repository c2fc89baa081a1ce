//! `search`: everything asked, decided, said and received, newest first.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::first_rows;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat};

pub(crate) async fn run(
    desk: &mut Desk,
    query: &[String],
    limit: u32,
    as_json: bool,
) -> Result<(), Failure> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let args = json!({"query": query.join(" "), "zone": zone(), "limit": limit});
    let found = first_rows(desk, "search", args, wanted).await?;
    found.tell_more();
    let found = found.rows;
    if as_json {
        return print::json(&Value::Array(found));
    }
    if found.is_empty() {
        return print::line("nothing was found");
    }
    let rows: Vec<Vec<String>> = found.iter().map(columns).collect();
    print::table(&["ID", "WHEN", "WHAT", "FROM", "TO", "SUBJECT"], &rows)
}

/// The time zone of this terminal by its name: `TZ`, or else the machine's. None where it has no
/// name; its days are then UTC's.
pub(crate) fn zone() -> Option<String> {
    TimeZone::system().iana_name().map(str::to_owned)
}

fn columns(row: &Value) -> Vec<String> {
    let fields = match row.get("received").is_some_and(|mail| !mail.is_null()) {
        true => [
            "/received/kind_text",
            "/received/from",
            "/received/mailbox",
            "/received/subject",
        ],
        false => [
            "/asked/state",
            "/asked/mailbox",
            "/asked/to",
            "/asked/subject",
        ],
    };
    let mut cells = vec![flat(row, "/id"), flat(row, "/at")];
    cells.extend(fields.map(|field| flat(row, field)));
    cells
}
