"""openai's names of types: each leads to what it is here, or the reason is written down."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import types
import typing
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import sdk_openai_compat
from sdk_core.models import UnknownVariant

HERE = Path(__file__).parent / "openai_types"
FACTS = json.loads((HERE / "names.json").read_text("utf-8"))
MODULES: dict[str, dict[str, Any]] = FACTS["modules"]
PACKAGES: dict[str, dict[str, str]] = FACTS["packages"]
USES: dict[str, dict[str, str]] = FACTS["uses"]
ABSENT = tomllib.loads((HERE / "absent.toml").read_text("utf-8"))
AREAS = ["", *sorted({name.split(".")[1] for name in MODULES if name.count(".") > 1})]

LACKING = {
    # These two belong to a library that makes openai's connections, and not those of this package.
    "types.websocket_connection_options.SyncWebSocketConnectionOptions": {"extensions"},
    "types.websocket_connection_options.WebSocketConnectionOptions": {"extensions", "write_limit"},
    "types.websocket_connection_options.WebsocketConnectionOptions": {"extensions", "write_limit"},
    # A message that is added to an answer in progress is one as in any request.
    "types.responses.response_steer_input_param.ResponseSteerInputItemListMessage": {"id"},
}
"""Members that openai declares and that are none here, with the reason."""


def absent(module: str) -> bool:
    """Say whether what *module* is about is not delivered."""
    return any(fnmatchcase(module, pattern) for pattern in ABSENT)


def exists(module: str) -> bool:
    """Say whether a module can be imported."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # nor its package
        return False


def members(area: str) -> Iterator[tuple[str, str, str | list[str]]]:
    """Yield openai's modules of an area, with each name and what it is there."""
    for module, names in MODULES.items():
        parts = module.split(".")
        if (parts[1] if len(parts) > 2 else "") == area and not absent(module):
            for name, facts in names.items():
                yield module, name, facts


def leaves(value: Any) -> list[Any]:
    """Return what a union is made of, through its names."""
    while hasattr(value, "__value__"):
        value = value.__value__
    origin = typing.get_origin(value)
    if origin is typing.Annotated:
        return leaves(typing.get_args(value)[0])
    if origin in (typing.Union, types.UnionType):
        return [leaf for item in typing.get_args(value) for leaf in leaves(item)]
    return [value]


def literals(value: Any) -> set[str]:
    """Return the constants that a type has somewhere, as text."""
    if typing.get_origin(value) is typing.Literal:
        return {str(item) for item in typing.get_args(value)}
    return {text for item in typing.get_args(value) for text in literals(item)}


def keys(dictionary: Any) -> set[str]:
    """Return the keys of a dictionary type, those of its bases too."""
    return set(dictionary.__annotations__)


@pytest.mark.parametrize("area", AREAS)
def test_every_name_of_openai_is_what_it_is_there(area: str) -> None:
    """Models have at least openai's members, dictionaries its keys, unions its constants."""
    wrong = []
    for module, name, facts in members(area):
        here = getattr(import_module(f"sdk_openai_compat.{module}"), name)
        kind, *wanted = facts.split() if isinstance(facts, str) else facts
        if kind == "model":
            found = set(here.model_fields) if issubclass(here, BaseModel) else set()
        elif kind == "dict":
            found = set[str].intersection(*(keys(leaf) for leaf in leaves(here)))
        else:
            found = set(wanted) if str in leaves(here) else literals(here)
        full = f"{module}.{name}"
        if (missing := set(wanted) - found) != LACKING.get(full, set()):
            wrong.append((full, missing))
    assert [] == wrong


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_pass_on_what_openais_do(package: str) -> None:
    """And they know by `dir()` what they can import."""
    if absent(package):
        with pytest.raises(ModuleNotFoundError):
            import_module(f"sdk_openai_compat.{package}")
        return
    here = import_module(f"sdk_openai_compat.{package}")
    for module, names in PACKAGES[package].items():
        for name in names.split():
            assert absent(module) is not hasattr(here, name), f"{package}.{name}"
            assert absent(module) is not (name in dir(here))


