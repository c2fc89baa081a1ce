// The demo's mailboxes, and servers that answer every test.

import type { Handlers } from "./host";
import { refuse } from "./tools";
import { Trials } from "./trials";
import type { World } from "./world";

export function mailboxes(world: World, changed: (...tags: string[]) => void): Handlers {
  const mailbox = (id: string) => {
    const found = world.mailboxes.find((each) => each.id === id);
    if (!found) throw refuse("not_found", `there is no mailbox \`${id}\``);
    return found;
  };
  const trials = new Trials();
  return {
    "mailboxes.list": () => world.mailboxes.map((each) => ({ ...each })),
    "mailboxes.test": ({ smtp, sender }) =>
      trials.begin(smtp.secret ?? null, [
        ["Look up", `${smtp.host} is 192.0.2.25`],
        ["Connect", `192.0.2.25:${smtp.port} answers`],
        ["Encryption", "Encrypted with TLS 1.3; its certificate is trusted"],
        ["Greeting", `It says: ${smtp.host} ESMTP ready`],
        ["Login", smtp.user ? "Logged in with PLAIN" : "No login was asked for"],
        ["Sender", `Takes mail from ${sender ?? smtp.user}`],
      ]),
    "mailboxes.test_steps": ({ run, seen }) => trials.more(run, seen),
    "mailboxes.test_stop": ({ run }) => trials.stop(run),
    "mailboxes.add": ({ address, display_name, smtp }) => {
      const added = {
        ...world.mailbox(address, display_name ?? "", smtp.host),
        port: smtp.port,
        tls: smtp.tls,
        user: smtp.user ?? null,
      };
      world.mailboxes.push(added);
      changed("mailboxes");
      return added;
    },
    "mailboxes.test_imap": ({ imap }) =>
      trials.begin(
        imap.secret ?? null,
        [
          ["Look up", `${imap.host} is 192.0.2.26`],
          ["Connect", `192.0.2.26:${imap.port} answers`],
          ["Encryption", "Encrypted with TLS 1.3; its certificate is trusted"],
          ["Greeting", "It speaks IMAP"],
          ["Login", "Logged in with LOGIN"],
          ["Folders", "Reads INBOX, Junk, Sent"],
          ["New mail", "It tells of new mail by itself"],
          [
            "Senders",
            "mx.sendoff.test checks who mail is from; until it is believed, its word counts for nothing",
          ],
        ],
        "mx.sendoff.test",
      ),
    "mailboxes.set_imap": ({ id, imap }) => {
      const box = mailbox(id);
      if (imap === null) delete box.reading;
      else {
        const { secret: _, ...kept } = imap;
        box.reading = { ...kept, health: { state: "ok", text: "mail is read as it arrives" } };
      }
      changed("mailboxes");
      return { ...box };
    },
    "mailboxes.pause": ({ id }) => {
      mailbox(id).paused_at = world.at(0);
      changed("mailboxes");
      return { ...mailbox(id) };
    },
    "mailboxes.resume": ({ id }) => {
      mailbox(id).paused_at = null;
      changed("mailboxes");
      return { ...mailbox(id) };
    },
  };
}
