"""Path items, operations and responses of Swagger 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from .._pointers import join
from .._repairs import Repair
from .._schemas import METHODS
from ._parameters import Parameters, json_first
from ._schemas import NAMED, References, follow
from ._shapes import listed, mapping, texts

__all__ = ["Operations"]

_BODIES = ("body", "formData")
_CONVERTED = frozenset({"consumes", "produces", "schemes", "parameters", "responses"})

Entry: TypeAlias = tuple[dict[str, Any], list[str], str]
"""A parameter, the tokens of the place that a reference led to, and where it is used."""


class Operations:
    """
    The operations of a document.

    Args:
        document: The whole document.
        references: Its schemas.
        repairs: Where repairs are written.
    """

    def __init__(
        self, document: dict[str, Any], references: References, repairs: list[Repair]
    ) -> None:
        self.consumes = texts(document.get("consumes"))
        self.produces = texts(document.get("produces"))
        self._document = document
        self._references = references
        self._repairs = repairs
        self._parameters = Parameters(references, repairs)

    def shared_parameters(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters and request bodies of `components`."""
        parameters, bodies = {}, {}
        for name, entry in mapping(self._document.get("parameters"), "/parameters").items():
            pointer = join("/parameters", name)
            found, _ = follow(self._document, entry, pointer)
            parameter = mapping(found, pointer)
            if parameter.get("in") == "body":
                bodies[name] = self._parameters.body(parameter, self.consumes, pointer)
            elif parameter.get("in") != "formData":  # a part of a body is no component
                parameters[name] = self._parameters.parameter(parameter, pointer)
        return parameters, bodies

    def shared_responses(self) -> dict[str, Any]:
        """Return the responses of `components`."""
        entries = mapping(self._document.get("responses"), "/responses")
        return {
            name: self._response(entry, self.produces, join("/responses", name))
            for name, entry in entries.items()
        }

    def path_item(self, item: Any, pointer: str) -> dict[str, Any]:
        """Return a path item; what its operations share of a body is given to each of them."""
        found, _ = follow(self._document, item, pointer)
        found = {**mapping(found, pointer), **mapping(item, pointer)}
        found.pop("$ref", None)
        shared = self._list(found.get("parameters"), join(pointer, "parameters"))
        bodies = [entry for entry in shared if entry[0].get("in") in _BODIES]
        changed: dict[str, Any] = {}
        for key, value in found.items():
            if key == "parameters":
                changed[key] = [
                    self._plain(*entry) for entry in shared if entry[0].get("in") not in _BODIES
                ]
            elif key in METHODS:
                changed[key] = self._operation(value, bodies, join(pointer, key))
            else:
                changed[key] = value
        return changed

    def _list(self, parameters: Any, pointer: str) -> list[Entry]:
        """Return the parameters, without references."""
        found = []
        for index, entry in enumerate(listed(parameters, pointer)):
            place = join(pointer, index)
            parameter, tokens = follow(self._document, entry, place)
            found.append((mapping(parameter, place), tokens, place))
        return found

    def _plain(self, parameter: dict[str, Any], tokens: list[str], pointer: str) -> dict[str, Any]:
        if _is_entry(tokens, "parameters"):
            return {"$ref": "#" + join("/components/parameters", tokens[1]).replace("%", "%25")}
        return self._parameters.parameter(parameter, pointer)

    def _operation(
        self,
        value: Any,
        shared: list[Entry],
        pointer: str,
    ) -> dict[str, Any]:
        operation = mapping(value, pointer)
        consumes = texts(operation.get("consumes")) or self.consumes
        produces = texts(operation.get("produces")) or self.produces
        own = self._list(operation.get("parameters"), join(pointer, "parameters"))
        changed = {key: item for key, item in operation.items() if key not in _CONVERTED}
        plain = [self._plain(*entry) for entry in own if entry[0].get("in") not in _BODIES]
        if plain:
            changed["parameters"] = plain
        names = {(str(entry[0].get("in")), str(entry[0].get("name"))) for entry in own}
        bodies = [
            entry
            for entry in shared
            if (entry[0]["in"], str(entry[0].get("name"))) not in names
            # An operation has one body: its own, whatever it is called.
            and not (entry[0]["in"] == "body" and any(kind == "body" for kind, _ in names))
        ]
        bodies += [entry for entry in own if entry[0].get("in") in _BODIES]
        if bodies:
            changed["requestBody"] = self._body(bodies, consumes)
        responses = mapping(operation.get("responses"), join(pointer, "responses"))
        changed["responses"] = {
            status: response
            if status.startswith("x-")
            else self._answer(response, produces, join(pointer, "responses", status))
            for status, response in responses.items()
        }
        return changed

    def _body(
        self,
        entries: list[Entry],
        consumes: Sequence[str],
    ) -> dict[str, Any]:
        whole = [entry for entry in entries if entry[0]["in"] == "body"]
        if not whole:
            return self._parameters.form([(entry[0], entry[2]) for entry in entries], consumes)
        first = whole[0]
        self._repairs += [
            Repair(entry[2], f"`{entry[0].get('name')}` is a second body; ignored")
            for entry in entries
            if entry is not first
        ]
        parameter, tokens, pointer = first
        if _is_entry(tokens, "parameters") and consumes == self.consumes:
            return {"$ref": "#" + join("/components/requestBodies", tokens[1]).replace("%", "%25")}
        return self._parameters.body(parameter, consumes, pointer)

    def _answer(self, value: Any, produces: Sequence[str], pointer: str) -> Any:
        found, tokens = follow(self._document, value, pointer)
        if _is_entry(tokens, "responses") and produces == self.produces:
            return {"$ref": "#" + join("/components/responses", tokens[1]).replace("%", "%25")}
        return self._response(found, produces, pointer)

    def _response(self, value: Any, produces: Sequence[str], pointer: str) -> dict[str, Any]:
        found, _ = follow(self._document, value, pointer)
        response = mapping(found, pointer)
        changed = {
            key: item
            for key, item in response.items()
            if key not in ("schema", "headers", "examples")
        }
        headers = mapping(response.get("headers"), join(pointer, "headers"))
        if headers:
            changed["headers"] = {
                name: self._parameters.parameter(
                    {**mapping(header, join(pointer, "headers", name)), "in": "header"},
                    join(pointer, "headers", name),
                )
                for name, header in headers.items()
            }
            for header in changed["headers"].values():
                header.pop("in")
        examples = response.get("examples")
        examples = examples if isinstance(examples, dict) else {}
        if response.get("schema") is None and not examples:
            return changed
        schema = response.get("schema")
        media_types = json_first(produces) or ["application/json"]
        if isinstance(schema, dict) and schema.get("type") == "file":
            # The document says what kinds of answer there are in general; this one is a file.
            media_types = [name for name in media_types if "json" not in name] or ["*/*"]
        elif schema is None:
            media_types = [name for name in examples if "/" in name]
        changed["content"] = {}
        for name in media_types:
            media: dict[str, Any] = {}
            if schema is not None:
                media["schema"] = self._references.schema(schema, join(pointer, "schema"))
            if name in examples:
                media["example"] = examples[name]
            changed["content"][name] = media
        return changed


def _is_entry(tokens: list[str], section: str) -> bool:
    return tokens[:1] == [section] and len(tokens) == NAMED
