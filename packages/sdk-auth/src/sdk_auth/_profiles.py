"""Profiles: what the TOML file of the settings says of credentials, and nothing else of it."""

from __future__ import annotations

import os
from typing import Any

from sdk_core.settings import SettingsConfigDict

from .settings import Settings


class _FileOnly(Settings):
    """The settings without the environment, which is a source of its own."""

    @classmethod
    def settings_customise_sources(cls, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        # The profile, and what the file says for all of them.
        return super().settings_customise_sources(*args, **kwargs)[-2:]

    def options(self, *, asynchronous: bool = False) -> dict[str, Any]:  # noqa: ARG002  # as above
        """Return nothing: limits and engines are the client's business."""
        return {}


def read(
    prefix: str, profile: str | None, file: str | os.PathLike[str] | None
) -> tuple[str | None, dict[str, str], str]:
    """
    Return the credential of a profile, the members of its section ``auth``, and its name.

    Raises:
        ConfigurationError: The file or the profile is missing, or says what it cannot.
    """
    kind = type(
        "Settings",
        (_FileOnly,),
        {
            "__module__": __name__,
            "model_config": SettingsConfigDict(env_prefix=prefix, extra="ignore"),
        },
    )
    settings: _FileOnly = kind(profile=profile, file=file)
    where = os.fspath(file or os.environ[f"{prefix}SETTINGS"])
    chosen = profile or os.environ.get(f"{prefix}PROFILE")
    if chosen:
        where += f" [profiles.{chosen}]"
    secret = None if settings.credential is None else settings.credential.get_secret_value()
    return secret, {} if settings.auth is None else settings.auth.members(), where
