"""The clients that are measured, each doing the same work in its own way.

Every method reads the answer the way an application does and returns its text, which the caller
compares, so that nobody is fast by not having decoded. Imports are inside: each contender lives in
a process that holds no other.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import socket
from typing import Any, Protocol
from urllib.parse import urlsplit

from ._wire import QUESTION

CHAT = {"model": "bench-1", "messages": QUESTION}
EMBED = {"model": "bench-1", "input": ["one text"], "encoding_format": "float"}
TIMEOUT = 600.0


def _stream_body(kind: str) -> dict[str, Any]:
    return CHAT | {"user": kind, "stream": True}


class Caller(Protocol):
    """What makes calls that block."""

    def call(self) -> str:
        """Make a chat call; return the text of the answer."""


class AsyncCaller(Protocol):
    """What makes calls in one event loop, which outlives each of them."""

    async def acall(self) -> str:
        """Make a chat call; return the text of the answer."""


class Reader(Protocol):
    """What reads answers that are large, or come in pieces; `astream` in that loop."""

    def stream(self, kind: str) -> str:
        """Stream a chat answer; return the joined text."""

    def embed(self) -> tuple[int, int]:
        """Get the embeddings; return how many there are, and the dimensions of the last."""

    async def astream(self, kind: str) -> str:
        """Stream a chat answer; return the joined text."""


class Contender(Caller, AsyncCaller, Reader, Protocol):
    """What every measure of the main set can call."""


class Facade:
    """`openai`, or a package with its interface; behind a slash, the engine that it is to use."""

    def __init__(self, name: str, url: str) -> None:
        """Import the package and make both clients."""
        module, _, engine = name.partition("/")
        facade = importlib.import_module(module)
        options = {"api_key": "k", "base_url": url} | ({"transport": engine} if engine else {})
        self._client = facade.OpenAI(**options)
        self._async = facade.AsyncOpenAI(**options)

    def call(self) -> str:
        answer = self._client.chat.completions.create(**CHAT)
        text: str = answer.choices[0].message.content
        return text

    def stream(self, kind: str) -> str:
        stream = self._client.chat.completions.create(**_stream_body(kind))
        return "".join([chunk.choices[0].delta.content or "" for chunk in stream])

    def embed(self) -> tuple[int, int]:
        data = self._client.embeddings.create(**EMBED).data
        return len(data), len(data[-1].embedding)

    async def acall(self) -> str:
        answer = await self._async.chat.completions.create(**CHAT)
        text: str = answer.choices[0].message.content
        return text

    async def astream(self, kind: str) -> str:
        stream = await self._async.chat.completions.create(**_stream_body(kind))
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    def helper(self, kind: str) -> str:
        with self._client.chat.completions.stream(**CHAT, user=kind) as events:
            return "".join([event.delta for event in events if event.type == "content.delta"])

    async def ahelper(self, kind: str) -> str:
        answer = self._async.chat.completions.stream(**CHAT, user=kind)
        async with answer as events:
            return "".join([event.delta async for event in events if event.type == "content.delta"])


def _text(line: str | bytes) -> str:
    """Return the text in one `data:` line; empty for any other line and for `[DONE]`."""
    data = line[6:]
    if not data or data in ("[DONE]", b"[DONE]"):
        return ""
    text: str = json.loads(data)["choices"][0]["delta"].get("content", "")
    return text


class Httpx:
    """`httpx` as one would use it by hand: `post`, `iter_lines`, `json`."""

    def __init__(self, url: str) -> None:
        """Make both clients with the connection limits of `openai`."""
        httpx = importlib.import_module("httpx")
        options = {
            "base_url": url,
            "headers": {"authorization": "Bearer k"},
            "timeout": TIMEOUT,
            "limits": httpx.Limits(max_connections=1000, max_keepalive_connections=100),
        }
        self._client = httpx.Client(**options)
        self._async = httpx.AsyncClient(**options)

    def call(self) -> str:
        response = self._client.post("/chat/completions", json=CHAT).raise_for_status()
        text: str = response.json()["choices"][0]["message"]["content"]
        return text

    def stream(self, kind: str) -> str:
        body = _stream_body(kind)
        with self._client.stream("POST", "/chat/completions", json=body) as response:
            response.raise_for_status()
            return "".join([_text(line) for line in response.iter_lines()])

    def embed(self) -> tuple[int, int]:
        data = self._client.post("/embeddings", json=EMBED).raise_for_status().json()["data"]
        return len(data), len(data[-1]["embedding"])

    async def acall(self) -> str:
        response = (await self._async.post("/chat/completions", json=CHAT)).raise_for_status()
        text: str = response.json()["choices"][0]["message"]["content"]
        return text

    async def astream(self, kind: str) -> str:
        body = _stream_body(kind)
        async with self._async.stream("POST", "/chat/completions", json=body) as response:
            response.raise_for_status()
            return "".join([_text(line) async for line in response.aiter_lines()])


class Raw:
    """A kept-alive socket and `json`: the floor that no client can pass.

    It knows the server: a `content-length`, or HTTP chunks of one event each.
    """

    def __init__(self, url: str) -> None:
        """Connect; asynchronous connections are opened as they are needed and kept."""
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._socket = socket.create_connection(self._address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def _request(self, path: str, body: dict[str, Any]) -> bytes:
        content = json.dumps(body).encode()
        head = (
            f"POST /v1{path} HTTP/1.1\r\nhost: {self._address[0]}\r\nauthorization: Bearer k\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        self._socket.sendall(self._request(path, body))
        return json.loads(self._file.read(self._head()))

    def _head(self) -> int:
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        return length

    def call(self) -> str:
        text: str = self._post("/chat/completions", CHAT)["choices"][0]["message"]["content"]
        return text

    def stream(self, kind: str) -> str:
        self._socket.sendall(self._request("/chat/completions", _stream_body(kind)))
        self._head()
        parts = []
        while size := int(self._file.readline(), 16):
            parts.append(_text(self._file.read(size + 2)[:-4]))
        self._file.readline()
        return "".join(parts)

    def embed(self) -> tuple[int, int]:
        data = self._post("/embeddings", EMBED)["data"]
        return len(data), len(data[-1]["embedding"])

    async def acall(self) -> str:
        reader, writer = await self._connection()
        writer.write(self._request("/chat/completions", CHAT))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = json.loads(await reader.readexactly(length))
        self._idle.append((reader, writer))
        text: str = answer["choices"][0]["message"]["content"]
        return text

    async def astream(self, kind: str) -> str:
        reader, writer = await self._connection()
        writer.write(self._request("/chat/completions", _stream_body(kind)))
        await reader.readuntil(b"\r\n\r\n")
        parts = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append(_text((await reader.readexactly(size + 2))[:-4]))
        await reader.readuntil(b"\r\n")
        self._idle.append((reader, writer))
        return "".join(parts)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return self._idle.pop() if self._idle else await asyncio.open_connection(*self._address)


def contender(name: str, url: str) -> Contender:
    """Return the contender called `name`, with clients for the API at `url`."""
    if name == "httpx":
        return Httpx(url)
    if name == "raw":
        return Raw(url)
    return Facade(name, url)
