// The demo's agents, their tokens, and the calls to copy.

import type { RecipientsView } from "../../bindings";
import type { Handlers } from "./host";
import { refuse } from "./tools";
import { LEVELS, type World } from "./world";

export const snippets = (token: string, from: string) => [
  {
    title: "curl",
    language: "sh" as const,
    code: `curl -s http://127.0.0.1:7411/v1/submissions \\
  -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
  -d '{"mailbox":"${from}","to":["you@example.test"],"subject":"Hello","text":"First words."}'`,
  },
  {
    title: "Python",
    language: "python" as const,
    code: `import json, urllib.request
ask = urllib.request.Request("http://127.0.0.1:7411/v1/submissions", method="POST",
    headers={"Authorization": "Bearer ${token}", "Content-Type": "application/json"},
    data=json.dumps({"mailbox": "${from}", "to": ["you@example.test"],
                     "subject": "Hello", "text": "First words."}).encode())
print(urllib.request.urlopen(ask).read().decode())`,
  },
  {
    title: "Node",
    language: "node" as const,
    code: `const answer = await fetch("http://127.0.0.1:7411/v1/submissions", {
  method: "POST",
  headers: { authorization: "Bearer ${token}", "content-type": "application/json" },
  body: JSON.stringify({ mailbox: "${from}", to: ["you@example.test"], subject: "Hello", text: "First words." }),
});
console.log(await answer.json());`,
  },
];
export const token = (world: World) => `so_live_${world.id("demo").padEnd(40, "7f3a9c")}`;

export function agents(world: World, changed: (...tags: string[]) => void): Handlers {
  const recipients = new Map<string, RecipientsView>();
  const recipientsOf = (id: string): RecipientsView =>
    recipients.get(id) ?? { writes_to: "anyone", listed_only: false, rows: [] };
  const agent = (id: string) => {
    const found = world.agents.find((each) => each.id === id);
    if (!found) throw refuse("not_found", `there is no agent \`${id}\``);
    return found;
  };
  return {
    "agents.list": () => world.agents.map((each) => ({ ...each })),
    "agents.budget": ({ id }) => {
      const { name, held, mailboxes } = agent(id);
      const full = name === "outreach";
      const window = (scope: string, mailbox: string | null, window: string, limit: number) => ({
        scope,
        mailbox,
        window,
        limit,
        used: full && window === "hour" ? limit : Math.round(limit * 0.31),
        next_at: full && window === "hour" ? world.at(23) : null,
      });
      return {
        risk: name === "recruiting" ? null : { spent: full ? 188 : 24, limit: 200 },
        held,
        held_max: 200,
        windows:
          name === "recruiting"
            ? []
            : [
                ...(full ? [window("agent", null, "day", 120)] : []),
                ...mailboxes.flatMap(({ address }) => [
                  window("mailbox", address, "hour", 100),
                  window("mailbox", address, "day", 500),
                  window("mailbox", address, "30 days", 5_000),
                ]),
              ],
      };
    },
    "agents.add": ({ name, mailbox: address, level }) => {
      if (world.agents.some((each) => each.name === name)) {
        throw refuse("already_exists", `there is already an agent called \`${name}\``, "/name");
      }
      // The `autonomy.default_level` of the demo's policy.
      const added = world.agent(name, level ?? 1, [address]);
      added.created_at = world.at(0);
      world.agents.push(added);
      changed("agents");
      const secret = token(world);
      return { agent: { ...added }, token: secret, snippets: snippets(secret, address) };
    },
    "agents.set_level": ({ id, level }) => {
      const one = agent(id);
      one.level = level;
      one.level_name = LEVELS[level] ?? "";
      changed("agents");
      return { ...one };
    },
    "agents.grant": ({ id, mailbox: address, level }) => {
      const one = agent(id);
      one.mailboxes = [...one.mailboxes, { id: `mbx_${address}`, address, level: level ?? null }];
      changed("agents");
      return { ...one };
    },
    "agents.pause": ({ id }) => {
      agent(id).paused_at = world.at(0);
      changed("agents");
      return { ...agent(id) };
    },
    "agents.resume": ({ id }) => {
      agent(id).paused_at = null;
      agent(id).stopped = null;
      changed("agents");
      return { ...agent(id) };
    },
    "agents.revoke": ({ id }) => {
      agent(id).revoked_at = world.at(0);
      changed("agents");
      return { ...agent(id) };
    },
    "agents.replace_token": ({ id }) => {
      const one = agent(id);
      const secret = token(world);
      return {
        agent: { ...one },
        token: secret,
        snippets: snippets(secret, one.mailboxes[0]?.address ?? ""),
      };
    },
    "agents.recipients": ({ id }) => recipientsOf(id),
    "agents.list_recipient": ({ id, address, allowed, until }) => {
      const { rows } = recipientsOf(id);
      const [added_at, expires_at] = [world.at(0), until ?? null];
      const row = { id: rows.length + 1, pattern: address, allowed, added_at, expires_at };
      recipients.set(id, {
        writes_to: allowed ? "anyone" : "anyone, but one",
        listed_only: false,
        rows: [...rows, row],
      });
      changed("agents");
      return recipientsOf(id);
    },
  };
}
