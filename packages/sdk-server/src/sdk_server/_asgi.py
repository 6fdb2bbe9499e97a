"""The ASGI application: both APIs under their paths."""

from __future__ import annotations

import attrs
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import _inference, _platform
from ._applications import DocumentApplication
from ._authentication import Authenticator
from ._authorization import METADATA
from ._documents import Document
from ._faults import FaultInjection
from ._problems import Dialect, OpenAIDialect, Problem, ProblemDialect
from ._requests import RequestIdentity, request_id
from ._services import Services

INFERENCE, PLATFORM = "/v1", "/api"


def create_app(services: Services) -> Starlette:
    """Return the application: the inference API under `/v1`, the platform API under `/api`.

    Args:
        services: What the APIs work with; `open_services` makes them. Their opener closes them.

    Raises:
        DocumentError: A document and its functions do not match.
    """
    authenticate = Authenticator(services.accounts)
    mounts = [
        Mount(
            path,
            DocumentApplication(
                document=Document.bundled(name),
                functions=functions,
                dialect=dialect_for(path),
                authenticate=authenticate,
                services=services,
                body_limit=services.options.body_limit,
                form_limit=services.options.form_limit,
            ),
        )
        for path, name, functions in (
            (INFERENCE, "inference", _inference.functions),
            (PLATFORM, "platform", _platform.functions),
        )
    ]
    middleware = [Middleware(RequestIdentity)]
    if services.options.faults:
        middleware.append(
            Middleware(FaultInjection, dialect=dialect_for, stopping=services.stopping)
        )
    # An issuer with a path has its metadata in front of that, too (RFC 8414 section 3.1).
    metadata = Route(f"{METADATA}{PLATFORM}", _Elsewhere(mounts[-1].app, PLATFORM, METADATA))
    app = Starlette(routes=[*mounts, metadata], middleware=middleware)
    app.router.redirect_slashes = False
    app.router.default = _nothing
    _inference.resume(services, app)
    return app


def dialect_for(path: str) -> Dialect:
    """Return the error shape of the API that a path belongs to."""
    if path == INFERENCE or path.startswith(f"{INFERENCE}/"):
        return OpenAIDialect()
    return ProblemDialect()


@attrs.frozen
class _Elsewhere:
    """Answer as an application does below another path; a class, for Starlette knows ASGI by that."""

    app: ASGIApp
    root: str
    path: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = f"{self.root}{self.path}"
        moved = {"path": path, "raw_path": path.encode(), "root_path": self.root}
        await self.app({**scope, **moved}, receive, send)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        await send({"type": "websocket.close", "code": 1000})
        return
    problem = Problem(
        404,
        f"There is nothing at {scope['path']}; the APIs are at {INFERENCE} and {PLATFORM}.",
        code="not_found",
    )
    response = dialect_for(scope["path"])(problem, request_id=request_id(scope))
    await response(scope, receive, send)
