"""
Exchanges: for each operation the calls of its method, and what goes over the wire for them.

What must arrive is worked out from the document here, by other code than that of the runtime, so
that a smoke test of a generated package checks both. Exchanges are plain values of JSON in the
shape that `sdk_core.testing` reads.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import attrs

from .._answers import Answer, answer, streamed
from .._fitting import resolve, variants
from .._ir import Body, Object, Operation, Parameter, SecurityScheme
from .._media import essence
from .._samples import Samples
from .._wire import cookie_pairs, form_pairs, joined, marked, multipart_parts, path_of, query_pairs
from ._bodies import Bodies
from ._context import Context
from ._signatures import Argument, arguments, parameter_names

__all__ = ["Described", "Exchange", "describe", "exchanges"]

Exchange: TypeAlias = dict[str, Any]
Given: TypeAlias = tuple[dict[str, Any], dict[str, Any] | None]
"""The arguments for a body, and the body that must arrive."""

UNTOUCHED = frozenset(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding"}
)
"""Headers that belong to the connection: optional parameters of these names are not given."""


@attrs.frozen
class Described:
    """
    An operation, as documentation and tests see it.

    Attributes:
        arguments: Those of its method.
        exchanges: What its method is called with, the shortest first, and what comes of it.
    """

    operation: Operation
    arguments: tuple[Argument, ...]
    exchanges: tuple[Exchange, ...]

    @property
    def place(self) -> str:
        """Return where the method is in the client."""
        return ".".join((*self.operation.group, self.operation.name))


def describe(context: Context) -> dict[str, Described]:
    """Return all operations with their exchanges, by `operationId`."""
    api = context.api
    samples = Samples({name: item.schema for name, item in api.components.items()})
    schemes = {scheme.id: scheme for scheme in api.security_schemes}
    found = {}
    for operation in api.operations:
        named = arguments(operation, context)
        made = exchanges(operation, named, context.bodies(operation), samples, schemes)
        found[operation.id] = Described(operation, tuple(named), tuple(made))
    return found


def exchanges(
    operation: Operation,
    named: Sequence[Argument],
    bodies: Bodies,
    samples: Samples,
    schemes: Mapping[str, SecurityScheme],
) -> list[Exchange]:
    """
    Return the exchanges of an operation, the shortest first.

    There is one with what is required only, one with everything, one for each other kind of body
    that can be told apart, and one for the stream where there is a switch.

    Args:
        operation: The operation.
        named: The arguments of its method.
        bodies: What the kinds of its body are to the method.
        samples: Where values come from.
        schemes: The API's security schemes, by name.
    """
    call = _Call(operation, named, bodies, samples, _security(operation, schemes))
    streaming = operation.streaming
    always = streaming is not None and streaming.switch is None
    first = call.exchange(
        "required",
        call.body(full=False),
        streamed(operation, samples) if always else answer(operation, samples, full=False),
        full=False,
    )
    found = [first]
    whole = call.exchange(
        "full",
        call.body(full=True),
        streamed(operation, samples) if always else answer(operation, samples, full=True),
        full=True,
    )
    if any(whole[key] != first[key] for key in ("arguments", "answer")):
        found.append(whole)
    for body, given in call.other_bodies():
        answered = streamed(operation, samples) if always else answer(operation, samples, full=True)
        found.append(call.exchange(essence(body.media_type), given, answered, full=False))
    if streaming is not None and streaming.switch is not None:
        switched = call.body(full=False, switch=streaming.switch)
        found.append(
            call.exchange("stream", switched, streamed(operation, samples), full=False, on=True)
        )
    return found


class _Call:
    """One operation while its exchanges are made."""

    def __init__(
        self,
        operation: Operation,
        named: Sequence[Argument],
        bodies: Bodies,
        samples: Samples,
        security: list[list[dict[str, str]]],
    ) -> None:
        self.operation = operation
        self.bodies = bodies
        self.samples = samples
        self.security = security
        names = parameter_names(operation)
        self.parameters = [*zip(names, operation.parameters, strict=True)]
        members = [item for item in named if item.source == "property"]
        self.members = {item.wire: item.name for item in members}
        self.required = {item.wire for item in members if item.required}
        self.body_argument = next(
            (item.name for item in named if item.source in ("body", "raw")), None
        )

    def exchange(
        self, case: str, given: Given, answered: Answer, *, full: bool, on: bool = False
    ) -> Exchange:
        """Return one exchange; *on* asks for a stream, if a parameter does."""
        operation = self.operation
        arguments: dict[str, Any] = {}
        path = operation.path
        query: list[list[Any]] = []
        headers: dict[str, str] = {}
        cookies: dict[str, str] = {}
        for name, parameter in self.parameters:
            value = self._parameter(parameter, full=full)
            if self._switches(parameter) and (value is not None or on):
                value = on
            if value is None:
                continue
            if parameter.location == "header" and parameter.wire.lower() == "content-length":
                value = _length(given[1])
            arguments[name] = marked(value)
            if parameter.location == "path":
                path = path.replace(f"{{{parameter.wire}}}", path_of(parameter, value))
            elif parameter.location == "query":
                query += query_pairs(parameter, value)
            elif parameter.location == "header":
                headers[parameter.wire.lower()] = joined(parameter, value)
            else:
                cookies |= dict(cookie_pairs(parameter, value))
        more, body = given
        path, _, search = path.partition("?")
        query += [list(pair) for pair in parse_qsl(search, keep_blank_values=True)]
        request = {
            "method": operation.method,
            "path": path,
            "query": query,
            "headers": headers,
            "cookies": cookies,
            "body": body,
            "security": self.security,
        }
        made = {
            "operation": operation.id,
            "case": case,
            "call": ".".join((*operation.group, operation.name)),
            "deprecated": operation.deprecated,
            "arguments": arguments | more,
            "request": {
                key: value for key, value in request.items() if value not in (None, [], {})
            },
            "answer": answered,
        }
        return {name: item for name, item in made.items() if item is not False}

    def _switches(self, parameter: Parameter) -> bool:
        """Say whether a parameter asks for a stream: what the caller gets depends on it."""
        streaming = self.operation.streaming
        return (
            streaming is not None
            and not self.bodies.kinds
            and parameter.location == "query"
            and parameter.wire == streaming.switch
        )

    def _parameter(self, parameter: Parameter, *, full: bool) -> Any:
        """Return the value of a parameter; None where it is not given."""
        if not parameter.required and (
            not full
            or parameter.deprecated
            or (parameter.location == "header" and parameter.wire.lower() in UNTOUCHED)
        ):
            return None
        value = self.samples.value(
            parameter.schema, "request", full=full, name=parameter.wire, examples=parameter.examples
        )
        if parameter.media_type is not None:
            return value
        if value in (None, [], {}):
            return parameter.wire if parameter.required else None
        if parameter.location in ("header", "cookie"):
            text = joined(parameter, value)
            if not text.isascii() or not text.isprintable() or text != text.strip():
                return "value"
        if parameter.location == "path" and joined(parameter, value) in ("", ".", ".."):
            return parameter.wire
        return value

    def body(self, *, full: bool, switch: str | None = None) -> Given:
        """Return the body as the kind that is sent by default."""
        if not self.bodies.kinds:
            return {}, None
        kind = self.bodies.kinds[0]
        if not (full or kind.required or switch):
            return {}, None
        if self.bodies.objects:
            return self._members(*self.bodies.objects[0], full=full, switch=switch)
        return self._whole(kind, full=full)

    def other_bodies(self) -> Iterator[tuple[Body, Given]]:
        """Yield the kinds of body that are sent because of the members that are given."""
        known = [{prop.wire for prop in item.properties} for _, item in self.bodies.objects[:1]]
        for kind, component in self.bodies.objects[1:]:
            given = self._members(kind, component, full=False)
            names = {prop.wire for prop in component.properties}
            sent = {prop for prop, name in self.members.items() if name in given[0]}
            if sent and not any(sent <= other for other in known):
                yield kind, given
            known.append(names)
        if self.bodies.raw is not None and self.body_argument is not None:
            yield self.bodies.raw, self._whole(self.bodies.raw, full=False)

    def _members(
        self, kind: Body, component: Object, *, full: bool, switch: str | None = None
    ) -> Given:
        value = self._sample(kind, full=full)
        if kind.encoding != "json" and not full and not value:
            value = self._sample(kind, full=True)
        streaming = self.operation.streaming
        sent: dict[str, Any] = {}
        for wire, item in value.items() if isinstance(value, dict) else ():
            if wire not in self.members:
                continue
            if streaming is not None and wire == streaming.switch:
                # What the caller gets depends on it.
                if streaming.switch_value is None:
                    item = False  # noqa: PLW2901  # the same member, as it is sent
                elif item == streaming.switch_value:
                    continue
            empty = kind.encoding != "json" and item in (None, [], {})
            if wire in self.required or not empty:
                sent[wire] = item
        if switch is not None and streaming is not None:
            sent[switch] = True if streaming.switch_value is None else streaming.switch_value
        files = {
            prop.wire
            for prop in component.properties
            if prop.wire in sent and kind.encoding == "multipart" and self._binary(prop.schema)
        }
        given = {
            self.members[wire]: _file(wire, item) if wire in files else marked(item)
            for wire, item in sent.items()
        }
        return given, self._expected(kind, sent, files)

    def _whole(self, kind: Body, *, full: bool) -> Given:
        assert self.body_argument is not None
        if kind.encoding == "bytes":
            return {self.body_argument: {"$bytes": CONTENT}}, _typed(kind, {"base64": CONTENT})
        value = self._sample(kind, full=full)
        if kind.encoding == "text":
            value = value if isinstance(value, str) and value else "text"
            return {self.body_argument: value}, _typed(kind, {"text": value})
        if kind.encoding != "json" and not isinstance(value, dict):
            value = {"name": "value"}
        return {self.body_argument: marked(value)}, self._expected(kind, value, set())

    def _sample(self, kind: Body, *, full: bool) -> Any:
        return self.samples.value(
            kind.schema, "request", full=full, name="text", examples=kind.examples
        )

    def _expected(self, kind: Body, value: Any, files: set[str]) -> dict[str, Any]:
        if kind.encoding == "json":
            return _typed(kind, {"json": value})
        if kind.encoding == "form":
            return _typed(kind, {"form": form_pairs(value, kind.parts)})
        return _typed(kind, {"parts": multipart_parts(value, files, CONTENT, kind.parts)})

    def _binary(self, schema: Any, depth: int = 0) -> bool:
        """Say whether a member of a form is a file, or several."""
        schema = resolve(schema, self.samples.schemas)
        if schema.get("format") == "binary":
            return True
        inner = [*variants(schema), *([schema["items"]] if "items" in schema else [])]
        return depth < MAX_DEPTH and any(self._binary(item, depth + 1) for item in inner)


MAX_DEPTH = 4

CONTENT = "AAFmaWxl/w=="
"""The bytes of every file and of every body of bytes, in base64: some are no text."""


def _file(wire: str, value: Any) -> Any:
    one = {"$file": [f"{wire}.bin", CONTENT]}
    return [one for _ in value] if isinstance(value, list) else one


def _typed(kind: Body, body: dict[str, Any]) -> dict[str, Any]:
    media_type = essence(kind.media_type)
    return body if "*" in media_type else {"type": media_type, **body}


def _length(body: dict[str, Any] | None) -> int:
    """Return how many bytes a body has: no transport sends more or fewer than are announced."""
    if body is None:
        return 0
    if "base64" in body:
        return len(b64decode(body["base64"]))
    compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    return len((body["text"] if "text" in body else compact(body.get("json"))).encode())


def _security(
    operation: Operation, schemes: Mapping[str, SecurityScheme]
) -> list[list[dict[str, str]]]:
    """Return where credentials must arrive: any of the alternatives, all of each."""
    found = []
    for alternative in operation.security or ():
        places = [_place(schemes[name]) for name in alternative if name in schemes]
        found.append([place for place in places if place])
    return found if all(found) else []


def _place(scheme: SecurityScheme) -> dict[str, str]:
    if scheme.kind == "apiKey" and scheme.location and scheme.name:
        return {"in": scheme.location, "name": scheme.name}
    kind = (scheme.scheme or "").lower() if scheme.kind == "http" else scheme.kind
    if kind in ("basic", "bearer"):
        return {"in": "header", "name": "authorization", "scheme": kind}
    if kind in ("oauth2", "openIdConnect"):
        return {"in": "header", "name": "authorization", "scheme": "bearer"}
    return {}  # a certificate, or what takes more than a secret
