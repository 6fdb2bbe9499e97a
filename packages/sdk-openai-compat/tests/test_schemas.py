"""Strict JSON schemas, and the tools and formats that are made of them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

import sdk_openai_compat
from sdk_openai_compat import (
    ConfigurationError,
    pydantic_function_tool,
    pydantic_responses_function_tool,
)
from sdk_openai_compat.lib._parsing import type_to_response_format_param
from sdk_openai_compat.lib._pydantic import strict_schema_of, to_strict_json_schema
from sdk_openai_compat.lib._tools import PydanticFunctionTool


class Place(pydantic.BaseModel):
    """Where something is."""

    city: str
    street: str | None = None


class Person(pydantic.BaseModel):
    """Open, and with a described member."""

    model_config = pydantic.ConfigDict(extra="allow")
    name: str
    home: Place = pydantic.Field(description="Where they live")
    places: list[Place] = []


class Tree(pydantic.BaseModel):
    """A tree."""

    value: int
    first: Annotated[Tree | None, pydantic.Field(description="The left one")] = None
    more: list[Tree] = []


class Own(pydantic.BaseModel):
    """A described member of its own type."""

    self_: Annotated[Own, pydantic.Field(description="Again")]


class Cat(pydantic.BaseModel):
    """An animal."""

    kind: Literal["cat"]
    lives: int


class Dog(pydantic.BaseModel):
    """Another one, with a set."""

    kind: Literal["dog"]
    names: set[str]


class Zoo(pydantic.BaseModel):
    """Either animal."""

    animal: Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]


@dataclass
class Point:
    """A dataclass."""

    x: int
    y: int


class Pair(TypedDict):
    """A dictionary."""

    a: int
    b: str


def parts(schema: Any) -> list[dict[str, Any]]:
    """Return every schema in *schema*."""
    if isinstance(schema, list):
        return [part for item in schema for part in parts(item)]
    if not isinstance(schema, dict):
        return []
    found = [schema]
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            found += parts(inner)
    for key in ("items", "anyOf", "allOf", "oneOf"):
        found += parts(schema.get(key, []))
    return found


@pytest.mark.parametrize("wanted", [Place, Person, Tree, Own, Zoo, Point, Pair, dict[str, Any]])
def test_every_object_is_closed_and_all_its_members_are_required(wanted: Any) -> None:
    """Whatever the type leaves open or optional, everywhere in the schema; or it is refused."""
    if wanted == dict[str, Any]:
        with pytest.raises(ConfigurationError):
            to_strict_json_schema(wanted)
        return
    schema = to_strict_json_schema(wanted)
    assert schema.get("type") == "object" or "$ref" in schema
    for part in parts(schema):
        assert "oneOf" not in part
        assert part.get("default", ...) is not None
        if "$ref" in part:
            assert {"$ref"} == part.keys() - {"$defs"}
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])


def test_a_described_reference_is_replaced_by_what_it_refers_to() -> None:
    """Beside `$ref` nothing may stand, and the description is not lost."""
    home = to_strict_json_schema(Person)["properties"]["home"]
    assert home["description"] == "Where they live"
    assert list(home["properties"]) == ["city", "street"]


def test_a_described_reference_to_itself_is_replaced_once() -> None:
    """A recursive type has an end."""
    inner = to_strict_json_schema(Own)["$defs"]["Own"]["properties"]["self_"]
    assert inner["description"] == "Again"
    assert {"$ref": "#/$defs/Own"} in parts(inner)


@pytest.mark.difference(
    "Structured output",
    openai="It sends a discriminated union as `oneOf`, which strict mode refuses.",
    here="A discriminated union is sent as `anyOf`, and a set without `uniqueItems`.",
)
def test_a_union_with_a_tag_is_sent_as_any_of() -> None:
    """The tags say the same, and strict mode knows no `oneOf`."""
    schema = to_strict_json_schema(Zoo)
    animal = schema["properties"]["animal"]
    assert [member["$ref"] for member in animal["anyOf"]] == ["#/$defs/Cat", "#/$defs/Dog"]
    assert "discriminator" not in animal
    assert "uniqueItems" not in schema["$defs"]["Dog"]["properties"]["names"]


@pytest.mark.difference(
    "Structured output",
    openai="It sends what a strict schema cannot say, such as a dictionary with any keys.",
    here="Such a type is a `ConfigurationError` before anything is sent; it names the place.",
)
@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (dict[str, int], "`Model.inner[].odd` is a dictionary with any keys"),
        (dict, "`Model.inner[].odd` is a dictionary with any keys"),
        (dict[str, Place] | None, "`Model.inner[].odd` is a dictionary with any keys"),
        (Any, "`Model.inner[].odd` is any value"),
        (list, "`Model.inner[].odd[]` is any value"),
        (tuple[int, str], "`Model.inner[].odd` is a tuple whose items differ"),
    ],
)
def test_what_a_strict_schema_cannot_say_is_refused(annotation: Any, message: str) -> None:
    """The message names the path in the model, and what to do."""
    inner = pydantic.create_model("Inner", fine=(int, ...), odd=(annotation, ...))
    model = pydantic.create_model("Model", inner=(list[inner], ...))  # type: ignore[valid-type]  # made here
    for make in (to_strict_json_schema, pydantic_function_tool, type_to_response_format_param):
        with pytest.raises(ConfigurationError) as caught:
            make(model)
        assert str(caught.value).startswith(message)
        assert "a model with the members that you expect" in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"not": {"type": "string"}}, "a negation"),
        ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "several types at once"),
        ({"type": "array"}, "a list of anything"),
        ({"type": "array", "items": True}, r"`Odd.a\[\]` is any value"),
        ({"type": "object"}, "a dictionary with any keys"),
    ],
)
def test_a_schema_of_ones_own_is_looked_at_too(extra: dict[str, Any], message: str) -> None:
    """What a model says of itself by hand is sent, so it is checked."""

    class Odd(pydantic.BaseModel):
        """By hand."""

        a: Annotated[Any, pydantic.WithJsonSchema({"description": "odd", **extra})]

    with pytest.raises(ConfigurationError, match=message):
        to_strict_json_schema(Odd)


def test_an_object_without_members_can_be_said() -> None:
    """If it says that it is one."""

    class Odd(pydantic.BaseModel):
        """By hand."""

        a: Annotated[
            Any, pydantic.WithJsonSchema({"type": "object", "additionalProperties": False})
        ]

    assert to_strict_json_schema(Odd)["required"] == ["a"]
    assert to_strict_json_schema(pydantic.create_model("Empty"))["properties"] == {}


def test_an_intersection_of_one_is_that_one() -> None:
    """As older versions of pydantic write a described reference."""

    class Odd(pydantic.BaseModel):
        """By hand."""

        a: Annotated[Any, pydantic.WithJsonSchema({"allOf": [{"type": "string"}], "title": "T"})]

    assert to_strict_json_schema(Odd)["properties"]["a"] == {"type": "string", "title": "T"}


@pytest.mark.parametrize("wanted", [list[int], int, pydantic.TypeAdapter(str)])
def test_the_outermost_type_must_be_an_object(wanted: Any) -> None:
    """Servers take no other, and the message says what to do."""
    with pytest.raises(ConfigurationError, match=r"is no object.*make it a member of a model"):
        to_strict_json_schema(wanted)


@pytest.mark.parametrize("wanted", [3, [1]])
def test_what_is_no_type_is_a_type_error(wanted: Any) -> None:
    """As in openai."""
    with pytest.raises(TypeError, match="no type that pydantic can read"):
        to_strict_json_schema(wanted)


def test_a_type_without_a_schema_is_refused() -> None:
    """Pydantic's own words, and the name of the type."""
    model = pydantic.create_model("Model", call=(Callable[[], int], ...))
    with pytest.raises(ConfigurationError, match="`Model` has no JSON schema"):
        to_strict_json_schema(model)


