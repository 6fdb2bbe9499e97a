"""Credentials: from what a client was given to the policy that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ._values import Value
from .errors import ConfigurationError
from .policies import Bearer, Security
from .policies._security import unfit

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .operations import SecurityScheme
    from .typing import Credential, Flow, Inner, Policy

_TOKENS = frozenset({"oauth2", "openIdConnect"})
_TOKEN = ("http", "bearer")
_PASSWORD = ("http", "basic")


def policy_for(
    schemes: Mapping[str, SecurityScheme],
    *,
    auth: Policy | None,
    credential: Credential | None,
    credentials: Mapping[str, Credential] | None,
) -> Policy | None:
    """
    Return the policy that authenticates a client, None if it has nothing to show.

    Raises:
        ConfigurationError: A credential cannot be used, or too much was given.
    """
    if credential is None:
        if credentials is None:
            return auth
        if not isinstance(credentials, Mapping):
            msg = f"`credentials` must be a mapping of security schemes to secrets, not {type(credentials).__name__}"  # type: ignore[unreachable]  # for those who do not check types
            raise ConfigurationError(msg)
        if auth is not None:
            msg = "`auth` and `credentials` exclude each other"
            raise ConfigurationError(msg)
        return Security(schemes, credentials) if credentials else None
    if credentials is not None:
        msg = "`credential` and `credentials` exclude each other; give all of them as `credentials`"
        raise ConfigurationError(msg)
    if credential == "":
        msg = "`credential` is empty"
        raise ConfigurationError(msg)
    return _single(schemes, credential)


@attrs.frozen(repr=False, eq=False)
class OneSecret(Value):
    """
    Send one credential, of which the caller did not say what it is for, to every operation that takes it.

    Args:
        ways: Of writing it; the first that an operation takes is used. Never two at once: where an
            operation asks for two secrets, one is not both.
    """

    ways: tuple[Security, ...]

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Put the credential on *request*; see `Policy`."""
        way = next((way for way in self.ways if way.plan(request)), self.ways[0])
        return (yield from way(request, inner))


def _single(schemes: Mapping[str, SecurityScheme], credential: Any) -> Policy:
    """Return the policy for a credential of which the caller does not say what it is for."""
    usable = {name: s for name, s in schemes.items() if not unfit(s, credential)}
    if not schemes and (isinstance(credential, str) or callable(credential)):
        return Bearer(credential)
    if not usable:
        reasons = "; ".join(f"`{name}`: {unfit(s, credential)}" for name, s in schemes.items())
        msg = f"`credential` fits none of this API's security schemes: {reasons or 'it has none'}"
        raise ConfigurationError(msg)
    leading = next(iter(schemes))
    ranks = {name: _rank(usable[name], leads=name == leading) for name in usable}
    names = sorted(usable, key=ranks.__getitem__)  # which keeps the order of equals
    first = _wire(usable[names[0]])
    places = dict.fromkeys(_wire(usable[name]) for name in names)
    ways = tuple(
        Security(schemes, {n: credential for n, s in usable.items() if _wire(s) == place})
        for place in places
        if place == first or (first != _PASSWORD and _travels(place))
    )
    return ways[0] if len(ways) == 1 else OneSecret(ways)


def _travels(place: tuple[str | None, ...]) -> bool:
    """
    Return whether a secret may stand in *place*, too, where an operation takes it in no other.

    In headers: what stands in a query ends in logs, and a cookie is a session.
    """
    return place[0] == "header" or place == _TOKEN


def _rank(scheme: SecurityScheme, *, leads: bool) -> int:
    """Return how far back *scheme* stands among those that fit; equals keep their order."""
    if scheme.kind in _TOKENS:
        return 3  # tokens come out of a flow, secrets are at hand
    if leads:
        return 0
    # A secret in a query ends in logs, and a text with a colon need not be a password.
    in_header = scheme.location == "header" or (scheme.scheme or "").lower() == "bearer"
    return 1 if in_header else 2


def _wire(scheme: SecurityScheme) -> tuple[str | None, ...]:
    """Return how *scheme* looks in a request; two that look alike take the same secret."""
    if scheme.kind == "apiKey":
        return scheme.location, (scheme.name or "").lower()
    return _TOKEN if scheme.kind in _TOKENS else ("http", (scheme.scheme or "").lower())
