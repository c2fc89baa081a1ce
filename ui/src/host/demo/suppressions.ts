// The demo's suppressions.

import type { Handlers } from "./host";
import { page, refuse } from "./tools";
import type { World } from "./world";

export function suppressions(world: World, changed: (...tags: string[]) => void): Handlers {
  return {
    "suppressions.list": ({ search, after, limit }) =>
      page(
        world.suppressions.filter((each) => !search || each.pattern.includes(search.toLowerCase())),
        after,
        limit,
      ),
    "suppressions.add": ({ address, reason, note }) => {
      if (!address.includes("@")) {
        throw refuse(
          "invalid_address",
          `\`${address}\` is neither an address nor a @domain`,
          "/address",
        );
      }
      const added = {
        id: world.suppressions.length + 1,
        pattern: address.toLowerCase(),
        scope: "workspace",
        reason: reason ?? "manual",
        note: note ?? null,
        added_by: "operator",
        added_at: world.at(0),
        expires_at: null,
      };
      world.suppressions.unshift(added);
      changed("suppressions");
      return added;
    },
    "suppressions.lift": ({ address }) => {
      const before = world.suppressions.length;
      world.suppressions = world.suppressions.filter((each) => each.pattern !== address);
      changed("suppressions");
      return { lifted: before - world.suppressions.length };
    },
  };
}
