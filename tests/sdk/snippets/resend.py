# Code written for Resend: point its client here. `pip install resend`
import resend

resend.api_key = "so_live_TOKEN"
resend.api_url = "http://127.0.0.1:7411"
email = resend.Emails.send({
    "from": "you@example.com",
    "to": "dana@example.net",
    "subject": "Tuesday",
    "text": "Hello Dana,\n\nshall we talk on Tuesday?\n",
})
print(email["id"], email["state"], email["next"]["message"])
