"""What no operation leads to: messages of a WebSocket, and what a document has for other reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen import generate

Spec = Callable[[object], Path]


def _document(**marks: object) -> dict[str, Any]:
    part = {"type": "object", "properties": {"words": {"type": "string"}}}
    message = {"type": "object", "properties": {"part": {"$ref": "#/components/schemas/Part"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "components": {"schemas": {"Message": message | marks, "Part": part}},
        "paths": {},
    }


@pytest.mark.parametrize(
    ("kinds", "models", "params"),
    [
        (None, True, False),
        (["models"], True, False),
        (["params"], False, True),
        (["models", "params"], True, True),
    ],
)
def test_a_component_beside_the_operations_is_what_it_says(
    kinds: list[str] | None, models: bool, params: bool, spec: Spec, tmp_path: Path
) -> None:
    """`x-sdk-generate` decides on it and on its parts; without it they are classes that are read."""
    marks = {} if kinds is None else {"x-sdk-generate": kinds}
    generate(spec(_document(**marks)), tmp_path, "p")
    module = tmp_path / "src/p/models/message.py"
    assert models == module.exists()
    assert not models or "class Part(BaseModel)" in module.read_text()
    sent = tmp_path / "src/p/params.py"
    assert params == sent.exists()
    assert not params or "class PartParam(TypedDict" in sent.read_text()


def test_a_component_may_say_that_nothing_is_made_of_it(spec: Spec, tmp_path: Path) -> None:
    """An empty list leaves it out, with its parts."""
    generate(spec(_document(**{"x-sdk-generate": []})), tmp_path, "p")
    assert not (tmp_path / "src/p/models/message.py").exists()
