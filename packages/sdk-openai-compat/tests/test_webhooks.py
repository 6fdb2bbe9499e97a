"""`client.webhooks`: who sent a request, and what it says."""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64encode
from email.message import Message
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.errors import ConfigurationError, InvalidWebhookError
from sdk_core.models import UnknownVariant
from sdk_inference_api.models import ResponseCompletedWebhookEvent
from sdk_openai_compat import AsyncOpenAI, InvalidWebhookSignatureError, OpenAI

from ._clients import KEY

SIGNING = b"canary-key-of-32-bytes-or-so"
SECRET = f"whsec_{b64encode(SIGNING).decode()}"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "response.completed",
    "created_at": 1_700_000_000,
    "data": {"id": "resp_1"},
}
BODY = json.dumps(EVENT)


@pytest.fixture(params=["sync", "asyncio"])
def colour(request: pytest.FixtureRequest) -> str:
    """Both kinds of client; neither waits for anything here."""
    return str(request.param)


def webhooks(colour: str, **options: Any) -> Any:
    """Return what a client of one colour has."""
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    return kind(**{"api_key": KEY, "webhook_secret": SECRET, **options}).webhooks


def sign(body: str | bytes, at: object, *, key: bytes = SIGNING) -> str:
    """Sign as the specification says."""
    content = body.encode() if isinstance(body, str) else body
    digest = hmac.new(key, f"msg_1.{at}.".encode() + content, "sha256").digest()
    return f"v1,{b64encode(digest).decode()}"


def headers(
    body: str | bytes = BODY, *, at: int | None = None, key: bytes = SIGNING
) -> dict[str, str]:
    """Return the headers of a genuine request."""
    sent = int(time.time()) if at is None else at
    return {
        "Webhook-Id": "msg_1",
        "webhook-timestamp": str(sent),
        "webhook-signature": sign(body, sent, key=key),
    }


@pytest.mark.parametrize("payload", [BODY, BODY.encode()])
def test_a_genuine_request_is_a_typed_event(colour: str, payload: str | bytes) -> None:
    """From text and from bytes; the method of an asynchronous client does not wait, either."""
    event = webhooks(colour).unwrap(payload, headers())
    assert isinstance(event, ResponseCompletedWebhookEvent)
    assert (event.type, event.data.id) == ("response.completed", "resp_1")


def test_a_type_that_is_not_known_yet_is_kept(colour: str) -> None:
    """With all its members."""
    body = json.dumps({**EVENT, "type": "novel.thing", "more": [1]})
    event = webhooks(colour).unwrap(body, headers(body))
    assert isinstance(event, UnknownVariant)
    assert (event.type, event.more, event.data.id) == ("novel.thing", [1], "resp_1")


def test_an_event_of_another_shape_is_kept(colour: str) -> None:
    """What is no event at all is refused by a strict client."""
    body = json.dumps({**EVENT, "data": 5})
    assert webhooks(colour).unwrap(body, headers(body)).data == 5
    assert webhooks(colour).unwrap("[1]", headers("[1]")) == [1]
    with pytest.raises(InvalidWebhookError):
        webhooks(colour, _strict_response_validation=True).unwrap("[1]", headers("[1]"))


def _message(found: dict[str, str]) -> Message:
    message = Message()
    for name, value in found.items():
        message[name.title()] = value
    return message


@pytest.mark.parametrize(
    "made",
    [
        httpx.Headers,
        lambda found: type(
            "Get", (), {"get": lambda _, name: Message.get(_message(found), name)}
        )(),
        _message,
    ],
    ids=["httpx", "get", "email"],
)
def test_headers_are_whatever_a_web_framework_calls_headers(made: Any) -> None:
    """A mapping in any case, or what has `get`."""
    assert webhooks("sync").unwrap(BODY, made(headers())).id == "evt_1"


def test_the_secret_is_the_calls_or_the_clients_or_the_environments(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order; without one nothing is verified, and that is an error."""
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    webhooks(colour, webhook_secret=None).verify_signature(BODY, headers())
    webhooks(colour, webhook_secret="other").verify_signature(BODY, headers(), secret=SECRET)
    with pytest.raises(InvalidWebhookSignatureError):
        webhooks(colour, webhook_secret="other").verify_signature(BODY, headers())
    monkeypatch.delenv("OPENAI_WEBHOOK_SECRET")
    with pytest.raises(ConfigurationError, match="`webhook_secret`"):
        webhooks(colour, webhook_secret=None).unwrap(BODY, headers())


def test_a_secret_without_the_mark_is_the_key_itself() -> None:
    """As openai has it."""
    found = headers(key=b"plain secret")
    webhooks("sync").verify_signature(BODY, found, secret="plain secret")


def test_one_of_several_signatures_is_enough(colour: str) -> None:
    """While the sender changes its secret, a request is signed with both."""
    old = headers(key=b"the old key")
    both = {
        **old,
        "webhook-signature": f"{old['webhook-signature']} {sign(BODY, old['webhook-timestamp'])}",
    }
    webhooks(colour).verify_signature(BODY, both)
    with pytest.raises(InvalidWebhookSignatureError):
        webhooks(colour).verify_signature(BODY, old)


def test_a_request_is_not_older_than_the_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is its clock further ahead; 300 seconds unless the caller says otherwise."""
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    found = webhooks("sync")
    for at in (700, 1300):
        found.verify_signature(BODY, headers(at=at))
        with pytest.raises(InvalidWebhookSignatureError, match="300 s are allowed"):
            found.verify_signature(BODY, headers(at=at + (at - 1000)))
        with pytest.raises(InvalidWebhookSignatureError):
            found.verify_signature(BODY, headers(at=at), tolerance=299)


@pytest.mark.difference(
    "Webhooks",
    openai="A webhook that cannot be verified or read raises one of ValueError, "
    "InvalidWebhookSignatureError, UnicodeDecodeError and json.JSONDecodeError.",
    here="It raises InvalidWebhookSignatureError if it is not signed, else InvalidWebhookError; both "
    "are a ValueError and an OpenAIError.",
)
def test_what_is_signed_and_no_event_is_an_error_of_ours(colour: str) -> None:
    """A program that answers 400 to a ValueError goes on as before."""
    for body in (b"nonsense", b"\xff"):
        with pytest.raises(InvalidWebhookError) as caught:
            webhooks(colour).unwrap(body, headers(body))
        assert isinstance(caught.value, ValueError)
    with pytest.raises(InvalidWebhookSignatureError, match="`webhook-id` is missing"):
        webhooks(colour).unwrap(BODY, {})


@given(
    body=st.binary(),
    changed=st.binary(),
    names=st.dictionaries(st.text(), st.text(), max_size=3),
)
def test_nothing_but_the_very_body_is_genuine(
    body: bytes, changed: bytes, names: dict[str, str]
) -> None:
    """Whatever is sent: it is what was signed, or it is refused with one error."""
    client = webhooks("sync")
    found = headers(body)
    client.verify_signature(body, found)
    if changed != body:
        with pytest.raises(InvalidWebhookSignatureError):
            client.verify_signature(changed, found)
    with pytest.raises(InvalidWebhookSignatureError):
        client.unwrap(body, {**found, "webhook-signature": " ".join(names.values())})
    with pytest.raises(InvalidWebhookSignatureError):
        client.unwrap(body, names)
