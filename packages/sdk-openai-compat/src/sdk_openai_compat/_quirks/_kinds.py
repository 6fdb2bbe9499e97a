"""Which answers are mended how, and what is looked at besides."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from logging import getLogger
from typing import TYPE_CHECKING, Any

import attrs

from sdk_core.wire import invalid, message_of, said

from ._answers import mend_chat, mend_completion
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

if TYPE_CHECKING:
    from sdk_core.messages import Response
    from sdk_core.wire import Reader

PATIENCE = 2.0
"""Seconds that an answer which seems to be finished may be silent before it is taken for so."""

PATIENCE_FOR_USAGE = 15.0
"""The same while the usage that was asked for has not come."""

_log = getLogger("sdk_openai_compat.quirks")
_asked_choices = re.compile(rb'"n":\s*(\d{1,4})[,}]').search
_asked_models = re.compile(rb'"model":\s*"((?:[^"\\]|\\.)*)"').finditer
_told: set[tuple[str, str]] = set()
_MOST_TOLD = 256


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


def mend_whole(value: Any, response: Response, quirks: Quirks, *, strict: bool) -> None:
    """
    Mend an answer that came as a whole.

    Raises:
        APIResponseValidationError: It is none, or not one as the specification has them.
    """
    try:
        if not (value.choices or strict or "choices" in value.model_fields_set):
            _refuse_message(response)
            return
        if type(value).__name__ == "Completion":
            mend_completion(value, response.content, strict=strict)
        else:
            mend_chat(value, response.content, quirks, strict=strict)
    except ValueError as exc:
        raise invalid(response, type(value).__name__, str(exc)) from exc
    compare(response, value.model)


def _refuse_message(response: Response) -> None:
    """Raise ValueError for an answer without choices that says why; others are kept as they are."""
    body = json.loads(response.content.decode("utf-8", "replace"))
    if message_of(body):
        msg = f"it has no `choices`, and says: {said(body, response)}"
        raise ValueError(msg)


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


def compare(response: Response, model: Any) -> None:
    """
    Warn, once for each pair, if another model answers than the one that was asked for.

    A version or a folder in one of the names is no other model. A deployment has a name of its own.
    """
    body = response.request.content
    if not isinstance(model, str) or not model or not isinstance(body, bytes):
        return
    if b'"model":"%b"' % model.encode("utf-8", "replace") in body:
        return
    asked = [match[1].decode("utf-8", "replace") for match in _asked_models(body)]
    if not asked or "/deployments/" in response.url:
        return
    if any(_related(each.lower(), model.lower()) for each in asked):
        return
    pair = (asked[0], model)
    if pair not in _told and len(_told) < _MOST_TOLD:
        _told.add(pair)
        _log.warning("asked for the model %r, and %r answers", *pair)


def _related(asked: str, answers: str) -> bool:
    first, second = (name.rpartition("/")[2].partition("@")[0] for name in (asked, answers))
    return first in second or second in first
