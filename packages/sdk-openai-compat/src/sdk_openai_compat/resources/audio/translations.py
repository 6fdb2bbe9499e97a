"""``client.audio.translations``: sound to English text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_inference_api.resources.audio.translations import (
    AsyncTranslations as GeneratedAsyncTranslations,
)
from sdk_inference_api.resources.audio.translations import Translations as GeneratedTranslations

from ..._transcripts import Transcribing

if TYPE_CHECKING:
    from typing import Literal, Protocol, TypedDict, Unpack, overload

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
        Translation,
        TranslationResponseFormat,
        TranslationVerbose,
    )

__all__ = ["AsyncTranslations", "Translations"]

_FORMS = {"json": "Translation", "verbose_json": "TranslationVerbose"}

if TYPE_CHECKING:

    class _Others(TypedDict, total=False):
        prompt: str | Omit
        temperature: float | Omit
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
            **others: Unpack[_Others],
        ) -> Translation: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["verbose_json"],
            **others: Unpack[_Others],
        ) -> TranslationVerbose: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["text", "srt", "vtt"],
            **others: Unpack[_Others],
        ) -> str: ...

        @overload
        def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: TranslationResponseFormat | Omit = ...,
            **others: Unpack[_Others],
        ) -> Translation | TranslationVerbose | str: ...

    class _AsyncCreate(Protocol):
        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["json"] | Omit = ...,
            **others: Unpack[_Others],
        ) -> Translation: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["verbose_json"],
            **others: Unpack[_Others],
        ) -> TranslationVerbose: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: Literal["text", "srt", "vtt"],
            **others: Unpack[_Others],
        ) -> str: ...

        @overload
        async def __call__(
            self,
            *,
            file: FileTypes,
            model: str,
            response_format: TranslationResponseFormat | Omit = ...,
            **others: Unpack[_Others],
        ) -> Translation | TranslationVerbose | str: ...


class Translations(Transcribing, GeneratedTranslations):
    """Sound to English text."""

    _forms = _FORMS

    if TYPE_CHECKING:
        create: _Create


class AsyncTranslations(Transcribing, GeneratedAsyncTranslations):
    """The asynchronous twin of `Translations`."""

    _forms = _FORMS

    if TYPE_CHECKING:
        create: _AsyncCreate
