//! What people do: decide, settle, stop, publish.

use std::collections::BTreeSet;

use domain::submission::Settlement;
use domain::{Actor, Code, Digest, Span, State, StateName, SuppressionReason, Verdict};
use engine::{Edit, PauseScope, SubmissionRow};
use tests::UNWORRIED;

use super::{Office, named};
use crate::check;
use crate::life::{AGENTS, MAILBOXES};
use crate::model::{Limits, Stopped};

const POLICIES: [(&str, Limits); 3] = [
    (
        "",
        Limits {
            minute: Some(10),
            hour: Some(100),
        },
    ),
    (
        "[rules.rate_limit]\nmailbox = { minute = 2, hour = 6 }\n[rules.cooldown]\nenabled = false\n",
        Limits {
            minute: Some(2),
            hour: Some(6),
        },
    ),
    (
        "[rules.rate_limit]\nenabled = false\n[rules.cooldown]\nanyone_minutes = 1\nagent_minutes = 1\n\
         [review]\nundo_window_seconds = 0\n",
        Limits {
            minute: None,
            hour: None,
        },
    ),
];

impl Office {
    pub(super) fn approve(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        self.approving(&row);
        let engine = self.engine();
        let answer = self.life().run(engine.approve(row.id, row.hash)).unwrap();
        let name = answer.submission.state.name();
        self.tell(format!("approves {}: {name}", row.id));
        match name {
            StateName::Queued | StateName::Deferred => {}
            StateName::Held => assert_ne!(answer.decision.decision.verdict, Verdict::Allow),
            other => panic!("approved and {other}"),
        }
    }

    pub(super) fn approving(&mut self, row: &SubmissionRow) {
        let told = self.model.told.get_mut(&row.id).unwrap();
        told.approved.insert(row.hash);
    }

    pub(super) fn approve_what_is_stale(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        let wrong = domain::ApprovalHash(Digest::of(b"another message"));
        self.tell(format!("approves {} by another hash", row.id));
        let engine = self.engine();
        let refused = self.life().run(engine.approve(row.id, wrong)).unwrap_err();
        assert_eq!(refused.code, Code::StaleHash);
    }

