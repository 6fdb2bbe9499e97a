"""Embeddings with vectors of numbers; imported when the first ones are decoded."""

from __future__ import annotations

import base64
import sys
from array import array
from typing import Annotated, Any

from pydantic import BeforeValidator

from sdk_inference_api import models


def numbers(vector: Any) -> Any:
    """Return a *vector* that came as base64 (little-endian 32-bit floats) as a list of numbers."""
    if not isinstance(vector, str):
        return vector
    floats = array("f", base64.b64decode(vector, validate=True))
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tolist()


class Embedding(models.Embedding):
    """One vector."""

    embedding: Annotated[list[float], BeforeValidator(numbers)]


class CreateEmbeddingResponse(models.CreateEmbeddingResponse):
    """Vectors, one for each input."""

    data: list[Embedding]  # type: ignore[assignment]  # as above
