// An assistant of your own over MCP. `npm install @modelcontextprotocol/sdk`
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "outreach", version: "1" });
await client.connect(
  new StreamableHTTPClientTransport(new URL("http://127.0.0.1:7411/mcp"), {
    requestInit: { headers: { authorization: "Bearer so_live_TOKEN" } },
  }),
);
const sent = await client.callTool({
  name: "send_email",
  arguments: {
    mailbox: "you@example.com",
    to: ["dana@example.net"],
    subject: "Tuesday",
    text: "Hello Dana,\n\nshall we talk on Tuesday?\n",
    reason: "Dana asked for a call",
    dedupe_key: "tuesday-1", // a repeat with the same key never sends twice
  },
});
console.log(sent.structuredContent); // { id: "sub_…", state: "held", … }
await client.close();
