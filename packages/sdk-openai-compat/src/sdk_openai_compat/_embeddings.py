"""``client.embeddings``: the generated resource, whose vectors arrive as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

import attrs

from sdk_core.operations import Content, Operation, Ref
from sdk_core.typing import CallOptions, Omit
from sdk_inference_api import operations
from sdk_inference_api.resources.embeddings import AsyncEmbeddings as GeneratedAsyncEmbeddings
from sdk_inference_api.resources.embeddings import Embeddings as GeneratedEmbeddings

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

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
    """Return *operation*, reading vectors as numbers unless the caller named an encoding."""
    body = options.get("body")
    named = isinstance(body, Mapping) and not isinstance(body.get("encoding_format"), Omit)
    return operation if named else cast("Operation[T]", _AS_NUMBERS)


class Embeddings(GeneratedEmbeddings):
    """
    Vectors that place texts by meaning.

    A caller who names no ``encoding_format`` gets numbers, however the server sends them.
    """

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        return super()._call(_as_asked(operation, options), arguments, **options)


class AsyncEmbeddings(GeneratedAsyncEmbeddings):
    """The asynchronous twin of `Embeddings`."""

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Coroutine[Any, Any, T]:
        return super()._call(_as_asked(operation, options), arguments, **options)
