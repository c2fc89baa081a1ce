//! The rehearsal world: everything is the real path but the wire.

use domain::Problem;
use engine::{Chaos, REPLIERS};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::args::NoArgs;
use crate::table::Desk;
use crate::view::{ChaosView, RehearsalStarted, RehearsalView, RehearsedView, ReplierView};
use crate::{agents, mailboxes, snippets};

/// Who the first ask goes to: somebody who answers.
const FIRST_TO: &str = "question@rehearsal.example";

/// What the rehearsal relay can do wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "RehearsalFault")]
pub(crate) enum Fault {
    RefuseForNow,
    DropAfterData,
    SlowAccept,
    BounceLater,
}

/// A fault, its title, and what to look for.
const FAULTS: [(Fault, &str, &str); 4] = [
    (
        Fault::RefuseForNow,
        "Refuse for now",
        "Everything is answered with 451: it is tried again, with growing pauses.",
    ),
    (
        Fault::DropAfterData,
        "Drop after the message",
        "The connection breaks once the relay has it: delivery is uncertain, and you settle it.",
    ),
    (
        Fault::SlowAccept,
        "Take its time",
        "The relay answers twenty seconds late: one is sending that long, and is given once.",
    ),
    (
        Fault::BounceLater,
        "Bounce later",
        "What was taken is reported undeliverable ten seconds later, and the address suppressed.",
    ),
];

/// Which fault, and whether it is on.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "RehearsalSwitch")]
pub(crate) struct Switch {
    pub fault: Fault,
    pub on: bool,
}

fn repliers() -> Vec<ReplierView> {
    let view = |one: &engine::Replier| ReplierView {
        address: one.address(),
        name: one.name.to_owned(),
        does: one.does.to_owned(),
        shows: one.shows.to_owned(),
        seconds: u32::try_from(one.after.seconds()).unwrap_or(u32::MAX),
    };
    REPLIERS.iter().map(view).collect()
}

fn flag(chaos: &mut Chaos, fault: Fault) -> &mut bool {
    match fault {
        Fault::RefuseForNow => &mut chaos.refuse_for_now,
        Fault::DropAfterData => &mut chaos.drop_after_data,
        Fault::SlowAccept => &mut chaos.slow_accept,
        Fault::BounceLater => &mut chaos.bounce_later,
    }
}

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<RehearsalView, Problem> {
    let mut chaos = desk.engine.rehearsal_chaos().await?;
    let faults = FAULTS.map(|(fault, title, does)| ChaosView {
        fault,
        title: title.to_owned(),
        does: does.to_owned(),
        on: *flag(&mut chaos, fault),
    });
    Ok(RehearsalView {
        repliers: repliers(),
        faults: faults.to_vec(),
    })
}

/// Switches one fault; the mailboxes that are not the rehearsal's never notice.
pub(crate) async fn switch(desk: &Desk<'_>, args: Switch) -> Result<RehearsalView, Problem> {
    let mut chaos = desk.engine.rehearsal_chaos().await?;
    *flag(&mut chaos, args.fault) = args.on;
    desk.engine.set_rehearsal_chaos(chaos).await?;
    show(desk, NoArgs {}).await
}

pub(crate) async fn start(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<RehearsalStarted, Problem> {
    let made = desk.engine.rehearse().await?;
    let curl = snippets::curl_to(&made.token, made.mailbox.address.as_str(), FIRST_TO);
    Ok(RehearsalStarted {
        mailbox: mailboxes::by_id(desk, made.mailbox.id).await?,
        agent: agents::view(desk, made.agent).await?,
        token: made.token,
        curl,
        repliers: repliers(),
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
