// What can be set in the demo, and its vault.

import type { Frame } from "../../bindings";
import type { Handlers } from "./host";
import { refuse } from "./tools";
import type { World } from "./world";

export function settings(
  world: World,
  changed: (...tags: string[]) => void,
  frame: () => Frame,
): Handlers {
  const shown = () => ({
    data_dir: "/home/you/.local/share/sendoff",
    api: "127.0.0.1:7411",
    smtp_port: world.smtpPort,
    smtp: world.smtpPort === null ? null : `127.0.0.1:${world.smtpPort}`,
    smtp_trouble: null,
    asks_per_second: world.asks.asks_per_second,
    asks_burst: world.asks.asks_burst,
    vault: "system keychain",
    operator_passphrase_set: world.passphraseSet,
    notifications: world.notifications,
    quiet_hours: world.quietHours,
    muted_agents: world.mutedAgents,
    theme: world.theme,
  });
  return {
    "vault.unlock": ({ passphrase }) => {
      if (passphrase === "wrong") {
        throw refuse("operator_proof_needed", "that is not the passphrase of the vault; try again");
      }
      world.locked = false;
      changed("health", "settings");
      return frame();
    },
    "settings.passphrase": ({ old, new: next }) => {
      if (world.passphraseSet && !old) {
        throw refuse(
          "operator_proof_needed",
          "the old passphrase is needed to set a new one",
          "/old",
        );
      }
      if (next.length < 8) {
        throw refuse("invalid_field", "a passphrase needs at least 8 characters", "/new");
      }
      world.passphraseSet = true;
      changed("settings");
      return shown();
    },
    "settings.show": () => shown(),
    "settings.set": ({ key, value }) => {
      if (key === "notifications") world.notifications = value === true;
      if (key === "quiet_hours")
        world.quietHours = typeof value === "string" && value !== "off" ? value : null;
      if (key === "muted_agents") world.mutedAgents = String(value).split(" ").filter(Boolean);
      if (key === "theme") world.theme = String(value);
      if (key in world.kept) world.kept[key] = Number(value) || null;
      if (key === "smtp_port") world.smtpPort = value === true ? 2525 : Number(value) || null;
      if (key === "asks_per_second" || key === "asks_burst") {
        const asks = Number(value);
        if (!(Number.isInteger(asks) && asks >= 1 && asks <= 1_000_000)) {
          throw refuse("invalid_field", `\`${key}\` is a number from 1 to 1000000`, "/value");
        }
        world.asks[key] = asks;
      }
      changed("settings");
      return shown();
    },
  };
}
