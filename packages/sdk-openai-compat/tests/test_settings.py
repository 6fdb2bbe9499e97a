"""Options of the clients: arguments, environment, attributes, copies."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import httpx
import pytest

import sdk_openai_compat
from sdk_core.policies import ApiKey
from sdk_openai_compat import (
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    NOT_GIVEN,
    AsyncOpenAI,
    ConfigurationError,
    OpenAI,
    Timeout,
    UnknownOptionError,
    not_given,
    omit,
)

from ._clients import HELLO, KEY, Wire, done, mocked

BOTH = pytest.mark.parametrize("kind", [OpenAI, AsyncOpenAI])
# What openai's clients have that these have not yet; the README lists it.
NOT_YET = {"provider"}


@BOTH
def test_the_constructor_takes_openais_arguments(kind: type[Any]) -> None:
    """In openai's order; `deadline`, `transport`, `plugins`, `auth` and the path are added."""
    parameters = inspect.signature(kind).parameters
    assert [
        "api_key",
        "admin_api_key",
        "workload_identity",
        "organization",
        "project",
        "webhook_secret",
        "base_url",
        "data_residency",
        "websocket_base_url",
        "timeout",
        "max_retries",
        "deadline",
        "default_headers",
        "default_query",
        "http_client",
        "transport",
        "plugins",
        "auth",
        "quirks",
        "strict",
        "_strict_response_validation",
        "_enforce_credentials",
        "path",
    ] == list(parameters)
    *named, more = [parameter.kind for parameter in parameters.values()]
    assert (set(named), more) == ({inspect.Parameter.KEYWORD_ONLY}, inspect.Parameter.VAR_KEYWORD)
    assert not NOT_YET & parameters.keys()


def test_the_short_names_are_the_same_classes() -> None:
    """`Client` and `AsyncClient` are aliases, as in openai."""
    assert sdk_openai_compat.Client is OpenAI
    assert sdk_openai_compat.AsyncClient is AsyncOpenAI


@BOTH
def test_a_client_has_openais_defaults(kind: type[Any]) -> None:
    """Without options: OpenAI's server, ten minutes, two retries, nobody's organization."""
    client = kind(api_key=KEY)
    assert httpx.URL("https://api.openai.com/v1/") == client.base_url
    assert DEFAULT_TIMEOUT == client.timeout == Timeout(600, connect=5.0)
    assert DEFAULT_MAX_RETRIES == client.max_retries == 2
    assert client.organization is client.project is client.webhook_secret is None
    assert client.admin_api_key is client.websocket_base_url is None
    assert {} == client.default_query
    assert client.user_agent.startswith(f"{kind.__name__}/")
    assert client.is_closed() is False