@pytest.mark.difference(
    "Types",
    openai="has the types of assistants, evaluations, containers, videos, skills and the like.",
    here="has the types of what its clients can call; the others are no modules, so that importing one fails at once.",
)
@pytest.mark.parametrize("pattern", ABSENT)
def test_what_is_said_to_be_absent_is_absent(pattern: str) -> None:
    """A list of reasons that outlives them would hide what is missing."""
    assert ABSENT[pattern].endswith(".")
    modules = [module for module in MODULES if fnmatchcase(module, pattern)]
    assert [] == [name for name in modules if exists(f"sdk_openai_compat.{name}")]


def test_a_module_is_an_attribute_of_its_package() -> None:
    """As in openai, where importing the package imports all of them."""
    deep = sdk_openai_compat.types.chat.chat_completion
    assert deep.Choice is import_module("sdk_inference_api.models").ChatCompletionChoice
    with pytest.raises(AttributeError, match="has no attribute 'no_such_module'"):
        sdk_openai_compat.types.chat.no_such_module  # type: ignore[attr-defined]  # noqa: B018  # the mistake


def test_names_that_libraries_take_from_where_openai_only_uses_them() -> None:
    """What its modules import from each other is there, and is the same."""
    for module, sources in USES.items():
        if absent(module):
            continue
        here = import_module(f"sdk_openai_compat.{module}")
        for source, names in sources.items():
            for name in names.split():
                if absent(source):
                    assert not hasattr(here, name), f"{module}.{name}"
                else:
                    there = import_module(f"sdk_openai_compat.{source}")
                    assert getattr(here, name) == getattr(there, name), f"{module}.{name}"


def test_dictionaries_are_read_by_pydantic() -> None:
    """openai-agents checks what it stored with them."""
    params = import_module("sdk_openai_compat.types.responses.response_input_param")
    stored: TypeAdapter[Any] = TypeAdapter(params.FunctionCallOutput | params.ComputerCallOutput)
    output = {"type": "function_call_output", "call_id": "c", "output": "3"}
    assert output == stored.validate_python(output)
    items: TypeAdapter[Any] = TypeAdapter(params.ResponseInputItemParam)
    said = {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    assert said == items.validate_python(said)
    with pytest.raises(ValidationError):
        stored.validate_python({**output, "call_id": 3})


def test_unions_of_models_are_read_by_their_tags() -> None:
    """Those that openai names and those that only it has a name for."""
    responses = import_module("sdk_openai_compat.types.responses")
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    item = TypeAdapter(responses.ResponseOutputItem).validate_python({**message, "content": []})
    assert responses.ResponseOutputMessage is type(item)
    mcp = import_module("sdk_openai_compat.types.realtime.realtime_mcp_tool_call")
    error = {"type": "http_error", "code": 500, "message": "x"}
    found: Any = TypeAdapter(mcp.Error).validate_python(error)
    assert "http_error" == found.type


def test_a_model_is_made_of_what_is_at_hand() -> None:
    """Without checks, and down to the objects within, as openai's `construct` does it."""
    responses = import_module("sdk_openai_compat.types.responses")
    parts = [{"type": "output_text", "text": "Hi", "annotations": []}, {"type": "odd"}]
    for make in (
        responses.ResponseOutputMessage.model_construct,
        responses.ResponseOutputMessage.construct,
    ):
        message = make(id=7, content=parts, cls=1)
        assert [responses.ResponseOutputText, UnknownVariant] == [
            type(part) for part in message.content
        ]
        assert (7, None, 1) == (message.id, message.role, message.cls)
        assert {"id": 7, "content": parts, "cls": 1} == message.to_dict(warnings=False)


@pytest.mark.difference(
    "Types",
    openai="importing the package imports every module of types.",
    here="each type is imported when it is first asked for, and its class is built when it is first used.",
)
def test_types_are_imported_one_by_one() -> None:
    """Naming one model loads that one, its module and nothing that is only sent."""
    code = (
        "import sys; from sdk_openai_compat.types.chat import ChatCompletion; "
        "print(sum(name.startswith('sdk_inference_api.') for name in sys.modules), "
        "'sdk_inference_api.params' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded, params = run.stdout.split()
    assert int(loaded) < 10
    assert "False" == params
