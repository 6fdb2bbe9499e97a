"""The same models in both flavours: what they do with what servers send."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sdk_codegen._pipeline import run
from sdk_codegen._settings import Settings
from sdk_core._decoding import decoder
from sdk_core.operations import Ref

FLAVOURS = ("pydantic", "attrs")

PET: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
}

SCHEMAS: dict[str, Any] = {
    "Cat": {
        **PET,
        "properties": {**PET["properties"], "petType": {"type": "string"}, "attrs": {}, "self": {}},
    },
    "Dog": {
        **PET,
        "properties": {
            **PET["properties"],
            "petType": {"type": "string"},
            "bornAt": {"type": "string", "format": "date-time"},
        },
    },
    "Owner": {
        "type": "object",
        "required": ["id", "pets", "mood"],
        "properties": {
            "id": {"type": "integer"},
            "mood": {"type": "string", "enum": ["kind", "curt"]},
            "secret": {"type": "string", "writeOnly": True},
            "score": {"type": "number"},
            "since": {"type": "string", "format": "date"},
            "pets": {
                "type": "array",
                "items": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/Cat"},
                        {"$ref": "#/components/schemas/Dog"},
                    ],
                    "discriminator": {
                        "propertyName": "petType",
                        "mapping": {"kitty": "#/components/schemas/Cat"},
                    },
                },
            },
            "favourite": {"oneOf": [{"$ref": "#/components/schemas/Dog"}, {"type": "null"}]},
            "byName": {
                "type": "object",
                "additionalProperties": {"$ref": "#/components/schemas/Dog"},
            },
            "data": {"$ref": "#/components/schemas/JSON"},
            "either": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Friend"}]},
            "parent": {"$ref": "#/components/schemas/Owner"},
            "fixed": {"const": "x"},
            "anyOfTwo": {
                "anyOf": [
                    {"$ref": "#/components/schemas/Friend"},
                    {"$ref": "#/components/schemas/Foe"},
                ]
            },
        },
    },
    "Friend": {
        "type": "object",
        "required": ["since"],
        "properties": {"since": {"type": "integer"}},
    },
    "Settings": {
        "type": "object",
        "properties": {
            "count": {"type": "integer", "default": 0},
            "share": {"type": "number", "default": 1},
            "open-to": {"type": "string", "default": "all"},
            "on": {"type": "boolean", "default": True},
            "odd": {"type": "integer", "default": "none"},
            "maybe": {"type": ["integer", "null"], "default": 3},
            "many": {"type": "array", "items": {"type": "string"}, "default": []},
        },
    },
    "Foe": {
        "type": "object",
        "required": ["since", "why"],
        "properties": {"since": {"type": "integer"}, "why": {"type": "string"}},
    },
    "JSON": {
        "anyOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "null"},
            {"type": "array", "items": {"$ref": "#/components/schemas/JSON"}},
            {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/JSON"}},
        ]
    },
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        f"/{name.lower()}": {
            "get": {
                "operationId": f"get{name}",
                "responses": {
                    "200": {
                        "description": "One",
                        "content": {
                            "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
                        },
                    }
                },
            }
        }
        for name in ("Owner", "JSON", "Settings")
    },
    "components": {"schemas": SCHEMAS},
}
OWNER: dict[str, Any] = {
    "id": 1,
    "mood": "odd",
    "score": 2,
    "since": "2026-11-21",
    "pets": [
        {"petType": "kitty", "name": "Tom", "attrs": 1},
        {"petType": "Dog", "name": "Rex", "bornAt": "2020-01-02T03:04:05Z"},
    ],
    "byName": {"Rex": {"name": "Rex"}},
    "data": {"a": [1, "b", {"c": None}]},
    "either": {"since": 3},
    "parent": {"id": 2, "mood": "kind", "pets": []},
    "fixed": "x",
    "more": {"x": 1},
}


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A package in each flavour, generated from one document."""
    found = {}
    folder = tmp_path_factory.mktemp("flavours")
    spec = folder / "pets.json"
    spec.write_text(json.dumps(DOCUMENT))
    for flavour in FLAVOURS:
        out = folder / flavour
        run(Settings(spec=spec, out=out, package=f"pets_{flavour}", models=flavour))  # type: ignore[arg-type]  # a parameter of the test is text
        found[flavour] = out / "src"
    return found


