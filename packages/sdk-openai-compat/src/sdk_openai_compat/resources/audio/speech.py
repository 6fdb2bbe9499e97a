"""``client.audio.speech``: text to sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from sdk_core.operations import Content
from sdk_inference_api.operations import audio as operations
from sdk_inference_api.resources.audio.speech import AsyncSpeech as GeneratedAsyncSpeech
from sdk_inference_api.resources.audio.speech import Speech as GeneratedSpeech

from ..._binary import Binary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from sdk_core.operations import Operation
    from sdk_core.typing import (
        BodyLike,
        CallOptions,
        HeadersLike,
        NotGiven,
        Omit,
        QueryLike,
        TimeoutLike,
    )
    from sdk_inference_api.models import SpeechResponseFormat, SpeechStreamFormat
    from sdk_inference_api.params import SpeechVoiceParam

    from ..._binary import HttpxBinaryResponseContent

__all__ = ["AsyncSpeech", "Speech"]

_AS_BYTES: Operation[Any] = attrs.evolve(
    operations.CREATE_SPEECH, streaming=None, responses={"200": (Content("*/*", "bytes"),)}
)


class _Spoken(Binary):
    """Answers with bytes even if they are events."""

    def _call(
        self,
        operation: Operation[Any],  # noqa: ARG002  # the only one there is
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        return super()._call(_AS_BYTES, arguments, **options)


class Speech(_Spoken, GeneratedSpeech):
    """Text to sound; ``with_streaming_response`` gives it while it comes."""

    if TYPE_CHECKING:

        def create(  # type: ignore[override]  # noqa: D102  # the bytes in any case
            self,
            *,
            input: str,  # noqa: A002  # openai's name
            model: str,
            voice: SpeechVoiceParam,
            instructions: str | Omit = ...,
            response_format: SpeechResponseFormat | Omit = ...,
            speed: float | Omit = ...,
            stream_format: SpeechStreamFormat | Omit = ...,
            extra_headers: HeadersLike | None = None,
            extra_query: QueryLike | None = None,
            extra_body: BodyLike | None = None,
            timeout: TimeoutLike | NotGiven = ...,
        ) -> HttpxBinaryResponseContent: ...


class AsyncSpeech(_Spoken, GeneratedAsyncSpeech):
    """The asynchronous twin of `Speech`."""

    if TYPE_CHECKING:

        async def create(  # type: ignore[override]  # noqa: D102  # as above
            self,
            *,
            input: str,  # noqa: A002  # openai's name
            model: str,
            voice: SpeechVoiceParam,
            instructions: str | Omit = ...,
            response_format: SpeechResponseFormat | Omit = ...,
            speed: float | Omit = ...,
            stream_format: SpeechStreamFormat | Omit = ...,
            extra_headers: HeadersLike | None = None,
            extra_query: QueryLike | None = None,
            extra_body: BodyLike | None = None,
            timeout: TimeoutLike | NotGiven = ...,
        ) -> HttpxBinaryResponseContent: ...
