"""
Decompression of answers (RFC 9110 §8.4), whatever engine has read them.

The engines are told to leave bodies as they came: their own decoders have no limits, or each
another one. Here a piece of output is never larger than `PIECE`, and what grows beyond all measure
is refused: more than `FREE` bytes that are more than `RATIO` times what was sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

FREE = 16 << 20
"""Bytes that an answer may have whatever its size on the wire: 16 MiB."""
RATIO = 100
"""How many times larger than on the wire an answer may be; text reaches 10, and deflate 1,032."""
PIECE = 1 << 18
"""Bytes of output at once: 256 KiB."""
LAYERS = 5
"""Encodings on top of each other; more are an attack."""

_ZLIB_AND_GZIP = 32 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class DecompressionError(Exception):
    """The bytes are not what their header says."""


class BombError(DecompressionError):
    """The answer grows beyond all measure."""


class Decompressor:
    """
    Decompress a body piece by piece, in bounded memory.

    Args:
        encoding: The header ``content-encoding``: ``gzip`` and ``deflate``, in any number of layers
            up to `LAYERS`.

    Raises:
        DecompressionError: An encoding is unknown; nobody asked for it.
    """

    def __init__(self, encoding: str) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        names = [name for name in names if name not in {"", "identity"}]
        for name in names:
            if name not in {"gzip", "x-gzip", "deflate"}:
                msg = f"it is encoded with {name[:20]!r}, and `accept-encoding` is gzip, deflate"
                raise DecompressionError(msg)
        if len(names) > LAYERS:
            msg = f"it is encoded {len(names)} times"
            raise BombError(msg)
        self._layers = [_Layer(name) for name in reversed(names)]
        self._came = 0
        self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        Return what *data* decompresses to.

        Raises:
            DecompressionError: It is no such thing; `BombError`: it is too much.
        """
        self._came += len(data)
        for piece in _through(self._layers, data):
            self._given += len(piece)
            if self._given > FREE and self._given > RATIO * self._came:
                msg = (
                    f"{self._came} bytes have become more than {self._given}, which no honest "
                    "answer does; ask for it with `accept-encoding: identity`"
                )
                raise BombError(msg)
            yield piece

    def end(self) -> None:
        """
        Judge the end of the bytes.

        Raises:
            DecompressionError: It was not the end of the answer.
        """
        if self._came and not all(layer.ended for layer in self._layers):
            msg = "it ends in the middle"
            raise DecompressionError(msg)


def _through(layers: list[_Layer], data: bytes) -> Iterator[bytes]:
    if not layers:
        yield data
        return
    for piece in layers[0].feed(data):
        yield from _through(layers[1:], piece)


class _Layer:
    """
    One encoding.

    Attributes:
        ended: Whether what came so far is whole.
    """

    def __init__(self, name: str) -> None:
        self.ended = False
        self._name = name
        self._gzip = name != "deflate"
        self._started = False
        self._engine: Any = zlib.decompressobj(_ZLIB_AND_GZIP)

    def feed(self, data: bytes) -> Iterator[bytes]:
        full = False
        while data or full:
            if self.ended:
                # Members of gzip may follow each other (RFC 1952 §2.2); what else does is padding.
                if not self._gzip or not data.startswith(b"\x1f\x8b"):
                    return
                self.ended = False
                self._engine = zlib.decompressobj(_ZLIB_AND_GZIP)
            piece = self._decompress(data)
            self._started = True
            if piece:
                yield piece
            self.ended = self._engine.eof
            full = len(piece) == PIECE and not self.ended  # more may wait inside of the engine
            data = self._engine.unused_data if self.ended else self._engine.unconsumed_tail

    def _decompress(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._engine.decompress(data, PIECE)
        except zlib.error as exc:
            if self._started or self._gzip:
                msg = f"it is no {self._name}: {exc}"
                raise DecompressionError(msg) from None
            # Some send deflate without the zlib around it that RFC 9110 §8.4.1.2 asks for.
            self._engine = zlib.decompressobj(_RAW)
            try:
                piece = self._engine.decompress(data, PIECE)
            except zlib.error as other:
                msg = f"it is no deflate: {other}"
                raise DecompressionError(msg) from None
        return piece
