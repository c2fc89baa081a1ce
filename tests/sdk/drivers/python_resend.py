"""Drives the unmodified `resend` client from PyPI: one JSON line in, one call, one JSON line out.

RESEND_API_URL points it to the door, as its users would.
"""

import base64
import json
import os
import sys

import resend
from resend.exceptions import ResendError
from resend.http_client_requests import RequestsClient

resend.api_key = os.environ["SENDOFF_TOKEN"]


def email(letter):
    params = {k: v for k, v in letter.items() if k in ("from", "to", "cc", "subject", "text", "html")}
    # A list of numbers, as its own documentation has it.
    params["attachments"] = [
        {"filename": file["name"], "content": list(base64.b64decode(file["base64"]))}
        for file in letter.get("files", [])
    ]
    if "send_at" in letter:
        params["scheduled_at"] = letter["send_at"]
    return params


def send(letter, key=None, timeout_ms=30_000):
    resend.default_http_client = RequestsClient(timeout=timeout_ms / 1000)
    return resend.Emails.send(email(letter), {"idempotency_key": key} if key else None)


CALLS = {
    "send": send,
    "batch": lambda letters, mode: resend.Batch.send(
        [email(letter) for letter in letters], {"batch_validation": mode}
    ),
    "show": lambda id: resend.Emails.get(email_id=id),
    "cancel": lambda id: resend.Emails.cancel(email_id=id),
    "list": lambda limit: resend.Emails.list({"limit": limit}),
    "received": lambda limit: resend.Emails.Receiving.list({"limit": limit}),
    "reschedule": lambda id, at: resend.Emails.update({"id": id, "scheduled_at": at}),
}

for line in sys.stdin:
    asked = json.loads(line)
    call = asked.pop("call")
    try:
        answer = dict(CALLS[call](**asked))
        said = {"ok": True, "id": answer.get("id"), "headers": answer.get("http_headers"), "answer": answer}
    except ResendError as error:
        said = {
            "ok": False,
            "status": error.code,
            "name": error.error_type,
            "message": error.message,
            "kind": type(error).__name__,
            "headers": {name.lower(): value for name, value in error.headers.items()},
        }
    print(json.dumps(said), flush=True)
