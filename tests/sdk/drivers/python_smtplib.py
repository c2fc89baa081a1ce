"""Drives Python's own `smtplib`: one JSON line in, one message, one JSON line out.

SENDOFF_SMTP names the door, as `SMTP_HOST` and `SMTP_PORT` would.
"""

import base64
import json
import os
import re
import smtplib
import sys
from email.message import EmailMessage

HOST, PORT = os.environ["SENDOFF_SMTP"].rsplit(":", 1)


class Listening(smtplib.SMTP):
    """Keeps what the server said to the message, which `sendmail` throws away."""

    said = None

    def data(self, msg):
        self.said = super().data(msg)
        return self.said


def message(letter):
    mail = EmailMessage()
    for header, name in [("From", "from"), ("To", "to"), ("Subject", "subject")]:
        mail[header] = letter[name]
    for header, value in letter.get("headers", {}).items():
        mail[header] = value
    mail.set_content(letter["text"])
    if "html" in letter:
        mail.add_alternative(letter["html"], subtype="html")
    for file in letter.get("files", []):
        main, sub = file["type"].split("/")
        content = base64.b64decode(file["base64"])
        mail.add_attachment(content, maintype=main, subtype=sub, filename=file["name"])
    return mail


def send(letter, timeout_ms=30_000, user="hello@example.test", tls=False, port=PORT):
    # A name of its own spares it a look-up.
    with Listening(HOST, int(port), local_hostname="client.example", timeout=timeout_ms / 1000) as smtp:
        if tls:
            smtp.starttls()
        smtp.login(user, os.environ["SENDOFF_TOKEN"])
        smtp.send_message(message(letter))
        return smtp.said


def refused(error):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (code, text), *_ = error.recipients.values()
    else:
        code, text = getattr(error, "smtp_code", 0), getattr(error, "smtp_error", str(error))
    text = text.decode() if isinstance(text, bytes) else text
    return {"ok": False, "status": code, "name": type(error).__name__, "message": text}


for line in sys.stdin:
    asked = json.loads(line)
    asked.pop("call")
    try:
        code, text = send(**asked)
        text = text.decode()
        found = re.search(r"sub_[0-9a-f]+", text)
        said = {"ok": True, "id": found and found[0], "status": code, "message": text}
    except (smtplib.SMTPException, OSError) as error:
        said = refused(error)
    print(json.dumps(said), flush=True)
