"""
Multipart bodies: forms with files (RFC 7578).

The boundary is drawn anew for each call from 128 random bits, so that nobody who supplies a name
or a content can have written it; names are escaped as browsers escape them (WHATWG HTML,
"multipart/form-data encoding algorithm").
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ._encoding import dumped, encode_json, is_list, present, text_of
from ._media_types import includes, is_json
from ._uploads import Piece, Pieces, is_file, own_name, source_of
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .operations import Part

_OCTETS = "application/octet-stream"
_UNNAMED = "upload"  # servers take a part without a file name for text
# Browsers send a backslash as it is. Receivers read it as they like: at the end of a name it takes
# the closing quote away from some, written twice from others; escaped it is the same to all.
_escaped = {code: f"%{code:02X}" for code in (*range(32), 0x22, 0x5C, 0x7F)}
_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_forbidden = re.compile(r"[\0-\x08\n-\x1f\x7f]").search


def encode_multipart(
    members: Mapping[str, object], parts: Mapping[str, Part], *, lists: str = ""
) -> tuple[list[Piece], str]:
    """
    Return the pieces of a multipart body and its boundary.

    Args:
        members: Names and values: files, texts, what is sent as JSON, and lists of them, which
            become one part for each item. None and what is omitted are left out.
        parts: How members are written that are not written as usual.
        lists: Written behind the name of a list, unless it is there; see `encode_query`.

    Raises:
        ConfigurationError: A value cannot be sent; the message names the member.
    """
    boundary = os.urandom(16).hex()
    pieces: list[Piece] = []
    head = f"--{boundary}\r\n".encode()
    for name, value in members.items():
        for headers, content in _parts(str(name), value, parts.get(name), lists):
            pieces += (head + headers, content)
            head = f"\r\n--{boundary}\r\n".encode()
    # Without any part this is but the end, as browsers send it.
    pieces.append(head[:-2] + b"--\r\n")
    return _joined(pieces), boundary


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Join what is in memory: one write for a form without files."""
    joined: list[Piece] = []
    texts: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            texts.append(piece)
        else:
            joined += (b"".join(texts), piece)
            texts = []
    joined.append(b"".join(texts))
    return joined


def _parts(name: str, value: Any, part: Part | None, lists: str) -> Iterator[tuple[bytes, Piece]]:
    """Return head and content of each part that *value* makes."""
    if not present(value):
        return
    value = dumped(value)
    media_type = part.media_type if part is not None else None
    if is_file(value) or _is_named_file(value):
        yield _file_part(name, value, media_type)
    elif is_list(value):
        if part is not None and not part.explode and media_type is None:
            yield _text_part(name, ",".join(text_of(item) for item in value if present(item)), None)
            return
        if not name.endswith(lists):
            name += lists
        for item in value:
            inner = dumped(item)
            if is_list(inner) and not is_file(inner) and not _is_named_file(inner):
                # A list in a list has no form of its own.
                yield _text_part(name, list(inner), media_type or "application/json")
            else:
                yield from _parts(name, inner, part, lists)
    elif isinstance(value, Mapping) and part is not None and part.style == "deepObject":
        for key, item in value.items():
            yield from _parts(f"{name}[{key}]", item, part, lists)
    else:
        yield _text_part(name, value, media_type)


def _text_part(name: str, value: Any, media_type: str | None) -> tuple[bytes, Piece]:
    structured = isinstance(value, Mapping | list)
    if media_type is None and structured:
        media_type = "application/json"
    elif media_type is not None and "*" in media_type:
        media_type = None
    try:
        if structured or (media_type is not None and is_json(media_type)):
            content = encode_json(value)
        else:
            content = text_of(value).encode()
    except ConfigurationError as exc:
        msg = f"`{name}`: {exc.message}"
        raise ConfigurationError(msg) from exc
    return _head(name, None, media_type, {}), content


def _file_part(name: str, value: Any, declared: str | None) -> tuple[bytes, Piece]:
    filename, content, media_type, headers = _named(name, value)
    if filename is None and not isinstance(value, tuple):
        filename = own_name(content) or _UNNAMED
    source = source_of(content, name)
    if source is None:
        source = Pieces(name, content)
    if media_type is None:
        given = {key.lower() for key in headers}
        media_type = None if "content-type" in given else _media_type(filename, declared)
    return _head(name, filename, media_type, headers), source


def _is_named_file(value: Any) -> bool:
    """Return whether *value* is a tuple that begins with the name of a file and its content."""
    return (
        isinstance(value, tuple)
        and 2 <= len(value) <= 4
        and isinstance(value[0], str | None)
        and (is_file(value[1]) or is_list(value[1]))
    )


def _named(name: str, value: Any) -> tuple[str | None, Any, str | None, Mapping[str, Any]]:
    if not isinstance(value, tuple):
        return None, value, None, {}
    filename, content, media_type, headers = (*value, None, None)[:4]
    if not isinstance(media_type, str | None):
        msg = f"the media type of `{name}` must be a string, not {type(media_type).__name__}"
        raise ConfigurationError(msg)
    if headers is not None and not isinstance(headers, Mapping):
        msg = f"the headers of `{name}` must be a mapping, not {type(headers).__name__}"
        raise ConfigurationError(msg)
    if headers is not None and not all(isinstance(key, str) for key in headers):
        msg = f"the headers of `{name}` must have strings as names"
        raise ConfigurationError(msg)
    return filename, content, media_type, headers or {}


def _media_type(filename: str | None, declared: str | None) -> str:
    """Choose among the types that the document allows, by what the name suggests."""
    allowed = [each.strip() for each in (declared or "*/*").split(",")]
    if filename is not None:
        from mimetypes import guess_type  # noqa: PLC0415  # reads files; most calls need none

        # The extension alone: of a URL, which a name may look like, the type would be believed.
        extension = os.path.splitext(filename)[1]  # noqa: PTH122  # as above
        suggested, compression = guess_type(f"file{extension}")
        if suggested and not compression and any(includes(each, suggested) for each in allowed):
            return suggested
    return next((each for each in allowed if each and "*" not in each), _OCTETS)


def _head(
    name: str, filename: str | None, media_type: str | None, headers: Mapping[str, Any]
) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{_quoted(name)}"']
    if filename is not None:
        lines[0] += f'; filename="{_quoted(filename)}"'
    if media_type is not None:
        headers = {
            "Content-Type": media_type,
            **{key: value for key, value in headers.items() if key.lower() != "content-type"},
        }
    for key, value in headers.items():
        if not _token(key) or key.lower() == "content-disposition":
            msg = f"a part, `{name}`, cannot have a header `{key}` of its own"
            raise ConfigurationError(msg)
        if not isinstance(value, str) or _forbidden(value):
            msg = f"the header `{key}` of `{name}` must be a string without control characters"
            raise ConfigurationError(msg)
        lines.append(f"{key}: {value}")
    try:
        return "\r\n".join([*lines, "", ""]).encode()
    except UnicodeEncodeError:
        shown = ascii(name)[1:-1]
        msg = f"`{shown}` has a name or a header that cannot be sent: half of a surrogate pair"
        raise ConfigurationError(msg) from None


def _quoted(name: str) -> str:
    return name.translate(_escaped)
