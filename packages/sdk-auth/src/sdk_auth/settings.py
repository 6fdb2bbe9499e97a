"""
Settings: how a program signs in, from the environment, a ``.env`` file and a TOML file.

Needs an extra: ``pip install sdk-auth[settings]``. All that `sdk_core.settings` says holds here; a
section is added::

    base_url = "https://api.example.com/v1"

    [profiles.ci.auth]
    issuer = "https://login.example.com"
    client_id = "ci"
    client_secret_file = "/run/secrets/ci"

The members of ``auth`` are also variables, such as ``SDK_AUTH__CLIENT_ID``. ::

    client = Settings(file="sdk.toml", profile="ci").client(Client)
"""

from __future__ import annotations

import os
from typing import Any

from sdk_core.errors import ConfigurationError
from sdk_core.messages import concealed
from sdk_core.settings import Settings as CoreSettings  # which names the extra, if it is missing

from pydantic import BaseModel, ConfigDict, SecretStr  # isort: skip  # as said above

from ._sign_ins import Kind, SignIn
from ._values import unpicklable

__all__ = ["AuthSettings", "Settings"]


class AuthSettings(BaseModel):
    """
    How to sign in.

    Attributes:
        grant: ``client_credentials``, ``password``, ``token_exchange``, ``jwt_bearer``,
            ``device_code`` or ``authorization_code``. Default: the first of them that the others
            are enough for.
        issuer: Of the authorization server, for discovery.
        token_url: Of its token endpoint, where there is no discovery.
        client_id: The name that it has for the program.
        client_secret: The program's secret.
        client_secret_file: A file that holds it instead.
        scope: What is asked for, with spaces.
        audience: For which API, where the server wants to be told.
        username: Of a person, for ``password``.
        password: Theirs.
        token_file: Who the workload is; see `sdk_auth.TokenFile`. Without an `issuer` and a
            `token_url` it is shown as it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grant: Kind | None = None
    issuer: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    client_secret_file: str | None = None
    scope: str | None = None
    audience: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    token_file: str | None = None

    __reduce__ = unpicklable("section of settings")

    def members(self) -> dict[str, str]:
        """Return what is said, secrets included."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in given.items()
            if value is not None
        }


class Settings(CoreSettings):
    """The options of a client, and how it signs in; see `sdk_core.settings.Settings`."""

    auth: AuthSettings | None = None

    @concealed
    def __init__(
        self,
        *,
        profile: str | None = None,
        file: str | os.PathLike[str] | None = None,
        env_file: str | os.PathLike[str] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(profile=profile, file=file, env_file=env_file, **values)

    def options(self, *, asynchronous: bool = False) -> dict[str, Any]:
        """
        Return the options for a client's constructor; see `sdk_core.settings.Settings.options`.

        Raises:
            ConfigurationError: There is a credential beside `auth`, or `auth` lacks something.
        """
        made = super().options(asynchronous=asynchronous)
        if self.auth is not None:
            if self.credential is not None or self.credentials is not None:
                msg = "`auth` and `credential` exclude each other; say how to sign in, or with what"
                raise ConfigurationError(msg)
            made["auth"] = SignIn.of(self.auth.members(), "`auth`").policy(None)
        return made
