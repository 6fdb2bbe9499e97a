"""The operations of the platform API."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import quote

from starlette.responses import Response

from . import _authorization, _model_files, _telemetry
from .__about__ import __version__
from ._accounts import Key, NameTakenError
from ._applications import Functions
from ._catalog import Model
from ._platform_calls import PlatformCall, caller_of, date, json, model_of, page, page_of
from ._problems import Problem

functions = Functions(_authorization.functions | _model_files.functions | _telemetry.functions)


@functions.implements("checkHealth")
async def check_health(call: PlatformCall) -> Response:
    """Tell that the server works."""
    return json(
        {
            "status": "ok",
            "version": __version__,
            "uptime_seconds": round(time.monotonic() - call.services.started, 3),
        }
    )


@functions.implements("getCurrentUser")
async def get_current_user(call: PlatformCall) -> Response:
    """Describe who calls."""
    user = await call.services.accounts.user(caller_of(call))
    return json(
        {
            "id": user.id,
            "username": user.username,
            "display_name": user.display_name,
            "email": user.email,
            "roles": ["admin", "member"] if user.admin else ["member"],
            "created_at": date(user.created),
        }
    )


@functions.implements("listKeys")
async def list_keys(call: PlatformCall) -> Response:
    """List one page of the caller's keys."""
    number, size = page_of(call.parameters)
    keys, total = await call.services.accounts.keys(
        caller_of(call), offset=(number - 1) * size, limit=size
    )
    return page([_key(key) for key in keys], total, number, size)


@functions.implements("createKey")
async def create_key(call: PlatformCall) -> Response:
    """Create a key and show its secret once."""
    name = call.body["name"]
    try:
        key, secret = await call.services.accounts.create_key(
            caller_of(call), name, call.body.get("expires_in")
        )
    except NameTakenError:
        raise Problem(
            409, f"You already have an API key named `{name}`.", code="name_taken"
        ) from None
    location = f"{call.request.scope.get('root_path', '')}/keys/{quote(key.id, safe='')}"
    return json(
        {"key": _key(key), "secret": secret},
        status=201,
        headers={"location": location, "cache-control": "no-store"},
    )


@functions.implements("getKey")
async def get_key(call: PlatformCall) -> Response:
    """Describe one of the caller's keys."""
    key = await call.services.accounts.key(caller_of(call), call.parameters["key_id"])
    if key is None:
        raise _no_key(call)
    return json(_key(key))


@functions.implements("deleteKey")
async def delete_key(call: PlatformCall) -> Response:
    """Delete one of the caller's keys."""
    if not await call.services.accounts.delete_key(caller_of(call), call.parameters["key_id"]):
        raise _no_key(call)
    return Response(status_code=204)


@functions.implements("listModels")
async def list_models(call: PlatformCall) -> Response:
    """List one page of the models."""
    return _models(await call.services.engine.catalog.list(), *page_of(call.parameters))


@functions.implements("getModel")
async def get_model(call: PlatformCall) -> Response:
    """Describe one model."""
    return json(_model(await model_of(call)))


@functions.implements("searchModels")
async def search_models(call: PlatformCall) -> Response:
    """Find models by words and by what they can do."""
    wanted = call.body
    words = wanted.get("query", "").casefold().split()
    found = [
        model
        for model in await call.services.engine.catalog.list()
        if all(word in _searched(model) for word in words)
        and set(wanted.get("capabilities", ())) <= set(model.capabilities)
        and wanted.get("owned_by", model.owned_by) == model.owned_by
    ]
    return _models(found, *page_of(wanted))


def _no_key(call: PlatformCall) -> Problem:
    name = call.parameters["key_id"]
    return Problem(404, f"You have no API key `{name}`.", code="key_not_found")


def _searched(model: Model) -> str:
    return f"{model.id} {model.name} {model.description or ''}".casefold()


def _models(models: Sequence[Model], number: int, size: int) -> Response:
    shown = [_model(model) for model in models[(number - 1) * size :][:size]]
    return page(shown, len(models), number, size)


def _model(model: Model) -> dict[str, object]:
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "capabilities": list(model.capabilities),
        "context_length": model.context_length,
        "engine": model.engine,
        "owned_by": model.owned_by,
        "created_at": date(model.created),
    }


def _key(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.shown,
        "created_at": date(key.created),
        "expires_at": None if key.expires is None else date(key.expires),
        "last_used_at": None if key.used is None else date(key.used),
    }
