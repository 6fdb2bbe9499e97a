"""What fields of grants accept: refused at once, by name, and never shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from sdk_core.errors import ConfigurationError
from sdk_core.policies import Call
from sdk_core.typing import Flow, TokenProvider

SecretLike: TypeAlias = "str | TokenProvider"
Members: TypeAlias = "Mapping[str, str | tuple[str, ...]]"


def fault_of_secret(value: object) -> str:
    """Return why no form and no header can carry *value*, or an empty string."""
    if not isinstance(value, str):
        return f"must be a string, not {type(value).__name__}"
    if not value:
        return "is empty"
    if not value.isprintable():
        return "has a line break or another control character; strip it"
    return ""


def secret(instance: Any, attribute: Any, value: Any) -> None:
    """Accept a secret, or a function that returns one; a validator of attrs."""
    if not callable(value) and (fault := fault_of_secret(value)):
        msg = f"`{attribute.name}` of {type(instance).__name__} {fault}"
        raise ConfigurationError(msg)


def key(instance: Any, attribute: Any, value: Any) -> None:
    """Accept a key, which may have lines as PEM has, or a function; a validator of attrs."""
    if not callable(value) and (fault := fault_of_key(value)):
        msg = f"`{attribute.name}` of {type(instance).__name__} {fault}"
        raise ConfigurationError(msg)


def fault_of_key(value: object) -> str:
    """Return why *value* can be no key, or an empty string."""
    return fault_of_secret(
        value.replace("\n", "").replace("\r", "") if isinstance(value, str) else value
    )


def optional_key(instance: Any, attribute: Any, value: Any) -> None:
    """Accept None, too; a validator of attrs."""
    if value is not None:
        key(instance, attribute, value)


def optional_secret(instance: Any, attribute: Any, value: Any) -> None:
    """Accept None, too; a validator of attrs."""
    if value is not None:
        secret(instance, attribute, value)


def asked(
    name: str, given: SecretLike, fault_of: Callable[[object], str] = fault_of_secret
) -> Flow[str]:
    """
    Return a secret, asked for if a function was *given*; an asynchronous client awaits it.

    Raises:
        ConfigurationError: The function returned none.
    """
    if not callable(given):
        return given
    found = yield Call(given)
    if fault := fault_of(found):
        del found  # a traceback that shows locals must not show it
        msg = f"the function given as `{name}` returned what cannot be used: it {fault}"
        raise ConfigurationError(msg)
    assert isinstance(found, str)
    return found


def words(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return a scope as its words; a converter of attrs."""
    found: list[Any] = value.split() if isinstance(value, str) else list(value or ())
    for word in found:
        if not isinstance(word, str) or not word or not word.isprintable() or " " in word:
            msg = "`scope` must be words, as one string with spaces or as strings without"
            raise ConfigurationError(msg)
    return tuple(found)


def members(value: Mapping[str, Any] | None) -> Members:
    """Return more members of a form; a converter of attrs."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, each in dict(value or {}).items():
        several = tuple(each) if isinstance(each, list | tuple) else (each,)
        if not all(isinstance(one, str) for one in several):
            msg = f"`extra` has a member `{name}` that is neither a string nor a list of strings"
            raise ConfigurationError(msg)
        found[name] = several if isinstance(each, list | tuple) else each
    return found


def unpicklable(kind: str) -> Callable[[object], Any]:
    """Return a ``__reduce__`` that refuses: what is pickled travels, and *kind* holds secrets."""

    def refuse(_: object) -> Any:
        msg = f"a {kind} cannot be pickled or copied: it holds secrets; make it where it is used"
        raise TypeError(msg)

    return refuse
