"""
Every method of openai's resources is here, and is called alike.

``signatures.txt`` has the facts: what `inspect.signature` says of the resources of openai 3.52.0 that
are served here, one line for each method. The asynchronous classes have the same.
"""

from __future__ import annotations

import ast
import re
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest

LINES = (Path(__file__).parent / "signatures.txt").read_text("utf-8").splitlines()
FACTS = dict(re.fullmatch(r"(\S+?)\((.*)\)", line).groups() for line in LINES)  # type: ignore[union-attr, misc]  # every line is one

ADDED = {"progress", "max_wait_seconds"}
"""What helpers take beyond openai's."""

_NOTHING = {"[]", "{}", "()", "None"}  # a default that nobody may change by mistake


def expected(text: str) -> dict[str, tuple[bool, str | None]]:
    """Return each parameter of a line: whether it may be given by place, and its default."""
    arguments: Any = ast.parse(f"def method({text}): ...").body[0]
    arguments = arguments.args
    placed = arguments.args
    defaults = [None] * (len(placed) - len(arguments.defaults)) + arguments.defaults
    found = {arg.arg: (True, each) for arg, each in zip(placed, defaults, strict=True)}
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found |= {arg.arg: (False, each) for arg, each in named}
    return {
        name: (by_place, None if default is None else ast.unparse(default))
        for name, (by_place, default) in found.items()
    }


def default_of(parameter: Parameter) -> str | None:
    """Return the default of a parameter as the facts have it."""
    if parameter.default is Parameter.empty:
        return None
    name = type(parameter.default).__name__
    return {"Omit": "omit", "NotGiven": "not_given"}.get(name) or repr(parameter.default)


@pytest.mark.parametrize("colour", ["", "Async"], ids=["sync", "async"])
@pytest.mark.parametrize("name", FACTS)
def test_a_method_is_called_as_openais_is(name: str, colour: str) -> None:
    """It takes the same names, by place where openai's does, with the same defaults."""
    module, cls, method = name.rsplit(".", 2)
    owner = getattr(import_module(f"sdk_openai_compat.resources.{module}"), colour + cls)
    own = list(signature(getattr(owner, method)).parameters.values())[1:]
    ours = {parameter.name: parameter for parameter in own}
    theirs = expected(FACTS[name])
    assert theirs.keys() <= ours.keys()
    by_place = [each.name for each in own if each.kind is Parameter.POSITIONAL_OR_KEYWORD]
    assert [each for each, (placed, _) in theirs.items() if placed] == by_place[
        : sum(placed for placed, _ in theirs.values())
    ]
    for each, (_, default) in theirs.items():
        found = default_of(ours[each])
        assert default == found or {default, found} <= _NOTHING, each
    assert ours.keys() - theirs.keys() <= ADDED
    for each in ours.keys() - theirs.keys():
        assert Parameter.empty is not ours[each].default
