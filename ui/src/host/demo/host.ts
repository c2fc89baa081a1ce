// A host without anything behind it: fixtures in memory, for design work, component tests and the
// browser tests until the development host answers. Never part of a production build.

import type { Decided, Frame, StateName } from "../../bindings";
import type { Args, Command, Commands, Result } from "../../bindings/commands";
import { type Change, type Host, Refusal } from "../host";
import { agents, snippets, token } from "./agents";
import { copies } from "./copies";
import { erasure } from "./erasure";
import { inbox } from "./inbox";
import { activityRow, looking } from "./looking";
import { mailboxes } from "./mailboxes";
import { people } from "./people";
import { policy } from "./policy";
import { REPLIERS, rehearsal } from "./rehearsal";
import { settings } from "./settings";
import { type SignInDemo, signIns, withSignIns } from "./signin";
import type { Sub } from "./submissions";
import { suppressions } from "./suppressions";
import { page, refuse } from "./tools";
import { INSIDE, MINUTE, type Scenario, UNDO_MS, World } from "./world";

/** What the demo answers; a command it does not know is refused, as a host without it would. */
export type Handlers = {
  [C in Command]?: (args: Commands[C][0]) => Commands[C][1] | Promise<Commands[C][1]>;
};

export type DemoOptions = {
  scenario?: Scenario;
  rows?: number;
  /** Milliseconds every answer takes. */
  delayMs?: number;
  now?: () => number;
};

/** What a test may do behind the window's back. */
export type DemoHost = Host & {
  world: World;
  changed: (...tags: string[]) => void;
  signIn: SignInDemo;
};

/** On its way out, or waiting for its time to go. */
const LEAVING: ReadonlySet<StateName> = new Set(["deferred", "queued", "sending"]);

/** Reads what the address asks for: `?demo=empty&rows=100000&delay=40`. */
export function optionsFrom(search: URLSearchParams): DemoOptions {
  return {
    scenario: (search.get("demo") || "ten") as Scenario,
    rows: Number(search.get("rows") ?? 0),
    delayMs: Number(search.get("delay") ?? 0),
  };
}

