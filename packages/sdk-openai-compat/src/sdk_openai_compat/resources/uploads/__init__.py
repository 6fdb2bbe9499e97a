"""Large files, in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .parts import AsyncParts, Parts
    from .uploads import AsyncUploads, Uploads
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Parts": f"{__name__}.parts:Parts",
            "AsyncParts": f"{__name__}.parts:AsyncParts",
            "Uploads": f"{__name__}.uploads:Uploads",
            "AsyncUploads": f"{__name__}.uploads:AsyncUploads",
        },
    )

__all__ = [
    "AsyncParts",
    "AsyncUploads",
    "Parts",
    "Uploads",
]
