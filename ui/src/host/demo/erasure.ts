// Contacts erased and content grown old, as far as the demo keeps any.

import type { ErasureView, RetentionView } from "../../bindings";
import type { Handlers } from "./host";
import { refuse } from "./tools";
import type { World } from "./world";

const KINDS = [
  { kind: "bodies", key: "keep_bodies_days", title: "Texts of mail", sent: 203, received: 109 },
  {
    kind: "raw",
    key: "keep_raw_days",
    title: "Received mail as it arrived",
    sent: 0,
    received: 109,
  },
  {
    kind: "attachments",
    key: "keep_attachments_days",
    title: "Attachments",
    sent: 31,
    received: 12,
  },
] as const;

export function erasure(world: World, changed: (...tags: string[]) => void): Handlers {
  const naming = (address: string): ErasureView => {
    const theirs = [...world.subs.values()].filter((one) =>
      one.detail.message.envelope.rcpt_to.includes(address),
    );
    const waiting = theirs.filter((one) => one.row.state === "held").length;
    const files = theirs.reduce((sum, one) => sum + one.detail.message.attachments.length, 0);
    return {
      address,
      is_nothing: theirs.length === 0,
      text: `${theirs.length} sent ${theirs.length === 1 ? "message" : "messages"}, 0 received messages, 0 conversations, ${files} ${files === 1 ? "file" : "files"}`,
      sent: theirs.length,
      received: 0,
      conversations: 0,
      attachments: files,
      waiting,
      under_way: theirs.filter((one) => one.row.state === "uncertain").length,
      shared: theirs.filter((one) => one.detail.message.envelope.rcpt_to.length > 1).length,
      suppressed: world.suppressions.some((each) => each.pattern === address),
      policies: 0,
      octets: 48_300_000,
      copies: [
        {
          form: "backup",
          at: world.at(-6 * 24 * 60),
          to: "/media/backup/sendoff",
          is_there: true,
        },
      ],
      copies_text:
        "1 copy taken before keeps what it holds: delete it, or erase them again in it if it is ever restored",
      damaged_text: "",
      late: null,
    };
  };
  const kept = (each: (typeof KINDS)[number], days: number | null): RetentionView => ({
    ...each,
    days,
    sent: days === null ? 0 : each.sent,
    received: days === null ? 0 : each.received,
  });
  return {
    "contacts.naming": ({ address }) => naming(address),
    "contacts.erase": ({ address }) => {
      const before = naming(address);
      if (before.is_nothing) throw refuse("not_found", `nothing here names \`${address}\``);
      for (const one of world.subs.values()) {
        if (!one.detail.message.envelope.rcpt_to.includes(address)) continue;
        world.move(one, "cancelled", "taken back, and its content erased", [], "erased");
        one.detail.gone =
          "What it said was erased today, with everything about a contact it named.";
        one.detail.contact = [];
        const { message } = one.detail;
        const to = message.to.map((who) =>
          who.address === address
            ? { ...who, name: null, address: `erased-1@${address.split("@")[1]}` }
            : who,
        );
        one.detail.message = {
          ...message,
          to,
          subject: "",
          text: null,
          html: null,
          attachments: [],
        };
        one.detail.reason = null;
        changed(`submission:${one.row.id}`);
      }
      changed("queue", "activity", "suppressions");
      return before;
    },
    "settings.retention": () => KINDS.map((each) => kept(each, world.kept[each.key] ?? null)),
    "settings.aged": ({ kind, days }) => {
      const each = KINDS.find((one) => one.kind === kind);
      if (!each || !(days >= 1 && days <= 3650)) {
        throw refuse("invalid_field", "days are from 1 to 3650", "/days");
      }
      return kept(each, days);
    },
  };
}
