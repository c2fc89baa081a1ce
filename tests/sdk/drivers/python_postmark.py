"""Drives the unmodified `postmark-python` client from PyPI: one JSON line in, one call, one out."""

import asyncio
import json
import os
import sys

from postmark import ServerClient
from postmark.exceptions import PostmarkException


def message(letter):
    return {
        "From": letter["from"],
        "To": letter["to"],
        "Subject": letter["subject"],
        "TextBody": letter["text"],
        "Attachments": [
            {"Name": file["name"], "Content": file["base64"], "ContentType": file["type"]}
            for file in letter.get("files", [])
        ],
    }


async def answer(call, letter=None, letters=None, timeout_ms=5_000):
    # It retries a timeout by itself, three times, and sends no key.
    client = ServerClient(
        os.environ["SENDOFF_TOKEN"],
        base_url=os.environ["SENDOFF_URL"],
        timeout=timeout_ms / 1000,
    )
    async with client:
        if call == "send":
            sent = await client.outbound.send(message(letter))
            return {"ok": True, "id": sent.message_id, "message": sent.message}
        if call == "batch":
            rows = await client.outbound.send_batch([message(one) for one in letters])
            return {"ok": True, "answer": {"data": [row.model_dump(mode="json", by_alias=True) for row in rows]}}
        server = await client.server.get()
        return {"ok": True, "answer": server.model_dump(mode="json", by_alias=True)}


for line in sys.stdin:
    try:
        said = asyncio.run(answer(**json.loads(line)))
    except PostmarkException as error:
        said = {
            "ok": False,
            "status": error.http_status,
            "code": error.error_code,
            "name": type(error).__name__,
            "message": error.message,
            "recipients": getattr(error, "inactive_recipients", None),
        }
    print(json.dumps(said), flush=True)
