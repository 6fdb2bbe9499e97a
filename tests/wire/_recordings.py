"""The recordings: what was sent to real servers, and the bytes that came back.

A recording is four files next to each other: `NAME.req` the request, `NAME.resp` the reply with
its HTTP framing, `NAME.body` the reply's body without it, and `NAME.reads.json` the time
(milliseconds) and size (bytes) of each read.
"""

from __future__ import annotations

import enum
import functools
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from ._framing import Head, split_message
from ._replay import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

_Test = TypeVar("_Test", bound="Callable[..., object]")

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "wire"
_ABSENT = "the recordings are not here: ../shared/wire is absent"

NOT_REPLAYED = {
    "/v1/messages": "Anthropic's API has no client here yet",
    "/v1beta/models/": "Google's API has no client here yet",
    "/api/": "Ollama's own API has no client here yet",
    "/completion": "llama.cpp's own completion API: no OpenAI client speaks it",
    "/tokenize": "llama.cpp's own tokeniser API: no OpenAI client speaks it",
    "/props": "llama.cpp's own settings page: no OpenAI client speaks it",
    "/health": "a health page has no place in the OpenAI API",
}
"""Which successful replies stay unreplayed and why, by how the request's path starts."""


class Kind(enum.Enum):
    """What a recording is evidence of."""

    CHAT = "chat/completions"
    CHAT_STREAM = "chat/completions, streamed"
    COMPLETION = "completions"
    COMPLETION_STREAM = "completions, streamed"
    RESPONSE = "responses"
    RESPONSE_STREAM = "responses, streamed"
    EMBEDDINGS = "embeddings"
    MODELS = "models"
    ERROR = "an error status, on whatever path"
    MALFORMED = "a success whose body is not what its content type says"
    DISCONNECT = "a connection closed without a reply"
    OTHER = "a success of another API"


_BY_PATH = {
    "/v1/chat/completions": (Kind.CHAT, Kind.CHAT_STREAM),
    "/v1/completions": (Kind.COMPLETION, Kind.COMPLETION_STREAM),
    "/v1/responses": (Kind.RESPONSE, Kind.RESPONSE_STREAM),
    "/v1/embeddings": (Kind.EMBEDDINGS, Kind.EMBEDDINGS),
    "/v1/models": (Kind.MODELS, Kind.MODELS),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One request and its reply.

    Args:
        name: Server and file, such as `aimock/02-chat`.
        request: Head of the request.
        request_body: Its body; empty when there was none.
        raw: The reply as received, with its HTTP framing; empty when there was none.
        body: The reply's body without framing.
        reads: The size in bytes of each read.
    """

    name: str
    request: Head
    request_body: bytes
    raw: bytes
    body: bytes
    reads: tuple[int, ...]

    @property
    def method(self) -> str:
        """The request's method."""
        return self.request.start.split(" ")[0]

    @property
    def path(self) -> str:
        """The request's path, without the query."""
        return self.request.start.split(" ")[1].partition("?")[0]

    @property
    def arguments(self) -> dict[str, Any]:
        """The request's JSON object; empty when the body is no such thing."""
        try:
            decoded = json.loads(self.request_body)
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}

    @property
    def head(self) -> Head:
        """Head of the reply."""
        return split_message(self.raw)[0]

    @property
    def status(self) -> int:
        """Status of the reply."""
        return int(self.head.start.split(" ")[1])

    @property
    def media_type(self) -> str:
        """Content type of the reply, without parameters."""
        return (self.head.get("content-type") or "").partition(";")[0].strip().lower()

    @property
    def kind(self) -> Kind:
        """What this recording is evidence of."""
        if not self.raw:
            return Kind.DISCONNECT
        if self.status >= 400:
            return Kind.ERROR
        whole, streamed = _BY_PATH.get(self.path, (Kind.OTHER, Kind.OTHER))
        if self.media_type == "text/event-stream":
            return streamed
        return whole if whole is Kind.OTHER or _is_json(self.body) else Kind.MALFORMED

    @property
    def reply(self) -> Reply:
        """The reply, in the recorded pieces; the connection stays open if the server said so."""
        bounds = itertools.pairwise(itertools.accumulate(self.reads, initial=0))
        pieces = tuple(self.raw[start:end] for start, end in bounds)
        keep_open = bool(self.raw) and (self.head.get("connection") or "").lower() == "keep-alive"
        return Reply(pieces, keep_open=keep_open)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def load(request_file: Path) -> Recording:
    """Read one recording from the files next to `request_file`."""
    request, request_body = split_message(request_file.read_bytes())
    reads = json.loads(request_file.with_suffix(".reads.json").read_bytes())
    return Recording(
        name=f"{request_file.parent.name}/{request_file.stem}",
        request=request,
        request_body=request_body,
        raw=request_file.with_suffix(".resp").read_bytes(),
        body=request_file.with_suffix(".body").read_bytes(),
        reads=tuple(size for _, size in reads),
    )


@functools.cache
def recordings(*kinds: Kind) -> tuple[Recording, ...]:
    """Return the recordings of these kinds, or all of them; none where the folder is absent."""
    everything = map(load, sorted(FOLDER.glob("*/*.req")))
    return tuple(each for each in everything if not kinds or each.kind in kinds)


def named(name: str) -> Recording:
    """Return the recording of this name, or skip the test where the folder is absent."""
    if not FOLDER.is_dir():
        pytest.skip(_ABSENT)
    return load(FOLDER / f"{name}.req")


def each_recording(*kinds: Kind) -> Callable[[_Test], _Test]:
    """Run a test once for each recording of these kinds, as its argument `recording`."""
    found = [pytest.param(each, id=each.name) for each in recordings(*kinds)]
    none = [pytest.param(None, marks=pytest.mark.skip(reason=_ABSENT))]
    parametrize = pytest.mark.parametrize("recording", found or none)
    return lambda test: pytest.mark.shared(parametrize(test))
