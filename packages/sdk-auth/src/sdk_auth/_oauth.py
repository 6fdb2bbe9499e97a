"""OAuth: the policy that puts a fresh token on every call, and gets one when there is none."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from logging import getLogger
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import attrs

from sdk_core.errors import ConfigurationError, SDKError
from sdk_core.messages import origin_of
from sdk_core.policies import Exclusive, Finish, Now, figure
from sdk_core.typing import Flow

from . import _keeping as keeping
from ._addresses import fault_of
from ._grants import BaseGrant
from ._held import Held, hold
from ._values import unpicklable
from .errors import RefreshTokenError
from .tokens import Token
from .typing import Grant, TokenStore

if TYPE_CHECKING:
    from sdk_core.messages import Request, Response
    from sdk_core.typing import Inner

_log = getLogger("sdk_auth")

PAUSE: Final = 30.0
"""Seconds until a renewal that need not be yet, and failed, is tried again."""

DOUBT: Final = 60.0
"""Seconds in which a token that was refused as soon as it was made is not replaced again."""

_NOW = Now()


@attrs.define(eq=False)
class OAuth:
    """
    Show a token with every call: get it by *grant*, renew it in time, keep it in *store*.

    A token has two instants. From *early* seconds before its end one call renews it, and the
    others go on with the old one; from *leeway* seconds before its end all wait for the new one.
    One renewal serves all threads and tasks that share this object, and with a *store* all
    processes that share that. What makes it fail is told to all who have waited for it.

    A call that is refused with 401 is repeated once with a new token, if its body can be sent
    again. Renewals are counted by token: a refusal of one that has been replaced since costs none.

    The clock may be wrong, here or there: the end of a token is counted from when it came.

    Args:
        grant: How to get a token; see `sdk_auth.grants` and `sdk_auth.login`.
        store: Keeps tokens between runs and for other processes; None: memory only.
        early: Seconds; at most half of a token's life.
        leeway: Seconds that a call may be on its way; at most a tenth of a token's life.
        origins: Where tokens may go, such as ``("https://api.example.com",)``. Default: wherever
            the client's calls go, over https or to loopback. An origin that is named may be http.

    Raises:
        ConfigurationError: An argument cannot be used.
    """

    grant: Grant
    store: TokenStore | None = attrs.field(default=None, kw_only=True)
    early: float = attrs.field(default=300.0, kw_only=True, validator=figure(least=0))
    leeway: float = attrs.field(default=10.0, kw_only=True, validator=figure(least=0))
    origins: Collection[str] | None = attrs.field(default=None, kw_only=True)
    _held: Held | None = attrs.field(default=None, init=False, repr=False)
    # Two lines: callers wait in the first, and leave it when they are cancelled; renewals by a
    # refresh token stand in the second, and go on without the caller who began them.
    _line: Exclusive = attrs.field(factory=Exclusive, init=False, repr=False)
    _going_on: Exclusive = attrs.field(factory=Exclusive, init=False, repr=False)
    _early_one: Any = attrs.field(factory=Lock, init=False, repr=False)
    _failure: SDKError | None = attrs.field(default=None, init=False, repr=False)
    _failures: int = attrs.field(default=0, init=False, repr=False)
    _trusted: set[str] = attrs.field(factory=set, init=False, repr=False)

    __reduce__ = unpicklable("OAuth policy")

    def __attrs_post_init__(self) -> None:
        for name in ("obtain", "renew"):
            if isinstance(self.grant, type) or not callable(getattr(self.grant, name, None)):
                msg = f"`grant` of OAuth must be a value of sdk_auth.grants or sdk_auth.login, not {self.grant!r}"
                raise ConfigurationError(msg)
        for name in ("load", "save", "delete", "try_lock"):
            if self.store is not None and not callable(getattr(self.store, name, None)):
                msg = f"`store` of OAuth must be a token store or None, not {self.store!r}"
                raise ConfigurationError(msg)
        if self.store is not None:
            _ = self.grant.key  # which some grants refuse
        if self.origins is not None:
            if isinstance(self.origins, str):
                msg = "`origins` of OAuth must be a collection of origins, not one string"
                raise ConfigurationError(msg)
            self._trusted.update(map(origin_of, self.origins))

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Put a token on *request*, unless it has a credential or its operation is public."""
        operation = request.operation
        if (
            "authorization" in request.headers
            or (operation is not None and operation.public)
            or (origin_of(request.url) not in self._trusted and not self._trusts(request))
        ):
            return (yield from inner(request))
        held = self._held
        if held is None or (yield _NOW) >= held.soft:
            held = yield from self._fresh()
        response = yield from inner(request.with_header("authorization", held.header))
        if response.status_code != 401:
            return response
        return (yield from self._refused(request, inner, response, held))

    def token(self) -> Flow[Token]:
        """Return a token that can be used now, got or renewed if need be."""
        held = self._held
        if held is None or (yield _NOW) >= held.soft:
            held = yield from self._fresh()
        return held.token

    def login(self) -> Flow[Token]:
        """
        Get a new token, whatever there is, and keep it.

        Raises:
            AuthError: The grant failed, or the store.
        """
        return (yield from self._line(self._going_on(self._login())))

    def renew(self) -> Flow[Token]:
        """
        Get the token that follows the one there is, however long that would last, and keep it.

        Calls do so by themselves when it is time.

        Raises:
            AuthError: The grant failed, or the store.
        """
        held, store = self._held, self.store
        if held is None:
            new = store is None or (yield from keeping.load(store, self.grant.key)) is None
            held = yield from self._fresh()
            if new:  # as it is, it has only just been got
                return held.token
        return (yield from self._after(held)).token

    def logout(self) -> Flow[None]:
        """
        Have the server revoke the token (RFC 7009), where it can, and forget it here and in the store.

        It is forgotten whatever the server says.

        Raises:
            AuthError: The server refused, or the store failed.
        """
        yield from self._line(self._going_on(self._logout()))

    def _trusts(self, request: Request) -> bool:
        """Return whether a token may go where *request* goes; remember it if so."""
        if self.origins is not None:
            return False
        origin = origin_of(request.url)
        if fault_of(origin):
            msg = (
                f"an OAuth token is not sent to {origin}, because it would travel in clear text; use "
                "https, or name the origin in `origins` of OAuth"
            )
            raise ConfigurationError(msg)
        self._trusted.add(origin)
        return True

    def _refused(
        self, request: Request, inner: Inner, response: Response, held: Held
    ) -> Flow[Response]:
        """Carry *request* out once more with another token, if that may help."""
        if response.request.foreign:  # another server refused, which was shown no token
            return response
        now = yield _NOW
        current = self._held
        if current is None or current.follows(held):
            current = None
        elif now < current.doubted:
            return response
        if request.spent:
            if current is not None:  # whoever comes next gets a new one
                self._held = attrs.evolve(current, soft=now, hard=now)
            response.not_repeated = (
                "the token was refused, and the body has been read and cannot be sent again"
            )
            return response
        renewed = yield from self._after(held)
        answer = yield from inner(request.with_header("authorization", renewed.header))
        if answer.status_code == 401 and not renewed.follows(self._held):
            self._held = attrs.evolve(renewed, doubted=(yield _NOW) + DOUBT)
        return answer

    def _fresh(self) -> Flow[Held]:
        """Return a token that can be used; called when the one there is past its soft instant."""
        held = self._held
        now = yield _NOW
        if held is None or now >= held.hard:
            return (yield from self._after(held))
        if now < held.soft or not self._early_one.acquire(blocking=False):
            return held
        try:
            return (yield from self._after(held, wait=False))
        except SDKError as exc:
            if (now := (yield _NOW)) >= held.hard:  # it took too long
                raise
            _log.warning("a token was not renewed early (%s); it is used on", type(exc).__name__)
            return self._postponed(held, now)
        finally:
            self._early_one.release()

    def _postponed(self, held: Held, now: float) -> Held:
        """Return *held* with a later soft instant, unless another one has come since."""
        current = self._held
        if current is None or current.follows(held):
            return current or held
        self._held = attrs.evolve(current, soft=min(current.hard, now + PAUSE))
        return self._held

    def _after(self, held: Held | None, *, wait: bool = True) -> Flow[Held]:
        """Return what follows *held*: got here, or by somebody else in the meantime."""
        return (yield from self._line(self._next(held, self._failures, wait=wait)))

    def _next(self, held: Held | None, failures: int, *, wait: bool) -> Flow[Held]:
        """Do as `_after`; only one flow is here at a time."""
        current = self._held
        if current is not None and current.follows(held) and (yield _NOW) < current.hard:
            return current
        if self._failures != failures and self._failure is not None:
            raise copy(self._failure)  # which has a traceback of its own
        try:
            return (yield from self._renewed(current, wait=wait))
        except SDKError as exc:
            if wait and isinstance(exc, RefreshTokenError):
                self._held = None  # of no use to anybody; the next call begins anew
            self._failure, self._failures = copy(exc), self._failures + 1
            raise

    def _renewed(self, held: Held | None, *, wait: bool) -> Flow[Held]:
        """Return the token that follows *held*, from the store or by the grant."""
        token = None if held is None else held.token
        if self.store is not None:
            kept = yield from keeping.load(self.store, self.grant.key)
            if (usable := (yield from self._usable(kept, token))) is not None:
                return usable
            token = _newer(kept, token)
        replaced = self._replaced(held, wait=wait)
        if token is None or token.refresh_token is None:
            return (yield from replaced)
        # A refresh token is good for one answer. Who waits for it may be cancelled; it may not.
        found: Held = yield Finish(self._going_on(replaced))
        return found

    def _replaced(self, held: Held | None, *, wait: bool) -> Flow[Held]:
        """Do as `_renewed`, under the store's lock."""
        current = self._held
        if current is not None and current.follows(held):  # got for a caller who was cancelled
            return current
        token = None if held is None else held.token
        store = self.store
        if store is None:
            return (yield from self._adopted((yield from self._obtained(token))))
        key = self.grant.key
        release = yield from keeping.try_lock(store, key)
        if release is None:  # another process is at it
            now = yield _NOW
            if not wait and held is not None and now < held.hard:
                return self._postponed(held, now)
            release = yield from keeping.lock(store, key)
        try:
            kept = yield from keeping.load(store, key)
            if (usable := (yield from self._usable(kept, token))) is not None:
                return usable
            try:
                fresh = yield from self._obtained(_newer(kept, token))
            except RefreshTokenError:
                if wait:
                    yield from keeping.forget(store, key)
                raise
            adopted = yield from self._adopted(fresh)
            yield from keeping.try_save(store, key, fresh)
            return adopted
        finally:
            release()

    def _usable(self, kept: Token | None, old: Token | None) -> Flow[Held | None]:
        """Return what is *kept* as held, if it is another token than the *old* one and goes on."""
        if kept is None or (old is not None and _newer(kept, old) is old):
            return None
        held = yield from hold(kept, early=self.early, leeway=self.leeway)
        if (yield _NOW) >= held.hard:
            return None
        self._held = held
        return held

    def _obtained(self, last: Token | None) -> Flow[Token]:
        return (yield from (self.grant.obtain() if last is None else self.grant.renew(last)))

    def _adopted(self, token: Token) -> Flow[Held]:
        self._held = held = yield from hold(token, early=self.early, leeway=self.leeway)
        return held

    def _login(self) -> Flow[Token]:
        store, key = self.store, self.grant.key if self.store is not None else ""
        release = None if store is None else (yield from keeping.lock(store, key))
        try:
            token = yield from self.grant.obtain()
            yield from self._adopted(token)
            if store is not None:
                yield from keeping.save(store, key, token)
        finally:
            if release is not None:
                release()
        return token

    def _logout(self) -> Flow[None]:
        store, key = self.store, self.grant.key if self.store is not None else ""
        release = None if store is None else (yield from keeping.lock(store, key))
        error: SDKError | None = None
        try:
            token = None if self._held is None else self._held.token
            if store is not None:
                token = (yield from keeping.load(store, key)) or token
            if token is not None and isinstance(self.grant, BaseGrant):
                from ._revocation import revoke  # noqa: PLC0415  # few programs sign out

                try:
                    yield from revoke(self.grant, token)
                except SDKError as exc:
                    error = exc
            self._held = None
            if store is not None:
                yield from keeping.forget(store, key)
        finally:
            if release is not None:
                release()
        if error is not None:
            raise error


def _newer(kept: Token | None, old: Token | None) -> Token | None:
    """Return the one that came later; a store that failed holds one that has been replaced."""
    if kept is None or old is None:
        return kept or old
    same = kept.access_token == old.access_token
    return old if same or kept.issued_at < old.issued_at else kept
