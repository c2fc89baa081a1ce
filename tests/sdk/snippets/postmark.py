# Code written for Postmark: point its client here. `pip install postmark-python`
import asyncio

from postmark import ServerClient


async def main():
    async with ServerClient("so_live_TOKEN", base_url="http://127.0.0.1:7411") as client:
        sent = await client.outbound.send({
            "sender": "you@example.com",
            "to": "dana@example.net",
            "subject": "Tuesday",
            "text_body": "Hello Dana,\n\nshall we talk on Tuesday?\n",
        })
        print(sent.message_id, sent.message)


asyncio.run(main())
