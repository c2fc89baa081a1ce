//! What agents do: ask, ask again, take back.

use std::collections::BTreeMap;

use domain::message::Stream;
use domain::{Actor, Code, Digest, Draft, Level, StateName, SubmissionId, Verdict};
use engine::{Ask, Submitted};

use super::{Office, named, submit};
use crate::check;
use crate::life::{AGENTS, MAILBOXES};
use crate::model::Told;

impl Office {
    pub(super) fn draw_ask(&mut self) -> (&'static str, Ask) {
        self.asks += 1;
        let agent = match self.rng.below(10) {
            0 => AGENTS[0].0,
            1..5 => AGENTS[1].0,
            5..7 => AGENTS[2].0,
            _ => AGENTS[3].0,
        };
        let mut to = vec![self.draw_recipient()];
        while self.rng.one_in(4) {
            to.push(self.draw_recipient());
        }
        // Now and then the same words again: a duplicate.
        let words = if self.rng.one_in(12) { 0 } else { self.asks };
        let draft = Draft {
            to: to.iter().map(|to| named(to)).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject: format!("About {words}"),
            text: Some(format!("Words number {words}.\n.\nand a dot\n")),
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            conversation: None,
            if_latest: None,
            stream: Stream::Personal,
            reason: None,
            tags: BTreeMap::new(),
            send_at: None,
            send_by: None,
            composed: None,
        };
        let ask = Ask {
            mailbox: MAILBOXES[self.rng.below(2)].parse().unwrap(),
            dedupe_key: self.rng.one_in(3).then(|| format!("key-{}", self.asks)),
            key_lasts: None,
            request: Digest::of(format!("{words} {to:?}").as_bytes()),
            draft,
        };
        (agent, ask)
    }

    pub(super) fn draw_recipient(&mut self) -> String {
        match self.rng.below(20) {
            0 => "refuse@there.example".to_owned(),
            1 | 2 => format!("later@slow{}.example", self.rng.below(4)),
            3 => format!("drop@bad{}.example", self.rng.below(3)),
            4 => format!("vanish@odd{}.example", self.rng.below(4)),
            _ => format!("person{}@there.example", self.rng.below(14)),
        }
    }

    pub(super) fn submit(&mut self) {
        let (agent, ask) = self.draw_ask();
        let engine = self.engine();
        let level = self.life().run(check::level(&engine, agent));
        let submitted = self.life().run(submit(&engine, agent, &ask));
        self.tell(format!(
            "{agent} asks {:?}: {} {}",
            ask.draft.recipients(),
            submitted.row.id,
            submitted.row.state.name()
        ));
        assert!(!submitted.replayed);
        self.expect(agent, level, &ask, &submitted);
        self.remember(agent, ask, submitted.row.id);
    }

    pub(super) fn remember(&mut self, agent: &'static str, ask: Ask, id: SubmissionId) {
        let told = Told {
            agent,
            ask,
            approved: Default::default(),
            resent: 0,
            settled_as_sent: false,
        };
        self.model.told.entry(id).or_insert(told);
    }

    /// What the first verdict may be, as far as a plain reading of the rules goes.
    pub(super) fn expect(&self, agent: &str, level: Level, ask: &Ask, submitted: &Submitted) {
        let decision = &submitted.decision.decision;
        let rule = decision.primary().map(|finding| finding.rule.as_str());
        let model = &self.model;
        let stopped = model.workspace_paused
            || model.agents_paused.contains(agent)
            || model.mailboxes_paused.contains(ask.mailbox.as_str())
            || model.stops(ask);
        let (verdict, id) = (decision.verdict, submitted.row.id);
        if stopped {
            assert_eq!(verdict, Verdict::Block, "{id} {rule:?}");
            return;
        }
        match (verdict, rule) {
            (Verdict::Block, Some("duplicate" | "send_by" | "queue_full")) => {}
            (Verdict::Hold, Some("duplicate")) => assert!(ask.dedupe_key.is_some(), "{id}"),
            (Verdict::Hold, Some("autonomy")) => assert!(level < Level::AskOnException, "{id}"),
            (Verdict::Defer, Some("rate_limit" | "cooldown")) | (Verdict::Allow, None) => {
                assert_ne!(level, Level::AskAlways, "{id}");
            }
            other => panic!("{id} of {agent} at {level:?}: {other:?}"),
        }
        if level == Level::Observe {
            assert_eq!(
                submitted.row.state.name() == StateName::Observed,
                verdict != Verdict::Block || decision.observed_only,
                "{id}"
            );
        }
    }

    pub(super) fn replay(&mut self) {
        let keyed: Vec<SubmissionId> = self
            .model
            .told
            .iter()
            .filter(|(_, told)| told.ask.dedupe_key.is_some())
            .map(|(id, _)| *id)
            .collect();
        let Some(id) = self.rng.pick(&keyed).copied() else {
            return;
        };
        self.tell(format!("asks {id} again with its key"));
        let told = &self.model.told[&id];
        let (agent, ask) = (told.agent, told.ask.clone());
        let engine = self.engine();
        let story = self.life().run(engine.story(Actor::Operator, id)).unwrap();
        let first = story.decisions[0].clone();
        let level = self.life().run(check::level(&engine, agent));
        let again = self.life().run(submit(&engine, agent, &ask));
        if again.replayed {
            assert_eq!(again.row.id, id);
            assert_eq!(again.decision, first);
            return;
        }
        // A block that has passed leaves its key to whoever asks again with it.
        assert_eq!(first.decision.verdict, Verdict::Block, "{id}");
        assert_ne!(again.row.id, id);
        self.expect(agent, level, &ask, &again);
        if let Some(told) = self.model.told.get_mut(&id) {
            told.ask.dedupe_key = None;
        }
        self.remember(agent, ask, again.row.id);
    }

    pub(super) fn cancel(&mut self) {
        let states = [StateName::Held, StateName::Queued, StateName::Deferred];
        let Some(row) = self.draw_row(&states) else {
            return;
        };
        let engine = self.engine();
        let by = Actor::Agent(row.agent);
        let said = match self.life().run(engine.cancel(by, row.id)) {
            Ok(after) => {
                let end = check::ended(&after, StateName::Cancelled);
                assert_eq!(after.state.name(), end);
                "cancelled".to_owned()
            }
            // Where the clock was set back, what it calls later may be leaving already.
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongState);
                assert_ne!(row.state.name(), StateName::Held);
                problem.detail
            }
        };
        self.tell(format!("{} takes {} back: {said}", row.agent_name, row.id));
    }
}
