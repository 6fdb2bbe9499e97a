"""What is around the code: project file, README, licence, reference, tests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import attrs

from .._names import constant_name
from .._settings import Metadata, Mixin, Retries
from ._context import Context
from ._docstrings import clean, docstring, sentence
from ._exchanges import Described, describe
from ._readme import render_readme
from ._reference import render_reference

__all__ = ["Identity", "render_project"]


@attrs.frozen
class Identity:
    """
    What the generated package says about itself.

    Attributes:
        package: The import name.
        distribution: The name on a package index.
        spec: The file name of the document.
        spec_sha256: Of the document as it is on disk.
        generator: Version of `sdk-codegen`.
        flavour: What models are: ``pydantic`` or ``attrs``.
        metadata: What a package index shows.
        retries: The defaults of the client.
        mixins: Hand-written base classes, by ``client`` or group.
        neighbours: Folders of hand-written packages beside it, which its wheel has, too.
        tests: Whether the project gets tests.
        docs: Whether it gets an API reference.
    """

    package: str
    distribution: str
    spec: str
    spec_sha256: str
    generator: str
    flavour: str = "pydantic"
    metadata: Metadata = attrs.field(factory=Metadata)
    retries: Retries = attrs.field(factory=Retries)
    mixins: Mapping[str, Mixin] = attrs.field(factory=dict)
    neighbours: tuple[str, ...] = ()
    tests: bool = True
    docs: bool = True


def render_project(context: Context, identity: Identity) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files at the top of the project, and those of the package, by path."""
    api = context.api
    words = sentence(api.description) or f"A client of {api.title}."
    package = {
        "__about__.py": context.render(
            "about.py.jinja", release=identity.metadata.version or "0.1.0"
        ),
        "__init__.py": context.render(
            "package_init.py.jinja",
            docstring=docstring(f"{sentence(api.title)}\n\n{words}", 0),
            identity=identity,
            version=api.version,
        ),
        "py.typed": "",
    }
    operations = describe(context)
    project = {
        "pyproject.toml": _project_file(context, identity),
        "README.md": render_readme(context, operations, identity),
    }
    if _is_mit(identity.metadata):
        project["LICENSE"] = context.render("LICENSE.jinja")
    if identity.docs:
        project |= render_reference(context, operations)
    if identity.tests:
        project |= _tests(context, operations)
    return project, package


def _is_mit(metadata: Metadata) -> bool:
    return metadata.license in (None, "MIT")


def _project_file(context: Context, identity: Identity) -> str:
    metadata = identity.metadata
    summary = metadata.description or f"Typed client of {sentence(context.api.title)}"
    return context.render(
        "pyproject.toml.jinja",
        distribution=identity.distribution,
        flavour=identity.flavour,
        neighbours=identity.neighbours,
        summary=literal_toml(summary),
        license=literal_toml(metadata.license or "MIT"),
        has_license=_is_mit(metadata),
        python=literal_toml(metadata.python),
        authors=[_author(author) for author in metadata.authors],
        urls=[(literal_toml(name), literal_toml(url)) for name, url in metadata.urls.items()],
    )


def _author(author: str) -> str:
    """Return ``Name <address>``, or either of them, as a table of TOML."""
    name, address = author, ""
    if match := re.fullmatch(r"\s*(.*?)\s*<([^<>]+)>\s*", author):
        name, address = match.groups()
    entries = [f"name = {literal_toml(name)}"] if name else []
    entries += [f"email = {literal_toml(address)}"] if address else []
    return f"{{ {', '.join(entries)} }}"


def literal_toml(text: str) -> str:
    """Return *text* as a basic string of TOML, on one line."""
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(escaped.split()) + '"'


def _tests(context: Context, operations: Mapping[str, Described]) -> dict[str, str]:
    names = [item.place for item in operations.values()]
    return {
        "tests/exchanges.json": _lines(operations),
        "tests/test_operations.py": context.render("test_operations.py.jinja"),
        "tests/test_package.py": context.render("test_package.py.jinja", methods=names),
        "tests/test_snippets.py": context.render(
            "test_snippets.py.jinja", prefix=constant_name(context.package)
        ),
    }


def _lines(operations: Mapping[str, Described]) -> str:
    """Return exchanges as JSON, each on a line of its own."""
    lines = [
        json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        for described in operations.values()
        for item in described.exchanges
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"
