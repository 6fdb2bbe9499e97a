"""The operations of the platform API."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from .__about__ import __version__
from ._accounts import Caller, Key, NameTakenError, Tokens
from ._applications import Call, Functions
from ._authentication import REALM
from ._catalog import Model
from ._encoding import encode_json
from ._problems import Problem
from ._services import Services

functions = Functions()
PlatformCall = Call[Services, Caller]

DEFAULT_PAGE_SIZE = 20


def oauth_error(problem: Problem) -> Problem:
    """Word a problem of the token endpoint as RFC 6749 section 5.2 wants it."""
    if problem.oauth is not None or problem.status not in (400, 422):
        return problem
    places = {fault.path for fault in problem.faults}
    unknown = ("grant_type",) in places and "must be" in problem.message
    return Problem(
        400,
        problem.message,
        oauth="unsupported_grant_type" if unknown else "invalid_request",
    )


@functions.implements("checkHealth")
async def check_health(call: PlatformCall) -> Response:
    """Tell that the server works."""
    return _json(
        {
            "status": "ok",
            "version": __version__,
            "uptime_seconds": round(time.monotonic() - call.services.started, 3),
        }
    )


@functions.implements("login")
async def login(call: PlatformCall) -> Response:
    """Begin a session by name and password."""
    tokens = await call.services.accounts.login(call.body["username"], call.body["password"])
    if tokens is None:
        msg = "The name or the password is wrong."
        raise _unauthorized(msg)
    return _tokens(tokens)


@functions.implements("createToken", refuse=oauth_error)
async def create_token(call: PlatformCall) -> Response:
    """Issue tokens for an OAuth 2.0 grant."""
    accounts, form = call.services.accounts, call.body
    if form["grant_type"] == "password":
        tokens = await accounts.login(form["username"], form["password"])
        refusal = Problem(400, "The name or the password is wrong.", oauth="invalid_grant")
    elif form["grant_type"] == "refresh_token":
        tokens = await accounts.refresh(form["refresh_token"])
        refusal = Problem(
            400, "The refresh token is unknown, expired or used.", oauth="invalid_grant"
        )
    else:
        tokens = await accounts.exchange_key(form["client_id"], form["client_secret"])
        refusal = Problem(
            401,
            "The client's id or secret is wrong.",
            oauth="invalid_client",
            headers={"www-authenticate": REALM},
        )
    if tokens is None:
        raise refusal
    # There is one scope; who asked for others must be told (RFC 6749 section 3.3).
    return _tokens(tokens, {"scope": "all"} if "scope" in form else {})


@functions.implements("refreshToken")
async def refresh_token(call: PlatformCall) -> Response:
    """Exchange a refresh token."""
    tokens = await call.services.accounts.refresh(call.body["refresh_token"])
    if tokens is None:
        msg = "The refresh token is unknown, expired or used."
        raise _unauthorized(msg)
    return _tokens(tokens)


@functions.implements("logout")
async def logout(call: PlatformCall) -> Response:
    """End the session of the access token."""
    await call.services.accounts.logout(_caller(call))
    return Response(status_code=204)


@functions.implements("getCurrentUser")
async def get_current_user(call: PlatformCall) -> Response:
    """Describe who calls."""
    user = await call.services.accounts.user(_caller(call))
    return _json(
        {
            "id": user.id,
            "username": user.username,
            "display_name": user.display_name,
            "email": user.email,
            "roles": ["admin", "member"] if user.admin else ["member"],
            "created_at": _date(user.created),
        }
    )


@functions.implements("listKeys")
async def list_keys(call: PlatformCall) -> Response:
    """List one page of the caller's keys."""
    page, size = _page(call.parameters)
    keys, total = await call.services.accounts.keys(
        _caller(call), offset=(page - 1) * size, limit=size
    )
    return _json(
        {
            "items": [_key(key) for key in keys],
            "total": total,
            "page": page,
            "per_page": size,
        }
    )


