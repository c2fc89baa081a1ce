# Any mail program: the agent's name or mailbox is the user, its token the password.
import smtplib
from email.message import EmailMessage

mail = EmailMessage()
mail["From"] = "you@example.com"
mail["To"] = "dana@example.net"
mail["Subject"] = "Tuesday"
mail["Message-ID"] = "<tuesday-1@example.com>"  # a repeat with the same id never sends twice
mail.set_content("Hello Dana,\n\nshall we talk on Tuesday?\n")


class Sendoff(smtplib.SMTP):
    # `send_message` throws the answer away; here it is kept.
    def data(self, message):
        self.answer = super().data(message)
        return self.answer


with Sendoff("127.0.0.1", 2525, local_hostname="localhost") as smtp:
    smtp.login("you@example.com", "so_live_TOKEN")
    smtp.send_message(mail)
    print(smtp.answer[1].decode())  # 2.0.0 Ok: held as sub_… (why)
