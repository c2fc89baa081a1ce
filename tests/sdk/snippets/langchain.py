# LangChain tools: the model asks, Sendoff decides, and what it decided is what the model reads.
# `pip install langchain-core`
import hashlib
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

from langchain_core.tools import tool


def sendoff(path, ask=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:7411/v1/submissions{path}",
        headers={
            "Authorization": "Bearer so_live_TOKEN",
            "Content-Type": "application/json",
        },
        data=json.dumps(ask).encode() if ask else None,
    )
    try:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            return {"state": "refused", "code": problem["code"], "message": problem["detail"]}
    except (OSError, http.client.HTTPException, ValueError) as error:
        # No answer, half of one, or somebody else's: nothing here may end the run.
        message = f"No answer came ({error}). Ask once more with the same words: it is sent once."
        return {"state": "unknown", "message": message}
    primary = answer["decision"]["primary"]
    return {
        "id": answer["id"],
        "state": answer["state"],
        "because": primary and primary["sentence"],
        "review": answer.get("review"),
        "replayed": answer.get("replayed", False),  # true: these words were asked before
        "next": answer["next"],
    }


@tool
def send_followup_email(to: str, subject: str, body: str, reason: str) -> dict:
    """Send a follow-up email. A person may have to approve it; read `next` and do what it says."""
    ask = {
        "mailbox": "you@example.com",
        "to": [to],
        "subject": subject,
        "text": body,
        "reason": reason,
    }
    # The same words are the same email, however often the model asks.
    ask["dedupe_key"] = hashlib.sha256(json.dumps(ask).encode()).hexdigest()
    return sendoff("", ask)


@tool
def check_followup_email(id: str) -> dict:
    """What became of a follow-up email: its state, and what a person said about it."""
    return sendoff("/" + urllib.parse.quote(id, safe=""))
