"""What an answer continues: a conversation, an earlier answer, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .._problems import Fault, Problem, refuse
from .._records import Shelf
from ._calls import Json
from ._items import CONVERSATION_ITEM, RESPONSE_ITEM, Path, keep, read_items

RESPONSE, CONVERSATION = "response", "conversation"


@attrs.frozen(kw_only=True)
class Context:
    """Hold what an answer is made from.

    Args:
        items: All items, the oldest first, each with its place in the request.
        own: Those of them that the request brings itself.
        conversation: Identifier of the conversation that the answer is added to.
    """

    items: tuple[tuple[Path, Json], ...]
    own: tuple[Json, ...]
    conversation: str | None

    @classmethod
    def read(cls, shelf: Shelf, body: Mapping[str, Any]) -> Context:
        """Return the context of a request.

        Raises:
            Problem: 400 or 404; what the request continues cannot be found.
        """
        previous = body.get("previous_response_id")
        conversation = body.get("conversation")
        if isinstance(conversation, dict):
            conversation = conversation["id"]
        if previous is not None and conversation is not None:
            text = "Either `conversation` or `previous_response_id` can be continued, not both."
            raise refuse(("previous_response_id",), text, "mutually_exclusive_parameters")
        earlier: list[Json] = []
        if previous is not None:
            earlier = _history(shelf, previous)
        elif conversation is not None:
            if shelf.get(CONVERSATION, conversation) is None:
                raise _lost(conversation, "conversation", "conversation", 404)
            earlier = shelf.all(CONVERSATION_ITEM, parent=conversation)
        begun: Path = ("previous_response_id",) if conversation is None else ("conversation",)
        own = read_items(shelf, body.get("input"), ("input",))
        return cls(
            items=(
                *((begun, item) for item in earlier),
                *((("input", index), item) for index, item in enumerate(own)),
            ),
            own=tuple(own),
            conversation=conversation,
        )


def save(shelf: Shelf, response: Json, context: Context, *, whole: bool = True) -> None:
    """Keep an answer with its input, and add both to the conversation that it continues.

    Args:
        shelf: The records of the caller.
        response: The answer.
        context: What it was made from.
        whole: Whether the answer has ended; only then it is a part of the conversation.
    """
    if response["store"]:
        if shelf.get(RESPONSE, response["id"]) is None:
            shelf.put(RESPONSE, response)
            keep(shelf, RESPONSE_ITEM, response["id"], context.own)
        else:
            shelf.change(RESPONSE, response["id"], response)
    talk = context.conversation
    if whole and talk is not None and shelf.get(CONVERSATION, talk) is not None:
        keep(shelf, CONVERSATION_ITEM, talk, [*context.own, *response["output"]])


def _history(shelf: Shelf, identity: str | None) -> list[Json]:
    """Return the items of an answer and of all that it continues, the oldest first."""
    turns: list[list[Json]] = []
    while identity is not None:
        response = shelf.get(RESPONSE, identity)
        if response is None:
            raise _lost(identity, "previous response", "previous_response_id", 400)
        turns.append([*shelf.all(RESPONSE_ITEM, parent=identity), *response["output"]])
        if talk := response.get("conversation"):
            # The conversation may have gone on since.
            until = shelf.place(RESPONSE, identity)
            turns.append(shelf.all(CONVERSATION_ITEM, parent=talk["id"], until=until))
        identity = response.get("previous_response_id")
    return [item for turn in reversed(turns) for item in turn]


def _lost(identity: str, kind: str, param: str, status: int) -> Problem:
    message = f"There is no {kind} named `{identity}`."
    fault = Fault(location="body", path=(param,), message=message)
    code = "previous_response_not_found" if kind == "previous response" else "not_found"
    return Problem(status, message, code=code, faults=[fault])
