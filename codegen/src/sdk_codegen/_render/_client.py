"""`client.py` and `webhooks.py`: the roots of what a package offers."""

from __future__ import annotations

from .._annotations import literal
from .._mixins import bases
from .._names import Namespace, constant_name
from .._types import Named, union_of
from ._calls import security_scheme, server
from ._context import Context
from ._docstrings import docstring, sentence
from ._references import References
from ._resources import tree

__all__ = ["render_client", "render_webhooks"]


def render_client(context: Context) -> dict[str, str]:
    """Return `client.py`."""
    api = context.api
    words = sentence(api.description) or f"A client of {api.title}."
    return {
        "client.py": context.render(
            "client.py.jinja",
            docstring=docstring(f"{sentence(api.title)}\n\n{words}", 4),
            async_docstring=docstring(
                f"{sentence(api.title)} The asynchronous twin of `Client`.", 4
            ),
            bases=bases(context.mixins.get("client")),
            variable=f"{constant_name(context.package)}_BASE_URL",
            retries=context.retries,
            resources=tree(context),
            servers=[server(item) for item in api.servers],
            security_schemes=[(item.id, security_scheme(item)) for item in api.security_schemes],
        )
    }


def render_webhooks(context: Context) -> dict[str, str]:
    """Return `webhooks.py`; nothing where the document has no webhook that carries JSON."""
    webhooks = context.api.webhooks
    if not webhooks:
        return {}
    references = References(context)
    event = context.answer(
        union_of(context.types.of(webhook.pointer) for webhook in webhooks), "WebhookEvent"
    )
    whole = references.to(Named(event), "webhook", "Event")
    entries = []
    names = Namespace(["WEBHOOKS"])
    for webhook in webhooks:
        ref = references.to(context.types.of(webhook.pointer), webhook.name, "Webhook")
        words = docstring(sentence(webhook.description), 0)
        name = names.take(constant_name(webhook.name))
        entries.append((name, literal(webhook.name), ref, words))
    return {
        "webhooks.py": context.render(
            "webhooks.py.jinja",
            entries=entries,
            event=event,
            whole=whole,
            references=references.shared(),
            source=references.source,
        )
    }
