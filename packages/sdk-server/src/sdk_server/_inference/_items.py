"""Items of conversations: in the form in which they are kept, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._problems import Fault, Problem
from .._records import Shelf
from .._secrets import new_id
from ._calls import Json

RESPONSE_ITEM = "response.item"
CONVERSATION_ITEM = "conversation.item"

Path = tuple[str | int, ...]

_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
    "compaction": "cmp",
}
_WITH_STATUS = _PREFIXES.keys() - {"reasoning", "compaction"}


def read_items(shelf: Shelf, given: object, path: Path) -> list[Json]:
    """Return items as they are kept: with type, identifier and status, and references resolved.

    Args:
        shelf: The records of the caller.
        given: A text, a list of items, or `None` for no items.
        path: Where they stand in the request.

    Raises:
        Problem: 404; an item that is referred to does not exist.
    """
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    assert given is None or isinstance(given, list)
    items = []
    for index, item in enumerate(given or ()):
        kind = item.get("type") or ("message" if "role" in item else "item_reference")
        if kind == "item_reference":
            items.append(_referred(shelf, item["id"], (*path, index, "id")))
        else:
            items.append(_kept({**item, "type": kind}))
    return named_apart(items)


def named_apart(items: Iterable[Json], taken: Iterable[str] = ()) -> list[Json]:
    """Return the items, with a new identifier for each whose own is taken already."""
    seen = set(taken)
    named = []
    for item in items:
        one = {**item, "id": new_identity(item)} if item["id"] in seen else item
        seen.add(one["id"])
        named.append(one)
    return named


def new_identity(item: Mapping[str, object]) -> str:
    """Return an identifier for an item, whose beginning says what it is."""
    return new_id(_PREFIXES.get(str(item["type"]), "item"))


def keep(shelf: Shelf, kind: str, parent: str, items: Sequence[Json]) -> list[Json]:
    """Add items behind those that an answer or a conversation has; return them as they are kept."""
    present = [item["id"] for item in items if shelf.get(kind, item["id"], parent=parent)]
    added = named_apart(items, present)
    for item in added:
        shelf.put(kind, item, parent=parent)
    return added


def _referred(shelf: Shelf, identity: str, path: Path) -> Json:
    for kind in (CONVERSATION_ITEM, RESPONSE_ITEM):
        if found := shelf.find(kind, identity):
            return found
    message = f"There is no item named `{identity}`."
    fault = Fault(location="body", path=path, message=message)
    raise Problem(404, message, code="item_not_found", faults=[fault])


def _kept(item: Json) -> Json:
    item = {**item, "id": item.get("id") or new_identity(item)}
    if item["type"] in _WITH_STATUS:
        item["status"] = item.get("status") or "completed"
    if item["type"] == "message":
        item["content"] = _parts(item["content"], item["role"])
    return item


def _parts(content: object, role: str) -> list[Json]:
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    assert isinstance(content, list)
    return [_part(part, role) for part in content]


def _part(part: Json, role: str) -> Json:
    # What a model is told to have said has the form of what it says.
    if role == "assistant" and part["type"] == "input_text":
        part = {"type": "output_text", "text": part["text"]}
    return {"annotations": [], "logprobs": [], **part} if part["type"] == "output_text" else part
