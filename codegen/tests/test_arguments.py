"""The arguments of methods as dictionaries, and what can be read from dictionaries at run time."""

from __future__ import annotations

import copy
import typing
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sdk_codegen import generate
from sdk_codegen._pipeline import run
from sdk_codegen._settings import Settings

STREAMED = "Params ParamsBase ParamsNonStreaming ParamsStreaming"


@pytest.fixture
def tiny(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of the generated package."""
    monkeypatch.syspath_prepend(str(tiny_project / "src"))
    return lambda name: import_module(f"tiny_api.{name}")


def test_every_method_with_named_arguments_has_a_dictionary(tiny: Callable[[str], Any]) -> None:
    """Without those that are given by position; one that streams has one for each way."""
    arguments = tiny("arguments")
    streamed = {f"CreateAnswer{suffix}" for suffix in STREAMED.split()}
    assert streamed | {"ListBooksParams"} <= set(arguments.__all__)
    assert "GetBookParams" not in arguments.__all__
    assert {"page", "tag", "x_trace"} == set(arguments.ListBooksParams.__annotations__)
    assert "stream" not in arguments.CreateAnswerParamsBase.__annotations__


def test_dictionaries_are_read_at_run_time_too(tiny: Callable[[str], Any]) -> None:
    """Every name that an annotation needs is there: `get_type_hints` and pydantic find it."""
    arguments, params = tiny("arguments"), tiny("params")
    for module in (arguments, params):
        for name in module.__all__:
            assert TypeAdapter(getattr(module, name)).core_schema
    adapter = TypeAdapter(arguments.CreateAnswerParams)
    asked = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
    assert asked["stream"] is adapter.validate_python(asked)["stream"]
    with pytest.raises(ValidationError, match="mood"):
        adapter.validate_python({**asked, "mood": 3})
    hints = typing.get_type_hints(arguments.CreateAnswerParamsNonStreaming)
    assert hints["stream"] == typing.Literal[False]


def document(names: list[str], operations: int = 1) -> dict[str, Any]:
    """Return a document whose operations take an object with members of these names."""
    item = {
        "type": "object",
        "properties": {name: {"$ref": "#/components/schemas/Mood"} for name in names},
    }
    body = {"content": {"application/json": {"schema": item}}}
    operation = {"requestBody": body, "responses": {"204": {"description": ""}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "components": {"schemas": {"Mood": {"type": "string", "enum": ["a", "b"]}}},
        "paths": {
            f"/x{number}": {"post": copy.deepcopy(operation)} for number in range(operations)
        },
    }


def test_a_key_hides_nothing_that_an_annotation_needs(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """A dictionary with such a key is written as a call, in which keys are no names."""
    generate(spec(document(["models", "b"])), tmp_path / "out", "hiding_api")
    text = (tmp_path / "out/src/hiding_api/arguments.py").read_text()
    assert '"models": NotRequired["models.Mood"],' in text
    assert "class " not in text


def test_a_large_api_has_a_module_for_each_group(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """As it has one of operations."""
    generate(spec(document(["b"], 51)), tmp_path / "out", "large_api")
    folder = tmp_path / "out/src/large_api/arguments"
    assert (folder / "__init__.py").exists()
    assert "from .. import models" in (folder / "x7.py").read_text()


def test_all_but_the_first_part_of_a_path_may_be_given_by_name(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """``update(file, folder=..., b=...)``: the first says what it is about."""
    paths = document(["b"])["paths"]
    operation = paths.pop("/x0")["post"]
    operation["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("file", "folder")
    ]
    paths["/folders/{folder}/files/{file}"] = {"put": operation}
    generate(spec({**document([]), "paths": paths}), tmp_path / "out", "parts_api")
    text = (tmp_path / "out/src/parts_api/arguments.py").read_text()
    assert "    folder: Required[str]\n    b: NotRequired[models.Mood]\n" in text
    assert " file:" not in text


def test_an_api_without_arguments_has_no_such_module(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """Nor an empty one."""
    paths = {"/x": {"get": {"responses": {"204": {"description": ""}}}}}
    generate(spec({**document([]), "paths": paths}), tmp_path / "out", "bare_api")
    assert not list((tmp_path / "out/src/bare_api").glob("arguments*"))


def test_without_pydantic_the_standard_library_is_enough(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """Packages with attrs models depend on no other `TypedDict`."""
    settings = Settings(
        spec(document(["b"])), tmp_path / "out", "attrs_api", distribution="a", models="attrs"
    )
    run(settings)
    text = (tmp_path / "out/src/attrs_api/arguments.py").read_text()
    assert "typing_extensions" not in text
    assert "typing-extensions" not in (tmp_path / "out/pyproject.toml").read_text()
