"""Turning pages: from a page that openai's users hold to the call that gets the next one."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, get_args

import attrs

from sdk_core.operations import Operation, Pagination
from sdk_core.pagination import Pager
from sdk_core.responses import APIResponse
from sdk_core.wire import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdk_core.clients import Mode
    from sdk_core.messages import Response
    from sdk_core.pagination import Turn
    from sdk_core.typing import CallOptions

_CURSORS = {"CursorPage": "$.data[-1].id", "ConversationCursorPage": "$.last_id"}
"""Where each kind of page says what the next one is asked for by; none for those that come whole."""


def listed(
    client: Any,
    kind: str,
    operation: Operation[Any],
    arguments: Mapping[str, object] | None,
    options: CallOptions,
    mode: Mode | None,
) -> Any:
    """Ask for a page of *kind*: what the client's ``call`` returns, with the page as its result."""
    if kind not in _CURSORS:
        return client.call(
            operation, arguments, mode=mode, then=partial(_page_of, client, kind), **options
        )
    # Such pages never lead to an address, so there is none that they must not leave.
    pager = Pager(_by_cursor(operation, kind), arguments, options, "")
    return _Place(client, kind, pager, pager.first).ask(mode)


@cache
def _by_cursor(operation: Operation[Any], kind: str) -> Operation[Any]:
    """Return *operation* with the pages of *kind*: asked for until the caller has enough."""
    found = operation.pagination
    pagination = Pagination(
        type="cursor",
        inputs=({"name": "after", "in": "parameters", "type": "cursor"},)
        if found is None
        else found.inputs,
        outputs={"results": "$.data", "nextCursor": _CURSORS[kind]},
    )
    return attrs.evolve(operation, pagination=pagination)


@attrs.frozen(eq=False)
class _Place:
    """Where a page stands in a reading, and how the one behind it is asked for."""

    client: Any
    kind: str
    pager: Pager
    turn: Turn
    response: Any = attrs.field(default=None, repr=False)

    def ask(self, mode: Mode | None = None) -> Any:
        """Ask for the page here."""
        return self.client.call(
            self.pager.operation,
            self.turn.arguments,
            mode=mode,
            then=self._read,
            **self.turn.options,
        )

    def _read(self, value: Any, response: Response) -> Any:
        found = _page_of(self.client, self.kind, value, response)
        if found is not None:
            found._place = attrs.evolve(self, response=response)  # noqa: SLF001  # one family
        return found

    def next(self, page: Any) -> _Place:
        """
        Return the place behind *page*, the one that was read here; it names the one behind it.

        Raises:
            APIResponseValidationError: The page leads back to one that was read before.
        """
        answer: APIResponse[Any] = APIResponse(self.response, lambda _: page)
        turn = self.pager.after(self.turn, answer)
        assert turn is not None  # only an answer without a cursor would be the last one
        return attrs.evolve(self, turn=turn, response=None)


def _page_of(client: Any, kind: str, value: Any, response: Response) -> Any:
    """Return *value*, one of the generated lists, as a page."""
    if value is None:
        return None  # an answer without a body
    # With the first answer: it needs pydantic.
    from . import pagination  # noqa: PLC0415  # as said above

    if not isinstance(value.data, list | None):
        raise invalid(response, type(value).__name__, "`data` is no list")
    colour = "Sync" if client._blocking else "Async"  # noqa: SLF001  # one family
    return pagination.of_list(getattr(pagination, colour + kind), value)


@cache
def item_of(list_type: Any) -> Any:
    """Return the type of what is in the lists of a generated model."""
    list_type.model_rebuild()
    (item,) = get_args(list_type.model_fields["data"].annotation)
    return item
