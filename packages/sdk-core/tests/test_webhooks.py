"""Webhooks: who sent them, and what they say."""

from __future__ import annotations

import hmac
import pickle
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.errors import (
    ConfigurationError,
    InvalidWebhookError,
    InvalidWebhookSignatureError,
    SDKError,
)
from sdk_core.models import BaseModel
from sdk_core.operations import Ref
from sdk_core.webhooks import StandardWebhooks, Webhook, unwrap

KEY = b"canary-key-of-32-bytes-or-so"
SECRET = f"whsec_{b64encode(KEY).decode()}"
NOW = 1_700_000_000
BODY = '{"type":"made","data":{"id":"é"}}'.encode()


class Event(BaseModel):
    """What is sent."""

    type: str
    data: dict[str, str]


EVENT = Ref.to(Event)


def sign(body: bytes = BODY, *, at: object = NOW, key: bytes = KEY) -> str:
    """Sign as the specification says."""
    digest = hmac.new(key, f"msg_1.{at}.".encode() + body, "sha256").digest()
    return f"v1,{b64encode(digest).decode()}"


def headers(**changes: str | None) -> dict[str, str]:
    """Return the three headers of a good message, changed."""
    good = {"id": "msg_1", "timestamp": str(NOW), "signature": sign()}
    found = {**good, **changes}
    return {f"Webhook-{name.title()}": v for name, v in found.items() if v is not None}


def verifier(**options: Any) -> StandardWebhooks:
    """Return a verifier whose clock stands still."""
    return StandardWebhooks(**{"secret": SECRET, "clock": lambda: NOW, **options})


@pytest.mark.parametrize("payload", [BODY, BODY.decode(), bytearray(BODY)])
def test_a_genuine_webhook_is_decoded(payload: Any) -> None:
    """As its type, from bytes or text."""
    event = unwrap(payload, headers(), EVENT, verify=verifier())
    assert Event(type="made", data={"id": "é"}) == event


def test_a_type_is_not_needed() -> None:
    """Then it is JSON of any shape."""
    assert {"a": 1} == unwrap(b'{"a": 1}', {}, None, verify=None)


def test_an_example_of_the_specification() -> None:
    """The one that its text shows."""
    verify = StandardWebhooks("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", clock=lambda: 1614265330)
    signed = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    verify(b'{"test": 2432232314}', signed)


@pytest.mark.parametrize(
    "signature",
    [
        f"v1,AAAA {sign()}",
        f"{sign()} v1a,AAAA v2,BBBB",
        f"{sign(key=b'older')}  {sign()}",
    ],
)
def test_one_good_signature_is_enough(signature: str) -> None:
    """Senders sign with two secrets while they change them."""
    verifier()(BODY, headers(signature=signature))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None}, "`webhook-id` is missing"),
        ({"timestamp": None}, "`webhook-timestamp` is missing"),
        ({"signature": ""}, "`webhook-signature` is missing"),
        ({"id": "msg_2"}, "no signature"),
        ({"signature": sign(b"other")}, "no signature"),
        ({"signature": sign(key=b"other")}, "no signature"),
        ({"signature": sign().removeprefix("v1,")}, "no signature"),
        ({"signature": sign().replace("v1,", "v2,")}, "no signature"),
        ({"signature": "v1,é"}, "no signature"),
        ({"timestamp": str(NOW + 1)}, "no signature"),
        ({"timestamp": "soon"}, "whole seconds"),
        ({"timestamp": "-1"}, "whole seconds"),
        ({"timestamp": "1.5"}, "whole seconds"),
        ({"timestamp": "\u0661"}, "whole seconds"),
        ({"timestamp": "9" * 5000}, "whole seconds"),
    ],
)
def test_what_is_not_signed_is_refused(changes: dict[str, str | None], reason: str) -> None:
    """The error says why, and neither the secret nor the right signature."""
    with pytest.raises(InvalidWebhookSignatureError, match=reason) as caught:
        unwrap(BODY, headers(**changes), EVENT, verify=verifier())
    assert sign() not in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "fits"),
    [(0, True), (300, True), (-300, True), (301, False), (-301, False), (10**9, False)],
)
def test_a_message_has_its_time(*, seconds: int, fits: bool) -> None:
    """Old ones may be repeated by a thief, and those of the future kept for later."""
    verify = verifier(clock=lambda: NOW + seconds)
    if fits:
        verify(BODY, headers())
    else:
        word = "old" if seconds > 0 else "ahead"
        with pytest.raises(InvalidWebhookSignatureError, match=f"{word}.*300 s are allowed"):
            verify(BODY, headers())


def test_the_tolerance_is_yours() -> None:
    """In seconds."""
    verifier(tolerance=10**6, clock=lambda: NOW + 10**6)(BODY, headers())
    with pytest.raises(InvalidWebhookSignatureError):
        verifier(tolerance=0, clock=lambda: NOW + 1)(BODY, headers())


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), KEY, bytearray(KEY)])
def test_a_secret_has_three_forms(secret: Any) -> None:
    """As the sender shows it, without the prefix, or as bytes."""
    verifier(secret=secret)(BODY, headers())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_canary!", "canaryé", b"", None, 7])
