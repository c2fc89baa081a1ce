// State that a view keeps while another is looked at.

import { untrack } from "svelte";

/**
 * Makes state that outlives the view which asked for it first. What is derived in a component's
 * own time ends with that component: looked at again, it would stand still.
 */
export function outliving<T>(make: () => T): T {
  let made: T | undefined;
  $effect.root(() => {
    made = untrack(make);
  });
  return made as T;
}
