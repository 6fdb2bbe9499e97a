"""``client.models``: the generated resource, whose list comes as openai's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from sdk_core.operations import Content, Operation, Ref
from sdk_core.typing import BodyLike, HeadersLike, NotGiven, QueryLike, TimeoutLike, not_given
from sdk_inference_api.operations import models as operations
from sdk_inference_api.resources.models import AsyncModels as GeneratedAsyncModels
from sdk_inference_api.resources.models import Models as GeneratedModels

if TYPE_CHECKING:
    from sdk_inference_api.models import Model

    from ..pagination import AsyncPaginator, SyncPage


def _paged(page: str) -> Operation[SyncPage[Model]]:
    content = Content("application/json", "json", Ref(__name__, page))
    return attrs.evolve(operations.LIST_MODELS, responses={"200": (content,)})  # type: ignore[return-value]  # the content's type


def __getattr__(name: str) -> object:
    # The two page types are made when the first list is decoded: they need pydantic.
    if name not in {"ModelsPage", "AsyncModelsPage"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from sdk_inference_api.models import Model  # noqa: PLC0415

    from ..pagination import AsyncPage, SyncPage  # noqa: PLC0415

    return SyncPage[Model] if name == "ModelsPage" else AsyncPage[Model]


_LIST = _paged("ModelsPage")
_ASYNC_LIST = _paged("AsyncModelsPage")


class Models(GeneratedModels):
    """What the server can run."""

    def list(  # type: ignore[override]  # a page can do all that the generated list can
        self,
        *,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> SyncPage[Model]:
        """Return the models that the key may use; iterate over the page, or take its ``data``."""
        return self._call(
            _LIST,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )


class AsyncModels(GeneratedAsyncModels):
    """The asynchronous twin of `Models`."""

    def list(  # type: ignore[override]  # awaitable as the generated one, and iterable too
        self,
        *,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> AsyncPaginator[Model]:
        """Return the models that the key may use: ``await`` the page, or ``async for`` over it."""
        from ..pagination import AsyncPaginator  # noqa: PLC0415  # as above

        return AsyncPaginator(
            lambda: self._call(
                _ASYNC_LIST,
                extra_headers=extra_headers,
                extra_query=extra_query,
                extra_body=extra_body,
                timeout=timeout,
            )
        )
