"""Unwrap an event that a service sent to a webhook, and refuse one that is not genuine."""

import base64
import hmac
import json
import time

from sdk_openai_compat import InvalidWebhookSignatureError, OpenAI

key = b"32 bytes that only two of us know"
client = OpenAI(webhook_secret="whsec_" + base64.b64encode(key).decode())

body = json.dumps(
    {"id": "evt_1", "type": "response.completed", "created_at": 1, "data": {"id": "resp_1"}}
)
sent = str(int(time.time()))  # from here on as the service does it
signature = base64.b64encode(hmac.digest(key, f"msg_1.{sent}.{body}".encode(), "sha256")).decode()
headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": sent,
    "webhook-signature": f"v1,{signature}",
}

event = client.webhooks.unwrap(body, headers)  # as it came: formatted anew, it is not genuine
if event.type == "response.completed":
    print(event.data.id)
try:
    client.webhooks.verify_signature(body + " ", headers)
except InvalidWebhookSignatureError as error:
    print(error)  # a ValueError: answer 400
