import { beforeEach, expect, test } from "vitest";
import { DRAFTS_MAX, Drafts } from "./drafts";

beforeEach(() => localStorage.clear());

test("an answer begun is there again in the next window, word for word", () => {
  new Drafts().keep("con_1", { message: "inb_1", text: "Hello,\n\nit", to: "a@b.example" });
  expect(new Drafts().of("con_1")).toEqual({
    message: "inb_1",
    text: "Hello,\n\nit",
    to: "a@b.example",
  });
  expect(new Drafts().of("con_2")).toBeUndefined();
});

test("what is sent, thrown away or empty is kept nowhere", () => {
  const drafts = new Drafts();
  drafts.keep("con_1", { message: "inb_1", text: "Hello" });
  drafts.drop("con_1");
  drafts.keep("con_2", { message: "inb_2", text: "Hello" });
  drafts.keep("con_2", { message: "inb_2", text: " \n" });
  expect(new Drafts().of("con_1")).toBeUndefined();
  expect(new Drafts().of("con_2")).toBeUndefined();
});

test("of too many, the one touched longest ago goes", () => {
  const drafts = new Drafts();
  for (let each = 1; each <= DRAFTS_MAX; each += 1) {
    drafts.keep(`con_${each}`, { message: "inb", text: "x" });
    drafts.keep("con_0", { message: "inb_0", text: `again ${each}` });
  }
  expect(new Drafts().of("con_1")).toBeUndefined();
  expect(new Drafts().of("con_2")).toBeDefined();
  expect(new Drafts().of("con_0")).toBeDefined();
});

test("nonsense in the store begins anew", () => {
  localStorage.setItem("sendoff.answers", '{"con_1":{"message":3},"con_2":"x","con_3":null}');
  const drafts = new Drafts();
  expect(drafts.of("con_1")).toBeUndefined();
  expect(drafts.of("con_2")).toBeUndefined();
});
