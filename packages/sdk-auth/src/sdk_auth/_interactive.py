"""What grants that ask a person share: who signed in is checked, and nobody is asked by surprise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from time import time
from typing import Any

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.policies import Call
from sdk_core.typing import Flow

from ._exchanges import json_object, sent
from ._forms import get
from ._grants import BaseGrant
from ._id_tokens import Expected, refuse_without_signatures, subject_of
from .discovery import ServerMetadata
from .errors import DiscoveryError, IDTokenError
from .tokens import Token


def positive(instance: Any, attribute: Any, value: Any) -> None:
    """Accept a number of seconds above 0; a validator of attrs."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not value > 0:
        msg = f"`{attribute.name}` of {type(instance).__name__} must be a number of seconds above 0"
        raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class InteractiveGrant(BaseGrant):
    """
    A grant that asks a person.

    With the scope ``openid``, whatever id_token comes is checked before the token is used; without
    it, an id_token that comes all the same is dropped, so that nobody believes it.

    Args: as `BaseGrant`, and:
        leeway: Seconds by which the clock here may differ from that of the server. Default: 120.
    """

    leeway: float = attrs.field(default=120.0, validator=positive)

    @property
    def is_openid(self) -> bool:
        """Whether who signed in is asked for, too."""
        return "openid" in self.scope

    def renew(self, token: Token) -> Flow[Token]:
        """
        Get the token that follows *token* by its refresh token; without one, ask the person again.

        Raises:
            RefreshTokenError: The refresh token has expired, was revoked or was used before.
        """
        if token.refresh_token is None:
            return (yield from self.obtain())
        renewed = yield from self.refresh(token)
        if renewed.id_token == token.id_token:
            return renewed
        return (yield from self.checked(renewed, subject=subject_of(token.id_token)))

    @abstractmethod
    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""

    def prepared(self) -> Flow[ServerMetadata | None]:
        """Return what the server publishes; refuse at once what would fail in the end."""
        if self.is_openid and self.issuer is not None:
            refuse_without_signatures()
        return (yield from self.metadata())

    def checked(
        self, token: Token, *, nonce: str | None = None, subject: str | None = None
    ) -> Flow[Token]:
        """
        Return *token*, if its id_token may be believed.

        Raises:
            IDTokenError: It may not, or there is none where there must be one.
            ClockSkewError: The clocks differ by too much.
        """
        if not self.is_openid:
            return attrs.evolve(token, id_token=None)
        if token.id_token is None:
            if token.scope and "openid" not in token.scope:
                return token  # the server gave less than was asked for, and says so
            msg = "the scope `openid` was asked for, but no id_token came; check `scope`"
            raise IDTokenError(msg, claim="id_token")
        metadata = yield from self.metadata()
        expected = Expected(
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=nonce,
            subject=subject,
            keys=None if metadata is None else (yield from _keys(metadata)),
            leeway=self.leeway,
        )
        expected.refuse_other(token, (yield Call(time)))
        return token


def _keys(metadata: ServerMetadata) -> Flow[Iterable[Mapping[str, Any]]]:
    """Return the keys that the server signs with, asked for anew, for they rotate."""
    response = yield from sent(get(metadata.endpoint("jwks_uri")))
    document = json_object(response) if response.status_code == 200 else None
    keys = None if document is None else document.get("keys")
    if not isinstance(keys, list):
        msg = f"the keys of {metadata.issuer} cannot be read: its `jwks_uri` has no JWKS"
        raise DiscoveryError(msg, reason="invalid", issuer=metadata.issuer)
    return keys
