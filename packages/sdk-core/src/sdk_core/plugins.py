"""
Plugins: what another package adds to clients. The whole contract is on this screen.

A plugin is a `Plugin`, a value with up to four things in it:

================= ===========================================================================
``policies``      around each attempt, as those of the option ``policies``, and outside of them
``call_policies`` around each call, as those of the option ``call_policies``, and outside of them
``hooks``         told before those of the option ``hooks``
``options``       defaults of the client's options, where the client is not given them itself
================= ===========================================================================

A package offers one under a name of its own, in its ``pyproject.toml``::

    [project.entry-points."sdk_core.plugins"]
    acme-tracing = "acme_tracing:plugin"

where ``plugin`` is a `Plugin`, or a function without arguments that returns one; it is called for
each client. Nothing is loaded by itself: a client names what it wants, and says nothing twice::

    Client(plugins=["acme-tracing", Plugin(hooks=Hooks(on_retry=print))])

Of two plugins, policies of the first are outside, hooks of the first are told first, and options of
the last one count. Credentials, addresses and transports are not a plugin's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import attrs

from .errors import ConfigurationError
from .options import ClientOptions
from .typing import NotGiven

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from .hooks import Hooks
    from .typing import Policy

__all__ = ["GROUP", "Plugin", "installed"]

GROUP = "sdk_core.plugins"
"""The group of entry points."""


@attrs.frozen(kw_only=True)
class Plugin:
    """
    What a package adds to clients; see above.

    Args:
        policies: Around each attempt, first one outermost.
        call_policies: Around each call, first one outermost.
        hooks: Who is told what happens; what the option ``hooks`` takes.
        options: Defaults by the names of the client's options.

    Raises:
        ConfigurationError: There is no such option, or a plugin cannot set it.
    """

    policies: Sequence[Policy] = ()
    call_policies: Sequence[Policy] = ()
    hooks: Hooks | Any = None
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        # Refuses what is none.
        ClientOptions(policies=self.policies, call_policies=self.call_policies, hooks=self.hooks)
        known = _OPTIONS
        for name in self.options:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                hint = f"; did you mean `{close[0]}`?" if close else ""
                msg = f"a plugin cannot set the option `{name}`{hint}"
                raise ConfigurationError(msg)
        ClientOptions().evolve(**self.options)


_OPTIONS = frozenset(attrs.fields_dict(ClientOptions)) - {"policies", "call_policies", "hooks"}


def installed() -> tuple[str, ...]:
    """Return the names of the plugins that installed packages offer, sorted."""
    return tuple(sorted({entry.name for entry in _entries()}))


def apply(plugins: Sequence[str | Plugin], given: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the options of a client that was *given* some, with what *plugins* add.

    Raises:
        ConfigurationError: A plugin is not installed, cannot be loaded, or is none.
    """
    if not isinstance(plugins, list | tuple):
        what = type(plugins).__name__
        msg = f"`plugins` must be a list of names or plugins, not {what}"
        raise ConfigurationError(msg)
    options: dict[str, Any] = {}
    policies: dict[str, list[Policy]] = {"policies": [], "call_policies": []}
    hooks: list[Any] = []
    seen: set[Any] = set()
    for each in plugins:
        key = each if isinstance(each, str) else id(each)
        if key in seen:
            msg = f"`plugins` names {each!r} twice"
            raise ConfigurationError(msg)
        seen.add(key)
        plugin = _load(each) if isinstance(each, str) else _checked(each, "`plugins`")
        for name, several in policies.items():
            several.extend(getattr(plugin, name))
        hooks += () if plugin.hooks is None else (ClientOptions(hooks=plugin.hooks).hooks,)
        options |= plugin.options
    own = {name: value for name, value in given.items() if not isinstance(value, NotGiven)}
    if own.get("hooks") is not None:
        hooks.append(ClientOptions(hooks=own["hooks"]).hooks)
    for name, several in policies.items():
        several.extend(getattr(ClientOptions(**{name: own.get(name, ())}), name))
    for name in ("default_headers", "default_query"):
        if name in options and name in own:
            own[name] = {**options[name], **own[name]}
    return {**options, **own, **policies, "hooks": hooks or None}


def _entries() -> Sequence[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415  # reads every installed package

    return tuple(entry_points(group=GROUP))


def _load(name: str) -> Plugin:
    offered = {entry.name: entry for entry in _entries()}
    if name not in offered:
        close = get_close_matches(name, offered, n=1)
        names = ", ".join(f"`{each}`" for each in sorted(offered)) or "none"
        hint = f"did you mean `{close[0]}`?" if close else f"installed are: {names}"
        msg = f"`plugins` names `{name}`, which is not installed; {hint}"
        raise ConfigurationError(msg)
    entry = offered[name]
    what = f"the plugin `{name}` ({entry.value})"
    try:
        loaded = entry.load()
        if not isinstance(loaded, Plugin) and callable(loaded):
            loaded = loaded()
    except Exception as exc:
        msg = f"{what} cannot be loaded: {type(exc).__name__}: {exc}"
        raise ConfigurationError(msg) from exc
    return _checked(loaded, what)


def _checked(value: Any, what: str) -> Plugin:
    if not isinstance(value, Plugin):
        msg = f"{what} must be a Plugin, or a name of one, not {type(value).__name__}"
        raise ConfigurationError(msg)
    return value
