"""Frames: tools that show the variables of a traceback find no secret in those of the call path."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import anyio
import pytest

from sdk_core._addresses import KeyedURL
from sdk_core._frames import concealed, forget
from sdk_core._messages import Secret, SecretBody
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, AuthenticationError, ConfigurationError
from sdk_core.policies import Bearer
from sdk_core.testing import FakeTransport, request, response
from sdk_core.transports import Aiohttp

pytestmark = pytest.mark.anyio

CANARY = "canary-0123456789"
URL = "https://api.example.com"


def frames_of(error: BaseException) -> list[FrameType]:
    """Return the frames in the traceback of *error* and of what led to it."""
    found, left, seen = [], [error], []
    while left:
        each = left.pop()
        seen.append(each)
        found += [frame for frame, _ in traceback.walk_tb(each.__traceback__)]
        behind = (each.__cause__, each.__context__, *getattr(each, "exceptions", ()))
        left += [one for one in behind if one is not None and one not in seen]
    return found


def shown(error: BaseException) -> str:
    """Return the variables of all frames but those of the tests, as a tool would show them."""
    ours = [each for each in frames_of(error) if each.f_globals["__name__"] != __name__]
    return "\n".join(repr(each.f_locals) for each in ours)


BUSY = """
def busy(value):
    try:
        raise LookupError
    except LookupError as error:
        forget(error)
    return value
"""


def call(client: SyncClient | AsyncClient) -> None:
    """Call, in either colour."""
    if isinstance(client, SyncClient):
        client.request("GET", "/")
    else:
        anyio.run(client.request, "GET", "/")


@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_a_call_that_fails_keeps_no_credential(kind: Any) -> None:
    """In no frame between the caller and the network; the frames are there all the same."""

    def fail(_: object) -> Any:
        raise APIConnectionError

    fake = FakeTransport(fail)
    client = kind(base_url=URL, auth=Bearer(CANARY), transport=fake, max_retries=1)
    with pytest.raises(APIConnectionError) as caught:
        call(client)
    assert CANARY not in shown(caught.value)
    names = {frame.f_globals["__name__"] for frame in frames_of(caught.value)}
    assert {"sdk_core._drivers", "sdk_core.policies._auth", "sdk_core._fakes"} <= names


@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_what_a_function_gave_is_kept_nowhere(kind: Any) -> None:
    """Nor in the driver, which still runs when the policy refuses it."""
    client = kind(base_url=URL, credential=lambda: CANARY + "\n", transport=FakeTransport([]))
    with pytest.raises(ConfigurationError) as caught:
        call(client)
    assert CANARY not in shown(caught.value)


def test_frames_of_others_stay_as_they_are() -> None:
    """Whoever looks for a mistake in a policy of their own finds its variables."""

    def policy(request: Any, inner: Any) -> Any:
        clue = "found"
        yield from ()
        raise LookupError(clue)

    client = SyncClient(base_url=URL, policies=[policy], transport=FakeTransport([]))
    with pytest.raises(LookupError) as caught:
        client.request("GET", "/")
    (frame,) = [each for each in frames_of(caught.value) if each.f_code.co_name == "policy"]
    assert frame.f_locals["clue"] == "found"


def test_all_that_led_to_an_error_is_emptied() -> None:
    """Causes, contexts and groups, also where they lead in a circle."""

    def parse(secret: str) -> None:
        json.loads(secret)

    def caught_from(work: Callable[[], object]) -> BaseException:
        with pytest.raises(BaseException) as caught:  # noqa: PT011  # whatever it is
            work()
        return caught.value

    first, second, third = (caught_from(lambda: parse(CANARY)) for _ in range(3))
    group = ExceptionGroup("both", [third])  # type: ignore[type-var]  # it is one
    first.__cause__, second.__context__, group.__context__ = second, group, first
    library = [each for each in frames_of(first) if each.f_globals["__name__"] == "json.decoder"]
    assert len(library) >= 6
    assert any(CANARY in repr(each.f_locals) for each in library)
    forget(first)
    assert not any(each.f_locals for each in library)


def test_a_frame_that_runs_keeps_what_it_has() -> None:
    """It is still at work."""
    scope: dict[str, Any] = {"__name__": "sdk_core.busy", "forget": forget}
    exec(BUSY, scope)
    assert scope["busy"]("here") == "here"


GIVING = """
def giving(kind):
    try:
        raise LookupError
    except LookupError as error:
        yield error
    yield "went on"

async def waiting(pause):
    try:
        raise LookupError
    except LookupError as error:
        await pause(error)
    return "went on"
