"""Pagination: from the page just read to the call that gets the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from . import _encoding
from ._links import StrayLinkError, next_link, own_address
from ._lookup import find, steps_of
from .errors import APIResponseValidationError, ConfigurationError
from .typing import CallOptions, NotGiven, Omit

if TYPE_CHECKING:
    from .operations import Operation, Pagination
    from .responses import APIResponse

_FIRST = {"page": 1, "offset": 0}  # unless the pagination says what the server begins with


@attrs.frozen
class Turn:
    """
    What one page is asked with.

    Attributes:
        arguments: Of the operation, by name in Python.
        options: The body, and what each call may change.
        url: Where the page is, if the page before it said so; absolute.
        number: Which page it is, from 1.
        met: The cursors or links of this reading, and the number of the page that each led to.
        before: The content of the page before.
    """

    arguments: Mapping[str, object]
    options: CallOptions
    url: str | None = None
    number: int = attrs.field(default=1, eq=False)
    met: dict[str, int] = attrs.field(factory=dict, eq=False, repr=False)
    before: bytes | None = attrs.field(default=None, eq=False, repr=False)

    def value(self, operation: Operation[Any], wanted: Mapping[str, str]) -> Any:
        """Return what was given for the input *wanted*, else None."""
        name = wanted["name"]
        if wanted.get("in") == "requestBody":
            places: tuple[Any, ...] = (
                self.options.get("extra_body"),
                _plain(self.options.get("body")),
            )
        else:
            places = (
                self.options.get("extra_query"),
                {p.wire: self.arguments.get(p.name) for p in operation.parameters},
            )
        for place in places:
            if isinstance(place, Mapping) and name in place:
                given = place[name]
                return None if isinstance(given, Omit | NotGiven) else given
        return None

    def with_value(
        self, operation: Operation[Any], wanted: Mapping[str, str], value: object
    ) -> Turn:
        """Return the turn with another *value* for the input *wanted*, where it was given before."""
        name = wanted["name"]
        options = self.options.copy()
        if wanted.get("in") == "requestBody":
            extra = options.get("extra_body")
            if isinstance(extra, Mapping) and name in extra:
                options["extra_body"] = {**extra, name: value}
            else:
                body = _plain(options.get("body"))
                options["body"] = {**(body if isinstance(body, Mapping) else {}), name: value}
            return attrs.evolve(self, options=options)
        query = options.get("extra_query") or {}
        for parameter in operation.parameters:
            if parameter.wire == name and name not in query:
                arguments = {**self.arguments, parameter.name: value}
                return attrs.evolve(self, arguments=arguments)
        options["extra_query"] = {**query, name: value}
        return attrs.evolve(self, options=options)


def _plain(body: object) -> object:
    """Return a *body* that is a model as the mapping that is sent for it."""
    if body is None or isinstance(body, Mapping | Omit | NotGiven):
        return body
    plain: object = json.loads(_encoding.encode_json(body))
    return plain


class Pager:
    """
    Reads pages and says what to ask next; pure, and good for any number of readings.

    Args:
        operation: One that pages.
        arguments: Of the first call.
        options: Of every call.
        base: The address that the pages must not leave.

    Raises:
        ConfigurationError: The operation does not page, or not in a way that is known here.
    """

    def __init__(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None,
        options: CallOptions,
        base: str,
    ) -> None:
        if operation.pagination is None:
            msg = f"{operation.id} does not page; call it once"
            raise ConfigurationError(msg)
        self.operation = operation
        self._first = Turn(arguments or {}, options)
        self._base = base
        self._paths = {
            name: steps_of(path, f"`{name}` in the pagination of {operation.id}")
            for name, path in operation.pagination.outputs.items()
        }
        self._by, self._input = self._way(operation.pagination)

    @property
    def first(self) -> Turn:
        """The turn that begins a reading."""
        met: dict[str, int] = {}
        if self._by == "cursor":
            met[repr(self._first.value(self.operation, self._input))] = 1
        return attrs.evolve(self._first, met=met)

    def _way(self, pagination: Pagination) -> tuple[str, Mapping[str, str]]:
        """Return what leads from page to page, and the input that it changes."""
        if pagination.type == "link":
            return "link", {}
        if "nextUrl" in pagination.outputs:
            return "url", {}
        inputs = {each.get("type"): each for each in pagination.inputs if "name" in each}
        for kind in ("cursor", "offset", "page"):
            if kind in inputs and (kind != "cursor" or "nextCursor" in pagination.outputs):
                return kind, inputs[kind]
        msg = (
            f"{self.operation.id} cannot be followed from page to page: its pagination names "
            "neither `nextUrl`, nor `nextCursor` with an input of type cursor, nor an input of "
            "type offset or page"
        )
        raise ConfigurationError(msg)

    def items_of(self, answer: APIResponse[Any]) -> Sequence[Any]:
        """
        Return the items on the page that *answer* holds.

        Raises:
            APIResponseValidationError: There is something else where the items should be.
        """
        found = self._results(answer.parse())
        if not isinstance(found, list | tuple):
            raise self._without_items(answer)
        return found

    def _without_items(self, answer: APIResponse[Any]) -> APIResponseValidationError:
        where = self._pagination.outputs.get("results")
        what = (
            f"has no list at `{where}`"
            if where is not None
            else "is no list, and its pagination does not say where the `results` are"
        )
        return self._broken(what, answer)

    @property
    def _pagination(self) -> Pagination:
        assert self.operation.pagination is not None
        return self.operation.pagination

    def _results(self, page: Any) -> Any:
        """Return the items; an empty tuple where there are none, None where they are not named."""
        steps = self._paths.get("results")
        if steps is None:
            return page if isinstance(page, list | tuple) else None
        found = find(page, steps)
        if None in steps:  # a wildcard: what is found are the items themselves
            return found
        return () if not found or found[0] is None else found[0]

    def after(self, turn: Turn, answer: APIResponse[Any]) -> Turn | None:
        """
        Return what to ask after the page that *answer* to *turn* holds, None if it is the last one.

        Raises:
            APIResponseValidationError: The page leads in a circle or to another server.
        """
        page = answer.parse()
        if self._output("hasMore", page) is False:
            return None
        counted = self._by in {"offset", "page"}
        found = self._counted(turn, page, answer) if counted else self._linked(turn, page, answer)
        if found is None:
            return None
        before = answer.content if counted else None
        return attrs.evolve(found, number=turn.number + 1, before=before)

    def _linked(self, turn: Turn, page: Any, answer: APIResponse[Any]) -> Turn | None:
        """Return the turn that the page itself names."""
        value: Any
        if self._by == "link":
            value = next_link(answer.headers)
        else:
            value = self._output("nextUrl" if self._by == "url" else "nextCursor", page)
        if value is None or value is False or value == "":
            return None
        if self._by != "cursor":
            try:
                value = own_address(value, answer.url, self._base)
            except StrayLinkError as stray:
                raise self._broken(str(stray), answer) from None
        # Asked twice for what follows one page, this answers twice; a page behind it may not.
        if turn.met.setdefault(repr(value), turn.number + 1) <= turn.number:
            what = "leads back to one that was read before, so that reading would never end"
            raise self._broken(what, answer)
        if self._by != "cursor":
            return attrs.evolve(turn, url=value)
        return turn.with_value(self.operation, self._input, value)

    def _counted(self, turn: Turn, page: Any, answer: APIResponse[Any]) -> Turn | None:
        """Return the turn that the number of pages or items read so far leads to."""
        found = self._results(page)
        count = len(found) if isinstance(found, list | tuple) else None
        if count == 0:
            return None
        name = self._input["name"]
        if answer.content == turn.before:
            what = f"comes again and again, whatever `{name}` is asked for"
            raise self._broken(what, answer)
        first = _whole(self._input.get("default"))
        if first is None:
            first = _FIRST[self._by]
        current = self._given(turn, self._input)
        if current is None:
            current = first
        pages = _whole(self._output("numPages", page)) if self._by == "page" else None
        if pages is not None and current - first + 1 >= pages:
            return None
        step = 1 if self._by == "page" else count or self._limit(turn)
        ends = (count, pages, self._output("hasMore", page))
        if step is None or all(end is None for end in ends):  # it would never be seen
            raise self._without_items(answer)
        return turn.with_value(self.operation, self._input, current + step)

    def _limit(self, turn: Turn) -> int | None:
        for each in self._pagination.inputs:
            if each.get("type") == "limit" and "name" in each:
                given = self._given(turn, each)
                return _whole(each.get("default")) if given is None else given
        return None

    def _given(self, turn: Turn, wanted: Mapping[str, str]) -> int | None:
        value = turn.value(self.operation, wanted)
        number = _whole(value)
        if number is None and value is not None:
            msg = f"`{wanted['name']}` must be an integer, not {value!r}"
            raise ConfigurationError(msg)
        return number

    def _output(self, name: str, page: Any) -> Any:
        steps = self._paths.get(name)
        found = find(page, steps) if steps is not None else ()
        return found[0] if found else None

    def _broken(self, what: str, answer: APIResponse[Any]) -> APIResponseValidationError:
        response = answer._response  # noqa: SLF001  # one family
        msg = f"the page of {self.operation.id} {what}"
        return APIResponseValidationError(response, response.text, message=msg)


def _whole(value: object) -> int | None:
    """Return *value* as an integer, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None
