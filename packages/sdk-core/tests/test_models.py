"""Models, and what is made of data that does not fit them."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import subprocess
import sys
from typing import Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import TypeAliasType

from sdk_core import models
from sdk_core._construct import construct
from sdk_core._decoding import decoder
from sdk_core.models import BaseModel, Field, Tagged, UnknownVariant
from sdk_core.operations import Ref


class Text(BaseModel):
    """A part of a message."""

    type: Literal["text"]
    text: str


class Image(BaseModel):
    """Another part."""

    type: Literal["image"]
    url: str
    size: int = 0


Part = Annotated[Text | Image, Tagged("type")]


class Usage(BaseModel):
    """Numbers."""

    tokens: int
    cost: float | None = None


Usages = TypeAliasType("Usages", list[Usage])


class Answer(BaseModel):
    """Everything that a model of the wire may have."""

    id: str
    created: dt.datetime
    parts: list[Part]
    usage: Usage | None = None
    reason: Literal["stop"] | str | None = None  # noqa: PYI051  # as open enums are generated
    by_name: dict[str, Usage] | None = None
    many: list[Usage] | None = None
    either: Usage | Text | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    limited: Annotated[str, Field(pattern="^a+$", max_length=3)] | None = None


GOOD: dict[str, Any] = {
    "id": "a1",
    "created": "2026-11-21T12:00:00Z",
    "parts": [{"type": "text", "text": "hi"}, {"type": "image", "url": "u", "alt": "x"}],
    "usage": {"tokens": 3, "cost": 1, "cached": 2},
    "reason": "tired",
    "by_name": {"a": {"tokens": 1}},
    "schema": {"type": "object"},
    "extra": [1, {"b": 2}],
}


def read(data: object, wanted: Any = Answer, *, strict: bool = False) -> Any:
    """Decode as an answer's body is decoded."""
    return decoder(Ref.to(wanted))(json.dumps(data).encode(), strict)


def test_what_fits_is_typed_and_nothing_is_lost() -> None:
    """Fields are converted, unknown ones and unknown values of open enums are kept."""
    answer = read(GOOD)
    assert isinstance(answer, Answer)
    assert answer.created == dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    assert [Text, Image] == [type(part) for part in answer.parts]
    assert answer.usage == Usage.model_validate({"tokens": 3, "cost": 1.0, "cached": 2})
    assert (answer.reason, answer.schema_) == ("tired", {"type": "object"})
    assert answer.model_extra == {"extra": [1, {"b": 2}]}
    assert GOOD == {**answer.to_dict(mode="json"), "usage": GOOD["usage"]}


def test_a_dictionary_is_as_the_api_sent_it() -> None:
    """Names of the wire, without what nobody sent; other forms can be asked for."""
    image = read({"type": "image", "url": "u"}, Image)
    assert image.to_dict() == {"type": "image", "url": "u"}
    assert image.to_dict(exclude_unset=False) == {"type": "image", "url": "u", "size": 0}
    assert json.loads(image.to_json()) == {"type": "image", "url": "u"}
    answer = read(GOOD)
    assert "schema_" in answer.to_dict(use_api_names=False)
    assert '"schema":{' in answer.to_json(indent=None)
    assert answer.to_dict()["created"] is answer.created


def test_models_take_names_of_both_kinds() -> None:
    """In Python a field may be given by its attribute's name."""
    data: dict[str, Any] = {"id": "a", "created": "2026-11-21", "parts": [], "schema_": {"a": 1}}
    assert Answer(**data).to_dict()["schema"] == {"a": 1}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "part",
    [
        {"type": "video", "frames": [{"at": 1}], "meta": {"fps": 25}},
        {"type": "text", "text": {"no": "string"}},
        {"text": "no type"},
        {"type": None},
        {},
    ],
)
def test_an_unknown_variant_is_kept(part: dict[str, Any], strict: bool) -> None:
    """A tag that no model has, and an object that does not fit its model, lose nothing."""
    answer = read({**GOOD, "parts": [part, {"type": "text", "text": "hi"}]}, strict=strict)
    unknown, known = answer.parts
    assert isinstance(unknown, UnknownVariant)
    assert part == unknown.to_dict()
    assert isinstance(known, Text)


