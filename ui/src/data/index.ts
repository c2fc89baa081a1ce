// The door to server state for views: queries, acts, time.

import type { Args, Command, Result } from "../bindings/commands";
import type { Host } from "../host/host";
import { Cache, type Entry } from "./cache.svelte";
import { Clock } from "./clock.svelte";
import { Lists } from "./lists";
import { type Paged, Pages } from "./pages.svelte";

export { Refusal } from "../host/host";
export type { Entry } from "./cache.svelte";
export { type End, Pages } from "./pages.svelte";

let cache: Cache;

export const clock = new Clock(() => Date.now());

/** Chooses the host, once, before anything is drawn. Returns how to let go of it. */
export function connect(host: Host): () => void {
  cache = new Cache(host);
  const disconnect = cache.connect();
  const stopClock = clock.start();
  return () => {
    disconnect();
    stopClock();
  };
}

export function query<C extends Command>(command: C, args: Args<C>): Entry<Result<C>> {
  return cache.query(command, args);
}

export function prefetch<C extends Command>(command: C, args: Args<C>): void {
  cache.prefetch(command, args);
}

export function act<C extends Command>(command: C, args: Args<C>): Promise<Result<C>> {
  return cache.act(command, args);
}

export function read<C extends Command>(command: C, args: Args<C>): Promise<Result<C>> {
  return cache.read(command, args);
}

export function pages<C extends Paged>(command: C, args: Args<C>): Pages<C> {
  return new Pages(cache, command, args);
}

/** The lists of a command, each kept as it was left. */
export function lists<C extends Paged>(command: C): Lists<C> {
  return new Lists((args) => pages(command, args));
}

/** Keeps an answer that came as the result of an act. */
export function put<C extends Command>(command: C, args: Args<C>, value: Result<C>): void {
  cache.query(command, args).put(value);
}
