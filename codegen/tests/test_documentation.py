"""What surrounds the code: README, reference, project file, and the tests of the package itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen import generate
from sdk_codegen._annotations import Types, literal
from sdk_codegen._build import build
from sdk_codegen._engine import environment, resolve
from sdk_codegen._nodes import nodes
from sdk_codegen._normalise import normalise
from sdk_codegen._render._context import Context
from sdk_codegen._render._markdown import cell, code, prose
from sdk_codegen._render._project import Identity, render_project
from sdk_codegen._render._snippets import source
from sdk_codegen._settings import Metadata

EVIL = """x `a|b` <script>alert(1)</script> <https://example.com>
# heading
text
===
---
```python
raise SystemExit("code of the document")
```
~~~
never closed
"""


def run_tests(project: Path) -> None:
    """Run the tests of a generated project as its author would."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_tests_of_a_generated_package_pass(tiny_project: Path) -> None:
    """Every operation in both colours, and every snippet, against the server of examples."""
    run_tests(tiny_project)


def test_snippets_and_tests_survive_a_hostile_document(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """Words, names, examples and enumerations of the document are never code."""
    thing = {
        "type": "object",
        "required": ['"""', "$file"],
        "description": EVIL,
        "properties": {
            '"""': {"type": "string", "enum": ['"); raise SystemExit("', "{{ x }}\n```"]},
            "$file": {"type": "object", "example": {"$bytes": "\\N{x}\u2028"}},
        },
    }
    operation = {
        "operationId": "`|<b>`",
        "summary": EVIL,
        "description": EVIL,
        "tags": ["a|b"],
        "deprecated": True,
        "parameters": [
            {"name": "p|`q", "in": "query", "required": True, "description": EVIL, "schema": {"type": "string", "example": "'\"`\\\n```python"}},
            {"name": "file", "in": "query", "schema": {"type": "string"}},
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": thing}}},
        "responses": {
            "200": {"description": EVIL, "content": {"application/json": {"schema": thing}}},
            "418": {"description": EVIL},
        },
    }  # fmt: skip
    upload = {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["f"],
                        "properties": {"f": {"type": "string", "format": "binary"}},
                    }
                }
            },
        },
        "responses": {"200": {"description": "", "content": {"image/png": {}}}},
        "security": [{"odd": []}, {"a b": [], "`": []}],
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "`<b>|", "version": "1", "description": EVIL},
        "tags": [{"name": "a|b", "description": EVIL}],
        "components": {
            "securitySchemes": {
                "a b": {"type": "apiKey", "in": "cookie", "name": "c"},
                "`": {"type": "http", "scheme": "basic"},
                "odd": {"type": "http", "scheme": "`odd`"},
                "cert": {"type": "mutualTLS"},
            }
        },
        "paths": {"/a/`b`|": {"post": operation}, "/upload": {"post": upload}},
    }
    generate(spec(document), tmp_path / "out", "evil_api")
    run_tests(tmp_path / "out")
    pages = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.md"))
    assert "<script" not in pages
    assert "\n# heading" not in pages


