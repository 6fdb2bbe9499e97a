"""Servers that answer a range in other ways than RFC 9110 says, or change the file in between."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core import _downloads
from sdk_core.errors import APIConnectionError, APIResponseValidationError

from ._remote import DATA, Remote

NEW = random.Random(8).randbytes(180_000)
Answer = tuple[bytes, int, bytes]


@pytest.fixture(params=[1, 4])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Fetch in one part, and in four though the file is small."""
    monkeypatch.setattr(_downloads, "WORTH_PARTS", 1000)
    found: int = request.param
    return found


class Odd(Remote):
    """Answers ranges as `odd` says."""

    def answer(self, request: SimpleNamespace) -> Answer:
        """Answer ranges in another way."""
        found = self.range_of(request)
        return super().answer(request) if found is None else self.odd(*found)

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        raise NotImplementedError


class Elsewhere(Odd):
    """Answers with another range than the one that is asked for."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.part(start - 10, end)


class Nowhere(Odd):
    """Does not say which range it is."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.part(start, end, content_range=None)


class Nonsense(Odd):
    """Says something that is no range."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.part(start, end, content_range=f"bytes {end}-{start}/200000")


class Grown(Odd):
    """Says that the file has another size, and the same tag."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.part(start, end, content_range=f"bytes {start}-{end - 1}/300000")


class Zipped(Odd):
    """Answers with a range of the compressed file, which was not asked for."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        body = gzip.compress(self.data)[start:end]
        return self.part(start, end, content_encoding="gzip")[0], start, body


class Heedless(Odd):
    """Answers with a part of the new file, whatever `If-Range` says."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        self.data, self.headers["etag"] = NEW, '"second"'
        return self.part(start, min(end, len(NEW)))


class Deaf(Odd):
    """Knows no ranges, though it says so."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.whole()


class Replaced(Odd):
    """Has another file from the first range on."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        self.data, self.headers["etag"] = NEW, '"second"'
        return self.whole()


class Shrunk(Odd):
    """Has a smaller file, and says only that there is nothing at that place."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        self.data, self.headers["etag"] = NEW[:1000], '"second"'
        return self.nothing()


@pytest.mark.parametrize(
    "kind",
    [Elsewhere, Nowhere, Nonsense, Grown, Zipped, Heedless, Deaf, Replaced, Shrunk],
)
def test_never_a_mixture(
    remote: Any, fetch: Any, tmp_path: Path, kind: type[Remote], parts: int
) -> None:
    """Whatever the server makes of a range, the file is one that it had, from end to end."""
    server = remote(kind=kind, cuts=(70_000,))
    told: list[tuple[int, int | None]] = []
    file = fetch(
        server.url, tmp_path / "file", parts=parts, progress=lambda *each: told.append(each)
    )
    assert server.data == file.read_bytes()
    assert told[-1] == (len(server.data), len(server.data))
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


class Restless(Remote):
    """Has another file each time, and each is cut."""

    def answer(self, request: SimpleNamespace) -> Answer:
        """Answer with all of it."""
        self.headers["etag"] = f'"{len(self.asked)}"'
        self.cuts = [70_000]
        return self.whole()


def test_a_file_that_never_rests_is_given_up(
    remote: Any, fetch: Any, tmp_path: Path, parts: int
) -> None:
    """After a few beginnings."""
    server = remote(kind=Restless, cuts=(70_000,))
    with pytest.raises(APIResponseValidationError, match="begun anew 5 times"):
        fetch(server.url, tmp_path / "file", parts=parts)
    assert len(server.asked) < 40


class Short(Odd):
    """Answers with less than it was asked for, which it may."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.part(start, min(end, start + 30_000))


def test_a_shorter_range_is_followed_by_more(
    remote: Any, fetch: Any, tmp_path: Path, parts: int
) -> None:
    """Each question asks for all that is left."""
    server = remote(kind=Short, cuts=(70_000,))
    assert server.data == fetch(server.url, tmp_path / "file", parts=parts).read_bytes()


