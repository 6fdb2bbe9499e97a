"""Sign-ins: how a program signs in, as a few words of a configuration say it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, get_args

import attrs

from sdk_core.errors import ConfigurationError

from .token_files import TokenFile

if TYPE_CHECKING:
    from sdk_core.typing import Policy

    from .typing import Grant, TokenStore

Kind: TypeAlias = Literal[
    "client_credentials",
    "password",
    "token_exchange",
    "jwt_bearer",
    "device_code",
    "authorization_code",
]

_NEEDS: Final[Mapping[Any, tuple[str, ...]]] = {
    "client_credentials": ("client_id", "client_secret"),
    "password": ("client_id", "username", "password"),
    "token_exchange": ("token_file",),
    "jwt_bearer": ("token_file",),
    "device_code": ("client_id",),
    "authorization_code": ("client_id",),
}
_INTERACTIVE: Final = frozenset({"device_code", "authorization_code"})


@attrs.frozen(kw_only=True)
class SignIn:
    """
    How to sign in; the members are those of `sdk_auth.settings.AuthSettings`.

    Attributes:
        where: Names what says it, in messages.
    """

    where: str
    grant: Kind | None = None
    issuer: str | None = None
    token_url: str | None = None
    device_authorization_url: str | None = None
    authorization_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = attrs.field(default=None, repr=False)
    client_secret_file: str | None = None
    scope: str | None = None
    audience: str | None = None
    username: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    token_file: str | None = None

    @classmethod
    def of(cls, members: Mapping[str, str], where: str) -> Self:
        """
        Return the sign-in with these *members*; those that are empty count as missing.

        Raises:
            ConfigurationError: One does not exist, is for another kind, or has no such value.
        """
        known = attrs.fields_dict(cls).keys() - {"where"}
        for name in members:
            if name not in known:
                msg = f"{where} has `{name}`, which is no member of it"
                raise ConfigurationError(msg)
        kind = members.get("grant")
        if kind and kind not in get_args(Kind):
            msg = f"`grant` of {where} must be one of {', '.join(get_args(Kind))}"
            raise ConfigurationError(msg)
        given: dict[str, Any] = {name: value for name, value in members.items() if value}
        return cls(where=where, **given)

    @property
    def has_server(self) -> bool:
        """Whether it says who gives out tokens."""
        return self.issuer is not None or self.token_url is not None

    @property
    def kind(self) -> Kind | None:
        """The grant: what is said, or the first that what is said is enough for."""
        if self.grant is not None:
            return self.grant
        return next((kind for kind in _NEEDS if not self._missing(kind)), None)

    @property
    def is_interactive(self) -> bool:
        """Whether a person has to be there."""
        return self.kind in _INTERACTIVE

    def lacks(self) -> str:
        """Return what is missing for a token without a person, in words; empty if nothing is."""
        if self.token_file is not None and not self.has_server:
            return ""
        if not self.has_server:
            return f"{self.where} has neither `issuer` nor `token_url`"
        if self.kind is None:
            return f"{self.where} has too little for any grant: no `client_id`, say"
        missing = self._missing(self.kind)
        if missing:
            return f"{self.where} has no {missing[0]}, which `{self.kind}` needs"
        return ""

    def policy(self, store: TokenStore | None) -> Policy:
        """
        Return what shows a token with every call.

        Raises:
            ConfigurationError: Something is missing, or cannot be used.
        """
        if why := self.lacks():
            raise ConfigurationError(why)
        if self.token_file is not None and not self.has_server:
            from .credentials import Bearer  # noqa: PLC0415  # what is not used is not loaded

            return Bearer(TokenFile(self.token_file))
        from ._oauth import OAuth  # noqa: PLC0415  # as above

        return OAuth(self.made(), store=store)

    def made(self) -> Grant:
        """
        Return the grant.

        Raises:
            ConfigurationError: Something is missing, or cannot be used.
        """
        from . import grants, login  # noqa: PLC0415  # as above

        if why := self.lacks():
            raise ConfigurationError(why)
        common: dict[str, Any] = {
            "client_id": self.client_id or "",
            "issuer": self.issuer,
            "token_url": self.token_url,
            "client_secret": self._secret(),
            "scope": self.scope,
            "extra": {"audience": self.audience} if self.audience else {},
        }
        match self.kind:
            case "client_credentials":
                return grants.ClientCredentials(**common)
            case "password":
                person: Any = {"username": self.username, "password": self.password}
                return grants.Password(**person, **common)
            case "token_exchange":
                return grants.TokenExchange(**self._workload("subject_token"), **common)
            case "jwt_bearer":
                return grants.JWTBearer(**self._workload("assertion"), **common)
            case "device_code":
                url = self.device_authorization_url
                return login.DeviceCode(device_authorization_url=url, **common)
            case _:
                return login.AuthorizationCode(authorization_url=self.authorization_url, **common)

    def _workload(self, name: str) -> dict[str, Any]:
        assert self.token_file is not None  # it is needed
        return {name: TokenFile(self.token_file), "subject": f"file {self.token_file}"}

    def _missing(self, kind: Kind) -> list[str]:
        """Return what *kind* needs and is not there, in words."""
        missing = []
        for name in _NEEDS[kind]:
            if name == "client_secret" and self.client_secret_file is not None:
                continue
            if getattr(self, name) is None:
                missing.append(
                    f"`{name}`" + (" (or `client_secret_file`)" if "secret" in name else "")
                )
        return missing

    def _secret(self) -> str | None:
        if self.client_secret_file is None:
            return self.client_secret
        return secret_of(self.client_secret_file)


def secret_of(file: str) -> str:
    """
    Return the secret in *file*, without the line end behind it.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        return Path(file).read_text("utf-8").rstrip("\r\n")
    except OSError as exc:
        msg = f"`client_secret_file` {file} cannot be read ({exc.strerror})"
        raise ConfigurationError(msg) from None
    except UnicodeDecodeError:
        pass
    msg = f"`client_secret_file` {file} holds no text"
    raise ConfigurationError(msg)
