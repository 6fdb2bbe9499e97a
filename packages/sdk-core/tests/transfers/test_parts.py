"""Large files in several parts at the same time."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core import _downloads
from sdk_core.errors import APIConnectionError, NotFoundError

from ._remote import DATA, Remote


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small file be worth it."""
    monkeypatch.setattr(_downloads, "WORTH_PARTS", 100_000)


RANGES = [None, "bytes=100000-149999", "bytes=150000-199999", "bytes=50000-99999"]


def test_a_large_file_comes_in_parts(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The first answer brings the first of them; the others are asked for at the same time."""
    server = remote()
    told: list[int] = []
    file = fetch(server.url, tmp_path / "file", progress=lambda done, _: told.append(done))
    assert DATA == file.read_bytes()
    assert sorted(map(str, RANGES)) == sorted(map(str, server.asked))
    assert sorted(set(told)) == told
    assert 200_000 == told[-1]


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({"accept_ranges": None}, {}),
        ({"accept_ranges": "none"}, {}),
        ({"etag": None}, {}),
        ({"etag": 'W/"first"'}, {}),
        ({"content_encoding": "identity"}, {"parts": 1}),
    ],
)
def test_one_is_enough_where_it_cannot_help(
    remote: Any, fetch: Any, tmp_path: Path, headers: Any, options: Any
) -> None:
    """Or where the caller wants no more."""
    server = remote(**headers)
    assert DATA == fetch(server.url, tmp_path / "file", **options).read_bytes()
    assert [None] == server.asked


def test_a_small_file_comes_in_one(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Connections cost more than they bring."""
    server = remote(DATA[:99_999])
    fetch(server.url, tmp_path / "file")
    assert [None] == server.asked


def test_each_part_is_mended(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Wherever it is cut, it goes on there."""
    server = remote(cuts=(10_000, 60_000, 70_000, 110_000, 199_999))
    assert DATA == fetch(server.url, tmp_path / "file").read_bytes()
    assert {"bytes=60000-99999", "bytes=199999-199999"} <= set(server.asked)


class Held(Remote):
    """Lets the other parts wait for the last one, which is refused."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.begun = threading.Event()
        self.refused = threading.Event()
        self.refuses = True

    def answer(self, request: SimpleNamespace) -> tuple[bytes, int, bytes]:
        """Answer, when it is time."""
        head, start, body = super().answer(request)
        if not self.refuses:
            return head, start, body
        if start == 150_000:
            assert self.begun.wait(20)
            self.refused.set()
            return self.head(404, {"content_length": 0}), 0, b""
        if start == 100_000:
            assert self.refused.wait(20)
        return head, start, body


def test_the_first_error_ends_all_and_the_next_call_goes_on(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """With the parts as they were, also if it may use only one connection."""
    server = remote(kind=Held)
    with pytest.raises(NotFoundError):
        fetch(server.url, tmp_path / "file", progress=lambda *_: server.begun.set())
    known = json.loads((tmp_path / "file.part.json").read_text())
    starts = [start for start, _, _ in known["parts"]]
    assert [0, 50_000, 100_000, 150_000] == starts
    assert [150_000, 150_000, 200_000] == known["parts"][3]
    assert 200_000 == (tmp_path / "file.part").stat().st_size
    server.refuses, server.asked = False, []
    assert DATA == fetch(server.url, tmp_path / "file", parts=1).read_bytes()
    assert None not in server.asked


def test_the_rest_of_a_large_file_may_come_in_parts(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """What one connection has begun, several end."""
    server = remote(cuts=(60_000,))
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file", client={"max_retries": 0}, parts=1)
    assert DATA == fetch(server.url, tmp_path / "file").read_bytes()
    assert 5 == len(server.asked)
    assert "bytes=60000-" == server.asked[1]


def test_what_progress_raises_ends_all(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """In whichever thread it was told."""

    class Enough(Exception):
        """The caller's own."""

    def stop(done: int, total: int | None) -> None:
        if done > 120_000:
            raise Enough

    with pytest.raises(Enough):
        fetch(remote().url, tmp_path / "file", progress=stop)
    assert DATA == fetch(remote().url, tmp_path / "file").read_bytes()
    assert not [each for each in threading.enumerate() if "run" in each.name]
