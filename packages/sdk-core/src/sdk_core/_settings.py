"""How settings are found and explained; loaded with `settings` alone."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from ._messages import Secret
from .errors import ConfigurationError
from .options import DEFAULT_TIMEOUT, ClientOptions, Timeout

_PROFILES = "profiles"
_SHORT = 0.25  # seconds that a call may have to wait for Redis
_ASIDE = frozenset({"settings", "profile", "log"})  # variables with the prefix that are no settings
_ALIKE = 0.8  # from here on a name in the environment, which is everybody's, is a slip of the pen


@attrs.frozen
class Loading:
    """
    One reading of settings.

    Attributes:
        prefix: Of the variables of the environment.
        label: Names the file.
        common: What the file says for all profiles.
        profile: The profile's name, and what the file says for it.
        env_file: The ``.env`` file.
        origins: Filled while the sources are asked: the source of each setting by its path.
    """

    prefix: str
    label: str
    common: Mapping[str, Any]
    profile: tuple[str, Mapping[str, Any]]
    env_file: str
    origins: dict[str, str] = attrs.field(factory=dict)

    @classmethod
    def of(cls, kind: type[BaseSettings], profile: str | None, file: Any, env_file: Any) -> Loading:
        """
        Return a reading that begins with the TOML file.

        Raises:
            ConfigurationError: The file cannot be read, or has no such profile.
        """
        prefix = str(kind.model_config.get("env_prefix", ""))
        file = file or _variable(f"{prefix}SETTINGS")
        profile = profile or _variable(f"{prefix}PROFILE")
        if env_file is not None and not Path(env_file).is_file():
            msg = f"`env_file` must be a file, and {os.fspath(env_file)!r} is none"
            raise ConfigurationError(msg)
        label = "" if file is None else os.fspath(file)
        common = {} if file is None else _toml(label)
        profiles = common.pop(_PROFILES, {})
        if not isinstance(profiles, dict) or not all(
            isinstance(p, dict) for p in profiles.values()
        ):
            msg = f"`{_PROFILES}` of {label} must hold tables, as in [{_PROFILES}.staging]"
            raise ConfigurationError(msg)
        chosen: Mapping[str, Any] = {}
        if profile is not None:
            if profile not in profiles:
                hint = _nearest(profile, profiles) or f"; there are: {_list(profiles)}"
                msg = f"there is no `profile` named `{profile}` in {label or 'no file'}{hint}"
                raise ConfigurationError(msg)
            chosen = profiles[profile]
        shown = "" if env_file is None else os.fspath(env_file)
        return cls(prefix, label, common, (profile or "", chosen), shown)

    def variable(self, path: tuple[str, ...], held: Mapping[str, Any]) -> str:
        """Return the name under which the environment has the setting at *path*."""
        names = {name.lower() for name in held}
        places = (f"{self.prefix}{'__'.join(path[:n])}" for n in range(len(path), 0, -1))
        return next(name for name in places if name.lower() in names).upper()


current: ContextVar[Loading] = ContextVar("current")


class _Source(PydanticBaseSettingsSource):
    """A source whose answers are noted."""

    def __init__(self, kind: type[BaseSettings], label: str, asked: Any) -> None:
        super().__init__(kind)
        self._label = label
        self._asked = asked

    def get_field_value(self, _: FieldInfo, name: str) -> tuple[Any, str, bool]:
        """Return one setting, its name, and whether it is JSON; pydantic asks for all at once."""
        return self().get(name), name, False

    def __call__(self) -> dict[str, Any]:
        found = self._own(self._asked() if callable(self._asked) else dict(self._asked))
        origins = current.get().origins
        for name, value in found.items():
            for path in _leaves(value, (name,)):
                origins.setdefault(".".join(path), self._named(path))
        return found

    def _own(self, found: dict[str, Any]) -> dict[str, Any]:
        return found

    def _named(self, _: tuple[str, ...]) -> str:
        return self._label


class _Variables(_Source):
    """The variables of the environment, or of a file of them."""

    def _own(self, found: dict[str, Any]) -> dict[str, Any]:
        # Of a file come all its names, whole: without the prefix they are somebody else's.
        prefix, known = current.get().prefix.lower(), self.settings_cls.model_fields
        own = {n: v for n, v in found.items() if n in known or n.lower().startswith(prefix)}
        named = {n if n in known else n.lower().removeprefix(prefix): v for n, v in own.items()}
        return {name: value for name, value in named.items() if name not in _ASIDE}

    def _named(self, path: tuple[str, ...]) -> str:
        held = getattr(self._asked, "env_vars", {})
        return f"{self._label} {current.get().variable(path, held)}"


def sources(
    kind: type[BaseSettings],
    arguments: PydanticBaseSettingsSource,
    environment: PydanticBaseSettingsSource,
    env_file: PydanticBaseSettingsSource,
) -> tuple[PydanticBaseSettingsSource, ...]:
    """Return where settings come from, what counts most first."""
    loading = current.get()
    _refuse_slips(kind, loading.prefix)
    name, profile = loading.profile
    return (
        _Source(kind, "argument", arguments),
        _Variables(kind, "environment", environment),
        _Variables(kind, loading.env_file, env_file),
        _Source(kind, f"{loading.label} [{_PROFILES}.{name}]", profile),
        _Source(kind, loading.label, loading.common),
    )


def refusal(
    kind: type[BaseSettings], error: ValidationError, loading: Loading
) -> ConfigurationError:
    """Return the error that says what is wrong with settings, by their names."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        steps = [str(step) for step in each["loc"]]
        path = [step for place, step in enumerate(steps) if not _is_branch(step, place)]
        name = ".".join(path)
        if each["type"] == "extra_forbidden":
            known = _known(kind, path[:-1])
            hint = _nearest(path[-1], known)
            what = f"there is no setting `{name}`{hint}"
        else:
            what = f"`{name}`: {each['msg']}"
        origin = loading.origins.get(".".join(path)) or loading.origins.get(path[0], "")
        found.setdefault(name, f"{what} ({origin})" if origin else what)
    # Where a section is meant, it is no news that it is not the plain value that may stand for it.
    told = [w for n, w in found.items() if not any(o.startswith(f"{n}.") for o in found)]
    return ConfigurationError("; ".join(told))


