"""What a file must hash to."""

from __future__ import annotations

import hashlib
import pickle
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from sdk_core._checksums import of_body, of_file
from sdk_core.errors import APIConnectionError, ChecksumError

from ._remote import DATA


def said(algorithm: str, data: bytes) -> str:
    """Return the digest in base64."""
    return b64encode(hashlib.new(algorithm, data).digest()).decode()


def field(algorithm: str, data: bytes) -> str:
    """Return the digest as a field of RFC 9530."""
    return f"sha-{algorithm[3:]}=:{said(algorithm, data)}:"


RIGHT = [
    {"repr_digest": field("sha256", DATA)},
    {"repr_digest": f"md5=:AAAA:, {field('sha512', DATA)}, sha-256=:A:"},
    {"content_digest": field("sha256", DATA)},
    {"content_md5": said("md5", DATA)},
    {"content_md5": "AAAA"},
    {"content_md5": "?"},
    {"x_goog_hash": f"crc32c=AAAAAA==, md5={said('md5', DATA)}"},
    {"x_goog_hash": f"md5={said('md5', b'')}", "x_goog_stored_content_encoding": "gzip"},
]
WRONG = [
    {"repr_digest": field("sha256", b"other")},
    {"repr_digest": f"{field('sha256', DATA)}, {field('sha512', b'other')}"},
    {"content_digest": field("sha256", b"other")},
    {"content_md5": said("md5", b"other")},
    {"x_goog_hash": f"crc32c=AAAAAA==,md5={said('md5', b'other')}"},
]


@pytest.mark.parametrize("headers", RIGHT)
def test_what_the_server_says_of_the_file_holds(
    remote: Any, fetch: Any, tmp_path: Path, headers: dict[str, str]
) -> None:
    """In any of the headers; what cannot be checked is not."""
    assert DATA == fetch(remote(**headers).url, tmp_path / "file").read_bytes()


@pytest.mark.parametrize("headers", WRONG)
def test_other_bytes_than_the_server_says_are_not_kept(
    remote: Any, fetch: Any, tmp_path: Path, headers: dict[str, str]
) -> None:
    """The old file stays, and the error says who says what."""
    server, file = remote(**headers), tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(ChecksumError) as caught:
        fetch(server.url, file)
    name = next(iter(headers)).replace("_", "-")
    assert f"of what came is {caught.value.found}, but `{name}` says" in caught.value.message
    found = pickle.loads(pickle.dumps(caught.value))
    assert caught.value.expected == found.expected
    assert hashlib.new(found.algorithm, DATA).hexdigest() == found.found
    assert b"old" == file.read_bytes()
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("algorithm", ["sha256", "SHA1", "blake2b", "sha3_384", "md5"])
def test_the_caller_may_know_better(
    remote: Any, fetch: Any, tmp_path: Path, algorithm: str
) -> None:
    """In any algorithm of hashlib, in hex digits of any case."""
    server = remote(cuts=(70_000,))
    digits = hashlib.new(algorithm.lower(), DATA).hexdigest()
    fetch(server.url, tmp_path / "file", checksum=f"{algorithm}:{digits.upper()}")
    with pytest.raises(ChecksumError, match="but `checksum` says"):
        fetch(server.url, tmp_path / "file", checksum=f"{algorithm}:{'0' * len(digits)}")
    assert DATA == (tmp_path / "file").read_bytes()


def test_what_another_call_has_brought_is_checked_too(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """Whoever has touched it in between; nothing of it is kept."""
    server = remote(cuts=(70_000,), repr_digest=field("sha256", DATA))
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file", client={"max_retries": 0})
    fetch(server.url, tmp_path / "file")
    server.cuts.append(70_000)
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file", client={"max_retries": 0})
    with (tmp_path / "file.part").open("r+b") as file:
        file.write(b"?")
    with pytest.raises(ChecksumError):
        fetch(server.url, tmp_path / "file")
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


def test_the_digest_of_a_part_is_that_of_the_part() -> None:
    """`Content-Digest` is of the body, `Repr-Digest` of the file, and `Content-MD5` nobody knows."""
    part = {"content-range": "bytes 0-1/9", "content-md5": said("md5", b"ab")}
    part |= {"content-digest": field("sha256", b"ab"), "repr-digest": field("sha256", DATA)}
    assert ["`content-digest`"] == [each.source for each in of_body(part)]
    assert ["`repr-digest`"] == [each.source for each in of_file(part)]
    assert [] == of_body({**part, "content-encoding": "gzip"})
    assert [] == of_file({**part, "content-encoding": "gzip"})
