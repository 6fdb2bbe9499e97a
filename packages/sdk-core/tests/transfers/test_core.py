"""The core of downloads, without a network: whatever a server does, no file is a mixture."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdk_core import _downloads
from sdk_core._colours import Blocking
from sdk_core._downloads import Anew, Download
from sdk_core._effects import Call, Send, Sleep
from sdk_core._fetching import Fetching
from sdk_core._flows import send
from sdk_core._messages import Headers, Request, Response
from sdk_core._meters import Meter
from sdk_core._part_files import KeptFile, Sidecar
from sdk_core._ranges import ContentRange, content_range, size, validator
from sdk_core.errors import APIConnectionError, SDKError
from sdk_core.testing import request, response

# The first two have the same size: only what the server says tells them apart.
VERSIONS = [bytes(f"{n}", "ascii") * size for n, size in enumerate((1000, 1000, 1014, 1021))]


class Stream:
    """A body that may be cut."""

    def __init__(self, body: bytes, cut: int | None, sent: Request) -> None:
        self.body, self.cut, self.sent = body, cut, sent
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        end = len(self.body) if self.cut is None else min(self.cut, len(self.body))
        for start in range(0, end, 100):
            yield self.body[start : min(start + 100, end)]
        if end < len(self.body) or self.cut is not None:
            raise APIConnectionError(request=self.sent)

    def close(self) -> None:
        """Take note."""
        self.closed = True


class Server:
    """Answers as it is told, one step a request; then as it should."""

    def __init__(self, steps: list[tuple[str, int | None]]) -> None:
        self.steps = list(steps)
        self.version = 0
        self.streams: list[Stream] = []

    def answer(self, sent: Request) -> Response:
        """Answer one request."""
        kind, cut = self.steps.pop(0) if self.steps else ("right", None)
        if kind in {"changed", "heedless", "silent"} and self.version + 1 < len(VERSIONS):
            self.version += 1
        data, tag = VERSIONS[self.version], f'"{self.version}"'
        headers = {"etag": tag, "accept-ranges": "bytes"}
        wanted = sent.headers.get("range")
        silent = kind == "silent" and self.version > 1  # says nothing but the size, which is new
        heeded = sent.headers.get("if-range") == tag or kind == "heedless" or silent
        if kind == "refusing":
            return Response(404, Headers({}), request=sent, content=b"")
        if wanted is None or not heeded or kind == "deaf":
            return self._body(200, {**headers, "content-length": str(len(data))}, data, cut, sent)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last) + 1 if last else len(data), len(data))
        if start >= end:
            found = {"content-range": f"bytes */{len(data)}"}
            return Response(416, Headers({**headers, **found}), request=sent, content=b"")
        if kind == "elsewhere":
            start = max(0, start - 1)
        if kind == "shorter":
            end = min(end, start + 300)
        headers["content-range"] = f"bytes {start}-{end - 1}/{len(data)}"
        if kind == "vague":
            del headers["content-range"]
        if kind == "untagged" or silent:
            del headers["etag"]
        return self._body(206, headers, data[start:end], cut, sent)

    def _body(
        self, status: int, headers: dict[str, str], body: bytes, cut: int | None, sent: Request
    ) -> Response:
        stream: Any = Stream(body, cut, sent)
        self.streams.append(stream)
        return Response(status, Headers(headers), request=sent, stream=stream)


def run(flow: Any, server: Server) -> None:
    """Perform the effects."""
    step: Any = flow.send
    value: Any = None
    while True:
        try:
            effect = step(value)
        except StopIteration:
            return
        step, value = flow.send, None
        try:
            if isinstance(effect, Send):
                value = server.answer(effect.request)
            elif isinstance(effect, Call):
                value = effect.function()
            else:
                assert isinstance(effect, Sleep)
        except SDKError as error:
            step, value = flow.throw, error


KINDS = ["right", "changed", "heedless", "silent", "deaf", "elsewhere", "shorter", "vague"]
steps = st.lists(
    st.tuples(
        st.sampled_from([*KINDS, "untagged", "refusing"]),
        st.none() | st.integers(min_value=0, max_value=1100),
    ),
    max_size=12,
)


@given(steps=steps, parts=st.sampled_from([1, 3]))
@example(steps=[("right", 300), ("heedless", None)], parts=1)
@example(steps=[("changed", 0), ("changed", 300), ("silent", None)], parts=1)
@example(steps=[("right", 300), ("elsewhere", None)], parts=1)
def test_a_file_is_one_that_the_server_had(steps: list[tuple[str, int | None]], parts: int) -> None:
    """Through any number of calls; every body is let go, and nothing is left beside the file."""
    server = Server(steps)
    worth, _downloads.WORTH_PARTS = _downloads.WORTH_PARTS, 500
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "file")
            calls = 0
            while not file.exists():
                calls += 1
                assert calls <= len(steps) + 1
                try:
                    _call(server, file, parts)
                except SDKError:
                    continue
            assert file.read_bytes() in VERSIONS
            assert ["file"] == [path.name for path in Path(folder).iterdir()]
    finally:
        _downloads.WORTH_PARTS = worth
    assert all(stream.closed for stream in server.streams)


def _call(server: Server, file: Path, parts: int) -> None:
    known = Download(repeatable=True, retries=1, backoff=lambda _: 0.0, most=parts)
    fetching = Fetching(
        known, KeptFile(file), request(), send, url="u", checksum=None, meter=Meter(None, "")
    )
    with fetching:
        run(fetching.flow(Blocking(lambda flow: run(flow, server))), server)


def test_one_part_learns_for_all_that_the_file_has_changed() -> None:
    """Whatever the others are answered, it is of no use any more."""
    known = Download(repeatable=True, retries=1, backoff=lambda _: 0.0, most=2)
    known.go_on(Sidecar("u", '"0"', 20, ((0, 0, 10), (10, 10, 20))), "u")
    one, other = known.parts
    assert {"range": "bytes=10-19", "if-range": '"0"'} == known.ask(other)
    changed = response(200, {"etag": '"1"'})
    with pytest.raises(Anew):
        known.answered(one, changed, ranged=True)
    for answer in (response(206, {"content-range": "bytes 10-19/20"}), changed):
        for ranged in (True, False):
            with pytest.raises(Anew):
                known.answered(other, answer, ranged=ranged)
    assert [(0, 0, None)] == [(part.start, part.position, part.end) for part in known.parts]


@given(st.text() | st.from_regex(r"bytes +([0-9]+|\*)-?[0-9]*/([0-9]+|\*)", fullmatch=True))
def test_a_range_is_read_or_not_believed(value: str) -> None:
    """What is read makes sense, whatever stands there."""
    found = content_range({"content-range": value})
    if found is not None and found.start is not None:
        assert found.end is not None
        assert 0 <= found.start < found.end <= (found.total or found.end)


def test_ranges() -> None:
    """As they are written."""

    def read(value: str) -> ContentRange | None:
        return content_range({"content-range": value})

    assert ContentRange(0, 10, 100) == read("bytes 0-9/100")
    assert ContentRange(0, 10, None) == read("Bytes  0-9/*")
    assert ContentRange(None, None, 7) == read("bytes */7")
    for wrong in ("", "bytes 9-0/10", "bytes 0-10/10", "lines 0-1/2", "bytes 0-1/" + "9" * 19):
        assert read(wrong) is None
    assert size({"content-length": "9" * 19}) is None
    assert size({"content-length": "-1"}) is None


@given(st.dictionaries(st.sampled_from(["etag", "last-modified", "date"]), st.text()))
def test_any_validator_is_read_or_not_believed(headers: dict[str, str]) -> None:
    """And is one of the headers as it came."""
    found = validator(headers)
    assert found is None or found in headers.values()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)
sidecars = st.fixed_dictionaries(
    {
        "url": st.text() | values,
        "validator": st.text() | values,
        "size": st.integers(0, 99) | values,
        "parts": st.lists(st.lists(st.integers(0, 99) | values, max_size=4)) | values,
    }
)


@given(sidecars | values | st.binary())
def test_any_sidecar_is_read_or_not_believed(found: Any) -> None:
    """What is read of it makes sense: parts that touch, none longer than what is there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        path.write_bytes(found if isinstance(found, bytes) else json.dumps(found).encode())
        known = Sidecar.read(path, 50)
    if known is not None:
        assert isinstance(known.validator, str)
        assert 0 == known.parts[0][0]
        for (start, position, end), following in zip(known.parts, known.parts[1:], strict=False):
            assert start <= position <= (end or 0)
            assert end == following[0]
        assert known.size == known.parts[-1][2]
