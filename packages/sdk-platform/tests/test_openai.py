"""The inference API by openai's interface, as a part of the platform's client."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_auth import MemoryStore
from sdk_core.errors import ConfigurationError
from sdk_core.testing import FakeTransport, response
from sdk_platform import AsyncPlatformClient, NotSignedInError, PlatformClient
from sdk_platform._sessions import session_of
from sdk_server.testing import RunningServer

from ._calls import Recorder, done, entered, items, revoke
from .conftest import Connect

pytestmark = pytest.mark.anyio

HELLO: Any = [{"role": "user", "content": "hello"}]
MODELS = {"object": "list", "data": []}


async def test_a_question_is_answered_in_the_name_of_who_signed_in(
    connect: Connect, ada: dict[str, str]
) -> None:
    """At once and as a stream; once they have signed out, no more."""
    client = connect(store=MemoryStore())
    await done(client.auth.login(**ada))
    create = client.openai.chat.completions.create
    answer = await done(create(model="echo-1", messages=HELLO))
    assert "hello" == answer.choices[0].message.content
    chunks = await items(await done(create(model="echo-1", messages=HELLO, stream=True)))
    said = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "hello" == "".join(said)
    await done(client.auth.logout())
    with pytest.raises(NotSignedInError):
        await done(create(model="echo-1", messages=HELLO))


async def test_an_expired_token_is_renewed_once_for_both_apis(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """What the one renews, the other goes on with."""
    store, recorder = MemoryStore(), Recorder()
    client = connect(store=store, policies=[recorder])
    await done(client.auth.login(**ada))
    key = session_of(server.platform_url).key
    old: Any = store.load(key)
    revoke(server, old.access_token)
    answer = await done(client.openai.chat.completions.create(model="echo-1", messages=HELLO))
    assert "hello" == answer.choices[0].message.content
    renewed: Any = store.load(key)
    assert old.access_token != renewed.access_token
    await done(client.auth.whoami())
    assert renewed == store.load(key)
    assert {200} == {*recorder.statuses}  # the 401 is seen by nobody outside


async def test_both_apis_use_one_transport_and_one_account(colour: str) -> None:
    """Headers, limits and policies of the client go for both, and closing it closes both."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    recorder = Recorder()
    routes = {
        "GET /api/users/me": response(json={"id": "1", "username": "ada"}),
        "GET /v1/models": response(json=MODELS),
    }
    with FakeTransport(routes) as fake:
        client = kind(
            base_url="http://server/api",
            api_key="sk-1",
            transport=fake,
            policies=[recorder],
            default_headers={"x-mine": "1"},
            default_query={"q": "2"},
            timeout=7,
            max_retries=4,
        )
        await done(client.auth.whoami())
        facade = client.openai
        assert facade is client.openai
        await done(facade.models.list())
        assert (7, 4) == (facade._options.timeout.read, facade.max_retries)
        assert 2 == len(recorder.requests)
        for request in fake.requests:
            assert ("Bearer sk-1", "1") == (
                request.headers["authorization"],
                request.headers["x-mine"],
            )
            assert request.url.endswith("?q=2")
        await done(client.close())
        assert facade.is_closed()


async def test_a_copy_has_a_facade_with_its_own_options(colour: str) -> None:
    """And in the form of a view, the answers of the facade come in that form."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    fake = FakeTransport({"GET /v1/models": response(json=MODELS)})
    client = kind(base_url="http://server/api", api_key="sk-1", transport=fake)
    copy = client.with_options(max_retries=0)
    assert (0, 2) == (copy.openai.max_retries, client.openai.max_retries)
    raw = await done(client.with_raw_response.openai.models.list())
    assert 200 == raw.status_code
    async with entered(client.with_streaming_response.openai.models.list()) as streamed:
        assert b'"data"' in await done(streamed.read())


async def test_the_inference_api_may_be_elsewhere(colour: str) -> None:
    """Where the platform's address does not tell it, it must be said."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    with FakeTransport({"GET http://models/v9/models": response(json=MODELS)}) as fake:
        client = kind(base_url="http://server", api_key="sk-1", transport=fake)
        with pytest.raises(ConfigurationError, match="`inference_url` is required"):
            _ = client.openai
        there = kind(
            base_url="http://server",
            api_key="sk-1",
            transport=fake,
            inference_url="http://models/v9",
        )
        await done(there.openai.models.list())
