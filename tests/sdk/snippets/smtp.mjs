// Any mail program: the agent's name or mailbox is the user, its token the password.
// `npm install nodemailer`
import nodemailer from "nodemailer";

const smtp = nodemailer.createTransport({
  host: "127.0.0.1",
  port: 2525,
  auth: { user: "you@example.com", pass: "so_live_TOKEN" },
});
const { response } = await smtp.sendMail({
  from: "you@example.com",
  to: "dana@example.net",
  subject: "Tuesday",
  text: "Hello Dana,\n\nshall we talk on Tuesday?\n",
  messageId: "<tuesday-1@example.com>", // a repeat with the same id never sends twice
});
console.log(response); // 250 2.0.0 Ok: held as sub_… (why)
