//! Runs the case files: `cases/<rule>/*.toml`, data in, expectation out. The case file is the spec.
//!
//! A case names a `moment` (admission unless said), an optional `policy`, recipients (`to`), what
//! is `used` of the windows, and a patch over the base facts of the testkit; then what is expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod testkit;

use std::path::Path;

use domain::facts::CountScope;
use domain::{Decision, Facts, FindingOutcome, Moment, NextClass, Timestamp, Verdict};
use policy::{Edition, RULES, Switch, is_final_block};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    policy: String,
    /// The policy is meant not to be readable.
    #[serde(default)]
    damaged: bool,
    moment: Option<Moment>,
    /// Recipients; dana@acme.com where absent.
    to: Option<Vec<String>>,
    /// Approved exactly as it is, with these holds answered: a rule, or a rule and a recipient.
    answered: Option<Vec<Answered>>,
    /// Blocks the operator released, for exactly this message.
    #[serde(default)]
    released: Vec<Answered>,
    #[serde(default)]
    used: Vec<Used>,
    /// Merged into the facts (RFC 7396).
    #[serde(default)]
    facts: toml::Table,
    /// Merged into the facts of one recipient.
    #[serde(default)]
    recipient: toml::Table,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    rule: String,
    recipient: Option<String>,
    matched: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    scope: CountScope,
    at: Timestamp,
    slots: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    verdict: Verdict,
    /// The rule that decides; absent if nothing stands against it.
    rule: Option<String>,
    sentence: Option<String>,
    class: Option<NextClass>,
    message: Option<String>,
    slot: Option<Timestamp>,
    not_before: Option<Timestamp>,
    would_pass: Option<Vec<String>>,
    fix: Option<String>,
    #[serde(default)]
    observed_only: bool,
    #[serde(default)]
    final_block: bool,
    /// Whether the wire opens; dispatch only.
    cleared: Option<bool>,
    /// Risk points in all.
    risk: Option<u32>,
    /// Findings that must be among those made: rule, outcome and, if given, recipient, words.
    #[serde(default)]
    says: Vec<Says>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Says {
    rule: String,
    outcome: FindingOutcome,
    recipient: Option<String>,
    sentence: Option<String>,
    observed: Option<i64>,
    limit: Option<i64>,
    answered: Option<bool>,
}

