"""A document cannot make code of its words: they are quoted, or they are cleaned."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sdk_codegen._pipeline import generate
from sdk_codegen.errors import CodegenError

CODE = "__import__('pathlib').Path('CANARY').touch()"

PAYLOADS = {
    "single quote": f"'+{CODE}+'",
    "double quote": f'"+{CODE}+"',
    "triple quotes": f'"""\n{CODE}\n"""',
    "triple single quotes": f"'''\n{CODE}\n'''",
    "backslash": f'\\"\n{CODE}\n#\\',
    "line ends": f"x\r{CODE}\u2028{CODE}\x85{CODE}\x0c{CODE}\n{CODE}",
    "template": "{{ ''.__class__ }}{% for x in [1] %}" + CODE + "{% endfor %}{# #}",
    "format": "{" + CODE + "}%s${x}",
    "null": f"\0\n{CODE}",
    "trailing backslash": "x\\",
    "trailing quote": 'x"',
    "direction": "\u202e\u2066" + CODE,
}


def document(payload: str) -> dict[str, Any]:
    """Return a document with the payload wherever a document has words."""
    schema = {
        "type": "object",
        "title": payload,
        "description": payload,
        "required": ["kind"],
        "properties": {
            payload: {"type": "string", "description": payload, "default": payload},
            "kind": {"enum": [payload, "plain"], "description": payload, "example": payload},
            "fixed": {"const": payload},
            "map": {"type": "object", "additionalProperties": {"enum": [payload, "b"]}},
        },
    }
    parameters = [
        {"name": payload, "in": place, "description": payload, "schema": {"type": "string", "default": payload, "example": payload}}
        for place in ("query", "header", "cookie")
    ]  # fmt: skip
    operation = {
        "operationId": payload,
        "summary": payload,
        "description": payload,
        "tags": [payload],
        "parameters": parameters,
        "requestBody": {"description": payload, "content": {"application/json": {"schema": schema, "example": {payload: payload}}}},
        "responses": {
            "200": {"description": payload, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Model"}}}},
            "400": {"description": payload, "content": {f"application/{payload}": {"schema": schema}}},
        },
        "security": [{payload: []}],
        "x-code": payload,
        "deprecated": True,
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": payload, "version": payload, "description": payload},
        "servers": [{"url": f"https://h.example/{payload}", "description": payload}, {"url": "https://{v}.example", "variables": {"v": {"default": payload, "enum": [payload], "description": payload}}}],
        "tags": [{"name": payload, "description": payload}],
        "paths": {f"/{payload}": {"post": operation}},
        "webhooks": {payload: {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "description": payload}}},
        "components": {
            "schemas": {"Model": schema, payload: schema},
            "securitySchemes": {payload: {"type": "apiKey", "in": "header", "name": payload, "description": payload}, "o": {"type": "oauth2", "flows": {"password": {"tokenUrl": payload, "scopes": {payload: payload}}}}},
        },
    }  # fmt: skip


def strings(project: Path) -> set[str]:
    """Return every string constant of the generated code."""
    return {
        node.value
        for path in (project / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_words_never_become_code(tmp_path: Path, payload: str) -> None:
    """The package is generated and imported, nothing of the document runs, values are intact."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(yaml.safe_dump(document(payload)), encoding="utf-8")
    try:
        generate(spec, tmp_path / "out", "hostile_api")
    except CodegenError as error:
        assert "\n" not in str(error)  # noqa: PT017 - a refusal is as good, if it is one line
        pytest.fail(f"refused: {error}")
    found = strings(tmp_path / "out")
    assert payload in found
    # Some documents tell variants of a path apart by a fragment, which is not sent.
    assert "/" + payload.partition("#")[0] in found
    modules = [
        ".".join(path.relative_to(tmp_path / "out/src").with_suffix("").parts)
        for path in (tmp_path / "out/src").rglob("*.py")
    ]
    program = "import importlib, sys; sys.path.insert(0, 'out/src')\n" + "\n".join(
        f"importlib.import_module({name.removesuffix('.__init__')!r})" for name in modules
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    assert [] == [path.name for path in tmp_path.rglob("*CANARY*")]
    assert not Path("CANARY").exists()
