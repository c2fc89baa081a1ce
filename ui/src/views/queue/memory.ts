// The queue keeps its place while other views are looked at.

import { QueueState } from "./queue.svelte";

let kept: QueueState | undefined;

export function queueState(): QueueState {
  kept ??= new QueueState();
  return kept;
}

/** For tests: the next queue starts anew. */
export function forgetQueue(): void {
  kept = undefined;
}
