// The development host (`sendoff devhost`) over HTTP, for a browser and its tests.

import type { Args, Command, Result } from "../bindings/commands";
import { type Change, type Host, Refusal } from "./host";

export function httpHost(secret: string, base = ""): Host {
  return {
    async rpc<C extends Command>(name: C, args: Args<C>): Promise<Result<C>> {
      let answer: Response;
      let body: unknown;
      try {
        answer = await fetch(`${base}/rpc`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-sendoff-dev": secret },
          body: JSON.stringify({ name, args }),
        });
        body = await answer.json();
      } catch (thrown) {
        throw Refusal.from(thrown);
      }
      if (!answer.ok) throw Refusal.from(body);
      return body as Result<C>;
    },
    listen(changed, reset) {
      const stream = new EventSource(`${base}/changes?secret=${encodeURIComponent(secret)}`);
      const hear = (event: MessageEvent<string>) => changed(JSON.parse(event.data) as Change);
      stream.addEventListener("message", hear);
      stream.addEventListener("changed", hear);
      stream.addEventListener("open", reset);
      return () => stream.close();
    },
  };
}
