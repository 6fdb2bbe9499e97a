"""The engine that asks another OpenAI-compatible server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import attrs
import httpx
from starlette.datastructures import UploadFile

from .._catalog import Model
from .._encoding import JSONError, decode_json, encode_json
from .._problems import Fault, Problem
from ._protocols import Answer, EngineRequest, ForwardRequest, Passed, Streamed, Task

_PATHS: Mapping[Task, str] = {
    "chat": "/chat/completions",
    "completion": "/completions",
    "embedding": "/embeddings",
}

# What the caller can mend or must wait for stays the caller's; everything else is between this
# server and the upstream, the key above all.
_PASSED = frozenset({400, 404, 409, 413, 422, 429})
_HEADERS = ("retry-after", "retry-after-ms")
_PREFIXES = ("openai-", "x-ratelimit-")

_MESSAGE_LIMIT = 500


class ProxyEngine:
    """Forward requests to an upstream and its answers back, bytes as they come.

    Args:
        upstream: Base URL of the upstream, such as `http://127.0.0.1:8000/v1`.
        key: API key for it, `None` when it needs none.
        timeout: Seconds to wait for a connection or for the next bytes.
    """

    def __init__(self, upstream: str, *, key: str | None, timeout: float) -> None:
        headers = {"accept-encoding": "identity"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        self._base = upstream.rstrip("/")
        # Requests of all callers share this client; a cookie set for one must not go with another.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            headers=headers,
            cookies=no_cookies,
            timeout=timeout,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
        )
        self.catalog = UpstreamCatalog(self)

    async def complete(self, request: EngineRequest) -> Answer:
        """Return the upstream's whole answer."""
        response = await self._post(request)
        return Answer(body=await _json_text(response), headers=_kept(response.headers))

    async def stream(self, request: EngineRequest) -> Streamed:
        """Begin to pass the upstream's events through."""
        response = await self._post(request)
        try:
            _require(response, "text/event-stream")
        except Problem:
            await response.aclose()
            raise
        return Streamed(deltas=_pieces(response), headers=_kept(response.headers))

    async def count(self, request: EngineRequest) -> int:
        """Return the number of tokens that a chat request has.

        The upstream is asked for a single token, because only its usage tells, and every upstream
        tells it.
        """
        body = {**request.body, "max_completion_tokens": 1}
        response = await self._post(attrs.evolve(request, body=body))
        value = await _json_value(response)
        usage = value.get("usage") if isinstance(value, dict) else None
        size = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        if not isinstance(size, int):
            raise Problem(502, "The upstream does not tell its usage.", code="upstream_error")
        return size

    async def forward(self, request: ForwardRequest) -> Passed:
        """Have the upstream answer, whatever it answers with."""
        sent = self._client.build_request(
            request.method,
            self._base + request.path,
            **_content(request),
        )
        response = await self._send(sent)
        place = {"location": response.headers["location"]} if "location" in response.headers else {}
        return Passed(
            status=response.status_code,
            media_type=response.headers.get("content-type", "application/octet-stream"),
            pieces=_pieces(response),
            headers={**_kept(response.headers), **place},
        )

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._client.aclose()

    async def json(self, method: str, path: str) -> Any:
        """Return the JSON value that the upstream answers to a request without a body."""
        request = self._client.build_request(method, self._base + path)
        return await _json_value(await self._send(request))

    async def _post(self, request: EngineRequest) -> httpx.Response:
        return await self._send(
            self._client.build_request(
                "POST",
                self._base + _PATHS[request.task],
                content=encode_json(request.body),
                headers={**request.headers, "content-type": "application/json"},
            )
        )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if response.is_success:
            return response
        raise _refused(response, await _body(response))


