"""Drives the unmodified MCP client of the Python SDK: one JSON line in, one call, one JSON line out.

It speaks the newest version of the protocol, without a session. With SENDOFF_STDIO it starts
`sendoff mcp`, as an assistant would; else it speaks HTTP.
"""

import asyncio
import json
import os
import sys
from urllib.parse import urlsplit

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

URL, TOKEN = os.environ["SENDOFF_URL"], os.environ["SENDOFF_TOKEN"]


def server():
    if "SENDOFF_STDIO" in os.environ:
        words = ["mcp", "--http", urlsplit(URL).netloc]
        env = {"SENDOFF_TOKEN": TOKEN, "PATH": os.environ["PATH"]}
        return StdioServerParameters(command=os.environ["SENDOFF_STDIO"], args=words, env=env)
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    return streamable_http_client(f"{URL}/mcp", http_client=http)


def plain(model):
    return model.model_dump(mode="json", by_alias=True)


async def answer(client, call, name=None, args=None):
    if call == "server":
        said = plain(client.server_info) | {"version_spoken": client.protocol_version}
        return {"ok": True, "answer": said}
    if call == "tools":
        return {"ok": True, "answer": plain(await client.list_tools())}
    said = plain(await client.call_tool(name, args))
    content = said.get("structuredContent") or {}
    return {
        "ok": not said.get("isError"),
        "id": content.get("id"),
        "message": said["content"][0]["text"],
        "answer": said,
    }


async def one(asked, timeout_ms=60_000):
    # A connection per call: nothing may hang on the one before.
    async with asyncio.timeout(timeout_ms / 1000), Client(server()) as client:
        return await answer(client, **asked)


for line in sys.stdin:
    asked = json.loads(line)
    limits = {name: asked.pop(name) for name in ["timeout_ms"] if name in asked}
    try:
        said = asyncio.run(one(asked, **limits))
    except BaseException as error:  # an error inside comes out as a group of them
        said = {"ok": False, "status": 0, "name": type(error).__name__, "message": repr(error)}
    print(json.dumps(said), flush=True)
