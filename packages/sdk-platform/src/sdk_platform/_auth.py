"""Signing in and out, and who it is that calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from sdk_core.services import AsyncBaseService, BaseService, Service, method
from sdk_core.typing import Flow
from sdk_platform_api import operations

from ._account import Account

if TYPE_CHECKING:
    from sdk_platform_api.models import User


class Auth(Service):
    """The session of a client and of all its copies."""

    @method
    def login(self, username: str, password: str) -> Flow[User]:
        """
        Sign in; from now on the client, its copies and its `openai` call as this user.

        The session is kept where the client keeps tokens, and renewed before it expires. Other
        programs of this user with the same store, and none of their own credentials, have it too.

        Args:
            username: The name.
            password: The password, which is not kept.

        Returns:
            Who signed in.

        Raises:
            WrongPasswordError: The name or the password is wrong.
            APIConnectionError: The platform cannot be reached.
        """
        yield from self._account.login(username, password)
        return (yield from self._calling(operations.GET_CURRENT_USER))

    @method
    def refresh(self) -> Flow[None]:
        """
        Renew the tokens now; calls do so by themselves when it is time.

        Raises:
            SessionEndedError: The session has expired, or was ended elsewhere: sign in again.
            NotSignedInError: There is none.
            ConfigurationError: The client authenticates by a key, which is not renewed.
        """
        yield from self._account.refresh()

    @method
    def logout(self) -> Flow[None]:
        """
        Sign out: the tokens stop working, here, at the platform, and in other programs.

        Raises:
            ConfigurationError: The client authenticates by a key, which has no session.
            APIConnectionError: The platform cannot be reached; the tokens are forgotten here.
        """
        yield from self._account.logout()

    @method
    def whoami(self) -> Flow[User]:
        """
        Return the user as whom the client calls.

        Raises:
            SessionEndedError: The session has expired, or was ended elsewhere: sign in again.
            NotSignedInError: There is none.
            AuthenticationError: The key is unknown, or has expired.
        """
        return (yield from self._calling(operations.GET_CURRENT_USER))

    @property
    def _account(self) -> Account:
        return cast("Account", self._client._auth)  # noqa: SLF001  # one family


@final
class AuthService(BaseService, Auth):
    """`Auth`, blocking."""


@final
class AsyncAuthService(AsyncBaseService, Auth):
    """`Auth`, awaited."""
