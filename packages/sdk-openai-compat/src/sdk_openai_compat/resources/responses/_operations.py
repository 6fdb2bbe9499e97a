"""
The operations whose answers are responses: these get `output_text`, alone and in events.

They are read as the generated class, and then are of the one derived from it: as quick as without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from sdk_core.operations import Content, Operation, Ref
from sdk_core.wire import decoder
from sdk_inference_api.operations import responses as operations

__all__ = ["with_text"]


def with_text(operation: Operation[Any]) -> Operation[Any]:
    """Return *operation*, whose responses have their text at hand."""
    return _WITH_TEXT.get(operation, operation)


def _helped(response: Any) -> None:
    from sdk_inference_api import models  # noqa: PLC0415  # of the first answer

    from ...lib._response_models import Response  # noqa: PLC0415  # as above

    if type(response) is models.Response:
        object.__setattr__(response, "__class__", Response)


def _whole(found: Any) -> None:
    _helped(found)


def _event(found: Any) -> None:
    if "response" in getattr(found, "__dict__", ()):
        _helped(found.response)


def _refined(ref: Ref, refine: Callable[[Any], None]) -> Ref:
    """Return a reference to the same type, whose values are refined when they are read."""

    def decode(data: bytes, strict: bool) -> Any:  # internal, always positional
        found = decoder(ref)(data, strict)
        refine(found)
        return found

    refined = Ref(ref.module, ref.name)
    refined.decoder = decode
    return refined


def _evolved(operation: Operation[Any]) -> Operation[Any]:
    refined: dict[str, tuple[Content, ...]] = {}
    for status, contents in operation.responses.items():
        refined[status] = tuple(
            content
            if content.type is None
            else attrs.evolve(
                content,
                type=_refined(content.type, _whole if content.kind == "json" else _event),
            )
            for content in contents
        )
    return attrs.evolve(operation, responses=refined)


_WITH_TEXT = {
    operation: _evolved(operation)
    for operation in (
        operations.CREATE_RESPONSE,
        operations.RETRIEVE_RESPONSE,
        operations.CANCEL_RESPONSE,
    )
}
