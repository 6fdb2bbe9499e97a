"""
The configuration file, `sdk-codegen.yaml`.

The model below is the one source: errors, the JSON schema beside it and the defaults come from it.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ._fetch import is_url
from ._parse import parse
from ._selecting import nearest
from ._settings import Metadata, Mixin, PageRule, Retries, Settings
from .errors import ConfigError, LoadError

__all__ = [
    "CONFIG_NAME",
    "SCHEMA",
    "SCHEMA_NAME",
    "Config",
    "parse_config",
    "read_config",
    "schema_text",
]

CONFIG_NAME = "sdk-codegen.yaml"

SCHEMA = Path(__file__).with_name("config.schema.json")

SCHEMA_NAME = "sdk-codegen.schema.json"
"""What `init` calls its copy, for editors."""

_NAME = r"[A-Za-z][A-Za-z0-9_]*"
Text = Annotated[str, StringConstraints(min_length=1)]
Group = Annotated[
    str,
    StringConstraints(pattern=rf"^{_NAME}(\.{_NAME})*$"),
    Field(description="A group of the client, such as `chat.completions`."),
]
Method = Annotated[
    str,
    StringConstraints(pattern=rf"^{_NAME}(\.{_NAME})+$"),
    Field(description="A method of the client with its group, such as `chat.completions.create`."),
]
Class = Annotated[
    str,
    StringConstraints(pattern=rf"^{_NAME}(\.{_NAME})*:{_NAME}$"),
    Field(description="A class, as `module:Class`."),
]
Selector = Annotated[
    str,
    StringConstraints(min_length=1),
    Field(description="An operationId, `METHOD /path` or `tag:NAME`; each may be a glob."),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Package(_Section):
    """What the generated package is called, and what it says about itself."""

    name: Text = Field(description="The import name.")
    distribution: Text | None = Field(
        default=None,
        description="The name on a package index. Default: the import name with hyphens.",
    )
    version: Text | None = Field(default=None, description="Default: 0.1.0.")
    description: Text | None = Field(
        default=None, description="One line. Default: the document's title."
    )
    license: Text | None = Field(default=None, description="An SPDX expression. Default: MIT.")
    authors: tuple[Text, ...] = Field(default=(), description="Each as `Name <address>` or `Name`.")
    urls: dict[str, Text] = Field(default={}, description="Links by label, such as `Homepage`.")
    python: Text = Field(
        default=">=3.11", description="The versions of Python, as in `requires-python`."
    )


class Naming(_Section):
    """Names that you choose instead of those that follow from the document."""

    schemas: dict[str, Text] = Field(
        default={},
        description="The class of a schema, by its name in the document or its present class.",
    )
    operations: dict[str, Method] = Field(
        default={}, description="The method of an operation, by its operationId or `METHOD /path`."
    )


class PageInput(_Section):
    """Where a page is asked for."""

    name: Text
    in_: Literal["parameters", "requestBody"] = Field(alias="in")
    type: Literal["page", "offset", "limit", "cursor"]


class PageOutputs(_Section):
    """Where an answer holds its items and what leads to the next page; each is a JSONPath."""

    results: Text | None = None
    nextCursor: Text | None = None  # noqa: N815 - the published name
    nextUrl: Text | None = None  # noqa: N815 - as above
    numPages: Text | None = None  # noqa: N815 - as above


class Pagination(_Section):
    """A rule in the shape of `x-speakeasy-pagination`, and the operations that it is about."""

    type: Literal["offsetLimit", "cursor", "url"]
    inputs: tuple[PageInput, ...] = ()
    outputs: PageOutputs
    operations: tuple[Selector, ...] = Field(
        default=(), description="Default: every operation that has all the inputs and outputs."
    )


class RetryDefaults(_Section):
    """What the generated client does where its user does not say."""

    max_retries: int | None = Field(default=None, ge=0, description="Repeats of a failed attempt.")
    statuses: tuple[Annotated[int, Field(ge=100, le=599)], ...] | None = Field(
        default=None, description="The statuses that are worth a repeat."
    )


class Colours(_Section):
    """A hand-written class for each colour."""

    sync: Class | None = None
    async_: Class | None = Field(default=None, alias="async")


class Config(_Section):
    """How `sdk-codegen` makes a package of an OpenAPI document."""

    spec: Text = Field(description="The document: a path relative to this file, or a URL.")
    overlays: tuple[Text, ...] = Field(
        default=(), description="Overlay 1.x documents, in this order."
    )
    out: Text = Field(default=".", description="The project's folder. Default: that of this file.")
    package: Package
    models: Literal["pydantic", "attrs"] = Field(
        default="pydantic", description="What models are made with."
    )
    naming: Naming = Naming()
    groups: dict[str, Group] = Field(
        default={}, description="The group of operations, by first tag."
    )
    skip: tuple[Selector, ...] = Field(default=(), description="Operations that are left out.")
    pagination: tuple[Pagination, ...] = Field(
        default=(), description="The first rule that fits counts."
    )
    retries: RetryDefaults = RetryDefaults()
    mixins: dict[str, Class | Colours] = Field(
        default={},
        description="Hand-written base classes, by `client` or group. A single class is for "
        "both colours.",
    )
    tests: bool = Field(default=True, description="Whether the project gets tests.")
    docs: bool = Field(default=True, description="Whether the project gets an API reference.")
    allow_remote: bool = Field(
        default=False, description="Whether a `$ref` of the document may lead to another host."
    )

    def settings(self, path: Path, content: bytes) -> Settings:
        """Return what a run is to do; relative paths start from the folder of *path*."""
        folder = path.parent
        package = self.package
        return Settings(
            spec=self.spec if is_url(self.spec) else _below(folder, self.spec),
            out=_below(folder, self.out),
            config=(path, hashlib.sha256(content).hexdigest()),
            package=package.name,
            distribution=package.distribution or package.name.replace("_", "-"),
            overlays=tuple(_below(folder, overlay) for overlay in self.overlays),
            models=self.models,
            metadata=Metadata(
                version=package.version,
                description=package.description,
                license=package.license,
                authors=package.authors,
                urls=package.urls,
                python=package.python,
            ),
            schemas=self.naming.schemas,
            operations=self.naming.operations,
            groups=self.groups,
            skip=self.skip,
            pagination=tuple(
                PageRule(
                    rule.model_dump(
                        mode="json", by_alias=True, exclude={"operations"}, exclude_none=True
                    ),
                    rule.operations,
                )
                for rule in self.pagination
            ),
            retries=Retries(self.retries.max_retries, self.retries.statuses),
            mixins={
                place: Mixin(given, given)
                if isinstance(given, str)
                else Mixin(given.sync, given.async_)
                for place, given in self.mixins.items()
            },
            tests=self.tests,
            docs=self.docs,
            allow_remote=self.allow_remote,
        )


def _below(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))  # as people write it


def read_config(path: Path) -> Settings:
    """
    Read a configuration file.

    Raises:
        ConfigError: It cannot be read, or a key in it cannot be used; the message names both.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path.as_posix()}: cannot be read: {error.strerror}"
        raise ConfigError(msg) from error
    return parse_config(content, path)


