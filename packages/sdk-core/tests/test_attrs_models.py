"""Models that are attrs classes, and what is made of data that does not fit them."""

from __future__ import annotations

import datetime as dt
import gc
import json
import sys
from typing import Annotated, Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypeAliasType

from sdk_core._converters import decoder_of, made_of
from sdk_core._decoding import LARGE, decoder
from sdk_core._garbage import Pause
from sdk_core.attrs_models import Model, Tagged, UnknownVariant
from sdk_core.operations import Ref


@attrs.define(kw_only=True)
class Text(Model):
    """A part of a message."""

    kind: Literal["text"] = attrs.field(metadata={"wire": "type"})
    text: str


@attrs.define(kw_only=True)
class Image(Model):
    """Another part."""

    kind: Literal["image"] = attrs.field(metadata={"wire": "type"})
    url: str
    size: int = 0


@attrs.define(kw_only=True)
class Usage(Model):
    """Numbers."""

    tokens: int
    cost: float | None = None
    done: bool | None = None


Tree = TypeAliasType("Tree", "str | list[Tree]")


@attrs.define(kw_only=True)
class Answer(Model):
    """Everything that a model of the wire may have."""

    id: str
    created: dt.datetime
    parts: list[Annotated[Text | Image, Tagged("kind")]]
    usage: Usage | None = None
    reason: Literal["stop", "length"] | str | None = None  # noqa: PYI051  # as generated
    by_name: dict[str, Usage] | None = None
    either: Usage | Text | None = None
    level: Literal[1, 2] | int | None = None  # noqa: PYI051  # as generated
    day: dt.date | None = None
    tree: Tree | None = None
    nothing: None = None
    anything: Any = None


GOOD: dict[str, Any] = {
    "id": "a1",
    "created": "2026-11-21T12:00:00Z",
    "parts": [{"type": "text", "text": "hi"}, {"type": "image", "url": "u", "alt": "x"}],
    "usage": {"tokens": 3, "cost": 1.5, "cached": 2},
    "reason": "tired",
    "by_name": {"a": {"tokens": 1}},
    "tree": ["a", ["b", []]],
    "day": "2026-11-21",
    "extra": [1, {"b": 2}],
}


def read(data: object, wanted: Any = Answer, *, strict: bool = False) -> Any:
    """Decode as an answer's body is decoded."""
    return decoder_of(wanted)(json.dumps(data).encode(), strict)


def test_what_fits_is_typed_and_nothing_is_lost() -> None:
    """Fields are converted, unknown ones and unknown values of open enums are kept."""
    answer = read(GOOD, strict=True)
    assert answer.created == dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    assert [Text, Image] == [type(part) for part in answer.parts]
    assert answer.usage.model_extra == {"cached": 2}
    assert answer.extra == [1, {"b": 2}]
    assert answer.to_dict(mode="json") == GOOD
    assert answer.to_json(indent=None).startswith('{"id":"a1","created":"2026-11-21T12:00:00Z"')
    assert answer.model_fields_set == {*GOOD}


def test_a_dictionary_takes_many_forms() -> None:
    """Names of either side; with what nobody sent; without what says nothing."""
    image = read({"type": "image", "url": "u", "alt": None}, Image)
    assert image.to_dict(exclude_none=True) == {"type": "image", "url": "u"}
    assert image.to_dict(exclude_unset=False, exclude_defaults=True, use_api_names=False) == {
        "kind": "image",
        "url": "u",
        "alt": None,
    }
    assert image.to_dict(exclude_unset=False)["size"] == 0
    assert read(GOOD).to_dict()["day"] == dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": 7}, "id: 7 is no str"),
        ({"created": "soon"}, 'created: "soon" is no datetime'),
        ({"created": None}, "created: null is no datetime"),
        ({"usage": {"tokens": 1.5}}, "usage.tokens: 1.5 is no int"),
        ({"usage": [1]}, r"usage: \[1\] is no Usage"),
        ({"by_name": {"a": {"tokens": "x"}}}, r"by_name.a.tokens: "),
        ({"by_name": 1}, "by_name: 1 is no object"),
        ({"parts": [{"type": "text", "text": "a"}, 7]}, r"parts\[1\]: 7 is no object"),
        ({"parts": {}}, "parts: {} is no list"),
        ({"either": "x"}, 'either: "x" is no Usage or Text'),
        ({"tree": [1]}, r"tree: \[1\] is no str or list"),
        ({"usage": {"tokens": 1, "cost": "x", "done": 1}}, "usage.done: 1 is no bool"),
        ({"nothing": 1}, "nothing: 1 is no NoneType"),
    ],
)
def test_strict_says_where_and_otherwise_it_is_kept(changes: dict[str, Any], said: str) -> None:
    """One wrong value costs neither the answer nor its other values."""
    with pytest.raises(ValueError, match=said):
        read({**GOOD, **changes}, strict=True)
    answer = read({**GOOD, **changes})
    assert answer.to_dict(mode="json") == {**GOOD, **changes}


