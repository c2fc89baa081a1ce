import { describe, expect, test, vi } from "vitest";
import { UndoStack } from "./undo.svelte";

const offer = (id: string, until: number, undo: () => Promise<void> = async () => {}) => ({
  id,
  text: id,
  leaves: null,
  until,
  windowMs: 10_000,
  undo,
});

describe("the undo bar", () => {
  test("offers the newest approval until its window ends, and not a moment longer", () => {
    const stack = new UndoStack();
    stack.offer(offer("a", 10_000));
    stack.offer(offer("b", 14_000));
    expect(stack.latest(9_999)?.id).toBe("b");
    expect(stack.open(9_999)).toBe(2);
    expect(stack.open(10_000)).toBe(1);
    expect(stack.latest(14_000)).toBeUndefined();
  });

  test("after the newest is taken back, the one before it is offered", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    stack.offer(offer("a", 10_000, async () => void undone.push("a")));
    stack.offer(offer("b", 10_000, async () => void undone.push("b")));
    await stack.undo(5_000);
    await stack.undo(5_000);
    await stack.undo(5_000);
    expect(undone).toEqual(["b", "a"]);
  });

  test("takes nothing back after the window, whatever is still drawn", async () => {
    const stack = new UndoStack();
    let undone = 0;
    stack.offer(
      offer("a", 10_000, async () => {
        undone += 1;
      }),
    );
    await stack.undo(10_000);
    expect(undone).toBe(0);
  });

  test("pressed twice takes back one", async () => {
    const stack = new UndoStack();
    let undone = 0;
    const slow = async () => {
      await Promise.resolve();
      undone += 1;
    };
    stack.offer(offer("a", 10_000, slow));
    stack.offer(offer("b", 10_000, slow));
    await Promise.all([stack.undo(1), stack.undo(1)]);
    expect(undone).toBe(1);
    expect(stack.latest(1)?.id).toBe("a");
  });

  test("if it cannot be taken back, says why and keeps the offer", async () => {
    const stack = new UndoStack();
    stack.offer(
      offer("a", 10_000, async () => {
        throw new Error("it has left");
      }),
    );
    await stack.undo(1);
    expect(stack.problem).toBe("it has left");
    expect(stack.latest(1)?.id).toBe("a");
  });

  test("pressed before the answer is there takes back that approval, not the one before", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    stack.offer(offer("a", 10_000, async () => void undone.push("a")));
    const answered = stack.begin();
    expect(stack.ready(1)).toBe(true);
    await stack.undo(1);
    expect(undone).toEqual([]);
    stack.offer(offer("b", 10_000, async () => void undone.push("b")));
    answered();
    await vi.waitFor(() => expect(stack.latest(2)?.id).toBe("a"));
    expect(undone).toEqual(["b"]);
  });

  test("pressed for an approval that came to nothing takes back nothing", async () => {
    const stack = new UndoStack();
    let undone = 0;
    const count = async () => {
      undone += 1;
    };
    stack.offer(offer("a", 10_000, count));
    const answered = stack.begin();
    await stack.undo(1);
    answered();
    stack.offer(offer("b", 10_000, count));
    expect(undone).toBe(0);
  });

  test("the button beside an approval takes back that one while another is under way", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    stack.offer(offer("a", 10_000, async () => void undone.push("a")));
    const drawn = stack.latest(1);
    const answered = stack.begin();
    if (drawn) await stack.undoThis(drawn, 1);
    expect(undone).toEqual(["a"]);
    stack.offer(offer("b", 10_000, async () => void undone.push("b")));
    answered();
    expect(undone).toEqual(["a"]);
    expect(stack.latest(1)?.id).toBe("b");
  });

  test("a press for what is under way is kept while another is still being taken back", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    let done = () => {};
    const slow = () =>
      new Promise<void>((resolve) => {
        done = () => {
          undone.push("a");
          resolve();
        };
      });
    stack.offer(offer("a", 10_000, slow));
    const first = stack.undo(1);
    const answered = stack.begin();
    await stack.undo(1);
    stack.offer(offer("b", 10_000, async () => void undone.push("b")));
    answered();
    expect(undone).toEqual([]);
    done();
    await first;
    expect(undone).toEqual(["a", "b"]);
  });

  test("forgets what is over", () => {
    const stack = new UndoStack();
    stack.offer(offer("a", 10_000));
    stack.expire(10_001);
    expect(stack.latest(0)).toBeUndefined();
  });

  test("pressed before a batch is answered, takes back its newest once all of it is there", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    stack.offer(offer("before", 10_000, async () => void undone.push("before")));
    const answered = stack.begin();
    await stack.undo(1);
    stack.offer(offer("a", 10_000, async () => void undone.push("a")));
    stack.offer(offer("b", 10_000, async () => void undone.push("b")));
    expect(undone).toEqual([]);
    answered();
    await vi.waitFor(() => expect(undone).toEqual(["b"]));
    expect(stack.latest(1)?.id).toBe("a");
  });

  test("pressed before an approval that then fails, takes back nothing else", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    stack.offer(offer("before", 10_000, async () => void undone.push("before")));
    const answered = stack.begin();
    await stack.undo(1);
    answered();
    await Promise.resolve();
    expect(undone).toEqual([]);
  });

  test("one that is gone by its turn holds up none that waits behind it", async () => {
    const stack = new UndoStack();
    const undone: string[] = [];
    let release = () => {};
    const slow = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    const [a, b, c] = [
      offer("a", 10_000, slow),
      offer("b", 10_000, async () => void undone.push("b")),
      offer("c", 10_000, async () => void undone.push("c")),
    ];
    for (const each of [a, b, c]) stack.offer(each);
    const first = stack.undoThis(a, 5_000);
    await stack.undoThis(b, 5_000);
    await stack.undoThis(c, 5_000);
    stack.drop("b");
    release();
    await first;
    expect(undone).toEqual(["c"]);
    expect(stack.open(5_000)).toBe(0);
  });
});
