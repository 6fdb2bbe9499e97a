"""A canary for a key: it may stand on the wire, and nowhere else."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import Any

import httpx
import pytest

from sdk_openai_compat import AuthenticationError, ConfigurationError, OpenAI, OpenAIError

from ._clients import HELLO, Wire, done

CANARY = "sk-canary-0123456789abcdef"


def _everything_said(value: Any) -> list[str]:
    """Return each form in which a person or a log may come to see *value*."""
    return [repr(value), str(value), f"{value}", pickle.dumps(value).decode("latin-1")]


@pytest.mark.difference(
    "Errors",
    openai="The request of an error has the `Authorization` header, key included.",
    here="No error holds a credential, in its request, its text or its pickle.",
)
@pytest.mark.anyio
async def test_an_error_does_not_hold_the_key(
    colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its text, its pickle, its traceback nor a log, even if the server repeats the key."""
    caplog.set_level(logging.DEBUG)
    said = {"error": {"message": f"Incorrect API key provided: {CANARY}", "code": "bad"}}
    answers = iter(
        [httpx.Response(503, headers={"retry-after": "0"}), httpx.Response(401, json=said)]
    )
    wire = Wire(lambda _: next(answers))
    client = wire.client(colour, api_key=CANARY)
    with pytest.raises(AuthenticationError) as caught:
        await done(client.chat.completions.create(model="m", messages=HELLO))
    error = caught.value
    for text in (repr(error), str(error), *_everything_said(error.request), repr(error.response)):
        assert CANARY not in text
    assert CANARY not in "".join(traceback.format_exception(error))
    assert CANARY not in caplog.text
    assert any("retry 1 of 2" in record.getMessage() for record in caplog.records)
    assert f"Bearer {CANARY}" == wire.requests[-1].headers["authorization"]


@pytest.mark.anyio
async def test_an_answer_does_not_hold_the_key(colour: str) -> None:
    """Raw answers show their request, without its credential."""
    client = Wire().client(colour, api_key=CANARY)
    raw = await done(
        client.chat.completions.with_raw_response.create(
            model="m", messages=HELLO, extra_headers={"X-Api-Key": CANARY}
        )
    )
    for value in (raw.http_request, raw.http_request.headers):
        for text in _everything_said(value):
            assert CANARY not in text
    assert CANARY not in repr(raw)


def test_a_client_does_not_show_or_pickle_its_key() -> None:
    """Its headers hide it in `repr()`, and a pickle of it does not exist."""
    client = OpenAI(api_key=CANARY, admin_api_key=CANARY, webhook_secret=CANARY)
    for value in (client, client.default_headers, client.chat, client.with_raw_response):
        assert CANARY not in repr(value)
        assert CANARY not in str(value)
    with pytest.raises(TypeError, match="a client holds a credential, so it is not pickled"):
        pickle.dumps(client)


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": f"{CANARY}\n"},
        {
            "api_key": f"{CANARY}€",
        },
        {"base_url": f"ftp://user:{CANARY}@h/v1"},
        {"base_url": f"http://user:{CANARY}@h:port/v1?key={CANARY}"},
        {"default_headers": [CANARY]},
        {"default_query": {"api_key": CANARY}},
    ],
)
def test_an_error_of_configuration_does_not_hold_the_key(options: dict[str, Any]) -> None:
    """A key that was copied with its line end is the most common of them."""
    with pytest.raises(OpenAIError) as caught:
        OpenAI(
            **{"api_key": CANARY, "base_url": "http://127.0.0.1:1", "max_retries": 0, **options}
        ).models.list()
    for text in _everything_said(caught.value):
        assert CANARY not in text
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("key", ["sk-1\n", " sk-1", "sk-1\x00"])
def test_a_key_with_a_line_end_says_what_to_do(key: str) -> None:
    """Read from a file, a key often comes with one; it is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match="a line end; give `api_key` without it"):
        OpenAI(api_key=key)
    client = OpenAI(api_key="sk-1")
    with pytest.raises(ConfigurationError, match="give `api_key` without it"):
        client.api_key = key
