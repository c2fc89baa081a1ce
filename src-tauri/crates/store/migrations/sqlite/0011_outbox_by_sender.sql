-- What waits is chosen sender by sender, each with the instant at which its first may go: however much
-- of a paused agent, a stopped mailbox or a leased account waits, nobody walks through it.

DROP INDEX submissions_outbox;
CREATE INDEX submissions_outbox
    ON submissions (mailbox, agent, MAX(state_at, COALESCE(leased_until, state_at)))
    WHERE state IN ('queued', 'deferred');
