"""What the functions of the platform API share: how they read a call and write an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from ._accounts import Caller
from ._applications import Call
from ._catalog import Model
from ._encoding import encode_json
from ._problems import Problem
from ._services import Services

PlatformCall = Call[Services, Caller]

DEFAULT_PAGE_SIZE = 20


def caller_of(call: PlatformCall) -> Caller:
    """Return who calls an operation that the document does not make public."""
    assert call.caller is not None
    return call.caller


async def model_of(call: PlatformCall) -> Model:
    """Return the model that the path names.

    Raises:
        Problem: 404; there is none of that name.
    """
    name = call.parameters["model_id"]
    model = await call.services.engine.catalog.get(name)
    if model is None:
        raise Problem(404, f"There is no model named `{name}`.", code="model_not_found")
    return model


def page_of(values: Mapping[str, Any]) -> tuple[int, int]:
    """Return which page is asked for, from 1, and how many items it holds."""
    return int(values.get("page", 1)), int(values.get("per_page", DEFAULT_PAGE_SIZE))


def page(items: Sequence[object], total: int, number: int, size: int) -> Response:
    """Answer with one page of a list."""
    return json({"items": items, "total": total, "page": number, "per_page": size})


def date(seconds: float) -> str:
    """Write seconds since 1970-01-01 UTC as RFC 3339 has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def json(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(encode_json(body), status, headers=headers, media_type="application/json")
