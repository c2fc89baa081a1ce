"""Calls the tools of `snippets/langchain.py` as a model's tool call is carried out, for each JSON
line of arguments, and prints the tool message the model would read."""

import json
import os
import runpy
import sys

snippet = runpy.run_path(os.environ["SNIPPET"])
tools = {"send": snippet["send_followup_email"], "check": snippet["check_followup_email"]}
for line in sys.stdin:
    asked = json.loads(line)
    tool = tools[asked["call"]]
    call = {"name": tool.name, "args": asked["letter"], "id": "call_1", "type": "tool_call"}
    message = tool.invoke(call)
    print(json.dumps({"ok": True, "type": message.type, "answer": json.loads(message.content)}), flush=True)