@pytest.fixture(params=FLAVOURS)
def models(request: pytest.FixtureRequest, sources: dict[str, Path]) -> Iterator[ModuleType]:
    """The models of one flavour."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(sources[request.param]))
        yield import_module(f"pets_{request.param}.models")


def read(models: ModuleType, name: str, data: object, *, strict: bool = False) -> Any:
    """Decode as an answer's body is decoded."""
    return decoder(Ref(models.__name__, name))(json.dumps(data).encode(), strict)


def test_what_fits_is_typed_and_nothing_is_lost(models: ModuleType) -> None:
    """Fields are converted, tags pick models, unknown fields and values are kept."""
    for _ in range(3):  # decoders learn: the first reads are built in another way
        owner = read(models, "Owner", OWNER, strict=True)
        assert [models.Cat, models.Dog] == [type(pet) for pet in owner.pets]
        assert owner.pets[1].born_at == dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
        assert (owner.since, owner.mood) == (dt.date(2026, 11, 21), "odd")
        assert (owner.score, type(owner.score)) == (2.0, float)
        assert type(owner.by_name["Rex"]) is models.Dog
        assert type(owner.either) is models.Friend
        assert (type(owner.parent), owner.parent.pets) == (models.Owner, [])
        assert owner.data == {"a": [1, "b", {"c": None}]}
        assert (owner.model_extra, owner.more) == ({"more": {"x": 1}}, {"x": 1})
        assert owner.favourite is None
        assert owner.to_dict(mode="json") == OWNER
        assert json.loads(owner.to_json()) == OWNER


def test_a_plain_default_stands_for_what_did_not_come(models: ModuleType) -> None:
    """Other defaults do not: null may come for them, or they are no value of the property."""
    settings = read(models, "Settings", {"share": 2}, strict=True)
    assert (0, 2, "all", True) == (settings.count, settings.share, settings.open_to, settings.on)
    assert (None, None) == (settings.odd, settings.maybe)
    assert {"share": 2} == settings.to_dict()


def test_a_list_that_did_not_come_may_be_an_empty_one(models: ModuleType) -> None:
    """Each object has its own."""
    settings = [read(models, "Settings", {}, strict=strict) for strict in (True, False)]
    assert [[], []] == [each.many for each in settings]
    assert settings[0].many is not settings[1].many
    assert [] == models.Settings().many


def test_unknown_variants_are_kept(models: ModuleType) -> None:
    """An unknown tag, a missing one, and an object that does not fit its model."""
    pets = [{"petType": "fish", "deep": [{"at": 1}]}, {"name": "?"}, {"petType": "Dog"}]
    for strict in (False, True):
        owner = read(models, "Owner", {**OWNER, "pets": pets}, strict=strict)
        assert ["UnknownVariant"] * 3 == [type(pet).__name__ for pet in owner.pets]
        assert pets == [pet.to_dict() for pet in owner.pets]
        assert owner.pets[0].deep[0].at == 1


@pytest.mark.parametrize(
    ("changes", "name", "expected"),
    [
        ({"id": "x"}, "id", "x"),
        ({"pets": None}, "pets", []),
        ({"pets": "none"}, "pets", "none"),
        ({"pets": [7]}, "pets", [7]),
        ({"since": "soon"}, "since", "soon"),
        ({"score": "much"}, "score", "much"),
        ({"byName": [1]}, "by_name", [1]),
        ({"fixed": "y"}, "fixed", "y"),
        ({"either": 3.5}, "either", 3.5),
        ({"mood": 3}, "mood", 3),
    ],
)
def test_what_does_not_fit_is_kept_as_it_came(
    models: ModuleType, changes: dict[str, Any], name: str, expected: Any
) -> None:
    """One wrong value costs nothing else; who asks for it gets an error that says where."""
    owner = read(models, "Owner", {**OWNER, **changes})
    assert expected == getattr(owner, name)
    assert type(owner.either) is models.Friend or "either" in changes
    with pytest.raises(ValueError, match=next(iter(changes))):
        read(models, "Owner", {**OWNER, **changes}, strict=True)


