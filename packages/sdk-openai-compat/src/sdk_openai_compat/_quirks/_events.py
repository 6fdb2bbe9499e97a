"""The events of a streamed response, mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sdk_core.models import UnknownVariant, construct

from ._choices import fill, is_object

__all__ = ["ENDS", "ResponseEvents"]

_INDEXES = ("output_index", "content_index", "summary_index", "sequence_number")
_MOST = 1 << 24
_OBJECTS = ("item", "part", "response")

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
"""The events that end a response; nothing comes behind them."""


class ResponseEvents:
    """
    Mends the events of one stream, one after the other; sans-IO.

    Servers that leave out numbers mean the events as they come: what is missing is counted. It is
    there, and not among what the server sent.

    Args:
        strict: Refuse what would be mended.
        told: Called when the last event has come.
    """

    def __init__(self, *, strict: bool = False, told: Callable[[], None] | None = None) -> None:
        self._strict = strict
        self._told = told
        self._count = -1
        self._places: dict[Any, int] = {}

    def mend(self, event: Any, data: bytes) -> Any:  # noqa: ARG002  # as all that mend
        """
        Return *event* with its numbers; None if it is none.

        Raises:
            ValueError: It is of a known type, and not what that type is.
        """
        self._count += 1
        kind = getattr(event, "type", None)
        if not isinstance(kind, str):
            self._count -= 1
            if self._strict:
                msg = "it has no `type`"
                raise ValueError(msg)
            return None
        if type(event) is UnknownVariant:
            event = _known(event, kind, strict=self._strict)
        values = event.__dict__
        for name in _INDEXES:
            value = values.get(name, 0)
            if type(value) is not int or not 0 <= value < _MOST:
                msg = f"`{name}` is no index"
                raise ValueError(msg)
        if not values.get("sequence_number", -1):  # only the first one has 0
            self._number(event)
        if kind in ENDS and self._told is not None:
            self._told()
        return event

    def _number(self, event: Any) -> None:
        fields, sent = type(event).model_fields, event.model_fields_set
        if "sequence_number" in sent or "sequence_number" not in fields:
            return
        if self._strict:
            msg = "it has no `sequence_number`"
            raise ValueError(msg)
        fill(event, "sequence_number", self._count)
        if "output_index" not in fields:
            return
        item = getattr(event, "item", None)
        id_ = getattr(event, "item_id", None) if item is None else getattr(item, "id", None)
        id_ = id_ if isinstance(id_, str) else None
        if "output_index" in sent:
            self._places[id_] = event.output_index
        else:
            fill(event, "output_index", self._places.setdefault(id_, len(self._places)))


@cache
def _models() -> Mapping[str, Any]:
    """Return the models of events by their types."""
    from sdk_inference_api import models  # noqa: PLC0415  # loaded by now

    union: Any = models.ResponseStreamEvent
    (tagged,) = union.__metadata__
    names = {value: name for value, name in tagged.tags.items() if isinstance(name, str)}
    return {value: getattr(models, name) for value, name in names.items()}


def _known(event: Any, kind: str, *, strict: bool) -> Any:
    """Return *event*, which does not fit the type that it names, as that type as far as it fits."""
    model = _models().get(kind)
    if model is None:
        return event
    if strict:
        msg = f"it is no {kind!r}"
        raise ValueError(msg)
    made = construct(model, dict(event.to_dict().items()))
    values = made.__dict__
    for name in _INDEXES:
        if values.get(name, 0) is None:
            fill(made, name, 0)
    if "delta" in values and not isinstance(values["delta"], str):
        msg = "`delta` is no text"
        raise ValueError(msg)  # about data, not about a type of Python
    for name in _OBJECTS:
        if values.get(name) is not None and not is_object(values[name]):
            msg = f"`{name}` is no object"
            raise ValueError(msg)
    if "response" in values and values["response"] is None:
        msg = "it has no `response`"
        raise ValueError(msg)
    return made
