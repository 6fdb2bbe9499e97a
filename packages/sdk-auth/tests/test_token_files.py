"""Token files: the token of a workload, as often as its platform replaces it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_auth import token_files
from sdk_auth.errors import CredentialUnavailableError
from sdk_auth.token_files import TokenFile
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.testing import FakeTransport, response


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let time pass by hand."""
    made = SimpleNamespace(now=100.0)
    monkeypatch.setattr(token_files, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a token."""
    path = tmp_path / "token"
    path.write_text("first\n")
    return path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is opened."""
    found: list[str] = []
    real = Path.open

    def note(path: Path, mode: str) -> Any:
        found.append(str(path))
        return real(path, mode)

    monkeypatch.setattr(Path, "open", note)
    return found


def test_space_around_the_token_is_none_of_it(file: Path) -> None:
    """Files usually end in a line end."""
    assert TokenFile(file)() == "first"


def test_a_new_token_is_noticed_at_the_next_look(clock: Any, file: Path) -> None:
    """Which is a second later, and not before."""
    token = TokenFile(file)
    assert token() == "first"
    file.write_text("second\n")
    clock.now += 0.9
    assert token() == "first"
    clock.now += 0.2
    assert token() == "second"


def test_a_file_that_stays_is_read_once(clock: Any, file: Path, opened: list[str]) -> None:
    """However often it is asked for, and looked at."""
    token = TokenFile(file)
    for _ in range(5):
        assert token() == "first"
        clock.now += 2
    assert len(opened) == 1


@pytest.mark.parametrize("kept", ["st_mtime_ns", "st_size", "st_ino"])
def test_any_change_is_noticed(clock: Any, file: Path, kept: str) -> None:
    """One of the time, the size and the place on the disk is enough."""
    token = TokenFile(file)
    assert token() == "first"
    before = file.stat()
    if kept == "st_ino":
        file.write_text("other\n")  # of the same size, in the same place, at another time
        os.utime(file, ns=(1, 1))
    elif kept == "st_size":
        file.write_text("longer-one\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        file.rename(file.with_name("old"))
        file.write_text("other\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    clock.now += 1
    assert token() != "first"


def test_a_link_that_is_turned_is_noticed(clock: Any, tmp_path: Path) -> None:
    """As Kubernetes rotates: ``token`` leads through ``..data``, which is moved to a new folder."""
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(f"tok-{name}\n")
        os.utime(tmp_path / name / "token", ns=(1, 1))
    (tmp_path / "..data").symlink_to("1")
    (tmp_path / "token").symlink_to("..data/token")
    token = TokenFile(tmp_path / "token")
    assert token() == "tok-1"
    (tmp_path / "..data_tmp").symlink_to("2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    clock.now += 1
    assert token() == "tok-2"


def test_a_file_that_is_being_written_keeps_the_old_token(clock: Any, file: Path) -> None:
    """Empty for a moment, it is read again at the next look."""
    token = TokenFile(file)
    assert token() == "first"
    file.write_text("")
    clock.now += 1
    assert token() == "first"
    file.write_text("second")
    assert token() == "first"
    clock.now += 1
    assert token() == "second"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b" \n", "is empty"),
        (b"two words", "holds what is no token"),
        (b"a\nb", "holds what is no token"),
        (b"caf\xc3\xa9", "holds what is no token"),
        (b"\xff", "holds what is no token"),
        (b"x" * (1 << 17), "is too large for a token"),
    ],
)
def test_what_is_no_token_is_refused(file: Path, data: bytes, why: str) -> None:
    """The message names the file, and shows nothing of it."""
    file.write_bytes(data)
    with pytest.raises(CredentialUnavailableError, match=f"the token file {file} {why}") as caught:
        TokenFile(file)()
    assert caught.value.tried == ((f"token file {file}", why),)


def test_a_file_that_is_not_there_is_named(clock: Any, file: Path) -> None:
    """Also one that has gone: nobody knows what it would say."""
    with pytest.raises(CredentialUnavailableError, match=r"cannot be read .No such file"):
        TokenFile(file.with_name("none"))()
    token = TokenFile(file)
    assert token() == "first"
    file.unlink()
    assert token() == "first"
    clock.now += 1
    with pytest.raises(CredentialUnavailableError, match=r"cannot be read .No such file"):
        token()
    file.write_text("second")
    assert token() == "second"


def test_it_shows_its_path_alone(file: Path) -> None:
    """And what it gives hides itself."""
    token = TokenFile(file)
    assert "first" not in repr(token()) + repr(token)
    assert str(file) in repr(token)


@pytest.mark.anyio
async def test_it_is_a_credential_of_clients(colour: str, clock: Any, file: Path) -> None:
    """Asked before each attempt, so that a new token goes with the next call."""
    fake = FakeTransport([response(json={}), response(json={})])
    options: dict[str, Any] = {"base_url": "https://api.example.com", "transport": fake}
    token = TokenFile(file)
    for text in ("first", "second"):
        file.write_text(text)  # noqa: ASYNC240  # a test
        clock.now += 1
        if colour == "sync":
            with SyncClient(credential=token, **options) as client:
                client.request("GET", "/")
        else:
            async with AsyncClient(credential=token, **options) as other:
                await other.request("GET", "/")
    sent = [request.headers["authorization"] for request in fake.requests]
    assert sent == ["Bearer first", "Bearer second"]