def test_an_unknown_variant_gives_attributes_all_the_way_down() -> None:
    """Code written for a known variant goes on working as far as the data goes."""
    video = UnknownVariant.model_validate({"frames": [{"at": 1}, 2], "meta": {"fps": {"n": 25}}})
    assert video.meta.fps.n == 25
    assert [1, 2] == [video.frames[0].at, video.frames[1]]
    with pytest.raises(AttributeError):
        _ = video.nothing


def test_tags_say_what_they_are() -> None:
    """Error messages and debuggers show the tag."""
    assert repr(Tagged("type")) == "Tagged('type')"


MISFITS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "a wrong type is kept": ({"id": 7}, "id", 7),
    "null is kept": ({"id": None}, "id", None),
    "a wrong date is kept": ({"created": "soon"}, "created", "soon"),
    "a list that is none": ({"parts": "none"}, "parts", "none"),
    "null for a list is an empty one": ({"parts": None}, "parts", []),
    "a model that is none": ({"usage": "much"}, "usage", "much"),
    "a list for a model": ({"usage": [1]}, "usage", [1]),
    "a value against its pattern": ({"limited": "bbbb"}, "limited", "bbbb"),
    "a number for an enum": ({"reason": 3}, "reason", 3),
}


@pytest.mark.parametrize(("changes", "name", "expected"), MISFITS.values(), ids=MISFITS.keys())
def test_what_does_not_fit_is_kept_as_it_came(
    changes: dict[str, Any], name: str, expected: Any
) -> None:
    """One wrong value costs neither the answer nor its other values."""
    answer = read({**GOOD, **changes})
    assert isinstance(answer, Answer)
    assert expected == getattr(answer, name)
    assert isinstance(read({**GOOD, **changes, "usage": {"tokens": 1}}).usage, Usage)
    assert answer.model_extra == {"extra": [1, {"b": 2}]}
    assert answer.reason == changes.get("reason", "tired")


def test_a_missing_field_is_none() -> None:
    """What is required and did not come reads as None, a list as empty, a default as itself."""
    answer = read({"parts": []})
    assert (answer.id, answer.created, answer.usage) == (None, None, None)
    assert answer.to_dict() == {"parts": []}
    assert read({}).parts == []
    assert read({"url": 7, "type": "image"}, Image).size == 0


def test_what_fits_inside_what_does_not_is_still_typed() -> None:
    """Lists, mappings, unions and nested models keep the good parts typed."""
    usage = {"tokens": "many", "cost": 1}
    answer = read(
        {
            **GOOD,
            "usage": usage,
            "many": [{"tokens": 1}, usage, 7],
            "by_name": {"a": {"tokens": 2}, "b": usage},
            "either": {"tokens": "many", "text": "t"},
        }
    )
    assert (type(answer.usage), answer.usage.tokens, answer.usage.cost) == (Usage, "many", 1.0)
    assert [Usage, Usage, int] == [type(each) for each in answer.many]
    assert answer.many[1].tokens == "many"
    assert [Usage, Usage] == [type(each) for each in answer.by_name.values()]
    assert answer.by_name["b"].tokens == "many"
    assert isinstance(answer.either, Usage)
    assert isinstance(answer.created, dt.datetime)


def test_an_object_can_be_made_unvalidated() -> None:
    """`model_construct` makes the objects within, too, and refuses nothing."""
    made: Any = Answer.model_construct(id="a", usage={"total": "many"}, odd=1)
    assert isinstance(made.usage, Usage)
    assert (made, 1) == (
        construct(Answer, {"id": "a", "usage": {"total": "many"}, "odd": 1}),
        made.odd,
    )
    assert {"id"} == Answer.model_construct({"id"}, id="a").model_fields_set
    assert made == models.construct(Answer, {"id": "a", "usage": {"total": "many"}, "odd": 1})


