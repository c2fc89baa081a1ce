import { flushSync } from "svelte";
import { expect, test } from "vitest";
import { outliving } from "./outliving.svelte";

class Count {
  of = $state(1);
  twice = $derived(this.of * 2);
}

/** Whoever looks at it, until they leave. */
function looked(at: () => number): { seen: number[]; leave: () => void } {
  const seen: number[] = [];
  const leave = $effect.root(() => {
    $effect(() => {
      seen.push(at());
    });
  });
  flushSync();
  return { seen, leave };
}

test("what was derived for one who left is derived for the next", () => {
  let kept: Count | undefined;
  const count = () => {
    kept ??= outliving(() => new Count());
    return kept;
  };
  const first = looked(() => count().twice);
  first.leave();
  count().of = 2;
  const second = looked(() => count().twice);
  count().of = 3;
  flushSync();
  second.leave();
  expect(first.seen).toEqual([2]);
  expect(second.seen).toEqual([4, 6]);
});
