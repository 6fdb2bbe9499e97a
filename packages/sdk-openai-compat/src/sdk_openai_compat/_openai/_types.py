"""``openai._types``: sentinels, and the types of options and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from types import NoneType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, TypeVar

from sdk_core.options import Timeout
from sdk_core.typing import (
    NOT_GIVEN,
    BinaryTypes,
    FileContent,
    FileTypes,
    NotGiven,
    Omit,
    not_given,
    omit,
)

from .._options import RequestOptions

if TYPE_CHECKING:
    import pydantic

__all__ = [
    "NOT_GIVEN",
    "AnyMapping",
    "Base64FileInput",
    "BinaryTypes",
    "Body",
    "FileContent",
    "FileTypes",
    "Headers",
    "HeadersLike",
    "ModelBuilderProtocol",
    "ModelT",
    "NoneType",
    "NotGiven",
    "Omit",
    "Omittable",
    "Query",
    "RequestFiles",
    "RequestOptions",
    "ResponseT",
    "SequenceNotStr",
    "Timeout",
    "not_given",
    "omit",
]

T = TypeVar("T")

Query: TypeAlias = Mapping[str, object]
Body: TypeAlias = object
AnyMapping: TypeAlias = Mapping[str, object]
Headers: TypeAlias = Mapping[str, str | Omit]
HeadersLike: TypeAlias = Headers
Omittable: TypeAlias = T | Omit
Base64FileInput: TypeAlias = bytes | PathLike[str]
RequestFiles: TypeAlias = Mapping[str, FileTypes] | Sequence[tuple[str, FileTypes]]
SequenceNotStr: TypeAlias = Sequence[T]
ModelT = TypeVar("ModelT", bound="pydantic.BaseModel")
ResponseT = TypeVar("ResponseT", bound=object)


class ModelBuilderProtocol(Protocol):
    """A class that builds its objects by itself."""

    @classmethod
    def build(cls, *, response: Any, data: object) -> Self:
        """Return the object for *data*, which came in *response*."""
        ...
