"""Compare the models and the types of requests of two packages."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .. import _ir as ir
from ._changes import Change, Impact, code
from ._matching import Matched
from ._rules import Direction
from ._surface import Surface, origin, words

__all__ = ["compare_models"]

BREAKING, ADDITIVE, COSMETIC = Impact.BREAKING, Impact.ADDITIVE, Impact.COSMETIC


def compare_models(matched: Matched) -> Iterator[Change]:
    """Yield what changed in `models` and `params`."""
    old, new = matched.old, matched.new
    for module in ("models", "params"):
        was, becomes = old.exported(module), new.exported(module)
        kept = set()
        for component, python in was.items():
            other = matched.names.get(component, "")
            if other in becomes:
                kept.add(other)
                yield from _Pair(matched, module, component, other).changes()
            else:
                yield _whole(old, component, python, "removed")
        for component, python in becomes.items():
            if component not in kept:
                yield _whole(new, component, python, "added")


def _whole(surface: Surface, component: str, python: str, verb: str) -> Change:
    pointer = surface.api.components[component].origin
    if verb == "removed":
        text = f"{code(python)} is gone."
        return Change.of("model-removed", BREAKING, python, text, pointer, None)
    return Change.of("model-added", ADDITIVE, python, f"{code(python)} is new.", None, pointer)


@attrs.frozen
class _Pair:
    """A model as it was and as it is."""

    matched: Matched
    module: str
    was: str
    becomes: str

    @property
    def name(self) -> str:
        return self.matched.new.exported(self.module)[self.becomes]

    def changes(self) -> Iterator[Change]:
        before, after = self.components
        known = self.matched.old.exported(self.module)[self.was]
        if known != self.name:
            yield self.change("model-renamed", BREAKING, f"was {code(known)}.")
        if isinstance(before, ir.Object) and isinstance(after, ir.Object):
            yield from self.fields(before, after)
        elif isinstance(before, ir.Alias) and isinstance(after, ir.Alias):
            was = self.matched.old.types.alias(self.was)
            becomes = self.matched.new.types.alias(self.becomes)
            for direction in self.directions:
                for verdict in self.matched.compare(was, becomes, direction):
                    kind = f"model-{verdict.kind}"
                    yield self.change(kind, verdict.impact, f"{verdict.text}.")
        else:
            yield self.change("model-type-changed", BREAKING, "is no longer what it was.")
        if words(before.schema) != words(after.schema):
            yield self.change("documentation-changed", COSMETIC, "is described in other words.")

    @property
    def components(self) -> tuple[ir.Component, ir.Component]:
        return self.matched.old.api.components[self.was], self.matched.new.api.components[
            self.becomes
        ]

    @property
    def directions(self) -> list[Direction]:
        if self.module == "params":
            return [Direction.SENT]
        # Names of values and of unions are among the models, whichever way they go.
        sent = [Direction.SENT] if self.was in self.matched.old.sent else []
        return [*sent, Direction.READ] if self.was in self.matched.old.read or not sent else sent

    def change(self, kind: str, impact: Impact, text: str) -> Change:
        before, after = self.components
        return Change.of(
            kind, impact, self.name, f"{code(self.name)} {text}", before.origin, after.origin
        )

    def fields(self, before: ir.Object, after: ir.Object) -> Iterator[Change]:
        sent = self.module == "params"
        old, new = (
            {
                prop.wire: prop
                for prop in component.properties
                if not (sent and prop.schema.get("readOnly") is True)
            }
            for component in (before, after)
        )
        for wire, prop in old.items():
            if wire in new:
                yield from self.common(prop, new[wire], sent=sent)
            else:
                yield self.field(prop, None, "field-removed", BREAKING, "is gone.")
        for wire, prop in new.items():
            if wire not in old:
                impact = BREAKING if sent and prop.required else ADDITIVE
                text = "is new and has to be given." if impact is BREAKING else "is new."
                yield self.field(None, prop, "field-added", impact, text)
        if [wire for wire in old if wire in new] != [wire for wire in new if wire in old]:
            yield self.change("order-changed", COSMETIC, "has its members in another order.")

    def field(
        self,
        was: ir.Property | None,
        becomes: ir.Property | None,
        kind: str,
        impact: Impact,
        text: str,
    ) -> Change:
        prop = becomes or was
        assert prop is not None
        name = f"{self.name}.{self.matched.new.field(self.module, prop.wire)}"
        before, after = self.components
        return Change.of(
            kind,
            impact,
            name,
            f"{code(name)} {text}",
            origin(before, was) if was else None,
            origin(after, becomes) if becomes else None,
        )

    def common(self, was: ir.Property, becomes: ir.Property, *, sent: bool) -> Iterator[Change]:
        """Yield what changed in a field that both have."""
        if becomes.required and not was.required:
            impact = BREAKING if sent else ADDITIVE
            text = "has to be given." if sent else "is always there."
            yield self.field(was, becomes, "field-now-required", impact, text)
        elif was.required and not becomes.required:
            impact = ADDITIVE if sent else BREAKING
            text = "may be left out." if sent else "may be missing."
            yield self.field(was, becomes, "field-now-optional", impact, text)
        direction = Direction.SENT if sent else Direction.READ
        old = self.matched.old.types.of(was.pointer)
        new = self.matched.new.types.of(becomes.pointer)
        for verdict in self.matched.compare(old, new, direction):
            kind = f"field-{verdict.kind}"
            yield self.field(was, becomes, kind, verdict.impact, f"{verdict.text}.")
        before, after = (prop.schema.get("deprecated") is True for prop in (was, becomes))
        if before != after:
            kind = "field-deprecated" if after else "field-undeprecated"
            text = f"is {'' if after else 'no longer '}deprecated."
            yield self.field(was, becomes, kind, ADDITIVE, text)
        elif words(was.schema) != words(becomes.schema):
            text = "is described in other words."
            yield self.field(was, becomes, "documentation-changed", COSMETIC, text)
