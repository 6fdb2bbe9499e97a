"""The client, and everything around the code: project file, README, licence, tests."""

from __future__ import annotations

import attrs

from .._annotations import literal
from .._ir import SecurityScheme
from ._context import Context
from ._docstrings import clean, docstring, sentence
from ._resources import tree
from ._signatures import arguments

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
    """

    package: str
    distribution: str
    spec: str
    spec_sha256: str
    generator: str


def render_project(context: Context, identity: Identity) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files at the top of the project, and those of the package, by path."""
    api = context.api
    resources = tree(context)
    words = sentence(api.description) or f"A client of {api.title}."
    package = {
        "__about__.py": context.render("about.py.jinja"),
        "__init__.py": context.render(
            "package_init.py.jinja",
            docstring=docstring(f"{sentence(api.title)}\n\n{words}", 0),
            identity=identity,
            version=api.version,
        ),
        "client.py": context.render(
            "client.py.jinja",
            docstring=docstring(f"{sentence(api.title)}\n\n{words}", 4),
            async_docstring=docstring(
                f"{sentence(api.title)} The asynchronous twin of `Client`.", 4
            ),
            resources=resources,
            servers=api.servers,
            security_schemes=[(item.id, _scheme(item)) for item in api.security_schemes],
        ),
        "py.typed": "",
    }
    summary = f"Typed client of {sentence(api.title)}"
    project = {
        "pyproject.toml": context.render(
            "pyproject.toml.jinja", identity=identity, summary=literal_toml(summary)
        ),
        "README.md": context.render(
            "README.md.jinja",
            identity=identity,
            title=api.title,
            words=words,
            call=_example(context),
            base_url="" if api.servers else 'base_url="https://api.example.com", ',
            operations=[
                (
                    f"client.{'.'.join(operation.group)}.{operation.name}",
                    f"{operation.method} {operation.path}",
                    " ".join(operation.summary.split()),
                )
                for operation in api.operations
            ],
        ),
        "LICENSE": context.render("LICENSE.jinja"),
        "tests/test_package.py": context.render(
            "test_package.py.jinja",
            methods=[
                (".".join((*operation.group, operation.name)), context.constants[operation.id])
                for operation in api.operations
            ],
            models=sorted(context.models),
        ),
    }
    return project, package


def _example(context: Context) -> str:
    """Return a call for the README: the first that needs no argument, else the first."""
    calls = []
    for operation in context.api.operations:
        required = [item for item in arguments(operation, context) if item.required]
        given = ", ".join(f"{item.name}=..." for item in required)
        calls.append(
            (len(required), f"client.{'.'.join(operation.group)}.{operation.name}({given})")
        )
    return min(calls, key=lambda call: call[0])[1] if calls else "client"


def _scheme(scheme: SecurityScheme) -> str:
    """Return the arguments of a `SecurityScheme`, those that say something."""
    values = {
        "kind": scheme.kind,
        "scheme": scheme.scheme,
        "location": scheme.location,
        "name": scheme.name,
    }
    return ", ".join(f"{key}={literal(value)}" for key, value in values.items() if value)


def literal_toml(text: str) -> str:
    """Return *text* as a basic string of TOML."""
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(escaped.split()) + '"'
