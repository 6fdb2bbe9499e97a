"""What `create` and `retrieve` are for type checkers: the generated ones, with `output_text`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol, TypeVar, Unpack, overload

from sdk_core.typing import BodyLike, HeadersLike, NotGiven, Omit, QueryLike, TimeoutLike
from sdk_inference_api.models import ResponseIncludable
from sdk_inference_api.params import ResponseTextConfigParam, ToolParam

from ._arguments import ResponseArguments

__all__ = ["Creates", "Retrieves"]

WholeT_co = TypeVar("WholeT_co", covariant=True)
StreamT_co = TypeVar("StreamT_co", covariant=True)


class Creates(Protocol[WholeT_co, StreamT_co]):
    """Asks for an answer; a stream of it, with ``stream=True``."""

    @overload
    def __call__(
        self,
        *,
        stream: Literal[False] | Omit | None = ...,
        text: ResponseTextConfigParam | Omit = ...,
        tools: Iterable[ToolParam] | Omit = ...,
        **arguments: Unpack[ResponseArguments],
    ) -> WholeT_co: ...
    @overload
    def __call__(
        self,
        *,
        stream: Literal[True],
        text: ResponseTextConfigParam | Omit = ...,
        tools: Iterable[ToolParam] | Omit = ...,
        **arguments: Unpack[ResponseArguments],
    ) -> StreamT_co: ...
    @overload
    def __call__(
        self,
        *,
        stream: bool,
        text: ResponseTextConfigParam | Omit = ...,
        tools: Iterable[ToolParam] | Omit = ...,
        **arguments: Unpack[ResponseArguments],
    ) -> WholeT_co | StreamT_co: ...


class Retrieves(Protocol[WholeT_co, StreamT_co]):
    """Gets an answer that is stored; a stream of it, with ``stream=True``."""

    @overload
    def __call__(
        self,
        response_id: str,
        *,
        include: Sequence[ResponseIncludable] | Omit = ...,
        stream: Literal[False] | Omit = ...,
        starting_after: int | Omit = ...,
        include_obfuscation: bool | Omit = ...,
        extra_headers: HeadersLike | None = ...,
        extra_query: QueryLike | None = ...,
        extra_body: BodyLike | None = ...,
        timeout: TimeoutLike | NotGiven = ...,
    ) -> WholeT_co: ...
    @overload
    def __call__(
        self,
        response_id: str,
        *,
        include: Sequence[ResponseIncludable] | Omit = ...,
        stream: Literal[True],
        starting_after: int | Omit = ...,
        include_obfuscation: bool | Omit = ...,
        extra_headers: HeadersLike | None = ...,
        extra_query: QueryLike | None = ...,
        extra_body: BodyLike | None = ...,
        timeout: TimeoutLike | NotGiven = ...,
    ) -> StreamT_co: ...
    @overload
    def __call__(
        self,
        response_id: str,
        *,
        include: Sequence[ResponseIncludable] | Omit = ...,
        stream: bool,
        starting_after: int | Omit = ...,
        include_obfuscation: bool | Omit = ...,
        extra_headers: HeadersLike | None = ...,
        extra_query: QueryLike | None = ...,
        extra_body: BodyLike | None = ...,
        timeout: TimeoutLike | NotGiven = ...,
    ) -> WholeT_co | StreamT_co: ...
