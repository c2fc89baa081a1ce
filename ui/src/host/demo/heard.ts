// For tests: some of what a host is asked goes through other hands first.

import type { Args, Command, Result } from "../../bindings/commands";
import type { Host } from "../host";

/** What is done instead of a command; `go` has the host answer it after all. */
export type Hearing = {
  [C in Command]?: (args: Args<C>, go: () => Promise<Result<C>>) => Result<C> | Promise<Result<C>>;
};

/** From now on `hearing` answers for `host`; commands it does not name go straight through. */
export function heard(host: Host, hearing: Hearing): void {
  const rpc = host.rpc.bind(host);
  host.rpc = async <C extends Command>(name: C, args: Args<C>): Promise<Result<C>> => {
    const hear = hearing[name];
    return hear ? hear(args, () => rpc(name, args)) : rpc(name, args);
  };
}
