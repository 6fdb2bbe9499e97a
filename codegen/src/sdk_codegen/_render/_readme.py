"""`README.md`: what the package is, and the first call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .._annotations import literal
from .._names import constant_name
from ._companions import Companions
from ._context import Context
from ._docstrings import sentence
from ._exchanges import Described
from ._markdown import cell, code, prose
from ._resources import tree
from ._snippets import snippet

if TYPE_CHECKING:
    from ._project import Identity

__all__ = ["render_readme"]

LONGEST = 1500
"""Characters of the API's description; some documents have a handbook there."""

MANY = 3
"""Arguments that the first example may need."""


def render_readme(context: Context, operations: Mapping[str, Described], identity: Identity) -> str:
    """Return the README; the most telling operation is its first example."""
    api = context.api
    ranked = sorted(operations.values(), key=_rank)
    first = ranked[0] if ranked else None
    values = (
        {}
        if first is None
        else {
            "example": snippet(first, context),
            "async_example": snippet(first, context, asynchronous=True),
        }
    )
    return context.render(
        "README.md.jinja",
        distribution=identity.distribution,
        spec=code(identity.spec),
        flavour=identity.flavour,
        generator=identity.generator,
        docs=identity.docs,
        variable=f"{constant_name(context.package)}_BASE_URL",
        tests=identity.tests,
        has_params=bool(context.params),
        title=cell(api.title),
        words=prose(_beginning(sentence(api.description))),
        schemes=[
            (
                code(scheme.id, table=True),
                _kind(scheme.kind, scheme.scheme, scheme.location, scheme.name),
            )
            for scheme in api.security_schemes
        ],
        servers=[(code(server.url), cell(server.description)) for server in api.servers],
        credentials=literal(api.security_schemes[0].id) if len(api.security_schemes) > 1 else "",
        stream=_stream(context, ranked),
        pages=_pages(context, operations),
        download=_download(context, operations),
        webhooks=len(api.webhooks),
        groups=[
            (code(f"client.{name}"), cell(api.groups.get(resource.path, "").partition("\n")[0]))
            for name, resource in tree(context).items()
        ],
        example=values.get("example"),
        async_example=values.get("async_example"),
    )


def _beginning(words: str) -> str:
    """Return as many paragraphs as there is room for, and never none."""
    kept = ""
    for paragraph in words.split("\n\n"):
        if kept and len(kept) + len(paragraph) > LONGEST:
            break
        kept += f"{paragraph}\n\n"
    return kept[: 2 * LONGEST]


def _rank(described: Described) -> tuple[bool, bool, bool, bool, bool, bool, int, int]:
    """
    Put first what an API is there for, as far as its document shows that.

    It is asked for with few arguments and can be told much: the call that has the most options is
    the one that others prepare. Where some calls stream, it is one of them.
    """
    operation, exchange = described.operation, described.exchanges[0]
    required = [item for item in described.arguments if item.required]
    return (
        operation.deprecated,
        "json" not in exchange["answer"],
        len(required) > MANY,
        operation.method not in ("GET", "POST"),
        # Who calls it must have made, or found, something before.
        operation.path.count("{") > 1,
        operation.streaming is None,
        -len(described.arguments),
        len(required),
    )


def _kind(kind: str, scheme: str | None, location: str | None, name: str | None) -> str:
    if kind == "apiKey":
        return f"a key, sent as the {cell(location or 'header')} {code(name or '', table=True)}"
    if kind == "http":
        known = {"basic": '`("user", "password")`', "bearer": "a bearer token"}
        return known.get(
            (scheme or "").lower(), f"HTTP {cell(scheme or '')}: a policy, given as `auth`"
        )
    return {"mutualTLS": "a certificate of the client: an `http_client` that has it"}.get(
        kind, "a bearer token, however it was got"
    )


def _stream(context: Context, ranked: Sequence[Described]) -> str | None:
    """Return a program that reads a stream, of the first example's operation if it has one."""
    for described in ranked:
        for exchange in described.exchanges:
            if {"events", "lines"} & exchange["answer"].keys():
                return snippet(described, context, exchange)
    return None


def _pages(context: Context, operations: Mapping[str, Described]) -> str | None:
    """Return a method that iterates over pages, if the API has any."""
    for described in operations.values():
        if described.operation.pagination is not None:
            name = _companions(described, context).iterate
            return ".".join((*described.operation.group, name or ""))
    return None


def _download(context: Context, operations: Mapping[str, Described]) -> str | None:
    """Return a method that writes to a file, if the API has any."""
    for described in operations.values():
        if "base64" in described.exchanges[0]["answer"]:
            name = _companions(described, context).to_file
            return ".".join((*described.operation.group, name or ""))
    return None


def _companions(described: Described, context: Context) -> Companions:
    operation, size = described.operation, len(described.operation.group)
    taken = set()
    for other in context.api.operations:
        if other.group[:size] == operation.group:
            taken.add((*other.group, other.name)[size])
    return Companions.of(operation, context, taken, [item.name for item in described.arguments])
