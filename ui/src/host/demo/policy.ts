// The demo's policy as a form: three tables of it, enough to see how it looks. The engine's own
// form knows every rule.

import type {
  PolicyForm,
  PolicyFormTable,
  PolicyProblem,
  PolicyValue,
  Replay,
} from "../../bindings";
import type { Handlers } from "./host";
import type { Sub } from "./submissions";
import { refuse } from "./tools";
import type { World } from "./world";

const TABLES: PolicyFormTable[] = [
  {
    path: "review",
    title: "Review",
    about: "How people decide.",
    is_rule: false,
    enabled: null,
    can_switch: false,
    partly: false,
    action: null,
    actions: [],
    fields: [
      {
        key: "undo_seconds",
        help: "How long an approval can be taken back, in seconds.",
        kind: { type: "number", min: 0, max: 300 },
        value: 10,
        default: 10,
        is_set: false,
      },
      {
        key: "hold_expiry_hours",
        help: "A hold that nobody answers expires after so many hours.",
        kind: { type: "number", min: 1, max: 720 },
        value: 24,
        default: 24,
        is_set: false,
      },
    ],
  },
  {
    path: "rules.rate_limit",
    title: "Rate limits",
    about: "How much may leave per window. What is over waits for its slot.",
    is_rule: true,
    enabled: true,
    can_switch: true,
    partly: false,
    action: "defer",
    actions: ["defer", "hold"],
    fields: [
      {
        key: "mailbox",
        help: "Per mailbox.",
        kind: { type: "windows", keys: ["minute", "hour", "day", "month"], max: 10_000_000 },
        value: { minute: 10, hour: 100, day: 500 },
        default: { minute: 10, hour: 100, day: 500 },
        is_set: false,
      },
    ],
  },
  {
    path: "rules.quiet_hours",
    title: "Quiet hours",
    about: "Nothing leaves at night or at the weekend; it waits for the morning.",
    is_rule: true,
    enabled: false,
    can_switch: true,
    partly: false,
    action: "defer",
    actions: ["defer"],
    fields: [
      {
        key: "from",
        help: "From when it is quiet.",
        kind: { type: "text", takes: 'a time of day such as "20:00"' },
        value: "20:00",
        default: "20:00",
        is_set: false,
      },
      {
        key: "days",
        help: "On which days mail may leave.",
        kind: { type: "days", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] },
        value: ["mon", "tue", "wed", "thu", "fri"],
        default: ["mon", "tue", "wed", "thu", "fri"],
        is_set: false,
      },
    ],
  },
];

const line = (key: string, value: PolicyValue) => `${key} = ${JSON.stringify(value)}`;