class UpstreamCatalog:
    """Know the models of an upstream.

    Args:
        engine: Asks the upstream.
    """

    def __init__(self, engine: ProxyEngine) -> None:
        self._engine = engine

    async def list(self) -> list[Model]:
        """Return all models, by id."""
        value = await self._engine.json("GET", "/models")
        entries = value.get("data") if isinstance(value, dict) else None
        if not isinstance(entries, list):
            raise Problem(502, "The upstream's list of models has no `data`.")
        models = [_model(entry) for entry in entries if isinstance(entry, dict)]
        return sorted(models, key=lambda model: model.id)

    async def get(self, model_id: str) -> Model | None:
        """Return one model, `None` if the upstream has none of that id."""
        try:
            value = await self._engine.json("GET", f"/models/{quote(model_id, safe='')}")
        except Problem as problem:
            if problem.status == 404:
                return None
            raise
        if not isinstance(value, dict):
            raise Problem(502, "The upstream's model is no JSON object.")
        return _model({"id": model_id, **value})

    async def delete(self, model_id: str) -> bool:
        """Delete a model and tell whether there was one."""
        try:
            await self._engine.json("DELETE", f"/models/{quote(model_id, safe='')}")
        except Problem as problem:
            if problem.status == 404:
                return False
            raise
        return True


def _content(request: ForwardRequest) -> dict[str, Any]:
    headers = dict(request.headers)
    if request.json is not None:
        return {"content": request.json, "headers": headers | {"content-type": "application/json"}}
    files = [(name, _part(value)) for name, value in request.form or ()]
    return {"files": files or None, "headers": headers}


def _part(value: str | UploadFile) -> tuple[str | None, Any, *tuple[str, ...]]:
    if isinstance(value, str):
        return None, value
    media_type = value.content_type or "application/octet-stream"
    return value.filename, value.file, media_type


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in response.aiter_bytes():
            yield piece
    except httpx.HTTPError as error:
        raise _unreachable(error) from error
    finally:
        await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    try:
        return await response.aread()
    except httpx.HTTPError as error:
        raise _unreachable(error) from error
    finally:
        await response.aclose()


async def _json_text(response: httpx.Response) -> bytes:
    data = await _body(response)
    _require(response, "application/json")
    return data


async def _json_value(response: httpx.Response) -> Any:
    try:
        return decode_json(await _json_text(response))
    except JSONError as error:
        raise Problem(502, f"The upstream sent invalid JSON: {error}.") from None


def _model(entry: Mapping[str, Any]) -> Model:
    created, owner = entry.get("created"), entry.get("owned_by")
    return Model(
        id=str(entry.get("id")),
        name=str(entry.get("id")),
        description=None,
        # The upstream's list does not tell what a model can do.
        capabilities=("chat", "completion", "embedding"),
        context_length=None,
        engine="proxy",
        owned_by=owner if isinstance(owner, str) else "unknown",
        created=float(created) if isinstance(created, int | float) else 0.0,
    )


def _kept(headers: httpx.Headers) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name in _HEADERS or name.startswith(_PREFIXES)
    }


def _require(response: httpx.Response, expected: str) -> None:
    media_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != expected:
        raise Problem(
            502,
            f"The upstream answered with {media_type or 'no media type'} instead of {expected}; "
            "is `--upstream` the base URL of an OpenAI-compatible API?",
            code="upstream_error",
        )


def _unreachable(error: httpx.HTTPError) -> Problem:
    if isinstance(error, httpx.TimeoutException):
        return Problem(504, "The upstream did not answer in time.", code="upstream_timeout")
    return Problem(502, f"The upstream cannot be reached: {error}.", code="upstream_error")


def _refused(response: httpx.Response, data: bytes) -> Problem:
    message, code, param = _explain(data)
    status = response.status_code
    faults = [Fault(location="body", path=(param,), message=message)] if param else []
    if status in _PASSED:
        return Problem(status, message, code=code, faults=faults, headers=_kept(response.headers))
    return Problem(502, f"The upstream answered {status}: {message}", code=code or "upstream_error")


def _explain(data: bytes) -> tuple[str, str | None, str | None]:
    """Return message, code and parameter from any of the shapes in which servers report errors."""
    try:
        value = decode_json(data)
    except JSONError:
        value = data.decode(errors="replace")
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        for member in ("error", "detail", "message"):
            if value.get(member):
                value = value[member]
                break
    if isinstance(value, dict):
        code, param = value.get("code"), value.get("param")
        message = value.get("message") or encode_json(value).decode()
        return (
            str(message)[:_MESSAGE_LIMIT],
            str(code) if code is not None else None,
            param if isinstance(param, str) else None,
        )
    text = value if isinstance(value, str) else encode_json(value).decode()
    return text.strip()[:_MESSAGE_LIMIT] or "no message", None, None
