// The queue keeps its place while other views are looked at.

import { outliving } from "../../shared/outliving.svelte";
import { QueueState } from "./queue.svelte";

let kept: QueueState | undefined;

export function queueState(): QueueState {
  kept ??= outliving(() => new QueueState());
  return kept;
}

/** For tests: the next queue starts anew. */
export function forgetQueue(): void {
  kept = undefined;
}
