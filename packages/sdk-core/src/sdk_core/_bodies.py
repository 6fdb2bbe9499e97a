"""Bodies: which of its kinds of body an operation sends, and how each is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ._encoding import dumped, encode_json, encode_query, given, is_list, is_model, present, text_of
from ._media_types import essence, includes, is_json
from ._parameters import in_query
from ._uploads import Pieces, Upload, is_file, source_of
from .errors import ConfigurationError
from .operations import Body, Operation, Part

Content: TypeAlias = bytes | Upload

# What is sent where the document allows many; the caller may say what it is.
_CONCRETE = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
    "text": "text/plain",
    "bytes": "application/octet-stream",
}


def encode_body(
    operation: Operation[Any], body: Any, known: Any, wanted: str | None, lists: str = ""
) -> tuple[Content, str]:
    """
    Return the encoded body and its content type.

    Args:
        operation: Whose body it is; it has at least one kind.
        body: What is sent.
        known: The same without members that the document does not know: what decides on the kind.
        wanted: The content type that the caller asks for. It chooses among the kinds, and stands
            in the request whether it is one of them or not; but a multipart body has its own.
        lists: Written behind the names of lists in a multipart body.

    Raises:
        ConfigurationError: No kind can carry the body, or it cannot be encoded.
    """
    kind = _kind(operation, body, known, wanted)
    media_type = wanted or kind.media_type
    if "*" in media_type:
        media_type = _CONCRETE[kind.encoding]
    if kind.encoding == "json":
        return encode_json(body), media_type
    if kind.encoding == "form":
        return encode_form(body, kind.parts), media_type
    if kind.encoding == "multipart":
        return _multipart(kind, body, media_type, lists)
    return _plain(operation, kind, body), media_type


def encode_form(value: object, parts: Mapping[str, Part] | None = None) -> bytes:
    """
    Return *value* as ``application/x-www-form-urlencoded``.

    Lists repeat their name, objects nest as ``a[b]``, unless *parts* says how a member is written.
    """
    members = _members(value)
    if members is None:
        msg = f"a form needs a mapping of names to values, not {type(value).__name__}"
        raise ConfigurationError(msg)
    if not parts:
        return encode_query(members).encode()
    written = (_field(name, item, parts.get(name)) for name, item in members.items())
    return "&".join(filter(None, written)).encode()


def _field(name: str, value: object, part: Part | None) -> str:
    if part is None or not present(value):
        return encode_query({name: value})
    if part.media_type is None:
        return in_query(name, dumped(value), part.style, part.explode)
    return encode_query({name: encode_json(value).decode() if is_json(part.media_type) else value})


def _multipart(kind: Body, body: Any, media_type: str, lists: str) -> tuple[Content, str]:
    # Imported by the first form with files: most programs never send one.
    from ._multipart import encode_multipart  # noqa: PLC0415  # as said above

    members = _members(body)
    if members is None:
        msg = f"a form needs a mapping of names to values, not {type(body).__name__}"
        raise ConfigurationError(msg)
    pieces, boundary = encode_multipart(members, kind.parts, lists=lists)
    plain = essence(media_type)
    if not plain.startswith("multipart/"):  # what the caller asked for has no boundaries
        plain = _CONCRETE["multipart"]
    content_type = f"{plain}; boundary={boundary}"
    first = pieces[0]
    if len(pieces) == 1 and isinstance(first, bytes):
        return first, content_type
    return Upload(pieces), content_type


def _plain(operation: Operation[Any], kind: Body, body: Any) -> Content:
    if kind.encoding == "text" and isinstance(body, int | float):
        body = text_of(body)
    if isinstance(body, str):
        return text_of(body).encode()
    source = source_of(body, "body")
    if source is None and is_list(body):
        source = Pieces("body", body)
    if source is None:
        msg = (
            f"the body of {operation.id} must be bytes or a string, an open file or a path, or an "
            f"iterable of bytes, not {type(body).__name__}"
        )
        raise ConfigurationError(msg)
    return source if isinstance(source, bytes) else Upload([source])


def _kind(operation: Operation[Any], body: Any, known: Any, wanted: str | None) -> Body:
    """Return the kind of body that the caller names, or the first that fits."""
    primary = operation.body
    assert primary is not None
    kinds = (primary, *primary.alternatives)
    if wanted is not None:
        for kind in kinds:
            if includes(kind.media_type, wanted):
                return kind
    if len(kinds) == 1:
        return primary
    names = {name for name, value in (_members(known) or {}).items() if given(value)}
    fitting = [kind for kind in kinds if _knows(kind, body, names) and _carries(kind, body)]
    if not fitting:
        what = ", ".join(f"`{name}`" for name in sorted(names)) or f"a {type(body).__name__}"
        types = ", ".join(kind.media_type for kind in kinds)
        msg = f"no kind of body of {operation.id} ({types}) can carry {what} together"
        raise ConfigurationError(msg)
    if is_file(body):  # goes as text only where nothing else is
        return next((kind for kind in fitting if kind.encoding == "bytes"), fitting[0])
    return fitting[0]


def _knows(kind: Body, body: Any, names: set[str]) -> bool:
    if kind.members is None:
        return True
    return _members(body) is not None and names <= kind.members


def _carries(kind: Body, body: Any) -> bool:
    """Return whether a body like this can be written in this kind."""
    members = _members(body)
    if kind.encoding == "multipart":
        return members is not None
    if members is not None:
        return kind.encoding in {"json", "form"} and not any(map(_holds_file, members.values()))
    if kind.encoding == "json":
        return not _holds_file(body)
    if isinstance(body, str):
        return kind.encoding in {"text", "bytes"}
    if isinstance(body, list | tuple):
        return kind.encoding == "bytes" and _holds_file(body)
    return kind.encoding in {"text", "bytes"} and (is_file(body) or is_list(body))


def _holds_file(value: Any) -> bool:
    """Return whether *value* is a file, or a list with one: the places that forms have for them."""
    if isinstance(value, list | tuple):
        return any(map(_holds_file, value))
    return is_file(value)


def _members(body: Any) -> Mapping[str, Any] | None:
    """Return the members of an object; None if it is none."""
    if isinstance(body, Mapping):
        return body
    if is_model(body):
        # Not as JSON: a form writes values in its own way, and has a place for bytes.
        members = body.model_dump(by_alias=True, exclude_unset=True, warnings=False)
        return members if isinstance(members, Mapping) else None
    return None
