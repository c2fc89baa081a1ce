// Drives the unmodified `resend-mcp` server from npm through the official MCP client over stdio.
// Nothing of it is changed: RESEND_BASE_URL points the client inside it to the door.
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const client = new Client({ name: "sendoff-tests", version: "1.0.0" });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [fileURLToPath(new URL("index.js", import.meta.resolve("resend-mcp")))],
    env: { ...process.env, RESEND_API_KEY: process.env.SENDOFF_TOKEN },
    stderr: "inherit",
  }),
);

const calls = {
  send: ({ letter: { from, to, subject, text, files = [] } }) =>
    client.callTool({
      name: "send-email",
      arguments: {
        from,
        to: [to],
        subject,
        text,
        ...(files.length && {
          attachments: files.map(({ name, base64, path }) => ({
            filename: name,
            ...(path ? { filePath: path } : { content: base64 }),
          })),
        }),
      },
    }),
  show: ({ id }) => client.callTool({ name: "get-email", arguments: { id } }),
  cancel: ({ id }) => client.callTool({ name: "cancel-email", arguments: { id } }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line);
  const { content, isError } = await calls[call](args);
  const message = content.map(({ text }) => text).join("\n");
  const id = message.match(/sub_[0-9a-f]{32}/)?.[0];
  console.log(JSON.stringify({ ok: !isError, id, message }));
}
await client.close();
