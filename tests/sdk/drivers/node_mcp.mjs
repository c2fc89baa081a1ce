// Drives the unmodified MCP client of the TypeScript SDK: one JSON line in, one call, one JSON line
// out. With SENDOFF_STDIO it starts `sendoff mcp`, as an assistant would; else it speaks HTTP.
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { SENDOFF_URL, SENDOFF_TOKEN, SENDOFF_STDIO, PATH } = process.env;

function transport() {
  if (SENDOFF_STDIO) {
    return new StdioClientTransport({
      command: SENDOFF_STDIO,
      args: ["mcp", "--http", new URL(SENDOFF_URL).host],
      env: { SENDOFF_TOKEN, PATH },
    });
  }
  return new StreamableHTTPClientTransport(new URL("/mcp", SENDOFF_URL), {
    requestInit: { headers: { Authorization: `Bearer ${SENDOFF_TOKEN}` } },
  });
}

const client = new Client({ name: "proof", version: "1" });
let connected;

const calls = {
  tools: () => client.listTools(),
  server: async () => ({ ...client.getServerVersion(), instructions: client.getInstructions() }),
  // The SDK checks structured content against the output schema of the tool.
  tool: ({ name, args, timeout_ms: timeout = 60_000 }) =>
    client.callTool({ name, arguments: args }, undefined, { timeout }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line);
  let said;
  try {
    connected ??= client.connect(transport());
    await connected;
    if (call === "tool") await (client.listed ??= client.listTools());
    const answer = await calls[call](args);
    const text = answer.content?.[0]?.text;
    said = { ok: !answer.isError, id: answer.structuredContent?.id, message: text, answer };
  } catch (error) {
    said = { ok: false, status: error.code ?? 0, name: error.name, message: error.message };
  }
  console.log(JSON.stringify(said));
}
await client.close();
