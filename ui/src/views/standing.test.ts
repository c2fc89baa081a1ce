// What a view keeps for its next start: which list, what was picked, what is chosen; never a word
// somebody typed to find it.

import { beforeEach, expect, test } from "vitest";
import { forgetStands, keptStand, writeDown } from "../shared/stand";
import { useDesk } from "../test-desk";
import { ActivityState } from "./activity/activity.svelte";
import { SearchState } from "./activity/search.svelte";
import { InboxState } from "./inbox/inbox.svelte";
import { SuppressionsState } from "./suppressions/suppressions.svelte";

const desk = useDesk();
const WHOM = "bea@acme.example";
const AT = { row: "row_3", index: 3, past: 0 };

beforeEach(() => void desk.opened());

/** Everything this machine keeps once the view was left there. */
function kept(view: { remember(): void; scrolled(to: typeof AT): void }): string {
  view.scrolled(AT);
  view.remember();
  writeDown();
  forgetStands();
  return JSON.stringify({ ...localStorage });
}

test("of the activity all but the address is kept", () => {
  const view = new ActivityState();
  view.show("sent");
  view.rule = "first_contact";
  view.contact = WHOM;
  view.chosen = "sub_1";
  expect(kept(view)).not.toContain("bea@");
  expect(keptStand("activity")).toMatchObject({ filter: "sent", rule: "first_contact" });
  expect(new ActivityState()).toMatchObject({ contact: "", chosen: "sub_1", filter: "sent" });
});

test("of a search its words go, and the find that was open with them", () => {
  const view = new SearchState();
  view.type(`to:${WHOM}`);
  view.ask();
  view.chosen = "rcv_1";
  expect(kept(view)).not.toContain("bea@");
  expect(new SearchState()).toMatchObject({ typed: "", asked: "", chosen: null });
});

test("of the inbox the words go, and what was picked and chosen stays", () => {
  const view = new InboxState();
  view.show("unread");
  view.type(`from:${WHOM}`);
  view.ask();
  view.choose("con_3");
  expect(kept(view)).not.toContain("bea@");
  expect(new InboxState()).toMatchObject({ typed: "", words: "", tab: "unread", chosen: "con_3" });
});

test("of the suppressions the words go", () => {
  const view = new SuppressionsState();
  view.tab = "agreed";
  view.search = WHOM;
  view.asked = WHOM;
  view.chosen = "17";
  expect(kept(view)).not.toContain("bea@");
  expect(new SuppressionsState()).toMatchObject({ search: "", asked: "", tab: "agreed" });
});

test("with nothing typed a list is as far down as it was", () => {
  for (const [at, make] of [
    () => new ActivityState(),
    () => new SearchState(),
    () => new InboxState(),
    () => new SuppressionsState(),
  ].entries()) {
    kept(make());
    expect(make().depth, String(at)).toMatchObject(AT);
  }
});
