"""Downloads and what happens around them: other processes, full disks, and the end of their own."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core import _fetching, _part_files
from sdk_core._part_files import KeptFile
from sdk_core.errors import APIConnectionError

from ._remote import DATA, TAG, Remote

MIB = 1 << 20


class Dripping(Remote):
    """Sends the first answer a little at a time, until nobody takes it any more."""

    def handle(self, request: SimpleNamespace) -> Iterator[bytes]:
        """Drip once."""
        if self.asked:
            yield from super().handle(request)
            return
        self.asked.append(None)
        head, _, body = self.answer(request)
        yield head
        for start in range(0, len(body), 1000):
            time.sleep(0.02)
            yield body[start : start + 1000]


FETCH = textwrap.dedent(
    """
    import asyncio, sys
    from sdk_core import transfers
    from sdk_core.clients import AsyncClient, SyncClient

    url, file, colour = sys.argv[1:]
    if colour == "sync":
        with SyncClient(base_url=url) as client:
            transfers.download(client, "/file", file)
    else:
        async def run():
            async with AsyncClient(base_url=url) as client:
                await transfers.async_download(client, "/file", file)
        asyncio.run(run())
    """
)


def position(beside: Path) -> int:
    """Return how far the sidecar says that the file is."""
    try:
        known = json.loads(beside.read_text())
    except FileNotFoundError:
        return 0
    (part,) = known["parts"]
    assert part[2] == MIB
    found: int = part[1]
    return found


def test_a_process_that_is_killed_loses_a_second_at_most(
    remote: Any, fetch: Any, tmp_path: Path, colour: str
) -> None:
    """Another one goes on where the note beside the file says."""
    data = (DATA * 6)[:MIB]
    server = remote(data, kind=Dripping)
    file, beside = tmp_path / "file", tmp_path / "file.part.json"
    command = [sys.executable, "-c", FETCH, server.url, str(file), colour]
    with subprocess.Popen(command) as process:
        until = time.monotonic() + 60
        while position(beside) == 0 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert -signal.SIGKILL == process.returncode
    assert not file.exists()
    kept = position(beside)
    assert 0 < kept < MIB
    assert data == fetch(server.url, file).read_bytes()
    assert [None, f"bytes={kept}-"] == server.asked
    assert ["file"] == [path.name for path in tmp_path.iterdir()]


class Waiting(Remote):
    """Does not answer before it may."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked_once = threading.Event()
        self.may = threading.Event()

    def answer(self, request: SimpleNamespace) -> tuple[bytes, int, bytes]:
        """Wait, and answer."""
        self.asked_once.set()
        assert self.may.wait(20)
        return super().answer(request)


