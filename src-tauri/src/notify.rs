//! Which toasts to show: one per agent, for what is new since the last. Pure; `toast` shows them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AgentId, DayHours, Span, SubmissionId, Timestamp};
use engine::HeldBy;
use serde_json::Value;

/// How long Snooze keeps an agent's toasts away.
pub(crate) const SNOOZE: Span = Span::from_hours(1);

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

/// What a look at the house saw.
pub(crate) struct Seen<'a> {
    /// What is held and in sight, agent by agent.
    pub(crate) held: &'a [HeldBy],
    /// As the console answers them.
    pub(crate) agents: &'a Value,
    /// As the console answers them.
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
    /// Up to when what came is told, agent by agent.
    told: BTreeMap<AgentId, Timestamp>,
    /// Agents that Sendoff stopped, with when: each stop is told once in a run, and again at the
    /// next start while the agent is still stopped.
    stopped: BTreeSet<(String, String)>,
    muted: BTreeMap<String, Timestamp>,
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
        let mut held = seen.held.to_vec();
        held.retain(|held| !quiet.muted.contains(&held.agent));
        let mut due = self.stops(seen.agents, rests);
        due.extend(self.toasts(&held, seen.now, rests || seen.looks));
        due
    }

    /// The toasts to show now for everything that is held and in sight. `quiet` while the person
    /// looks at the window or wants none: what is new then counts as told.
    pub(crate) fn toasts(&mut self, held: &[HeldBy], now: Timestamp, quiet: bool) -> Vec<Toast> {
        let mut toasts = Vec::new();
        for one in held {
            let told = self.told.insert(one.agent, one.came_at);
            let is_new = told.is_none_or(|told| told < one.came_at);
            let muted = self
                .muted
                .get(&one.agent_name)
                .is_some_and(|until| *until > now);
            if is_new && !quiet && !muted {
                let age = rounded(now.since(one.oldest_asked_at));
                toasts.push(Toast {
                    agent: one.agent_name.clone(),
                    text: format!("{} held by {}, oldest {age}", one.count, one.agent_name),
                    opens: Some(one.oldest),
                });
            }
        }
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

    /// So many held by an agent, the oldest and the last as many seconds ago.
    fn held(agent: &str, count: u64, (oldest, last): (i64, i64)) -> HeldBy {
        let number: u128 = agent.bytes().map(u128::from).sum();
        HeldBy {
            agent: format!("agt_{number:032x}").parse().unwrap(),
            agent_name: agent.into(),
            count,
            oldest: format!("sub_{number:032x}").parse().unwrap(),
            oldest_asked_at: NOW - Span::from_seconds(oldest),
            came_at: NOW - Span::from_seconds(last),
        }
    }

    fn texts(toasts: &[Toast]) -> Vec<&str> {
        toasts.iter().map(|toast| toast.text.as_str()).collect()
    }

    #[test]
    fn a_burst_of_one_agent_is_one_toast_that_opens_the_oldest() {
        let queue = [held("outreach-bot", 3_000, (250, 1))];
        let toasts = Notifier::default().toasts(&queue, NOW, false);
        assert_eq!(texts(&toasts), ["3000 held by outreach-bot, oldest 4 min"]);
        assert_eq!(toasts[0].opens, Some(queue[0].oldest));
    }

    #[test]
    fn agents_are_told_of_apart_and_only_of_what_is_new() {
        let mut notifier = Notifier::default();
        let one = held("a", 1, (5, 5));
        let told = notifier.toasts(std::slice::from_ref(&one), NOW, false);
        assert_eq!(texts(&told), ["1 held by a, oldest under a minute"]);
        let again = notifier.toasts(std::slice::from_ref(&one), NOW, false);
        assert!(again.is_empty());
        let both = [one, held("b", 1, (2, 2))];
        let told = notifier.toasts(&both, NOW, false);
        assert_eq!(texts(&told), ["1 held by b, oldest under a minute"]);
        // One was decided and nothing came.
        assert!(
            notifier
                .toasts(&[held("a", 1, (3, 5))], NOW, false)
                .is_empty()
        );
    }

    #[test]
    fn what_came_while_the_window_was_watched_is_not_told_later() {
        let mut notifier = Notifier::default();
        let queue = [held("a", 1, (5, 5))];
        assert!(notifier.toasts(&queue, NOW, true).is_empty());
        assert!(notifier.toasts(&queue, NOW, false).is_empty());
    }

    #[test]
    fn a_message_that_left_and_is_held_again_is_told_again() {
        let mut notifier = Notifier::default();
        assert_eq!(
            notifier.toasts(&[held("a", 1, (5, 5))], NOW, false).len(),
            1
        );
        assert!(notifier.toasts(&[], NOW, false).is_empty());
        assert_eq!(
            notifier.toasts(&[held("a", 1, (5, 1))], NOW, false).len(),
            1
        );
    }

    #[test]
    fn snooze_keeps_one_agent_away_for_its_time_and_no_other() {
        let mut notifier = Notifier::default();
        notifier.forget_mutes(&["a".into()], NOW);
        let queue = [held("a", 1, (5, 5)), held("b", 1, (5, 5))];
        assert_eq!(
            texts(&notifier.toasts(&queue, NOW, false)),
            ["1 held by b, oldest under a minute"]
        );
        let later = NOW + SNOOZE + Span::from_seconds(1);
        notifier.forget_mutes(&[], later);
        let more = [held("a", 2, (5, -3_600)), held("b", 1, (5, 5))];
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
        let (one, other) = (held("a1", 1, (9, 9)), held("a2", 1, (9, 9)));
        let settings = serde_json::json!({"notifications": true, "quiet_hours": "22:00-07:00",
            "muted_agents": [other.agent]});
        let agents = serde_json::json!([{"id": "agt_3", "name": "a3", "paused_at": "1",
            "stopped": "It was steered."}]);
        let mut notifier = Notifier::default();
        let mut look = |held: &[HeldBy], hour: i8, looks: bool| -> Vec<String> {
            let seen = Seen {
                held,
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
        let night = [one.clone(), other.clone()];
        assert_eq!(look(&night, 23, false), none);
        // A stop waits for the morning; what was held in the night is in the queue.
        assert_eq!(look(&night, 8, false), ["a3: It was steered."]);
        let more = [one, held("a2", 2, (9, 5))];
        assert_eq!(look(&more, 8, false), none, "a muted agent");
        let more = [held("a1", 2, (9, 4)), held("a2", 2, (9, 5))];
        assert_eq!(
            look(&more, 8, false),
            ["2 held by a1, oldest under a minute"]
        );
        let more = [held("a1", 3, (9, 3))];
        assert_eq!(look(&more, 8, true), none, "the person looks");
        assert_eq!(look(&more, 8, false), none);
    }
}
