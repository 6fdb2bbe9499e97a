"""Where a configuration is from: arguments, the environment, a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Final, NamedTuple, TypeVar, cast

from sdk_core.errors import UnknownOptionError

from ._config_options import OPTIONS, known
from .errors import ConfigurationError

__all__ = ["PREFIX", "Given", "concealed", "from_arguments", "from_environment", "from_file"]

F = TypeVar("F", bound=Callable[..., Any])

PREFIX: Final = "SDK_TELEMETRY_"
FORMER: Final = "SENTINEL_"
"""The prefix of the SDK that this one replaces."""

_ASIDE: Final = {"CONFIG", "PROFILE", "DISABLE_CONTENT", "EXIT_TIMEOUT"}  # variables, no options
_PROFILES: Final = "profiles"


class Given(NamedTuple):
    """
    A value, and where it is from.

    Attributes:
        value: Checked, in its own type.
        origin: A variable, a place in a file, or "argument".
    """

    value: Any
    origin: str


def concealed(function: F) -> F:
    """Return *function* with nothing of its arguments in the tracebacks of what it refuses."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ConfigurationError as exc:
            fault = type(exc)(*exc.args)  # another one, which has not been where the secrets are
        del args, kwargs
        raise fault

    return cast("F", call)


def from_arguments(given: Mapping[str, Any], origin: str = "argument") -> dict[str, Given]:
    """
    Return options that were handed in; None says nothing.

    Raises:
        UnknownOptionError: There is no such option.
        ConfigurationError: A value cannot be.
    """
    found: dict[str, Given] = {}
    for said, value in given.items():
        if value is None:
            continue
        name = known(said)
        if name is None:
            msg = f"there is no option `{said}`{_hint(said)}"
            raise UnknownOptionError(msg)
        if name in found:
            msg = f"`{said}` and `{name}` are the same option; give one of them"
            raise ConfigurationError(msg)
        found[name] = Given(_read(name, value, f"`{said}`"), origin)
    return found


def from_environment(variables: Mapping[str, str]) -> dict[str, Given]:
    """
    Return what the environment says; empty variables say nothing.

    Raises:
        ConfigurationError: A value cannot be, or a variable is all but called like an option.
    """
    found: dict[str, Given] = {}
    for prefix in (PREFIX, FORMER):
        for variable in sorted(variables):
            value = variables[variable]
            if not variable.upper().startswith(prefix) or not value:
                continue
            said = variable[len(prefix) :]
            name = known(said.lower())
            if name is None or not OPTIONS[name].is_text:
                if prefix == PREFIX and said.upper() not in _ASIDE:
                    _refuse_slip(variable, said.lower())
            elif name not in found:
                found[name] = Given(_read(name, value, f"`{variable}`"), variable)
    return found


def from_file(path: str | os.PathLike[str], profile: str | None) -> dict[str, Given]:
    """
    Return what a file says, a profile before the rest of it.

    Raises:
        ConfigurationError: It cannot be read, has no such profile, or says what cannot be.
    """
    label = os.fspath(path)
    common = _parsed(label)
    profiles = common.pop(_PROFILES, {})
    if not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values()):
        msg = f"`{_PROFILES}` of {label} must hold tables, as in [{_PROFILES}.staging]"
        raise ConfigurationError(msg)
    if profile is not None and profile not in profiles:
        msg = (
            f"{label} has no `profile` {profile!r}; it has {', '.join(sorted(profiles)) or 'none'}"
        )
        raise ConfigurationError(msg)
    chosen = {} if profile is None else profiles[profile]
    return {
        **_from_table(common, label),
        **_from_table(chosen, f"{label}, profile {profile}"),
    }


def _from_table(table: Mapping[str, Any], label: str) -> dict[str, Given]:
    for said in table:
        name = known(said)
        if name is None or not OPTIONS[name].is_text:
            msg = f"{label}: there is no option `{said}`{_hint(said)}"
            raise UnknownOptionError(msg)
    try:
        return from_arguments(table, label)
    except ConfigurationError as exc:
        fault = type(exc)(f"{label}: {exc}")
    raise fault


def _parsed(label: str) -> dict[str, Any]:
    import json  # noqa: PLC0415  # only who has a file needs these two
    import tomllib  # noqa: PLC0415  # few read such a file

    fault = ""
    try:
        with open(label, "rb") as file:  # noqa: PTH123  # a name is all that is known of it
            data = file.read()
    except OSError as exc:
        msg = f"the configuration {label} cannot be read: {exc.strerror}"
        raise ConfigurationError(msg) from None
    kind = "JSON" if label.lower().endswith(".json") else "TOML"
    try:
        found = json.loads(data) if kind == "JSON" else tomllib.loads(data.decode())
    except (
        ValueError
    ) as exc:  # what it says of JSON and TOML is a place, but of text it is the text
        fault = "it is no UTF-8" if isinstance(exc, UnicodeDecodeError) else str(exc)
    else:
        if isinstance(found, dict):
            return found
        fault = "it must be an object of options and values"
    msg = f"the configuration {label} is no {kind}: {fault}"
    raise ConfigurationError(msg)


def _read(name: str, value: Any, shown: str) -> Any:
    option = OPTIONS[name]
    try:
        return option.read(value)
    except (TypeError, ValueError) as exc:
        must = str(exc)
    said = "" if option.is_secret or name == "kafka_options" else f", not {value!r}"
    msg = f"{shown} {must}{said}"
    raise ConfigurationError(msg)


def _hint(said: str) -> str:
    close = _close(said, OPTIONS, 0.6)
    return f"; did you mean `{close}`?" if close else ""


def _refuse_slip(variable: str, said: str) -> None:
    close = _close(said, (name for name in OPTIONS if OPTIONS[name].is_text), 0.8)
    if close is not None:
        msg = f"there is no option for `{variable}`; did you mean `{PREFIX}{close.upper()}`?"
        raise UnknownOptionError(msg)


def _close(said: str, names: Iterable[str], alike: float) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415  # only mistakes need it

    return next(iter(get_close_matches(said, list(names), 1, alike)), None)
