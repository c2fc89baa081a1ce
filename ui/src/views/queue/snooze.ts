// Times a person would say, none of them after the mail expires.

const HOUR = 3_600_000;

export type SnoozeChoice = { title: string; until: string };

/** `now` in milliseconds; `expires` as RFC 3339 or null. */
export function snoozeChoices(now: number, expires: string | null): SnoozeChoice[] {
  const end = expires === null ? Number.POSITIVE_INFINITY : Date.parse(expires);
  const choices = [
    { title: "In an hour", at: now + HOUR },
    { title: "In three hours", at: now + 3 * HOUR },
    { title: "Tonight", at: hourOf(now, 0, 18) },
    { title: "Tomorrow morning", at: hourOf(now, 1, 9) },
  ];
  return choices
    .filter(({ at }) => at > now && at < end)
    .map(({ title, at }) => ({ title, until: new Date(at).toISOString() }));
}

function hourOf(now: number, days: number, hour: number): number {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  date.setHours(hour, 0, 0, 0);
  return date.getTime();
}
