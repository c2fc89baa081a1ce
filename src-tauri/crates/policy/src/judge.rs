//! The fold: every rule runs, the strongest verdict wins, and what cannot be decided is held.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{Decision, Digest, Facts, Finding, FindingOutcome, Level, Moment, Timestamp, Verdict};

use crate::document::PolicyProblem;
use crate::next::{Judged, next};
use crate::risk;
use crate::rule::{Action, Rule, Switch, UNDECIDED, by_code, judged_for, undecided};
use crate::say;
use crate::settings::{Policy, Sender, Terms};

/// The code of the loud finding where no policy can be read.
pub const POLICY_UNREADABLE: &str = "policy_unreadable";
/// The code of the finding where an approval was given to another version of the message.
pub const STALE_APPROVAL: &str = "stale_approval";
/// The code of the finding where the time to leave by has passed without a rule being the cause.
pub const SEND_BY: &str = "send_by";

/// The code of the finding about what a person wrote by hand.
pub const BY_HAND: &str = "by_hand";

/// Rounds of asking the deferring rules for an instant they all accept. Each round moves the
/// instant behind something committed, so reaching this takes absurd facts; then there is no slot.
const SLOT_ROUNDS_MAX: usize = 10_000;

/// What there is to judge under.
pub(crate) enum Reading<'a> {
    Policy(&'a Policy),
    Unreadable(&'a [PolicyProblem]),
}

/// Judges. `rules` is the table, or a test's own.
pub(crate) fn judge(
    rules: &[&dyn Rule],
    reading: Reading<'_>,
    policy_version: u64,
    policy_hash: Digest,
    facts: &Facts,
) -> Decision {
    let mut findings = Vec::with_capacity(rules.len() + 8);
    let bare;
    let policy = match reading {
        Reading::Policy(policy) => policy,
        Reading::Unreadable(problems) => {
            findings.push(unreadable(policy_version, problems));
            bare = Policy::bare();
            &bare
        }
    };
    for rule in rules {
        findings.extend(run(*rule, facts, policy));
    }
    findings.extend(by_hand(facts));
    findings.extend(stale_approval(facts));
    answer(&mut findings, facts);

    let slot = match verdict_of(&findings) {
        Verdict::Allow => Some(judged_for(facts)),
        Verdict::Defer => slot(rules, facts, policy, &findings),
        Verdict::Hold | Verdict::Block => None,
    };
    enforce_send_by(&mut findings, facts, slot);

    let verdict = verdict_of(&findings);
    let observed_only = level(facts) == Level::Observe;
    let committed = match verdict {
        Verdict::Allow | Verdict::Defer => !observed_only,
        Verdict::Hold | Verdict::Block => false,
    };
    let judged = Judged {
        verdict,
        primary: primary_of(&findings, verdict),
        findings,
        slot: slot.filter(|_| committed),
        observed_only,
    };
    let next = next(&judged, facts);
    Decision {
        verdict,
        primary: judged.primary,
        findings: judged.findings,
        policy_version,
        policy_hash,
        slot: judged.slot,
        observed_only,
        risk: risk::items(facts, &policy.head),
        next,
    }
}

/// The lower of the agent's level and its level for this mailbox.
pub(crate) fn level(facts: &Facts) -> Level {
    let own = facts.agent.level;
    facts.mailbox.level.map_or(own, |here| own.min(here))
}

/// True if the primary block is by a rule whose block a person cannot answer: suppression, grant,
/// scope, canary. At the wire it blocks where any other block returns the message to a person.
pub fn is_final_block(decision: &Decision) -> bool {
    decision.verdict == Verdict::Block
        && decision
            .primary()
            .and_then(|finding| by_code(&finding.rule))
            .is_some_and(Rule::is_final)
}

/// True if a person wrote it by hand and nothing holds it but that they have not said yet that it
/// may leave.
pub fn is_ready_by_hand(decision: &Decision) -> bool {
    decision.verdict == Verdict::Hold
        && decision
            .findings
            .iter()
            .filter(|finding| weight(finding) == Verdict::Hold)
            .all(|finding| finding.rule == BY_HAND && finding.recipient.is_none())
}

/// What one rule says under everything that applies to this sender: the strictest counts.
fn run(rule: &dyn Rule, facts: &Facts, policy: &Policy) -> Vec<Finding> {
    let (first, rest) = policy.terms(rule, &Sender::of(facts));
    let mut findings = run_under(rule, facts, &first);
    for terms in &rest {
        strictest(&mut findings, run_under(rule, facts, terms));
    }
    for finding in &mut findings {
        finding.overridable =
            finding.outcome == FindingOutcome::Block && rule.is_overridable(finding);
    }
    findings
}

/// What is said of agents does not apply to what a person wrote.
fn applies(rule: &dyn Rule, facts: &Facts) -> bool {
    !(facts.by_hand() && rule.is_for_agents())
}

/// What one rule says under one set of terms; a panic is caught for this ask alone.
fn run_under(rule: &dyn Rule, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
    let code = rule.code();
    if !applies(rule, facts) {
        let sentence = "A person wrote it; this is about agents.";
        return vec![Finding::new(code, FindingOutcome::NotApplicable, sentence)];
    }
    let looks = terms.enabled() || rule.switch() != Switch::OnOff;
    if !looks {
        let sentence = "Switched off in the policy.";
        return vec![Finding::new(code, FindingOutcome::Off, sentence)];
    }
    match catch_unwind(AssertUnwindSafe(|| rule.check(facts, terms))) {
        Ok(findings) if findings.is_empty() => {
            let sentence = "Nothing here for this rule to look at.";
            vec![Finding::new(code, FindingOutcome::NotApplicable, sentence)]
        }
        Ok(findings) => findings,
        Err(_) => {
            vec![undecided(
                code,
                format!("The rule {code} failed and could not decide."),
            )]
        }
    }
}

/// Keeps what says more, and of the other what stops and is not said yet.
fn strictest(findings: &mut Vec<Finding>, mut others: Vec<Finding>) {
    let strongest = |list: &[Finding]| list.iter().map(|finding| finding.outcome).max();
    if strongest(&others) > strongest(findings) {
        std::mem::swap(findings, &mut others);
    }
    for other in others.into_iter().filter(stops) {
        let key = other.key();
        if findings.iter().all(|said| said.key() != key) {
            findings.push(other);
        }
    }
}

fn unreadable(version: u64, problems: &[PolicyProblem]) -> Finding {
    let sentence = match problems.first() {
        None if version == 0 => "There is no policy, so everything is held.".to_owned(),
        None => format!("Policy version {version} cannot be read, so everything is held."),
        Some(problem) => {
            format!("Policy version {version} cannot be read, so everything is held ({problem}).")
        }
    };
    undecided(POLICY_UNREADABLE, sentence)
}

/// What a person wrote by hand waits until they say that it may leave; if it is for somebody nobody
/// here knows, that is said first.
fn by_hand(facts: &Facts) -> Vec<Finding> {
    if !facts.by_hand() {
        return Vec::new();
    }
    let hold = |sentence| Finding::new(BY_HAND, FindingOutcome::Hold, sentence);
    let unknown = facts.recipients.iter().filter(|one| {
        one.established.is_none() && one.last_by_anyone.is_none() && one.last_inbound_at.is_none()
    });
    let unknown =
        unknown.map(|one| hold(format!("First mail to {}.", one.address)).about(&one.address));
    let own = hold("A person wrote it; it leaves when they say so.".to_owned());
    unknown.chain(std::iter::once(own)).collect()
}

/// An approval binds to exact bytes. Given to others, it says nothing about these.
fn stale_approval(facts: &Facts) -> Option<Finding> {
    let asks = match facts.moment {
        Moment::Approval | Moment::Dispatch => true,
        Moment::Check | Moment::Admission | Moment::Revision => false,
    };
    let approved = facts.submission.approved?;
    (asks && approved != facts.submission.hash).then(|| {
        let sentence = "The approval was given to another version of this message.";
        undecided(STALE_APPROVAL, sentence)
    })
}

/// Marks the holds a person has answered, and the blocks they released, for these exact bytes. What a rule could not decide stays
/// open: nobody was shown what it would have said.
fn answer(findings: &mut [Finding], facts: &Facts) {
    let asks = match facts.moment {
        Moment::Approval | Moment::Dispatch => true,
        Moment::Check | Moment::Admission | Moment::Revision => false,
    };
    if !asks || facts.submission.approved != Some(facts.submission.hash) {
        return;
    }
    for finding in findings {
        finding.answered = match finding.outcome {
            FindingOutcome::Hold => {
                finding.matched.as_deref() != Some(UNDECIDED)
                    && facts.submission.answered.contains(&finding.key())
            }
            FindingOutcome::Block => {
                finding.overridable && facts.submission.released.contains(&finding.key())
            }
            FindingOutcome::Off
            | FindingOutcome::NotApplicable
            | FindingOutcome::Pass
            | FindingOutcome::Defer => false,
        };
    }
}

/// True if it stands against sending.
pub(crate) fn stops(finding: &Finding) -> bool {
    weight(finding) > Verdict::Allow
}

fn weight(finding: &Finding) -> Verdict {
    if finding.answered {
        Verdict::Allow
    } else {
        Verdict::from(finding.outcome)
    }
}

fn verdict_of(findings: &[Finding]) -> Verdict {
    findings.iter().map(weight).max().unwrap_or(Verdict::Hold)
}

fn primary_of(findings: &[Finding], verdict: Verdict) -> Option<usize> {
    if verdict == Verdict::Allow {
        return None;
    }
    findings
        .iter()
        .position(|finding| weight(finding) == verdict)
}

/// The first instant at which every deferring rule lets it go: asked round after round, because
/// the instant one rule accepts may be another's full window.
fn slot(
    rules: &[&dyn Rule],
    facts: &Facts,
    policy: &Policy,
    findings: &[Finding],
) -> Option<Timestamp> {
    let promised = findings
        .iter()
        .filter(|finding| finding.outcome == FindingOutcome::Defer)
        .filter_map(|finding| finding.not_before);
    let mut at = promised.fold(judged_for(facts), Timestamp::max);
    let mut deferring = deferring(rules, facts, policy, at);
    for _ in 0..SLOT_ROUNDS_MAX {
        let before = at;
        for (rule, terms) in &deferring {
            at = rule.earliest(facts, terms, at)?.max(at);
        }
        if policy.is_exception_over(before, at) {
            deferring = self::deferring(rules, facts, policy, at);
        }
        if at == before {
            return Some(at);
        }
        // Beyond the time to leave by, which instant exactly no longer matters.
        if at > facts.submission.send_by + domain::limits::SEND_BY_MAX {
            return Some(at);
        }
    }
    None
}

/// The rules that may make it wait, with the terms they are asked by for this instant: an exception
/// may have ended by then.
fn deferring<'p>(
    rules: &[&'p dyn Rule],
    facts: &Facts,
    policy: &'p Policy,
    at: Timestamp,
) -> Vec<(&'p dyn Rule, Terms<'p>)> {
    let sender = Sender::at(facts, at);
    let mut deferring = Vec::new();
    for rule in rules.iter().filter(|rule| applies(**rule, facts)) {
        let (first, rest) = policy.terms(*rule, &sender);
        let all = std::iter::once(first).chain(rest);
        let defers = |terms: &Terms<'_>| terms.enabled() && terms.action() == Action::Defer;
        deferring.extend(all.filter(defers).map(|terms| (*rule, terms)));
    }
    deferring
}

/// No slot before the time to leave by is a block: the finding that costs the most time says so,
/// or one of its own where no rule is the cause.
fn enforce_send_by(findings: &mut Vec<Finding>, facts: &Facts, slot: Option<Timestamp>) {
    let send_by = facts.submission.send_by;
    let by = say::time(send_by, facts.now);
    match verdict_of(findings) {
        Verdict::Hold | Verdict::Block => {}
        Verdict::Allow if judged_for(facts) <= send_by => {}
        Verdict::Allow => {
            let sentence = format!("It had to leave by {by}, and that has passed.");
            findings.push(Finding::new(SEND_BY, FindingOutcome::Block, sentence));
        }
        Verdict::Defer if slot.is_some_and(|at| at <= send_by) => {}
        Verdict::Defer => {
            let latest = findings
                .iter_mut()
                .rev()
                .filter(|finding| finding.outcome == FindingOutcome::Defer)
                .max_by_key(|finding| finding.not_before);
            if let Some(finding) = latest {
                let what = finding.sentence.trim_end_matches('.');
                finding.sentence = format!("{what}, after it has to leave ({by}).");
                finding.outcome = FindingOutcome::Block;
                finding.not_before = slot;
            }
        }
    }
}

#[cfg(test)]
#[path = "../tests/testkit/mod.rs"]
mod testkit;

#[cfg(test)]
mod tests {
    use domain::NextClass;

    use super::*;
    use crate::RULES;

    struct Panics;

    impl Rule for Panics {
        fn code(&self) -> &'static str {
            "panics"
        }
        fn title(&self) -> &'static str {
            "Panics"
        }
        fn about(&self) -> &'static str {
            "Never decides."
        }
        fn actions(&self) -> &'static [Action] {
            &[Action::Block]
        }
        fn check(&self, _facts: &Facts, _terms: &Terms<'_>) -> Vec<Finding> {
            panic!("not today")
        }
    }

    fn judged(rules: &[&dyn Rule], facts: &Facts) -> Decision {
        let policy = Policy::default();
        judge(rules, Reading::Policy(&policy), 1, Digest::of(b""), facts)
    }

    #[test]
    fn a_rule_that_panics_is_a_hold_with_that_rule_named_and_the_others_still_speak() {
        let rules: Vec<&dyn Rule> = [&Panics as &dyn Rule]
            .into_iter()
            .chain(RULES.iter().copied())
            .collect();
        let mut facts = testkit::facts();
        let decision = judged(&rules, &facts);
        assert_eq!(decision.verdict, Verdict::Hold);
        assert_eq!(decision.next.class, NextClass::NeedsPerson);
        let finding = decision.primary().unwrap();
        assert_eq!(finding.rule, "panics");
        assert_eq!(
            finding.sentence,
            "The rule panics failed and could not decide."
        );
        assert!(
            RULES
                .iter()
                .all(|rule| decision.findings.iter().any(|f| f.rule == rule.code()))
        );

        facts.mailbox.granted = false;
        assert_eq!(judged(&rules, &facts).verdict, Verdict::Block);
    }

    #[test]
    fn no_approval_answers_a_rule_that_could_not_decide() {
        let mut facts = testkit::facts();
        let decision = judged(&[&Panics], &facts);
        facts.moment = Moment::Dispatch;
        facts.submission.approved = Some(facts.submission.hash);
        facts.submission.answered = decision.open_holds();
        assert_eq!(judged(&[&Panics], &facts).verdict, Verdict::Hold);
    }

    #[test]
    fn what_a_person_writes_is_theirs_to_send_and_looked_at_all_the_same() {
        let mut facts = testkit::facts();
        facts.agent.id = domain::AgentId::BY_HAND;
        facts.agent.level = Level::AskAlways;
        facts.mailbox.granted = false;
        let conversation = domain::facts::ConversationFacts {
            id: "cnv_1".to_owned(),
            taken_over: Some(domain::facts::TakenOver {
                by: domain::Actor::Operator,
                at: facts.now,
            }),
            taint: None,
            answered_score_bp: None,
            newest: None,
            fetched: None,
            last_by_person: None,
            last_by_other_agent: None,
            next_by_other_agent: None,
        };
        facts.conversation = Some(conversation);
        for one in &mut facts.recipients {
            one.last_inbound_at = Some(facts.now);
        }
        let decision = judged(RULES, &facts);
        assert!(is_ready_by_hand(&decision), "{:#?}", decision.findings);

        // Somebody nobody knows is pointed out first, and so is what stands in the message.
        facts.recipients[0].last_inbound_at = None;
        let decision = judged(RULES, &facts);
        assert_eq!(decision.verdict, Verdict::Hold);
        assert!(!is_ready_by_hand(&decision));
        facts.recipients[0].last_inbound_at = Some(facts.now);
        facts.scan.found.unfinished.push(domain::scan::Spot {
            kind: "empty".to_owned(),
            part: "subject".to_owned(),
            offset: 0,
        });
        assert!(!is_ready_by_hand(&judged(RULES, &facts)));
    }

    #[test]
    fn without_any_rule_nothing_is_allowed() {
        assert_eq!(judged(&[], &testkit::facts()).verdict, Verdict::Hold);
    }

    #[test]
    fn codes_are_unique_and_every_rule_explains_itself() {
        let mut codes: Vec<&str> = RULES.iter().map(|rule| rule.code()).collect();
        codes.extend([POLICY_UNREADABLE, STALE_APPROVAL, SEND_BY, BY_HAND]);
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
        let told = RULES.iter().map(|rule| crate::told_code(rule.code()));
        let told: std::collections::BTreeSet<&str> = told.collect();
        assert_eq!(told.len(), RULES.len());
        assert!(!told.contains("canary") && told.contains("protected_value"));
        for rule in RULES {
            assert!(
                !rule.title().is_empty() && rule.about().ends_with('.'),
                "{}",
                rule.code()
            );
            assert!(!rule.actions().is_empty(), "{}", rule.code());
            assert!(
                rule.params()
                    .iter()
                    .all(|param| param.help().ends_with('.')),
                "{}",
                rule.code()
            );
        }
    }

    /// Facts as a record from before exceptions had to last until the ask is due has them.
    fn older(facts: &Facts) -> Facts {
        let mut value = serde_json::to_value(facts).unwrap();
        let submission = value["submission"].as_object_mut().unwrap();
        assert!(submission.remove("exceptions_until_due").is_some());
        let older: Facts = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(
            serde_json::to_value(&older).unwrap(),
            value,
            "written alike"
        );
        older
    }

    #[test]
    fn what_an_exception_let_leave_before_it_had_to_last_comes_out_as_it_did() {
        let text = |quiet: &str, until: &str| {
            format!(
                "[rules.quiet_hours]\nenabled = true\n{quiet}\n[[overrides]]\nagent = \"scout\"\n\
                 exception_until = {until}\n[overrides.rules.quiet_hours]\nenabled = false\n"
            )
        };
        let slots = |text: &str, facts: &Facts| {
            let policy = crate::parse(text).unwrap();
            let slot = |facts: &Facts| {
                let reading = Reading::Policy(&policy);
                judge(RULES, reading, 1, Digest::of(b""), facts).slot
            };
            (slot(facts), slot(&older(facts)))
        };
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());

        // Due in the night, long after the exception.
        let mut facts = testkit::facts();
        let due = at("2026-11-22T21:00:00Z");
        facts.submission.due = due.unwrap();
        let ends_at_noon = text("", "2026-11-22T12:00:00Z");
        let morning = at("2026-11-23T08:00:00Z");
        assert_eq!(slots(&ends_at_noon, &facts), (morning, due));

        // Due at once, and put off by another rule until after the exception.
        let mut facts = testkit::facts();
        let last = Some(domain::facts::LastSend {
            submission: testkit::submission(7),
            at: at("2026-11-22T09:50:01Z").unwrap(),
        });
        for recipient in &mut facts.recipients {
            (recipient.last_by_anyone, recipient.last_by_agent) = (last.clone(), last.clone());
        }
        let noon = "from = \"12:00\"\nuntil = \"15:00\"\n";
        let ends_at_one = text(noon, "2026-11-22T13:00:00Z");
        let (quiet_ends, cooled) = (at("2026-11-22T15:00:00Z"), at("2026-11-22T13:50:01Z"));
        assert_eq!(slots(&ends_at_one, &facts), (quiet_ends, cooled));
    }
}
