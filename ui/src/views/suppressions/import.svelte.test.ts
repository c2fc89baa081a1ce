// Importing a list: every row is sent once, whatever it holds, and told by its line in the file.

import { expect, test } from "vitest";
import { useDesk } from "../../test-desk";
import { Importing } from "./import.svelte";
import { STRETCH_CHARS, STRETCH_ROWS, stretches } from "./stretches";

const desk = useDesk();
const file = (text: string, size = text.length) => ({
  name: "list.csv",
  size,
  text: () => Promise.resolve(text),
});
/** A list with so many rows below its header; the line of each is part of its address. */
const rows = (count: number) =>
  ["email,note", ...Array.from({ length: count }, (_, at) => `p${at + 2}@acme.example,`)].join(
    "\n",
  );
const sent = () =>
  desk.asks("suppressions.import") as { text: string; header?: string; line: number }[];

test("a long list is sent once, and each stretch with what names its columns", async () => {
  desk.opened();
  const list = rows(STRETCH_ROWS * 2 + 500);
  const importing = new Importing(file(list));
  await importing.run();
  expect(importing).toMatchObject({ share: 1, running: false, failed: "" });
  expect(importing.done).toBe(STRETCH_ROWS * 2 + 500);
  const apart = [...stretches(list)];
  expect(apart.map(({ text }) => text).join("")).toBe(list);
  expect(apart.map(({ header }) => header)).toEqual([undefined, "email,note", "email,note"]);
  expect(new Set(sent().map(({ line }) => line)).size).toBe(3);
  for (const { text, line } of apart.slice(1)) expect(text).toMatch(`p${line + 1}@`);
});

test("what could not be read is told by its line in the file", async () => {
  desk.opened();
  const lines = rows(STRETCH_ROWS * 2).split("\n");
  lines[STRETCH_ROWS + 6] = "nobody,";
  const importing = new Importing(file(lines.join("\n")));
  await importing.run();
  expect(importing.problems.map(({ line }) => line)).toEqual([STRETCH_ROWS + 7]);
});

test("a row is never cut, whatever stands in its quotes", () => {
  const note = 'a,"one ""two""\nthree, four"';
  const list = Array.from({ length: STRETCH_ROWS + 10 }, (_, at) => `p${at}@x.example,${note}`);
  const apart = [...stretches(list.join("\r\n"))];
  expect(apart.length).toBe(2);
  expect(apart[1]?.text).toMatch(/^p1000@/);
  expect(apart[1]?.line, "lines, not rows").toBe(STRETCH_ROWS * 2);
});

test("a quote in the middle of a field opens nothing", () => {
  const list = `a"b@x.example\n${"c@x.example\n".repeat(STRETCH_ROWS * 2)}`;
  expect([...stretches(list)].length).toBe(3);
});

test("rows with much in them make shorter stretches; nothing at all is one that is empty", () => {
  const long = `a@x.example,${"x".repeat(STRETCH_CHARS)}\n`;
  expect([...stretches(long.repeat(3))].length).toBe(3);
  expect([...stretches("")]).toEqual([{ text: "", line: 0, end: 0 }]);
});

test("a file that is too long, or cannot be read, is refused in words", async () => {
  desk.opened();
  const long = new Importing(file("", 17 * 1024 * 1024));
  await long.run();
  expect(long.failed).toBe("a list has at most 16 MB; split the file");
  const gone = new Importing({ ...file(""), text: () => Promise.reject(new Error("it is gone")) });
  await gone.run();
  expect(gone).toMatchObject({ running: false, failed: "the file could not be read" });
  expect(long.running).toBe(false);
  expect(sent()).toEqual([]);
});

test("stopped, nothing more is sent", async () => {
  const importing = new Importing(file(rows(STRETCH_ROWS * 3)));
  desk.opened("ten", {
    "suppressions.import": (_, go) => {
      importing.stop();
      return go();
    },
  });
  await importing.run();
  expect(sent().length).toBe(1);
});
