# The agents' own door: plain JSON, a decision in every answer.
import json
import urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:7411/v1/submissions",
    headers={
        "Authorization": "Bearer so_live_TOKEN",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "mailbox": "you@example.com",
        "to": ["dana@example.net"],
        "subject": "Tuesday",
        "text": "Hello Dana,\n\nshall we talk on Tuesday?\n",
        "reason": "Dana asked for a call",
        "dedupe_key": "tuesday-1",  # a repeat with the same key never sends twice
    }).encode(),
)
with urllib.request.urlopen(request) as response:
    answer = json.load(response)
print(answer["id"], answer["state"], answer["next"]["message"])
