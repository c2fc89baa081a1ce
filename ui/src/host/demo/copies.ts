// Backups and exports of the demo: nothing is written, but it takes its time and can be ended.

import type { CopyView } from "../../bindings";
import type { Handlers } from "./host";
import { refuse } from "./tools";
import type { World } from "./world";

/** Steps of one copy, and how long each takes. */
const STEPS = 12;
const STEP_MS = 150;

export function copies(world: World, changed: (...tags: string[]) => void): Handlers {
  let taken: CopyView[] = [
    {
      form: "backup",
      at: world.at(-6 * 24 * 60),
      to: "/media/backup/sendoff",
      is_there: true,
    },
  ];
  const under = new Map<string, { done: number; ended: boolean }>();
  const place = (form: string) => `/home/you/sendoff-${form}-${world.at(0).slice(0, 10)}`;
  return {
    "record.key": () => ({
      key: "9f3c1b7e5a20d4486cf0127be89d3a54f1c06e7d2b8a4935d07e61fa8c25b3e4",
      since: world.at(-41 * 24 * 60),
      signed_seq: world.journalLength,
      signed_at: world.at(-1),
      earlier: [],
      file: "/home/you/.local/share/sendoff/checkpoints.ndjson",
      check: "sendoff verify --data /home/you/.local/share/sendoff",
    }),
    "record.copies": () => ({
      backup_to: place("backup"),
      export_to: place("export"),
      copies: taken,
    }),
    "record.copy_progress": ({ run }) => {
      const one = under.get(run);
      return one ? { done: one.done, total: STEPS } : null;
    },
    "record.end_copy": ({ run }) => {
      const one = under.get(run);
      if (one) one.ended = true;
      return one !== undefined;
    },
    "record.copy": async ({ form, to, run }) => {
      if (!to.startsWith("/")) {
        throw refuse("invalid_field", `\`${to}\` is no whole path; begin at the root`, "/to");
      }
      if (taken.some((copy) => copy.to === to && copy.is_there)) {
        throw refuse(
          "already_exists",
          `\`${to}\` is there already and not empty; choose another folder`,
          "/to",
        );
      }
      const one = { done: 0, ended: false };
      under.set(run ?? "", one);
      // Noted before it is taken, each folder once; whether anything lies there is seen later.
      const note: CopyView = { form, at: world.at(0), to, is_there: false };
      taken = [note, ...taken.filter((copy) => copy.to !== to)];
      changed("settings");
      while (one.done < STEPS && !one.ended) {
        await new Promise((done) => setTimeout(done, STEP_MS));
        one.done += 1;
      }
      under.delete(run ?? "");
      if (one.ended) throw refuse("wrong_state", `it was ended; nothing is left in \`${to}\``);
      note.is_there = true;
      changed("settings");
      const is = form === "backup";
      return {
        text: is
          ? `Copied to ${to}. Whoever opens it finds everything paused, and what waited to leave uncertain.`
          : `Written to ${to}: ${world.journalLength} journal entries, ${world.subs.size} decisions, ${world.subs.size} messages asked for and 7 received.`,
        check: `sendoff verify --${is ? "data" : "export"} ${to}`,
      };
    },
  };
}
