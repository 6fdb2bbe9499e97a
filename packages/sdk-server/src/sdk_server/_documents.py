"""An OpenAPI document as the server uses it: operations with compiled validators."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import attrs
import jsonschema_rs

from ._violations import MASK

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

_STYLES = {"path": "simple", "header": "simple", "query": "form"}


class DocumentError(Exception):
    """Tell that a document asks for something the server does not implement."""


@attrs.frozen(kw_only=True)
class Parameter:
    """Describe one parameter of an operation (OpenAPI 3.2 section 4.12).

    Args:
        deep: Whether each member is a field of its own, such as `metadata[suite]`.
        place: JSON pointer to the schema.
    """

    name: str
    location: str
    required: bool
    explode: bool
    deep: bool
    schema: Mapping[str, Any]
    place: str


@attrs.frozen(kw_only=True)
class Content:
    """Describe a request body in one media type.

    Args:
        place: JSON pointer to the schema.
    """

    schema: Mapping[str, Any]
    place: str


@attrs.frozen(kw_only=True)
class Operation:
    """Describe one operation: where it is, what it takes, who may call it.

    Args:
        segments: The path's parts; a `str` is literal, a 1-tuple holds a parameter's name.
        security: Alternatives of scheme names used together; empty for a public operation.
        body: Contents by media type, `None` when the operation takes no body.
    """

    id: str
    method: str
    path: str
    segments: tuple[str | tuple[str], ...]
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Content] | None
    body_required: bool
    security: tuple[frozenset[str], ...]


class Document:
    """Hold a document, resolve its references and compile its schemas.

    Args:
        raw: The document as JSON values, OpenAPI 3.1 or 3.2.

    Raises:
        DocumentError: The document uses a feature that the server does not implement.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self._registry = jsonschema_rs.Registry(
            [("urn:document", dict(raw))], draft=jsonschema_rs.Draft202012
        )
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self.operations: tuple[Operation, ...] = tuple(self._read())

    @classmethod
    def bundled(cls, name: str) -> Document:
        """Return the document `name` that the package carries, `inference` or `platform`."""
        return cls(json.loads(files(__package__).joinpath("_spec", f"{name}.json").read_bytes()))

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `value`, or what it refers to when it is a reference object."""
        while "$ref" in value:
            value = self._lookup(value["$ref"])
        return value

    def validator(self, pointer: str) -> jsonschema_rs.Validator:
        """Return the validator for a schema, compiled when it is asked for the first time.

        A server meets few of the operations of a large document, and starts faster like this.
        """
        if pointer not in self._validators:
            self._validators[pointer] = self.compile(pointer)
        return self._validators[pointer]

    def compile(self, pointer: str) -> jsonschema_rs.Validator:
        """Return a validator for the schema at a JSON pointer, such as `/components/schemas/Model`."""
        return jsonschema_rs.Draft202012Validator(
            {"$ref": f"urn:document#{pointer}"},
            registry=self._registry,
            validate_formats=True,
            mask=MASK,
            offline=True,
        )

    def _lookup(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            msg = f"{reference}: only references within the document can be followed"
            raise DocumentError(msg)
        value: Any = self.raw
        for part in reference[2:].split("/"):
            value = value[part.replace("~1", "/").replace("~0", "~")]
        return value

    def _read(self) -> Iterator[Operation]:
        for path, item in self.raw["paths"].items():
            base = f"/paths/{_escape(path)}"
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item, f"{base}/{method}")

    def _operation(
        self, path: str, method: str, item: Mapping[str, Any], pointer: str
    ) -> Operation:
        raw = item[method]
        body = self.resolve(raw["requestBody"]) if "requestBody" in raw else None
        security = raw.get("security", self.raw.get("security", []))
        return Operation(
            id=raw["operationId"],
            method=method.upper(),
            path=path,
            segments=tuple(
                (part[1:-1],) if part.startswith("{") and part.endswith("}") else part
                for part in path.strip("/").split("/")
            ),
            parameters=self._parameters(path, method, item),
            body=None if body is None else self._contents(raw["requestBody"], pointer),
            body_required=bool(body and body.get("required")),
            # An empty requirement object means that nothing is needed (OpenAPI 3.2 section 4.30).
            security=() if {} in security else tuple(frozenset(need) for need in security),
        )

    def _parameters(self, path: str, method: str, item: Mapping[str, Any]) -> tuple[Parameter, ...]:
        base = f"/paths/{_escape(path)}"
        entries = [
            (f"{where}/parameters/{index}", entry)
            for where, owner in ((base, item), (f"{base}/{method}", item[method]))
            for index, entry in enumerate(owner.get("parameters", ()))
        ]
        found: dict[tuple[str, str], Parameter] = {}
        for pointer, entry in entries:
            parameter = self.resolve(entry)
            name, location = parameter["name"], parameter["in"]
            default = _STYLES.get(location)
            style = parameter.get("style", default)
            schema = self.resolve(parameter["schema"])
            deep = (location, style) == ("query", "deepObject") and schema.get("type") == "object"
            if default is None or (style != default and not deep):
                msg = f"{path}: the server cannot read the parameter `{name}` in this style"
                raise DocumentError(msg)
            found[name, location] = Parameter(
                name=name,
                location=location,
                required=bool(parameter.get("required")),
                explode=bool(parameter.get("explode", default == "form")),
                deep=deep,
                schema=schema,
                place=f"{_target(entry, pointer)}/schema",
            )
        return tuple(found.values())

    def _contents(self, body: Mapping[str, Any], pointer: str) -> dict[str, Content]:
        base = _target(body, f"{pointer}/requestBody")
        return {
            media_type.lower(): Content(
                schema=content["schema"],
                place=f"{base}/content/{_escape(media_type)}/schema",
            )
            for media_type, content in self.resolve(body)["content"].items()
        }


def _target(entry: Mapping[str, Any], pointer: str) -> str:
    """Return the pointer to what an entry refers to, or to the entry itself."""
    return str(entry["$ref"])[1:] if "$ref" in entry else pointer


def _escape(part: str) -> str:
    # In a URI fragment the braces of a path template must be percent-encoded as well.
    escaped = part.replace("~", "~0").replace("/", "~1")
    return escaped.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
