// The demo's people: who agreed to marketing, and who is in the operator's own hands.

import type { Consent, ContactZone, InHand } from "../../bindings";
import type { Handlers } from "./host";
import type { World } from "./world";

const DAY = 24 * 60;

export function people(world: World, changed: (...tags: string[]) => void): Handlers {
  const full = world.subs.size > 0;
  let ids = 10;
  let consents: Consent[] = full
    ? [
        {
          id: 3,
          address: "ewa@lumen.example",
          source: "ticked the box of the webinar sign-up, 12 November",
          at: world.at(-9 * DAY),
          expires_at: null,
        },
        {
          id: 2,
          address: "purchasing.department.europe@a-rather-long-company-name.example",
          source: "double opt-in, newsletter, confirmed from 203.0.113.9",
          at: world.at(-40 * DAY),
          expires_at: world.at(325 * DAY),
        },
      ]
    : [];
  let hands: InHand[] = full
    ? [
        {
          id: 1,
          mailbox: "hello@sendoff.test",
          address: "samir@fernway.example",
          at: world.at(-90),
          note: "called him about the contract; answering myself",
        },
      ]
    : [];
  let zones: ContactZone[] = full
    ? [{ id: 1, address: "ewa@lumen.example", zone: "Europe/Warsaw", at: world.at(-3 * DAY) }]
    : [];
  /** As the engine tells it: what is searched for is not counted. */
  const whole = <T>(rows: T[], search?: string | null) => ({
    rows,
    next: null,
    total: search ? null : rows.length,
  });
  return {
    "suppressions.counts": () => ({
      suppressed: world.suppressions.length,
      agreed: consents.length,
      in_hand: hands.length,
      zones: zones.length,
    }),
    "contacts.zones": ({ search }) =>
      whole(
        zones.filter((each) => !search || each.address.includes(search.toLowerCase())),
        search,
      ),
    "contacts.set_zone": ({ address, zone }) => {
      ids += 1;
      zones = zones.filter((each) => each.address !== address);
      const made = zone ? { id: ids, address, zone, at: world.at(0) } : null;
      if (made) zones = [made, ...zones];
      changed("contacts");
      return made;
    },
    "consents.list": ({ search }) =>
      whole(
        consents.filter((each) => !search || each.address.includes(search.toLowerCase())),
        search,
      ),
    "consents.record": ({ address, source, until }) => {
      ids += 1;
      const made = { id: ids, address, source, at: world.at(0), expires_at: until ?? null };
      consents = [made, ...consents];
      changed("suppressions");
      return made;
    },
    "consents.end": ({ address }) => {
      const before = consents.length;
      consents = consents.filter((each) => each.address !== address);
      changed("suppressions");
      return { ended: before - consents.length };
    },
    "contacts.in_hand": () => whole(hands),
    "contacts.take_over": ({ mailbox, address, note }) => {
      ids += 1;
      const made = { id: ids, mailbox, address, at: world.at(0), note: note ?? null };
      hands = [made, ...hands];
      changed("mailboxes", "queue");
      return made;
    },
    "contacts.hand_back": ({ mailbox, address }) => {
      const before = hands.length;
      hands = hands.filter((each) => each.mailbox !== mailbox || each.address !== address);
      changed("mailboxes", "queue");
      return { ended: before - hands.length };
    },
  };
}
