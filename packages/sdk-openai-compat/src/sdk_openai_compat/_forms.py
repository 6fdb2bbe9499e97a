"""Forms with files, as openai takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from ._calling import Calling

if TYPE_CHECKING:
    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions

_FILES = ("file", "data", "image", "mask")
"""The members of the document's forms that are files; ``image`` may be several."""


class Forms(Calling):
    """A resource, of either colour, in whose files ``(name, text)`` is as good as bytes."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        body = options.get("body")
        if isinstance(body, Mapping):
            files = {name: _as_bytes(body[name]) for name in _FILES if name in body}
            options["body"] = {**body, **files}
        return super()._call(operation, arguments, **options)


def _as_bytes(value: Any) -> Any:
    """Return a file with its content as bytes; its type says so, but a text has always worked."""
    if isinstance(value, list):
        return [_as_bytes(item) for item in value]
    if isinstance(value, tuple) and 2 <= len(value) <= 4 and isinstance(value[1], str):
        name, text, *rest = value
        return (name, text.encode(), *rest)
    return value
