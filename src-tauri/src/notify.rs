//! Which toasts to show: one per agent, for what is new since the last. Pure; `toast` shows them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AgentId, DayHours, Span, SubmissionId, Timestamp};
use serde_json::Value;

/// How long Snooze keeps an agent's toasts away.
pub(crate) const SNOOZE: Span = Span::from_hours(1);

/// One held message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) id: SubmissionId,
    pub(crate) agent: String,
    pub(crate) agent_id: AgentId,
    pub(crate) asked_at: Timestamp,
}

/// When the person wants no toasts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Quiet {
    /// Never.
    pub(crate) off: bool,
    /// During these hours of the day, local.
    pub(crate) hours: Option<DayHours>,
    /// From these agents.
    pub(crate) muted: BTreeSet<AgentId>,
}

/// One toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Whose.
    pub(crate) agent: String,
    /// `3 held by outreach-bot, oldest 4 min`
    pub(crate) text: String,
    /// What opening it selects: the oldest held. Without one it is about the agent itself.
    pub(crate) opens: Option<SubmissionId>,
}

impl Toast {
    /// What tells its place from others': a later toast of the same place takes it.
    pub(crate) fn place(&self) -> String {
        match self.opens {
            Some(_) => self.agent.clone(),
            None => format!("{} itself", self.agent),
        }
    }
}

/// What a look at the house saw, as the console answers it.
pub(crate) struct Seen<'a> {
    /// A page of the queue.
    pub(crate) page: &'a Value,
    pub(crate) agents: &'a Value,
    pub(crate) settings: &'a Value,
    pub(crate) now: Timestamp,
    /// The local time of day.
    pub(crate) time: jiff::civil::Time,
    /// The person has it all before them: the window is in front, or is just opening.
    pub(crate) looks: bool,
}

/// What was told already, and who is not to be told of.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    told: BTreeSet<SubmissionId>,
    /// Agents that Sendoff stopped, with when: each stop is told once in a run, and again at the
    /// next start while the agent is still stopped.
    stopped: BTreeSet<(String, String)>,
    muted: BTreeMap<String, Timestamp>,
}

impl Held {
    /// The rows of a page of the queue; what cannot be read is left out.
    pub(crate) fn all(page: &Value) -> Vec<Held> {
        let rows = page
            .get("rows")
            .and_then(Value::as_array)
            .map(Vec::as_slice);
        let text = |row: &Value, pointer: &str| {
            row.pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        rows.unwrap_or_default()
            .iter()
            .filter_map(|row| {
                Some(Held {
                    id: text(row, "/id")?.parse().ok()?,
                    agent: text(row, "/agent/name")?,
                    agent_id: text(row, "/agent/id")?.parse().ok()?,
                    asked_at: text(row, "/asked_at")?.parse().ok()?,
                })
            })
            .collect()
    }
}

impl Quiet {
    /// From the console's settings; what cannot be read keeps nothing quiet.
    pub(crate) fn of(settings: &Value) -> Self {
        let muted = settings.get("muted_agents").and_then(Value::as_array);
        Quiet {
            off: settings.get("notifications") == Some(&Value::Bool(false)),
            hours: settings
                .get("quiet_hours")
                .and_then(Value::as_str)
                .and_then(|hours| hours.parse().ok()),
            muted: muted
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .filter_map(|id| id.as_str()?.parse().ok())
                .collect(),
        }
    }

    /// True if no toast of any agent is wanted at this local time of day.
    pub(crate) fn now(&self, time: jiff::civil::Time) -> bool {
        self.off || self.hours.is_some_and(|hours| hours.hold(time))
    }
}

impl Notifier {
    /// The toasts to show after a look, as the settings want them.
    pub(crate) fn due(&mut self, seen: &Seen<'_>) -> Vec<Toast> {
        let quiet = Quiet::of(seen.settings);
        let rests = quiet.now(seen.time);
        let mut held = Held::all(seen.page);
        held.retain(|held| !quiet.muted.contains(&held.agent_id));
        let mut due = self.stops(seen.agents, rests);
        due.extend(self.toasts(&held, seen.now, rests || seen.looks));
        due
    }

    /// The toasts to show now for everything that is held. `quiet` while the person looks at the
    /// window or wants none: what is new then counts as told.
    pub(crate) fn toasts(&mut self, held: &[Held], now: Timestamp, quiet: bool) -> Vec<Toast> {
        let fresh: BTreeSet<&str> = held
            .iter()
            .filter(|held| !self.told.contains(&held.id))
            .map(|held| held.agent.as_str())
            .collect();
        let mut toasts = Vec::new();
        for agent in fresh {
            let muted = self.muted.get(agent).is_some_and(|until| *until > now);
            let theirs: Vec<&Held> = held.iter().filter(|held| held.agent == agent).collect();
            let oldest = theirs.iter().min_by_key(|held| (held.asked_at, held.id));
            if let Some(oldest) = oldest
                && !quiet
                && !muted
            {
                let age = rounded(now.since(oldest.asked_at));
                toasts.push(Toast {
                    agent: agent.to_owned(),
                    text: format!("{} held by {agent}, oldest {age}", theirs.len()),
                    opens: Some(oldest.id),
                });
            }
        }
        self.told = held.iter().map(|held| held.id).collect();
        toasts
    }