def test_what_is_no_secret_is_refused(secret: Any) -> None:
    """When the verifier is made, without showing it."""
    with pytest.raises(ConfigurationError, match="`secret` must be") as caught:
        StandardWebhooks(secret)
    assert "canary" not in str(caught.value)


def test_the_secret_does_not_show() -> None:
    """Not even its bytes."""
    assert "canary" not in repr(verifier())


def test_the_clock_is_that_of_the_machine() -> None:
    """A message of 2023 is too old now."""
    with pytest.raises(InvalidWebhookSignatureError, match="old"):
        StandardWebhooks(SECRET)(BODY, headers())


def test_nothing_is_decoded_before_it_is_verified() -> None:
    """Any function may verify; what it raises passes, whatever the body."""
    seen: list[object] = []

    def mine(payload: bytes, given: Any) -> None:
        seen.append((payload, given["WEBHOOK-ID"]))
        raise InvalidWebhookSignatureError("mine")  # noqa: EM101  # a test's

    with pytest.raises(InvalidWebhookSignatureError, match="mine"):
        unwrap("no json", {"webhook-id": "a"}, EVENT, verify=mine)
    assert [(b"no json", "a")] == seen


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b"7"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """It may be signed, and still not be what the API sends; the error names the type."""
    with pytest.raises(InvalidWebhookError, match="no valid Event") as caught:
        unwrap(body, {}, EVENT, verify=None)
    assert not isinstance(caught.value, InvalidWebhookSignatureError)
    with pytest.raises(InvalidWebhookError, match="no valid JSON"):
        unwrap(b"no json", {}, None, verify=None)


def test_an_event_that_fits_half_is_kept() -> None:
    """As every answer of the API is."""
    assert 7 == unwrap(b'{"type": 7, "more": 1}', {}, EVENT, verify=None).type


@given(st.binary(), st.dictionaries(st.text(), st.text()))
def test_foreign_requests_are_refused(body: bytes, given_: dict[str, str]) -> None:
    """Whatever is sent to a public address."""
    with pytest.raises(InvalidWebhookSignatureError):
        unwrap(body, {**headers(), **given_}, EVENT, verify=verifier(secret=b"another"))


def test_the_errors_are_of_the_family() -> None:
    """They are caught with the rest, are ValueErrors, and pickle."""
    error = pickle.loads(pickle.dumps(InvalidWebhookSignatureError("x")))
    assert isinstance(error, InvalidWebhookError)
    assert isinstance(error, SDKError)
    assert isinstance(error, ValueError)
    assert "x" == str(error)


def test_a_webhook_is_a_value() -> None:
    """As generated packages hold it."""
    webhook = Webhook("thingMade", EVENT, "A thing was made.")
    assert ("thingMade", EVENT, "A thing was made.") == (
        webhook.name,
        webhook.type,
        webhook.description,
    )
    assert Webhook("x") == Webhook("x", None, "")


@pytest.mark.parametrize("payload", [{"type": "made"}, 7, None])
def test_what_was_made_of_a_body_is_refused(payload: Any) -> None:
    """Its signature cannot be looked at any more; who calls is told so."""
    with pytest.raises(ConfigurationError, match="`payload` must be the body as it was received"):
        unwrap(payload, headers(), EVENT, verify=verifier())


def test_a_verdict_counts() -> None:
    """Functions that compare signatures return one; False must not pass for consent."""
    refuse: Any = lambda *_: False  # noqa: E731  # its one line is the case
    with pytest.raises(InvalidWebhookSignatureError, match="not genuine"):
        unwrap(BODY, headers(), EVENT, verify=refuse)
    agree: Any = lambda *_: True  # noqa: E731  # its one line is the case
    assert "made" == unwrap(BODY, headers(), EVENT, verify=agree).type


@pytest.mark.parametrize("name", ["id", "signature"])
def test_headers_may_hold_anything(name: str) -> None:
    """What cannot be encoded fits no signature."""
    with pytest.raises(InvalidWebhookSignatureError, match="no signature"):
        unwrap(BODY, headers(**{name: "\udc80"}), EVENT, verify=verifier())


def test_a_text_may_hold_anything() -> None:
    """It is as wrong as any other."""
    with pytest.raises(InvalidWebhookSignatureError):
        unwrap("\udc80", headers(), EVENT, verify=verifier())


def test_a_tolerance_that_is_no_number_tolerates_nothing() -> None:
    """It is compared with care."""
    with pytest.raises(InvalidWebhookSignatureError, match="allowed"):
        unwrap(BODY, headers(), EVENT, verify=verifier(tolerance=float("nan")))
