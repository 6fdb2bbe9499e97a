"""What a server answers in an exchange."""

from __future__ import annotations

from typing import Any, TypeAlias

from ._fitting import resolve
from ._ir import Content, Operation, Response
from ._samples import Samples

__all__ = ["Answer", "answer", "streamed"]

Answer: TypeAlias = dict[str, Any]

CONTENT = "AAFhbnN3ZXL/"
"""The bytes of an answer that is no text, in base64."""

STREAMS = ("events", "lines")


def answer(operation: Operation, samples: Samples, *, full: bool) -> Answer:
    """
    Return an answer that is read at once.

    The first success with a body is taken, JSON rather than text rather than bytes.
    """
    contents = [
        (response, content)
        for response in _successes(operation)
        for content in response.contents
        if content.kind not in STREAMS and _status(response) not in (204, 205, 304)
    ]
    if not contents or operation.method == "HEAD":
        first = next(iter(_successes(operation)), None)
        return {"status": 200 if first is None else _status(first)}
    order = ("json", "text", "bytes")
    response, content = min(contents, key=lambda item: order.index(item[1].kind))
    made: Answer = {"status": _status(response), "type": _media_type(content)}
    if content.kind == "bytes":
        return made | {"base64": CONTENT}
    value = _value(content, samples, full=full)
    if content.kind == "text":
        return made | {"text": value if isinstance(value, str) else "text"}
    made |= {"json": value}
    # No value fits a schema that requires itself; what comes nearest is read all the same.
    return made if samples.exists(content.schema or {}) else made | {"strict": False}


def streamed(operation: Operation, samples: Samples) -> Answer:
    """Return an answer that comes item by item: one item with everything, one with the least."""
    response, content = next(
        (response, content)
        for response in _successes(operation)
        for content in response.contents
        if content.kind in STREAMS
    )
    items = [_value(content, samples, full=full) for full in (True, False)]
    made: Answer = {
        "status": _status(response),
        "type": _media_type(content),
        content.kind: items,
    }
    terminator = operation.streaming.terminator if operation.streaming else None
    return made if terminator is None else made | {"terminator": terminator}


def _successes(operation: Operation) -> list[Response]:
    """Return the responses of a success, those of 2xx first; a switch of protocols is none."""
    found = [item for item in operation.responses if item.status[0] != "1"]
    return sorted(found, key=lambda item: item.status[0] != "2")


def _status(response: Response) -> int:
    status = response.status.upper().replace("XX", "00")
    return int(status) if status.isdecimal() else 200


def _value(content: Content, samples: Samples, *, full: bool) -> Any:
    schema = content.schema or {}
    value = samples.value(schema, "answer", full=full, name="text", examples=content.examples)
    if isinstance(value, dict) and value.get("error"):
        declared = resolve(schema, samples.schemas).get("properties") or {}
        if "error" not in declared:  # a failure: the client would raise it
            return samples.made(schema, "answer", full=full, name="text")
    return value


def _media_type(content: Content) -> str:
    kinds = {"json": "application/json", "text": "text/plain"}
    if content.media_type.startswith("*") or content.media_type.startswith("application/*"):
        return kinds.get(content.kind, "application/octet-stream")
    return content.media_type.replace("/*", "/plain" if content.kind == "text" else "/x-sample")