def test_two_do_not_write_the_same_file(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The second is told at once that there is a first."""
    server = remote(kind=Waiting)
    first = threading.Thread(target=fetch, args=(server.url, tmp_path / "file"))
    first.start()
    try:
        assert server.asked_once.wait(20)
        with pytest.raises(
            BlockingIOError, match="another download is writing this file"
        ) as caught:
            fetch(server.url, tmp_path / "file")
        assert str(tmp_path / "file.part") == caught.value.filename
    finally:
        server.may.set()
        first.join(20)
    assert DATA == (tmp_path / "file").read_bytes()
    assert [None] == server.asked


def test_who_comes_when_the_other_has_just_ended_begins_anew(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that it has opened is in its place by then, and must not be written to."""
    server, file = remote(), tmp_path / "file"
    real, ends = fcntl, ["moved", "removed"]
    (tmp_path / "file.part").touch()

    def flock(opened: Any, how: int) -> None:
        if ends:
            part = tmp_path / "file.part"
            if ends.pop() == "removed":
                part.unlink()
            else:
                part.replace(file)
                part.touch()
        real.flock(opened, how)

    slow = SimpleNamespace(flock=flock, LOCK_EX=real.LOCK_EX, LOCK_NB=real.LOCK_NB)
    monkeypatch.setattr(_part_files, "fcntl", slow)
    assert DATA == fetch(server.url, file).read_bytes()
    assert [] == ends


def test_other_systems_have_other_ways(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are no such locks and open files cannot be moved, a download works, too."""
    monkeypatch.setattr(_part_files, "fcntl", None)
    monkeypatch.setattr(_part_files, "_MOVES_OPEN_FILES", False)
    monkeypatch.delattr(os, "posix_fallocate")
    server = remote(cuts=(70_000,))
    assert DATA == fetch(server.url, tmp_path / "file").read_bytes()
    monkeypatch.setattr(os, "open", _refuse)
    _part_files._sync_folder(tmp_path)


def _refuse(*_: object) -> int:
    raise PermissionError


LIMITED = """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    """


@pytest.mark.parametrize("resume", [True, False])
def test_a_full_disk_is_the_systems_error(
    remote: Any, tmp_path: Path, colour: str, fetch: Any, resume: bool
) -> None:
    """What has been written before is kept, and goes on when there is room; the old file stays."""
    data = (DATA * 6)[:MIB]
    server, file = remote(data), tmp_path / "file"
    file.write_bytes(b"old")
    program = textwrap.dedent(LIMITED) + FETCH.replace(
        '"/file", file', f'"/file", file, resume={resume}'
    )
    command = [sys.executable, "-c", program, server.url, str(file), colour]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert 1 == done.returncode
    assert "File too large" in done.stderr.strip().splitlines()[-2 if resume else -1]
    assert b"old" == file.read_bytes()
    if not resume:
        assert ["file"] == [path.name for path in tmp_path.iterdir()]
        return
    assert data == fetch(server.url, file).read_bytes()
    first, last = server.asked
    assert first is None
    assert last.startswith("bytes=")


def test_a_disk_without_room_says_so_before_several_parts_come(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room is made for all of it; what cannot make room beforehand goes on without."""
    from sdk_core import _downloads  # noqa: PLC0415  # only here it is changed

    monkeypatch.setattr(_downloads, "WORTH_PARTS", 1000)
    server = remote()

    def fail(number: int) -> Any:
        def allocate(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        return allocate

    monkeypatch.setattr(os, "posix_fallocate", fail(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        fetch(server.url, tmp_path / "file")
    assert [] == list(tmp_path.iterdir())
    monkeypatch.setattr(os, "posix_fallocate", fail(errno.EOPNOTSUPP))
    assert DATA == fetch(server.url, tmp_path / "file").read_bytes()


def test_a_note_that_cannot_be_written_hides_no_error(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that matters is the first."""
    server = remote(cuts=(70_000,))
    keep = KeptFile.keep

    def full(file: Any, sidecar: Any) -> None:
        if sidecar.parts[0][1]:
            raise OSError(errno.ENOSPC, "full")
        keep(file, sidecar)

    monkeypatch.setattr(KeptFile, "keep", full)
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file", client={"max_retries": 0})


def test_the_note_is_written_while_it_comes(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And names a strong validator."""
    monkeypatch.setattr(_fetching, "_KEEP_EVERY", 0.0)
    notes: list[Any] = []
    keep = KeptFile.keep

    def note(file: KeptFile, sidecar: Any) -> None:
        notes.append(sidecar)
        keep(file, sidecar)

    monkeypatch.setattr(KeptFile, "keep", note)
    fetch(remote().url, tmp_path / "file")
    assert {TAG} == {note.validator for note in notes}
    assert (0, 200_000) == (notes[0].parts[0][1], notes[-1].parts[0][1])


def test_a_file_that_cannot_be_moved_to_its_place_is_kept(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next call has one question to ask."""
    server = remote()
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target.name == "file":
            raise PermissionError(errno.EACCES, "not yours")
        return replace(path, target)

    for moves in (True, False):
        monkeypatch.setattr(_part_files, "_MOVES_OPEN_FILES", moves)
        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(PermissionError, match="not yours"):
            fetch(server.url, tmp_path / "file", checksum=None)
        monkeypatch.setattr(Path, "replace", replace)
        assert (tmp_path / "file.part").exists()
    fetch(server.url, tmp_path / "file")
    assert [None, "bytes=200000-", "bytes=200000-"] == server.asked[:3]
    assert DATA == (tmp_path / "file").read_bytes()
