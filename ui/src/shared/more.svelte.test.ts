import { cleanup, render, screen } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import More from "./More.svelte";

afterEach(cleanup);

function open(shown: number, total: number, end: "more" | "last" | "full") {
  const looks: number[][] = [];
  const rows = Array.from({ length: shown }, (_, at) => at);
  const look = (...to: number[]) => void looks.push(to);
  const { container } = render(More, { list: { rows, total, end, look } });
  return { text: container.textContent?.trim(), looks };
}

test("below a list stands how many of all there are, and the next are asked for", () => {
  const { text, looks } = open(100, 1_204, "more");
  expect(text).toContain("100 of 1,204");
  screen.getByRole("button", { name: "More" }).click();
  expect(looks).toEqual([[0, 200]]);
});

test("where nobody knows how many there are, nothing is said of it", () => {
  expect(open(100, 100, "more").text).toBe("More");
});

test("below a whole list stands nothing", () => {
  expect(open(7, 7, "last").text).toBe("");
});

test("below a list that holds no more stands where the rest is, and nothing to press", () => {
  expect(open(200, 200, "full").text).toBe("A list holds 200 rows.");
  expect(screen.queryByRole("button")).toBeNull();
  cleanup();
  expect(open(0, 0, "full").text, "none of them came").toBe("");
});
