"""Decoding in the short way gives what the long way gives, or leaves the answer to it."""

from __future__ import annotations

import copy
import gc
import pickle
from types import GenericAlias
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core import _adoption, _structs
from sdk_core._decoding import LARGE, LONGEST_SKIP, MISFITS, SMALL, WARM, decoder
from sdk_core._structs import Structs
from sdk_core.models import Tagged
from sdk_core.operations import Ref

from ._decoded import (
    FAMILIES,
    WHOLE,
    Image,
    Text,
    Thing,
    described,
    encoded,
    json_values,
    long_way,
    nodes,
    structs_for,
    texts,
    things,
)


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Run a test for both families of models."""
    name: str = request.param
    return name


@pytest.mark.parametrize("name", FAMILIES)
@given(thing=things)
def test_what_is_as_declared_is_read_alike(name: str, thing: dict[str, Any]) -> None:
    """Structs read every answer that is as declared, and give what the long way gives."""
    data = encoded(thing)
    found = structs_for(name).read(data)
    assert described(found) == described(long_way(FAMILIES[name][0])(data, True))


@pytest.mark.parametrize("name", FAMILIES)
@given(
    thing=things,
    key=st.sampled_from([*WHOLE, "unknown", "from_", "type"]),
    value=json_values | texts | nodes | st.just([{"type": "text"}, {"type": "new"}]),
)
def test_what_is_not_as_declared_is_read_alike_or_not_at_all(
    name: str, thing: dict[str, Any], key: str, value: Any
) -> None:
    """Structs never give anything else than the long way does."""
    data = encoded(thing | {key: value})
    try:
        found = structs_for(name).read(data)
    except MISFITS:
        return
    assert described(found) == described(long_way(FAMILIES[name][0])(data, False))


@pytest.mark.parametrize("name", FAMILIES)
@given(
    text=st.from_regex(
        r"\d{4}-?(0[1-9]|1[0-2]|W\d\d)-?[0-3]?\d([Tt _X][0-2]\d(:?[0-5]\d(:?[0-5]\d([.,]\d{1,9})?)?)?"
        r"([Zz]|[+-][0-2]\d(:?[0-5]\d(:[0-5]\d)?)?)?)?",
        fullmatch=True,
    )
)
def test_moments_are_read_alike(name: str, text: str) -> None:
    """However a server writes a moment, both ways read it alike."""
    data = encoded(WHOLE | {"made_at": text})
    try:
        found = structs_for(name).read(data)
    except MISFITS:
        return
    assert found.made_at == long_way(FAMILIES[name][0])(data, False).made_at


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b"null", b'"\xff"', b"{} {}", encoded(WHOLE)[:-1]),
        *(encoded(WHOLE | {"id": "\ud800"}), encoded(WHOLE | {"ratio": float("nan")})),
        encoded(WHOLE | {"anything": None}).replace(
            b'"anything": null', b'"anything": ' + b"[" * 9999
        ),
    ],
)
def test_what_is_no_json_is_left_to_the_long_way(family: str, data: bytes) -> None:
    """What msgspec refuses is a misfit, whatever it calls it."""
    with pytest.raises(MISFITS):
        structs_for(family).read(data)


def test_the_last_of_two_members_with_one_name_counts(family: str) -> None:
    """A name that comes twice has its last value in both ways."""
    data = encoded(WHOLE)[:-1] + b', "id": "b"}'
    assert structs_for(family).read(data).id == "b"
    assert long_way(FAMILIES[family][0])(data, True).id == "b"


def test_a_model_that_has_not_been_met_is_read_all_the_same(family: str) -> None:
    """What was not met when the structs were built is read from its bytes, and met."""
    wanted, structs_of = FAMILIES[family]
    structs: Structs = structs_of(wanted)
    small = {key: WHOLE[key] for key in ("id", "count", "ratio", "made_at")} | {"parts": []}
    structs.learn(long_way(wanted)(encoded(small), True))
    expected = described(long_way(wanted)(encoded(WHOLE), True))
    for _ in range(5):
        assert described(structs.read(encoded(WHOLE))) == expected


def test_structs_that_have_met_nothing_learn(family: str) -> None:
    """Without an answer to learn from, the first read is the lesson."""
    wanted, structs_of = FAMILIES[family]
    structs: Structs = structs_of(wanted)
    for _ in range(9):
        assert structs.read(encoded(WHOLE)).id == "a"


def test_who_reads_while_structs_are_built_goes_the_long_way(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread does not wait for another's build."""
    structs: Structs = FAMILIES[family][1](FAMILIES[family][0])
    refused: list[str] = []
    line = _structs._Build.line

    def build(self: Any, shape: Any) -> Any:
        if not refused:
            with pytest.raises(MISFITS) as caught:
                structs._ways[0](encoded(WHOLE))
            refused.append(type(caught.value).__name__)
        return line(self, shape)

    monkeypatch.setattr(_structs._Build, "line", build)
    assert structs.read(encoded(WHOLE)).id == "a"
    assert refused == ["ValueError"]


