"""What the bytes of a body are read from."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from sdk_core._multipart import encode_multipart
from sdk_core._uploads import File, Upload, source_of
from sdk_core.errors import ConfigurationError


def test_a_file_that_grows_is_sent_as_long_as_it_was(tmp_path: Path) -> None:
    """Its length has been promised already."""
    log = tmp_path / "log"
    log.write_bytes(b"12345")
    body = Upload([source_of(log, "body") or b""])
    file = BytesIO(b"12345")
    other = Upload([b"<", source_of(file, "body") or b"", b">"])
    log.write_bytes(b"123456789")
    file.getbuffer()[:] = b"abcde"
    file.seek(0, os.SEEK_END)
    file.write(b"more")
    assert (5, b"12345") == (body.length, b"".join(body))
    assert (7, b"<abcde>") == (other.length, b"".join(other))


def test_a_device_has_no_length() -> None:
    """Nor can it be read twice."""
    body = Upload([source_of(Path(os.devnull), "body") or b""])
    assert (None, []) == (body.length, list(body))
    assert body.spent
    with pytest.raises(ConfigurationError, match="has been read and cannot be read again"):
        list(body)


def test_a_pipe_is_read_where_it_stands() -> None:
    """It cannot say where it is."""
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe, open(writing, "wb") as other:  # noqa: PTH123  # pipes
        other.write(b"x")
        other.close()
        source = source_of(pipe, "body")
        assert isinstance(source, File)
        assert (None, None, False) == (source.start, source.size, source.repeatable)
        assert [b"x"] == list(Upload([source]))


def test_a_file_whose_seek_says_nothing_is_asked() -> None:
    """Some that are written in Python return None."""

    class Quiet(BytesIO):
        def seek(self, *where: int) -> None:  # type: ignore[override]  # it fails however it is asked
            super().seek(*where)

    assert 3 == Upload([source_of(Quiet(b"123"), "body") or b""]).length


class Pipe(BytesIO):
    """What cannot be rewound."""

    def seek(self, *_: int) -> int:
        """Refuse, as pipes do."""
        raise OSError


async def _later() -> AsyncIterator[bytes]:
    yield b"x"


@pytest.mark.parametrize("make", [lambda: iter([b"x"]), Pipe, _later])
@pytest.mark.parametrize("names", [("a", "b"), ("a", "a")])
def test_what_can_be_read_once_stands_once_in_a_form(
    make: Callable[[], Any], names: tuple[str, str]
) -> None:
    """The second place would be empty, and nobody would know."""
    once = make()
    members: dict[str, Any] = {}
    for name in names:
        members.setdefault(name, []).append((None, once))
    pieces, _ = encode_multipart(members, {})
    with pytest.raises(ConfigurationError, match=rf"`{names[1]}` .* `{names[0]}`.* only once"):
        Upload(pieces)


@pytest.mark.parametrize("content", [BytesIO(b"x"), [b"x"], Path(os.devnull)])
def test_what_can_be_read_again_may_stand_twice(content: Any) -> None:
    """It is rewound, or opened anew."""
    pieces, _ = encode_multipart({"a": (None, content), "b": (None, content)}, {})
    assert list(Upload(pieces))


def test_a_time_limit_of_asyncio_may_end_a_read() -> None:
    """The loop does not wait for the thread, which closes the file when it has read."""
    reading, goes_on, over = threading.Event(), threading.Event(), threading.Event()

    class Slow:
        size = None
        repeatable = True
        blocks = True

        def chunks(self) -> Iterator[bytes]:
            try:
                reading.set()
                goes_on.wait(10)
                yield b"x"
            finally:
                over.set()

    async def run() -> None:
        body = Upload([Slow()])
        task = asyncio.ensure_future(anext(aiter(body)))
        await asyncio.to_thread(reading.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        body.close()
        assert not over.is_set()
        goes_on.set()

    asyncio.run(run())
    assert over.wait(10)
