"""``client.embeddings``: the generated resource, whose vectors arrive as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

import attrs

from sdk_core.operations import Content, Operation, Ref
from sdk_core.typing import CallOptions
from sdk_inference_api.operations import embeddings as operations
from sdk_inference_api.resources.embeddings import AsyncEmbeddings as GeneratedAsyncEmbeddings
from sdk_inference_api.resources.embeddings import Embeddings as GeneratedEmbeddings

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Concatenate, ParamSpec

    from .._vectors import CreateEmbeddingResponse

    P = ParamSpec("P")

    # For type checkers: the generated signature, answered with vectors of numbers.
    def _numbers(
        method: Callable[Concatenate[Any, P], Any],
    ) -> Callable[[Callable[..., Any]], Callable[Concatenate[Any, P], CreateEmbeddingResponse]]: ...
    def _numbers_to_come(
        method: Callable[Concatenate[Any, P], Any],
    ) -> Callable[
        [Callable[..., Any]],
        Callable[Concatenate[Any, P], Coroutine[Any, Any, CreateEmbeddingResponse]],
    ]: ...


_AS_NUMBERS = attrs.evolve(
    operations.CREATE_EMBEDDING,
    responses={
        "200": (
            Content(
                "application/json",
                "json",
                Ref("sdk_openai_compat._vectors", "CreateEmbeddingResponse"),
            ),
        )
    },
)


def _as_asked(operation: Operation[T], options: CallOptions) -> Operation[T]:
    """Return *operation*, reading vectors as numbers unless the caller wants base64."""
    body = options.get("body")
    as_text = isinstance(body, Mapping) and body.get("encoding_format") == "base64"
    return operation if as_text else cast("Operation[T]", _AS_NUMBERS)


class Embeddings(GeneratedEmbeddings):
    """
    Vectors that place texts by meaning.

    Without ``encoding_format="base64"`` they are numbers, however the server sends them.
    """

    if TYPE_CHECKING:

        @_numbers(GeneratedEmbeddings.create)
        def create(self) -> Any:
            """Return vectors of numbers."""

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        return super()._call(_as_asked(operation, options), arguments, **options)


class AsyncEmbeddings(GeneratedAsyncEmbeddings):
    """The asynchronous twin of `Embeddings`."""

    if TYPE_CHECKING:

        @_numbers_to_come(GeneratedAsyncEmbeddings.create)
        def create(self) -> Any:
            """Return vectors of numbers."""

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Coroutine[Any, Any, T]:
        return super()._call(_as_asked(operation, options), arguments, **options)
