"""
Credential chains: the first of several places that has a credential decides who calls.

A program that runs on a laptop, in CI and in a cluster says once where to look::

    auth = CredentialChain(
        Explicit(args.token),                  # what the caller gives
        Environment(),                         # SDK_CREDENTIAL, SDK_AUTH__CLIENT_ID, ...
        Profile(),                             # the TOML file and profile of sdk_core.settings
        Stored(grant, FileStore()),            # who signed in before
        Login(grant, FileStore()),             # whoever sits there now
    )
    client = Client(auth=auth)

`CredentialChain.default` is these five. Any object with a `name` and a `find` is a source.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.messages import concealed
from sdk_core.policies import Call, Exclusive
from sdk_core.typing import Flow, Policy, TokenProvider

from ._oauth import OAuth
from ._sign_ins import SignIn
from .credentials import Bearer
from .errors import CredentialUnavailableError, InvalidGrantError
from .typing import Grant, TokenStore

if TYPE_CHECKING:
    from sdk_core.messages import Request, Response
    from sdk_core.typing import Inner

__all__ = [
    "CredentialChain",
    "CredentialSource",
    "Environment",
    "Explicit",
    "Login",
    "Profile",
    "Stored",
]

Shown: TypeAlias = "Callable[[str | TokenProvider], Policy]"
"""How a secret is shown, such as `sdk_auth.Bearer`, or `sdk_auth.ApiKey` with a name."""


class CredentialSource(Protocol):
    """A place where a credential may be."""

    @property
    def name(self) -> str:
        """What it is called in the error of a chain that found nothing."""
        ...

    def find(self) -> Flow[Policy | str]:
        """Return the policy that shows what is there; or why nothing is, as half a sentence."""
        ...


@attrs.frozen
class Explicit:
    """
    What the caller gives, if it does.

    Args:
        credential: A secret, or a function that returns it, asked before each attempt; or None.
        auth: A policy instead; or None.
        shown: How the secret is shown. Default: as a bearer token.
    """

    credential: str | TokenProvider | None = attrs.field(default=None, repr=False)
    auth: Policy | None = attrs.field(default=None, kw_only=True)
    shown: Shown = attrs.field(default=Bearer, kw_only=True, repr=False)
    name: str = attrs.field(default="explicit", init=False)

    def find(self) -> Flow[Policy | str]:
        """Return the policy; see `CredentialSource`."""
        yield from ()  # a flow that asks for nothing
        if self.auth is not None:
            return self.auth
        if self.credential is None or self.credential == "":
            return "none was given"
        return self.shown(self.credential)


@attrs.frozen
class Environment:
    """
    What the environment says when it is first needed.

    ``SDK_CREDENTIAL`` is a secret. The variables that begin with ``SDK_AUTH__`` say how to sign
    in without a person; see `sdk_auth.settings.AuthSettings` for their names.

    Args:
        prefix: Of the variables. Default: ``SDK_``.
        store: Where tokens are kept; None: in memory.
        shown: How the secret is shown. Default: as a bearer token.
    """

    prefix: str = "SDK_"
    store: TokenStore | None = attrs.field(default=None, kw_only=True)
    shown: Shown = attrs.field(default=Bearer, kw_only=True, repr=False)
    name: str = attrs.field(default="environment", init=False)

    def find(self) -> Flow[Policy | str]:
        """Return the policy; see `CredentialSource`."""
        found: Policy | str = yield Call(self._found)
        return found

    def _found(self) -> Policy | str:
        secret = os.environ.get(f"{self.prefix}CREDENTIAL")
        if secret:
            return self.shown(secret)
        members = variables(self.prefix)
        if not members:
            return f"`{self.prefix}CREDENTIAL` is not set, and no `{self.prefix}AUTH__...` is"
        return _unattended(SignIn.of(members, "the environment"), self.store)


@attrs.frozen
class Profile:
    """
    What the TOML file of `sdk_core.settings` says: its `credential`, or how to sign in (``auth``).

    Needs an extra: ``pip install sdk-auth[settings]``; without it there is nothing to be found.

    Args:
        profile: Which of the file's profiles counts. Default: what ``SDK_PROFILE`` says, else none.
        file: The file. Default: what ``SDK_SETTINGS`` says, else none.
        prefix: Of the variables. Default: ``SDK_``.
        store: Where tokens are kept; None: in memory.
        shown: How the secret is shown. Default: as a bearer token.
    """

    profile: str | None = None
    file: str | os.PathLike[str] | None = None
    prefix: str = attrs.field(default="SDK_", kw_only=True)
    store: TokenStore | None = attrs.field(default=None, kw_only=True)
    shown: Shown = attrs.field(default=Bearer, kw_only=True, repr=False)
    name: str = attrs.field(default="profile", init=False)

    def find(self) -> Flow[Policy | str]:
        """Return the policy; see `CredentialSource`."""
        found: Policy | str = yield Call(self._found)
        return found

    def _found(self) -> Policy | str:
        if self.file is None and not os.environ.get(f"{self.prefix}SETTINGS"):
            return f"no file was given, and `{self.prefix}SETTINGS` names none"
        try:
            from ._profiles import read  # noqa: PLC0415  # needs an extra, and 0.2 s
        except ConfigurationError:
            return "settings need an extra: pip install sdk-auth[settings]"
        secret, members, where = read(self.prefix, self.profile, self.file)
        if secret:
            return self.shown(secret)
        if not members:
            return f"{where} has neither `credential` nor `auth`"
        return _unattended(SignIn.of(members, where), self.store)


@attrs.frozen
class Stored:
    """
    Who signed in before, as long as the token in the store is good or can be renewed.

    Nobody is asked: a token that cannot be renewed without a person counts as none.

    Args:
        grant: How they signed in.
        store: Where the token is.
    """

    grant: Grant
    store: TokenStore
    name: str = attrs.field(default="store", init=False)

    def find(self) -> Flow[Policy | str]:
        """Return the policy; see `CredentialSource`."""
        if (yield Call(partial(self.store.load, self.grant.key))) is None:
            return f"nobody has signed in: {self.store!r} has no token for this"
        policy = OAuth(_Unasked(self.grant), store=self.store)
        try:
            yield from policy.token()
        except InvalidGrantError as error:
            return f"the token that was kept cannot be renewed (`{error.error}`)"
        except CredentialUnavailableError:
            return "the token that was kept has ended, and there is none to renew it with"
        return policy


@attrs.frozen
class Login:
    """
    Whoever sits there: they are asked to sign in, by a device code or a browser.

    Args:
        grant: `sdk_auth.login.DeviceCode`, `sdk_auth.login.AuthorizationCode` or one of your own.
        store: Where the token is kept; None: in memory, so that they are asked again next time.
        attended: Says whether somebody is there. Default: whether standard error is a terminal.
    """

    grant: Grant
    store: TokenStore | None = None
    attended: Callable[[], bool] = attrs.field(
        default=lambda: sys.stderr is not None and sys.stderr.isatty(), kw_only=True, repr=False
    )
    name: str = attrs.field(default="login", init=False)

    def find(self) -> Flow[Policy | str]:
        """Return the policy; see `CredentialSource`."""
        if not (yield Call(self.attended)):
            return "nobody is there to be asked: standard error is no terminal"
        policy = OAuth(self.grant, store=self.store)
        yield from policy.token()
        return policy


class CredentialChain:
    """
    Take the first source that has something, at the first call that needs it; stay with it.

    A policy, for the option ``auth`` of a client. One call looks, others wait for what it finds;
    when it finds nothing, or what it found has ended for good, the next call looks again.

    Args:
        *sources: In their order.

    Raises:
        ConfigurationError: There are none, or one is none.
    """

    def __init__(self, *sources: CredentialSource) -> None:
        for each in sources:
            if isinstance(each, type | str) or not callable(getattr(each, "find", None)):
                kind = each if isinstance(each, type) else type(each)
                msg = (
                    f"a source of CredentialChain must be a value with `find`, not {kind.__name__}"
                )
                raise ConfigurationError(msg)
        if not sources:
            msg = "CredentialChain needs a source at least, or use CredentialChain.default()"
            raise ConfigurationError(msg)
        self._sources = sources
        self._line = Exclusive()
        self._found: tuple[str, Policy] | None = None

    @classmethod
    @concealed
    def default(
        cls,
        credential: str | TokenProvider | None = None,
        *,
        auth: Policy | None = None,
        prefix: str = "SDK_",
        profile: str | None = None,
        file: str | os.PathLike[str] | None = None,
        grant: Grant | None = None,
        store: TokenStore | None = None,
        shown: Shown = Bearer,
    ) -> Self:
        """
        Return a chain of all sources: explicit, environment, profile, store, login.

        Args:
            credential: As for `Explicit`.
            auth: As for `Explicit`.
            prefix: As for `Environment`.
            profile: As for `Profile`.
            file: As for `Profile`.
            grant: How a person signs in; None: there are neither `Stored` nor `Login`.
            store: Where tokens are kept. Default: a `sdk_auth.FileStore`, if there is a grant.
            shown: How secrets are shown. Default: as bearer tokens.
        """
        if grant is not None and store is None:
            from .stores import FileStore  # noqa: PLC0415  # needs a home

            store = FileStore()
        sources: list[CredentialSource] = [
            Explicit(credential, auth=auth, shown=shown),
            Environment(prefix, store=store, shown=shown),
            Profile(profile, file, prefix=prefix, store=store, shown=shown),
        ]
        if grant is not None and store is not None:
            sources += [Stored(grant, store), Login(grant, store)]
        return cls(*sources)

    @property
    def source(self) -> str | None:
        """The name of the source that had something; None before anybody has looked."""
        return None if self._found is None else self._found[0]

    def __repr__(self) -> str:
        return f"CredentialChain({', '.join(each.name for each in self._sources)})"

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Show what was found with *request*, unless its operation is public; see `Policy`."""
        operation = request.operation
        if operation is not None and operation.public:
            return (yield from inner(request))
        found = self._found
        if found is None:
            found = yield from self._line(self._look())
        try:
            return (yield from found[1](request, inner))
        except (CredentialUnavailableError, InvalidGrantError):
            if self._found is found:  # of no use any more: the next call looks again
                self._found = None
            raise

    def policy(self) -> Flow[Policy]:
        """
        Return the policy that was found, looked for if need be.

        Raises:
            CredentialUnavailableError: No source has anything; the message says why of each.
        """
        return (self._found or (yield from self._line(self._look())))[1]

    def _look(self) -> Flow[tuple[str, Policy]]:
        if self._found is not None:  # while this one waited
            return self._found
        tried: list[tuple[str, str]] = []
        for each in self._sources:
            found = yield from each.find()
            if not isinstance(found, str):
                self._found = (each.name, found)
                return self._found
            tried.append((each.name, found))
        raise _nothing(tried)


