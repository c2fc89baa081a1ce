// Code written for Postmark: point its client here. `npm install postmark`
import { ServerClient } from "postmark";

const client = new ServerClient("so_live_TOKEN", {
  requestHost: new URL("http://127.0.0.1:7411").host,
  useHttps: false,
});
const sent = await client.sendEmail({
  From: "you@example.com",
  To: "dana@example.net",
  Subject: "Tuesday",
  TextBody: "Hello Dana,\n\nshall we talk on Tuesday?\n",
});
console.log(sent.MessageID, sent.Message);
