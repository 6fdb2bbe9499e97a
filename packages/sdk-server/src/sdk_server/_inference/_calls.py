"""What the operations of the inference API have in common."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from .._accounts import Caller
from .._applications import Call
from .._encoding import encode_json
from .._engines import EngineRequest, Task
from .._problems import Fault, Problem
from .._requests import request_id
from .._services import Services

InferenceCall = Call[Services, Caller]
Json = dict[str, Any]

_FORWARDED = ("idempotency-key", "openai-organization", "openai-project", "openai-beta")


def owner_of(call: InferenceCall) -> str:
    """Return the user who calls; every operation of this API needs one."""
    assert call.caller is not None
    return call.caller.user


def engine_request(call: InferenceCall, task: Task, body: Json) -> EngineRequest:
    """Return what an engine is asked."""
    return EngineRequest(task=task, body=body, headers=engine_headers(call))


def engine_headers(call: InferenceCall) -> dict[str, str]:
    """Return the headers of a call that an upstream may see."""
    headers = call.request.headers
    return {
        "x-request-id": request_id(call.request.scope),
        **{name: headers[name] for name in _FORWARDED if name in headers},
    }


def json(body: Any, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON; bytes are JSON text already."""
    data = body if isinstance(body, bytes) else encode_json(body)
    return Response(data, headers=headers, media_type="application/json")


def missing(identity: str, kind: str, param: str, code: str = "not_found") -> Problem:
    """Return the problem of an object that does not exist.

    Args:
        identity: Its identifier.
        kind: What it would be, such as `response`.
        param: The parameter that holds the identifier.
        code: Machine-readable reason.
    """
    message = f"There is no {kind} named `{identity}`."
    fault = Fault(location="path", path=(param,), message=message)
    return Problem(404, message, code=code, faults=[fault])
