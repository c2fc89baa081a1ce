// What the demo host answers to who only looks: charts, search, facts, batches, files.

import type { ActivityRow, Traffic } from "../../bindings";
import type { Handlers } from "./host";
import { answers } from "./searching";
import type { Sub } from "./submissions";
import { MINUTE, type World } from "./world";

const HOUR = 60 * MINUTE;
const STRETCH = { day: HOUR, week: 6 * HOUR, month: 24 * HOUR };
const COLUMNS = { day: 24, week: 28, month: 30 };
const EDGES: [string, number][] = [
  ["under 1 min", MINUTE],
  ["under 5 min", 5 * MINUTE],
  ["under 30 min", 30 * MINUTE],
  ["under 2 h", 2 * HOUR],
  ["under 8 h", 8 * HOUR],
  ["under 1 d", 24 * HOUR],
  ["over 1 d", Number.POSITIVE_INFINITY],
];

export function activityRow(one: Sub): ActivityRow {
  return {
    id: one.row.id,
    at: one.changedAt,
    agent: one.row.agent,
    mailbox: one.row.mailbox,
    to: one.row.to,
    subject: one.row.subject,
    state: one.detail.state,
    verdict: one.detail.decision.verdict,
    rule: one.detail.decision.findings.find((each) => each.outcome === "hold")?.rule ?? null,
    sentence: one.detail.state === "held" ? one.detail.why : one.detail.state_text,
  };
}

export function looking(
  world: World,
  now: () => number,
  changed: (...tags: string[]) => void,
): Handlers {
  const newest = () =>
    [...world.subs.values()].sort((a, b) => (a.row.asked_at < b.row.asked_at ? 1 : -1));
  return {
    "activity.traffic": ({ period, agent }): Traffic => {
      const stretch = STRETCH[period];
      const from = now() - stretch * COLUMNS[period];
      const columns = Array.from({ length: COLUMNS[period] }, (_, at) => ({
        from: new Date(from + at * stretch).toISOString(),
        to: new Date(from + (at + 1) * stretch).toISOString(),
        allowed: 0,
        deferred: 0,
        held: 0,
        blocked: 0,
      }));
      const waits = EDGES.map(([title]) => ({ title, count: 0 }));
      const taken: number[] = [];
      let sent = 0;
      let failed = 0;
      for (const { row } of world.subs.values()) {
        if (agent && row.agent.id !== agent) continue;
        const at = Math.floor((Date.parse(row.asked_at) - from) / stretch);
        const column = columns[Math.min(columns.length - 1, at)];
        if (column) column.held += 1;
        if (row.state === "sent") sent += 1;
        if (row.state === "failed") failed += 1;
        if (row.state === "held") continue;
        const wait = now() - Date.parse(row.asked_at);
        taken.push(wait);
        const place = waits[EDGES.findIndex(([, edge]) => wait <= edge)];
        if (place) place.count += 1;
      }
      taken.sort((a, b) => a - b);
      const quantile = (share: number) => {
        const wait = taken[Math.floor((taken.length - 1) * share)];
        return wait === undefined ? null : Math.round(wait / 1_000);
      };
      return {
        columns,
        waits,
        wait_median_seconds: quantile(0.5),
        wait_ninetieth_seconds: quantile(0.9),
        sent,
        bounced: 0,
        failed,
        complained: 0,
        note: null,
      };
    },
    search: ({ query, limit }) => {
      const rows = newest().filter(({ row, detail }) =>
        answers(query, {
          text: `${row.subject} ${row.to} ${row.why} ${detail.message.text}`,
          from: row.mailbox,
          to: row.to,
          account: row.mailbox,
          agent: row.agent.name,
          state: row.state,
          is: [],
          has: detail.message.attachments.length > 0 ? ["attachment"] : [],
          at: row.asked_at,
        }),
      );
      const found = rows.slice(0, limit ?? 100).map((one) => {
        const asked = activityRow(one);
        return { id: asked.id, at: asked.at, asked, received: null };
      });
      return { rows: found, next: null, total: null };
    },
    "decision.facts": ({ id }) => ({
      decision: id,
      groups: [
        { title: "Occasion", facts: [{ name: "moment", value: "admission" }] },
        {
          title: "Agent",
          facts: [
            { name: "name", value: "outreach" },
            { name: "level", value: "2" },
            { name: "held", value: "9" },
          ],
        },
        { title: "Windows", facts: [{ name: "mailbox, hour", value: "12 taken or promised" }] },
      ],
    }),
    "queue.batches": () => {
      const alike = newest()
        .filter((one) => one.row.state === "held" && one.row.subject.startsWith("Seats for "))
        .reverse();
      const [first] = alike;
      if (!first || alike.length < 2) return [];
      const cells = (one: Sub) => {
        const [, firm = ""] = /^Seats for (.+) in December/.exec(one.row.subject) ?? [];
        const [, name = ""] = /^Hi (\S+),/.exec(one.detail.message.text ?? "") ?? [];
        return [firm, name, firm];
      };
      return [
        {
          agent: first.row.agent.name,
          mailbox: first.row.mailbox,
          parts: [
            { text: "Seats for ", column: null },
            { text: "", column: 0 },
            { text: " in December\n\nHi ", column: null },
            { text: "", column: 1 },
            { text: ",\n\nlast week we spoke about how ", column: null },
            { text: "", column: 2 },
            {
              text: " handles its seats, and whether a longer trial would help you decide in December. Shall I set one up?\n\nLena",
              column: null,
            },
          ],
          rows: alike.map((one) => ({
            id: one.row.id,
            hash: one.row.hash,
            decision: one.detail.decision.id,
            recipients: one.detail.message.to.map((each) => `to ${each.address}`),
            why: one.row.why,
            differs: cells(one),
          })),
        },
      ];
    },
    "suppressions.export": () => ({
      text: [
        "address,reason,note,added_at",
        ...world.suppressions.map((row) =>
          [row.pattern, row.reason, row.note ?? "", row.added_at].join(","),
        ),
      ].join("\n"),
      rows: world.suppressions.length,
      truncated: false,
    }),
    "suppressions.import": ({ text, from, header, line = 0 }) => {
      const named = header === undefined ? 1 : 0;
      const rows = text.split("\n").slice(named).filter(Boolean);
      const problems = [];
      let added = 0;
      for (const [at, row] of rows.slice(from, from + 200).entries()) {
        const [address = "", reason = "manual", note = ""] = row.split(",");
        if (!address.includes("@")) {
          problems.push({
            line: line + from + at + 1 + named,
            text: `\`${address}\` is not an address`,
          });
          continue;
        }
        world.suppressions.unshift({
          id: world.suppressions.length + 1_000 + at,
          pattern: address,
          scope: "everywhere",
          reason: reason || "manual",
          note: note || null,
          added_by: "you",
          added_at: world.at(0),
          expires_at: null,
        });
        added += 1;
      }
      changed("suppressions");
      return { done: Math.min(rows.length, from + 200), total: rows.length, added, problems };
    },
  };
}