    pub(super) fn edit(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        self.asks += 1;
        let change = Edit {
            to: vec![named(&self.draw_recipient())],
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject: format!("Edited {}", self.asks),
            text: Some("Other words.\n".to_owned()),
            html: None,
            keep_attachments: Vec::new(),
        };
        let engine = self.engine();
        let edited = self.life().run(engine.edit(row.id, row.hash, change));
        let said = match &edited {
            Ok(answer) => {
                assert_ne!(answer.submission.hash, row.hash);
                answer.submission.state.name().to_string()
            }
            // What has reached somebody already is no longer changed.
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongState);
                problem.detail.clone()
            }
        };
        self.tell(format!("edits {}: {said}", row.id));
    }

    pub(super) fn reject(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        self.tell(format!("rejects {}", row.id));
        let reason = "no, thank you".to_owned();
        let engine = self.engine();
        let row = self
            .life()
            .run(engine.reject(row.id, Some(row.hash), reason))
            .unwrap();
        assert_eq!(row.state.name(), check::ended(&row, StateName::Rejected));
    }

    pub(super) fn undo(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Queued, StateName::Deferred]) else {
            return;
        };
        let engine = self.engine();
        let undone = self.life().run(engine.undo(row.id));
        let said = match undone {
            Ok(after) => {
                assert!(row.approved.is_some());
                assert_eq!(after.state.name(), StateName::Held);
                "held again".to_owned()
            }
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongState);
                problem.detail
            }
        };
        self.tell(format!("undoes {}: {said}", row.id));
    }

    pub(super) fn snooze(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Held]) else {
            return;
        };
        let engine = self.engine();
        let until = engine.now() + Span::from_hours(self.rng.between(1, 40));
        self.tell(format!("snoozes {} until {until}", row.id));
        let row = self.life().run(engine.snooze(row.id, None, until)).unwrap();
        let State::Held {
            expires_at,
            snoozed_until,
        } = row.state
        else {
            panic!("snoozed and {:?}", row.state);
        };
        assert!(snoozed_until.unwrap() <= expires_at);
    }

    pub(super) fn settle(&mut self) {
        let Some(row) = self.draw_row(&[StateName::Uncertain, StateName::Failed]) else {
            return;
        };
        let how = [Settlement::Sent, Settlement::Resend, Settlement::GiveUp][self.rng.below(3)];
        let engine = self.engine();
        let told = self.model.told.get_mut(&row.id).unwrap();
        match how {
            Settlement::Resend => told.resent += 1,
            Settlement::Sent => told.settled_as_sent = true,
            Settlement::GiveUp => {}
        }
        let settled = self.life().run(engine.settle(row.id, None, how));
        let said = match settled {
            Ok(after) => after.state.name().to_string(),
            Err(problem) => {
                assert_eq!((problem.code, how), (Code::WrongState, Settlement::Sent));
                assert_eq!(row.state.name(), StateName::Failed);
                problem.detail
            }
        };
        self.tell(format!("settles {} as {how:?}: {said}", row.id));
    }

    pub(super) fn pause_or_resume(&mut self) {
        let engine = self.engine();
        let (name, mailbox) = (AGENTS[self.rng.below(4)].0, MAILBOXES[self.rng.below(2)]);
        let stop = self.rng.one_in(3);
        let scope = match self.rng.below(3) {
            0 => {
                self.model.workspace_paused = stop;
                PauseScope::Workspace
            }
            1 => {
                set(&mut self.model.agents_paused, name, stop);
                let agent = self.life().run(engine.agent_named(name)).unwrap();
                PauseScope::Agent(agent.id)
            }
            _ => {
                set(&mut self.model.mailboxes_paused, mailbox, stop);
                let address = mailbox.parse().unwrap();
                let mailbox = self.life().run(engine.mailbox_at(&address)).unwrap();
                PauseScope::Mailbox(mailbox.id)
            }
        };
        let word = if stop { "pauses" } else { "resumes" };
        self.tell(format!("{word} {scope:?}"));
        self.life().run(async {
            match stop {
                true => engine.pause(scope, Actor::Operator).await.unwrap(),
                false => engine.resume(scope).await.unwrap(),
            }
        });
    }

    pub(super) fn suppress_or_lift(&mut self) {
        let engine = self.engine();
        if !self.model.suppressed.is_empty() && self.rng.one_in(2) {
            let one = self.rng.below(self.model.suppressed.len());
            let pattern = self.model.suppressed.remove(one).pattern;
            self.tell(format!("lifts {pattern}"));
            let lifted = self.life().run(engine.lift(pattern, None)).unwrap();
            assert_eq!(lifted, 1);
            return;
        }
        let who = self.draw_recipient();
        if self.model.suppressed.iter().any(|one| one.pattern == who) {
            return;
        }
        self.tell(format!("suppresses {who}"));
        let reason = SuppressionReason::Unsubscribe;
        let operator = Actor::Operator;
        let attempts = self.life().run(async {
            engine
                .suppress(operator, who.clone(), None, reason, None)
                .await
                .unwrap();
            check::attempts_to(&engine, &who).await
        });
        self.model.suppressed.push(Stopped {
            pattern: who,
            attempts,
        });
    }

    pub(super) fn publish(&mut self) {
        let (text, limits) = POLICIES[self.rng.below(POLICIES.len())];
        self.tell(format!("publishes {limits:?}"));
        let engine = self.engine();
        self.life()
            .run(engine.publish_policy(format!("{UNWORRIED}{text}")))
            .unwrap();
        let policy = self.life().run(engine.policy()).unwrap();
        self.model.limits.push((policy.published_at, limits));
    }
}

fn set(names: &mut BTreeSet<&'static str>, name: &'static str, there: bool) {
    match there {
        true => names.insert(name),
        false => names.remove(name),
    };
}
