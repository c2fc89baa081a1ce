-- A snooze ends by time alone: whether one did is asked every few seconds, and what is held may be much.
CREATE INDEX submissions_snoozed ON submissions (snoozed_until)
    WHERE state = 'held' AND snoozed_until IS NOT NULL;