def test_what_fits_inside_what_does_not_is_typed(models: ModuleType) -> None:
    """A model with a wrong field is a model, in unions too."""
    owner = read(models, "Owner", {**OWNER, "parent": {"id": "x"}, "either": {"since": "x"}})
    assert (type(owner.parent), owner.parent.id, owner.parent.pets) == (models.Owner, "x", [])
    assert (type(owner.either), owner.either.since) == (models.Friend, "x")


def test_the_best_of_a_union_without_a_tag_is_taken(models: ModuleType) -> None:
    """The model of which most fields came."""
    for data, name in (({"since": 1}, "Friend"), ({"since": 1, "why": "x"}, "Foe")):
        owner = read(models, "Owner", {**OWNER, "anyOfTwo": data})
        assert type(owner.any_of_two).__name__ == name


def test_what_is_written_only_is_not_read(models: ModuleType) -> None:
    """It is no field; a server that sends it nevertheless loses nothing."""
    owner = read(models, "Owner", {**OWNER, "secret": "s"})
    assert owner.model_extra["secret"] == "s"
    assert "secret" not in read(models, "Owner", OWNER).to_dict()


@pytest.mark.parametrize("value", ["a", 1.5, None, [["b", []]], {"a": {"b": [None]}}])
def test_an_alias_that_leads_back_to_itself_reads_any_depth(
    models: ModuleType, value: object
) -> None:
    """JSON is a type like any other."""
    assert value == read(models, "JSON", value, strict=True)


def test_models_are_values(models: ModuleType) -> None:
    """They are equal, copied, pickled and printed."""
    owner = read(models, "Owner", OWNER)
    assert owner == read(models, "Owner", OWNER)
    assert owner == copy.deepcopy(owner)
    assert owner == pickle.loads(pickle.dumps(owner))
    assert owner != read(models, "Owner", {**OWNER, "more": 2})
    assert repr(owner.pets[0]).startswith("Cat(")
    assert owner._request_id is None
    with pytest.raises(AttributeError):
        _ = owner.nothing


def test_models_can_be_made_by_hand(models: ModuleType) -> None:
    """With names of Python; what is left out is not sent."""
    cat = models.Cat(name="Tom", pet_type="kitty")
    assert cat.to_dict() == {"name": "Tom", "petType": "kitty"}
    assert cat.to_dict(use_api_names=False) == {"name": "Tom", "pet_type": "kitty"}
    assert cat.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False) == {
        "name": "Tom",
        "petType": "kitty",
    }


def test_a_field_may_be_called_as_the_first_argument_is(models: ModuleType) -> None:
    """An initialiser has its own `self`; on the wire the name stays."""
    assert models.Cat(name="Tom", self_="/cats/1").to_dict() == {"name": "Tom", "self": "/cats/1"}


def test_only_what_an_answer_holds_is_made(sources: dict[str, Path]) -> None:
    """Of the classes that stand in one module, too; and the flavour of attrs never imports pydantic."""
    script = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); package = sys.argv[2]\n"
        "from sdk_core._decoding import decoder; from sdk_core.operations import Ref\n"
        "decoder(Ref(package + '.models', 'Owner'))(sys.stdin.buffer.read(), False)\n"
        "owner = vars(sys.modules[package + '.models.owner'])\n"
        "made = [name for name in owner if hasattr(owner[name], '_wire_fields')]\n"
        "print(json.dumps([[name for name in sys.modules], made]))"
    )
    for flavour, source in sources.items():
        done = subprocess.run(
            [sys.executable, "-c", script, str(source), f"pets_{flavour}"],
            input=json.dumps({"id": 1, "mood": "kind", "pets": [OWNER["pets"][0]]}),
            capture_output=True,
            text=True,
            check=True,
        )
        loaded, made = json.loads(done.stdout)
        own = {name.rpartition(".")[2] for name in loaded if f"pets_{flavour}.models." in name}
        assert own == {"owner"}
        assert {*made} == {"Owner", "Cat"}
        assert ("pydantic" in loaded) is (flavour == "pydantic")
