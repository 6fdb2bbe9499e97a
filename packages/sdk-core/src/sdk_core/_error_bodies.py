"""Read the error bodies that servers really send, and say them in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._addresses import redacted

if TYPE_CHECKING:
    from ._messages import Response
    from .operations import Ref

_MESSAGE_LIMIT = 500
_PAGE_LIMIT = 10_000  # what is looked at of a web page: its title stands at the top
_NAMES = ("message", "detail", "error_description", "error", "title", "msg", "reason")


def parse(response: Response) -> Any:
    """
    Return the body of *response* as JSON, else its text without outer space, else None.

    A stream that was refused may carry its error as a server-sent event, and some APIs wrap the
    error object in a list; both are unwrapped.
    """
    text = response.text.strip()
    if not text:
        return None
    value = _json(text)
    if value is None and text.startswith(("data:", "event:")):
        for line in re.split(r"\r\n|\n|\r", text):
            if line.startswith("data:"):
                value = _json(line[5:])
                if value is not None:
                    break
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0]
    return text if value is None else value


def describe(response: Response, body: Any) -> str:
    """Return one line that says what the server said, and what is likely wrong if it is no API."""
    content_type = response.headers.get("content-type", "")
    try:
        text = message_of(body)
    except RecursionError:  # nested so deeply that no person is meant
        text = ""
    if isinstance(body, str) and ("html" in content_type or text.lstrip().startswith("<")):
        text = text[:_PAGE_LIMIT]
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        text = f"the server answered with a web page ({_line(_untag(title[1] if title else text))})"
    text = response.request.censored(_line(text))
    hint = _hint(response, body)
    return f"{text} ({hint})" if hint and text else text or hint


def said(body: Any, response: Response) -> str:
    """Return in one line, without the request's credentials, what an error in a success says."""
    try:
        text = response.request.censored(_line(message_of(body)))
    except RecursionError:  # as above
        text = ""
    return text or "the server reports an error without a message"


def message_of(body: Any) -> str:
    """Return the human part of an error body of any of the known shapes, or an empty string."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(filter(None, map(_item, body)))
    if not isinstance(body, Mapping):
        return ""
    inner = body.get("error")
    if isinstance(inner, Mapping | list) and (text := message_of(inner)):
        return text
    for name in _NAMES:
        value = body.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if name == "detail" and isinstance(value, Mapping | list) and (text := message_of(value)):
            return text
    return ""


def _item(item: Any) -> str:
    """Say one entry of a list of problems, such as ``body.messages: field required``."""
    if not isinstance(item, Mapping):
        return str(item) if isinstance(item, str) else ""
    text = message_of(item)
    where = item.get("loc", item.get("pointer"))
    if isinstance(where, list):
        where = ".".join(map(str, where))
    return f"{where}: {text}" if where and text else text


def _hint(response: Response, body: Any) -> str:
    url = response.url
    if response.status_code == 404 and not _versioned(url) and _is_lost(body):
        return f"no such path: {redacted(url)}; does `base_url` lack `/v1`?"
    if response.status_code == 401 and not response.text.strip():
        return "the credential was refused; check the key"
    return ""


_versioned = re.compile(r"/v\d").search


def _is_lost(body: Any) -> bool:
    """Return whether *body* is no API's error about something that it was asked for."""
    if not isinstance(body, Mapping):
        return True
    error = body.get("error")
    told = isinstance(error, Mapping) and (error.get("param") or isinstance(error.get("code"), str))
    return bool(body) and not told


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _untag(text: str) -> str:
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.IGNORECASE | re.DOTALL)
    return re.sub(r"<[^>]*>", " ", text)


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"


def modelled(response: Any) -> Any:
    """Return the body of an error as the model that its operation declares for the status."""
    operation = getattr(response.request, "operation", None)
    errors: Mapping[str, Ref] = {} if operation is None else operation.errors
    status = response.status_code
    ref = errors.get(str(status)) or errors.get(f"{status // 100}XX") or errors.get("default")
    if ref is None:
        return None
    from ._decoding import decoder  # noqa: PLC0415  # which imports this module

    try:
        return decoder(ref)(response.content, False)
    except ValueError:
        return None
