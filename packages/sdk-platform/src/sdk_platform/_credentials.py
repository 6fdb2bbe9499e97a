"""Credentials: what a client was given to call with, or finds by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from sdk_auth import OAuth
from sdk_auth.chain import CredentialChain, Environment, Profile, Stored
from sdk_auth.errors import CredentialUnavailableError, TokenStoreError
from sdk_core.errors import ConfigurationError
from sdk_core.options import refuse_no_policy
from sdk_core.policies import Bearer
from sdk_core.typing import Flow, Policy

from ._sessions import nobody, session_of

if TYPE_CHECKING:
    from sdk_auth.typing import TokenStore
    from sdk_core.messages import Request, Response
    from sdk_core.typing import Inner

PREFIX = "SDK_PLATFORM_API_"
"""What the names of all variables of the environment begin with, as those of sdk-platform-api do."""


@attrs.frozen(kw_only=True)
class Given:
    """
    What a client was given to call with.

    Raises:
        ConfigurationError: Too much, too little, or what cannot be used.
    """

    auth: Policy | None
    api_key: str | Callable[[], Any] | None = attrs.field(repr=False)
    username: str | None
    password: str | None = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            msg = "`username` and `password` belong together; give both, or neither"
            raise ConfigurationError(msg)
        names = [n for n in ("auth", "api_key", "username") if getattr(self, n) is not None]
        if len(names) > 1:
            msg = f"`{names[0]}` and `{names[1]}` exclude each other; give one of them"
            raise ConfigurationError(msg)
        if self.auth is not None:
            refuse_no_policy("auth", self.auth)
        if self.api_key == "":
            msg = "`api_key` is empty; leave it out, or give a key"
            raise ConfigurationError(msg)

    @property
    def is_nothing(self) -> bool:
        """Whether the client has to look for itself."""
        return all(given is None for given in (self.auth, self.api_key, self.username))

    def policy(self, base_url: str, store: Callable[[], TokenStore]) -> Policy:
        """
        Return what authenticates a client of the platform at *base_url*.

        Args:
            base_url: Of its API.
            store: Returns what keeps tokens; asked when it is needed.
        """
        if self.auth is not None:
            return self.auth
        if self.api_key is not None:
            return Bearer(self.api_key)
        if self.username is None or self.password is None:
            return Found(base_url, store)
        session = session_of(base_url, self.username, self.password, apart=True)
        return OAuth(session, store=store())


@attrs.frozen
class _Kept:
    """The session of whoever signed in last, as a source of a chain."""

    base_url: str
    store: Callable[[], TokenStore]
    name: str = attrs.field(default="store", init=False)

    def find(self) -> Flow[Policy | str]:
        try:
            store = self.store()
        except TokenStoreError as error:
            return str(error)
        return (yield from Stored(session_of(self.base_url), store).find())


class Found:
    """
    A policy that authenticates by what it finds: in the environment, a profile, or a token store.

    Args:
        base_url: Of the platform's API.
        store: Returns what keeps tokens; asked when it is needed.
    """

    def __init__(self, base_url: str, store: Callable[[], TokenStore]) -> None:
        self._base_url = base_url
        self._chain = CredentialChain(
            Environment(PREFIX), Profile(prefix=PREFIX), _Kept(base_url, store)
        )

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Show what was found with *request*; see `Policy`."""
        operation = request.operation
        if operation is not None and operation.public:
            return (yield from inner(request))
        policy = yield from self.policy()
        return (yield from policy(request, inner))

    def policy(self) -> Flow[Policy]:
        """
        Return what was found, and stay with it.

        Raises:
            NotSignedInError: Nothing was.
        """
        try:
            return (yield from self._chain.policy())
        except CredentialUnavailableError as error:
            tried = error.tried
        raise nobody(self._base_url, tried)
