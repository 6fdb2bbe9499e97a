"""Which streamed answers are mended how, and what is looked at besides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from ._chunks import ChatChunks
from ._completions import CompletionChunks
from ._events import ResponseEvents
from ._options import Quirks
from ._unfolding import (
    Unfold,
    fold_chat,
    fold_completion,
    fold_response,
    unfold_chat,
    unfold_completion,
    unfold_response,
)
from ._whole import compare

if TYPE_CHECKING:
    from sdk_core.messages import Response
    from sdk_core.wire import Reader

PATIENCE = 2.0
"""Seconds that an answer which seems to be finished may be silent before it is taken for so."""

PATIENCE_FOR_USAGE = 15.0
"""The same while the usage that was asked for has not come."""

_asked_choices = re.compile(rb'"n":\s*(\d{1,4})[,}]').search


@attrs.frozen
class Kind:
    """
    A kind of streamed answer.

    Attributes:
        unfold: Makes its items of a whole answer.
        fold: Makes the JSON of a whole answer of its items.
    """

    unfold: Unfold
    fold: Callable[[Any], dict[str, Any]]


KINDS = {
    "ChatCompletionChunk": Kind(unfold_chat, fold_chat),
    "Completion": Kind(unfold_completion, fold_completion),
    "ResponseStreamEvent": Kind(unfold_response, fold_response),
}
"""By the name of the type of an item."""


def adapt(reader: Reader, response: Response, quirks: Quirks, *, strict: bool) -> None:
    """Have *reader* mend what it reads from *response*."""
    name = reader.what
    kind = KINDS.get(name)
    if kind is None:
        return
    make: Callable[..., Any]
    if name == "ResponseStreamEvent":
        make, told = partial(ResponseEvents, strict=strict), partial(_ended, reader)
    else:
        told = partial(_finishing, reader, response)
        whole = CompletionChunks if name == "Completion" else partial(ChatChunks, quirks)
        make = partial(whole, strict=strict)
    reader.adapt(
        make(told=told).mend,
        lambda: make().mend,
        None if strict else kind.unfold,
        _SO_FAR.get(name),
    )


def _chat_so_far(chunks: Sequence[Any]) -> Any:
    from ..lib.streaming.chat._state import completion_of  # noqa: PLC0415  # of an error only

    return completion_of(chunks)


def _response_so_far(events: Sequence[Any]) -> Any:
    from ..lib.streaming.responses._state import response_of  # noqa: PLC0415  # as above

    return response_of(events)


_SO_FAR = {"ChatCompletionChunk": _chat_so_far, "ResponseStreamEvent": _response_so_far}


def _ended(reader: Reader) -> None:
    reader.finished = True


def _finishing(reader: Reader, response: Response, chunks: Any, chunk: Any) -> None:
    """Look at the first chunk, and at those that may be the last."""
    if not chunks.finished:
        compare(response, chunk.model)
        return
    asked = response.request.content
    body = asked if isinstance(asked, bytes) else b""
    number = _asked_choices(body)
    if len(chunks.finished) >= (1 if number is None else int(number[1])):
        wanted = b'"include_usage":true' in body and not chunks.counted
        reader.patience = PATIENCE_FOR_USAGE if wanted else PATIENCE
