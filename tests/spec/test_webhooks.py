"""The webhooks: what the service sends to its users."""

from __future__ import annotations

from typing import Any

from ._documents import Document, Place


def _event(document: Document, webhook: Place) -> dict[str, Any]:
    """Return the schema of what a webhook carries."""
    [content] = document.contents(webhook)
    assert content.pointer.endswith("request application/json")
    return document.resolve(content.value["schema"])


def test_every_webhook_is_named_for_the_type_of_its_event(inference: Document) -> None:
    """Readers tell events apart by `type`, so each webhook has its own, and requires it."""
    webhooks = list(inference.webhooks())
    assert webhooks
    for webhook in webhooks:
        event = _event(inference, webhook)
        assert webhook.pointer == event["properties"]["type"]["const"]
        assert {"id", "type", "created_at", "data"} <= set(event["required"]), webhook.pointer


def test_every_webhook_is_introduced(inference: Document) -> None:
    """Each has a summary of one line, a description and a name for the class of its event."""
    for webhook in inference.webhooks():
        [content] = inference.contents(webhook)
        assert content.value["schema"]["$ref"].endswith("WebhookEvent"), webhook.pointer
        assert "\n" not in webhook.value["summary"], webhook.pointer
        assert webhook.value["description"].endswith("."), webhook.pointer


def test_every_webhook_has_examples_that_follow_its_schema(inference: Document) -> None:
    """Each shows at least one event."""
    for webhook in inference.webhooks():
        [content] = inference.contents(webhook)
        examples = [inference.resolve(shown) for shown in content.value["examples"].values()]
        assert examples, webhook.pointer
        for example in examples:
            faults = inference.faults(content.value["schema"], example["value"])
            assert [] == faults, webhook.pointer