def options_of(settings: Any, *, asynchronous: bool) -> dict[str, Any]:
    """Return the options for a client that *settings* say."""
    given = {name: getattr(settings, name) for name in _MAKERS}
    made = {n: _MAKERS[n](v, asynchronous) for n, v in given.items() if v is not None}
    own = {name: value for name, value in made.items() if name in attrs.fields_dict(ClientOptions)}
    ClientOptions(**own)
    return made


def explained(settings: BaseSettings, origins: Mapping[str, str]) -> str:
    """Return a line for each value of *settings*, with what `origins` says of it."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    lines = []
    for path in _leaves(values):
        value: Any = values
        for step in path:
            value = value[step] if isinstance(value, Mapping) else getattr(value, step)
        name = ".".join(path)
        shown = "[secret]" if isinstance(value, SecretStr) else repr(value)
        lines.append(f"{name} = {shown}  ({origins.get(name, 'default')})")
    return "\n".join(lines)


def _refuse_slips(kind: type[BaseSettings], prefix: str) -> None:
    """Refuse variables that are nearly the name of a setting; others are somebody else's."""
    known = [f"{prefix}{name}".lower() for name in (*kind.model_fields, *_ASIDE)]
    for variable in os.environ:
        name = variable.lower().partition("__")[0]
        if not prefix or not name.startswith(prefix.lower()) or name in known:
            continue
        if close := get_close_matches(name, known, n=1, cutoff=_ALIKE):
            msg = f"the environment has `{variable}`; did you mean `{close[0].upper()}`?"
            raise ConfigurationError(msg)


def _variable(name: str) -> str | None:
    return os.environ.get(name) or None


