"""Refusals: one exception, and the two forms in which the two APIs write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Protocol

import attrs
from starlette.responses import Response

from ._encoding import encode_json

PathParts = Sequence[str | int]


@attrs.frozen(kw_only=True)
class Fault:
    """Name one place in a request and what is wrong there.

    Args:
        location: `body`, `query`, `path` or `header`.
        path: Way to the value: member names and array indexes.
        message: What is wrong.
    """

    location: str
    path: tuple[str | int, ...] = ()
    message: str


class Problem(Exception):
    """Refuse a request with an HTTP status; each API renders it in its own error shape.

    Args:
        status: HTTP status code, 400 or above.
        message: One sentence for a person.
        code: Machine-readable reason, such as `model_not_found`.
        faults: Places in the request that are wrong, the most telling one first.
        headers: Further response headers, such as `WWW-Authenticate`.
        oauth: Error code of RFC 6749 section 5.2, where the operation answers in that shape.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        oauth: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.oauth = oauth


def refuse(param: tuple[str | int, ...], text: str, code: str | None = None) -> Problem:
    """Return the problem of a body that is valid, but asks for what cannot be done.

    Args:
        param: The member that asks for it.
        text: One sentence for a person.
        code: Machine-readable reason.
    """
    return Problem(400, text, code=code, faults=[Fault(location="body", path=param, message=text)])


class Dialect(Protocol):
    """Write a `Problem` in one API's error shape."""

    invalid: int
    """Status of a request that is well formed but does not fit the document."""

    def __call__(self, problem: Problem, *, request_id: str) -> Response:
        """Return the response for `problem`; `request_id` names the exchange in the log."""
        ...


class OpenAIDialect:
    """Write problems as `{"error": {"message", "type", "param", "code"}}`."""

    invalid = 400

    def __call__(self, problem: Problem, *, request_id: str) -> Response:  # noqa: ARG002 - this shape has no place for it
        """Return the response for `problem`."""
        return Response(
            encode_json({"error": openai_error(problem)}),
            problem.status,
            headers=problem.headers,
            media_type="application/json",
        )


class ProblemDialect:
    """Write problems as problem details (RFC 9457)."""

    invalid = 422

    def __call__(self, problem: Problem, *, request_id: str) -> Response:
        """Return the response for `problem`."""
        if problem.oauth is not None:
            return Response(
                encode_json({"error": problem.oauth, "error_description": problem.message}),
                problem.status,
                headers={"cache-control": "no-store", **problem.headers},
                media_type="application/json",
            )
        body: dict[str, object] = {
            "type": "about:blank",
            "title": _phrase(problem.status),
            "status": problem.status,
            "detail": problem.message,
            "instance": f"urn:request:{request_id}",
        }
        if problem.code is not None:
            body["code"] = problem.code
        if problem.faults:
            body["errors"] = [_pointed(fault) for fault in problem.faults]
        return Response(
            encode_json(body),
            problem.status,
            headers=problem.headers,
            media_type="application/problem+json",
        )


def openai_error(problem: Problem) -> dict[str, object]:
    """Return the inner `error` object that OpenAI-compatible servers send."""
    fault = problem.faults[0] if problem.faults else None
    return {
        "message": problem.message,
        "type": _openai_type(problem.status),
        "param": dotted(fault.path) if fault and fault.path else None,
        "code": problem.code,
    }


def dotted(path: PathParts) -> str:
    """Return a path with dots, such as `messages.0.content`."""
    return ".".join(str(part) for part in path)


def pointer(path: PathParts) -> str:
    """Return a path as a JSON Pointer in URI fragment form (RFC 6901 section 6, unescaped)."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _openai_type(status: int) -> str:
    if status >= 500:
        return "server_error"
    if status == 429:
        return "rate_limit_error"
    if status in (401, 403):
        return "authentication_error" if status == 401 else "permission_error"
    return "invalid_request_error"


def _pointed(fault: Fault) -> dict[str, object]:
    entry: dict[str, object] = {"detail": fault.message}
    if fault.location == "body":
        entry["pointer"] = pointer(fault.path)
    else:
        entry["parameter"] = dotted(fault.path)
    return entry
