"""The operations of the platform API that give, renew and take access (RFC 6749, 7009, 8414)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import unquote_plus

from starlette.responses import Response

from ._accounts import Tokens
from ._applications import Functions
from ._authentication import REALM
from ._platform_calls import PlatformCall, caller_of, json
from ._problems import Problem

functions = Functions()

SCOPE = "all"
"""The only scope."""

METADATA = "/.well-known/oauth-authorization-server"
"""Where the metadata is, below the API and, in front of the API's path, below the host."""


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


@functions.implements("getAuthorizationServer")
async def get_authorization_server(call: PlatformCall) -> Response:
    """Tell OAuth clients where the endpoints are and what they take."""
    request = call.request
    host = call.services.options.public_url or f"{request.url.scheme}://{request.url.netloc}"
    issuer = f"{host.rstrip('/')}{request.scope['root_path']}"
    return json(
        {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/auth/token",
            "revocation_endpoint": f"{issuer}/auth/revoke",
            "response_types_supported": [],
            "grant_types_supported": ["password", "client_credentials", "refresh_token"],
            "scopes_supported": [SCOPE],
            "token_endpoint_auth_methods_supported": [
                "none",
                "client_secret_basic",
                "client_secret_post",
            ],
            "revocation_endpoint_auth_methods_supported": ["none"],
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
        client, secret = _client(call.request.headers.get("authorization", ""), form)
        tokens = await accounts.exchange_key(client, secret)
        refusal = _no_client("The client's id or secret is wrong.")
    if tokens is None:
        raise refusal
    # There is one; who asked for others must be told (RFC 6749 section 3.3).
    return _tokens(tokens, {"scope": SCOPE} if "scope" in form else {})


@functions.implements("refreshToken")
async def refresh_token(call: PlatformCall) -> Response:
    """Exchange a refresh token."""
    tokens = await call.services.accounts.refresh(call.body["refresh_token"])
    if tokens is None:
        msg = "The refresh token is unknown, expired or used."
        raise _unauthorized(msg)
    return _tokens(tokens)


@functions.implements("revokeToken", refuse=oauth_error)
async def revoke_token(call: PlatformCall) -> Response:
    """Make a token useless, whatever it was before."""
    await call.services.accounts.revoke(call.body["token"])
    return Response(status_code=200)


@functions.implements("logout")
async def logout(call: PlatformCall) -> Response:
    """End the session of the access token."""
    await call.services.accounts.logout(caller_of(call))
    return Response(status_code=204)


def _client(header: str, form: Mapping[str, str]) -> tuple[str, str]:
    """Return the id and the secret of a client (RFC 6749 section 2.3.1).

    Raises:
        Problem: They stand nowhere, in two places, or cannot be read.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        if not {"client_id", "client_secret"} <= form.keys():
            msg = "Send `client_id` and `client_secret`, in the form or by `Authorization: Basic`."
            raise _no_client(msg)
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        msg = "Send `client_secret` in the form or by `Authorization: Basic`, not in both."
        raise Problem(400, msg, oauth="invalid_request")
    try:
        client, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        client = colon = secret = ""
    if not colon:
        msg = "`Authorization: Basic` must hold an id and a secret with a colon between, in Base64."
        raise _no_client(msg)
    return unquote_plus(client), unquote_plus(secret)


def _no_client(message: str) -> Problem:
    headers = {"www-authenticate": REALM.replace("Bearer", "Basic")}
    return Problem(401, message, oauth="invalid_client", headers=headers)


def _unauthorized(message: str) -> Problem:
    return Problem(401, message, code="invalid_credentials", headers={"www-authenticate": REALM})


def _tokens(tokens: Tokens, more: dict[str, object] | None = None) -> Response:
    body: dict[str, object] = {
        "access_token": tokens.access,
        "token_type": "bearer",
        "expires_in": int(tokens.lifetime),
        **(more or {}),
    }
    if tokens.refresh is not None:
        body["refresh_token"] = tokens.refresh
    return json(body, headers={"cache-control": "no-store"})
