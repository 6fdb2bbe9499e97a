"""What may be changed for one call by path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

from sdk_core.typing import HeadersLike, TimeoutLike

DataResidency: TypeAlias = Literal["global", "us", "eu", "ae", "au", "in", "jp"]


class RequestOptions(TypedDict, total=False):
    """
    Options of a call by path.

    Attributes:
        headers: More headers; a value `omit` takes a default one away.
        params: More of the query.
        max_retries: Instead of the client's.
        timeout: Instead of the client's.
        idempotency_key: Sent as ``Idempotency-Key``, on every attempt the same.
        extra_json: Members on top of the body.
    """

    headers: HeadersLike
    params: Mapping[str, object]
    max_retries: int
    timeout: TimeoutLike
    idempotency_key: str
    extra_json: Mapping[str, object]
