import { expect, test } from "vitest";
import type { SubmissionDetail } from "../../bindings";
import { demoHost } from "../../host/demo/host";
import { whatChanged } from "./changes";
import { snoozeChoices } from "./snooze";

function shown(): SubmissionDetail {
  const [first] = demoHost().world.subs.values();
  if (!first) throw new Error("the demo is empty");
  return first.detail;
}

test("nothing changed is nothing to say", () => {
  const detail = shown();
  expect(whatChanged(detail, structuredClone(detail))).toBeNull();
  expect(whatChanged(detail, { ...shown(), id: "another" })).toBeNull();
});

test("a decision made elsewhere is told in its own words", () => {
  const detail = shown();
  const now = { ...detail, state: "rejected" as const, state_text: "Rejected by a person." };
  expect(whatChanged(detail, now)).toBe("It changed while you were reading. Rejected by a person.");
});

test("a new version names who wrote it", () => {
  const detail = shown();
  const version = {
    ...(detail.versions[0] as SubmissionDetail["versions"][0]),
    number: 2,
    by: "you",
  };
  const now = { ...detail, version: 2, hash: "0", versions: [...detail.versions, version] };
  expect(whatChanged(detail, now)).toContain("Version 2 was written by you");
});

test("other bytes under the same version are not passed over", () => {
  const detail = shown();
  expect(whatChanged(detail, { ...detail, hash: "0" })).toContain("The message changed");
});

test("no time to snooze until lies after the mail expires", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  const soon = new Date(now + 2 * 3_600_000).toISOString();
  expect(snoozeChoices(now, soon).map(({ title }) => title)).toEqual(["In an hour"]);
  expect(snoozeChoices(now, null).length).toBeGreaterThanOrEqual(3);
  for (const { until } of snoozeChoices(now, null)) expect(Date.parse(until)).toBeGreaterThan(now);
});
