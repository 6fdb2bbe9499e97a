from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sdk_core import testing
from sdk_core.errors import APIConnectionError, ConfigurationError
from sdk_core.testing import Call, Now, Send, Sleep, play, request, response, send
from sdk_core.typing import Flow

README = Path(__file__).parent.parent / "README.md"


def flow() -> Flow[tuple[Any, ...]]:
    """Ask for one of everything."""
    started = yield Now()
    yield Sleep(2.5)
    called = yield Call(lambda: "called")
    try:
        yield Send(request())
    except APIConnectionError as error:
        failed = str(error)
    answer = yield from send(request("https://other.example/"))
    return started, (yield Now()), called, failed, answer


def test_a_flow_is_played_with_a_list_for_a_network() -> None:
    """Results come in order, errors are thrown in, and only sleeping and sending take time."""
    played = play(
        flow(), APIConnectionError(message="x"), response(201), response(), seconds_per_send=1.0
    )
    started, now, called, failed, answer = played.result
    assert (started, now, called, failed) == (0.0, 4.5, "called", "x")
    assert answer.status_code == 201
    assert answer.request.url == "https://other.example/"
    assert [Now, Sleep, Call, Send, Send, Now] == [type(effect) for effect in played.effects]
    assert [sent.url for sent in played.sent][1] == "https://other.example/"
    assert (played.slept, played.elapsed, len(played.unused)) == ([2.5], 4.5, 1)


def test_what_a_called_function_raises_is_thrown_in() -> None:
    """As the drivers do: a flow can answer to it."""

    def refuse() -> None:
        raise ConfigurationError("no")  # noqa: EM101  # stands for any

    def asking() -> Flow[str]:
        try:
            yield Call(refuse)
        except ConfigurationError as error:
            return str(error)
        return "nothing was raised"

    assert play(asking()).result == "no"


def test_what_a_flow_raises_is_kept_beside_its_effects() -> None:
    """`error` holds it, and asking for the result raises it."""
    error = ConfigurationError("no")
    played = play(send(request()), error)
    assert played.error is error
    assert len(played.sent) == 1
    with pytest.raises(ConfigurationError, match="no"):
        _ = played.result


def test_a_request_without_a_result_is_a_failed_test() -> None:
    """The message says which request was one too many."""
    with pytest.raises(AssertionError, match="request 1 was sent, but there are 0 results"):
        play(send(request()))


def test_other_errors_of_a_flow_pass() -> None:
    """A bug in a policy shows as itself."""

    def broken() -> Flow[None]:
        yield Sleep(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play(broken())


def test_requests_and_responses_are_quickly_made() -> None:
    """What a test does not care about has a default."""
    made = request("https://x.example", method="PUT", headers={"A": "b"}, content=b"c", stream=True)
    assert (made.method, made.headers["a"], made.content, made.stream) == ("PUT", "b", b"c", True)
    answer = response(json={"a": 1}, request=made)
    assert (answer.json(), answer.request) == ({"a": 1}, made)
    assert answer.headers["Content-Type"] == "application/json"
    assert response(headers={"content-type": "x/y"}, json=1).headers["content-type"] == "x/y"
    assert response().content == b""


def test_the_public_names_are_there() -> None:
    """And sorted."""
    assert sorted(testing.__all__) == testing.__all__
    assert all(hasattr(testing, name) for name in testing.__all__)


def test_other_names_are_not_there() -> None:
    """Though some are fetched when they are asked for."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = testing.nothing


def test_the_examples_of_the_readme_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of Python is a program."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 26
    for block in blocks:
        program = ModuleType("program")  # annotations of models are looked up in their module
        monkeypatch.setitem(sys.modules, "program", program)
        exec(compile(block, str(README), "exec"), vars(program))


def test_the_readme_names_every_public_module() -> None:
    """What users may import is listed, and nothing else."""
    folder = Path(testing.__file__).parent
    public = {path.stem for path in folder.iterdir() if not path.name.startswith((".", "_"))}
    table = README.read_text(encoding="utf-8").partition("## Public modules")[2]
    assert public - {"py"} == set(
        re.findall(r"`(\w+)`", "".join(re.findall(r"\n\| (.*?) \|", table)))
    )


def test_what_a_function_raises_is_thrown_into_the_flow() -> None:
    """As the drivers do: a flow may go on without what it has called for."""

    def fails() -> None:
        msg = "no"
        raise ConfigurationError(msg)

    def flow() -> Flow[str]:
        try:
            yield Call(fails)
        except ConfigurationError as error:
            return str(error)
        return "nothing was raised"

    assert play(flow()).result == "no"
