"""Tokens: what an authorization server gives out, and when it ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, Self

import attrs

from sdk_core.messages import concealed

from .errors import TokenAnswerError

__all__ = ["Token"]

_KNOWN = frozenset(
    {"access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token"}
)
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def _scope(value: object) -> tuple[str, ...]:
    """Return a scope as its words; some servers send a list instead of words with spaces."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return tuple(value)
    msg = f"`scope` must be a string, not {type(value).__name__}"
    raise ValueError(msg)


def _text(name: str, value: object) -> str | None:
    """Return *value* if it can stand in a header or a form; never shows it."""
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        msg = f"`{name}` must be a string that is not empty, not {type(value).__name__}"
        raise ValueError(msg)
    if not value.isascii() or not value.isprintable() or value != value.strip():
        msg = f"`{name}` holds characters that no token may have"
        raise ValueError(msg)
    return value


def _seconds(name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # others raise
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        msg = f"`{name}` must be a number of seconds"
        raise ValueError(msg)
    return number


@concealed
@attrs.frozen(kw_only=True)
class Token:
    """
    An access token, and what came with it (RFC 6749 §5.1).

    Neither ``repr()`` nor an error shows a secret, and pickling is refused.

    Args:
        access_token: What is shown to resource servers.
        token_type: How it is shown; ``Bearer`` is the only way that is known here.
        expires_at: Seconds since the epoch, by the clock here; None: the server did not say.
        refresh_token: Gets the next one, or None.
        scope: What it allows; empty: what was asked for.
        id_token: Who signed in, as a signed JWT (OpenID Connect), or None.
        issued_at: When it was received, in seconds since the epoch.
        extra: All other members of the answer.
    """

    access_token: str = attrs.field(repr=False)
    token_type: str = "Bearer"  # noqa: S105  # the name of a kind
    expires_at: float | None = None
    refresh_token: str | None = attrs.field(default=None, repr=False)
    scope: tuple[str, ...] = attrs.field(default=(), converter=_scope)
    id_token: str | None = attrs.field(default=None, repr=False)
    issued_at: float = 0.0
    extra: Mapping[str, Any] = attrs.field(default=_EMPTY, repr=False, hash=False)

    @classmethod
    @concealed
    def of(cls, answer: Mapping[str, Any], now: float) -> Self:
        """
        Return the token in the *answer* of a token endpoint.

        Its end is counted from *now*, so that a clock that is wrong here or there does not matter.

        Args:
            answer: The JSON object that came.
            now: Seconds since the epoch, when it came.

        Raises:
            TokenAnswerError: It holds no token, or one that cannot be used.
        """
        try:
            return cls(**_members(answer, now))
        except ValueError as exc:
            fault = str(exc)
        finally:
            del answer  # a traceback that shows locals must not show it
        msg = f"the token endpoint answered with what is no token: {fault}"
        raise TokenAnswerError(msg)

    def following(self, previous: Token | None) -> Token:
        """Return this token with what an answer to a renewal leaves out (RFC 6749 §6)."""
        if previous is None:
            return self
        return attrs.evolve(
            self,
            refresh_token=self.refresh_token or previous.refresh_token,
            scope=self.scope or previous.scope,
            id_token=self.id_token or previous.id_token,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, secrets included, as JSON can hold it: for token stores only."""
        return {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_at": self.expires_at,
            "refresh_token": self.refresh_token,
            "scope": list(self.scope),
            "id_token": self.id_token,
            "issued_at": self.issued_at,
            "extra": dict(self.extra),
        }

    @classmethod
    @concealed
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """
        Return the token that `to_dict` wrote.

        Raises:
            ValueError: *data* is nothing of the kind; the message names the member, not its value.
        """
        extra = data.get("extra") or {}
        if not isinstance(extra, Mapping):
            msg = f"`extra` must be an object, not {type(extra).__name__}"
            raise ValueError(msg)  # noqa: TRY004  # as all that is wrong with data
        return cls(
            access_token=_required(_text("access_token", data.get("access_token"))),
            token_type=_text("token_type", data.get("token_type")) or "Bearer",
            expires_at=_seconds("expires_at", data.get("expires_at")),
            refresh_token=_text("refresh_token", data.get("refresh_token")),
            scope=data.get("scope"),
            id_token=_text("id_token", data.get("id_token")),
            issued_at=_seconds("issued_at", data.get("issued_at")) or 0.0,
            extra=dict(extra),
        )

    def __reduce__(self) -> NoReturn:
        msg = "a Token cannot be pickled or copied: it is a secret; keep it in a token store"
        raise TypeError(msg)


def _members(answer: Mapping[str, Any], now: float) -> dict[str, Any]:
    lifetime = _seconds("expires_in", answer.get("expires_in"))
    return {
        "access_token": _required(_text("access_token", answer.get("access_token"))),
        "token_type": _text("token_type", answer.get("token_type")) or "Bearer",
        "expires_at": None if lifetime is None else now + max(0.0, lifetime),
        "refresh_token": _text("refresh_token", answer.get("refresh_token") or None),
        "scope": _scope(answer.get("scope")),
        "id_token": _text("id_token", answer.get("id_token") or None),
        "issued_at": now,
        "extra": {name: value for name, value in answer.items() if name not in _KNOWN},
    }


def _required(value: str | None) -> str:
    if value is None:
        msg = "`access_token` is missing"
        raise ValueError(msg)
    return value
