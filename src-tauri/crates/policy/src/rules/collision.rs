//! Two writers at one person.

use domain::facts::{OtherSend, PersonSend};
use domain::{Facts, Finding, FindingOutcome, Span, Timestamp};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule, judged_for};
use crate::say;
use crate::settings::Terms;

pub(crate) struct Collision;

const WINDOW: Number = Number {
    key: "window_minutes",
    help: "How long before and after is just now.",
    default: 30,
    min: 1,
    max: 10080,
};

impl Rule for Collision {
    fn code(&self) -> &'static str {
        "collision"
    }
    fn title(&self) -> &'static str {
        "Somebody else just wrote"
    }
    fn about(&self) -> &'static str {
        "A person or another agent wrote to this contact or into this conversation a moment ago."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&WINDOW)]
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let window = Span::from_minutes(WINDOW.of(terms));
        let leaves = judged_for(facts);
        // What is promised for next week disturbs nobody today.
        let just_now = |at: Timestamp| facts.now.since(at) < window && at.since(leaves) < window;
        let say = |who: Who, to: &str| {
            let at = say::time(who.at, facts.now);
            let verb = match who.at > facts.now {
                true => "is about to write",
                false => "wrote",
            };
            let sentence = format!("{} {verb} {to} at {at}.", who.name);
            Finding::new(self.code(), terms.action().outcome(), sentence).matching(who.row)
        };
        // Whom a person answers has had the last word: what was written to them before has found
        // its answer, and the person has seen it.
        let answered = facts.conversation.as_ref().filter(|_| facts.by_hand());
        let answered = answered.and_then(|here| here.newest.as_ref());
        let just_now = |at: Timestamp| {
            let is_answered = answered.is_some_and(|newest| at < newest.at);
            just_now(at) && !is_answered
        };
        let mut findings = Vec::new();
        if let Some(here) = &facts.conversation {
            let agents = [&here.last_by_other_agent, &here.next_by_other_agent];
            let writers = writers(facts.by_hand(), &here.last_by_person, agents);
            let recent = writers.filter(|who| just_now(who.at));
            findings.extend(recent.map(|who| say(who, "into this conversation")));
        }
        for recipient in &facts.recipients {
            let agents = [
                &recipient.last_by_other_agent,
                &recipient.next_by_other_agent,
            ];
            let writers = writers(facts.by_hand(), &recipient.last_by_person, agents);
            let to = format!("to {}", recipient.address);
            let recent = writers.filter(|who| just_now(who.at));
            findings.extend(recent.map(|who| say(who, &to).about(&recipient.address)));
        }
        if findings.is_empty() {
            let sentence = "Nobody else wrote here just now.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

/// Who wrote.
struct Who {
    name: String,
    row: String,
    at: Timestamp,
}

fn writers(
    by_hand: bool,
    person: &Option<PersonSend>,
    agents: [&Option<OtherSend>; 2],
) -> impl Iterator<Item = Who> {
    // A person who writes twice collides with nobody.
    let person = person.as_ref().filter(|_| !by_hand).map(|send| Who {
        name: "A person".to_owned(),
        row: "a person".to_owned(),
        at: send.at,
    });
    let agents = agents.into_iter().flatten().map(|send| Who {
        name: format!("The agent {}", send.agent),
        row: send.submission.to_string(),
        at: send.at,
    });
    person.into_iter().chain(agents)
}