def test_data_may_have_any_names() -> None:
    """No name that a server chooses collides with Python."""
    odd = {"_fields_set": 1, "cls": 2, "self": 3, "model_config": 4, "__dict__": 5, "": 6}
    answer = read({**odd, "id": 7})
    assert odd == {name: answer.model_extra[name] for name in odd}
    assert read({"name": "x", "cls": 1}, Named).cls == 1
    assert read({"cls": 1}, Named).cls == 1
    assert read({"name": "long", "cls": "1"}, Named).to_dict() == {"name": "long", "cls": 1}


class Named(BaseModel):
    """A field that is named like an argument, and one with a limit."""

    name: Annotated[str, Field(max_length=3)]
    cls: int


class Derived(Named):
    """What a user derives from a generated model."""

    more: list[Usage] | None = None


class Mixin:
    """No model."""

    def double(self) -> Any:
        """Use the fields of what it is mixed into."""
        return self.tokens * 2  # type: ignore[attr-defined]


class Mixed(Mixin, Usage):
    """A model with behaviour."""


def test_models_can_be_derived() -> None:
    """A base is built in its own module, and printing says what an object is."""
    derived = read({"name": "a", "cls": 1, "more": [{"tokens": 1}]}, Derived)
    assert (type(derived), type(derived.more[0])) == (Derived, Usage)
    assert read({"tokens": 1}, Mixed).double() == 2
    assert str(read({"tokens": 1}, Usage)) == "Usage(tokens=1, cost=None)"


def test_deriving_a_model_builds_nothing() -> None:
    """Neither the base nor the class, whose base may name what only its own module knows."""
    program = """
import sys
from sdk_inference_api.models import Response
before = len(sys.modules)
class Derived(Response):
    more: int = 1
class Again(Derived):
    more: str = "a"
assert not Response.__pydantic_complete__
assert len(sys.modules) < before + 5
made = Again(id="r", object="response", created_at=1, model="m", output=[], parallel_tool_calls=True, tools=[])
assert made.model_dump(exclude_unset=True)["created_at"] == 1.0
assert made.more == "a"
"""
    subprocess.run([sys.executable, "-c", program], check=True)


class Closed(BaseModel):
    """A model that a user closed."""

    model_config = pydantic.ConfigDict(extra="ignore")
    a: int


def test_a_closed_model_drops_what_it_does_not_know() -> None:
    """The model's own configuration is respected also where the data does not fit."""
    closed = read({"a": "x", "b": 1}, Closed)
    assert (closed.a, closed.model_extra) == ("x", None)


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (list[Usage], 7),
        (dict[str, Usage], [1]),
        (int, "x"),
        (Annotated[int, Field(gt=3)], 1),
        (Annotated[int, Field(gt=3)] | None, 1),
        (list[Annotated[int, Field(gt=3)]], {}),
        (Part, "x"),
        (Part, [1]),
        (Literal["a"], "b"),
        (int | None, {"a": 1}),
    ],
)
def test_whatever_is_wanted_a_misfit_is_returned(wanted: Any, value: Any) -> None:
    """Not only models: any type gives back what it cannot take."""
    assert value == construct(wanted, value)


def test_lists_in_unions_keep_what_fits() -> None:
    """An optional list of models is a list of models, also with one bad item."""
    first, second = construct(list[Usage] | None, [{"tokens": 1}, {"tokens": []}])
    assert isinstance(first, Usage)
    assert (type(second), second.tokens) == (Usage, [])
    mapping = construct(dict[str, Usage] | str, {"a": {"tokens": []}})
    assert isinstance(mapping["a"], Usage)
    nested = construct(list[list[Usage] | str] | None, [[{"tokens": []}], "x", 7])
    assert isinstance(nested[0][0], Usage)


