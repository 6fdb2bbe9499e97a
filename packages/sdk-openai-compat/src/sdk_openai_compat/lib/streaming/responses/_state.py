"""What has come of a response: sans-IO, shared by both colours of stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic

from sdk_core.models import construct
from sdk_core.typing import Omit, omit

from ...._errors import UnfinishedResponseError
from ...._quirks._events import ResponseEvents
from ..._objects import late, recast
from ..._parsing._completions import tools_in
from ..._parsing._responses import TextFormatT, parse_response, parse_text
from ..._response_models import ParsedResponse, Response
from ._events import (
    ResponseCompletedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from ._items import GROWING, Item

if TYPE_CHECKING:
    from sdk_inference_api.params import ToolParam

    from ._all_events import ResponseStreamEvent

__all__ = ["ResponseStreamState", "response_of"]

_SNAPSHOTS: dict[str, Any] = {
    "response.output_text.delta": ResponseTextDeltaEvent,
    "response.function_call_arguments.delta": ResponseFunctionCallArgumentsDeltaEvent,
}


class ResponseStreamState(Generic[TextFormatT]):
    """
    Makes a response of its events.

    ``responses.stream`` uses it; so can who has events from somewhere else.

    Args:
        input_tools: The tools of the request, whose calls' arguments are parsed.
        text_format: The type of the text.
    """

    def __init__(
        self,
        *,
        input_tools: Iterable[ToolParam] | Omit,
        text_format: type[TextFormatT] | Any | Omit,
    ) -> None:
        self._tools = tools_in(input_tools)
        self._wanted: Any = text_format
        self._mender = ResponseEvents()
        self._begun: Any = None  # the response as it was last told
        self._items: dict[int, Item] = {}
        self._ended: Any = None  # the response of the last event
        self._completed_response: ParsedResponse[TextFormatT] | None = None

    def handle_event(self, event: Any) -> list[ResponseStreamEvent[TextFormatT]]:
        """
        Add an *event*, and return what it becomes.

        Raises:
            ValueError: A text that is complete now is not what was asked for.
        """
        mended = self._mender.mend(event, b"")
        return [] if mended is None else self.take(mended)

    def take(self, event: Any) -> list[ResponseStreamEvent[TextFormatT]]:
        """Add an *event* that a client gave, and return what it becomes; see `handle_event`."""
        kind = event.type
        if kind in GROWING:
            text = self._item(event, GROWING[kind][0]).grow(event)
            if (model := _SNAPSHOTS.get(kind)) is not None:
                event = late(model, {**vars(event)}, (text, text.length), event.model_extra)
        elif kind == "response.output_text.done":
            phase = self._item(event, "content").phase
            parsed = parse_text(event.text, self._wanted, phase=phase)
            event = recast(event, ResponseTextDoneEvent, parsed=parsed)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            if event.item is None:  # some servers announce nothing
                return []
            item = self._item(event, "")
            (item.begin if kind.endswith("added") else item.end)(event.item)
        elif kind in ("response.content_part.added", "response.content_part.done"):
            if event.part is None:  # as above
                return []
            self._item(event, "content").part(event)
        elif hasattr(event, "response"):
            event = self._lifecycle(event)
        return [event]

    def _item(self, event: Any, member: str) -> Item:
        item = self._items.get(event.output_index)
        if item is None:
            item = Item(member, getattr(event, "item_id", None))
            self._items[event.output_index] = item
        return item

    def _lifecycle(self, event: Any) -> Any:
        response = event.response
        if event.type == "response.completed":
            whole = self._whole(response)
            self._ended = self._completed_response = parse_response(
                text_format=self._wanted, input_tools=self._tools, response=whole
            )
            return recast(event, ResponseCompletedEvent, response=self._completed_response)
        if event.type in ("response.failed", "response.incomplete"):
            self._ended = self._whole(response)
            return recast(event, type(event), response=self._ended)
        self._begun = response
        return event

    def _whole(self, response: Any) -> Any:
        """Return *response* with what only earlier events have told, as some servers do."""
        values, given = vars(response), response.model_fields_set
        known = {} if self._begun is None else vars(self._begun)
        missing = {
            name: value
            for name, value in known.items()
            if value is not None and (name not in given or values.get(name) is None)
        }
        if not response.output and self._items:
            missing["output"] = self._output()
        return recast(response, Response, **missing)

    def _output(self) -> list[Any]:
        items = [self._items[index] for index in sorted(self._items)]
        if all(item.done is not None for item in items):
            return [item.done for item in items]
        found: list[Any] = construct(Response, {"output": [i.so_far() for i in items]}).output
        return found

    def so_far(self) -> ParsedResponse[Any] | None:
        """Return the response so far, parsed only if it is complete; None if nothing has come."""
        if self._completed_response is not None:
            return self._completed_response
        if self._ended is not None:
            found = self._ended
        elif self._begun is not None or self._items:
            begun = construct(Response, {}) if self._begun is None else self._begun
            found = recast(begun, Response, output=self._output())
        else:
            return None
        return parse_response(text_format=None, input_tools=None, response=found)

    def get_final_response(self) -> ParsedResponse[TextFormatT]:
        """
        Return the response that was completed.

        Raises:
            UnfinishedResponseError: There is none: it failed, is incomplete, or did not end.
        """
        if self._completed_response is not None:
            return self._completed_response
        partial = self.so_far()
        raise UnfinishedResponseError(_unfinished(self._ended), partial=partial)


def _unfinished(ended: Any) -> str:
    if ended is None:
        return "the stream was left before a `response.completed` event came"
    if (error := ended.error) is not None:
        return f"the response failed: {error.message}"
    details = ended.incomplete_details
    reason = "" if details is None else f" ({details.reason})"
    return f"the response is {ended.status or 'not complete'}{reason}; see `error.partial`"


def response_of(events: Iterable[Any]) -> Any:
    """Return the response that *events*, which need not be all, make; None if there are none."""
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in events:
        state.handle_event(event)
    return state.so_far()
