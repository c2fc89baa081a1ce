//! The rehearsal world: everything is the real path but the wire.

use domain::Problem;

use crate::args::NoArgs;
use crate::table::Desk;
use crate::view::{RehearsalStarted, RehearsedView};
use crate::{agents, mailboxes, snippets};

pub(crate) async fn start(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<RehearsalStarted, Problem> {
    let made = desk.engine.rehearse().await?;
    let curl = snippets::curl(&made.token, made.mailbox.address.as_str());
    Ok(RehearsalStarted {
        mailbox: mailboxes::by_id(desk, made.mailbox.id).await?,
        agent: agents::view(desk, made.agent).await?,
        token: made.token,
        curl,
    })
}

pub(crate) async fn delivered(
    desk: &Desk<'_>,
    NoArgs {}: NoArgs,
) -> Result<Vec<RehearsedView>, Problem> {
    Ok(desk
        .engine
        .rehearsal_delivered()
        .iter()
        .map(|mail| {
            let seen = engine::read_message(&mail.bytes);
            let header = |name: &str| {
                let line = seen
                    .headers
                    .iter()
                    .find(|line| line.name.eq_ignore_ascii_case(name));
                line.map(|line| line.value.clone()).unwrap_or_default()
            };
            RehearsedView {
                at: header("date"),
                mail_from: mail.mail_from.to_string(),
                rcpt_to: mail.rcpt_to.iter().map(ToString::to_string).collect(),
                subject: header("subject"),
                text: seen.text.clone().unwrap_or_default(),
            }
        })
        .collect())
}
