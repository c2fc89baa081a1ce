// The rehearsal world of the demo host: who answers there, and its switches.

import type { ChaosSwitch, Replier } from "../../bindings";
import type { Handlers } from "./host";

const WHO: [string, string, string, string, number][] = [
  ["question", "Quinn Osei", "asks a question back", "the question arrives in the Inbox", 4],
  ["interested", "Ina Torres", "wants to hear more", "the answer arrives as interest", 5],
  ["out-of-office", "Olga Brandt", "is away for a week", "what waits for her is moved", 2],
  ["unsubscribe", "Uma Clarke", "wants no more mail", "she is suppressed", 5],
  ["bounce", "Bo Nobody", "does not exist", "the address is suppressed as dead", 3],
  ["complaint", "Cora Lim", "reports the mail as spam", "the complaint counts", 6],
  ["injection", "Igor Melnik", "hides orders to your agent", "the answer is quarantined", 4],
];

export const REPLIERS: Replier[] = WHO.map(([local, name, does, shows, seconds]) => ({
  address: `${local}@rehearsal.test`,
  name,
  does,
  shows,
  seconds,
}));

const FAULTS: ChaosSwitch[] = [
  { fault: "refuse_for_now", title: "Refuse for now", does: "Answered with 451.", on: false },
  { fault: "drop_after_data", title: "Drop after the message", does: "Uncertain.", on: false },
  { fault: "slow_accept", title: "Take its time", does: "Twenty seconds late.", on: false },
  { fault: "bounce_later", title: "Bounce later", does: "Reported undeliverable.", on: false },
];

export function rehearsal(changed: (...tags: string[]) => void): Handlers {
  let faults = FAULTS;
  return {
    "rehearsal.show": () => ({ repliers: REPLIERS, faults }),
    "rehearsal.switch": ({ fault, on }) => {
      faults = faults.map((one) => (one.fault === fault ? { ...one, on } : one));
      changed("settings");
      return { repliers: REPLIERS, faults };
    },
  };
}
