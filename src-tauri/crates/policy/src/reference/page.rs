//! The reference page: every rule, from what it declares of itself.

use std::fmt::Write as _;

use super::default_document;
use crate::judge::{BY_HAND, POLICY_UNREADABLE, SEND_BY, STALE_APPROVAL};
use crate::rule::{RULES, Switch};

/// Codes that are no rule of the table, and what they say.
const OTHERS: [(&str, &str); 4] = [
    (
        POLICY_UNREADABLE,
        "The stored policy is missing or damaged: everything is held.",
    ),
    (
        STALE_APPROVAL,
        "The approval was given to another version of the message.",
    ),
    (
        BY_HAND,
        "A person wrote it by hand: it waits until they say that it may leave.",
    ),
    (
        SEND_BY,
        "The time to leave by has passed, and no rule is the cause.",
    ),
];

/// Every code a finding can have: those of the table in its order, then the others.
pub fn codes() -> Vec<&'static str> {
    let rules = RULES.iter().map(|rule| rule.code());
    rules.chain(OTHERS.map(|(code, _)| code)).collect()
}

/// The reference, as Markdown.
pub fn reference_page() -> String {
    let mut page = String::from(
        "# The policy\n\nEvery rule runs on every judgement; the strongest outcome decides, and all \
         findings are kept. `hold` asks a person, `defer` leaves later by itself, `block` does not \
         leave.\n\n| code | rule | what it looks at | outcome |\n|---|---|---|---|\n",
    );
    for rule in RULES {
        let actions: Vec<&str> = rule
            .actions()
            .iter()
            .map(|action| action.as_str())
            .collect();
        let mut outcome = actions.join(" or ");
        if !rule.on_by_default() {
            outcome.push_str("; off unless switched on");
        }
        match rule.switch() {
            Switch::OnOff => {}
            Switch::Partly => outcome.push_str("; part of it cannot be switched off"),
            Switch::AlwaysOn => outcome.push_str("; cannot be switched off"),
        }
        let (code, title, about) = (rule.code(), rule.title(), rule.about());
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{code}` | {title} | {about} | {outcome} |");
    }
    page.push_str("\nFindings that come from no rule of the table:\n\n");
    for (code, says) in OTHERS {
        let _ = writeln!(page, "- `{code}`: {says}");
    }
    page.push_str(OVERRIDES);
    let _ = write!(
        page,
        "\n## The whole document, every key at its default\n\n```toml\n{}```\n",
        default_document()
    );
    page
}

const OVERRIDES: &str = "
## For one agent or mailbox

What is under `[rules]` holds for everyone. An override is for one agent, one mailbox, some
recipients, or any of these together; of everything that applies, the strictest outcome counts. Only
an exception, which has an end, counts instead of it. Keys an override leaves out are as for
everyone. `mailbox_grant`, `canary`, and complaints and legal demands under `suppression` are not
loosened by any of this.

`to` names recipients: addresses, and domains with everyone there. An exception counts only where it
names every recipient, hidden copies too; any other override where it names one. An override with
`to` and without an end counts beside exceptions: no exception loosens what it says.

```toml
[[overrides]]
mailbox = \"sales@example.com\"
[overrides.rules.rate_limit]
mailbox = { hour = 20 }

[[overrides]]
agent = \"scout\"
mailbox = \"sales@example.com\"
exception_until = 2027-01-31T18:00:00Z
reason = \"the January campaign\"
[overrides.rules.rate_limit]
mailbox = { hour = 500, day = 2000 }

[[overrides]]
agent = \"scout\"
to = [\"acme.com\"]
exception_until = 2027-01-31T18:00:00Z
[overrides.rules.autonomy]
enabled = false

[[overrides]]
to = [\"press@rival.example\"]
[overrides.rules.autonomy]
at_most = 1
```
";
