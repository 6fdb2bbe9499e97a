"""Decompressing by hand, in pieces of any size."""

from __future__ import annotations

import gzip
import zlib

import pytest

from sdk_core._decompression import Decompressor


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_answer_may_come_byte_by_byte(encoding: str, compress: object) -> None:
    """The first ones are a header, which becomes nothing at all, not even an empty piece."""
    assert callable(compress)
    text = b"[1, 2, 3]" * 9
    layers = Decompressor(encoding)
    pieces = [piece for byte in compress(text) for piece in layers.feed(bytes([byte]))]
    layers.end()
    assert b"".join(pieces) == text
    assert b"" not in pieces
