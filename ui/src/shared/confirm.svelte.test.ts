// A second thought that is left while what it asked about is on its way.

import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import Confirm from "./Confirm.svelte";
import { toast } from "./toast.svelte";

afterEach(() => {
  cleanup();
  toast.close();
});

/** One whose act is under way; `answer` ends it. */
function asked() {
  const onclose = vi.fn();
  let [resolve, reject]: [() => void, (why: Error) => void] = [() => {}, () => {}];
  const answered = new Promise<void>((done, failed) => {
    [resolve, reject] = [done, failed];
  });
  const children = createRawSnippet(() => ({ render: () => "<p>It cannot be taken back.</p>" }));
  const run = () => answered;
  const { unmount } = render(Confirm, { title: "Sure?", verb: "Do it", run, onclose, children });
  screen.getByRole("button", { name: "Do it", hidden: true }).click();
  return { resolve, reject, onclose, unmount };
}
const settled = () => new Promise((later) => setTimeout(later));

test("one that was answered closes itself, and one that failed stays and says so", async () => {
  const one = asked();
  one.resolve();
  await waitFor(() => expect(one.onclose).toHaveBeenCalledOnce());
  cleanup();
  const other = asked();
  other.reject(new Error("the disk is full"));
  await screen.findByText("Not done: the disk is full");
  expect(other.onclose).not.toHaveBeenCalled();
  expect(toast.text).toBe("");
});

test("one that was left closes nothing that was opened since", async () => {
  const { onclose, resolve, unmount } = asked();
  unmount();
  resolve();
  await settled();
  expect(onclose).not.toHaveBeenCalled();
  expect(toast.text).toBe("");
});

test("a failure after it was left is said all the same", async () => {
  const { reject, unmount } = asked();
  unmount();
  reject(new Error("the disk is full"));
  await waitFor(() => expect(toast.text).toBe("Not done: the disk is full"));
});
