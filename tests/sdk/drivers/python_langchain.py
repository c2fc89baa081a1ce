"""Calls the tool of `snippets/langchain.py` as a model's tool call is carried out, for each JSON
line of arguments, and prints the tool message the model would read."""

import json
import os
import runpy
import sys

tool = runpy.run_path(os.environ["SNIPPET"])["send_followup_email"]
for line in sys.stdin:
    call = {"name": tool.name, "args": json.loads(line)["letter"], "id": "call_1", "type": "tool_call"}
    message = tool.invoke(call)
    print(json.dumps({"ok": True, "type": message.type, "answer": json.loads(message.content)}), flush=True)
