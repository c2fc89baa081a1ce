// The agents' own door: plain JSON, a decision in every answer.
const response = await fetch("http://127.0.0.1:7411/v1/submissions", {
  method: "POST",
  headers: {
    authorization: "Bearer so_live_TOKEN",
    "content-type": "application/json",
  },
  body: JSON.stringify({
    mailbox: "you@example.com",
    to: ["dana@example.net"],
    subject: "Tuesday",
    text: "Hello Dana,\n\nshall we talk on Tuesday?\n",
    reason: "Dana asked for a call",
    dedupe_key: "tuesday-1", // a repeat with the same key never sends twice
  }),
});
console.log(await response.json()); // { id: "sub_…", state: "held", … }