"""


def test_a_generator_that_waits_to_go_on_does() -> None:
    """An error that it handles meanwhile may have led to the one that is raised."""
    scope: dict[str, Any] = {"__name__": "sdk_core.giving"}
    exec(GIVING, scope)
    giving = scope["giving"](CANARY)
    forget(next(giving))
    assert next(giving) == "went on"


async def test_a_coroutine_that_waits_to_go_on_does() -> None:
    """As a generator does."""
    scope: dict[str, Any] = {"__name__": "sdk_core.giving"}
    exec(GIVING, scope)
    handled: list[BaseException] = []
    resumed = anyio.Event()

    async def pause(error: BaseException) -> None:
        handled.append(error)
        await resumed.wait()

    results: list[str] = []

    async def work() -> None:
        results.append(await scope["waiting"](pause))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await anyio.wait_all_tasks_blocked()
        forget(handled[0])
        resumed.set()
    assert results == ["went on"]


def test_the_words_of_errors_are_censored() -> None:
    """Texts, and what else holds one; the rest stays what it is."""
    error = LookupError(f"no {CANARY}", {"causes": [CANARY]}, 7)
    error.__cause__ = ValueError(CANARY)
    forget(error, lambda text: text.replace(CANARY, "[secret]"))
    assert error.args == ("no [secret]", "{'causes': ['[secret]']}", 7)
    assert error.__cause__.args == ("[secret]",)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bearer(CANARY + "\n"),
        lambda: SyncClient(base_url=URL, credential=CANARY, max_retries=-1),
        lambda: SyncClient(base_url=URL, credential=CANARY + "\n"),
        lambda: SyncClient(base_url=URL, credentail=CANARY),  # type: ignore[call-arg]  # as is meant
        lambda: Aiohttp(proxy=f"ftp://user:{CANARY}@proxy"),
    ],
)
def test_arguments_that_are_refused_are_not_shown(make: Callable[[], object]) -> None:
    """A constructor is where a secret with a line end is found out."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert CANARY not in shown(caught.value)
    assert frames_of(caught.value)[1:]


def test_a_concealed_function_looks_as_before() -> None:
    """Its name, its signature and its result."""

    @concealed
    def add(one: int, two: int) -> int:
        """Add."""
        return one + two

    assert add(1, two=2) == 3
    assert str(inspect.signature(add)) == "(one: 'int', two: 'int') -> 'int'"
    assert (add.__name__, add.__doc__) == ("add", "Add.")

    @concealed
    class Pair:
        def __init__(self, one: str) -> None:
            self.one = one
            raise ValueError

    assert list(inspect.signature(Pair).parameters) == ["one"]
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # it has no words
        Pair(CANARY)
    own = [each for each in frames_of(caught.value) if each.f_code.co_name == "call"]
    assert CANARY not in repr([each.f_locals for each in own])


@pytest.mark.parametrize(
    ("hidden", "plain"),
    [
        (Secret(CANARY * 10), "'[secret]'"),
        (SecretBody(CANARY.encode() * 10), "b'[secret]'"),
        (KeyedURL(f"{URL}/?k={CANARY}", {"k"}), f"'{URL}/?k=[secret]'"),
    ],
)
def test_the_beginning_of_a_secret_is_one(hidden: Any, plain: str) -> None:
    """Tools that cut a long text show its beginning; what hides the whole hides that, too."""
    assert repr(hidden) == plain
    for part in (hidden[:80], hidden[30:60], hidden[-9:]):
        assert CANARY[:5] not in repr(part)
    assert hidden[:5] in hidden


def test_a_byte_of_a_body_is_a_number() -> None:
    """As of all bytes."""
    assert SecretBody(b"ab")[0] == 97


def test_secrets_are_not_pickled() -> None:
    """A copy within the process is the secret still."""
    for hidden in (Secret(CANARY, CANARY), SecretBody(CANARY.encode(), CANARY)):
        assert CANARY.encode() not in pickle.dumps(hidden)
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret]) == [CANARY]
    sent = request(URL, method="POST", content=SecretBody(b"password=" + CANARY.encode()))
    assert pickle.loads(pickle.dumps(sent)).content == b"[secret]"
    assert CANARY not in repr(sent)


def test_a_body_that_holds_credentials_is_censored_where_it_is_repeated() -> None:
    """What a server says of it holds none of its words."""
    sent = request(URL, method="POST", content=SecretBody(b"x", CANARY))
    assert sent.censored(f"wrong: {CANARY}") == "wrong: [secret]"


@pytest.mark.parametrize("said", ["{0}", '"{0}"', '{{"error": {{"message": "wrong key {0}"}}}}'])
def test_a_refusal_that_repeats_the_credential_keeps_it_nowhere(said: str) -> None:
    """Neither in the error's words nor in its body, its answer or its pickle."""
    answer = response(401, {"content-type": "application/json"}, said.format(CANARY).encode())
    client = SyncClient(base_url=URL, credential=CANARY, transport=FakeTransport([answer]))
    with pytest.raises(AuthenticationError) as caught:
        client.request("GET", "/")
    error = caught.value
    for text in (str(error), repr(error.body), error.response.text, repr(pickle.dumps(error))):
        assert CANARY not in text
    assert "[secret]" in error.response.text
