"""``client.realtime.translations.client_secrets``: keys for browsers."""

from __future__ import annotations

from sdk_inference_api.resources.realtime.translations.client_secrets import (
    AsyncClientSecrets,
    ClientSecrets,
)

__all__ = ["AsyncClientSecrets", "ClientSecrets"]