export function demoHost(options: DemoOptions = {}): DemoHost {
  const now = options.now ?? (() => Date.now());
  const world = new World(options.scenario ?? "ten", options.rows ?? 0, now);
  if (options.scenario === "signin") withSignIns(world);
  const listeners = new Set<(change: Change) => void>();
  let seq = 0;
  let queueSeq = 0;

  const changed = (...tags: string[]) => {
    seq += 1;
    if (tags.includes("queue")) queueSeq += 1;
    for (const hear of listeners) hear({ tags, seq });
  };
  const signing = signIns(world, changed);
  const sub = (id: string): Sub => {
    const found = world.subs.get(id);
    if (!found) throw refuse("not_found", `there is no submission \`${id}\``);
    return found;
  };
  const decided = (one: Sub, error: Decided["error"] = null): Decided => ({
    id: one.row.id,
    state: one.detail.state,
    state_text: one.detail.state_text,
    due: one.detail.due,
    undo_until: one.detail.undo_until,
    decision: one.detail.decision,
    error,
  });
  const belongs = (one: Sub, tab: string): boolean => {
    if (tab === "attention") return one.tab === "attention";
    if (one.row.state !== "held") return false;
    if (tab !== "expiring") return one.tab === tab;
    return one.tab === "needs_you" && Date.parse(one.row.expires_at ?? "") - now() < 180 * MINUTE;
  };
  const inTab = (tab: string) => {
    const rows: Sub["row"][] = [];
    for (const one of world.subs.values()) if (belongs(one, tab)) rows.push(one.row);
    return rows;
  };
  const least = (times: (string | null)[]) =>
    times.reduce((a, b) => (b !== null && (a === null || b < a) ? b : a), null);
  // Counting 100,000 rows is the engine's work, elsewhere; here it is done once per change.
  let counted: {
    seq: number;
    at: number;
    queue: Frame["counts"];
    oldest: string | null;
    expiry: string | null;
  } | null = null;
  const counts = () => {
    if (counted?.seq === queueSeq && now() - counted.at < MINUTE) return counted;
    const queue = inTab("needs_you");
    counted = {
      seq: queueSeq,
      at: now(),
      oldest: least(queue.map((row) => row.asked_at)),
      expiry: least(queue.map((row) => row.expires_at)),
      queue: {
        queue: queue.length,
        attention: inTab("attention").length,
        expiring: inTab("expiring").length,
        snoozed: inTab("snoozed").length,
        leaving: [...world.subs.values()].filter(({ row }) => LEAVING.has(row.state)).length,
        agents: 0,
        mailboxes: 0,
      },
    };
    return counted;
  };

  const held = (id: string, hash?: string | null): Sub => {
    const one = sub(id);
    if (one.detail.state !== "held") {
      throw refuse("wrong_state", `cannot decide on it: it is ${one.detail.state} by now`);
    }
    if (hash != null && one.detail.hash !== hash) {
      throw refuse("stale_hash", "the message changed after it was shown; read it again");
    }
    return one;
  };

  const approve = (item: { id: string; hash: string }): Decided => {
    const one = held(item.id, item.hash);
    const due = new Date(now() + UNDO_MS).toISOString();
    world.move(one, "queued", "approved; leaves when the undo window ends", ["undo"], "approved");
    one.detail.due = due;
    one.detail.undo_until = due;
    const leaving = one.detail;
    setTimeout(() => {
      const current = world.subs.get(item.id);
      if (current?.detail.state !== "queued" || current.detail.due !== leaving.due) return;
      if (world.pausedAt) return;
      world.move(current, "sent", "accepted by the relay for every recipient", [], "sent");
      world.delivered.unshift({
        at: world.at(0),
        mail_from: current.detail.mailbox.address,
        rcpt_to: current.detail.message.envelope.rcpt_to,
        subject: current.detail.message.subject,
        text: current.detail.message.text ?? "",
      });
      changed("queue", "activity", `submission:${item.id}`);
    }, UNDO_MS);
    changed("queue", "activity", "agents", `submission:${item.id}`);
    return decided(one);
  };

  const frame = (): Frame => {
    const { queue, oldest, expiry } = counts();
    return {
      version: "0.1.0",
      counts: {
        ...queue,
        attention: queue.attention + openAlarms() + (world.record.state === "bad" ? 1 : 0),
        agents: world.agents.filter((each) => !each.revoked_at).length,
        mailboxes: world.mailboxes.length,
      },
      paused_at: world.pausedAt,
      rehearsal: world.mailboxes.some((box) => box.kind === "rehearsal"),
      first_run: world.mailboxes.length === 0,
      now: new Date(now()).toISOString(),
      oldest_held_at: oldest,
      next_expiry_at: expiry,
      locked: world.locked,
      health: {
        smtp: world.mailboxes.length
          ? { state: "ok", text: "last sent 4 min ago" }
          : { state: "off", text: "no mailbox yet" },
        imap: world.mailboxes.some((each) => each.reading)
          ? { state: "ok", text: "read as it arrives" }
          : { state: "off", text: "no mailbox is read" },
        api: { state: "ok", text: "127.0.0.1:7411" },
        record: world.record,
      },
      policy_version: world.policyVersion,
      default_level: 1,
      undo_window_seconds: UNDO_MS / 1_000,
    };
  };

  // Sorting 100,000 is the engine's work, too.
  type Found = { id: string; one: Sub }[];
  let found: { asked: string; rows: Found } | null = null;
  const cut = (rows: Found, after?: string | null, limit?: number | null) => {
    const some = page(rows, after, limit);
    return { ...some, rows: some.rows.map(({ one }) => activityRow(one)) };
  };
  const received = inbox(
    world,
    now,
    changed,
    options.scenario ?? "ten",
    options.rows ?? 0,
    approve,
  );
  const looked = looking(world, now, changed);
  const openAlarms = () => received["alarms.list"]().filter((each) => each.seen_at === null).length;
  const handlers: Handlers = {
    frame,
    "queue.list": ({ tab, after, limit }) => page(inTab(tab), after, limit),
    "submission.show": ({ id }) => ({ ...sub(id).detail }),
    "submission.source": ({ id }) => ({ text: source(sub(id)), truncated: false }),
    "submission.attachment": ({ id, index }) => {
      const file = sub(id).detail.message.attachments.find((each) => each.index === index);
      if (!file) throw refuse("not_found", "there is no such attachment");
      return { ...file, content_base64: btoa(CONTENT[file.content_type] ?? "") };
    },
    "submission.approve": approve,
    "submission.approve_many": ({ items }) =>
      items.map((item) => {
        try {
          return approve(item);
        } catch (thrown) {
          const { code, message } = Refusal.from(thrown);
          return decided(sub(item.id), { code, detail: message });
        }
      }),
    "submission.edit": ({ id, hash, draft }) => {
      const one = held(id, hash);
      const bad = [...draft.to, ...draft.cc, ...draft.bcc].find((each) => !/.@[^@\s]+/.test(each));
      if (bad !== undefined) throw refuse("invalid_address", `\`${bad}\` is not an address`, "/to");
      if (draft.to.length + draft.cc.length + draft.bcc.length === 0) {
        throw refuse("no_recipients", "a message needs at least one recipient", "/to");
      }
      world.edit(one, draft);
      changed("queue", `submission:${id}`);
      return { ...one.detail };
    },
    "submission.reject": ({ id, hash, reason }) => {
      const one = held(id, hash);
      world.move(one, "rejected", `rejected: ${reason}`, [], "rejected");
      one.detail.review = { question: null, outcome: "rejected", reason, at: world.at(0) };
      changed("queue", "activity", "agents", `submission:${id}`);
      return decided(one);
    },
    "submission.ask": ({ id, hash, question }) => {
      const one = held(id, hash);
      one.detail.notes = [
        ...one.detail.notes,
        { kind: "question", by: "you", at: world.at(0), text: question },
      ];
      changed("queue", `submission:${id}`);
      return decided(one);
    },
    "submission.release": ({ id, hash }) => approve({ id, hash }),
    ...signing.handlers,
    ...people(world, changed),
    ...agents(world, changed),
    ...mailboxes(world, changed),
    ...suppressions(world, changed),
    ...settings(world, changed, frame),
    ...copies(world, changed),
    ...erasure(world, changed),
    "submission.undo": ({ id }) => {
      const one = sub(id);
      if (one.detail.state !== "queued") {
        throw refuse("wrong_state", `cannot take it back: it is ${one.detail.state} by now`);
      }
      world.move(
        one,
        "held",
        "taken back; waits for you",
        ["approve", "edit", "reject", "ask", "snooze", "cancel"],
        "undone",
      );
      one.detail.due = null;
      one.detail.undo_until = null;
      changed("queue", "activity", "agents", `submission:${id}`);
      return decided(one);
    },
    "submission.snooze": ({ id, hash, until }) => {
      const one = held(id, hash);
      one.tab = Date.parse(until) > now() ? "snoozed" : "needs_you";
      one.row = { ...one.row, snoozed_until: one.tab === "snoozed" ? until : null };
      changed("queue", `submission:${id}`);
      return decided(one);
    },
    "submission.cancel": ({ id }) => {
      const one = held(id);
      world.move(one, "cancelled", "cancelled by you", [], "cancelled");
      changed("queue", "activity", `submission:${id}`);
      return decided(one);
    },
    "submission.settle": ({ id, hash, how }) => {
      const one = sub(id);
      if (hash != null && one.detail.hash !== hash) {
        throw refuse("stale_hash", "the message changed after it was shown; read it again");
      }
      if (one.detail.state !== "uncertain") {
        throw refuse("wrong_state", `cannot settle it: it is ${one.detail.state} by now`);
      }
      const state = how === "sent" ? "sent" : how === "resend" ? "queued" : "failed";
      world.move(one, state, `settled by you: ${how.replace("_", " ")}`, [], "settled");
      one.tab = "needs_you";
      changed("queue", "activity", `submission:${id}`);
      return decided(one);
    },
    ...looked,
    search: async (args) => {
      const asked = await looked.search?.(args);
      const list = received["inbox.list"];
      const came = await list?.({ tab: "all", search: args.query, limit: 20 });
      const mail = (came?.rows ?? []).map((row) => ({
        id: `inb_${row.id.slice(4)}`,
        at: row.last_at ?? "",
        asked: null,
        received: {
          conversation: row.id,
          at: row.last_at ?? "",
          from: row.from ?? "",
          mailbox: row.mailbox,
          subject: row.subject,
          intent: row.intent ?? ("unclear" as const),
          kind_text: row.kind_text ?? "",
          quarantined: row.quarantined > 0,
          preview: row.preview,
        },
      }));
      const rows = [...(asked?.rows ?? []), ...mail];
      rows.sort((a, b) => b.at.localeCompare(a.at));
      return { rows, next: null, total: null };
    },
    ...policy(world, changed),
    ...rehearsal(changed),
    ...received,
    "activity.list": ({ after, limit, ...filter }) => {
      const { states, agent: who, verdict, rule, contact } = filter;
      const asked = `${seq} ${JSON.stringify(filter)}`;
      if (found?.asked === asked) return cut(found.rows, after, limit);
      const rows = [...world.subs.values()]
        .filter((one) => !states?.length || states.includes(one.row.state))
        .filter((one) => !who || one.row.agent.id === who)
        .filter((one) => !contact || one.row.to.includes(contact))
        .filter((one) => !verdict || one.detail.decision.verdict === verdict)
        .filter((one) => !rule || activityRow(one).rule === rule)
        .sort((a, b) => (a.changedAt < b.changedAt ? 1 : -1));
      found = { asked, rows: rows.map((one) => ({ id: one.row.id, one })) };
      return cut(found.rows, after, limit);
    },
    "rehearsal.start": () => {
      const box = { ...world.mailbox("you@rehearsal.test", "Rehearsal", ""), ...INSIDE };
      const added = world.agent("rehearsal-agent", 1, [box.address]);
      world.mailboxes.push(box);
      world.agents.push(added);
      changed("agents", "mailboxes", "queue");
      const secret = token(world);
      return {
        mailbox: box,
        agent: added,
        token: secret,
        curl: snippets(secret, box.address)[0]?.code ?? "",
        repliers: REPLIERS,
      };
    },
    "rehearsal.delivered": () => world.delivered,
    "pause.on": () => {
      world.pausedAt ??= world.at(0);
      changed("pause", "queue");
      return frame();
    },
    "pause.off": () => {
      world.pausedAt = null;
      changed("pause", "queue");
      return frame();
    },
    "journal.verify": () => {
      world.record = { state: "ok", text: "Verified 0 s ago, chained and signed" };
      changed("health");
      return {
        ok: true,
        entries: world.journalLength,
        decisions: world.subs.size,
        problems: [],
        text: `The record holds: ${world.journalLength} entries, ${world.subs.size} decisions recomputed.`,
      };
    },
  };

  return {
    world,
    changed,
    signIn: signing.demo,
    async rpc<C extends Command>(name: C, args: Args<C>): Promise<Result<C>> {
      if (options.delayMs) await new Promise((done) => setTimeout(done, options.delayMs));
      const handler = handlers[name] as
        | ((args: Args<C>) => Result<C> | Promise<Result<C>>)
        | undefined;
      if (!handler) throw refuse("not_found", `there is no command \`${name}\``);
      // Copied, as a wire would: nobody shares objects with the other side.
      return structuredClone(await handler(JSON.parse(JSON.stringify(args)) as Args<C>));
    },
    listen(hear) {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
  };
}

/** What an attachment holds, by what it is. */
const CONTENT: Record<string, string> = {
  "application/pdf": "%PDF-1.7 demo",
  "text/csv": "row,we,they\nsetup,one call,two weeks\nseats,from 1,from 50\nrecord,yours,theirs\n",
};

function source({ detail }: Sub): string {
  const { message } = detail;
  const people = (list: { name: string | null; address: string }[]) =>
    list.map((one) => (one.name ? `${one.name} <${one.address}>` : one.address)).join(", ");
  return [
    `From: ${message.from}`,
    `To: ${people(message.to)}`,
    ...(message.cc.length ? [`Cc: ${people(message.cc)}`] : []),
    `Subject: ${message.subject}`,
    `Message-ID: ${message.message_id}`,
    "MIME-Version: 1.0",
    `Content-Type: ${message.html ? "text/html" : "text/plain"}; charset=utf-8`,
    "Content-Transfer-Encoding: 8bit",
    "",
    message.html ?? message.text ?? "",
  ].join("\r\n");
}