#[test]
fn every_case_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut ran, mut failures) = (0, Vec::new());
    for rule in std::fs::read_dir(&folder).unwrap() {
        let of = rule.unwrap().path();
        for case in cases_in(&of) {
            ran += 1;
            for failure in run(&case) {
                let of = of.strip_prefix(&folder).unwrap().display();
                failures.push(format!("{of}: {}\n    {failure}", case.name));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(ran > 0, "no case was found");
    println!("{ran} cases");
}

/// Beside what its cases say: under each action a document may choose a hit has that outcome, and
/// switched off the rule says so.
#[test]
fn the_cases_of_a_rule_meet_its_pass_each_action_a_switch_and_several_recipients() {
    let mut missing = Vec::new();
    for rule in RULES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
        let cases = cases_in(&folder.join(rule.code()));
        let readable = || cases.iter().filter(|case| !case.damaged);
        let meets = |outcome: FindingOutcome, setting: Option<(&str, toml::Value)>| {
            readable().any(|case| {
                let policy = match &setting {
                    Some((key, value)) => with(&case.policy, rule.code(), key, value.clone()),
                    None => case.policy.clone(),
                };
                let findings = Edition::read(1, &policy).evaluate(&facts(case)).findings;
                let mut own = findings
                    .iter()
                    .filter(|finding| finding.rule == rule.code());
                own.any(|finding| finding.outcome == outcome)
            })
        };
        let mut needs = |there: bool, what: String| {
            if !there {
                missing.push(format!("{}: no case {what}", rule.code()));
            }
        };
        needs(
            meets(FindingOutcome::Pass, None),
            "where it passes".to_owned(),
        );
        for action in rule.actions() {
            let (said, outcome) = (action.as_str(), action.outcome());
            let chosen = (rule.actions().len() > 1).then(|| ("action", said.into()));
            needs(
                meets(outcome, chosen),
                format!("where its action is {said}"),
            );
        }
        if rule.switch() != Switch::AlwaysOn {
            let off = Some(("enabled", false.into()));
            needs(
                meets(FindingOutcome::Off, off),
                "where it is off".to_owned(),
            );
        }
        let several = readable().any(|case| case.to.as_ref().is_some_and(|to| to.len() > 1));
        needs(several, "with several recipients".to_owned());
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A document with one setting of a rule more, or another.
fn with(policy: &str, rule: &str, key: &str, value: toml::Value) -> String {
    let table = || toml::Value::Table(toml::Table::new());
    let mut document: toml::Table = toml::from_str(policy).unwrap();
    let rules = document.entry("rules").or_insert_with(table);
    let rules = rules.as_table_mut().unwrap();
    let settings = rules.entry(rule).or_insert_with(table);
    settings
        .as_table_mut()
        .unwrap()
        .insert(key.to_owned(), value);
    toml::to_string(&document).unwrap()
}

fn cases_in(folder: &Path) -> Vec<Case> {
    let files = std::fs::read_dir(folder).unwrap();
    let read = files.flat_map(|file| {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.case
    });
    read.collect()
}

fn run(case: &Case) -> Vec<String> {
    let facts = facts(case);
    let edition = Edition::read(1, &case.policy);
    if case.damaged == edition.policy().is_some() {
        return vec![format!("the policy reads: {:?}", edition.problems())];
    }
    let (decision, clearance) = edition.release(&facts);
    let mut failures = compare(&case.expect, &decision);
    if case
        .expect
        .cleared
        .is_some_and(|cleared| cleared != clearance.is_some())
    {
        failures.push(format!("clearance is {clearance:?}"));
    }
    if let Some(clearance) = clearance {
        assert_eq!(clearance.hash(), facts.submission.hash);
    }
    failures
}

/// What differs, in words.
fn compare(expect: &Expect, decision: &Decision) -> Vec<String> {
    let mut failures = Vec::new();
    let mut check = |what: &str, wanted: String, got: String| {
        if wanted != got {
            failures.push(format!("{what}: wanted {wanted}, got {got}"));
        }
    };
    let primary = decision.primary();
    let said = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let verdict = |verdict: Verdict| verdict.as_str().to_owned();
    check(
        "verdict",
        verdict(expect.verdict),
        verdict(decision.verdict),
    );
    check(
        "rule",
        said(expect.rule.as_deref()),
        said(primary.map(|f| f.rule.as_str())),
    );
    if let Some(sentence) = &expect.sentence {
        check(
            "sentence",
            sentence.clone(),
            said(primary.map(|f| f.sentence.as_str())),
        );
    }
    if let Some(class) = expect.class {
        check(
            "class",
            format!("{class:?}"),
            format!("{:?}", decision.next.class),
        );
    }
    if let Some(message) = &expect.message {
        check("message", message.clone(), decision.next.message.clone());
    }
    if let Some(slot) = expect.slot {
        check(
            "slot",
            format!("{slot}"),
            format!("{:?}", decision.slot.map(|at| at.to_string())),
        );
        if decision.slot == Some(slot) {
            failures.pop();
        }
    }
    if let Some(at) = expect.not_before
        && decision.next.not_before != Some(at)
    {
        failures.push(format!(
            "not before: wanted {at}, got {:?}",
            decision.next.not_before
        ));
    }
    if let Some(wanted) = &expect.would_pass {
        let got: Vec<String> = decision
            .next
            .would_pass
            .iter()
            .map(|a| a.to_string())
            .collect();
        if *wanted != got {
            failures.push(format!("would pass: wanted {wanted:?}, got {got:?}"));
        }
    }
    if let Some(wanted) = &expect.fix {
        let got: Vec<&str> = decision
            .next
            .fix
            .iter()
            .map(|fix| fix.what.as_str())
            .collect();
        if !got.contains(&wanted.as_str()) {
            failures.push(format!("fix: wanted {wanted:?}, got {got:?}"));
        }
    }
    if let Some(risk) = expect.risk
        && decision.risk_points() != risk
    {
        failures.push(format!("risk: wanted {risk}, got {:?}", decision.risk));
    }
    if expect.observed_only != decision.observed_only {
        failures.push(format!("observed only is {}", decision.observed_only));
    }
    if expect.final_block != is_final_block(decision) {
        failures.push(format!("final block is {}", is_final_block(decision)));
    }
    for says in &expect.says {
        let found = decision.findings.iter().any(|finding| {
            let recipient = finding.recipient.as_ref().map(|address| address.as_str());
            finding.rule == says.rule
                && finding.outcome == says.outcome
                && (says.recipient.is_none() || says.recipient.as_deref() == recipient)
                && (says.sentence.is_none() || says.sentence.as_ref() == Some(&finding.sentence))
                && (says.observed.is_none() || says.observed == finding.observed)
                && (says.limit.is_none() || says.limit == finding.limit)
                && says
                    .answered
                    .is_none_or(|answered| answered == finding.answered)
        });
        if !found {
            let said: Vec<String> = decision
                .findings
                .iter()
                .filter(|finding| finding.rule == says.rule)
                .map(|finding| format!("{finding:?}"))
                .collect();
            failures.push(format!(
                "{} does not say so: {}",
                says.rule,
                said.join("; ")
            ));
        }
    }
    failures
}

fn facts(case: &Case) -> Facts {
    let mut facts = testkit::facts();
    if let Some(moment) = case.moment {
        facts.moment = moment;
    }
    if let Some(to) = &case.to {
        facts.recipients = to
            .iter()
            .map(|address| testkit::recipient(address))
            .collect();
    }
    for used in &case.used {
        testkit::count(&mut facts.usage, used.scope, used.at, used.slots);
    }
    let key = |key: &Answered| domain::FindingKey {
        rule: key.rule.clone(),
        recipient: key
            .recipient
            .as_ref()
            .map(|address| address.parse().unwrap()),
        matched: key.matched.clone(),
    };
    if case.answered.is_some() || !case.released.is_empty() {
        facts.submission.approved = Some(facts.submission.hash);
        facts.submission.answered = case.answered.iter().flatten().map(key).collect();
        facts.submission.released = case.released.iter().map(key).collect();
    }
    let mut json = serde_json::to_value(&facts).unwrap();
    let mut patches = vec![(json!({}), serde_json::to_value(&case.facts).unwrap())];
    merge(&mut json, patches[0].1.clone());
    for (address, patch) in &case.recipient {
        let recipients = json["recipients"].as_array_mut().unwrap();
        let one = recipients
            .iter_mut()
            .find(|one| one["address"] == address.as_str());
        let patch = serde_json::to_value(patch).unwrap();
        merge(one.expect(address), patch.clone());
        patches.push((json!(address), patch));
    }
    let facts: Facts =
        serde_json::from_value(json).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    // A misspelt key would be read as nothing: what is patched must be there afterwards.
    let read = serde_json::to_value(&facts).unwrap();
    for (address, patch) in patches {
        let recipients = read["recipients"].as_array().unwrap();
        let one = recipients.iter().find(|one| one["address"] == address);
        assert_said(&case.name, one.unwrap_or(&read), &patch);
    }
    facts
}

/// JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    let Value::Object(fields) = target else {
        *target = Value::Object(patch);
        return;
    };
    for (key, value) in patch {
        merge(fields.entry(key).or_insert(Value::Null), value);
    }
}

/// Every key of the patch is a fact.
fn assert_said(case: &str, facts: &Value, patch: &Value) {
    if let Value::Array(items) = patch {
        for (index, item) in items.iter().enumerate() {
            assert_said(case, &facts[index], item);
        }
    }
    for (key, value) in patch.as_object().into_iter().flatten() {
        let fact = facts.get(key);
        assert!(
            fact.is_some(),
            "{case}: the facts have no {key}, or it is neutral"
        );
        assert_said(case, fact.unwrap(), value);
    }
}