class Long(Odd):
    """Answers with all that follows, where less was asked for."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        return self.part(start, len(self.data))


def test_a_longer_range_is_read_as_far_as_it_is_wanted(
    remote: Any, fetch: Any, tmp_path: Path, parts: int
) -> None:
    """The rest is another part's."""
    server = remote(kind=Long, cuts=(70_000,))
    assert server.data == fetch(server.url, tmp_path / "file", parts=parts).read_bytes()


def chunked(body: bytes) -> bytes:
    """Return a body that ends where it says, and not where the head says."""
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


class Overflowing(Odd):
    """Sends more than its range."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        given = {"content_length": None, "transfer_encoding": "chunked"}
        head, start, body = self.part(start, end, **given)
        return head, start, chunked(body + b"more")


def test_more_than_was_promised_is_an_error(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """And what came before it is kept."""
    server = remote(kind=Overflowing, cuts=(70_000,))
    with pytest.raises(APIResponseValidationError, match="longer than it says"):
        fetch(server.url, tmp_path / "file")
    assert DATA[:70_000] == (tmp_path / "file.part").read_bytes()[:70_000]


class Wanting(Odd):
    """Ends each range early, and in good order."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        given = {"content_length": None, "transfer_encoding": "chunked"}
        head, start, body = self.part(start, end, **given)
        return head, start, chunked(body[: max(1, len(body) // 2)])


def test_less_than_was_promised_is_a_cut(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The rest is asked for, until there is none."""
    server = remote(kind=Wanting, cuts=(70_000,))
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    server = remote(kind=Wanting, cuts=(70_000,))
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "other", client={"max_retries": 0})
    with pytest.raises(APIConnectionError, match="ended 65000 bytes too early"):
        fetch(server.url, tmp_path / "other", client={"max_retries": 0})


class Starred(Odd):
    """Does not say of how much its range is a part."""

    def odd(self, start: int, end: int) -> Answer:
        """Answer the range."""
        if start >= len(self.data):
            return self.nothing()
        return self.part(start, end, content_range=f"bytes {start}-{end - 1}/*")


def test_the_size_may_stay_unknown(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Where the first answer does not say it either, the last question is answered with nothing."""
    server = remote(kind=Starred, cuts=(70_000,))
    answer = server.whole
    server.whole = lambda: (
        answer(content_length=None, transfer_encoding="chunked")[0],
        0,
        chunked(server.data),
    )
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert "bytes=200000-" == server.asked[-1]


class Compressing(Remote):
    """Compresses all that it sends, though that was not asked for."""

    def answer(self, request: SimpleNamespace) -> Answer:
        """Compress the file."""
        body = gzip.compress(self.data)
        given = {"content_encoding": "gzip", "content_length": len(body)}
        given["repr_digest"] = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
        given["content_digest"] = given["repr_digest"]
        return self.head(200, given), 0, body


def test_what_is_compressed_all_the_same_is_decompressed(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """Its ranges and sums are of other bytes than those of the file, so that none is believed."""
    server = remote(kind=Compressing, cuts=(70_000,))
    told: list[tuple[int, int | None]] = []
    file = fetch(server.url, tmp_path / "file", progress=lambda *each: told.append(each))
    assert server.data == file.read_bytes()
    assert [None, None] == server.asked
    assert (200_000, None) == told[-1]


class Unasked(Remote):
    """Answers with a part where all is asked for."""

    def answer(self, request: SimpleNamespace) -> Answer:
        """Answer with a part."""
        return self.part(5, 10)


def test_a_part_that_nobody_asked_for_is_no_file(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """It would be taken for the whole."""
    with pytest.raises(APIResponseValidationError, match="status 206, which is no file"):
        fetch(remote(kind=Unasked).url, tmp_path / "file")
    assert [] == list(tmp_path.iterdir())
