"""Calls by path: ``client.post("/some/path", cast_to=object, body={...})``, as openai has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdk_core.clients import BaseClient
from sdk_core.errors import UnknownOptionError
from sdk_core.typing import omit

_OPTIONS = {"headers", "params", "timeout", "idempotency_key", "extra_json"}


class Paths(BaseClient):
    """
    ``get``, ``post``, ``put``, ``patch`` and ``delete`` by path.

    One class for both colours: what ``request`` returns, a result or an awaitable of one, is what
    these return.
    """

    request: Any

    def get(
        self,
        path: str,
        *,
        cast_to: Any,
        options: Mapping[str, Any] | None = None,
        stream: bool = False,
        stream_cls: Any = None,  # noqa: ARG002  # openai's callers pass it; one class serves all
    ) -> Any:
        """
        Call GET *path* and return the answer as *cast_to*.

        Args:
            path: Relative to `base_url`.
            cast_to: A model, ``str``, ``bytes``, or ``object`` for JSON as it is.
            options: ``headers``, ``params``, ``timeout``, ``idempotency_key``, ``extra_json``.
            stream: Return a `Stream` of *cast_to*.
            stream_cls: Accepted and not used: there is one class of stream a colour.
        """
        return self.request("GET", path, cast_to=cast_to, stream=stream, **_spread(options, None))

    def post(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        options: Mapping[str, Any] | None = None,
        stream: bool = False,
        stream_cls: Any = None,  # noqa: ARG002  # as above
    ) -> Any:
        """Call POST *path* with *body* as JSON; see `get`."""
        return self.request("POST", path, cast_to=cast_to, stream=stream, **_spread(options, body))

    def put(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call PUT *path* with *body* as JSON; see `get`."""
        return self.request("PUT", path, cast_to=cast_to, **_spread(options, body))

    def patch(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call PATCH *path* with *body* as JSON; see `get`."""
        return self.request("PATCH", path, cast_to=cast_to, **_spread(options, body))

    def delete(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call DELETE *path*; see `get`."""
        return self.request("DELETE", path, cast_to=cast_to, **_spread(options, body))


def _spread(options: Mapping[str, Any] | None, body: Any) -> dict[str, Any]:
    """Return openai's request *options* and *body* as arguments of ``request``."""
    options = options or {}
    if unknown := sorted(options.keys() - _OPTIONS):
        msg = f"`options` has no `{unknown[0]}`; it takes {', '.join(sorted(_OPTIONS))}"
        raise UnknownOptionError(msg)
    headers = dict(options.get("headers") or {})
    if key := options.get("idempotency_key"):
        headers["Idempotency-Key"] = key
    if extra := options.get("extra_json"):
        body = {**(body or {}), **extra}
    arguments: dict[str, Any] = {
        "headers": headers,
        "query": options.get("params"),
        "body": omit if body is None else body,
    }
    if "timeout" in options:
        arguments["timeout"] = options["timeout"]
    return arguments
