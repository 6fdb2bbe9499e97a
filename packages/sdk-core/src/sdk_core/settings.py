"""
Settings: the options of a client from the environment, a ``.env`` file and a TOML file.

Needs an extra: ``pip install sdk-core[settings]``. ::

    settings = Settings(file="sdk.toml", profile="staging", env_file=".env")
    client = settings.client(Client)
    print(settings.explain())                       # each value and where it is from

What counts most comes first: arguments, the environment (``SDK_MAX_RETRIES``; a section's members
behind two underscores, ``SDK_CIRCUIT_BREAKER__WINDOW``), the ``.env`` file, the profile, the rest of
the TOML file::

    base_url = "https://api.example.com/v1"
    max_retries = 3

    [circuit_breaker]
    window = 20

    [profiles.staging]
    base_url = "https://staging.example.com/v1"

``SDK_SETTINGS`` names the file and ``SDK_PROFILE`` the profile where the arguments do not. No file
is looked for by itself. Derive from `Settings` for another prefix and more settings::

    class Mine(Settings):
        model_config = SettingsConfigDict(env_prefix="MINE_")
        region: str = "eu"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, TypeVar

from ._frames import concealed
from .errors import ConfigurationError

try:
    from pydantic import BaseModel, ConfigDict, PrivateAttr, SecretStr, ValidationError
    from pydantic_settings import (
        BaseSettings,
        PydanticBaseSettingsSource,
        SettingsConfigDict,
        SettingsError,
    )
except ImportError as exc:
    _msg = "settings need an extra: pip install sdk-core[settings]"
    raise ConfigurationError(_msg) from exc

from ._settings import Loading, current, explained, options_of, refusal, sources

__all__ = [
    "CacheSettings",
    "CircuitBreakerSettings",
    "ConcurrencySettings",
    "HedgeSettings",
    "RateLimitSettings",
    "RetryBudgetSettings",
    "Settings",
    "SettingsConfigDict",
    "StoreSettings",
    "TimeoutSettings",
]

C = TypeVar("C")


class Section(BaseModel):
    """Settings that go together; what is not said is left to what they are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeoutSettings(Section):
    """See `sdk_core.options.Timeout`."""

    connect: float | None = None
    read: float | None = None
    write: float | None = None
    pool: float | None = None


class StoreSettings(Section):
    """
    Where processes share what a policy keeps; see `sdk_core.policies.RedisStore`.

    The address, which may hold a password, is not shown. Redis is asked with time-outs of a quarter
    of a second, unless the address says otherwise (``?socket_timeout=1``).
    """

    redis_url: SecretStr
    name: str = "sdk"
    on_failure: Literal["open", "closed"] = "open"
    pause: float = 2.0
    lease: float = 900.0


class SharedSection(Section):
    """Settings of a policy that processes may share."""

    store: StoreSettings | None = None


class RetryBudgetSettings(SharedSection):
    """See `sdk_core.policies.RetryBudget`."""

    capacity: int = 500
    transient: int = 14
    throttled: int = 5


