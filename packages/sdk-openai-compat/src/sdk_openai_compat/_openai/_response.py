"""``openai._response``: what ``with_streaming_response`` answers with."""

from __future__ import annotations

from sdk_core.responses import AsyncStreamedAPIResponse as AsyncAPIResponse
from sdk_core.responses import StreamedAPIResponse as APIResponse

__all__ = ["APIResponse", "AsyncAPIResponse"]
