"""
What servers get wrong, put right: the step between reading an answer and handing it on.

Lenient clients mend, and keep what came; strict ones refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_core.clients import BaseClient

from ._options import NONE, Quirks

if TYPE_CHECKING:
    from sdk_core.messages import Response
    from sdk_core.wire import Reader

__all__ = ["NONE", "Mending", "Quirks"]

_EVENTS = (b"data:", b"event:")


class Mending(BaseClient):
    """The part of a client that mends answers; what is odd loads the rest."""

    _quirks: Quirks = NONE

    def _read(self, response: Response) -> Any:
        if not self._strict and "event-stream" in response.headers.get("content-type", ""):
            from ._shapes import whole  # noqa: PLC0415  # of odd answers only

            response = whole(self, response)
        value = super()._read(response)
        kind = type(value).__name__
        if kind in _WHOLE:
            from ._whole import mend_whole  # noqa: PLC0415  # with the first answer

            mend_whole(value, response, self._quirks, strict=self._strict)
        return value

    def _reader(self, response: Response) -> Reader:
        from ._kinds import adapt  # noqa: PLC0415  # with the first stream

        if response.stream is None and not self._strict:
            from ._shapes import streamed  # noqa: PLC0415  # of odd answers only

            streamed(self, response)
        reader = super()._reader(response)
        adapt(reader, response, self._quirks, strict=self._strict)
        return reader


_WHOLE = frozenset({"ChatCompletion", "ParsedChatCompletion", "Completion"})
