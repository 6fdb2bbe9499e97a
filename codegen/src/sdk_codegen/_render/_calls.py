"""Source of the values that generated modules hold: calls of `sdk_core.operations`' classes."""

from __future__ import annotations

from collections.abc import Mapping

from .. import _ir as ir
from .._annotations import literal

__all__ = ["body", "call", "mapping", "security_scheme", "server"]


def call(name: str, /, **arguments: str | None) -> str:
    """Return the source of a call; arguments that are ``None`` are left out."""
    given = ", ".join(f"{key}={value}" for key, value in arguments.items() if value is not None)
    return f"{name}({given})"


def mapping(items: Mapping[str, str]) -> str | None:
    """Return the source of a dictionary whose values are source already; ``None`` if empty."""
    if not items:
        return None
    return "{" + ", ".join(f"{literal(key)}: {value}" for key, value in items.items()) + "}"


def _words(value: str | None) -> str | None:
    return literal(value) if value else None


def _texts(values: tuple[str, ...]) -> str | None:
    return "(" + "".join(f"{literal(value)}, " for value in values) + ")" if values else None


def server(value: ir.Server) -> str:
    """Return the source of a `Server`."""
    variables = {
        name: call(
            "ServerVariable",
            default=literal(variable.default),
            enum=_texts(variable.enum),
            description=_words(variable.description),
        )
        for name, variable in value.variables.items()
    }
    return call(
        "Server",
        url=literal(value.url),
        description=_words(value.description),
        variables=mapping(variables),
    )


def security_scheme(value: ir.SecurityScheme) -> str:
    """Return the source of a `SecurityScheme`."""
    flows = {
        kind: call(
            "OAuthFlow",
            authorization_url=_words(flow.authorization_url),
            token_url=_words(flow.token_url),
            refresh_url=_words(flow.refresh_url),
            device_authorization_url=_words(flow.device_authorization_url),
            scopes=mapping({scope: literal(words) for scope, words in flow.scopes.items()}),
        )
        for kind, flow in value.flows.items()
    }
    return call(
        "SecurityScheme",
        kind=literal(value.kind),
        scheme=_words(value.scheme),
        location=_words(value.location),
        name=_words(value.name),
        flows=mapping(flows),
        open_id_connect_url=_words(value.open_id_connect_url),
    )


def body(value: ir.Body, members: Mapping[str, list[str]], alternatives: list[str]) -> str:
    """
    Return the source of a `Body`.

    Args:
        value: The kind of body.
        members: Of each kind that has some, by pointer, where there are several kinds.
        alternatives: The source of the other kinds.
    """
    parts = {
        name: call(
            "Part",
            media_type=_words(part.media_type),
            style=None if part.style == "form" else literal(part.style),
            explode=None if part.explode else "False",
        )
        for name, part in value.parts.items()
    }
    names = members.get(value.pointer)
    return call(
        "Body",
        media_type=literal(value.media_type),
        encoding=literal(value.encoding),
        required=str(value.required),
        parts=mapping(parts),
        members=None
        if names is None
        else "frozenset({" + ", ".join(literal(name) for name in names) + "})",
        alternatives="(" + "".join(f"{item}, " for item in alternatives) + ")"
        if alternatives
        else None,
    )
