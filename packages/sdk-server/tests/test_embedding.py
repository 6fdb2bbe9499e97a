"""The application inside another program."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Scope

from sdk_server import ConfigurationError, Options, create_app, open_services
from sdk_server._applications import Call, DocumentApplication, Functions
from sdk_server._documents import Document
from sdk_server._problems import OpenAIDialect


@pytest.mark.anyio
async def test_the_application_works_without_a_server_of_its_own(tmp_path: Path) -> None:
    """An ASGI application that any program can mount, on both event loops."""
    options = Options(data=tmp_path / "new" / "data", api_key="sk-own", admin_password="p")
    async with open_services(options) as services:
        transport = httpx.ASGITransport(create_app(services))
        headers = {"authorization": "Bearer sk-own"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:
            body = {"model": "echo-1", "messages": [{"role": "user", "content": "Hi."}]}
            whole = await client.post("/v1/chat/completions", json=body)
            stream = await client.post("/v1/chat/completions", json={**body, "stream": True})
    assert "Hi." == whole.json()["choices"][0]["message"]["content"]
    assert stream.text.endswith("data: [DONE]\n\n")


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/health", "/elsewhere"])
async def test_web_sockets_are_closed(tmp_path: Path, path: str) -> None:
    """There is none yet; a client that tries is told at once."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "websocket", "path": path, "headers": [], "query_string": b""}
    options = Options(data=tmp_path, api_key="sk-own", admin_password="p")
    async with open_services(options) as services:
        await create_app(services)(scope, receive, send)
    assert [{"type": "websocket.close", "code": 1000}] == sent


@pytest.mark.anyio
async def test_a_bug_is_a_500_that_tells_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The message is for the caller, the traceback for the log."""
    options = Options(data=tmp_path, api_key="sk-own", admin_password="p")
    async with open_services(options) as services:
        transport = httpx.ASGITransport(create_app(services))
        headers = {"authorization": "Bearer sk-own"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            services.accounts._database.run_sync(lambda c: c.execute("DROP TABLE models"))
            for path in ("/v1/models", "/api/models"):
                response = await client.get(path, headers=headers)
                assert 500 == response.status_code
                assert "The server failed; its log says why." in response.text
                assert "no such table" not in response.text
    assert "no such table" in caplog.text


def test_options_do_not_show_their_secrets(tmp_path: Path) -> None:
    """A log of the options gives nothing away."""
    options = Options(
        data=tmp_path, api_key="sk-own", admin_password="lovelace", upstream_key="sk-other"
    )
    for secret in ("sk-own", "lovelace", "sk-other"):
        assert secret not in repr(options)


@pytest.mark.anyio
async def test_a_client_that_leaves_in_the_middle_of_its_body_gets_no_answer(
    tmp_path: Path,
) -> None:
    """There is nobody to answer, and it is no failure of the server."""
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        pytest.fail(f"nothing is to be sent: {message}")

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/auth/login",
        "query_string": b"",
        "headers": [],
    }
    options = Options(data=tmp_path, api_key="sk-own", admin_password="p")
    async with open_services(options) as services:
        await create_app(services)(scope, receive, send)
    assert [] == messages


@pytest.mark.anyio
async def test_a_body_that_need_not_be_there_may_be_missing() -> None:
    """Then the function gets `None`."""
    functions = Functions()

    @functions.implements("ping")
    async def ping(call: Call[None, None]) -> Response:
        return PlainTextResponse(repr(call.body))

    async def nobody(request: Request, alternatives: tuple[frozenset[str], ...]) -> None:
        pytest.fail("the operation is public")

    content = {"application/json": {"schema": {"type": "integer"}}}
    operation = {"operationId": "ping", "requestBody": {"content": content}, "responses": {}}
    app = DocumentApplication(
        document=Document({"openapi": "3.2.0", "paths": {"/ping": {"post": operation}}}),
        functions=functions,
        dialect=OpenAIDialect(),
        authenticate=nobody,
        services=None,
        body_limit=10,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert "None" == (await client.post("/ping")).text
        assert "7" == (await client.post("/ping", json=7)).text
        assert 400 == (await client.post("/ping", json="x")).status_code
        assert 413 == (await client.post("/ping", json="x" * 20)).status_code


@pytest.mark.anyio
async def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Generated credentials that cannot be kept stop the start."""
    (tmp_path / "credentials.json").mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot write .*credentials\.json"):
        async with open_services(Options(data=tmp_path)):
            pass
