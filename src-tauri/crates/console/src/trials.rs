//! Live tests of mail servers: begun, watched step by step, stopped.

use domain::{Code, Problem};
use engine::{Step, StepState, Trial, TrialEnd, TrialStep};
use serde::Deserialize;
use ts_rs::TS;

use crate::args;
use crate::mailboxes::{reading, settings};
use crate::table::Desk;
use crate::view::{ImapForm, SmtpForm, TestReport, TestState, TestStep};
use crate::words;

/// A relay to try out; nothing is sent, nothing is kept.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxTestArgs")]
pub(crate) struct Relay {
    pub smtp: SmtpForm,
    /// Whether it takes mail from this address is asked too.
    #[serde(default)]
    #[ts(optional)]
    pub sender: Option<String>,
}

pub(crate) async fn relay(desk: &Desk<'_>, args: Relay) -> Result<TestReport, Problem> {
    let sender = args.sender.filter(|sender| !sender.trim().is_empty());
    let sender = sender
        .map(|sender| args::address(&sender, "/sender"))
        .transpose()?;
    let (settings, secret) = settings(args.smtp)?;
    Ok(report(desk.engine.try_relay(settings, secret, sender)))
}

/// A server to read from, to try out; nothing is kept.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxTestImapArgs")]
pub(crate) struct Reading {
    pub imap: ImapForm,
}

pub(crate) async fn incoming(desk: &Desk<'_>, args: Reading) -> Result<TestReport, Problem> {
    let (settings, secret) = reading(args.imap)?;
    let secret = secret.ok_or_else(|| {
        Problem::new(Code::InvalidField, "a test needs the password").at("/imap/secret")
    })?;
    Ok(report(desk.engine.try_reading(settings, secret)))
}

/// A test under way, and how much of it was seen.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "TestStepsArgs")]
pub(crate) struct Steps {
    pub run: String,
    /// `seen` of the report that was read last: the answer waits until there is more.
    #[ts(type = "number")]
    pub seen: u64,
}

pub(crate) async fn steps(desk: &Desk<'_>, args: Steps) -> Result<TestReport, Problem> {
    Ok(report(desk.engine.watch_trial(&args.run, args.seen).await?))
}

/// A test to stop.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "TestStopArgs")]
pub(crate) struct Stop {
    pub run: String,
}

pub(crate) async fn stop(desk: &Desk<'_>, args: Stop) -> Result<TestReport, Problem> {
    Ok(report(desk.engine.stop_trial(&args.run)?))
}

fn report(trial: Trial) -> TestReport {
    TestReport {
        run: trial.run,
        seen: trial.seen,
        ended: trial.end.is_some(),
        ok: trial.end == Some(TrialEnd::Works),
        steps: trial.steps.into_iter().map(step).collect(),
        authserv_id: trial.authserv_id,
    }
}

fn step(step: TrialStep) -> TestStep {
    let (name, advice) = named(step.step);
    let (state, advice) = match step.state {
        StepState::Running => (TestState::Running, None),
        StepState::Passed => (TestState::Passed, None),
        StepState::Failed => (TestState::Failed, Some(advice.to_owned())),
        StepState::Stopped => (TestState::Stopped, None),
    };
    TestStep {
        name: name.to_owned(),
        state,
        text: match step.state {
            StepState::Failed => words::sentence(&step.text),
            StepState::Running | StepState::Passed | StepState::Stopped => step.text,
        },
        ms: u64::try_from(step.took.micros() / 1_000).unwrap_or(0),
        advice,
    }
}

/// A step on screen, and what usually helps where it fails.
fn named(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::LookUp => (
            "Look up",
            "Compare the server's name with what the provider writes, and see that this machine is \
             online.",
        ),
        Step::Connect => (
            "Connect",
            "Compare the port: 465 and 587 are usual for sending, 993 and 143 for reading. A \
             firewall or the network may keep it shut.",
        ),
        Step::Encrypt => (
            "Encryption",
            "Try the other kind: TLS from the start belongs to 465 and 993, STARTTLS to 587 and \
             143. A server with a certificate of its own needs its CA file here.",
        ),
        Step::Greeting => (
            "Greeting",
            "The port may be another service's, or want TLS from the start.",
        ),
        Step::Login => (
            "Login",
            "Type user and password again. Many providers want an app password for programs, or \
             signing in with the browser.",
        ),
        Step::Sender => (
            "Sender",
            "Allow this address at the provider for that login, or log in as its owner.",
        ),
        Step::Folders => (
            "Folders",
            "See at the provider whether this user may read mail with a program.",
        ),
        Step::News => ("New mail", "Test again; if it stays so, ask the provider."),
        Step::Checker => ("Senders", "Test again; if it stays so, ask the provider."),
    }
}

#[cfg(test)]
mod tests {
    use domain::Span;

    use super::*;

    #[test]
    fn a_failed_step_says_what_happened_and_what_usually_helps_and_no_other_does() {
        let shown = |state| {
            let shown = step(TrialStep {
                step: Step::Login,
                state,
                text: "the server refused the login".into(),
                took: Span::from_millis(1_234),
            });
            (shown.state, shown.text, shown.ms, shown.advice.is_some())
        };
        let text = "The server refused the login.".to_owned();
        assert_eq!(
            shown(StepState::Failed),
            (TestState::Failed, text, 1_234, true)
        );
        for (state, word) in [
            (StepState::Running, TestState::Running),
            (StepState::Passed, TestState::Passed),
            (StepState::Stopped, TestState::Stopped),
        ] {
            let (shown, _, _, advice) = shown(state);
            assert_eq!((shown, advice), (word, false));
        }
    }
}