    /// The toasts about agents that Sendoff stopped by itself, of the console's agents. In quiet
    /// hours they wait; neither a look at the window nor a muted agent keeps them away.
    pub(crate) fn stops(&mut self, agents: &Value, quiet: bool) -> Vec<Toast> {
        let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let rows = agents.as_array().map(Vec::as_slice).unwrap_or_default();
        let stopped = rows.iter().filter_map(|row| {
            let place = (text(row, "id")?, text(row, "paused_at")?);
            Some((place, text(row, "name")?, text(row, "stopped")?))
        });
        let mut toasts = Vec::new();
        for (place, agent, why) in stopped {
            if !quiet && self.stopped.insert(place) {
                toasts.push(Toast {
                    text: format!("{agent}: {why}"),
                    agent,
                    opens: None,
                });
            }
        }
        toasts
    }

    /// Keeps these agents' toasts away for [`SNOOZE`].
    pub(crate) fn forget_mutes(&mut self, agents: &[String], now: Timestamp) {
        self.muted.retain(|_, until| *until > now);
        self.muted
            .extend(agents.iter().map(|agent| (agent.clone(), now + SNOOZE)));
    }
}

/// An age as people say it: nobody counts seconds.
pub(crate) fn rounded(age: Span) -> String {
    match age.seconds() {
        seconds if seconds < 60 => "under a minute".to_owned(),
        seconds => Span::from_minutes(seconds / 60).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(100_000);

    fn held(number: u128, agent: &str, seconds_ago: i64) -> Held {
        let id = format!("sub_{number:032x}").parse().unwrap();
        Held {
            id,
            agent: agent.into(),
            agent_id: "agt_00000000000000000000000000000001".parse().unwrap(),
            asked_at: NOW - Span::from_seconds(seconds_ago),
        }
    }

    fn texts(toasts: &[Toast]) -> Vec<&str> {
        toasts.iter().map(|toast| toast.text.as_str()).collect()
    }

    #[test]
    fn a_burst_of_one_agent_is_one_toast_that_opens_the_oldest() {
        let queue = [
            held(1, "outreach-bot", 250),
            held(2, "outreach-bot", 9),
            held(3, "outreach-bot", 1),
        ];
        let toasts = Notifier::default().toasts(&queue, NOW, false);
        assert_eq!(texts(&toasts), ["3 held by outreach-bot, oldest 4 min"]);
        assert_eq!(toasts[0].opens, Some(queue[0].id));
    }

    #[test]
    fn agents_are_told_of_apart_and_only_of_what_is_new() {
        let mut notifier = Notifier::default();
        let one = held(1, "a", 5);
        assert_eq!(
            texts(&notifier.toasts(std::slice::from_ref(&one), NOW, false)),
            ["1 held by a, oldest under a minute"]
        );
        assert!(
            notifier
                .toasts(std::slice::from_ref(&one), NOW, false)
                .is_empty()
        );
        let both = [one, held(2, "b", 2)];
        assert_eq!(
            texts(&notifier.toasts(&both, NOW, false)),
            ["1 held by b, oldest under a minute"]
        );
    }

    #[test]
    fn what_came_while_the_window_was_watched_is_not_told_later() {
        let mut notifier = Notifier::default();
        assert!(notifier.toasts(&[held(1, "a", 5)], NOW, true).is_empty());
        assert!(notifier.toasts(&[held(1, "a", 5)], NOW, false).is_empty());
    }

    #[test]
    fn a_message_that_left_and_is_held_again_is_told_again() {
        let mut notifier = Notifier::default();
        assert_eq!(notifier.toasts(&[held(1, "a", 5)], NOW, false).len(), 1);
        assert!(notifier.toasts(&[], NOW, false).is_empty());
        assert_eq!(notifier.toasts(&[held(1, "a", 5)], NOW, false).len(), 1);
    }

    #[test]
    fn snooze_keeps_one_agent_away_for_its_time_and_no_other() {
        let mut notifier = Notifier::default();
        notifier.forget_mutes(&["a".into()], NOW);
        let queue = [held(1, "a", 5), held(2, "b", 5)];
        assert_eq!(
            texts(&notifier.toasts(&queue, NOW, false)),
            ["1 held by b, oldest under a minute"]
        );
        let later = NOW + SNOOZE + Span::from_seconds(1);
        notifier.forget_mutes(&[], later);
        let more = [held(1, "a", 5), held(2, "b", 5), held(3, "a", -3_600)];
        assert_eq!(notifier.toasts(&more, later, false).len(), 1);
    }

    #[test]
    fn quiet_hours_and_muted_agents_are_read_from_the_settings() {
        let id = "agt_00000000000000000000000000000001";
        let quiet = Quiet::of(&serde_json::json!({"notifications": true,
            "quiet_hours": "22:00-07:00", "muted_agents": [id, "nonsense"]}));
        assert!(quiet.now(jiff::civil::time(23, 0, 0, 0)));
        assert!(!quiet.now(jiff::civil::time(12, 0, 0, 0)));
        assert_eq!(quiet.muted, BTreeSet::from([id.parse().unwrap()]));
        assert_eq!(Quiet::of(&Value::Null), Quiet::default());
        let off = Quiet::of(&serde_json::json!({"notifications": false}));
        assert!(off.now(jiff::civil::time(12, 0, 0, 0)));
    }

    #[test]
    fn an_agent_that_was_stopped_is_told_of_once_a_stop_and_after_quiet_hours() {
        let agents = |at: &str| {
            serde_json::json!([
                {"id": "agt_1", "name": "scout", "paused_at": at, "stopped": "It was steered."},
                {"id": "agt_2", "name": "by-hand", "paused_at": at, "stopped": null},
                {"id": "agt_3", "name": "at-work", "paused_at": null, "stopped": null},
                {}
            ])
        };
        let mut notifier = Notifier::default();
        assert!(notifier.stops(&agents("1"), true).is_empty());
        let told = notifier.stops(&agents("1"), false);
        assert_eq!(texts(&told), ["scout: It was steered."]);
        assert_eq!(told[0].opens, None);
        // It takes no place of what is held by the same agent.
        assert_ne!(told[0].place(), "scout");
        assert!(notifier.stops(&agents("1"), false).is_empty());
        assert_eq!(notifier.stops(&agents("2"), false).len(), 1);
        assert!(notifier.stops(&Value::Null, false).is_empty());
    }

    #[test]
    fn quiet_hours_keep_all_toasts_away_and_a_mute_those_of_its_agent_alone() {
        let agent = |n: u32| format!("agt_{n:032x}");
        let row = |n: u32, whose: u32| {
            serde_json::json!({"id": format!("sub_{n:032x}"), "asked_at": "1970-01-02T03:46:00Z",
                "agent": {"id": agent(whose), "name": format!("a{whose}")}})
        };
        let settings = serde_json::json!({"notifications": true, "quiet_hours": "22:00-07:00",
            "muted_agents": [agent(2)]});
        let agents = serde_json::json!([{"id": agent(3), "name": "a3", "paused_at": "1",
            "stopped": "It was steered."}]);
        let mut notifier = Notifier::default();
        let mut look = |rows: &[Value], hour: i8, looks: bool| -> Vec<String> {
            let seen = Seen {
                page: &serde_json::json!({"rows": rows}),
                agents: &agents,
                settings: &settings,
                now: NOW,
                time: jiff::civil::time(hour, 0, 0, 0),
                looks,
            };
            let due = notifier.due(&seen);
            due.into_iter().map(|toast| toast.text).collect()
        };
        let none = Vec::<String>::new();
        assert_eq!(look(&[row(1, 1), row(2, 2)], 23, false), none);
        // A stop waits for the morning; what was held in the night is in the queue.
        assert_eq!(
            look(&[row(1, 1), row(2, 2)], 8, false),
            ["a3: It was steered."]
        );
        let more = [row(1, 1), row(2, 2), row(3, 2)];
        assert_eq!(look(&more, 8, false), none, "a muted agent");
        let more = [row(1, 1), row(2, 2), row(3, 2), row(4, 1)];
        assert_eq!(
            look(&more, 8, false),
            ["2 held by a1, oldest under a minute"]
        );
        let more = [row(1, 1), row(4, 1), row(5, 1)];
        assert_eq!(look(&more, 8, true), none, "the person looks");
        assert_eq!(look(&more, 8, false), none);
    }

    #[test]
    fn rows_that_cannot_be_read_are_left_out() {
        let page = serde_json::json!({"rows": [
            {"id": "sub_00000000000000000000000000000001",
             "agent": {"id": "agt_00000000000000000000000000000001", "name": "a"}, "asked_at": "2026-01-01T00:00:00Z"},
            {"id": "nonsense", "agent": {"name": "a"}, "asked_at": "2026-01-01T00:00:00Z"}, {}]});
        assert_eq!(Held::all(&page).len(), 1);
        assert!(Held::all(&Value::Null).is_empty());
    }
}
