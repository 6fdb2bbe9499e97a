"""Compare two documents by what users of their packages see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .. import _ir as ir
from .._pointers import join
from .._types import Described
from ._changes import Change, Impact, code
from ._matching import Matched
from ._methods import compare_methods
from ._models import compare_models
from ._rules import Direction
from ._surface import Surface

__all__ = ["compare"]

BREAKING, ADDITIVE, COSMETIC = Impact.BREAKING, Impact.ADDITIVE, Impact.COSMETIC


def compare(
    old: tuple[ir.API, Mapping[str, Described]], new: tuple[ir.API, Mapping[str, Described]]
) -> list[Change]:
    """
    Return what changed between two documents, the worst first, each once.

    Args:
        old: The representation of the one, and the types of its places.
        new: The same of the other.
    """
    matched = Matched(Surface(*old), Surface(*new))
    changes = [
        *compare_methods(matched),
        *compare_models(matched),
        *_webhooks(matched),
        *_client(matched.old.api, matched.new.api),
    ]
    return sorted(dict.fromkeys(changes), key=lambda change: -change.impact)


def _webhooks(matched: Matched) -> Iterator[Change]:
    old, new = matched.old, matched.new
    was = {webhook.name: webhook for webhook in old.api.webhooks}
    becomes = {webhook.name: webhook for webhook in new.api.webhooks}
    for name, webhook in was.items():
        title = f"webhook {name}"
        other = becomes.get(name)
        if other is None:
            text = f"The webhook {code(name)} is gone."
            yield Change.of("webhook-removed", BREAKING, title, text, webhook.pointer, None)
            continue
        before, after = old.types.of(webhook.pointer), new.types.of(other.pointer)
        for verdict in matched.compare(before, after, Direction.READ):
            text = f"The body of the webhook {code(name)} {verdict.text}."
            kind, pointers = f"webhook-{verdict.kind}", (webhook.pointer, other.pointer)
            yield Change.of(kind, verdict.impact, title, text, *pointers)
    for name, webhook in becomes.items():
        if name not in was:
            text = f"The webhook {code(name)} is new."
            yield Change.of(
                "webhook-added", ADDITIVE, f"webhook {name}", text, None, webhook.pointer
            )


def _client(old: ir.API, new: ir.API) -> Iterator[Change]:
    """Yield what changed in the client itself: credentials, servers, words."""
    was = {scheme.id: scheme for scheme in old.security_schemes}
    becomes = {scheme.id: scheme for scheme in new.security_schemes}
    for name in dict.fromkeys((*was, *becomes)):
        pointer = join("/components/securitySchemes", name)
        title = f"security scheme {name}"
        if name not in becomes:
            text = f"The security scheme {code(name)} is gone."
            yield Change.of("security-scheme-removed", BREAKING, title, text, pointer, None)
        elif name not in was:
            text = f"The security scheme {code(name)} is new."
            yield Change.of("security-scheme-added", ADDITIVE, title, text, None, pointer)
        elif was[name] != becomes[name]:
            text = f"The security scheme {code(name)} has changed."
            yield Change.of("security-scheme-changed", BREAKING, title, text, pointer, pointer)
    yield from _servers(old, new)
    for word in ("title", "version", "description"):
        if getattr(old, word) != getattr(new, word):
            pointer = join("/info", word)
            text = f"The document has another {word}."
            yield Change.of("documentation-changed", COSMETIC, word, text, pointer, pointer)


def _servers(old: ir.API, new: ir.API) -> Iterator[Change]:
    was, becomes = ([server.url for server in api.servers] for api in (old, new))
    if was[:1] == becomes[:1]:
        return
    if not becomes:
        text = "`base_url` has to be given: the document has no server any more."
        yield Change.of("server-removed", BREAKING, "Client(base_url)", text, "/servers", None)
    elif not was:
        text = f"`base_url` may be left out: the server is {code(becomes[0])}."
        yield Change.of("server-added", ADDITIVE, "Client(base_url)", text, None, "/servers")
    else:
        text = f"`base_url` is {code(becomes[0])} by default instead of {code(was[0])}."
        yield Change.of(
            "server-changed", ADDITIVE, "Client(base_url)", text, "/servers", "/servers"
        )
