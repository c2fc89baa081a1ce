# A LangChain tool: the model asks, Sendoff decides, and what it decided is what the model reads.
# `pip install langchain-core`
import json
import urllib.error
import urllib.request

from langchain_core.tools import tool


@tool
def send_followup_email(to: str, subject: str, body: str, reason: str) -> dict:
    """Send a follow-up email. A person may have to approve it; read `next` and do what it says."""
    request = urllib.request.Request(
        "http://127.0.0.1:7411/v1/submissions",
        headers={
            "Authorization": "Bearer so_live_TOKEN",
            "Content-Type": "application/json",
        },
        data=json.dumps({
            "mailbox": "you@example.com",
            "to": [to],
            "subject": subject,
            "text": body,
            "reason": reason,
        }).encode(),
    )
    try:
        with urllib.request.urlopen(request) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        return {"state": "refused", "code": problem["code"], "message": problem["detail"]}
    primary = answer["decision"]["primary"]
    return {
        "id": answer["id"],
        "state": answer["state"],
        "because": primary and primary["sentence"],
        "next": answer["next"],
    }