@pytest.mark.parametrize("wanted", [Usages, Usages | None, dict[str, Usages]])
def test_a_name_of_a_type_keeps_what_fits(wanted: Any) -> None:
    """A named list of models is a list of models, wherever it stands."""
    value = [{"tokens": 1}, {"tokens": []}]
    found = construct(wanted, {"a": value} if wanted == dict[str, Usages] else value)
    found = found["a"] if isinstance(found, dict) else found
    assert [(type(each), each.tokens) for each in found] == [(Usage, 1), (Usage, [])]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["text", "image", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*Answer.model_fields, "schema", "type", "text", "tokens", "cls"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*Answer.model_fields, "schema", "cls"]), _JSON))
def test_no_object_is_refused(data: dict[str, Any]) -> None:
    """Any object becomes an Answer that still holds everything that came."""
    answer = read(data)
    assert isinstance(answer, Answer)
    names = {"schema": "schema_"}
    for name in data:
        assert hasattr(answer, names.get(name, name))
    assert set(data) <= {"schema_", *answer.to_dict(warnings=False)} | {"schema_"}


@given(_JSON)
def test_construct_never_raises(value: Any) -> None:
    """Nor does any other JSON stop it."""
    construct(Answer, value)
    construct(list[Part] | None, value)
    construct(dict[str, Usage | list[Text]], value)


def test_strict_refuses_what_does_not_fit() -> None:
    """Who asks for it gets an error instead."""
    with pytest.raises(ValueError, match="tokens"):
        read({"tokens": "many"}, Usage, strict=True)
    assert read({"tokens": 1}, Usage, strict=True).tokens == 1


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    """A server that cuts a character in two does not lose the answer."""
    data = b'{"type": "text", "text": "caf\xc3"}'
    assert decoder(Ref.to(Text))(data, False).text == "caf\ufffd"
    assert decoder(None)(data, False)["text"] == "caf\ufffd"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"nonsense", b"[" * 100_000])
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    """The caller turns it into an error with the answer on it."""
    for ref in (None, Ref.to(Answer), Ref.to(int)):
        with pytest.raises(ValueError, match=r"\S"):
            decoder(ref)(data, False)


def test_references_name_types_without_importing_them() -> None:
    """A reference is resolved when it is first used, with its container around it."""
    assert Ref("json", "JSONDecoder").resolve() is json.JSONDecoder
    assert Ref("json", "JSONDecoder", "list").resolve() == list[json.JSONDecoder]
    assert Ref("json", "JSONDecoder", "dict").resolve() == dict[str, json.JSONDecoder]
    assert repr(Ref("json", "JSONDecoder")) == "Ref('json', 'JSONDecoder')"
    assert repr(Ref("json", "JSONDecoder", "list")) == "Ref('json', 'JSONDecoder', 'list')"


def test_a_decoder_is_made_once() -> None:
    """A reference remembers its decoder."""
    ref = Ref.to(Usage)
    assert decoder(ref) is decoder(ref)


def test_models_pickle_and_copy() -> None:
    """Also those that were made from data that does not fit."""
    for answer in (read(GOOD), read({"id": 7, "x": 1})):
        assert answer == pickle.loads(pickle.dumps(answer))
        assert answer == copy.deepcopy(answer)
        assert answer._request_id is None


def test_a_model_inside_of_a_function_is_a_model() -> None:
    """Its names are where only pydantic looks."""

    class Inner(BaseModel):
        n: int

    class Outer(BaseModel):
        inner: Inner

    assert Outer(inner=Inner(n=1)) == decoder(Ref.to(Outer))(b'{"inner": {"n": 1}}', True)


class Cost(BaseModel):
    """What an answer cost."""

    tokens: int


def test_a_second_name_of_a_model_is_that_model_at_every_read() -> None:
    """Validators are built again as data arrives; a name adds nothing to what it names."""
    ref = Ref.to(Cost)
    ref.target = TypeAliasType("SecondName", Cost)
    read = decoder(ref)
    assert [Cost(tokens=1)] * 4 == [read(b'{"tokens": 1}', True) for _ in range(4)]
