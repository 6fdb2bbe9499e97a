"""``openai._client``: the clients."""

from __future__ import annotations

from .._client import AsyncOpenAI, OpenAI

__all__ = ["AsyncClient", "AsyncOpenAI", "Client", "OpenAI"]

Client = OpenAI
AsyncClient = AsyncOpenAI