def test_a_large_api_has_a_page_for_each_group(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """The index leads to every method."""
    paths: dict[str, Any] = {
        f"/group{number % 3}/thing{number}": {
            "get": {
                "operationId": f"get{number}",
                "tags": [f"group{number % 3}"],
                "responses": {"200": {"description": "d"}},
            }
        }
        for number in range(51)
    }
    words = "\n\n".join(["A handbook."] * 500)
    info = {"title": "T", "version": "1", "description": words}
    generate(
        spec({"openapi": "3.1.0", "info": info, "paths": paths}), tmp_path / "out", "large_api"
    )
    readme = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert 100 < readme.count("A handbook.") < 150
    docs = tmp_path / "out/docs"
    index = (docs / "reference.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((reference/\w+\.md)#([\w.]+)\)", index)
    assert len(links) == 51
    for page, anchor in links:
        assert f'<a id="{anchor}"></a>' in (docs / page).read_text(encoding="utf-8")


def test_an_api_without_operations_has_a_readme(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """There is no first call, and nothing breaks."""
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
    generate(spec(document), tmp_path / "out", "empty_api")
    assert "First call" not in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def _takes(*names: str, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a body of JSON with these members."""
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {
            name: {"type": "boolean" if name == "stream" else "string"} for name in names
        },
    }
    return {"content": {"application/json": {"schema": schema}}, "required": True}


def test_the_first_example_is_what_the_api_is_there_for(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """It asks for little and can be told much; the stream of the same operation is the second."""
    answered = {"200": {"description": "", "content": {"application/json": {}}}}
    either = {
        "200": {
            "description": "",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/event-stream": {"schema": {"type": "object"}},
            },
        }
    }
    many, word = tuple("abcdef"), _takes("text")
    paths = {
        "/words": {"get": {"operationId": "listWords", "responses": answered}},
        "/old": {
            "post": {
                "operationId": "oldWays",
                "deprecated": True,
                "requestBody": _takes(*many, *"gh", "stream"),
                "responses": either,
            }
        },
        "/voices": {"post": {"operationId": "speak", "requestBody": word, "responses": either}},
        "/talks": {
            "post": {
                "operationId": "talk",
                "requestBody": _takes(*many, "stream", required=("a", "b")),
                "responses": either,
            }
        },
        "/forms": {
            "post": {
                "operationId": "fill",
                "requestBody": _takes(*many, *"gh", required=("a", "b", "c", "d")),
                "responses": answered,
            },
            "put": {
                "operationId": "replaceForm",
                "requestBody": _takes(*many, *"gh"),
                "responses": answered,
            },
        },
    }
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}
    generate(spec(document), tmp_path / "out", "talks_api")
    readme = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert 3 == len(examples)
    assert all(".talk(" in example for example in examples)
    assert ["stream=True" in example for example in examples] == [False, False, True]
    assert "TALKS_API_BASE_URL` in the environment" in readme


@given(st.text())
def test_no_line_of_foreign_words_begins_with_a_fence(words: str) -> None:
    """Code that tests run is ours alone."""
    assert "\n" not in cell(words)
    for text in (prose(words), prose(f"```\n{words}")):
        assert not re.search(r"^\s{0,3}(```|~~~|#|===)", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "table", "expected"),
    [
        ("a", False, "`a`"),
        ("a | b", False, "`a | b`"),
        ("a | b", True, "`a \\| b`"),
        ("a``b", False, "``` a``b ```"),
    ],
)
def test_code_in_a_line_ends_where_it_should(text: str, table: bool, expected: str) -> None:
    """Backticks inside need more of them outside."""
    assert expected == code(text, table=table)


def test_words_of_the_document_stay_markdown() -> None:
    """What is harmless is kept; what would break out is not."""
    expected = "see `<a>` and &lt;b> <https://e.com>\n\n\n    code\n\nend".replace("\n\n\n", "\n\n")
    found = prose("see `<a>` and <b> <https://e.com>\n```json\ncode\n```\nend")
    assert expected == found


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(st.text(), st.binary(max_size=9))
    ),
)


@given(values, st.sampled_from([0, 8]))
def test_a_value_in_a_snippet_is_that_value(value: Any, indent: int) -> None:
    """However long it is, and over however many lines it is written."""
    assert value == eval(source(value, indent))


def test_the_metadata_of_the_configuration_is_in_the_project_file() -> None:
    """Authors, addresses, licence and versions are those of the package's owner."""
    metadata = Metadata(
        version="2.1.0",
        description='A "client"',
        license="Apache-2.0",
        authors=("Ada <ada@example.com>", "Bob", "<c@example.com>"),
        urls={"Home page": "https://example.com"},
        python=">=3.12",
    )
    identity = Identity(
        "tiny",
        "tiny",
        "s",
        "0" * 64,
        "1",
        flavour="attrs",
        metadata=metadata,
        tests=False,
        docs=False,
    )
    project, package = render_project(_context(), identity)
    found = tomllib.loads(project["pyproject.toml"])["project"]
    assert 'description = "A \\"client\\""' in project["pyproject.toml"]
    assert found["license"] == "Apache-2.0"
    assert found["requires-python"] == ">=3.12"
    assert found["authors"] == [
        {"name": "Ada", "email": "ada@example.com"},
        {"name": "Bob"},
        {"email": "c@example.com"},
    ]
    assert found["urls"] == {"Home page": "https://example.com"}
    assert not any(item.startswith("pydantic") for item in found["dependencies"])
    assert set(project) == {"pyproject.toml", "README.md"}
    assert '"2.1.0"' in package["__about__.py"]


def _context() -> Context:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {},
        "components": {"schemas": {}},
    }
    api = build(normalise(document)[0])
    env = environment()
    env.filters["literal"] = literal
    env.globals["header"] = "# header"
    return Context(api, Types(api, resolve(nodes(api))), env, "tiny")
