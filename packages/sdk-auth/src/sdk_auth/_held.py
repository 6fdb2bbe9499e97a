"""Held tokens: what the policy knows of the one that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from sdk_core.messages import Secret
from sdk_core.policies import Now
from sdk_core.typing import Flow

from ._keeping import seconds_left
from .errors import TokenAnswerError

if TYPE_CHECKING:
    from .tokens import Token

_FOREVER = float("inf")


@attrs.frozen(eq=False)
class Held:
    """
    A token, and its two instants on the driver's clock.

    Attributes:
        token: The token.
        header: How it is shown.
        soft: From here on one call renews it, and the others go on with it.
        hard: From here on it is not used any more.
        doubted: Until then its refusal is believed: it was refused as soon as it was made.
    """

    token: Token
    header: Secret = attrs.field(repr=False)
    soft: float = _FOREVER
    hard: float = _FOREVER
    doubted: float = 0.0

    def follows(self, other: Held | None) -> bool:
        """Return whether this is another token than *other* holds."""
        return other is None or self.token is not other.token


def hold(token: Token, *, early: float, leeway: float) -> Flow[Held]:
    """
    Return *token* as it is held.

    Args:
        token: The token.
        early: Seconds before its end; at most half of its life.
        leeway: Seconds before its end; at most a tenth of its life.

    Raises:
        TokenAnswerError: It is of a kind that nobody here can show (RFC 6749 §7.1).
    """
    if token.token_type.lower() != "bearer":
        msg = f"the server gave a token of the type {token.token_type!r}; only Bearer can be shown"
        raise TokenAnswerError(msg)
    header = Secret(f"Bearer {token.access_token}")  # RFC 6750 §2.1
    left = yield from seconds_left(token)
    if left is None:
        return Held(token, header)
    assert token.expires_at is not None
    life = token.expires_at - token.issued_at if token.issued_at else max(left, 0.0)
    ends = (yield Now()) + left
    hard = ends - min(leeway, life / 10)
    return Held(token, header, soft=min(hard, ends - min(early, life / 2)), hard=hard)
