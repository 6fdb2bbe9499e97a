"""Examples of a document that do not fit the schemas they stand beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._analysis import Analysis
from ._fitting import Side, fits
from ._ir import API
from ._schemas import Schema

__all__ = ["unfit_examples"]

SIDES: tuple[Side, ...] = ("request", "answer")


def unfit_examples(analysis: Analysis) -> tuple[str, ...]:
    """
    Return the pointers of schemas that an example does not fit, sorted, each once.

    Such examples are part of no snippet and no test; the document's author may want to know.
    """
    return tuple(sorted(set(map(analysis.loaded.place, _unfit(analysis.api)))))


def _unfit(api: API) -> Iterator[str]:
    schemas: dict[str, Schema] = {name: item.schema for name, item in api.components.items()}

    def check(place: Any, side: Side) -> Iterator[str]:
        for example in place.examples:
            if place.schema is not None and not fits(example, place.schema, schemas, side):
                yield place.pointer

    for operation in api.operations:
        for sent in (*operation.parameters, *operation.bodies):
            yield from check(sent, "request")
        for response in (*operation.responses, *operation.errors):
            for content in response.contents:
                yield from check(content, "answer")
    for component in api.components.values():
        shown = [component.schema["example"]] if "example" in component.schema else []
        listed = component.schema.get("examples")
        shown += listed if isinstance(listed, list) else []
        for example in shown:
            # The schema does not say on which side its example is.
            if not any(fits(example, component.schema, schemas, side) for side in SIDES):
                yield component.origin
