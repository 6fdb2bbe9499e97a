"""Public types: the shapes of grants, of ways to prove who a client is, and of token stores."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from sdk_core.typing import Flow

if TYPE_CHECKING:
    from ._forms import Form
    from .tokens import Token

__all__ = ["ClientAuth", "Grant", "TokenStore"]


class Grant(Protocol):
    """
    A way to a token.

    Its flows perform no I/O; they yield effects, see `sdk_core.policies`.
    """

    @property
    def key(self) -> str:
        """A stable name for what the tokens are for, without any secret in it: for token stores."""
        ...

    def obtain(self) -> Flow[Token]:
        """Get a token from nothing."""
        ...

    def renew(self, token: Token) -> Flow[Token]:
        """Get the token that follows *token*; without a refresh token this is `obtain`."""
        ...


class ClientAuth(Protocol):
    """A way in which a client proves to an authorization server who it is (OAuth 2.1 §2.4)."""

    def __call__(self, client_id: str, form: Form) -> Flow[Form]:
        """Return *form* with the proof on it."""
        ...


class TokenStore(Protocol):
    """
    Keeps tokens between runs of a program, and between processes.

    Flows call it by the effect `Call`; an asynchronous client awaits what is awaitable.
    """

    def load(self, key: str) -> Token | None:
        """Return what was saved under *key*, or None."""
        ...

    def save(self, key: str, token: Token) -> None:
        """Keep *token* under *key*, instead of what was there."""
        ...

    def delete(self, key: str) -> None:
        """Forget what was saved under *key*, if anything was."""
        ...

    def try_lock(self, key: str) -> Callable[[], None] | None:
        """
        Return the release of a lock that only one process has at a time.

        None while another one has it. A lock dies with its process.
        """
        ...
