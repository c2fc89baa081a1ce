// A data folder of its own and `sendoff devhost` over it, for one test file.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY =
  process.env.SENDOFF_BIN ?? new URL("../../../target/debug/sendoff", import.meta.url).pathname;
const PASSPHRASE = "correct horse battery staple\n";

export type House = { window: string; api: string; close: () => Promise<void> };

/** Starts it; resolves when it says that it is ready. */
export async function openHouse(): Promise<House> {
  if (!existsSync(BINARY)) {
    throw new Error(
      `there is no ${BINARY}: cargo build -p sendoff --features devhost, or name one in SENDOFF_BIN`,
    );
  }
  const parent = await mkdtemp(join(tmpdir(), "sendoff-ui-"));
  const data = join(parent, "data");
  const passphrase = join(parent, "passphrase");
  await writeFile(passphrase, PASSPHRASE, { mode: 0o600 });
  await run(["init", "--data", data, "--passphrase-fd", "0"], passphrase).ended;
  const { child } = run(
    ["devhost", "--data", data, "--port", "0", "--passphrase-fd", "0"],
    passphrase,
  );
  const [api, window] = await ready(child);
  return {
    api,
    window,
    async close() {
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await gone;
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/** Starts it with the passphrase as its standard input. */
function run(args: string[], passphrase: string) {
  const input = openSync(passphrase, "r");
  const child = spawn(BINARY, args, { stdio: [input, "pipe", "inherit"] });
  closeSync(input);
  const ended = new Promise<void>((done, fail) => {
    child.once("error", fail);
    child.once("exit", (code) =>
      code === 0 ? done() : fail(new Error(`sendoff ${args[0]} ended with ${code}`)),
    );
  });
  // Whoever does not wait for the end is told by its own means.
  ended.catch(() => {});
  return { child, ended };
}

function ready(child: ChildProcess): Promise<[api: string, window: string]> {
  return new Promise((done, fail) => {
    child.once("exit", (code) => fail(new Error(`sendoff devhost ended with ${code}`)));
    if (!child.stdout) return fail(new Error("sendoff devhost says nothing"));
    createInterface(child.stdout).on("line", (line) => {
      const said = /^ready http=(\S+) dev=(\S+)/.exec(line);
      if (said) done([said[1] ?? "", said[2] ?? ""]);
    });
  });
}
