// Code written for Resend: point its client here. `npm install resend`
import { Resend } from "resend";

const resend = new Resend("so_live_TOKEN", { baseUrl: "http://127.0.0.1:7411" });
const { data, error } = await resend.emails.send({
  from: "you@example.com",
  to: "dana@example.net",
  subject: "Tuesday",
  text: "Hello Dana,\n\nshall we talk on Tuesday?\n",
});
if (error) throw new Error(error.message);
console.log(data); // { id: "sub_…", state: "held", … }
