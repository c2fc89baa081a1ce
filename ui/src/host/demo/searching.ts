// What the demo makes of a search: words, and the filters of `shared/filters`.

/** What there is to know of one message. */
export type Thing = {
  text: string;
  from: string;
  to: string;
  account: string;
  agent: string;
  state?: string;
  intent?: string | null;
  is: readonly string[];
  has: readonly string[];
  at: string;
};

export function answers(query: string, thing: Thing): boolean {
  const all = thing.text.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => {
      const [, key, value = ""] = /^([a-z]+):(.+)$/.exec(word) ?? [];
      switch (key) {
        case "from":
        case "to":
        case "account":
        case "agent":
          return thing[key].toLowerCase().includes(value);
        case "state":
        case "intent":
          return thing[key] === value;
        case "is":
        case "has":
          return thing[key].includes(value);
        case "before":
          return Date.parse(thing.at) < Date.parse(`${value}T00:00`);
        case "after":
          return Date.parse(thing.at) >= Date.parse(`${value}T00:00`);
        default:
          return all.includes(word.replaceAll('"', ""));
      }
    });
}
