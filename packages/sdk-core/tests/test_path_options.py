"""What clients put into the path of every call: in which order, for whom, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import pytest

from sdk_core._messages import Request, Response
from sdk_core.caching import ResponseCache
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIConnectionError,
    APIStatusError,
    ConfigurationError,
    UnknownOptionError,
)
from sdk_core.hooks import Hooks
from sdk_core.operations import Body, Content, Operation
from sdk_core.options import ClientOptions
from sdk_core.policies import (
    AdaptiveConcurrency,
    ApiKey,
    AttemptDeadline,
    Bearer,
    CircuitBreaker,
    Hedge,
    RateLimit,
    Redirect,
    Retry,
    RetryBudget,
)
from sdk_core.testing import FakeTransport, play, request, response, send
from sdk_core.typing import Flow, Inner, PathOptions

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

URL = "https://api.example.com"
CANARY = "sk-canary-0123456789"


def mark(request: Request, inner: Inner) -> Flow[Response]:
    """Leave a trace on a request."""
    return (yield from inner(request.with_headers({"x-mark": "yes"})))


def note(request: Request, inner: Inner) -> Flow[Response]:
    """Pass on."""
    return (yield from inner(request))


ALL: PathOptions = {
    "cache": ResponseCache(),
    "call_policies": [note],
    "retry_budget": RetryBudget(),
    "rate_limit": RateLimit(requests_per_minute=600),
    "max_concurrency": 5,
    "circuit_breaker": True,
    "hedge": Hedge(after=5),
    "attempt_deadline": 30,
    "policies": [mark],
    "hooks": Hooks(),
}


@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_the_order_is_the_same_for_everyone(kind: Any) -> None:
    """A cache spares everything, repeats go through all limits, credentials come last."""
    client = kind(base_url=URL, credential="x", deadline=60, **ALL)
    around, within = client._policies()
    names = [getattr(policy, "__name__", type(policy).__name__) for policy in (*around, *within)]
    assert names == [
        "_Cache",
        "note",
        Retry.__name__,
        RateLimit.__name__,
        AdaptiveConcurrency.__name__,
        CircuitBreaker.__name__,
        Hedge.__name__,
        AttemptDeadline.__name__,
        "mark",
        ApiKey.__name__,
        Redirect.__name__,
    ]


def test_what_is_off_is_not_there() -> None:
    """By default there are repeats, with a budget, and redirects; without repeats, redirects."""
    around, within = SyncClient(base_url=URL)._policies()
    assert [type(policy) for policy in (*around, *within)] == [Retry, Redirect]
    around, within = SyncClient(base_url=URL, max_retries=0)._policies()
    assert [type(policy) for policy in (*around, *within)] == [Redirect]


def test_what_is_off_is_not_loaded() -> None:
    """A client without them imports neither policies, nor caches, hooks, plugins, or settings."""
    program = (
        "import sys; from sdk_core.clients import SyncClient; SyncClient(base_url='https://a.b')\n"
        "print(*(name for name in sys.modules if name.startswith('sdk_core')))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    policies = {f"sdk_core.policies.{name}" for name in ("_cache", "_hedge", "_breaker")}
    policies |= {
        f"sdk_core.policies.{name}" for name in ("_concurrency", "_rate_limit", "_deadline")
    }
    public = {f"sdk_core.{name}" for name in ("caching", "hooks", "plugins", "settings")}
    assert not loaded & (policies | public | {"sdk_core._logging", "sdk_core._telling"})


def test_the_budget_is_one_for_a_client_and_its_copies() -> None:
    """Two clients have two, unless they are given one."""
    client = SyncClient(base_url=URL)
    budget = client._options.retry_budget
    assert type(budget) is RetryBudget
    assert client.with_options(timeout=5)._options.retry_budget is budget
    assert SyncClient(base_url=URL)._options.retry_budget is not budget
    assert SyncClient(base_url=URL, retry_budget=budget)._options.retry_budget is budget
    assert type(SyncClient(base_url=URL, retry_budget=True)._options.retry_budget) is RetryBudget
    for off in (False, None):
        assert SyncClient(base_url=URL, retry_budget=off)._options.retry_budget is None


def test_copies_share_what_has_a_state() -> None:
    """A limit that each copy had for itself would be none."""
    client = SyncClient(base_url=URL, max_concurrency=3, circuit_breaker=True)
    copy = client.with_options(timeout=5)
    assert copy._options.max_concurrency is client._options.max_concurrency
    assert copy._options.circuit_breaker is client._options.circuit_breaker
    assert client.with_options(circuit_breaker=False)._options.circuit_breaker is None


def test_hedges_are_paid_from_the_budget() -> None:
    """And what they cost is given back where calls are judged, though there be no repeats."""
    client = SyncClient(base_url=URL, max_retries=0, hedge=Hedge(after=1))
    (retry, hedge), _ = client._policies()
    assert isinstance(retry, Retry)
    assert isinstance(hedge, Hedge)
    assert retry.budget is hedge._budget is client._options.retry_budget


@pytest.mark.parametrize("option", [name for name in ALL if name not in {"retry_budget", "hooks"}])
def test_each_can_be_changed_for_a_part_of_the_work(option: str) -> None:
    """A copy has it, the client does not."""
    client = SyncClient(base_url=URL)
    copy = client.with_options(**{option: ALL[option]})  # type: ignore[literal-required]
    assert len(copy._policies()[0]) == len(client._policies()[0]) + 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cache", 3),
        ("retry_budget", 500),
        ("rate_limit", 60),
        ("rate_limit", RateLimit),
        ("rate_limit", True),
        ("max_concurrency", 0),
        ("max_concurrency", True),
        ("max_concurrency", 1.5),
        ("circuit_breaker", "on"),
        ("circuit_breaker", CircuitBreaker),
        ("hedge", True),
        ("hedge", mark),
        ("attempt_deadline", 0),
        ("attempt_deadline", "5"),
        ("policies", mark),
        ("policies", [Retry]),
        ("policies", ["retry"]),
        ("call_policies", note),
        ("call_policies", [Retry]),
        ("hooks", "print"),
        ("auth", 3),
        ("auth", Redirect),
        ("plugins", "acme"),
        ("transport", "urllib"),
        ("transport", object()),
    ],
)
@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_what_cannot_be_used_is_refused_by_name(kind: Any, option: str, value: object) -> None:
    """When the client is made, or its copy."""
    with pytest.raises(ConfigurationError, match=f"`{option}`"):
        kind(base_url=URL, **{option: value})
    if option not in {"auth", "plugins", "transport"}:
        with pytest.raises(ConfigurationError, match=f"`{option}`"):
            kind(base_url=URL).with_options(**{option: value})


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_a_policy_around_a_call_sees_it_once(colour: str) -> None:
    """With the answer that its caller gets, whatever went before."""
    seen: list[tuple[int, int]] = []

    def watch(request: Request, inner: Inner) -> Flow[Response]:
        answer = yield from inner(request)
        seen.append((answer.status_code, answer.retries_taken))
        return answer

    transport = FakeTransport([response(429, headers={"retry-after": "0"}), response(200)])
    if colour == "sync":
        client = SyncClient(base_url=URL, transport=transport, call_policies=[watch])
        client.request("GET", "/x", cast_to=str)
    else:
        aclient = AsyncClient(base_url=URL, transport=transport, call_policies=[watch])
        anyio.run(partial(aclient.request, "GET", "/x", cast_to=str))
    assert seen == [(200, 1)]


def test_policies_around_calls_can_be_set_later() -> None:
    """Copies that are made then have them, and those from before have not."""
    client = SyncClient(base_url=URL, call_policies=[note])
    before = client.with_options(timeout=3)
    client.call_policies = (mark, *client.call_policies)
    after = client.with_options(timeout=3)
    assert client.call_policies == after.call_policies == (mark, note)
    assert client._policies()[0][:2] == after._policies()[0][:2] == [mark, note]
    assert before.call_policies == (note,)
    with pytest.raises(ConfigurationError, match="`call_policies`"):
        client.call_policies = [Retry]  # type: ignore[list-item]  # the mistake of the test


def test_an_option_that_is_misspelt_is_named() -> None:
    """With the nearest one, whether it is an argument or one of the path."""
    with pytest.raises(
        UnknownOptionError, match="`circuit_braker`; did you mean `circuit_breaker`"
    ):
        SyncClient(base_url=URL, circuit_braker=True)  # type: ignore[call-arg]
    with pytest.raises(UnknownOptionError, match="`max_retrys`; did you mean `max_retries`"):
        SyncClient(base_url=URL, max_retrys=True)  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_an_option_of_a_copy_that_is_misspelt_is_named(kind: Any) -> None:
    """As the constructor does."""
    with pytest.raises(UnknownOptionError, match="`attempt_deadlin`; did you mean"):
        kind(base_url=URL).with_options(attempt_deadlin=3)


def test_the_names_of_options_are_written_once() -> None:
    """What is in the path is an option of clients, and the other way round."""
    others = {"timeout", "max_retries", "deadline", "default_headers", "default_query"}
    assert set(attrs.fields_dict(ClientOptions)) == set(PathOptions.__annotations__) | others


def test_a_transport_may_be_ones_own(colour: str) -> None:
    """With everything around it that others have."""

    def answer(asked: Request) -> Response:
        return response(json={"url": asked.url, "mark": asked.headers["x-mark"]})

    own = FakeTransport(answer).open_transport(synchronous=colour == "sync")
    if colour == "sync":
        with SyncClient(base_url=URL, transport=own, **ALL) as client:
            found = client.request("GET", "/x")
    else:

        async def main() -> Any:
            async with AsyncClient(base_url=URL, transport=own, **ALL) as client:
                return await client.request("GET", "/x")

        found = anyio.run(main)
    assert found == {"url": f"{URL}/x", "mark": "yes"}
    assert own.closed


# What is refused before anything is sent.

TEXT: Operation[Any] = Operation(
    "put",
    "PUT",
    "/x",
    body=Body("application/octet-stream", "bytes"),
    responses={"200": (Content("text/plain", "text"),)},
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-a", f"b\r\nx-admin: {CANARY}"),
        ("x-a", f"{CANARY}\n"),
        ("x-a", f"{CANARY}\0"),
        ("x-a", f" {CANARY}"),
        ("x a", CANARY),
        ("x-a\r\nx-b", CANARY),
        ("", CANARY),
    ],
)
def test_a_header_that_would_end_early_is_refused(name: str, value: str) -> None:
    """By name and without its value, among the defaults and in a call."""
    with pytest.raises(ConfigurationError, match="header") as caught:
        SyncClient(base_url=URL, default_headers={name: value})
    client = SyncClient(base_url=URL, transport=FakeTransport())
    with pytest.raises(ConfigurationError, match="header"):
        client.request("GET", "/x", headers={name: value})
    assert CANARY not in str(caught.value)


def test_a_tab_in_a_header_is_no_line_break() -> None:
    """RFC 9110 §5.5 allows it."""
    SyncClient(base_url=URL, default_headers={"x-a": "b\tc"})


@pytest.mark.parametrize("secret", [f"{CANARY}\n", f"{CANARY}\r\nx: y"])
def test_a_credential_with_a_line_break_is_refused(secret: str) -> None:
    """As it comes out of a file; when it is given, or when the function returns it."""
    with pytest.raises(ConfigurationError, match=r"line (break|end)") as caught:
        SyncClient(base_url=URL, credential=secret)
    assert CANARY not in str(caught.value)
    played = play(Bearer(lambda: secret)(request(), send))
    assert isinstance(played.error, ConfigurationError)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [("GE T", "/x", "method"), ("GET\r\n", "/x", "method"), ("", "/x", "method")]
    + [("GET", path, "path") for path in ("/a b", "/a\r\nx: y", "/a\0")],
)
def test_a_call_by_path_that_cannot_be_written_is_refused(
    method: str, path: str, name: str
) -> None:
    """By name."""
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        SyncClient(base_url=URL, transport=FakeTransport()).request(method, path)


@pytest.mark.parametrize("status", [503, None])
def test_what_cannot_be_sent_again_says_so(
    serve: Serve, http: Http, colour: str, status: int | None
) -> None:
    """A body that can be read once is sent once, and the error tells why there was no repeat."""

    def handle(_: SimpleNamespace) -> list[bytes]:
        if status is None:
            raise ConnectionAbortedError
        return [http(b"", status)]

    server = serve(handle)
    options: Any = {"base_url": server.url, "max_retries": 2}

    def put() -> None:
        body = iter([b"abc"])
        if colour == "sync":
            with SyncClient(**options) as client:
                client.call(TEXT, body=body)
            return

        async def main() -> None:
            async with AsyncClient(**options) as client:
                await client.call(TEXT, body=body)

        anyio.run(main)

    error = APIConnectionError if status is None else APIStatusError
    with pytest.raises(error, match=r"not repeated: the body cannot be read again") as caught:
        put()
    assert len(server.requests) == 1
    assert caught.value.retries_taken == 0
