"""What is decoded in two ways: models of both families, and answers that fit them or do not."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from typing import Annotated, Any, Literal

import attrs
from hypothesis import strategies as st
from typing_extensions import TypeAliasType

from sdk_core import _adoption, _converters, attrs_models
from sdk_core._decoding import decoder
from sdk_core._structs import Structs
from sdk_core.models import BaseModel, Field, Tagged
from sdk_core.operations import Ref

Json = TypeAliasType("Json", "str | list[Json]")


class Text(BaseModel):
    """A variant."""

    type: Literal["text"]
    text: str


class Image(BaseModel):
    """Another, with two tags, neither of which comes first."""

    url: str
    type: Literal["image", "picture"]
    size: int | None = None


class Node(BaseModel):
    """A model that holds others of its kind."""

    name: str
    children: list[Node] | None = None


class Thing(BaseModel):
    """All that a field can be."""

    id: str
    count: int
    ratio: float
    made_at: dt.datetime
    parts: list[Annotated[Text | Image, Tagged("type")]]
    day: dt.date | None = None
    from_: str | None = Field(alias="from", default=None)
    state: Literal["on", "off"] | str = "on"  # noqa: PYI051  # as generated ones are
    level: Literal[1, 2] | None = None
    mixed: Literal[1, "one"] | None = None
    tags: list[str] | None = None
    scores: dict[str, float] | None = None
    texts: dict[str, Text] | None = None
    either: str | int | list[int] | None = None
    moment: dt.datetime | int | None = None
    both: Text | Node | None = None
    node: Node | None = None
    nodes: list[Node | None] | None = None
    text_only: Annotated[Text, Tagged("type")] | None = None
    anything: object = None
    nested: Json | None = None
    missing: bool | None = None


@attrs.define(kw_only=True)
class TextOfAttrs(attrs_models.Model):
    """A variant."""

    kind: Literal["text"] = attrs.field(metadata={"wire": "type"})
    text: str


@attrs.define(kw_only=True)
class ImageOfAttrs(attrs_models.Model):
    """Another."""

    url: str
    kind: Literal["image"] = attrs.field(metadata={"wire": "type"})
    size: int | None = None


@attrs.define(kw_only=True)
class NodeOfAttrs(attrs_models.Model):
    """A model that holds others of its kind."""

    name: str
    children: list[NodeOfAttrs] | None = None


@attrs.define(kw_only=True)
class ThingOfAttrs(attrs_models.Model):
    """All that a field can be."""

    id: str
    count: int
    ratio: float
    made_at: dt.datetime
    parts: list[Annotated[TextOfAttrs | ImageOfAttrs, Tagged("kind")]]
    day: dt.date | None = None
    from_: str | None = attrs.field(default=None, metadata={"wire": "from"})
    state: Literal["on", "off"] | str = "on"  # noqa: PYI051  # as generated ones are
    level: Literal[1, 2] | None = None
    mixed: Literal[1, "one"] | None = None
    tags: list[str] | None = None
    scores: dict[str, float] | None = None
    texts: dict[str, TextOfAttrs] | None = None
    either: str | int | list[int] | None = None
    moment: dt.datetime | int | None = None
    both: TextOfAttrs | NodeOfAttrs | None = None
    node: NodeOfAttrs | None = None
    nodes: list[NodeOfAttrs | None] | None = None
    text_only: Annotated[TextOfAttrs, Tagged("kind")] | None = None
    anything: object = None
    nested: Json | None = None
    missing: bool | None = None


FAMILIES: dict[str, tuple[Any, Any]] = {
    "pydantic": (Thing, _adoption.structs_of),
    "attrs": (ThingOfAttrs, _converters.structs_of),
}

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
integers = st.integers(-(2**70), 2**70)
floats = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | integers | floats | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
moments = st.datetimes(timezones=st.just(dt.UTC)).map(lambda at: at.isoformat())
days = st.dates().map(str)
texts = st.fixed_dictionaries({"type": st.just("text"), "text": words})
images = st.fixed_dictionaries(
    {"url": words, "type": st.just("image")}, optional={"size": st.none() | integers}
)
nodes = st.recursive(
    st.fixed_dictionaries({"name": words}),
    lambda inner: st.fixed_dictionaries({"name": words, "children": st.lists(inner, max_size=2)}),
    max_leaves=4,
)
nested = st.recursive(words, lambda inner: st.lists(inner, max_size=2), max_leaves=4)
things = st.fixed_dictionaries(
    {
        "id": words,
        "count": integers,
        "ratio": floats | st.integers(-5, 5),
        "made_at": moments,
        "parts": st.lists(texts | images, max_size=3),
    },
    optional={
        "day": st.none() | days,
        "from": st.none() | words,
        "state": words,
        "level": st.sampled_from([None, 1, 2]),
        "mixed": st.sampled_from([None, 1, "one"]),
        "tags": st.lists(words, max_size=2),
        "scores": st.dictionaries(words, floats, max_size=2),
        "texts": st.dictionaries(words, texts, max_size=2),
        "either": st.none() | words | integers | st.lists(integers, max_size=2),
        "moment": moments | st.integers(-5, 5),
        "both": texts | nodes,
        "node": nodes,
        "nodes": st.lists(st.none() | nodes, max_size=2),
        "text_only": texts,
        "anything": json_values,
        "nested": nested,
        "missing": st.booleans(),
    },
)
WHOLE = {
    "id": "a",
    "count": 1,
    "ratio": 1,
    "made_at": "2026-11-21T12:00:00.123456789Z",
    "parts": [
        {"type": "text", "text": "t"},
        {"url": "u", "type": "image", "size": 2},
    ],
    "day": "2026-11-21",
    "from": "f",
    "state": "other",
    "level": 2,
    "mixed": "one",
    "tags": ["t"],
    "scores": {"s": 1},
    "texts": {"x": {"type": "text", "text": "t"}},
    "either": [1],
    "moment": "2026-11-21T12:00:00+01:00",
    "both": {"name": "n"},
    "node": {"name": "n", "children": [{"name": "m"}]},
    "nodes": [None, {"name": "n"}],
    "text_only": {"type": "text", "text": "t"},
    "anything": {"a": [None]},
    "nested": ["a", ["b"]],
    "missing": True,
}


def long_way(wanted: Any) -> Any:
    """Return the decoder that is used until a type is warm, and for what does not fit."""
    return decoder(Ref.to(wanted))


def learned(family: str) -> Structs:
    """Return structs that have met all there is to meet."""
    wanted, structs_of = FAMILIES[family]
    structs: Structs = structs_of(wanted)
    structs.learn(long_way(wanted)(encoded(WHOLE), True))
    return structs


@cache
def structs_for(family: str) -> Structs:
    """Return the learned structs of a family, made once."""
    return learned(family)


def encoded(value: Any) -> bytes:
    """Return *value* as JSON."""
    return json.dumps(value).encode()


def described(value: Any) -> Any:
    """Return all that there is to see of an object, as something that can be compared."""
    if isinstance(value, list):
        return [described(each) for each in value]
    if isinstance(value, dict):
        return {key: described(each) for key, each in value.items()}
    if hasattr(value, "model_fields_set"):
        names = [field.name for field in value._wire_fields()]
        fields = {name: described(getattr(value, name)) for name in names}
        return type(value), fields, value.model_fields_set, value.model_extra, value.to_dict()
    return type(value), value