@attrs.frozen
class _Unasked:
    """A grant that gets nothing from nothing, for that would ask a person."""

    grant: Grant

    @property
    def key(self) -> str:
        return self.grant.key

    def obtain(self) -> Flow[Any]:
        yield from ()  # as above
        msg = "the token that was kept has ended; sign in again"
        raise CredentialUnavailableError(msg)

    def renew(self, token: Any) -> Flow[Any]:
        if token.refresh_token is None:
            return (yield from self.obtain())
        return (yield from self.grant.renew(token))


def variables(prefix: str) -> dict[str, str]:
    """Return what the environment says of signing in, by the names of the members."""
    start = f"{prefix}AUTH__".lower()
    return {
        name.lower().removeprefix(start): value
        for name, value in os.environ.items()
        if name.lower().startswith(start) and value
    }


def _unattended(sign_in: SignIn, store: TokenStore | None) -> Policy | str:
    if why := sign_in.lacks():
        return why
    if sign_in.is_interactive:
        return f"{sign_in.where} says how a person signs in, and asks nobody: add `Login`"
    return sign_in.policy(store)


def _nothing(tried: Sequence[tuple[str, str]]) -> CredentialUnavailableError:
    listed = "; ".join(f"{name}: {why}" for name, why in tried)
    return CredentialUnavailableError(f"no credential was found. {listed}", tried=tried)
