// The demo's providers: a sign-in waits until somebody comes back from the browser (`signInDemo`), and
// is refused for the client id `refused`.

import type { MailboxView, SignedIn } from "../../bindings";
import { Refusal } from "../host";
import type { Handlers } from "./host";
import type { World } from "./world";

/** How the person at the demo's provider fares. */
export type SignInDemo = { comesBack: () => void };

type Waits = { box: string; signed: SignedIn; end: (refusal?: Refusal) => void };

export function signIns(
  world: World,
  changed: (...tags: string[]) => void,
): { handlers: Handlers; demo: SignInDemo } {
  const waiting = new Map<string, Waits>();
  const begun = new Map<string, { box: string; signed: SignedIn }>();
  let handles = 0;
  const box = (id: string): MailboxView => {
    const found = world.mailboxes.find((each) => each.id === id);
    if (!found) throw refuse("not_found", `there is no mailbox \`${id}\``);
    return found;
  };
  const handlers: Handlers = {
    "mailboxes.sign_in": (args) => {
      const kept = box(args.id).signed_in;
      if (!args.client_id && !kept) {
        throw refuse(
          "invalid_field",
          "this mailbox was not signed in before; say with which provider",
        );
      }
      const provider = args.provider ?? args.token_url ?? kept?.provider ?? "";
      const client = args.client_id ?? kept?.client_id ?? "";
      handles += 1;
      const handle = `handle-${handles}`;
      begun.set(handle, {
        box: args.id,
        signed: {
          provider,
          client_id: client,
          has_device_door: provider === "microsoft" || Boolean(args.device_url),
          refused: null,
          sends: true,
          reads: box(args.id).reading !== undefined,
        },
      });
      if (args.device) {
        return {
          handle,
          url: "https://microsoft.example/devicelogin",
          user_code: "K7QF-2XMD",
          opened: false,
        };
      }
      const url = `https://accounts.${provider}.example/authorize?client_id=${client}&redirect_uri=http%3A%2F%2F127.0.0.1%3A53211&response_type=code&code_challenge_method=S256&state=4b1f9c`;
      return { handle, url, user_code: null, opened: provider === "google" };
    },
    "mailboxes.signed_in": ({ id, handle }) => {
      const one = begun.get(handle);
      begun.delete(handle);
      if (!one) throw refuse("not_found", "there is no sign-in that waits; begin again");
      return new Promise((resolve, reject) => {
        waiting.set(handle, {
          ...one,
          end: (refusal) => {
            waiting.delete(handle);
            if (refusal) return reject(refusal);
            const signed = box(id);
            signed.signed_in = one.signed;
            if (signed.reading) {
              signed.reading.mechanism = "xoauth2";
              signed.reading.health = { state: "ok", text: "mail is read as it arrives" };
            }
            signed.health = { state: "ok", text: "last sent 4 min ago" };
            changed("mailboxes", "health");
            resolve({ ...signed });
          },
        });
      });
    },
    "mailboxes.cancel_sign_in": ({ id, handle }) => {
      waiting.get(handle)?.end(refuse("invalid_field", "the sign-in was given up"));
      return { ...box(id) };
    },
    "mailboxes.sign_out": ({ id, password }) => {
      const signed = box(id);
      if (!password) {
        throw refuse(
          "invalid_field",
          "no password is kept for this mailbox; give the one it logs in with from now on",
          "/password",
        );
      }
      delete signed.signed_in;
      if (signed.reading) signed.reading.mechanism = "password";
      changed("mailboxes");
      return { ...signed };
    },
  };
  const demo: SignInDemo = {
    comesBack: () => {
      for (const one of [...waiting.values()]) {
        one.end(
          one.signed.client_id === "refused"
            ? refuse(
                "invalid_field",
                "the provider did not let you in (access_denied: your administrator does not allow this client); try again",
              )
            : undefined,
        );
      }
    },
  };
  return { handlers, demo };
}

/** Three mailboxes: one at Google, one at Microsoft that was signed out, one signed in. */
export function withSignIns(world: World): void {
  const google = { provider: "google", has_device_door: false };
  const microsoft = { provider: "microsoft", has_device_door: true };
  const reading = world.mailboxes.find((each) => each.reading)?.reading;
  const signed = (provider: string, refused: string | null): SignedIn => ({
    provider,
    client_id: "9c1b2d7e-4f60-4f7e-8a51-0d2f6f1f3a10",
    has_device_door: provider === "microsoft",
    refused,
    sends: true,
    reads: true,
  });
  const at = (address: string, sends: string, reads: string): MailboxView => ({
    ...world.mailbox(address, "Lena", sends),
    ...(reading
      ? {
          reading: {
            ...reading,
            host: reads,
            user: address,
            mechanism: "xoauth2" as const,
            health: { state: "ok" as const, text: "mail is read as it arrives" },
          },
        }
      : {}),
  });
  const fresh = at("lena@gmail.example", "smtp.gmail.com", "imap.gmail.com");
  const out = at("lena@contoso.example", "smtp.office365.com", "outlook.office365.com");
  const well = at("team@contoso.example", "smtp.office365.com", "outlook.office365.com");
  const why = "the provider refuses (invalid_grant: the grant was revoked)";
  const said = { state: "bad" as const, text: `${why}; sign in again, mail waits until then` };
  world.mailboxes = [
    { ...fresh, sign_in_offer: google },
    { ...out, sign_in_offer: microsoft, signed_in: signed("microsoft", why), health: said },
    { ...well, sign_in_offer: microsoft, signed_in: signed("microsoft", null) },
  ];
}

function refuse(code: string, detail: string, pointer: string | null = null): Refusal {
  return new Refusal({ code, detail, pointer });
}
