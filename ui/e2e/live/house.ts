// A data folder of its own and `sendoff devhost` over it, for one test file.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

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
  await withPassphrase(["init", "--data", data, "--passphrase-fd", "0"]);
  const child = spawn(BINARY, ["devhost", "--data", data, "--port", "0", "--passphrase-fd", "0"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(PASSPHRASE);
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

async function withPassphrase(args: string[]): Promise<void> {
  const run = promisify(execFile)(BINARY, args);
  run.child.stdin?.end(PASSPHRASE);
  await run;
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
