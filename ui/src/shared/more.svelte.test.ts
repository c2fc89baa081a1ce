import { cleanup, render, screen } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import More from "./More.svelte";

afterEach(cleanup);

function open(shown: number, total: number, ended: boolean) {
  const looks: number[][] = [];
  const rows = Array.from({ length: shown }, (_, at) => at);
  const look = (...to: number[]) => void looks.push(to);
  const { container } = render(More, { list: { rows, total, ended, look } });
  return { text: container.textContent?.trim(), looks };
}

test("below a list stands how many of all there are, and the next are asked for", () => {
  const { text, looks } = open(100, 1_204, false);
  expect(text).toContain("100 of 1,204");
  screen.getByRole("button", { name: "More" }).click();
  expect(looks).toEqual([[0, 200]]);
});

test("where nobody knows how many there are, nothing is said of it", () => {
  expect(open(100, 100, false).text).toBe("More");
});

test("below a whole list stands nothing", () => {
  expect(open(7, 7, true).text).toBe("");
});
