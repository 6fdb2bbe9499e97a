"""Settings from the environment and from files."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
from pydantic import ValidationError
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from sdk_core import policies, settings
from sdk_core.caching import MemoryStore, SQLiteStore
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.options import ClientOptions, Timeout
from sdk_core.policies import (
    AdaptiveConcurrency,
    CircuitBreaker,
    Hedge,
    RateLimit,
    RedisStore,
    RetryBudget,
)
from sdk_core.settings import Settings, SettingsConfigDict, StoreSettings

CANARY = "sk-canary-0123456789"
File = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the machine says out of the tests."""
    for name in os.environ:
        if name.upper().startswith(("SDK_", "MINE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> File:
    """Write a file."""

    def write(text: str, name: str = "sdk.toml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


TOML = """
base_url = "https://a.example"
max_retries = 3
deadline = 60

[circuit_breaker]
window = 20
minimum_calls = 7

[profiles.staging]
base_url = "https://b.example"

[profiles.staging.circuit_breaker]
window = 5
"""


def test_what_counts_most_comes_first(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments, environment, ``.env`` file, profile, and the rest of the file."""
    monkeypatch.setenv("SDK_DEADLINE", "50")
    monkeypatch.setenv("SDK_CIRCUIT_BREAKER__FAILURE_RATE", "0.9")
    env = file("SDK_DEADLINE=40\nSDK_TIMEOUT=30\nSDK_STRICT=true\nOTHER=1\nSDK_LOG=info\n", ".env")
    made = Settings(file=file(TOML), profile="staging", env_file=env, strict=False)
    options = made.options()
    breaker = options.pop("circuit_breaker")
    assert options == {
        "base_url": "https://b.example",
        "max_retries": 3,
        "deadline": 50.0,
        "timeout": Timeout(30),
        "strict": False,
    }
    assert (breaker.window, breaker.minimum_calls, breaker.failure_rate) == (5.0, 7, 0.9)


def test_the_environment_names_file_and_profile(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the arguments do not."""
    monkeypatch.setenv("SDK_SETTINGS", str(file(TOML)))
    assert Settings().base_url == "https://a.example"
    monkeypatch.setenv("SDK_PROFILE", "staging")
    assert Settings().base_url == "https://b.example"


def test_no_file_is_looked_for(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that one happens to stand in says nothing."""
    file(TOML)
    monkeypatch.chdir(file("SDK_MAX_RETRIES=9", ".env").parent)
    assert Settings().options() == {}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"values": {"max_retires": 1}}, "`max_retires`; did you mean `max_retries`? (argument)"),
        ({"values": {"xyz": 1}}, "there is no setting `xyz` (argument)"),
        ({"toml": "max_retires = 1"}, "`max_retires`; did you mean `max_retries`? (FILE)"),
        ({"toml": "[hedge]\nafte = 1"}, "`hedge.afte`; did you mean `after`? (FILE)"),
        (
            {"toml": "[profiles.a]\nbase_ur = ''", "profile": "a"},
            "`base_ur`; did you mean `base_url`? (FILE [profiles.a])",
        ),
        (
            {"env": "SDK_MAX_RETIRES=1"},
            "`max_retires`; did you mean `max_retries`? (ENV SDK_MAX_RETIRES)",
        ),
        (
            {"variable": ("SDK_MAX_RETIRES", "1")},
            "has `SDK_MAX_RETIRES`; did you mean `SDK_MAX_RETRIES`?",
        ),
        (
            {"variable": ("SDK_HEDGE__AFTE", "1")},
            "`hedge.afte`; did you mean `after`? (environment SDK_HEDGE__AFTE)",
        ),
        ({"values": {"max_retries": "x"}}, "`max_retries`: Input should be a valid integer"),
        ({"variable": ("SDK_MAX_RETRIES", "x")}, "string as an integer (environment SDK_MAX_RETRI"),
        ({"toml": "[circuit_breaker]\nwindow = 'x'"}, "`circuit_breaker.window`: Input should be"),
        ({"toml": "retry_budget = 3.5"}, "`retry_budget`: Input should be"),
        ({"variable": ("SDK_PLUGINS", "[")}, "plugins"),
        ({"values": {"max_retries": -1}}, "`max_retries` must be an integer >= 0"),
        ({"values": {"deadline": 0}}, "`deadline` must be"),
        ({"values": {"circuit_breaker": {"window": -1}}}, "`window` of CircuitBreaker must be"),
        ({"values": {"transport": "urllib"}}, "`transport`: Input should be 'httpx'"),
        ({"toml": "a = "}, "`file`: FILE is no TOML"),
        ({"toml": "profiles = 1"}, "`profiles` of FILE must hold tables"),
        ({"toml": "profiles.a = 1"}, "`profiles` of FILE must hold tables"),
        ({"toml": TOML, "profile": "stagin"}, "named `stagin` in FILE; did you mean `staging`?"),
        ({"toml": TOML, "profile": "xyz"}, "there are: `staging`"),
        ({"profile": "xyz"}, "named `xyz` in no file; there are: none"),
        ({"values": {"file": "nowhere.toml"}}, "`file`: nowhere.toml cannot be read"),
        ({"values": {"env_file": "nowhere"}}, "`env_file` must be a file, and 'nowhere' is none"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    file: File, monkeypatch: pytest.MonkeyPatch, source: dict[str, Any], message: str
) -> None:
    """With the nearest name that there is, and with where it was found."""
    given = dict(source.get("values", {}))
    if "toml" in source:
        given["file"] = file(source["toml"])
        message = message.replace("FILE", str(given["file"]))
    if "env" in source:
        given["env_file"] = file(source["env"], ".env")
        message = message.replace("ENV", str(given["env_file"]))
    if "variable" in source:
        monkeypatch.setenv(*source["variable"])
    if "profile" in source:
        given["profile"] = source["profile"]
    with pytest.raises(ConfigurationError) as caught:
        Settings(**given)
    assert message in str(caught.value)


def test_a_section_that_is_wrong_is_named_once(file: File) -> None:
    """That it is not the plain value that may stand for it is no news."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(file=file("[hedge]\nafte = 1\n"))
    assert "boolean" not in str(caught.value)


def test_other_variables_are_somebody_elses(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is shared; only what is nearly a setting is a mistake."""
    monkeypatch.setenv("SDK_HOME", "/opt/sdk")
    monkeypatch.setenv("SDK_LOG", "")
    assert Settings(env_file=file("OTHER=1\n", ".env")).options() == {}


def secret(file: File, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings that hold a secret wherever one can be."""
    monkeypatch.setenv("SDK_DEFAULT_HEADERS", f'{{"x-key": "{CANARY}"}}')
    toml = f'credential = "{CANARY}"\n[default_query]\nkey = "{CANARY}"\n'
    return Settings(file=file(toml), credentials={"a": CANARY})


def test_secrets_are_not_shown(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in texts nor in explanations; clients get them."""
    made = secret(file, monkeypatch)
    assert CANARY not in repr(made) + str(made) + made.explain()
    options = made.options()
    assert options["credential"] == options["default_query"]["key"] == CANARY
    assert options["default_headers"] == {"x-key": CANARY}


@pytest.mark.parametrize("value", [{"credential": [CANARY]}, {"default_headers": CANARY}])
def test_errors_show_no_value(value: dict[str, Any]) -> None:
    """A secret in the wrong place stays one."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(**value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_each_value_is_explained(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a value, with where it is from."""
    monkeypatch.setenv("SDK_CIRCUIT_BREAKER__FAILURE_RATE", "0.9")
    monkeypatch.setenv("SDK_HEDGE", '{"max": 3}')
    path = file(TOML)
    env = file("SDK_TIMEOUT=30\n", ".env")
    lines = Settings(file=path, profile="staging", env_file=env, credential=CANARY).explain()
    for line in (
        "credential = [secret]  (argument)",
        f"timeout = 30.0  ({env} SDK_TIMEOUT)",
        f"base_url = 'https://b.example'  ({path} [profiles.staging])",
        f"max_retries = 3  ({path})",
        "strict = None  (default)",
        "circuit_breaker.failure_rate = 0.9  (environment SDK_CIRCUIT_BREAKER__FAILURE_RATE)",
        f"circuit_breaker.window = 5.0  ({path} [profiles.staging])",
        "circuit_breaker.open_for = 30.0  (default)",
        "hedge.max = 3  (environment SDK_HEDGE)",
    ):
        assert line in lines.splitlines()


def test_settings_do_not_change() -> None:
    """Neither they nor their sections; and as they hold secrets, they do not travel."""
    made = Settings(max_retries=3, hedge={"max": 3})
    for target, name in ((made, "max_retries"), (made.hedge, "max")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(target, name, 4)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(made)


SECTIONS: dict[str, tuple[dict[str, Any], type]] = {
    "retry_budget": ({"capacity": 100}, RetryBudget),
    "rate_limit": ({"requests_per_minute": 60, "max_wait": 1}, RateLimit),
    "max_concurrency": ({"initial": 2, "max": 4}, AdaptiveConcurrency),
    "circuit_breaker": ({"window": 5}, CircuitBreaker),
    "hedge": ({"after": 0.5}, Hedge),
}


@pytest.mark.parametrize("name", SECTIONS)
@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_sections_are_policies(name: str, kind: Any) -> None:
    """With the figures that were given, made anew for each client."""
    values, policy = SECTIONS[name]
    sections: dict[str, Any] = {name: values}
    made = Settings(base_url="https://a.example", **sections)
    first, second = (made.client(kind)._options for _ in range(2))
    found = getattr(first, name)
    assert type(found) is policy
    assert {key: getattr(found, key) for key in values} == values
    assert found is not getattr(second, name)


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_are_what_policies_take(name: str) -> None:
    """Every member of a section is an argument of the policy, with the same default."""
    annotation: Any = Settings.model_fields[name].annotation
    section: Any = next(a for a in annotation.__args__ if hasattr(a, "model_fields"))
    defaults = {f.name: f.default for f in attrs.fields(SECTIONS[name][1]) if f.init}
    for member, field in section.model_fields.items():
        assert defaults[member] == field.default


REDIS = f"redis://user:{CANARY}@redis.example:6380/3"
SHARED = [name for name in SECTIONS if name != "hedge"]


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize(("kind", "library"), [(SyncClient, Redis), (AsyncClient, AsyncRedis)])
def test_limits_may_be_shared_through_redis(name: str, kind: Any, library: Any) -> None:
    """In the colour of the client, without waiting long for it; nothing is connected yet."""
    section: dict[str, Any] = {name: {"store": {"redis_url": REDIS, "name": "api", "pause": 5}}}
    made = Settings(base_url="https://a.example", **section)
    store = getattr(made.client(kind)._options, name).store
    assert (type(store.client), store.name, store.pause) == (library, "api", 5.0)
    options = store.client.connection_pool.connection_kwargs
    assert (options["host"], options["port"], options["db"]) == ("redis.example", 6380, 3)
    assert (options["password"], options["socket_timeout"]) == (CANARY, 0.25)


def test_the_address_of_redis_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is from, and whatever is wrong with it."""
    monkeypatch.setenv("SDK_RATE_LIMIT__STORE__REDIS_URL", REDIS)
    made = Settings()
    assert CANARY not in repr(made) + made.explain() + repr(made.options())
    source = "environment SDK_RATE_LIMIT__STORE__REDIS_URL"
    assert f"rate_limit.store.redis_url = [secret]  ({source})" in made.explain()
    for wrong in (f"http://{CANARY}", f"redis://h:{CANARY}"):
        monkeypatch.setenv("SDK_RATE_LIMIT__STORE__REDIS_URL", wrong)
        with pytest.raises(ConfigurationError, match="`redis_url` must be an address") as caught:
            Settings()
        assert CANARY not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_store_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"`redis_url` needs .* sdk-core\[redis\]"):
        Settings(rate_limit={"store": {"redis_url": REDIS}})


def test_a_store_is_what_the_policies_take() -> None:
    """Every member but the address is an argument, with the same default."""
    defaults = {f.name: f.default for f in attrs.fields(RedisStore) if f.init}
    for member, field in StoreSettings.model_fields.items():
        assert member == "redis_url" or defaults[member] == field.default


def test_a_class_may_have_other_names_for_its_options() -> None:
    """As facades do, which are called like the clients that they stand for."""

    class Facade:
        settings_names: ClassVar[dict[str, str]] = {"credential": "api_key"}

        def __init__(self, **options: Any) -> None:
            self.options = options

    made = Settings(credential=CANARY, max_retries=1)
    assert made.client(Facade).options == {"api_key": CANARY, "max_retries": 1}
    assert made.client(Facade, api_key="other").options["api_key"] == "other"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"retry_budget": False}, None),
        ({"circuit_breaker": False}, None),
        ({"hedge": False}, None),
        ({"cache": False}, None),
    ],
)
def test_what_may_be_switched_off_is(values: dict[str, Any], expected: object) -> None:
    """A plain false is enough."""
    client = Settings(base_url="https://a.example", **values).client(SyncClient)
    assert getattr(client._options, next(iter(values))) is expected


def test_what_may_be_switched_on_is() -> None:
    """A plain true, or a number, stands for a section with the defaults."""
    made = Settings(
        base_url="https://a.example",
        hedge=True,
        circuit_breaker=True,
        max_concurrency=3,
        cache=True,
    )
    options = made.client(SyncClient)._options
    assert type(options.hedge) is Hedge
    assert type(options.circuit_breaker) is CircuitBreaker
    assert options.max_concurrency is not None
    assert options.cache is not None


def test_a_cache_is_a_section(tmp_path: Path) -> None:
    """In memory, or with a path in a file."""
    memory = Settings(cache={"ttl": 60, "max_entries": 5}).options()["cache"]
    assert (type(memory.store), memory.ttl) == (MemoryStore, 60)
    disk = Settings(cache={"path": str(tmp_path / "c.db"), "methods": ["GET"]})
    store = disk.options()["cache"].store
    assert type(store) is SQLiteStore
    store.close()


@pytest.mark.parametrize(
    ("value", "timeout"),
    [(3, Timeout(3)), ({"connect": 1}, Timeout(600, connect=1)), ({}, Timeout(600, connect=5))],
)
def test_a_timeout_has_phases(value: Any, timeout: Timeout) -> None:
    """Those that are not named keep the default."""
    assert Settings(timeout=value).options()["timeout"] == timeout


def test_settings_may_be_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of one's own has its own prefix and its own settings."""

    class Mine(Settings):
        model_config = SettingsConfigDict(env_prefix="MINE_")
        region: str = "eu"

    monkeypatch.setenv("MINE_REGION", "us")
    monkeypatch.setenv("SDK_MAX_RETRIES", "9")
    made = Mine(deadline=5)
    assert (made.region, made.options()) == ("us", {"deadline": 5.0})
    assert "region = 'us'  (environment MINE_REGION)" in made.explain()


def test_a_setting_that_should_be_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its value."""

    class Mine(Settings):
        model_config = SettingsConfigDict(env_prefix="MINE_")
        tags: list[str]

    monkeypatch.setenv("MINE_TAGS", CANARY)
    with pytest.raises(ConfigurationError, match="tags") as caught:
        Mine()  # type: ignore[call-arg]
    assert CANARY not in str(caught.value)


def test_a_source_may_be_asked_for_one_setting() -> None:
    """As pydantic-settings allows."""

    class Mine(Settings):
        asked: ClassVar[list[Any]] = []

        @classmethod
        def settings_customise_sources(cls, *given: Any, **named: Any) -> Any:
            found = super().settings_customise_sources(*given, **named)
            cls.asked += [found[0].get_field_value(cls.model_fields["deadline"], "deadline")]
            return found

    Mine(deadline=5)
    assert Mine.asked == [(5, "deadline", False)]


def test_options_of_the_call_count_before_settings() -> None:
    """What a program says, it says."""
    made = Settings(base_url="https://a.example", max_retries=3)
    assert made.client(SyncClient, max_retries=1)._options.max_retries == 1


def test_every_setting_is_an_option() -> None:
    """So that none is read and then lost."""
    known = set(attrs.fields_dict(ClientOptions)) | {
        "base_url",
        "credential",
        "credentials",
        "strict",
        "transport",
        "plugins",
    }
    assert set(Settings.model_fields) <= known
    assert set(settings.__all__) <= set(dir(settings))
    assert "Hedge" in dir(policies) or policies.Hedge is Hedge


def test_without_the_extra_that_is_said() -> None:
    """The error names what to install."""
    program = (
        "import sys; sys.modules['pydantic_settings'] = None\n"
        "from sdk_core.errors import ConfigurationError\n"
        "try:\n    import sdk_core.settings\n"
        "except ConfigurationError as error:\n    print(error)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "settings need an extra: pip install sdk-core[settings]\n"
