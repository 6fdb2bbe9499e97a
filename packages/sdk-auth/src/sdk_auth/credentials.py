"""
Credentials that are secrets themselves: keys, tokens that others renew, names with passwords.

Each is a value for ``auth=`` of a client, and goes with every call but those of operations that
are public or that bring a credential of their own. What an API's document says about its security
schemes is used by ``credential=`` and ``credentials=`` instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.messages import concealed
from sdk_core.operations import SecurityScheme
from sdk_core.policies import Security
from sdk_core.typing import Credential, Policy, TokenProvider

from ._values import unpicklable

if TYPE_CHECKING:
    from sdk_core.messages import Request

__all__ = ["ApiKey", "Basic", "Bearer"]


@attrs.frozen
class _Always(Security):
    """Send what there is with every call, whatever its document calls the scheme."""

    __reduce__ = unpicklable("credential")

    def plan(self, request: Request) -> tuple[str, ...]:
        operation = request.operation
        public = operation is not None and operation.public
        return () if public else tuple(self.credentials)


def _policy(name: str, scheme: SecurityScheme, credential: Credential) -> Policy:
    return _Always({name: scheme}, {name: credential})


@concealed
def ApiKey(  # noqa: N802  # reads as the kind it makes
    secret: str | TokenProvider,
    *,
    name: str = "x-api-key",
    location: Literal["header", "query", "cookie"] = "header",
) -> Policy:
    """
    Return the policy that sends a key.

    Args:
        secret: The key, or a function that returns it, asked before each attempt.
        name: Of the header, of the member of the query, or of the cookie.
        location: Where it stands. In a query it ends in the logs of servers: avoid it.

    Raises:
        ConfigurationError: An argument cannot be used.
    """
    if location not in {"header", "query", "cookie"}:
        msg = f"`location` must be header, query or cookie, not {location!r}"
        raise ConfigurationError(msg)
    return _policy("api_key", SecurityScheme("apiKey", location=location, name=name), secret)


@concealed
def Bearer(secret: str | TokenProvider) -> Policy:  # noqa: N802  # as above
    """
    Return the policy that sends a token that somebody else renews (RFC 6750 §2.1).

    Args:
        secret: The token, or a function that returns it, asked before each attempt, such as a
            `sdk_auth.TokenFile`.
    """
    return _policy("bearer", SecurityScheme("http", scheme="bearer"), secret)


@concealed
def Basic(  # noqa: N802  # as above
    username: str, password: str
) -> Policy:
    """Return the policy that sends a name and a password (RFC 7617)."""
    return _policy("basic", SecurityScheme("http", scheme="basic"), (username, password))
