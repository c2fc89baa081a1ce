import { expect, test } from "vitest";
import { differs } from "./links";

test.each([
  ["bank.example", "https://bank.example/login"],
  ["bank.example", "https://www.bank.example:8443/login"],
  ["https://Bank.example", "https://bank.EXAMPLE/"],
  ["lena@bank.example", "mailto:lena@bank.example?subject=Hello"],
  ["read it here", "https://anywhere.example/"],
])("`%s` is where %s goes", (text, target) => {
  expect(differs(text, target)).toBe(false);
});

test.each([
  ["bank.example", "https://evilbank.example/login"],
  ["bank.example", "https://evil-bank.example/login"],
  ["bank.example", "https://bank.example.evil.test/"],
  ["bank.example", "https://bank.example@evil.test/"],
  ["www.bank.example", "https://bank.test/"],
  ["lena@bank.example", "mailto:lena@evilbank.example"],
  ["bank.example", "no address at all"],
])("`%s` is not where %s goes", (text, target) => {
  expect(differs(text, target)).toBe(true);
});