export function policy(world: World, changed: (...tags: string[]) => void): Handlers {
  return {
    "policy.show": () => ({
      version: world.policyVersion,
      text: world.policyText,
      published_at: world.at(-60 * 24 * 5),
      problems: [],
      history: Array.from({ length: world.policyVersion }, (_, at) => ({
        version: world.policyVersion - at,
        published_at: world.at(-60 * 24 * (5 + at * 9)),
      })),
    }),
    "policy.version": ({ version }) => ({
      version,
      text:
        version === world.policyVersion
          ? world.policyText
          : world.policyText.replace("hour = 100", `hour = ${version * 10}`),
      published_at: world.at(-60 * 24 * (5 + (world.policyVersion - version) * 9)),
    }),
    "policy.check": ({ text }) => ({ problems: check(text) }),
    "policy.publish": ({ text, over }) => {
      if (over !== undefined && over !== world.policyVersion)
        throw refuse("stale_hash", "another version of the policy is in force since you looked");
      if (check(text).length > 0)
        throw refuse("invalid_policy", "the policy has problems; fix them first");
      world.policyText = text;
      world.policyVersion += 1;
      changed("policy", "queue");
      return { version: world.policyVersion };
    },
    "policy.line": ({ id, wish, domains, any_agent, days }) => {
      const one = world.subs.get(id);
      if (!one) throw refuse("not_found", `there is no submission \`${id}\``);
      const { detail } = one;
      const addresses = detail.message.envelope.rcpt_to;
      const to = domains
        ? [...new Set(addresses.map((each) => each.split("@").at(-1) ?? ""))]
        : addresses;
      const lets = wish === "let_write";
      const until = lets ? world.at((days ?? 30) * 24 * 60) : null;
      const who = any_agent ? "Any agent" : detail.agent.name;
      const line = [
        "[[overrides]]",
        ...(any_agent ? [] : [`agent = "${detail.agent.name}"`]),
        `to = ${JSON.stringify(to)}`,
        ...(until ? [`exception_until = ${until}`] : []),
        `reason = "from the queue, about ${id}"`,
        "[overrides.rules.autonomy]",
        ...(lets ? ["enabled = false"] : ["enabled = true", "at_most = 1"]),
        "",
      ].join("\n");
      const others = detail.decision.findings.filter(
        (each) => each.outcome === "hold" && each.rule !== "autonomy",
      );
      return {
        over: world.policyVersion,
        text: `${world.policyText.trimEnd()}\n\n${line}`,
        before: world.policyText,
        words: `${who} to ${to.join(" and ")}: ${lets ? "may write without asking" : "always asks"}.`,
        line,
        to,
        until,
        note:
          lets && others.length > 0
            ? `This mail stays with you all the same: it is also held by ${others.map((each) => each.title).join(", ")}.`
            : null,
        takes_out: [],
      };
    },
    "policy.change_line": ({ text, index, agent, to, until, reason }) => {
      const [head, lines] = split(text, index);
      const said = [
        "[[overrides]]",
        ...(agent ? [line("agent", agent)] : []),
        ...(to.length > 0 ? [line("to", to)] : []),
        ...(until ? [`exception_until = ${until}`] : []),
        ...(reason ? [line("reason", reason)] : []),
        "[overrides.rules",
      ].join("\n");
      const changed = lines.map((each, at) =>
        at === index ? `${said}${each.slice(each.indexOf("[overrides.rules") + 16)}` : each,
      );
      return { text: [head, ...changed].join("") };
    },
    "policy.take_out": ({ text, index }) => {
      const [head, lines] = split(text, index);
      const kept = [head, ...lines.filter((_, at) => at !== index)].join("");
      return { text: `${kept.trimEnd()}\n` };
    },
    "policy.form": ({ text }): PolicyForm => ({
      lines: text
        .split(/^(?=\[\[overrides\]\])/m)
        .slice(1)
        .map((line) => {
          const said = (key: string) => new RegExp(`^${key} = (.+)$`, "m").exec(line)?.[1];
          const to = JSON.parse(said("to") ?? "[]") as string[];
          const who = said("agent")?.replaceAll('"', "") ?? "Any agent";
          const until = said("exception_until") ?? null;
          return {
            words: `${who} to ${to.join(" and ")}: ${until ? "may write without asking" : "always asks"}.`,
            agent: said("agent")?.replaceAll('"', "") ?? null,
            to,
            until,
            reason: said("reason")?.replaceAll('"', "") ?? null,
          };
        }),
      tables: TABLES.map((table) => {
        const [, body = ""] = text.split(`[${table.path}]\n`);
        const said = new Map(
          [...(body.split(/^\[/m)[0] ?? "").matchAll(/^(\w+) = (.+)$/gm)].map((found) => [
            found[1] ?? "",
            JSON.parse(found[2] ?? "null") as PolicyValue,
          ]),
        );
        return {
          ...table,
          enabled: (said.get("enabled") as boolean | undefined) ?? table.enabled,
          action: (said.get("action") as string | undefined) ?? table.action,
          fields: table.fields.map((field) => ({
            ...field,
            value: said.get(field.key) ?? field.value,
            is_set: said.has(field.key),
          })),
        };
      }),
    }),
    "policy.set": ({ text, table, key, value }) => {
      const header = `[${table}]\n`;
      const with_table = text.includes(header) ? text : `${text.trimEnd()}\n\n${header}`;
      const [before = "", after = ""] = with_table.split(header);
      const rest = after.replace(new RegExp(`^${key} = .+\\n?`, "m"), "");
      return {
        text: `${before}${header}${value === null ? "" : `${line(key, value)}\n`}${rest}`,
      };
    },
    "policy.replay_progress": () => null,
    "policy.replay": ({ text }) => {
      const line = text.slice(world.policyText.trimEnd().length);
      return line.includes("[[overrides]]") ? aboutLine(world, line) : flips(world);
    },
  };
}

/** What stands before the lines about some mail, and those lines; `index` is one of them. */
function split(text: string, index: number): [head: string, lines: string[]] {
  const [head = "", ...lines] = text.split(/^(?=\[\[overrides\]\])/m);
  if (index >= lines.length) throw refuse("not_found", `the draft has no line ${index}`);
  return [head, lines];
}

/** What a line about some mail would have done: only the agents' level speaks otherwise. */
function aboutLine(world: World, line: string): Replay {
  const lets = line.includes("enabled = false");
  const [was, would] = lets ? (["hold", "allow"] as const) : (["allow", "hold"] as const);
  return {
    judged: 1_000,
    unreadable: 0,
    flipped: 4,
    text: "Of 1000 decisions 4 would be another.",
    counts: [{ rule: "autonomy", title: "Autonomy", was, would, times: 4 }],
    flips: [...world.subs.values()].slice(0, 4).map((one) => ({
      ...flip(one),
      was,
      was_rule: lets ? "autonomy" : null,
      would,
      would_rule: lets ? null : "autonomy",
      sentence: lets ? null : "Mail like this is always asked about, whatever outreach may.",
    })),
  };
}

const flip = (one: Sub) => ({
  decision: one.detail.decision.id,
  submission: one.row.id,
  subject: one.row.subject,
  at: one.row.asked_at,
  moment: "admission" as const,
});

function flips(world: World): Replay {
  return {
    judged: 1_204,
    unreadable: 0,
    flipped: 31,
    text: "Of 1204 decisions 31 would be another.",
    counts: [
      { rule: "quiet_hours", title: "Quiet hours", was: "allow", would: "defer", times: 27 },
      { rule: "autonomy", title: "Autonomy of the agent", was: "hold", would: "allow", times: 4 },
    ],
    flips: [...world.subs.values()].slice(0, 4).map((one, at) => ({
      ...flip(one),
      was: "hold" as const,
      was_rule: "autonomy",
      would: at === 0 ? ("allow" as const) : ("defer" as const),
      would_rule: "quiet_hours",
      sentence: "It is night where they are; it would wait until 08:00.",
    })),
  };
}

function check(text: string): PolicyProblem[] {
  return text.split("\n").flatMap((line, at) => {
    const level = /^default_level\s*=\s*(\S+)/.exec(line);
    if (level && !/^[0-3]$/.test(level[1] ?? "")) {
      return [
        {
          line: at + 1,
          column: line.indexOf("=") + 3,
          key: "autonomy.default_level",
          message: `\`${level[1]}\` is not an autonomy level; levels are 0 to 3`,
        },
      ];
    }
    if (line.trim() !== "" && !/^\s*(#|\[|"?[a-z0-9_ ]+"?\s*=)/i.test(line)) {
      return [{ line: at + 1, column: 1, key: "", message: "expected `key = value`" }];
    }
    return [];
  });
}
