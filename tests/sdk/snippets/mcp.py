# An assistant of your own over MCP. `pip install mcp httpx2`
import asyncio

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main():
    http = httpx2.AsyncClient(headers={"Authorization": "Bearer so_live_TOKEN"}, timeout=60)
    async with Client(streamable_http_client("http://127.0.0.1:7411/mcp", http_client=http)) as client:
        sent = await client.call_tool("send_email", {
            "mailbox": "you@example.com",
            "to": ["dana@example.net"],
            "subject": "Tuesday",
            "text": "Hello Dana,\n\nshall we talk on Tuesday?\n",
            "reason": "Dana asked for a call",
            "dedupe_key": "tuesday-1",  # a repeat with the same key never sends twice
        })
        print(sent.content[0].text)  # sub_… is held. …


asyncio.run(main())