@BOTH
def test_the_environment_fills_what_is_not_given(
    kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each option has its variable, and an argument goes before it."""
    monkeypatch.setenv("OPENAI_API_KEY", "env-key")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "env-admin")
    monkeypatch.setenv("OPENAI_ORG_ID", "env-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "env-project")
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", "env-webhook")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://env:1/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-One: 1\n\nX-Two:  a: b \nX-Three: env")
    client = kind(default_headers={"X-Three": "argument"})
    assert "env-key" == client.api_key
    assert "env-admin" == client.admin_api_key
    assert "env-org" == client.organization == client.default_headers["OpenAI-Organization"]
    assert "env-project" == client.project == client.default_headers["OpenAI-Project"]
    assert "env-webhook" == client.webhook_secret
    assert "http://env:1/v1/" == str(client.base_url)
    assert "1" == client.default_headers["x-one"]
    assert "a: b" == client.default_headers["X-Two"]
    assert "argument" == client.default_headers["X-Three"]
    given = kind(
        api_key="a", organization="b", project="c", base_url="http://d", webhook_secret="e"
    )
    assert ("a", "b", "c", "e") == (
        given.api_key,
        given.organization,
        given.project,
        given.webhook_secret,
    )
    assert "http://d/" == str(given.base_url)


def test_a_line_of_custom_headers_without_a_colon_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says which line, and not what stands in it: that may be a secret."""
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-One: 1\nsecret-without-colon")
    with pytest.raises(ConfigurationError, match="line 2, must read `Name: value`") as caught:
        OpenAI(api_key=KEY)
    assert "secret" not in str(caught.value)


@pytest.mark.anyio
@pytest.mark.parametrize("admin", ["argument", "environment"])
async def test_the_admin_key_serves_where_there_is_no_other(
    colour: str, admin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent as the key, and `auth_headers` says so."""
    options: dict[str, Any] = {"api_key": None}
    if admin == "argument":
        options["admin_api_key"] = "sk-admin"
    else:
        monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    wire = Wire()
    client = wire.client(colour, **options)
    await done(client.chat.completions.create(model="m", messages=HELLO))
    assert "Bearer sk-admin" == wire.sent.headers["authorization"]
    assert {"Authorization": "Bearer sk-admin"} == client.auth_headers
    assert "" == client.api_key


@pytest.mark.anyio
async def test_a_function_gives_the_key_for_each_attempt(colour: str) -> None:
    """It is asked again when a call is repeated; asynchronous clients may await it."""
    keys = iter(["first", "second"])

    async def later() -> str:
        return next(keys)

    provider = (lambda: next(keys)) if colour == "sync" else later
    answers = iter(
        [httpx.Response(503, headers={"retry-after": "0"}), httpx.Response(200, json={})]
    )
    wire = Wire(lambda _: next(answers))
    client = wire.client(colour, api_key=provider)
    assert "" == client.api_key
    assert {} == client.auth_headers
    assert "authorization" not in client.default_headers
    await done(client.get("/x", cast_to=object))
    sent = [request.headers["authorization"] for request in wire.requests]
    assert ["Bearer first", "Bearer second"] == sent


@pytest.mark.anyio
async def test_attributes_that_are_set_are_sent(colour: str) -> None:
    """Key, organization, project, address, timeout and retries can change after construction."""
    wire = Wire(lambda _: httpx.Response(503, json={}))
    client = wire.client(colour)
    client.api_key = "sk-other"
    client.organization = "org"
    client.project = "proj"
    client.base_url = httpx.URL("http://elsewhere/api?v=2")
    client.timeout = 7
    client.max_retries = 0
    with pytest.raises(sdk_openai_compat.InternalServerError):
        await done(client.models.list())
    assert "http://elsewhere/api/models?v=2" == str(wire.sent.url)
    assert "Bearer sk-other" == wire.sent.headers["authorization"]
    assert "org" == wire.sent.headers["OpenAI-Organization"]
    assert "proj" == wire.sent.headers["OpenAI-Project"]
    assert {7.0} == set(wire.sent.extensions["timeout"].values())
    assert (7, 0) == (client.timeout, client.max_retries)
    assert ("sk-other", "org", "proj") == (client.api_key, client.organization, client.project)
    client.organization = client.project = None
    assert "openai-organization" not in client.default_headers
    assert "openai-project" not in client.default_headers


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://h/v1", "http://h/v1/"),
        ("http://h/v1/", "http://h/v1/"),
        ("http://h", "http://h/"),
        ("http://h/v1?api-version=1", "http://h/v1/?api-version=1"),
        (httpx.URL("https://h:8443/a/b"), "https://h:8443/a/b/"),
    ],
)
def test_a_base_url_ends_in_a_slash(given: str | httpx.URL, shown: str) -> None:
    """Given or set, as text or as httpx's URL, a query stays behind the path."""
    client = OpenAI(api_key=KEY, base_url=given)
    assert httpx.URL(shown) == client.base_url
    client.base_url = "http://other"
    client.base_url = given
    assert shown == str(client.base_url)


def test_headers_of_every_request_are_looked_up_in_any_case() -> None:
    """`default_headers` holds what is sent; `omit` takes a built-in one away."""
    client = OpenAI(api_key=KEY, default_headers={"X-Mine": "1", "Accept-Encoding": omit})
    assert "1" == client.default_headers["x-mine"] == client.default_headers["X-MINE"]
    assert f"Bearer {KEY}" == client.default_headers["Authorization"]
    assert "accept-encoding" not in client.default_headers
    mine = OpenAI(api_key=KEY, default_headers={"authorization": "Basic x"})
    assert "Basic x" == mine.default_headers["Authorization"]


@pytest.mark.parametrize("name", ["copy", "with_options"])
def test_a_copy_keeps_what_is_not_changed(name: str) -> None:
    """Every option is taken over, also those that were set as attributes."""
    client = OpenAI(
        api_key=KEY,
        admin_api_key="admin",
        webhook_secret="w",
        base_url="http://h/v1?q=1",
        websocket_base_url="ws://h",
        timeout=Timeout(9, connect=1),
        max_retries=5,
        deadline=60,
        default_headers={"X-A": "1"},
        default_query={"a": 1},
        _strict_response_validation=True,
    )
    client.organization = "set later"
    other: OpenAI = getattr(client, name)()
    assert other is not client
    assert client._arguments() == other._arguments()
    assert {"a": 1} == other.default_query
    assert "set later" == other.default_headers["openai-organization"]


def test_a_copy_takes_changes() -> None:
    """Headers and query are added to, or replaced by the forms with `set_`; the rest replaced."""
    client = OpenAI(api_key=KEY, timeout=3, default_headers={"X-A": "1"}, default_query={"a": 1})
    more = client.copy(
        default_headers={"X-B": "2"}, default_query={"b": 2}, max_retries=0, organization="o"
    )
    assert ("1", "2") == (more.default_headers["X-A"], more.default_headers["X-B"])
    assert {"a": 1, "b": 2} == more.default_query
    assert (0, "o", 3) == (more.max_retries, more.organization, more.timeout)
    fresh = client.copy(set_default_headers={"X-B": "2"}, set_default_query={})
    assert "x-a" not in fresh.default_headers
    assert {} == fresh.default_query
    assert (2, None) == (client.max_retries, client.organization)


def test_none_in_a_copy_leaves_an_option_as_it_is_but_lifts_limits() -> None:
    """As in openai: `timeout=None` is no limit, `api_key=None` no change."""
    client = OpenAI(api_key=KEY, timeout=3, deadline=9, base_url="http://h")
    same = client.copy(
        api_key=None, base_url=None, default_headers=None, timeout=NOT_GIVEN, max_retries=not_given
    )
    assert client._arguments() == same._arguments()
    free = client.copy(timeout=None, deadline=None)
    assert (None, None) == (free.timeout, free._options.deadline)
    assert Timeout(None) == free._options.timeout


def test_a_copy_of_a_subclass_is_one() -> None:
    """`_extra_kwargs` carries the options that a subclass adds."""

    class Mine(OpenAI):
        def __init__(self, *, extra: int, **options: Any) -> None:
            super().__init__(**options)
            self.extra = extra

    other = Mine(extra=1, api_key=KEY).copy(max_retries=1, _extra_kwargs={"extra": 2})
    assert (Mine, 2, 1) == (type(other), other.extra, other.max_retries)


@pytest.mark.anyio
async def test_copies_share_the_users_http_client(colour: str) -> None:
    """A copy sends through the same connections, and another `http_client` replaces them."""
    wire, elsewhere = Wire(), Wire()
    client = wire.client(colour)
    await done(client.copy(timeout=1).chat.completions.create(model="m", messages=HELLO))
    assert {1.0} == set(wire.sent.extensions["timeout"].values())
    moved = client.copy(http_client=mocked(colour, elsewhere)._http_client)
    await done(moved.chat.completions.create(model="m", messages=HELLO))
    assert (1, 1) == (len(wire.requests), len(elsewhere.requests))


@pytest.mark.difference(
    "Clients",
    openai="Keys, tokens and functions that return them authenticate.",
    here="So does a policy, `auth=`, such as those of `sdk-auth`.",
)
@pytest.mark.anyio
async def test_a_policy_authenticates_instead_of_a_key(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy keeps it; a key that is given to a copy or set later takes its place, and back."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-of-an-admin")
    wire, policy = Wire(), ApiKey("first", header="x-own")
    client = wire.client(colour, api_key=None, auth=policy)
    assert ("", {}) == (client.api_key, client.auth_headers)
    keyed = client.copy(api_key=KEY)
    for each in (client, client.copy(max_retries=0), keyed, keyed.copy(auth=policy)):
        await done(each.chat.completions.create(model="m", messages=HELLO))
    client.api_key = KEY
    await done(client.chat.completions.create(model="m", messages=HELLO))
    bearer = f"Bearer {KEY}"
    assert [("first", None), ("first", None), (None, bearer), ("first", None), (None, bearer)] == [
        (request.headers.get("x-own"), request.headers.get("authorization"))
        for request in wire.requests
    ]


@pytest.mark.anyio
async def test_what_the_environment_has_for_openai_goes_with_its_keys_alone(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom a policy authenticates to is somebody else."""
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "of-the-environment")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-gateway: of-the-environment")
    wire = Wire()
    client = wire.client(colour, api_key=None, auth=ApiKey("k"))
    assert client.admin_api_key is client.webhook_secret is client.organization is None
    for each in (client, client.copy(max_retries=0)):
        await done(each.chat.completions.create(model="m", messages=HELLO))
    for request in wire.requests:
        assert "of-the-environment" not in request.headers.values()


@BOTH
def test_a_policy_and_a_key_exclude_each_other(kind: type[Any]) -> None:
    """Which of them is meant, nobody could tell."""
    with pytest.raises(ConfigurationError, match="`auth` and `api_key` exclude each other"):
        kind(api_key=KEY, auth=ApiKey("first"))


def test_a_deep_copy_is_a_copy_on_the_same_connections() -> None:
    """Frameworks deep-copy what holds a client; connections stay where they are."""
    client = OpenAI(api_key=KEY, http_client=httpx.Client())
    assert client.models._client is client
    for other in (copy.deepcopy(client), copy.copy(client)):
        assert other is not client
        assert other._arguments() == client._arguments()
        assert other.models._client is other
    client.close()


@pytest.mark.anyio
async def test_the_users_http_client_sets_the_timeout(colour: str) -> None:
    """Unless it is httpx's default: then, and where one is given, the client's own counts."""
    kind: Any = httpx.Client if colour == "sync" else httpx.AsyncClient
    make: Any = OpenAI if colour == "sync" else AsyncOpenAI
    cases: list[tuple[dict[str, Any], Timeout]] = [
        ({"timeout": 42.0}, Timeout(42)),
        ({"timeout": None}, Timeout(None)),
        ({}, DEFAULT_TIMEOUT),
    ]
    for given, expected in cases:
        client = make(api_key=KEY, http_client=kind(**given))
        assert expected == client._options.timeout
        assert Timeout(1) == client.copy(timeout=1)._options.timeout
        await done(client.close())


@pytest.mark.anyio
async def test_a_client_closes_once_and_for_all(colour: str) -> None:
    """After `close`, or a `with` block, it says that it is closed, and a call says what to do."""
    wire = Wire()
    with_block = wire.client(colour)
    if colour == "sync":
        with with_block as entered:
            assert entered is with_block
    else:
        async with with_block as entered:
            assert entered is with_block
    closed = wire.client(colour)
    assert closed.is_closed() is False
    await done(closed.close())
    for client in (with_block, closed):
        assert client.is_closed() is True
        with pytest.raises(ConfigurationError, match="the client has been closed"):
            await done(client.models.list())
    assert [] == wire.requests


@BOTH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"api_key": None}, "Missing credentials. Pass `api_key`"),
        ({"api_key": ""}, "Missing credentials. Pass `api_key`"),
        ({"api_key": 7}, "`api_key` must be a string or a function that returns one, not int"),
        ({"base_url": ""}, "`base_url` must be an absolute http"),
        ({"base_url": "localhost:8000/v1"}, "did you mean 'http://localhost:8000/v1'?"),
        (
            {"base_url": "ftp://h/v1"},
            "`base_url` must be an absolute http(s) URL, not 'ftp://h/v1'",
        ),
        ({"base_url": "http://h:port"}, "`base_url` has no valid host and port: 'http://h:port'"),
        ({"base_url": "http://h:99999"}, "`base_url` has no valid host and port"),
        ({"base_url": "http:///v1"}, "`base_url` must be an absolute http(s) URL"),
        ({"timeout": -1}, "`timeout` (connect) must be a number of seconds >= 0"),
        ({"timeout": "10"}, "`timeout` (connect) must be a number"),
        ({"max_retries": None}, "`max_retries` must be an integer >= 0, not None"),
        ({"max_retries": -1}, "`max_retries` must be an integer >= 0, not -1"),
        ({"deadline": 0}, "`deadline` must be a number of seconds > 0"),
        ({"default_headers": [("a", "b")]}, "`default_headers` must be a mapping"),
        ({"default_headers": {"X-A": 1}}, "the header `X-A` must be a string, not int"),
        ({"default_query": "a=b"}, "`default_query` must be a mapping"),
        ({"http_client": object()}, "`http_client` must be an httpx."),
    ],
)
def test_a_wrong_option_is_refused(kind: type[Any], options: dict[str, Any], message: str) -> None:
    """One typed error at construction, which names the option; a copy refuses it as well."""
    with pytest.raises(ConfigurationError) as caught:
        kind(**{"api_key": KEY, "base_url": "http://h", **options})
    assert message in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, sdk_openai_compat.OpenAIError)
    if message.startswith("Missing"):  # in a copy: no change
        return
    with pytest.raises(ConfigurationError) as again:
        kind(api_key=KEY).copy(**options)
    assert message in str(again.value)


@BOTH
def test_an_unknown_option_is_refused_with_the_likely_one(kind: type[Any]) -> None:
    """By the constructor, by a copy, and as the TypeError that Python itself would raise."""
    with pytest.raises(UnknownOptionError, match="has no option `api_kei`; did you mean `api_key`"):
        kind(api_kei=KEY)
    with pytest.raises(UnknownOptionError, match="has no option `tiemout`; did you mean `timeout`"):
        kind(api_key=KEY).with_options(tiemout=3)
    with pytest.raises(TypeError, match=r"has no option `zzz`$"):
        kind(api_key=KEY, zzz=1)


@pytest.mark.parametrize("name", ["default_headers", "default_query"])
def test_a_copy_cannot_both_add_and_replace(name: str) -> None:
    """The two forms of one option exclude each other."""
    changes: dict[str, Any] = {name: {"a": "b"}, f"set_{name}": {"c": "d"}}
    with pytest.raises(ValueError, match=f"`{name}` and `set_{name}` exclude each other"):
        OpenAI(api_key=KEY).copy(**changes)


def test_an_http_client_of_the_other_colour_is_refused() -> None:
    """At construction, before anything is sent."""
    http_client: Any = httpx.Client()
    with pytest.raises(ConfigurationError, match=r"must be an httpx\.AsyncClient, not Client"):
        AsyncOpenAI(api_key=KEY, http_client=http_client)
    http_client.close()


def test_a_key_cannot_be_taken_away() -> None:
    """Setting an empty key is the mistake that it looks like."""
    client = OpenAI(api_key=KEY)
    with pytest.raises(ConfigurationError, match="Missing credentials"):
        client.api_key = ""
    assert KEY == client.api_key


@BOTH
def test_the_path_of_calls_can_be_set_up_and_goes_along(kind: type[Any]) -> None:
    """Options of sdk-core are taken, changed for a copy, and the budget for repeats is shared."""
    client = kind(api_key=KEY, max_concurrency=2, attempt_deadline=5)
    other = client.with_options(attempt_deadline=None)
    assert (client._options.attempt_deadline, other._options.attempt_deadline) == (5, None)
    assert other._options.max_concurrency is client._options.max_concurrency
    assert client.copy(timeout=1)._options.retry_budget is client._options.retry_budget


@BOTH
def test_a_misspelt_option_of_the_path_is_refused(kind: type[Any]) -> None:
    """The message has the nearest name."""
    with pytest.raises(UnknownOptionError, match="attempt_deadline"):
        kind(api_key=KEY, attempt_dedline=5)
