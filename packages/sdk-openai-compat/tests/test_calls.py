"""`client.realtime.calls` and what else of `client.realtime` goes over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sdk_inference_api import models

from ._clients import Wire, done, entered

pytestmark = pytest.mark.anyio

SDP = "v=0\r\n"


def _answer(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/calls"):
        headers = {"location": "/v1/realtime/calls/rtc_1", "content-type": "application/sdp"}
        return httpx.Response(201, headers=headers, text=SDP)
    return httpx.Response(200)


async def test_a_call_begins_with_two_parts_of_their_own_kinds(colour: str) -> None:
    """The answer is openai's binary content; its head says how the call is called."""
    wire = Wire(_answer)
    calls = wire.client(colour).realtime.calls
    answer = await done(calls.create(sdp=SDP, session={"type": "realtime", "model": "m"}))
    assert (answer.text, answer.content) == (SDP, SDP.encode())
    assert answer.response.headers["location"].endswith("/rtc_1")
    sent = wire.sent.content.decode()
    assert 'name="sdp"\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n' in sent
    assert 'name="session"\r\nContent-Type: application/json\r\n\r\n{"type":' in sent
    assert "filename" not in sent
    raw = await done(calls.with_raw_response.create(sdp=SDP))
    assert (await done(raw.parse())).text == SDP
    async with entered(calls.with_streaming_response.create(sdp=SDP)) as streamed:
        assert await done(streamed.read()) == SDP.encode()


@pytest.mark.parametrize(
    ("method", "members", "body"),
    [
        ("accept", {"type": "realtime", "instructions": "x"}, {"type": "realtime", "instructions": "x"}),
        ("hangup", {"extra_body": None}, None),
        ("refer", {"target_uri": "tel:+1"}, {"target_uri": "tel:+1"}),
        ("reject", {}, {}),
        ("reject", {"status_code": 486}, {"status_code": 486}),
    ],
)  # fmt: skip
async def test_a_call_is_taken_passed_on_and_ended(
    colour: str, method: str, members: dict[str, Any], body: Any
) -> None:
    """By its identifier; nothing is answered."""
    wire = Wire(_answer)
    found = await done(getattr(wire.client(colour).realtime.calls, method)("rtc_1", **members))
    assert found is None
    assert wire.sent.url.path == f"/v1/realtime/calls/rtc_1/{method}"
    assert (json.loads(wire.sent.content) if wire.sent.content else None) == body


@pytest.mark.parametrize("kind", ["realtime", "translation"])
async def test_secrets_for_browsers_are_made(colour: str, kind: str) -> None:
    """For conversations and for translations."""
    session = {"id": "sess_1", "type": kind, "object": "realtime.session", "model": "m"}
    wire = Wire(
        lambda _: httpx.Response(200, json={"value": "v", "expires_at": 1, "session": session})
    )
    realtime = wire.client(colour).realtime
    if kind == "realtime":
        made = await done(realtime.client_secrets.create(session={"type": "realtime"}))
        assert isinstance(made.session, models.RealtimeSessionCreateResponse)
        assert wire.sent.url.path == "/v1/realtime/client_secrets"
    else:
        made = await done(realtime.translations.client_secrets.create(session={"model": "m"}))
        assert isinstance(made.session, models.RealtimeTranslationSession)
        assert wire.sent.url.path == "/v1/realtime/translations/client_secrets"