def _toml(file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as exc:
        msg = f"`file`: {file} cannot be read: {exc.strerror}"
        raise ConfigurationError(msg) from exc
    except ValueError as exc:  # no TOML, or no UTF-8
        msg = f"`file`: {file} is no TOML: {exc}"
        raise ConfigurationError(msg) from exc


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _leaves(each, (*path, str(name)))
    else:
        yield path


def _is_branch(step: str, place: int) -> bool:
    """Return whether *step* of an error's place is a member of a union, not a name."""
    return place > 0 and (step in {"bool", "int", "float", "str"} or step.endswith("Settings"))


def _known(kind: type[BaseModel], path: list[str]) -> list[str]:
    """Return the names of what may stand at *path*."""
    for step in path:
        annotation = kind.model_fields[step].annotation
        members = [annotation, *getattr(annotation, "__args__", ())]
        kind = next(m for m in members if isinstance(m, type) and issubclass(m, BaseModel))
    return list(kind.model_fields)


def _nearest(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _list(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _plain(value: Any, _: bool) -> Any:
    if isinstance(value, SecretStr):
        return Secret(value.get_secret_value())  # which is a text that does not show
    if isinstance(value, Mapping):
        return {name: _plain(each, _) for name, each in value.items()}
    return value


def _timeout(value: Any, _: bool) -> Any:
    if not isinstance(value, BaseModel):
        return Timeout(value)
    return Timeout(DEFAULT_TIMEOUT, **value.model_dump(exclude_unset=True))


def _policy(name: str) -> Any:
    """Return what makes the policy of that name from its section, or from what stands for one."""

    def make(value: Any, asynchronous: bool) -> Any:
        from . import policies  # noqa: PLC0415  # only what is on is loaded

        if isinstance(value, BaseModel):
            given = value.model_dump(exclude_unset=True)
            if given.get("store") is not None:
                given["store"] = _store(**given["store"], asynchronous=asynchronous)
            return getattr(policies, name)(**given)
        if name == "Hedge":
            return policies.Hedge() if value else None
        return value

    return make


def _store(redis_url: SecretStr, *, asynchronous: bool, **options: Any) -> Any:
    """Return the store at that address; nothing is connected before it is asked."""
    from .policies import RedisStore  # noqa: PLC0415  # as above

    try:
        from redis import Redis, asyncio  # noqa: PLC0415  # an extra
        from redis.asyncio.retry import Retry as AsyncRetry  # noqa: PLC0415  # as above
        from redis.backoff import NoBackoff  # noqa: PLC0415  # as above
        from redis.retry import Retry  # noqa: PLC0415  # as above
    except ImportError as exc:
        msg = "`redis_url` needs an extra: pip install sdk-core[redis]"
        raise ConfigurationError(msg) from exc
    kind: Any = asyncio.Redis if asynchronous else Redis
    again: Any = (AsyncRetry if asynchronous else Retry)(NoBackoff(), 0)
    try:
        client = kind.from_url(
            redis_url.get_secret_value(),
            socket_timeout=_SHORT,
            socket_connect_timeout=_SHORT,
            retry=again,
        )
    except ValueError:  # its words may hold the password
        msg = (
            "`redis_url` must be an address such as redis://, rediss:// or unix://, then its place"
        )
        raise ConfigurationError(msg) from None
    return RedisStore(client, **options)


def _cache(value: Any, _: bool) -> Any:
    from .caching import MemoryStore, ResponseCache, SQLiteStore  # noqa: PLC0415  # as above

    if not isinstance(value, BaseModel):
        return ResponseCache() if value else None
    given = value.model_dump(exclude_unset=True)
    path = given.pop("path", None)
    sizes = {name: given.pop(name) for name in ("max_entries", "max_bytes") if name in given}
    store = MemoryStore(**sizes) if path is None else SQLiteStore(path, **sizes)
    return ResponseCache(store, **given)


_MAKERS: dict[str, Any] = {
    "base_url": _plain,
    "credential": _plain,
    "credentials": _plain,
    "timeout": _timeout,
    "max_retries": _plain,
    "deadline": _plain,
    "default_headers": _plain,
    "default_query": _plain,
    "strict": _plain,
    "transport": _plain,
    "plugins": _plain,
    "cache": _cache,
    "retry_budget": _policy("RetryBudget"),
    "rate_limit": _policy("RateLimit"),
    "max_concurrency": _policy("AdaptiveConcurrency"),
    "circuit_breaker": _policy("CircuitBreaker"),
    "hedge": _policy("Hedge"),
    "attempt_deadline": _plain,
}