def test_the_schema_that_a_caller_gets_is_the_callers() -> None:
    """Changing it changes nobody else's, though it is made only once."""
    before = copy.deepcopy(strict_schema_of(Person))
    to_strict_json_schema(Person)["properties"].clear()
    assert strict_schema_of(Person) is strict_schema_of(Person)
    assert strict_schema_of(Person) == before


def test_a_format_names_the_type_and_its_schema() -> None:
    """A dictionary, and nothing, are sent as they are."""
    found = type_to_response_format_param(Place)
    assert found["json_schema"]["name"] == "Place"
    assert found["json_schema"]["strict"] is True
    assert found["json_schema"]["schema"] == to_strict_json_schema(Place)
    given = {"type": "json_object"}
    assert type_to_response_format_param(given) is given
    for nothing in (sdk_openai_compat.omit, sdk_openai_compat.not_given):
        assert type_to_response_format_param(nothing) is sdk_openai_compat.omit


@pytest.mark.difference(
    "Structured output",
    openai="It sends the name of a generic model as it is, such as `Box[int]`, which is refused.",
    here="Names are made of letters, digits, `_` and `-`, of which servers take at most 64.",
)
def test_names_are_such_as_servers_take() -> None:
    """Of a generic model, a long name, and an adapter that has none."""
    box = pydantic.create_model("Box[int]", a=(int, ...))
    assert type_to_response_format_param(box)["json_schema"]["name"] == "Box_int"
    assert pydantic_function_tool(box)["function"]["name"] == "Box_int"
    long = pydantic.create_model("L" * 99, a=(int, ...))
    assert len(pydantic_function_tool(long)["function"]["name"]) == 64
    adapter: Any = pydantic.TypeAdapter(Point)
    assert type_to_response_format_param(adapter)["json_schema"]["name"] == "response"


