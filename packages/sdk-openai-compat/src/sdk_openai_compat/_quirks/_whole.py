"""What is mended in an answer that came as a whole, and what is looked at in every answer."""

from __future__ import annotations

import json
import re
from logging import getLogger
from typing import TYPE_CHECKING, Any

from sdk_core.wire import invalid, message_of, said

from ._answers import mend_chat, mend_completion

if TYPE_CHECKING:
    from sdk_core.messages import Response

    from ._options import Quirks

_log = getLogger("sdk_openai_compat.quirks")
_asked_models = re.compile(rb'"model":\s*"((?:[^"\\]|\\.)*)"').finditer
_told: set[tuple[str, str]] = set()
_MOST_TOLD = 256


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
