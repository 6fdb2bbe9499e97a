"""Calls by path: ``client.post("/some/path", cast_to=object, body={...})``, as openai has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdk_core.clients import BaseClient
from sdk_core.errors import ConfigurationError, UnknownOptionError
from sdk_core.typing import omit

from ._options import RequestOptions


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
        options: RequestOptions | None = None,
        stream: bool = False,
        stream_cls: Any = None,  # noqa: ARG002  # openai's callers pass it; one class serves all
    ) -> Any:
        """
        Call GET *path* and return the answer as *cast_to*.

        Args:
            path: Relative to `base_url`.
            cast_to: A model, ``str``, ``bytes``, ``object`` for JSON as it is, ``type(None)`` for
                nothing, or ``httpx.Response`` for the answer itself.
            options: See `RequestOptions`.
            stream: Return a `Stream` of *cast_to*.
            stream_cls: Accepted and not used: there is one class of stream a colour.
        """
        return self._by_path("GET", path, cast_to, options, None, stream=stream)

    def post(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        options: RequestOptions | None = None,
        stream: bool = False,
        stream_cls: Any = None,  # noqa: ARG002  # as above
    ) -> Any:
        """Call POST *path* with *body* as JSON; see `get`."""
        return self._by_path("POST", path, cast_to, options, body, stream=stream)

    def put(
        self, path: str, *, cast_to: Any, body: Any = None, options: RequestOptions | None = None
    ) -> Any:
        """Call PUT *path* with *body* as JSON; see `get`."""
        return self._by_path("PUT", path, cast_to, options, body)

    def patch(
        self, path: str, *, cast_to: Any, body: Any = None, options: RequestOptions | None = None
    ) -> Any:
        """Call PATCH *path* with *body* as JSON; see `get`."""
        return self._by_path("PATCH", path, cast_to, options, body)

    def delete(
        self, path: str, *, cast_to: Any, body: Any = None, options: RequestOptions | None = None
    ) -> Any:
        """Call DELETE *path*; see `get`."""
        return self._by_path("DELETE", path, cast_to, options, body)

    def _by_path(
        self,
        method: str,
        path: str,
        cast_to: Any,
        options: RequestOptions | None,
        body: Any,
        *,
        stream: bool = False,
    ) -> Any:
        given = options or RequestOptions()
        arguments = _spread(given, body)
        client = self._copy(max_retries=given["max_retries"]) if "max_retries" in given else self
        if _is_http_response(cast_to):
            return _unwrapped(client.with_raw_response.request(method, path, **arguments))
        return client.request(method, path, cast_to=cast_to, stream=stream, **arguments)


def _spread(options: RequestOptions, body: Any) -> dict[str, Any]:
    """Return openai's request *options* and *body* as arguments of ``request``."""
    known = RequestOptions.__annotations__
    if unknown := sorted(options.keys() - known.keys()):
        msg = f"`options` has no `{unknown[0]}`; it takes {', '.join(sorted(known))}"
        raise UnknownOptionError(msg)
    headers: dict[str, Any] = dict(options.get("headers") or {})
    if key := options.get("idempotency_key"):
        headers["Idempotency-Key"] = key
    if extra := options.get("extra_json"):
        if body is not None and not isinstance(body, Mapping):
            msg = (
                f"`extra_json` can only be added to a mapping, and `body` is {type(body).__name__}"
            )
            raise ConfigurationError(msg)
        body = {**(body or {}), **extra}
    arguments: dict[str, Any] = {
        "headers": headers,
        "query": options.get("params"),
        "body": omit if body is None else body,
    }
    if "timeout" in options:
        arguments["timeout"] = options["timeout"]
    return arguments


def _is_http_response(cast_to: Any) -> bool:
    root = getattr(cast_to, "__module__", "").partition(".")[0]
    return root in {"httpx", "httpx2"} and getattr(cast_to, "__name__", "") == "Response"


def _unwrapped(answer: Any) -> Any:
    """Return the HTTP library's response of *answer*, or an awaitable of it."""
    if not hasattr(answer, "__await__"):
        return answer.http_response

    async def later() -> Any:
        return (await answer).http_response

    return later()
