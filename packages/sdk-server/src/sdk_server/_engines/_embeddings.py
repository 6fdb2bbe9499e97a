"""The echo engine's embeddings: unit vectors made of nothing but a hash of the text."""

from __future__ import annotations

import base64
import hashlib
import math
import struct

DEFAULT_DIMENSIONS = 256
MAX_DIMENSIONS = 3072


def vector(text: str, dimensions: int) -> bytes:
    """Return the vector of a text as little-endian 32-bit floats; its length is 1."""
    noise = hashlib.shake_256(text.encode()).digest(4 * dimensions)
    raw = [number / 2**31 - 1 for number in struct.unpack(f"<{dimensions}I", noise)]
    norm = math.sqrt(math.fsum(x * x for x in raw)) or 1.0
    return struct.pack(f"<{dimensions}f", *(x / norm for x in raw))


def encode(packed: bytes, form: str) -> str | list[float]:
    """Return a packed vector as `base64` or as a list of numbers."""
    if form == "base64":
        return base64.b64encode(packed).decode()
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))
