// How much an agent may send without a person.

export const LEVELS = [
  { name: "observe", says: "Nothing is ever sent. Every ask is judged and recorded." },
  { name: "ask always", says: "You approve everything." },
  { name: "ask for strangers", says: "You approve mail to anyone not yet established." },
  { name: "ask on exception", says: "You approve only what another rule holds." },
] as const;

/** What a level is called. */
export function levelName(level: number): string {
  return LEVELS[level]?.name ?? `level ${level}`;
}
