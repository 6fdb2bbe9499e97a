"""Clients of both colours that read a reply with everything that a program would touch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio

from sdk_core.testing import FakeTransport, response, streamed
from sdk_openai_compat import AsyncOpenAI, OpenAI, OpenAIError, Quirks

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
QUIRKS = (None, Quirks(thinking=True, tools_in_text=True))


class Kind:
    """A way to read: which method, streamed or not, by a helper or not."""

    def __init__(self, path: str, arguments: dict[str, Any], *, helper: bool = False) -> None:
        self.path = path
        self.arguments = arguments
        self.helper = helper

    def __repr__(self) -> str:
        return f"{self.path}({', '.join(self.arguments)})"

    @property
    def streams(self) -> bool:
        """Whether items come."""
        return self.helper or bool(self.arguments.get("stream"))

    def start(self, client: Any) -> Any:
        """Call the method."""
        method = client
        for name in self.path.split("."):
            method = getattr(method, name)
        return method(**self.arguments)


KINDS = {
    "/v1/chat/completions": (
        Kind("chat.completions.create", ASKED),
        Kind("chat.completions.create", {**ASKED, "stream": True}),
        Kind("chat.completions.stream", ASKED, helper=True),
    ),
    "/v1/completions": (
        Kind("completions.create", {"model": "m", "prompt": "?"}),
        Kind("completions.create", {"model": "m", "prompt": "?", "stream": True}),
    ),
    "/v1/responses": (
        Kind("responses.create", {"model": "m", "input": "?"}),
        Kind("responses.create", {"model": "m", "input": "?", "stream": True}),
        Kind("responses.stream", {"model": "m", "input": "?"}, helper=True),
    ),
    "/v1/embeddings": (Kind("embeddings.create", {"model": "m", "input": "?"}),),
    "/v1/models": (Kind("models.list", {}),),
}


def touch(item: Any) -> None:
    """Look at what programs look at; what the answer promises must be there."""
    json.dumps(item.to_dict(mode="json", warnings=False))
    repr(item)
    for choice in getattr(item, "choices", ()):
        message = getattr(choice, "delta", None) or getattr(choice, "message", None)
        for call in getattr(message, "tool_calls", None) or ():
            assert hasattr(call, "function") or hasattr(call, "custom"), call


def fake(status: int, content_type: str, pieces: Sequence[bytes], *, stream: bool) -> FakeTransport:
    """Return a transport that answers so."""
    headers = {"content-type": content_type}
    if stream and status < 300:
        return FakeTransport(lambda _: streamed(*pieces, status=status, headers=headers))
    body = b"".join(pieces)
    return FakeTransport(lambda _: response(status, headers=headers, content=body))


def read(kind: Kind, options: dict[str, Any]) -> OpenAIError | None:
    """Read with the client that blocks; return the error, if it is one of ours."""
    try:
        with OpenAI(api_key="k", max_retries=0, **options) as client:
            _read(kind, kind.start(client))
    except OpenAIError as error:
        str(error)
        return error
    return None


def _read(kind: Kind, result: Any) -> None:
    if kind.helper:
        with result as stream:
            for event in stream:
                repr(event)
            final = "get_final_response" if "responses" in kind.path else "get_final_completion"
            touch(getattr(stream, final)())
    elif kind.streams:
        with result as stream:
            for item in stream:
                touch(item)
    else:
        touch(result)


def aread(kind: Kind, options: dict[str, Any], backend: str) -> OpenAIError | None:
    """Read with the asynchronous client."""
    return anyio.run(_aread, kind, options, backend=backend)


async def _aread(kind: Kind, options: dict[str, Any]) -> OpenAIError | None:
    try:
        async with AsyncOpenAI(api_key="k", max_retries=0, **options) as client:
            result = kind.start(client)
            if kind.helper:
                async with result as stream:
                    async for event in stream:
                        repr(event)
                    name = (
                        "get_final_response" if "responses" in kind.path else "get_final_completion"
                    )
                    touch(await getattr(stream, name)())
            elif kind.streams:
                async with await result as stream:
                    async for item in stream:
                        touch(item)
            else:
                touch(await result)
    except OpenAIError as error:
        str(error)
        return error
    return None
