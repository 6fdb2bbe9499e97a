"""Compare the methods of two packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from .. import _ir as ir
from .._types import Described
from ._changes import Change, Impact, code
from ._matching import Matched, match_methods
from ._rules import Direction
from ._surface import Argument, Method

__all__ = ["compare_methods"]

BREAKING, ADDITIVE, COSMETIC = Impact.BREAKING, Impact.ADDITIVE, Impact.COSMETIC


def compare_methods(matched: Matched) -> Iterator[Change]:
    """Yield what changed in the tree of methods."""
    order = {method.operation.pointer: number for number, method in enumerate(matched.new.methods)}
    last = -1
    reordered = False
    for was, becomes in match_methods(matched.old, matched.new):
        if was is None:
            assert becomes is not None
            pointer = becomes.operation.pointer
            text = f"{code(becomes.title)} is new."
            yield Change.of("operation-added", ADDITIVE, becomes.title, text, None, pointer)
        elif becomes is None:
            pointer = was.operation.pointer
            text = f"{code(was.title)} is gone."
            yield Change.of("operation-removed", BREAKING, was.title, text, pointer, None)
        else:
            yield from _Pair(matched, was, becomes).changes()
            place = order[becomes.operation.pointer]
            reordered, last = reordered or place < last, place
    if reordered:
        text = "The operations are in another order."
        yield Change.of("order-changed", COSMETIC, "client", text, "/paths", "/paths")


@attrs.frozen
class _Pair:
    """A method as it was and as it is."""

    matched: Matched
    was: Method
    becomes: Method

    def changes(self) -> Iterator[Change]:
        yield from self.place()
        yield from self.arguments()
        yield from self.results()
        yield from self.errors()
        yield from self.security()
        yield from self.paging()
        yield from self.deprecation()
        if _words(self.was.operation) != _words(self.becomes.operation):
            yield self.change("documentation-changed", COSMETIC, "is described in other words.")

    def change(self, kind: str, impact: Impact, text: str, name: str | None = None) -> Change:
        """Return a change of the whole method, or of a part of it that is called *name*."""
        name = name or self.becomes.title
        pointers = self.was.operation.pointer, self.becomes.operation.pointer
        return Change.of(kind, impact, name, f"{code(name)} {text}", *pointers)

    def types(
        self,
        old: Described,
        new: Described,
        direction: Direction,
        *,
        prefix: str,
        name: str,
        pointers: tuple[str, str],
    ) -> Iterator[Change]:
        """Yield what changed in the type of a part."""
        for verdict in self.matched.compare(old, new, direction):
            text = f"{code(name)} {verdict.text}."
            yield Change.of(f"{prefix}-{verdict.kind}", verdict.impact, name, text, *pointers)

    def place(self) -> Iterator[Change]:
        was, becomes = self.was.operation, self.becomes.operation
        if self.was.name != self.becomes.name:
            moved = was.group != becomes.group
            text = f"was {code(self.was.title)}."
            yield self.change(f"operation-{'moved' if moved else 'renamed'}", BREAKING, text)
        if (was.method, was.path) != (becomes.method, becomes.path):
            before, after = (f"{item.method} {item.path}" for item in (was, becomes))
            text = f"asks {code(after)} instead of {code(before)}."
            yield self.change("request-changed", COSMETIC, text)

    def arguments(self) -> Iterator[Change]:
        old, new = dict(self.was.arguments), dict(self.becomes.arguments)
        renamed = _renamed(old, new)
        for name, argument in old.items():
            other = new.get(renamed.get(name, name))
            if other is None:
                yield self.argument(argument, None, "argument-removed", BREAKING, "is gone.")
                continue
            if other.name != name:
                text = f"was {code(name)}."
                yield self.argument(argument, other, "argument-renamed", BREAKING, text)
            yield from self.common(argument, other)
        fresh = new.keys() - {renamed.get(name, name) for name in old}
        for name, argument in new.items():
            if name in fresh:
                impact = BREAKING if argument.required else ADDITIVE
                text = "is new and has to be given." if argument.required else "is new."
                yield self.argument(None, argument, "argument-added", impact, text)
        before = [renamed.get(name, name) for name, item in old.items() if item.positional]
        after = [name for name, item in new.items() if item.positional]
        kept = [name for name in before if name in new and new[name].positional]
        known = set(kept)  # what is positional only now could be given by name only: it may be
        if kept != [name for name in after if name in known]:
            places = code(", ".join(after)), code(", ".join(before))
            text = f"takes {places[0]} by position; it was {places[1]}."
            yield self.change("arguments-reordered", BREAKING, text)

    def argument(
        self, was: Argument | None, becomes: Argument | None, kind: str, impact: Impact, text: str
    ) -> Change:
        known = becomes or was
        assert known is not None
        method = self.becomes if becomes else self.was
        name = f"{method.name}({known.name})"
        pointers = was.pointer if was else None, becomes.pointer if becomes else None
        return Change.of(kind, impact, name, f"{code(name)} {text}", *pointers)

    def common(self, was: Argument, becomes: Argument) -> Iterator[Change]:
        """Yield what changed in an argument that both have."""
        if becomes.required and not was.required:
            text = "has to be given."
            yield self.argument(was, becomes, "argument-now-required", BREAKING, text)
        elif was.required and not becomes.required:
            text = "may be left out."
            yield self.argument(was, becomes, "argument-now-optional", ADDITIVE, text)
        if was.positional and not becomes.positional:
            text = "is given by name, no longer by position."
            yield self.argument(was, becomes, "argument-now-keyword", BREAKING, text)
        yield from self.types(
            was.described,
            becomes.described,
            Direction.SENT,
            prefix="argument",
            name=f"{self.becomes.name}({becomes.name})",
            pointers=(was.pointer, becomes.pointer),
        )
        if was.wire != becomes.wire:
            text = f"is sent as {code(becomes.wire)} instead of {code(was.wire)}."
            yield self.argument(was, becomes, "request-changed", COSMETIC, text)
        if was.deprecated != becomes.deprecated:
            kind = "argument-deprecated" if becomes.deprecated else "argument-undeprecated"
            text = f"is {'' if becomes.deprecated else 'no longer '}deprecated."
            yield self.argument(was, becomes, kind, ADDITIVE, text)
        elif was.words != becomes.words:
            text = "is described in other words."
            yield self.argument(was, becomes, "documentation-changed", COSMETIC, text)

    def results(self) -> Iterator[Change]:
        pointers = self.was.operation.pointer, self.becomes.operation.pointer
        for old, new, prefix, word in (
            (self.was.whole, self.becomes.whole, "result", "a result"),
            (self.was.items, self.becomes.items, "stream", "a stream"),
        ):
            if old is not None and new is not None:
                stream = " -> stream" if prefix == "stream" else ""
                name = f"{self.becomes.title}{stream}"
                yield from self.types(
                    old, new, Direction.READ, prefix=prefix, name=name, pointers=pointers
                )
            elif old is not None:
                yield self.change(f"{prefix}-removed", BREAKING, f"no longer gives {word}.")
            elif new is not None:
                # A method that only streamed returns something else unless it is asked to stream.
                impact = BREAKING if prefix == "result" else ADDITIVE
                yield self.change(f"{prefix}-added", impact, f"gives {word}, too.")

    def errors(self) -> Iterator[Change]:
        old, new = (
            {
                response.status: content.pointer
                for response in method.operation.errors
                for content in reversed(response.contents)
                if content.kind == "json" and content.schema is not None
            }
            for method in (self.was, self.becomes)
        )
        for status, pointer in old.items():
            if status in new:
                yield from self.types(
                    self.matched.old.types.of(pointer),
                    self.matched.new.types.of(new[status]),
                    Direction.READ,
                    prefix="error",
                    name=f"{self.becomes.title} -> {status}",
                    pointers=(pointer, new[status]),
                )
            else:
                text = f"no longer documents the body of its error {status}."
                yield self.change("error-removed", BREAKING, text)
        for status in new:
            if status not in old:
                text = f"documents the body of its error {status}."
                yield self.change("error-added", ADDITIVE, text)

    def security(self) -> Iterator[Change]:
        old = [frozenset(names) for names in self.was.operation.security or ((),)]
        new = [frozenset(names) for names in self.becomes.operation.security or ((),)]
        # Whoever had what one alternative asks for must have what one of the new ones asks for.
        missing = [names for names in old if not any(other <= names for other in new)]
        for names in dict.fromkeys(missing):
            held = " and ".join(map(code, sorted(names))) or "no credential"
            wanted = " or ".join(
                " and ".join(map(code, sorted(other))) for other in dict.fromkeys(new)
            )
            text = f"asks for {wanted}; {held} was enough."
            yield self.change("security-added", BREAKING, text)
        if not missing and set(old) != set(new):
            yield self.change("security-changed", ADDITIVE, "accepts other credentials, too.")

    def paging(self) -> Iterator[Change]:
        was, becomes = self.was.operation.pagination, self.becomes.operation.pagination
        if was is not None and becomes is None:
            yield self.change("pagination-removed", BREAKING, "no longer pages.")
        elif was is None and becomes is not None:
            yield self.change("pagination-added", ADDITIVE, "pages.")
        elif was != becomes:
            yield self.change("pagination-changed", COSMETIC, "pages in another way.")

    def deprecation(self) -> Iterator[Change]:
        was, becomes = self.was.operation.deprecated, self.becomes.operation.deprecated
        if becomes and not was:
            yield self.change("operation-deprecated", ADDITIVE, "is deprecated.")
        elif was and not becomes:
            yield self.change("operation-undeprecated", ADDITIVE, "is no longer deprecated.")


def _renamed(old: Mapping[str, Argument], new: Mapping[str, Argument]) -> dict[str, str]:
    """Return the new names of arguments: the same on the wire, or in the same place by position."""
    gone = [item for name, item in old.items() if name not in new]
    fresh = [item for name, item in new.items() if name not in old]
    wires = {item.wire: item.name for item in fresh if item.wire}
    found = {item.name: wires[item.wire] for item in gone if item.wire in wires}
    free = {item.name for item in fresh if item.positional} - set(found.values())
    places = {name: other for name, other in zip(old, new, strict=False) if other in free}
    moved = {item.name: places[item.name] for item in gone if item.name in places}
    return moved | found


def _words(operation: ir.Operation) -> tuple[object, ...]:
    return (
        operation.summary,
        operation.description,
        tuple((item.status, item.description) for item in operation.responses),
        tuple((item.status, item.description) for item in operation.errors),
    )
