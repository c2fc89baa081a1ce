import { render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { expect, test } from "vitest";
import VirtualList from "./VirtualList.svelte";

type Row = { id: string };
const rows = (count: number): Row[] => Array.from({ length: count }, (_, at) => ({ id: `${at}` }));

/** A list of so many rows, begun at one that is gone. */
function open(count: number, end: "more" | "last" | "full") {
  let furthest = 0;
  const props = {
    rows: rows(count),
    total: count,
    end,
    rowRem: 1,
    id: (row: Row) => row.id,
    chosen: null,
    label: "Rows",
    from: { row: "gone", index: 40, past: 0 },
    look: (_first: number, last: number) => {
      furthest = last;
    },
    choose: () => {},
    row: createRawSnippet<[Row, boolean]>((row) => ({ render: () => `<b>${row().id}</b>` })),
  };
  const { rerender } = render(VirtualList<Row>, props);
  return { props, rerender, list: screen.getByRole("listbox"), furthest: () => furthest };
}

test("a row that is gone is sought to the end of the list, and no further", async () => {
  const { props, rerender, list, furthest } = open(60, "last");
  await Promise.resolve();
  const top = list.scrollTop;
  expect(top, "its number stands for it").toBeGreaterThan(0);
  expect(furthest(), "as far down as is in sight").toBeLessThan(150);
  list.scrollTop = 0;
  await rerender({ ...props, rows: rows(61), total: 61 });
  expect(list.scrollTop, "rows that come later move nothing").toBe(0);
});

test("while there is more to come it is sought further down", async () => {
  const { furthest } = open(60, "more");
  await Promise.resolve();
  expect(furthest()).toBeGreaterThan(300);
});

test("a list that holds no more says where the rest is", () => {
  open(60, "full");
  screen.getByText("A list holds 60 rows. Search finds the older ones.");
});