class RateLimitSettings(SharedSection):
    """See `sdk_core.policies.RateLimit`."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    burst: float = 1.0
    max_wait: float | None = None


class ConcurrencySettings(SharedSection):
    """See `sdk_core.policies.AdaptiveConcurrency`."""

    initial: int = 10
    max: int = 100
    min: int = 1


class CircuitBreakerSettings(SharedSection):
    """See `sdk_core.policies.CircuitBreaker`."""

    failure_rate: float = 0.5
    minimum_calls: int = 20
    window: float = 30.0
    open_for: float = 30.0


class HedgeSettings(Section):
    """See `sdk_core.policies.Hedge`."""

    after: float | Literal["p95"] = "p95"
    max: int = 2


class CacheSettings(Section):
    """See `sdk_core.caching.ResponseCache`; with a *path* answers are kept in that file."""

    path: str | None = None
    max_entries: int | None = None
    max_bytes: int | None = None
    ttl: float | None = None
    methods: tuple[str, ...] = ("GET", "HEAD")
    stale_if_error: float = 0.0


class Settings(BaseSettings):
    """
    The options of a client, immutable; the attributes are named as the options are.

    Args:
        profile: Which of the file's profiles counts. Default: what ``SDK_PROFILE`` says, else none.
        file: A TOML file. Default: what ``SDK_SETTINGS`` says, else none.
        env_file: A file of lines ``SDK_NAME=value``. Default: none.
        **values: Settings, before all others.

    Raises:
        ConfigurationError: A file or a profile is missing, a name is unknown, or a value is of the
            wrong kind; the message names it, where it is from, and no secret.
    """

    model_config = SettingsConfigDict(
        env_prefix="SDK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    base_url: str | None = None
    credential: SecretStr | None = None
    credentials: dict[str, SecretStr] | None = None
    timeout: float | TimeoutSettings | None = None
    max_retries: int | None = None
    deadline: float | None = None
    default_headers: dict[str, SecretStr] | None = None
    default_query: dict[str, SecretStr] | None = None
    strict: bool | None = None
    transport: Literal["httpx", "aiohttp", "pyreqwest"] | None = None
    plugins: tuple[str, ...] | None = None
    cache: bool | CacheSettings | None = None
    retry_budget: bool | RetryBudgetSettings | None = None
    rate_limit: RateLimitSettings | None = None
    max_concurrency: int | ConcurrencySettings | None = None
    circuit_breaker: bool | CircuitBreakerSettings | None = None
    hedge: bool | HedgeSettings | None = None
    attempt_deadline: float | None = None

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @concealed
    def __init__(
        self,
        *,
        profile: str | None = None,
        file: str | os.PathLike[str] | None = None,
        env_file: str | os.PathLike[str] | None = None,
        **values: Any,
    ) -> None:
        loading = Loading.of(type(self), profile, file, env_file)
        token = current.set(loading)
        fault: ConfigurationError | None = None
        try:
            super().__init__(_env_file=None if env_file is None else os.fspath(env_file), **values)
        except ValidationError as error:
            fault = refusal(type(self), error, loading)
        except SettingsError as error:  # what should be JSON and is none
            fault = ConfigurationError(str(error))
        finally:
            current.reset(token)
        if fault is not None:
            raise fault  # here, where no error of the library, which holds all input, is its context
        self._origins = loading.origins
        self.options()  # refuses what is out of range

    def __reduce__(self) -> NoReturn:
        msg = "settings hold secrets, so they are not pickled; load them in each process"
        raise TypeError(msg)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # there are none
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, what counts most first."""
        return sources(settings_cls, init_settings, env_settings, dotenv_settings)

    def options(self, *, asynchronous: bool = False) -> dict[str, Any]:
        """
        Return the options for a client's constructor, as far as there are settings for them.

        Limits and stores are made anew each time, so that two clients do not share them.

        Args:
            asynchronous: Whether they are for an asynchronous client, which asks Redis in its way.
        """
        return options_of(self, asynchronous=asynchronous)

    def client(self, kind: Callable[..., C], **options: Any) -> C:
        """
        Return a client of the class *kind*; *options* count before the settings.

        A class that calls an option otherwise says so in ``settings_names``, from the setting's
        name to its own.
        """
        from .clients import AsyncClient  # noqa: PLC0415  # settings alone need no client

        asynchronous = isinstance(kind, type) and issubclass(kind, AsyncClient)
        names: Mapping[str, str] = getattr(kind, "settings_names", {})
        own = self.options(asynchronous=asynchronous).items()
        return kind(**{**{names.get(name, name): value for name, value in own}, **options})

    def explain(self) -> str:
        """Return a line for each setting: its value and where that is from; no secrets."""
        return explained(self, self._origins)