def warm(wanted: Any, value: Any) -> Any:
    """Return a decoder that has read enough of *value* to go the short way."""
    decode = decoder(Ref.to(wanted))
    data = encoded(value)
    for _ in range(WARM // len(data) + 2):
        decode(data, False)
    return decode


def test_a_warm_type_goes_the_short_way(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many answers of a type, structs read them."""
    decode = warm(FAMILIES[family][0], WHOLE)
    monkeypatch.setattr(decode, "_long", None)
    assert decode(encoded(WHOLE), False).id == "a"


def test_a_large_answer_goes_the_short_way_without_the_collector(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand objects are no garbage, and it runs again behind them."""
    wanted: Any = FAMILIES[family][0]
    decode = warm(GenericAlias(list, (wanted,)), [WHOLE])
    data = encoded([WHOLE] * (LARGE // len(encoded(WHOLE)) + 1))
    running: list[bool] = []
    read = decode._structs.read
    monkeypatch.setattr(decode, "_long", None)

    def reading(data: bytes) -> Any:
        running.append(gc.isenabled())
        return read(data)

    monkeypatch.setattr(decode._structs, "read", reading)
    found = decode(data, False)
    assert {each.id for each in found} == {"a"}
    assert [*running, gc.isenabled()] == [False, True]


def test_what_is_small_goes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk of a stream is not worth the detour, however many there are."""
    decode = warm(Thing, WHOLE)
    monkeypatch.setattr(decode, "_structs", None)
    small = {key: WHOLE[key] for key in ("id", "count", "ratio", "made_at")} | {"parts": []}
    data = encoded(small)
    assert len(data) < SMALL
    for _ in range(WARM // len(data) + 2):
        assert decode(data, True).id == "a"
    assert decode._structs is None


def test_nothing_is_lost_in_the_short_way(family: str) -> None:
    """An unknown field, an unknown variant and a value that does not fit are kept by a warm type."""
    decode = warm(FAMILIES[family][0], WHOLE)
    odd = WHOLE | {"new": 1, "parts": [{"type": "sound", "url": "u"}], "count": "many"}
    found = decode(encoded(odd), False)
    assert found.model_extra == {"new": 1}
    assert found.parts[0].url == "u"
    assert found.count == "many"


def test_a_warm_type_is_strict_when_asked(family: str) -> None:
    """What does not fit is refused by a warm type, too."""
    decode = warm(FAMILIES[family][0], WHOLE)
    with pytest.raises(ValueError, match="count"):
        decode(encoded(WHOLE | {"count": "many"}), True)


def test_a_server_that_never_fits_is_hardly_tried(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that do not fit, time after time, are not read twice each."""
    decode = warm(FAMILIES[family][0], WHOLE)
    tried: list[bytes] = []
    read = decode._structs.read

    def counted(data: bytes) -> Any:
        tried.append(data)
        return read(data)

    monkeypatch.setattr(decode._structs, "read", counted)
    odd = encoded(WHOLE | {"new": 1})
    for _ in range(2 * LONGEST_SKIP):
        decode(odd, False)
    assert len(tried) == 10
    for _ in range(LONGEST_SKIP + 1):
        decode(encoded(WHOLE), False)
    assert decode(encoded(WHOLE), False).id == "a"
    assert decode._misfits == 0


def adopted() -> Thing:
    """Return an object that was made in the short way, without all of its fields."""
    structs = structs_for("pydantic")
    small = {key: WHOLE[key] for key in ("id", "count", "ratio", "made_at", "from")} | {"parts": []}
    found: Thing = structs.read(encoded(small))
    return found


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]
)
def test_an_adopted_object_can_be_copied(copied: Any) -> None:
    """A copy is equal, and knows what came."""
    assert described(copied(adopted())) == described(adopted())


def test_what_is_set_on_an_adopted_object_counts_as_given() -> None:
    """The set of fields that came is there before it is changed, and changes."""
    thing = adopted()
    thing.missing = None
    assert thing.model_fields_set == {
        "id",
        "count",
        "ratio",
        "made_at",
        "from_",
        "parts",
        "missing",
    }
    assert adopted().model_fields_set == thing.model_fields_set - {"missing"}


def test_an_adopted_object_takes_more_than_it_declares() -> None:
    """Extra members can be set as on any other object."""
    thing: Any = adopted()
    thing.more = 1
    assert thing.model_extra == {"more": 1}
    assert thing.to_dict()["more"] == 1


def test_an_adopted_object_has_no_other_attributes() -> None:
    """What is not there is an AttributeError that names it."""
    thing: Any = adopted()
    with pytest.raises(AttributeError, match="nonsense"):
        _ = thing.nonsense


def test_an_object_that_nobody_filled_says_so() -> None:
    """An object that was never initialised does not pretend to hold anything."""
    assert "Thing" in repr(Thing.__new__(Thing))


def test_a_variant_that_nobody_knows_is_met_by_name() -> None:
    """A union whose variants were never met goes the long way until they are."""
    structs = _adoption.structs_of(list[Annotated[Text | Image, Tagged("type")]])
    data = encoded([{"type": "text", "text": "t"}, {"type": "image", "url": "u"}])
    for _ in range(5):
        assert [type(each) for each in structs.read(data)] == [Text, Image]
