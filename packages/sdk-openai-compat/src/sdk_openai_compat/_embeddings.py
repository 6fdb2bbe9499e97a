"""``client.embeddings``: the generated resource, whose vectors arrive as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from sdk_core.operations import Content, Operation, Ref
from sdk_core.typing import Omit, omit
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


def _as_asked(operation: Operation[T], body: object) -> Operation[Any]:
    """Return *operation*, reading vectors as numbers unless the caller named an encoding."""
    named = isinstance(body, Mapping) and not isinstance(body.get("encoding_format"), Omit)
    return operation if named else _AS_NUMBERS


class Embeddings(GeneratedEmbeddings):
    """
    Vectors that place texts by meaning.

    A caller who names no ``encoding_format`` gets numbers, however the server sends them.
    """

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        *,
        body: object = omit,
        **options: Any,
    ) -> T:
        return super()._call(_as_asked(operation, body), arguments, body=body, **options)  # type: ignore[no-any-return]  # a CreateEmbeddingResponse in both


class AsyncEmbeddings(GeneratedAsyncEmbeddings):
    """The asynchronous twin of `Embeddings`."""

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        *,
        body: object = omit,
        **options: Any,
    ) -> Coroutine[Any, Any, T]:
        return super()._call(_as_asked(operation, body), arguments, body=body, **options)
