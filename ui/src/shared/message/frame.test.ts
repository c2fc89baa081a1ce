import { describe, expect, test } from "vitest";
import { sealedDocument } from "./frame";

describe("the document around a stranger's HTML", () => {
  const sealed = sealedDocument("<p>x</p>");

  // `domain::sight` says by these what is hidden: another ink would hide what nobody is warned of.
  test("is black on white, and so are its links", () => {
    expect(sealed).toContain("html{background:#fff}");
    expect(sealed).toContain("color:#000;");
    expect(sealed).toContain("a{color:inherit;");
  });

  test("lights up whatever the engine marks as hidden", () => {
    for (const mark of [
      "[hidden]",
      '[style*="--hidden"]',
      '[color="hidden"]',
      '[bgcolor="hidden"]',
    ]) {
      expect(sealed).toContain(mark);
    }
  });
});
