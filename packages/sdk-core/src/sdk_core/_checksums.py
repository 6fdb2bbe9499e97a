"""Checksums: what a file must hash to, as the caller or the server says, and what it does."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ._ranges import encoded
from .errors import ChecksumError, ConfigurationError

if TYPE_CHECKING:
    from ._messages import Response

# The algorithms of RFC 9530 §5 that are not insecure.
_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
_DIGEST = re.compile(r"([a-z0-9.*_-]+)=:([A-Za-z0-9+/=]*):")
_GOOGLE = re.compile(r"md5=([A-Za-z0-9+/]{22}==)")


@attrs.frozen
class Checksum:
    """
    What bytes must hash to.

    Attributes:
        algorithm: As `hashlib` calls it.
        digest: What must come out.
        source: Who says so, for messages.
    """

    algorithm: str
    digest: bytes
    source: str = "`checksum`"

    @classmethod
    def of(cls, text: str) -> Checksum:
        """
        Read *text*, such as ``"sha256:9f86d081..."``: an algorithm of `hashlib`, and hex digits.

        Raises:
            ConfigurationError: It is none.
        """
        try:
            name, digits = text.split(":")
            size = hashlib.new(name.lower(), usedforsecurity=False).digest_size
            digest = bytes.fromhex(digits)
        except (AttributeError, TypeError, ValueError):
            size, digest = 0, b""
        # An algorithm whose size is for the caller to choose, such as shake_128, has size 0.
        if not size or len(digest) != size:
            msg = (
                "`checksum` must be the name of an algorithm of hashlib and all of its hex digits, "
                f"such as 'sha256:9f86d081...', not {text!r}"
            )
            raise ConfigurationError(msg)
        return cls(name.lower(), digest)


def of_file(headers: Mapping[str, str]) -> list[Checksum]:
    """
    Return what *headers* say that the whole file hashes to.

    Read are ``Repr-Digest`` (RFC 9530) and the MD5 in ``x-goog-hash`` of Google's storage.
    Nothing is returned for a body that was encoded: the sums are of the encoded bytes.
    """
    if encoded(headers):
        return []
    found = _digests(headers, "repr-digest")
    stored = headers.get("x-goog-stored-content-encoding", "identity")
    if stored == "identity" and (match := _GOOGLE.search(headers.get("x-goog-hash", ""))):
        found.append(Checksum("md5", b64decode(match[1]), "`x-goog-hash`"))
    return found


def of_body(headers: Mapping[str, str]) -> list[Checksum]:
    """
    Return what *headers* say that the body of this answer hashes to, whichever part it is.

    Read are ``Content-Digest`` (RFC 9530) and ``Content-MD5``, which older servers send; of the
    latter nobody knows what it means for a part (RFC 7231, appendix B).
    """
    if encoded(headers):
        return []
    found = _digests(headers, "content-digest")
    if "content-range" not in headers:
        try:
            digest = b64decode(headers.get("content-md5", ""), validate=True)
        except (NoBase64, ValueError):
            digest = b""
        if len(digest) == hashlib.md5(usedforsecurity=False).digest_size:
            found.append(Checksum("md5", digest, "`content-md5`"))
    return found


def _digests(headers: Mapping[str, str], name: str) -> list[Checksum]:
    found = []
    for algorithm, encoded_digest in _DIGEST.findall(headers.get(name, "")):
        if algorithm in _ALGORITHMS:
            try:
                digest = b64decode(encoded_digest, validate=True)
            except NoBase64:
                continue
            found.append(Checksum(_ALGORITHMS[algorithm], digest, f"`{name}`"))
    return found


class Hashing:
    """
    Hashes bytes that come in order, as far as anything is expected of them.

    Attributes:
        position: How many bytes have been hashed.
    """

    def __init__(self, expected: Iterable[Checksum] = ()) -> None:
        self.position = 0
        self._expected = tuple(expected)
        self._hashes: dict[str, Any] = {
            each.algorithm: hashlib.new(each.algorithm, usedforsecurity=False)
            for each in self._expected
        }

    def __bool__(self) -> bool:
        return bool(self._expected)

    def update(self, data: bytes) -> None:
        """Add *data*."""
        for each in self._hashes.values():
            each.update(data)
        self.position += len(data)

    def check(self, response: Response) -> None:
        """
        Compare what came with what was expected.

        Raises:
            ChecksumError: It is something else.
        """
        for each in self._expected:
            found = self._hashes[each.algorithm].digest()
            if found != each.digest:
                raise ChecksumError(
                    response,
                    algorithm=each.algorithm,
                    expected=each.digest.hex(),
                    found=found.hex(),
                    source=each.source,
                )
