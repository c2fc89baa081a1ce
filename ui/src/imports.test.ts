// @vitest-environment node

// The import rule of the house: shared ← views; views do not know each other; data stands on host
// and bindings; only host/tauri.ts knows Tauri; only what chooses the host knows the demo.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = `${import.meta.dirname}/`;

const ALLOWED: Record<string, readonly string[]> = {
  bindings: ["bindings"],
  host: ["host", "bindings"],
  data: ["data", "host", "bindings"],
  shared: ["shared", "bindings"],
  frame: ["frame", "shared", "data", "bindings", "views"],
  views: ["shared", "data", "bindings"],
};

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (file) => /\.(ts|svelte)$/.test(file) && !/\.test\.ts$|^test-(?:setup|desk)\./.test(file),
);

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8");
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^;"]*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const inside = (file: string, path: string) => normalize(join(dirname(file), path));
const area = (file: string) => file.split("/")[0] ?? "";
const view = (file: string) => (area(file) === "views" ? (file.split("/")[1] ?? "") : "");

test("every file imports only from where it may", () => {
  const wrong: string[] = [];
  for (const file of files) {
    const allowed = ALLOWED[area(file)];
    if (!allowed) continue;
    for (const path of importsOf(file)) {
      if (!path.startsWith(".")) continue;
      const target = inside(file, path);
      const ownDemo = file.startsWith("host/demo/") && target === "shared/diff";
      const same = view(file) !== "" && view(target) === view(file);
      const table = file === "views/index.ts";
      if (allowed.includes(area(target)) || same || table || ownDemo) continue;
      wrong.push(`${file} imports ${relative(SRC, join(SRC, target))}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("only host/tauri.ts knows Tauri", () => {
  const who = files.filter((file) =>
    importsOf(file).some((path) => path.startsWith("@tauri-apps/")),
  );
  expect(who).toEqual(["host/tauri.ts"]);
});

test("only what chooses the host knows the demo", () => {
  const who = files.filter(
    (file) =>
      !file.startsWith("host/demo/") && importsOf(file).some((path) => path.includes("demo/")),
  );
  expect(who).toEqual(["host/choose.ts"]);
});

test("packages are few, and each has its place", () => {
  const packages = new Set(
    files
      .flatMap(importsOf)
      .filter((path) => !path.startsWith("."))
      .map((path) => {
        const [scope, name] = path.split("/");
        return path.startsWith("@") ? `${scope}/${name}` : scope;
      }),
  );
  expect([...packages].sort()).toEqual(["@tauri-apps/api", "diff", "svelte"]);
});
