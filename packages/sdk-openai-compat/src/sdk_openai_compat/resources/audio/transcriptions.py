"""``client.audio.transcriptions``: sound to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_inference_api.resources.audio.transcriptions import (
    AsyncTranscriptions as GeneratedAsyncTranscriptions,
)
from sdk_inference_api.resources.audio.transcriptions import (
    Transcriptions as GeneratedTranscriptions,
)

from ..._transcripts import Transcribing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal, Protocol, TypeAlias, TypedDict, Unpack, overload

    from sdk_core.streams import AsyncStream, Stream
    from sdk_core.typing import (
        BodyLike,
        FileTypes,
        HeadersLike,
        NotGiven,
        Omit,
        QueryLike,
        TimeoutLike,
    )
    from sdk_inference_api.models import (
        AudioResponseFormat,
        Transcription,
        TranscriptionDiarized,
        TranscriptionTextDeltaEvent,
        TranscriptionTextDoneEvent,
        TranscriptionTextSegmentEvent,
        TranscriptionVerbose,
    )
    from sdk_inference_api.params import TranscriptionChunkingStrategyParam

__all__ = ["AsyncTranscriptions", "Transcriptions"]

_FORMS = {
    "json": "Transcription",
    "verbose_json": "TranscriptionVerbose",
    "diarized_json": "TranscriptionDiarized",
}

if TYPE_CHECKING:
    _Event: TypeAlias = (
        TranscriptionTextSegmentEvent | TranscriptionTextDeltaEvent | TranscriptionTextDoneEvent
    )

    class _Others(TypedDict, total=False):
        chunking_strategy: TranscriptionChunkingStrategyParam | Omit | None
        include: Sequence[Literal["logprobs"]] | Omit
        keywords: Sequence[str] | Omit
        known_speaker_names: Sequence[str] | Omit
        known_speaker_references: Sequence[str] | Omit
        language: str | Omit
        languages: Sequence[str] | Omit
        prompt: str | Omit
        temperature: float | Omit
        timestamp_granularities: Sequence[Literal["word", "segment"]] | Omit
        extra_headers: HeadersLike | None
        extra_query: QueryLike | None
        extra_body: BodyLike | None
        timeout: TimeoutLike | NotGiven

    class _Create(Protocol):
        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["json"] | Omit = ...,
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> Transcription: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["verbose_json"],
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> TranscriptionVerbose: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["diarized_json"],
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> TranscriptionDiarized: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["text", "srt", "vtt"],
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> str: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: AudioResponseFormat | Omit = ...,
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> Transcription | TranscriptionVerbose | TranscriptionDiarized | str: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            stream: Literal[True],
            response_format: AudioResponseFormat | Omit = ...,
            **others: Unpack[_Others],
        ) -> Stream[_Event]: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            stream: bool,
            response_format: AudioResponseFormat | Omit = ...,
            **others: Unpack[_Others],
        ) -> (
            Transcription | TranscriptionVerbose | TranscriptionDiarized | str | Stream[_Event]
        ): ...

    class _AsyncCreate(Protocol):
        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["json"] | Omit = ...,
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> Transcription: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["verbose_json"],
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> TranscriptionVerbose: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["diarized_json"],
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> TranscriptionDiarized: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["text", "srt", "vtt"],
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> str: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: AudioResponseFormat | Omit = ...,
            stream: Literal[False] | Omit | None = ...,
            **others: Unpack[_Others],
        ) -> Transcription | TranscriptionVerbose | TranscriptionDiarized | str: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            stream: Literal[True],
            response_format: AudioResponseFormat | Omit = ...,
            **others: Unpack[_Others],
        ) -> AsyncStream[_Event]: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            stream: bool,
            response_format: AudioResponseFormat | Omit = ...,
            **others: Unpack[_Others],
        ) -> (
            Transcription | TranscriptionVerbose | TranscriptionDiarized | str | AsyncStream[_Event]
        ): ...


class Transcriptions(Transcribing, GeneratedTranscriptions):
    """Sound to text."""

    _forms = _FORMS

    if TYPE_CHECKING:
        create: _Create  # type: ignore[assignment]  # by format


class AsyncTranscriptions(Transcribing, GeneratedAsyncTranscriptions):
    """The asynchronous twin of `Transcriptions`."""

    _forms = _FORMS

    if TYPE_CHECKING:
        create: _AsyncCreate  # type: ignore[assignment]  # as above
