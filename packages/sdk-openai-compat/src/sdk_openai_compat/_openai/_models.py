"""``openai._models``: what libraries take of it to build objects and to look at requests."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

import pydantic

from sdk_core.models import BaseModel, construct
from sdk_core.typing import NotGiven, Omit

__all__ = ["BaseModel", "FinalRequestOptions", "construct_type", "validate_type"]

T = TypeVar("T")


class FinalRequestOptions(pydantic.BaseModel):
    """
    A request as a replacement of ``client.request`` is handed it, before anything is encoded.

    Attributes:
        method: In lower case, as openai writes it.
        url: Relative to the client's base URL.
        params: More of the query.
        headers: More headers.
        max_retries: Instead of the client's; None leaves it.
        timeout: Instead of the client's.
        idempotency_key: Sent as ``Idempotency-Key``.
        content: The body as it is, instead of *json_data*.
        files: Files of a form whose other members are in *json_data*.
        json_data: The body.
        extra_json: Members on top of it.
    """

    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True, extra="allow")

    method: str
    url: str
    params: Any = {}
    headers: Any = None
    max_retries: Any = None
    timeout: Any = None
    idempotency_key: str | None = None
    content: Any = None
    files: Any = None
    json_data: Any = None
    extra_json: Any = None

    _call: Any = pydantic.PrivateAttr(None)  # what it was made of, where a resource made it

    @classmethod
    def construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """Return one of *values* without those that are not given."""
        kept = {n: v for n, v in values.items() if not isinstance(v, NotGiven | Omit)}
        return cls.model_construct(_fields_set, **kept)

    def get_max_retries(self, max_retries: int) -> int:
        """Return how often a failed attempt is repeated, *max_retries* where this says nothing."""
        given = self.max_retries
        return given if isinstance(given, int) else max_retries


def construct_type(*, value: object, type_: Any, metadata: list[Any] | None = None) -> Any:
    """Return *value* as a *type_* as far as it fits, with *metadata* annotated; never raises."""
    return construct(Annotated[(type_, *metadata)] if metadata else type_, value)


def validate_type(*, type_: type[T], value: object) -> T:
    """
    Return *value* as a *type_*.

    Raises:
        pydantic.ValidationError: It does not fit.
    """
    return pydantic.TypeAdapter(type_).validate_python(value)