def test_a_function_tool_describes_itself() -> None:
    """By the name and the docstring of the model, unless others are given."""
    tool: Any = pydantic_function_tool(Place)
    function = tool["function"]
    assert (tool["type"], function["name"], function["strict"]) == ("function", "Place", True)
    assert function["description"] == "Where something is."
    assert function["parameters"] == to_strict_json_schema(Place)
    named: Any = pydantic_function_tool(Place, name="find", description="Find it")
    assert named["function"]["name"] == "find"
    assert named["function"]["description"] == "Find it"
    bare = pydantic.create_model("Bare", a=(int, ...))
    assert "description" not in pydantic_function_tool(bare)["function"]


def test_a_function_tool_of_the_responses_api_is_flat() -> None:
    """The same members, beside `type`."""
    flat: Any = pydantic_responses_function_tool(Place, name="find")
    nested: Any = pydantic_function_tool(Place, name="find")
    assert flat == {"type": "function", **nested["function"]}
    assert flat.model is Place
    assert flat.cast() is flat
    later: Any = pydantic_responses_function_tool(Place, defer_loading=True)
    assert later["defer_loading"] is True


def test_a_function_tool_pickles_with_its_model() -> None:
    """So that a request can be made elsewhere."""
    tool: Any = pydantic_function_tool(Place)
    again = pickle.loads(pickle.dumps(tool))
    assert again == tool
    assert isinstance(again["function"], PydanticFunctionTool)
    assert again["function"].model is Place


def test_a_function_tool_needs_a_model() -> None:
    """A `ConfigurationError` that is a `TypeError`, too."""
    for odd in (dict, Place(city="here"), "Place"):
        with pytest.raises(TypeError, match="`model` must be a class of pydantic models"):
            pydantic_function_tool(odd)  # type: ignore[arg-type]  # the mistake


leaves: Any = st.sampled_from([int, str, bool, float, Place, Literal["a", "b"]])
annotated: Any = st.recursive(
    leaves,
    lambda inner: st.one_of(inner.map(lambda a: list[a]), inner.map(lambda a: a | None)),  # type: ignore[valid-type]  # types as values
)


@given(st.dictionaries(st.sampled_from("abcdef"), annotated, min_size=1))
def test_what_fits_the_schema_s_type_reads_back(members: dict[str, Any]) -> None:
    """Any model of such members has a strict schema with each of them."""
    fields: dict[str, Any] = {name: (annotation, ...) for name, annotation in members.items()}
    schema = to_strict_json_schema(pydantic.create_model("Made", **fields))
    assert schema["required"] == list(members)
