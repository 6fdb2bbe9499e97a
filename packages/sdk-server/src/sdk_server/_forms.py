"""Read forms with files (`multipart/form-data`, RFC 7578) as typed values, guided by their schemas."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from ._documents import Document
from ._encoding import JSONError, decode_json
from ._parameters import convert, keyword_of, members_of, types_of
from ._problems import Fault

MAX_FIELDS = 1000
MAX_FILES = 100
MAX_FIELD_SIZE = 1024 * 1024  # bytes of a field that is no file; these stay in memory

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY = re.compile(r"\[([^\[\]]*)\]")

Path = tuple[str | None, ...]
"""Names of a member, of a member of it, and so on; `None` at the end adds to a list."""


class FormError(ValueError):
    """Tell that bytes are no form; the message says why."""


async def read_multipart(headers: Headers, pieces: AsyncGenerator[bytes, None]) -> FormData:
    """Return the fields of a form. Files above 1 MiB wait on disk, not in memory.

    Args:
        headers: The headers of the request; their `content-type` tells the boundary.
        pieces: The body.

    Raises:
        FormError: The body is no such form.
    """
    parser = MultiPartParser(
        headers,
        pieces,
        max_files=MAX_FILES,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_SIZE,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise FormError(error.message.rstrip(".")) from None


def form_values(
    document: Document, schema: Mapping[str, Any], form: FormData
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values of a form's fields, and what is wrong with them before their schemas.

    `name[]` adds to a list, as a name that comes again does; `name[key]` is a member of an object.
    A member whose own name ends with brackets is called so.

    Args:
        document: Resolves references in schemas.
        schema: Schema of the form.
        form: The fields.
    """
    fields: dict[Path, list[str | UploadFile]] = {}
    members = members_of(document, schema)
    for name, value in form.multi_items():
        fields.setdefault(_path(name, members), []).append(value)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for path, given in fields.items():
        inner = _schema(document, schema, path)
        place = tuple(key for key in path if key is not None)
        value, wrong = _value(document, inner, given, listed=path[-1] is None)
        if wrong is None and not _place(values, place, value):
            wrong = "is given in two forms"
        if wrong is not None:
            faults.append(Fault(location="body", path=place, message=wrong))
    return values, faults


def files_shown(value: Any) -> Any:
    """Return a value with a text in the place of every file, as schemas describe files."""
    if isinstance(value, dict):
        return {name: files_shown(item) for name, item in value.items()}
    if isinstance(value, list):
        return [files_shown(item) for item in value]
    return "file" if isinstance(value, UploadFile) else value


def _path(name: str, members: Mapping[str, Any]) -> Path:
    found = None if name in members else _NAME.fullmatch(name)
    if found is None:
        return (name,)
    *keys, last = (found[1], *_KEY.findall(found[2]))
    return (*keys, last or None) if keys else (last,)


def _schema(document: Document, schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    for key in (key for key in path if key is not None):
        others = next(iter(keyword_of(document, schema, "additionalProperties")), None)
        found = members_of(document, schema).get(key, others)
        schema = found if isinstance(found, Mapping) else {}
    return schema


def _value(
    document: Document,
    schema: Mapping[str, Any],
    given: Sequence[str | UploadFile],
    *,
    listed: bool,
) -> tuple[Any, str | None]:
    """Return the value of a field, or why it has none."""
    types = set(types_of(document, schema))
    binary = _is_binary(document, schema)
    if schema and any(isinstance(each, UploadFile) != binary for each in given):
        return None, "must be a file, with a `filename`" if binary else "must not be a file"
    # Nobody says what an unknown field is.
    always, open_to_many = types and types <= {"array", "null"}, not schema or "array" in types
    many = bool(listed or always or (open_to_many and len(given) > 1))
    if len(given) > 1 and not many:
        return None, "is given more than once"
    texts = [each for each in given if isinstance(each, str)]
    if binary or not texts:
        return list(given) if many else given[0], None
    if "object" in types and texts[0].startswith("{"):
        try:
            return decode_json(texts[0].encode()), None
        except JSONError as error:
            return None, f"is not valid JSON: {error}"
    value = convert(document, schema, texts, explode=True)
    several = list(value) if isinstance(value, list | tuple) else [value]
    # What may be one or several is one when it comes once.
    return several if many else several[0], None


def _is_binary(document: Document, schema: Mapping[str, Any]) -> bool:
    formats = [*keyword_of(document, schema, "format")]
    for items in keyword_of(document, schema, "items"):
        formats += keyword_of(document, items, "format")
    return "binary" in formats


def _place(values: dict[str, Any], path: tuple[str, ...], value: Any) -> bool:
    """Put a value where its path leads, and tell whether there was room."""
    around: Any = values
    for key in path[:-1]:
        around = around.setdefault(key, {})
        if not isinstance(around, dict):
            return False
    if path[-1] in around:
        known = around[path[-1]]
        if not isinstance(known, list) or not isinstance(value, list):
            return False
        value = known + value
    around[path[-1]] = value
    return True