@functions.implements("createKey")
async def create_key(call: PlatformCall) -> Response:
    """Create a key and show its secret once."""
    name = call.body["name"]
    try:
        key, secret = await call.services.accounts.create_key(
            _caller(call), name, call.body.get("expires_in")
        )
    except NameTakenError:
        raise Problem(
            409, f"You already have an API key named `{name}`.", code="name_taken"
        ) from None
    location = f"{call.request.scope.get('root_path', '')}/keys/{quote(key.id, safe='')}"
    return _json(
        {"key": _key(key), "secret": secret},
        status=201,
        headers={"location": location, "cache-control": "no-store"},
    )


@functions.implements("getKey")
async def get_key(call: PlatformCall) -> Response:
    """Describe one of the caller's keys."""
    key = await call.services.accounts.key(_caller(call), call.parameters["key_id"])
    if key is None:
        raise _no_key(call)
    return _json(_key(key))


@functions.implements("deleteKey")
async def delete_key(call: PlatformCall) -> Response:
    """Delete one of the caller's keys."""
    if not await call.services.accounts.delete_key(_caller(call), call.parameters["key_id"]):
        raise _no_key(call)
    return Response(status_code=204)


@functions.implements("listModels")
async def list_models(call: PlatformCall) -> Response:
    """List one page of the models."""
    page, size = _page(call.parameters)
    return _models(await call.services.engine.catalog.list(), page, size)


@functions.implements("getModel")
async def get_model(call: PlatformCall) -> Response:
    """Describe one model."""
    name = call.parameters["model_id"]
    model = await call.services.engine.catalog.get(name)
    if model is None:
        raise Problem(404, f"There is no model named `{name}`.", code="model_not_found")
    return _json(_model(model))


@functions.implements("searchModels")
async def search_models(call: PlatformCall) -> Response:
    """Find models by words and by what they can do."""
    wanted = call.body
    page, size = _page(wanted)
    words = wanted.get("query", "").casefold().split()
    found = [
        model
        for model in await call.services.engine.catalog.list()
        if all(word in _searched(model) for word in words)
        and set(wanted.get("capabilities", ())) <= set(model.capabilities)
        and wanted.get("owned_by", model.owned_by) == model.owned_by
    ]
    return _models(found, page, size)


def _caller(call: PlatformCall) -> Caller:
    assert call.caller is not None  # the document does not make the operation public
    return call.caller


def _unauthorized(message: str) -> Problem:
    return Problem(401, message, code="invalid_credentials", headers={"www-authenticate": REALM})


def _no_key(call: PlatformCall) -> Problem:
    name = call.parameters["key_id"]
    return Problem(404, f"You have no API key `{name}`.", code="key_not_found")


def _page(values: Any) -> tuple[int, int]:
    return int(values.get("page", 1)), int(values.get("per_page", DEFAULT_PAGE_SIZE))


def _searched(model: Model) -> str:
    return f"{model.id} {model.name} {model.description or ''}".casefold()


def _models(models: Sequence[Model], page: int, size: int) -> Response:
    return _json(
        {
            "items": [_model(model) for model in models[(page - 1) * size :][:size]],
            "total": len(models),
            "page": page,
            "per_page": size,
        }
    )


def _model(model: Model) -> dict[str, object]:
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "capabilities": list(model.capabilities),
        "context_length": model.context_length,
        "engine": model.engine,
        "owned_by": model.owned_by,
        "created_at": _date(model.created),
    }


def _key(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.shown,
        "created_at": _date(key.created),
        "expires_at": None if key.expires is None else _date(key.expires),
        "last_used_at": None if key.used is None else _date(key.used),
    }


def _tokens(tokens: Tokens, more: dict[str, object] | None = None) -> Response:
    body: dict[str, object] = {
        "access_token": tokens.access,
        "token_type": "bearer",
        "expires_in": int(tokens.lifetime),
        **(more or {}),
    }
    if tokens.refresh is not None:
        body["refresh_token"] = tokens.refresh
    return _json(body, headers={"cache-control": "no-store"})


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _json(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(encode_json(body), status, headers=headers, media_type="application/json")
