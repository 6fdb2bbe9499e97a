"""Make the recorded call again, through the package under test, and look at what it gives.

Looking means attributes, as a user of the package would; only what has no attribute of its own
(extra fields of a usage, the parts of a log probability) is read through `to_dict()`.
"""

from __future__ import annotations

import inspect
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from sdk_openai_compat import AsyncOpenAI, OpenAI, OpenAIError

from ._expectations import JSON, Answer, streamed_answer, whole_answer
from ._replay import ReplayServer

if TYPE_CHECKING:
    from ._recordings import Recording
    from ._replay import Reply

each_colour = pytest.mark.parametrize("colour", ["sync", "asyncio", "trio"])
"""Run a test with the synchronous client, and with the asynchronous one in both its loops."""

_METHODS = {
    ("POST", "/v1/chat/completions"): ("chat.completions.create", {"messages", "model"}),
    ("POST", "/v1/completions"): ("completions.create", {"model", "prompt"}),
    ("POST", "/v1/responses"): ("responses.create", {"input", "model"}),
    ("POST", "/v1/embeddings"): ("embeddings.create", {"input", "model"}),
    ("GET", "/v1/models"): ("models.list", set()),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the client, by its dotted name, and what to call it with."""

    method: str
    positional: tuple[Any, ...] = ()
    arguments: JSON = field(default_factory=dict)

    def start(self, client: Any) -> Any:
        """Call the method; arguments that it does not name go into the body as they are."""
        method = operator.attrgetter(self.method)(client)
        named = inspect.signature(method).parameters
        known = {name: value for name, value in self.arguments.items() if name in named}
        extra = {name: value for name, value in self.arguments.items() if name not in named}
        return method(*self.positional, **known, **({"extra_body": extra} if extra else {}))


@dataclass(slots=True)
class Outcome:
    """What a call gave: a result or the items of a stream, and the error that ended it, if any."""

    result: Any = None
    items: list[Any] = field(default_factory=list)
    error: OpenAIError | None = None


def recorded_call(recording: Recording) -> Call:
    """Return the call that sends what was recorded.

    Requests that no method of the client would send (another path or HTTP method, a required
    argument missing, a body that is no JSON) go through the low-level `get` and `post`.
    """
    arguments = recording.arguments
    method, required = _METHODS.get((recording.method, recording.path), ("", {"nothing"}))
    if required <= arguments.keys():
        return Call(method, (), arguments)
    body = {"body": arguments} if recording.method == "POST" else {}
    path = recording.path.removeprefix("/v1")
    return Call(recording.method.lower(), (path,), {"cast_to": object, **body})


def ask(url: str, call: Call, colour: str, **options: Any) -> Outcome:
    """Make a call to the server there with a new client of this colour; errors are outcomes too."""
    defaults = {"base_url": f"{url}/v1", "api_key": "sk-wire", "max_retries": 0, "timeout": 20}
    options = {**defaults, **options}
    outcome = Outcome()
    try:
        if colour == "sync":
            _ask(call, outcome, options)
        else:
            anyio.run(_ask_async, call, outcome, options, backend=colour)
    except OpenAIError as error:
        outcome.error = error
    return outcome


def replay(recording: Recording, colour: str, reply: Reply | None = None) -> Outcome:
    """Make the recorded call to a server that gives the recorded reply, or another one."""
    with ReplayServer(recording.reply if reply is None else reply) as server:
        return ask(server.url, recorded_call(recording), colour)


def _ask(call: Call, outcome: Outcome, options: JSON) -> None:
    with OpenAI(**options) as client:
        result = call.start(client)
        if not call.arguments.get("stream"):
            outcome.result = result
            return
        with result as stream:
            for item in stream:
                outcome.items.append(item)


async def _ask_async(call: Call, outcome: Outcome, options: JSON) -> None:
    async with AsyncOpenAI(**options) as client:
        result = await call.start(client)
        if not call.arguments.get("stream"):
            outcome.result = result
            return
        async with result as stream:
            async for item in stream:
                outcome.items.append(item)


def answer_of(outcome: Outcome) -> Answer:
    """Put together what an outcome holds."""
    if outcome.result is not None:
        return whole_answer(_fields(outcome.result))
    return streamed_answer([_fields(item) for item in outcome.items])


def _fields(answer: Any) -> JSON:
    """Read an answer or a chunk of one."""
    return {
        "id": answer.id,
        "model": answer.model,
        "usage": _plain(getattr(answer, "usage", None)),
        "choices": [_choice(choice) for choice in answer.choices],
    }


def _choice(choice: Any) -> JSON:
    fields = {
        "index": choice.index,
        "finish_reason": choice.finish_reason,
        "logprobs": _plain(choice.logprobs),
    }
    if hasattr(choice, "delta"):
        return {**fields, "delta": _message(choice.delta)}
    if hasattr(choice, "message"):
        return {**fields, "message": _message(choice.message)}
    return {**fields, "text": choice.text}


def _message(message: Any) -> JSON:
    return {
        "content": message.content,
        "reasoning_content": getattr(message, "reasoning_content", None),
        "tool_calls": [_tool_call(call) for call in message.tool_calls or ()],
    }


def _tool_call(call: Any) -> JSON:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    # Only the calls of a stream have an index.
    return {"index": getattr(call, "index", None), "id": call.id, "function": function}


def as_sent(answer: Any) -> Any:
    """Return the JSON that an answer, or an item of a stream, was."""
    # A vector sent as text does not fit its type; that it is kept is the point, so no warnings.
    return answer._as_sent or answer.to_dict(warnings=False)


def _plain(value: Any) -> Any:
    return None if value is None else value.to_dict()
