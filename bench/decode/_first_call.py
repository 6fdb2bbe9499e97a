"""Make one first call; run as a script, in an interpreter of its own.

`python _first_call.py CONTENDER PATH URL` prints the milliseconds of CPU that importing, making a
client and the first call took. The contender ``bare`` is `sdk_core` with an operation and a model
written by hand; ``chat`` and ``responses`` call the package `package` that PATH makes importable.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False  # `typing` would be charged to nobody
if TYPE_CHECKING:
    from typing import Any


def bare(url: str) -> Any:
    """Call the least that a generated package is made of."""
    from sdk_core.clients import SyncClient  # noqa: PLC0415  # importing is what is measured
    from sdk_core.models import BaseModel  # noqa: PLC0415  # as above
    from sdk_core.operations import Body, Content, Operation, Ref  # noqa: PLC0415  # as above

    class Answer(BaseModel):
        id: str

    operation: Operation[Any] = Operation(
        id="ask",
        method="POST",
        path="/chat/completions",
        body=Body(),
        responses={"200": (Content("application/json", "json", Ref.to(Answer)),)},
    )
    with SyncClient(base_url=url) as client:
        return client.call(operation, {}, body={"model": "m"})


def chat(url: str) -> Any:
    """Ask for a chat completion."""
    # Generated when the measure runs; importing it is what is measured.
    from package import Client  # type: ignore[import-not-found]  # noqa: PLC0415  # made by the run; importing is timed

    with Client(base_url=url, credentials={"ApiKeyAuth": "k"}) as client:
        messages = [{"role": "user", "content": "hi"}]
        return client.chat.create_chat_completion(model="m", messages=messages)


def responses(url: str) -> Any:
    """Ask for a response, the answer with the most models below it."""
    from package import Client  # noqa: PLC0415  # as above

    with Client(base_url=url, credentials={"ApiKeyAuth": "k"}) as client:
        return client.responses.create_response(model="m", input="hi")


if __name__ == "__main__":
    who, where, address = sys.argv[1:]
    sys.path.insert(0, where)
    begun = time.process_time()
    answer = {"bare": bare, "chat": chat, "responses": responses}[who](address)
    spent = time.process_time() - begun
    if not answer.id:
        raise AssertionError(answer)
    print(spent * 1e3)
