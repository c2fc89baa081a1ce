// The demo's mailboxes, and servers that answer every test.

import type { Handlers } from "./host";
import { refuse } from "./tools";
import type { World } from "./world";

export function mailboxes(world: World, changed: (...tags: string[]) => void): Handlers {
  const mailbox = (id: string) => {
    const found = world.mailboxes.find((each) => each.id === id);
    if (!found) throw refuse("not_found", `there is no mailbox \`${id}\``);
    return found;
  };
  return {
    "mailboxes.list": () => world.mailboxes.map((each) => ({ ...each })),
    "mailboxes.test": ({ smtp }) => {
      const right = smtp.secret !== "wrong";
      return {
        ok: right,
        steps: [
          { name: "look up", ok: true, text: `${smtp.host} is at 192.0.2.25` },
          { name: "connect", ok: true, text: `port ${smtp.port} answered in 31 ms` },
          {
            name: "encrypt",
            ok: true,
            text: `TLS 1.3, certificate for ${smtp.host}, valid 61 days`,
          },
          right
            ? { name: "sign in", ok: true, text: `accepted ${smtp.user ?? "without a password"}` }
            : {
                name: "sign in",
                ok: false,
                text: "535 5.7.8 the server refused the password; many providers want an app password here",
              },
        ],
      };
    },
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
      imap.secret === "wrong"
        ? {
            ok: false,
            steps: [
              { name: "Connect", ok: true, text: `${imap.host}:${imap.port} answers` },
              { name: "Encryption", ok: true, text: "Encrypted" },
              {
                name: "Login",
                ok: false,
                text: `${imap.host}:${imap.port} does not take this user and password (Invalid credentials); check both — many providers want an app password here.`,
              },
            ],
          }
        : {
            ok: true,
            steps: [
              { name: "Connect", ok: true, text: `${imap.host}:${imap.port} answers` },
              { name: "Encryption", ok: true, text: "Encrypted with TLS 1.3" },
              {
                name: "Login",
                ok: true,
                text: `Logged in as ${imap.user}; it tells of new mail by itself`,
              },
              { name: "Folders", ok: true, text: "Reads INBOX, Junk, Sent" },
              {
                name: "Senders",
                ok: true,
                text: "mx.sendoff.test checks who mail is from; until it is believed, its word counts for nothing",
              },
            ],
            authserv_id: "mx.sendoff.test",
          },
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