def test_validating_says_where() -> None:
    """For data that is at hand."""
    assert Usage.model_validate({"tokens": 1}).tokens == 1
    with pytest.raises(ValueError, match="tokens: is missing"):
        Usage.model_validate({})
    with pytest.raises(ValueError, match=r'type: "x" is no .text.'):
        Text.model_validate({"type": "x", "text": ""})


def test_numbers_become_what_they_should_be() -> None:
    """JSON does not tell 1 from 1.0."""
    usage = read({"tokens": 3.0, "cost": 2}, Usage, strict=True)
    assert (type(usage.tokens), type(usage.cost)) == (int, float)


def test_unknown_variants_give_attributes_all_the_way_down() -> None:
    """Code written for a known variant goes on working as far as the data goes."""
    part = {"type": "video", "frames": [{"at": 1}, 2], "meta": {"fps": {"n": 25}}}
    video = read({**GOOD, "parts": [part]}, strict=True).parts[0]
    assert isinstance(video, UnknownVariant)
    assert (video.meta.fps.n, video.frames[0].at, video.frames[1]) == (25, 1, 2)
    assert repr(video).startswith("UnknownVariant(type='video'")
    assert part == video.to_dict()
    with pytest.raises(AttributeError):
        _ = video.nothing


def test_the_best_of_a_union_is_taken() -> None:
    """What fits; else the first that keeps what fits inside of it."""
    assert type(read({**GOOD, "either": {"tokens": 1}}).either) is Usage
    assert type(read({**GOOD, "either": {"type": "text", "text": "x"}}).either) is Text
    assert type(read({**GOOD, "either": {"tokens": []}}).either) is Usage


def test_what_is_no_object_is_no_model() -> None:
    """Keeping values is for objects with odd members."""
    with pytest.raises(ValueError, match="is no Usage"):
        read([1], Usage)
    assert read([1], list[Usage]) == [1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(Usage, True), (list[Usage], True), (Tree, False), (Literal["a"], False), (int, False)],
)
def test_it_is_known_what_is_made_of_attrs_models(wanted: Any, expected: bool) -> None:
    """So that each flavour gets its own decoder."""
    assert made_of(wanted) is expected


def test_what_only_pydantic_knows_is_refused() -> None:
    """A generated package never has it."""
    with pytest.raises(TypeError, match="complex"):
        read(1, complex)


def test_large_answers_are_read_without_the_collector() -> None:
    """It runs again afterwards, and stays off where it was off."""
    found = read([{"tokens": 1}] * LARGE, list[Usage])
    assert (len(found), gc.isenabled()) == (LARGE, True)
    pause = Pause()
    with pause:
        assert not gc.isenabled()
        with pause:
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with pause:
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["text", "image", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*GOOD, "type", "text", "tokens", "either", "cls", "_extra"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "cls", "_unset"]), _JSON))
def test_no_object_is_refused(data: dict[str, Any]) -> None:
    """Any object becomes an Answer that still holds everything that came."""
    answer = read(data)
    assert isinstance(answer, Answer)
    assert data.keys() == answer.to_dict().keys()


def test_objects_made_by_hand_have_room_for_more() -> None:
    """And look like those of the other flavour, as requests take them."""
    usage = Usage(tokens=1)
    usage.model_extra["cached"] = 2
    assert {"tokens": 1, "cost": None, "done": None, "cached": 2} == usage.model_dump()
    assert usage._request_id is None


def test_a_tagged_object_that_does_not_fit_its_variant_is_an_unknown_one() -> None:
    """Nothing of it is lost."""
    answer = read({**GOOD, "parts": [{"type": "text", "text": 7}, {"type": "film"}]})
    assert [UnknownVariant, UnknownVariant] == [type(part) for part in answer.parts]
    assert 7 == answer.parts[0].text


def test_of_several_models_that_fit_the_one_with_most_fields_is_taken() -> None:
    """Whichever stands first; null is none of them."""

    @attrs.define(kw_only=True)
    class Little(Model):
        tokens: int

    for wanted in (Little | Usage | None, Usage | Little | None):
        assert isinstance(read({"tokens": 1, "cost": 2.5}, wanted), Usage)
        assert isinstance(read({"tokens": 1}, Little | Usage), Little)
        assert read(None, wanted) is None


@pytest.mark.parametrize(
    ("wanted", "value"), [(list, [1, "a"]), (dict, {"a": [1]}), (Any | None, [1]), (Any, None)]
)
def test_what_may_be_anything_is_left_as_it_is(wanted: Any, value: object) -> None:
    """Also where a union says so."""
    assert value == read(value, wanted, strict=True)


def test_answers_are_decoded_as_models_of_this_flavour() -> None:
    """Whatever else is loaded."""
    assert Usage(tokens=1) == decoder(Ref.to(Usage))(b'{"tokens": 1}', True)


def test_without_pydantic_deep_json_is_no_value_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error of the kind that bad JSON is."""
    monkeypatch.delitem(sys.modules, "pydantic_core", raising=False)
    with pytest.raises(ValueError, match="nested too deeply"):
        decoder(None)(b"[" * 200_000, False)
