"""``client.uploads``: large files, in pieces."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.uploads import AsyncUploads as GeneratedAsyncUploads
from sdk_inference_api.resources.uploads import Uploads as GeneratedUploads

if TYPE_CHECKING:
    from .parts import AsyncParts, Parts

__all__ = ["AsyncUploads", "Uploads"]


class Uploads(GeneratedUploads):
    """Large files, in pieces."""

    @cached_property
    def parts(self) -> Parts:
        """Pieces of a large file."""
        from .parts import Parts  # noqa: PLC0415  # lazy, as the generated tree is

        return Parts(self._client, self._mode)


class AsyncUploads(GeneratedAsyncUploads):
    """The asynchronous twin of `Uploads`."""

    @cached_property
    def parts(self) -> AsyncParts:
        """Pieces of a large file."""
        from .parts import AsyncParts  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncParts(self._client, self._mode)
