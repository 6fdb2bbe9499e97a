"""Operations that no document names: those of calls by path."""

from __future__ import annotations

from typing import Any

from ._messages import is_token
from .errors import ConfigurationError
from .operations import Body, Content, Operation, Ref, Streaming


def ad_hoc(method: str, path: str, cast_to: Any, *, has_body: bool, stream: bool) -> Operation[Any]:
    """Return an operation that no document names, for the calls by path."""
    ref = None if cast_to in {object, dict, list, Any, None} else Ref.to(cast_to)
    contents: tuple[Content, ...] = (
        Content("application/json", "json", ref),
        Content("text/event-stream", "events", ref),
        Content("application/x-ndjson", "lines", ref),
        Content("*/*", "bytes"),
    )
    if cast_to is str:
        contents = (Content("*/*", "text"),)
    elif cast_to is bytes:
        contents = (Content("*/*", "bytes"),)
    elif cast_to in {None, type(None)}:
        contents = ()
    method = method.upper()
    if not is_token(method):
        msg = f"`method` must be a word, such as GET, not {method!r}"
        raise ConfigurationError(msg)
    if not path.isprintable() or " " in path:
        msg = "`path` has a space or a control character; write it as in a URL, such as %20"
        raise ConfigurationError(msg)
    return Operation(
        id=f"{method} {path}",
        method=method,
        path=path if path.startswith("/") else f"/{path}",
        body=Body(required=True) if has_body else None,
        responses={"204": (), "205": (), "2XX": contents},
        streaming=Streaming(terminator="[DONE]", unterminated=True) if stream else None,
    )
