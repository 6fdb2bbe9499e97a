"""Uploads of many files at once, and of one file in parts; what both colours share."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from sdk_core.errors import ConfigurationError
from sdk_core.transfers import with_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sdk_core.typing import FileTypes, Progress

PART_SIZE = 64 * 1024 * 1024
"""Bytes of a part where the caller does not say: the most that the hosted service takes."""


class Window(io.RawIOBase):
    """
    A piece of an open file as a file of its own, which is read while it is sent.

    Args:
        file: Where it is in; read by one at a time.
        start: Its first byte there.
        size: How many there are.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: what failed is sent again from its beginning."""
        return True

    def tell(self) -> int:
        """Return how much has been read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere; see `io.IOBase.seek`."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read into *buffer*, at most as much as there is."""
        wanted = min(len(buffer), max(0, self._size - self._position))
        self._file.seek(self._start + self._position)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


class Parts:
    """
    A file that is uploaded in parts; iterating gives them, none of which is in memory.

    Args:
        file: Its path, or what is in it.
        filename: Its name. Default: that of the path.
        size: Its bytes, if the caller says so.
        part_size: Bytes of each part but the last.
        progress: Told the bytes that have been sent, and all that there are.

    Raises:
        ConfigurationError: An argument cannot be used, or the file not be read.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | bytes,
        filename: str | None,
        size: int | None,
        part_size: int | None,
        progress: Progress | None,
    ) -> None:
        self._part_size = PART_SIZE if part_size is None else _count("part_size", part_size)
        self._file, name = _opened(file)
        self.size = self._file.seek(0, os.SEEK_END)
        self._tell: Any = None
        with ExitStack() as stack:
            stack.callback(self._file.close)
            self.filename = _named(filename or name)
            if size is not None:
                _refuse_other(size, self.size)
            if progress is not None:
                from sdk_core.progress import display  # noqa: PLC0415  # few uploads are watched

                self._tell = display(progress, self.filename)
            stack.pop_all()  # it stays open

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        if (close := getattr(self._tell, "close", None)) is not None:
            close()

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, self.size, self._part_size):
            window: Any = Window(self._file, start, min(self._part_size, self.size - start))
            yield window if self._tell is None else with_progress(window, partial(self._say, start))

    def _say(self, start: int, done: int, _: int | None) -> None:
        self._tell(start + done, self.size)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"`{name}` must be an integer >= 1, not {value!r}"
        raise ConfigurationError(msg)
    return value


def _named(name: str | None) -> str:
    if not name:
        msg = "give `filename`: what is in memory has no name of its own"
        raise ConfigurationError(msg)
    return name


def _refuse_other(said: int, size: int) -> None:
    if said != size:
        msg = f"`bytes` says {said}, but `file` has {size}"
        raise ConfigurationError(msg)


def _opened(file: Any) -> tuple[BinaryIO, str | None]:
    """Return *file*, opened, and its own name."""
    if isinstance(file, bytes | bytearray | memoryview):
        return io.BytesIO(file), None
    if not isinstance(file, str | os.PathLike):
        msg = f"`file` must be a path or bytes, not {type(file).__name__}"
        raise ConfigurationError(msg)
    path = Path(file)
    try:
        return path.open("rb"), path.name
    except (OSError, ValueError) as exc:
        msg = f"`file` cannot be read: {exc}"
        raise ConfigurationError(msg) from exc


def listed(files: Iterable[FileTypes], max_concurrency: int) -> list[FileTypes]:
    """
    Return *files* as a list.

    Raises:
        ConfigurationError: It is one file, or *max_concurrency* is no integer >= 1.
    """
    if isinstance(files, str | bytes | bytearray | os.PathLike) or not isinstance(files, Iterable):
        msg = f"`files` must be an iterable of files, not one {type(files).__name__}"
        raise ConfigurationError(msg)
    _count("max_concurrency", max_concurrency)
    return list(files)


class _Sent:
    """What came of each of several files, and what went wrong first."""

    def __init__(self, files: list[FileTypes]) -> None:
        self.files = files
        self.found: list[Any] = [None] * len(files)
        self.failed: list[Exception] = []

    def fail(self, number: int, error: Exception) -> None:
        """Keep *error*, which says from now on which file it is about."""
        file = self.files[number]
        name = file[0] if isinstance(file, tuple) else getattr(file, "name", None)
        called = f" ({name})" if isinstance(name, str) else ""
        error.add_note(f"while file {number + 1} of {len(self.files)}{called} was uploaded")
        self.failed.append(error)

    def result(self) -> list[Any]:
        """Return what was found, or raise what went wrong."""
        if self.failed:
            raise self.failed[0]
        return self.found


def upload_all(create: Callable[..., Any], files: list[FileTypes], at_once: int) -> list[Any]:
    """
    Upload *files* in threads and return what *create* returns for each, in their order.

    The first failure is raised, with a note that says which file it is about; files that had not
    begun are not sent then.
    """
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  # few upload many
    from contextvars import copy_context  # noqa: PLC0415  # as above

    sent = _Sent(files)

    def upload(number: int) -> None:
        if sent.failed:
            return
        try:
            sent.found[number] = create(file=files[number], purpose="assistants")
        except Exception as error:  # it is raised when all threads have ended
            sent.fail(number, error)

    with ThreadPoolExecutor(at_once) as pool:
        try:
            wait([pool.submit(copy_context().run, upload, each) for each in range(len(files))])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # whoever is interrupted sends no more
    return sent.result()


async def async_upload_all(
    create: Callable[..., Any], files: list[FileTypes], at_once: int
) -> list[Any]:
    """Upload *files* in tasks; see `upload_all`. The first failure ends the others at once."""
    from anyio import create_task_group  # noqa: PLC0415  # as above

    sent = _Sent(files)
    numbers = iter(range(len(files)))  # which the tasks share: each takes the next one

    async def upload() -> None:
        for number in numbers:
            try:
                sent.found[number] = await create(file=files[number], purpose="assistants")
            except Exception as error:  # as above
                sent.fail(number, error)
                group.cancel_scope.cancel()
                return

    async with create_task_group() as group:
        for _ in range(min(at_once, len(files))):
            group.start_soon(upload)
    return sent.result()