def parse_config(content: bytes, path: Path) -> Settings:
    """Read the bytes of a configuration file, see `read_config`."""
    try:
        value, _ = parse(content, path.as_posix())
        # As JSON, because a list of YAML is what the model holds as a tuple.
        return Config.model_validate_json(json.dumps(value)).settings(path, content)
    except LoadError as error:
        msg = f"{path.as_posix()}: {error.reason}"
        raise ConfigError(msg) from error
    except ValidationError as error:
        msg = f"{path.as_posix()}: {_reason(error, value)}"
        raise ConfigError(msg) from error
    except ConfigError as error:
        msg = f"{path.as_posix()}: {error}"
        raise ConfigError(msg) from error


def schema_text() -> str:
    """Return the JSON schema (2020-12) of the file, as it is shipped beside this module."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(by_alias=True),
        "title": CONFIG_NAME,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _reason(error: ValidationError, value: Any) -> str:
    """Return the first thing that is wrong, and what to do about it."""
    found = error.errors(include_url=False)
    # Of a union there is an error for each branch: the one of another shape says nothing.
    first = next((item for item in found if item["type"] not in _SHAPES), found[0])
    steps = _steps(first["loc"], value)
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    key = key.removeprefix(".")
    if first["type"] == "missing":
        about = _node(steps).get("description", "")
        return f"`{key}` is missing{': ' + about if about else ''}"
    if first["type"] == "extra_forbidden":
        known = _node(steps[:-1]).get("properties", {})
        return f"`{key}` is not a key of the configuration{nearest(str(steps[-1]), known)}"
    reason = " ".join(first["msg"].split())
    given = repr(first["input"])
    given = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}..."
    return f"`{key}`: {reason[0].lower()}{reason[1:]}, not {given}"


_SHAPES = ("string_type", "model_type", "model_attributes_type")
_SHOWN = 80


def _steps(location: tuple[int | str, ...], value: Any) -> list[int | str]:
    """Return the keys in *location*; those that name a branch of a union are none of the file's."""
    steps: list[int | str] = []
    for step in location:
        if isinstance(value, list) and isinstance(step, int):
            value = value[step]
        elif isinstance(value, dict) and (step in value or step is location[-1]):
            value = value.get(step)
        else:
            continue
        steps.append(step)
    return steps


def _node(steps: list[int | str]) -> dict[str, Any]:
    """Return what the schema says about the place that *steps* lead to."""
    schema = Config.model_json_schema(by_alias=True)
    node = schema
    for step in steps:
        node = _forms(node, schema)
        node = (
            node.get("items", {})
            if isinstance(step, int)
            else node.get("properties", {}).get(step) or node.get("additionalProperties") or {}
        )
    return {**_forms(node, schema), **node}


def _forms(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return *node* without `$ref`; of alternatives the one that has keys."""
    for form in node.get("anyOf", [node]):
        target = str(form.get("$ref", "")).rpartition("/")[2]
        if target:
            found: dict[str, Any] = schema["$defs"][target]
            return found
    return node
