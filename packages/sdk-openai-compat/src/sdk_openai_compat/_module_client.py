"""
The client of the module itself: ``sdk_openai_compat.api_key = ...``, then ``sdk_openai_compat.chat``.

It is made of the module's attributes when a resource is first used, and made anew when one of them
has changed since: on the same connections, so that this costs microseconds.
"""

from __future__ import annotations

import sys
from typing import Any

from sdk_core.errors import ConfigurationError

from ._client import OpenAI
from ._environment import variable
from ._module_names import RESOURCES

_PLAIN = (
    "api_key",
    "organization",
    "project",
    "webhook_secret",
    "base_url",
    "timeout",
    "max_retries",
    "default_headers",
    "default_query",
    "http_client",
)
_AZURE = ("api_version", "azure_endpoint", "azure_ad_token", "azure_ad_token_provider")
_SETTINGS = (*_PLAIN, *_AZURE, "admin_api_key", "api_type")
_AMBIGUOUS = (
    "the environment has credentials of OpenAI and of Azure; set `api_type` or the environment "
    "variable `OPENAI_API_TYPE` to `openai` or `azure`"
)

_made: tuple[dict[str, Any], OpenAI] | None = None


def current() -> OpenAI:
    """
    Return the client that the module's attributes describe.

    Raises:
        ConfigurationError: They describe none; the message names the attribute.
    """
    global _made  # noqa: PLW0603  # there is one module, and it has one client
    module = sys.modules[__package__]
    settings = {name: getattr(module, name) for name in _SETTINGS}
    if _made is None or _made[0] != settings:
        _made = (settings, _make(settings))
    return _made[1]


def reset() -> None:
    """Forget the client; the next use makes another."""
    global _made  # noqa: PLW0603  # as above
    _made = None


def _make(settings: dict[str, Any]) -> OpenAI:
    kind = settings["api_type"] or _kind_of(settings)
    given = {name: settings[name] for name in _PLAIN}
    if kind == "azure":
        from .lib.azure import AzureOpenAI  # noqa: PLC0415  # few programs call it

        return AzureOpenAI(**given, **{name: settings[name] for name in _AZURE})
    if kind == "openai":
        return OpenAI(**given, admin_api_key=settings["admin_api_key"], _enforce_credentials=False)
    msg = f"`api_type` must be 'openai' or 'azure', not {kind!r}"
    raise ConfigurationError(msg)


def _kind_of(settings: dict[str, Any]) -> str:
    """Return whose service is meant where nobody says so."""
    azure = any(
        settings[name] is not None
        for name in ("azure_endpoint", "azure_ad_token", "azure_ad_token_provider")
    ) or any(map(variable, ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN")))
    if azure and variable("OPENAI_API_KEY"):
        raise ConfigurationError(_AMBIGUOUS)
    return "azure" if azure else "openai"


class Delegate:
    """
    Stand for a resource of the module's client, such as ``sdk_openai_compat.chat``.

    Args:
        name: The resource's name on a client.
    """

    def __init__(self, name: str) -> None:
        self.__name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):  # what copies and inspects asks nobody
            raise AttributeError(name)
        return getattr(getattr(current(), self.__name), name)

    def __dir__(self) -> list[str]:
        return dir(getattr(current(), self.__name))

    def __repr__(self) -> str:
        return f"<{self.__name} of the client of {__package__}>"


def __getattr__(name: str) -> Delegate:
    # Made when they are asked for, so that a list of names is all there is.
    if name not in RESOURCES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return Delegate(name)
