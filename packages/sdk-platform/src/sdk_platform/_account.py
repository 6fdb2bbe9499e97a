"""Accounts: in whose name a client calls, which signing in and out changes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from sdk_auth import FileStore, MemoryStore, OAuth
from sdk_core.errors import ConfigurationError
from sdk_core.typing import Flow, Policy

from ._credentials import Found, Given
from ._sessions import session_of
from .errors import NotSignedInError

if TYPE_CHECKING:
    from sdk_auth.typing import TokenStore
    from sdk_core.messages import Request, Response
    from sdk_core.typing import Inner

_turns = count()


class Account:
    """
    A policy that authenticates by another one, until somebody signs in or out.

    A client shares it with its copies, and with the clients of other APIs that it makes.

    Args:
        store: Keeps tokens. Default: memory for what the client was given to sign in with, else
            files at home, where other programs find them.
    """

    _policy: Policy
    _turn: int

    def __init__(self, store: TokenStore | None) -> None:
        self._base_url = ""
        self._store = store
        self._stores: Callable[[], TokenStore] = FileStore

    def open(self, base_url: str, given: Given) -> None:
        """Begin with what was *given*, at the platform whose API is at *base_url*."""
        self._base_url = base_url
        if not given.is_nothing:
            self._stores = MemoryStore
        self._become(given.policy(base_url, self.store))

    def store(self) -> TokenStore:
        """
        Return what keeps tokens; made when it is first needed, for not everybody has a home.

        Raises:
            TokenStoreError: There is no home to keep them in.
        """
        if self._store is None:
            self._store = self._stores()
        return self._store

    # A cache keeps apart what is answered under policies that differ: here one that has become
    # another differs from what it was.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and other._turn == self._turn

    def __hash__(self) -> int:
        return hash(self._turn)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Put on *request* what authenticates now; see `Policy`."""
        return self._policy(request, inner)

    def login(self, username: str, password: str) -> Flow[None]:
        """
        Begin a session, and keep it for this program and others.

        Raises:
            WrongPasswordError: The name or the password is wrong.
        """
        session = session_of(self._base_url, username, password)
        yield from OAuth(session, store=self.store()).login()
        self._become(self._signed_in())

    def refresh(self) -> Flow[None]:
        """
        Renew the tokens of the session now.

        Raises:
            SessionEndedError: It has ended.
            NotSignedInError: There is none.
            ConfigurationError: There is none, for a key authenticates.
        """
        session = yield from self._session("refresh")
        yield from session.renew()

    def logout(self) -> Flow[None]:
        """
        End the session, if there is one, here and at the platform.

        Raises:
            ConfigurationError: There is none, for a key authenticates.
        """
        try:
            session = yield from self._session("logout")
        except NotSignedInError:
            return
        try:
            yield from session.logout()
        finally:
            self._become(self._signed_in())

    def _signed_in(self) -> OAuth:
        """Return what goes on with the session in the store, if there is one."""
        return OAuth(session_of(self._base_url), store=self.store())

    def _session(self, wanted: str) -> Flow[OAuth]:
        policy = self._policy
        if isinstance(policy, Found):
            policy = yield from policy.policy()
        if isinstance(policy, OAuth):
            return policy
        msg = (
            f"`auth.{wanted}` is for sessions, and this client authenticates by a key: delete that "
            "with `keys.delete(...)`, or sign in with `auth.login(...)`"
        )
        raise ConfigurationError(msg)

    def _become(self, policy: Policy) -> None:
        self._policy, self._turn = policy, next(_turns)
