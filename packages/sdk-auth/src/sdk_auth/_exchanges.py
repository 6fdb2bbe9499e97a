"""Exchanges with an authorization server: a few repeats, no redirects, and errors without secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sdk_core.errors import APIConnectionError
from sdk_core.policies import Retry, Send
from sdk_core.typing import Flow

if TYPE_CHECKING:
    from sdk_core.messages import Request, Response

_SECONDS = 45.0
_retry = Retry(
    2,
    _SECONDS,
    base=0.2,
    cap=2.0,
    longest_hint=10.0,
    statuses=frozenset({408, 429, 502, 503, 504}),
)


def sent(request: Request) -> Flow[Response]:
    """
    Send *request*, again if nobody answered or the server is overloaded; follow no redirect.

    Raises:
        APIConnectionError: Nobody answered. Whatever call wanted a token has not been sent, so
            that it may be repeated.
    """
    return (yield from _retry(request, _send))


def _send(request: Request) -> Flow[Response]:
    try:
        response: Response = yield Send(request)
    except APIConnectionError as exc:
        # Pickles of errors travel; a form and its headers are full of secrets.
        exc.request = request.evolve(content=None)
        exc.maybe_processed = False
        raise
    return response


def json_object(response: Response) -> Mapping[str, Any] | None:
    """Return the body of *response* if it is a JSON object."""
    try:
        value = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
