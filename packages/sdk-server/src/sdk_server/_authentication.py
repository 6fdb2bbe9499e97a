"""Find out who calls, from `Authorization` or `X-API-Key`."""

from __future__ import annotations

from starlette.requests import Request

from ._accounts import Accounts, Caller
from ._dispatch import CALLER
from ._problems import Problem

REALM = 'Bearer realm="sdk-server"'

BEARER, API_KEY = "bearerAuth", "apiKeyAuth"


class Authenticator:
    """Check the credentials of requests.

    Args:
        accounts: Knows keys and tokens.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def __call__(self, request: Request, alternatives: tuple[frozenset[str], ...]) -> Caller:
        """Return who calls.

        Args:
            request: The request.
            alternatives: Sets of security schemes, any of which suffices.

        Raises:
            Problem: 401; there are no valid credentials (RFC 6750 section 3).
        """
        within = request.scope.get(CALLER)
        if isinstance(within, Caller):
            return within
        allowed = frozenset().union(*alternatives)
        header = request.headers.get("authorization")
        if header is not None and BEARER in allowed:
            scheme, _, secret = header.partition(" ")
            if scheme.lower() != "bearer" or not secret.strip():
                msg = "`Authorization` must be `Bearer` and an API key or access token."
                raise _refusal(msg)
            return await self._bearer(secret.strip())
        key = request.headers.get("x-api-key")
        if key is not None and API_KEY in allowed:
            caller = await self._accounts.authenticate_key(key)
            if caller is None:
                msg = "The API key in `X-API-Key` is unknown or has expired."
                raise _refusal(msg)
            return caller
        also = ", or an API key in `X-API-Key`" if API_KEY in allowed else ""
        raise Problem(
            401,
            f"Send an API key or access token as `Authorization: Bearer ...`{also}.",
            code="missing_credentials",
            headers={"www-authenticate": REALM},
        )

    async def _bearer(self, secret: str) -> Caller:
        caller = await self._accounts.authenticate_key(secret)
        if caller is None:
            caller = await self._accounts.authenticate_token(secret)
        if caller is None:
            msg = "The API key or access token is unknown or has expired."
            raise _refusal(msg)
        return caller


def _refusal(message: str) -> Problem:
    return Problem(
        401,
        message,
        code="invalid_api_key",
        headers={"www-authenticate": f'{REALM}, error="invalid_token"'},
    )
