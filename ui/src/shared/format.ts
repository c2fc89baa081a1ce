// Times, sizes and strangers' text, as a person reads them.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in its largest unit, rounded down: `41 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 5 * SECOND) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** How long ago: `now`, `41 min`. */
export function age(at: string, now: number): string {
  return span(Math.max(0, now - Date.parse(at)));
}

/** How long ago, in a sentence: `just now`, `41 min ago`. */
export function ago(at: string, now: number): string {
  const text = age(at, now);
  return text === "now" ? "just now" : `${text} ago`;
}

/** How long until: `3 h left`, `due` when it has passed. */
export function left(at: string, now: number): string {
  const ms = Date.parse(at) - now;
  if (ms <= 0) return "due";
  return ms < 5 * SECOND ? "a moment left" : `${span(ms)} left`;
}

/** Whole seconds until, never negative. */
export function secondsLeft(at: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(at) - now) / SECOND));
}

/** A time as a field of the browser holds it, in the zone of the machine: `2026-11-22T10:00`. */
export function toLocal(at: string): string {
  const time = new Date(at);
  // Reckoned in instants: moved by the calendar, an hour that a clock change takes out would come
  // back as another.
  const shifted = time.getTime() - time.getTimezoneOffset() * MINUTE;
  return new Date(shifted).toISOString().slice(0, 16);
}

/** The time such a field holds; null where it holds none that can be written down. */
export function fromLocal(field: string): string | null {
  const time = new Date(field);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** The latest such a field may hold: no year of five digits. */
export const LOCAL_MAX = "9999-12-31T23:59";

// A formatter takes longer to make than a hundred rows to draw: each is made once, and anew when
// the clock's zone changes, as on a journey.
const WAYS = {
  time: { hour: "2-digit", minute: "2-digit" },
  weekday: { weekday: "short" },
  day: { day: "numeric", month: "short" },
  exact: { dateStyle: "medium", timeStyle: "medium" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
const made = new Map<keyof typeof WAYS, Intl.DateTimeFormat>();
let madeAt = Number.NaN;

function dated(way: keyof typeof WAYS, at: Date): string {
  if (Number.isNaN(at.getTime())) return "";
  const zone = new Date().getTimezoneOffset();
  if (zone !== madeAt) made.clear();
  madeAt = zone;
  let formatter = made.get(way);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(undefined, WAYS[way]);
    made.set(way, formatter);
  }
  return formatter.format(at);
}

/** Time of day today, with the day before and after: `14:20`, `Tue 14:20`, `3 May 14:20`. */
export function clockTime(at: string, now: number): string {
  const then = new Date(at);
  const time = dated("time", then);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return time;
  const near = Math.abs(then.getTime() - now) < 6 * DAY;
  return `${dated(near ? "weekday" : "day", then)} ${time}`;
}

/** The exact instant, for tooltips and records. */
export function exact(at: string): string {
  return dated("exact", new Date(at));
}

/** Octets in decimal units: `184 kB`. */
export function octets(count: number): string {
  if (count < 1_000) return `${count} B`;
  if (count < 1_000_000) return `${Math.round(count / 1_000)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

let numbers: Intl.NumberFormat | undefined;

/** Thousands apart: `100 000` as the reader's locale writes it. */
export function count(value: number): string {
  numbers ??= new Intl.NumberFormat();
  return numbers.format(value);
}

/** Enough of a hash to compare by eye. */
export function shortHash(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash;
}

/** `1 recipient`, `2 recipients`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `rate_limit` as `rate limit`. */
export function words(code: string): string {
  return code.replaceAll("_", " ");
}

// Controls and formatting characters turn text around or hide in it, and make one address look like
// another; a few fillers are letters nobody sees. A joiner inside an emoji is what it looks like.
const HIDDEN =
  /(?![\t\n\r])(?!(?<=\p{Extended_Pictographic}\ufe0f?)\u200d)(?:\p{Cc}|\p{Cf}|\u034f|[\u115f\u1160\u3164\uffa0]|[\u17b4\u17b5])/gu;

/** Most texts have no such letter, and need no closer look. */
const UNUSUAL = /[^\t\n\r\x20-\x7e]/;

/** Text with its invisible characters made visible, as `‹U+202E›`. */
export function visible(text: string): string {
  if (!UNUSUAL.test(text)) return text;
  return text.replace(
    HIDDEN,
    (char) => `‹U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}›`,
  );
}

/**
 * The engine's words as a sentence: first letter large, nothing invisible. Its full stop is left to
 * the place it is shown in, whether the engine wrote one or not.
 */
export function sentence(text: string): string {
  const shown = visible(text).replace(/(?<!\.)\.$/, "");
  return shown.charAt(0).toLocaleUpperCase() + shown.slice(1);
}

/** True if a line of text holds characters nobody sees. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}

const WINDOWS: Record<string, string> = {
  minute: "this minute",
  hour: "this hour",
  day: "today",
  "30 days": "in 30 days",
};

/** A window of a limit, as a gauge names it. */
export function windowName(window: string): string {
  return WINDOWS[window] ?? window;
}
