"""Drives `swaks` as Debian has it: one JSON line in, one run, one JSON line out."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from email.header import Header

SERVER, PORT = os.environ["SENDOFF_SMTP"].rsplit(":", 1)


def address(text):
    return re.sub(r".*<(.*)>", r"\1", text)


def typed(text):
    """As a person must type it: swaks sends headers as they are (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=0).encode()


def named(text):
    name, found, rest = text.partition("\" <")
    return f"{typed(name.lstrip(chr(34)))} <{rest}" if found and not text.isascii() else text


def run(letter, folder, user="hello@example.test", timeout_ms=30_000, port=PORT):
    words = ["swaks", "--server", SERVER, "--port", port, "--helo", "client.example"]
    words += ["--auth", "PLAIN", "--auth-user", user, "--auth-password", os.environ["SENDOFF_TOKEN"]]
    words += ["--timeout", f"{max(1, timeout_ms // 1000)}s"]
    words += ["--from", address(letter["from"]), "--to", address(letter["to"])]
    shown = {"From": letter["from"], "To": named(letter["to"]), "Subject": typed(letter["subject"])}
    for name, value in shown.items():
        words += ["--header", f"{name}: {value}"]
    for name, value in letter.get("headers", {}).items():
        # As it writes the header itself, or there would be two.
        words += ["--header", f"{name.replace('-ID', '-Id')}: {value}"]
    words += ["--body", letter["text"]]
    for index, file in enumerate(letter.get("files", [])):
        path = os.path.join(folder, str(index))
        with open(path, "wb") as out:
            out.write(base64.b64decode(file["base64"]))
        words += ["--attach-type", file["type"], "--attach-name", typed(file["name"]), "--attach", f"@{path}"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


for line in sys.stdin:
    asked = json.loads(line)
    asked.pop("call")
    with tempfile.TemporaryDirectory() as folder:
        ran = run(folder=folder, **asked)
    # `<-` and `<~` stand before what the server said; `**` before a line that was an error.
    replies = re.findall(r"^<(?:-|~|\*\*|~\*)\s+(\d{3})[ -](.*)$", ran.stdout, re.MULTILINE)
    # The last word is the goodbye; the one before it is about the message, or what stopped it.
    told = [reply for reply in replies if not reply[0].startswith("221")]
    code, text = told[-1] if told else ("0", ran.stderr)
    found = re.search(r"sub_[0-9a-f]+", text)
    said = {"ok": ran.returncode == 0, "id": found and found[0], "status": int(code), "name": str(ran.returncode), "message": text}
    print(json.dumps(said), flush=True)
