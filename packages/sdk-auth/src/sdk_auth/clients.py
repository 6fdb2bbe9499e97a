"""Token clients: sign in, ask for tokens and sign out, beside the calls of an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_core.flows import AsyncRunner, Runner

if TYPE_CHECKING:
    from ._oauth import OAuth
    from .discovery import ServerMetadata
    from .tokens import Token

__all__ = ["AsyncTokenClient", "TokenClient"]


class TokenClient(Runner):
    """
    Carry out the flows of this package, blocking; `run` carries out any, such as ``grant.obtain()``.

    Clients with equal options share their connections; `close` returns them.

    Args:
        transport: The engine; see `sdk_core.transports`. Default: httpx.
        http_client: Your own ``httpx.Client``, for proxies or certificates, instead.

    Raises:
        ConfigurationError: Both are given, or something else.
    """

    def discover(self, issuer: str) -> ServerMetadata:
        """Return what *issuer* publishes about itself; see `sdk_auth.discovery.discover`."""
        from .discovery import discover  # noqa: PLC0415  # few programs ask

        return self.run(discover(issuer))

    def login(self, oauth: OAuth) -> Token:
        """Get a new token and keep it; see `OAuth.login`."""
        return self.run(oauth.login())

    def token(self, oauth: OAuth) -> Token:
        """Return a token that can be used now; see `OAuth.token`."""
        return self.run(oauth.token())

    def logout(self, oauth: OAuth) -> None:
        """Have the token revoked, and forget it; see `OAuth.logout`."""
        self.run(oauth.logout())


class AsyncTokenClient(AsyncRunner):
    """
    The asynchronous twin of `TokenClient`, with the same options.

    *http_client* is an ``httpx.AsyncClient``.
    """

    async def discover(self, issuer: str) -> ServerMetadata:
        """Return what *issuer* publishes about itself; see `sdk_auth.discovery.discover`."""
        from .discovery import discover  # noqa: PLC0415  # as above

        return await self.run(discover(issuer))

    async def login(self, oauth: OAuth) -> Token:
        """Get a new token and keep it; see `OAuth.login`."""
        return await self.run(oauth.login())

    async def token(self, oauth: OAuth) -> Token:
        """Return a token that can be used now; see `OAuth.token`."""
        return await self.run(oauth.token())

    async def logout(self, oauth: OAuth) -> None:
        """Have the token revoked, and forget it; see `OAuth.logout`."""
        await self.run(oauth.logout())
