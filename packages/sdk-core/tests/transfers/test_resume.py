"""Downloads that are cut, given up and taken up again."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    ConfigurationError,
    NotFoundError,
)
from sdk_core.operations import Body, Content, Operation, Parameter

from ._remote import Remote

FILE: Operation[bytes] = Operation(
    "getFile",
    "GET",
    "/files/{id}",
    parameters=(Parameter("id", "id", "path", required=True, style="simple"),),
    responses={"200": (Content("application/octet-stream", "bytes"),)},
)


def names(folder: Path) -> list[str]:
    """Return what is there."""
    return sorted(path.name for path in folder.iterdir())


def cut(remote: Any, fetch: Any, file: Path, **options: Any) -> None:
    """Download as far as the first cut, and give up there."""
    with pytest.raises(APIConnectionError):
        fetch(remote.url, file, client={"max_retries": 0}, **options)


def test_a_cut_is_mended_within_the_call(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The rest is asked for, on condition that the file is still the same."""
    server = remote(cuts=(70_000, 150_000))
    file = fetch(server.url, tmp_path / "file")
    assert server.data == file.read_bytes()
    assert [None, "bytes=70000-", "bytes=150000-"] == server.asked
    assert {"identity"} == set(server.identity)
    assert ["file"] == names(tmp_path)


def test_a_call_goes_on_where_another_one_ended(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """What has come is kept beside the file, and what is known of it beside that."""
    server = remote(cuts=(70_000,))
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o640)
    cut(server, fetch, file)
    assert b"old" == file.read_bytes()
    assert server.data[:70_000] == (tmp_path / "file.part").read_bytes()
    known = json.loads((tmp_path / "file.part.json").read_text())
    assert {
        "url": f"{server.url}/file",
        "validator": '"first"',
        "size": 200_000,
        "parts": [[0, 70_000, 200_000]],
    } == known
    fetch(server.url, file)
    assert (server.data, 0o640) == (file.read_bytes(), stat.S_IMODE(file.stat().st_mode))
    assert [None, "bytes=70000-"] == server.asked
    assert ["file"] == names(tmp_path)


def test_the_error_says_that_something_is_kept(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """So that the next call comes to mind."""
    server = remote(cuts=(70_000,))
    with pytest.raises(APIConnectionError) as caught:
        fetch(server.url, tmp_path / "file", client={"max_retries": 0})
    assert ["70000 bytes are kept; the next call goes on"] == caught.value.__notes__


def test_nothing_is_kept_of_what_nobody_wants(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Where the caller says so."""
    server = remote(cuts=(70_000,))
    cut(server, fetch, tmp_path / "file", resume=False)
    assert [] == names(tmp_path)


class Gone(Remote):
    """Has no such file."""

    def answer(self, request: SimpleNamespace) -> tuple[bytes, int, bytes]:
        """Refuse."""
        return self.head(404, {"content_length": 0}), 0, b""


def test_nothing_is_kept_of_nothing(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """A refusal leaves no file behind."""
    with pytest.raises(NotFoundError):
        fetch(remote(kind=Gone).url, tmp_path / "file")
    assert [] == names(tmp_path)


def test_a_refusal_later_loses_nothing(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The server may come to its senses."""
    server = remote(cuts=(70_000,))
    cut(server, fetch, tmp_path / "file")
    answer, server.answer = server.answer, lambda request: Gone.answer(server, request)
    with pytest.raises(NotFoundError):
        fetch(server.url, tmp_path / "file")
    server.answer = answer
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert [None, "bytes=70000-", "bytes=70000-"] == server.asked


def test_only_progress_earns_more_tries(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Twenty cuts with bytes between them are mended with two retries."""
    cuts = tuple(range(9_000, 189_000, 9_000))
    assert len(cuts) == 20
    server = remote(cuts=cuts)
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert len(server.asked) == 21


class Mute(Remote):
    """Says of the rest only how large it is."""

    def answer(self, request: SimpleNamespace) -> tuple[bytes, int, bytes]:
        """Cut each part before its first byte."""
        head, start, body = super().answer(request)
        if start:
            self.cuts = [start]
        return head, start - 1 if start else 0, b"?" + body if start else body

    def handle(self, request: SimpleNamespace) -> Iterator[bytes]:
        """Send what stands before the cut, but for the byte that is not in the file."""
        yield from (piece.removesuffix(b"?") for piece in super().handle(request))


def test_without_progress_the_tries_come_to_an_end(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Three cuts at the same place are the end with two retries."""
    server = remote(kind=Mute, cuts=(70_000,))
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file")
    assert [None, "bytes=70000-", "bytes=70000-"] == server.asked


@pytest.mark.parametrize("etag", [None, 'W/"first"', "first", '"a", "b"'])
def test_without_a_strong_validator_it_begins_anew(
    remote: Any, fetch: Any, tmp_path: Path, etag: str | None
) -> None:
    """No range is asked for, in this call and in the next."""
    server = remote(cuts=(70_000, 80_000, 90_000), etag=etag)
    cut(server, fetch, tmp_path / "file")
    assert [] == names(tmp_path)
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert [None] * 4 == server.asked


DAY = "Sat, 21 Nov 2026 {} GMT"


@pytest.mark.parametrize(
    ("changed", "sent", "asked"),
    [
        ("10:00:00", "10:01:00", "bytes=70000-"),
        ("10:00:00", "10:00:59", None),  # it may change again within the second
        ("10:00:00", None, None),
        ("ten", "10:01:00", None),
    ],
)
def test_a_date_will_do_where_there_is_no_tag(
    remote: Any, fetch: Any, tmp_path: Path, changed: str, sent: str | None, asked: str | None
) -> None:
    """If the file had rested for a minute by the server's own clock."""
    date = None if sent is None else DAY.format(sent)
    server = remote(cuts=(70_000,), etag=None, last_modified=DAY.format(changed), date=date)
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert [None, asked] == server.asked


class Unsized(Remote):
    """Does not say how large the file is."""

    def answer(self, request: SimpleNamespace) -> tuple[bytes, int, bytes]:
        """Answer with a body that ends with the connection."""
        head, start, body = super().answer(request)
        if b" 200 " in head:
            head = self.head(200, {"content_length": None, "transfer_encoding": "chunked"})
            return head, 0, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        return head, start, body


def test_the_size_may_become_known_later(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The first answer that is a part says it."""
    server = remote(kind=Unsized, cuts=(70_000,))
    told: list[tuple[int, int | None]] = []
    file = fetch(server.url, tmp_path / "file", progress=lambda *each: told.append(each))
    assert server.data == file.read_bytes()
    assert (200_000, 200_000) == told[-1]
    assert told[0][1] is None


def test_a_cut_behind_the_last_byte(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """The server says that there is nothing more, and how much there is: that is all of it."""
    server = remote(kind=Unsized, cuts=(200_000 + len(b"30d40\r\n"),))
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert [None, "bytes=200000-"] == server.asked


def test_what_was_whole_already_is_asked_about(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """A process that ended before it could move the file leaves one question: is it still that?"""
    server = remote()
    for data, asked in ((server.data, ["bytes=200000-"]), (b"new" * 9, ["bytes=200000-"])):
        (tmp_path / "file.part").write_bytes(server.data + b"not known of")
        known = {"url": f"{server.url}/file", "validator": '"first"', "size": 200_000}
        known["parts"] = [[0, 100_000, 100_000], [100_000, 200_000, 200_000]]
        (tmp_path / "file.part.json").write_text(json.dumps(known))
        server.data, server.asked = data, []
        server.headers["etag"] = '"first"' if len(data) > 99 else '"second"'
        assert data == fetch(server.url, tmp_path / "file").read_bytes()
        assert asked == server.asked
        server.data = (tmp_path / "file").read_bytes()
    assert ["file"] == names(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://other.example/file"},
        {"validator": None},
        {"validator": 1},
        {"size": None},
        {"size": 1.5},
        {"parts": []},
        {"parts": [[0, 70_001, 200_000]]},
        {"parts": [[1, 70_000, 200_000]]},
        {"parts": [[0, 70_000]]},
        {"parts": [[0, True, 200_000]]},
        {"parts": [[0, 50_000, 40_000], [40_000, 40_000, 200_000]]},
        {"parts": [[0, 50_000, None], [60_000, 60_000, 200_000]]},
        {"parts": [[n, n, n + 1] for n in range(200_000)][:65]},
        {"parts": 3},
        None,
        [],
    ],
)
def test_a_sidecar_that_cannot_be_believed_is_not(
    remote: Any, fetch: Any, tmp_path: Path, change: Any
) -> None:
    """The file begins anew; so it does for another address."""
    server = remote(cuts=(70_000,))
    cut(server, fetch, tmp_path / "file")
    beside = tmp_path / "file.part.json"
    known = json.loads(beside.read_text())
    beside.write_text(
        json.dumps({**known, **change} if isinstance(change, dict) else change)[:5000]
    )
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()
    assert [None, None] == server.asked


def test_a_part_that_is_longer_than_known_is_cut(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """What came after the last note of it was not on the disk yet, for all that is known."""
    server = remote(cuts=(70_000,))
    cut(server, fetch, tmp_path / "file")
    with (tmp_path / "file.part").open("ab") as file:
        file.write(b"x" * 300_000)
    assert server.data == fetch(server.url, tmp_path / "file").read_bytes()


def test_a_file_that_is_nobodys_part_is_left_alone(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """It is called so, but no download has left it."""
    server = remote()
    (tmp_path / "file.part").write_bytes(b"theirs")
    with pytest.raises(FileExistsError, match="none that a download has left"):
        fetch(server.url, tmp_path / "file")
    assert b"theirs" == (tmp_path / "file.part").read_bytes()
    assert [] == server.asked


def test_a_link_is_not_followed_to_a_part(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Somebody else may have put it there."""
    server = remote()
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / "file.part").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic link"):
        fetch(server.url, tmp_path / "file")
    assert b"precious" == (tmp_path / "victim").read_bytes()


def test_secrets_of_the_address_are_not_written_down(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """The next call may have other ones, and goes on all the same."""
    server = remote(cuts=(70_000,))
    options = {"extra_query": {"token": "t0ps3cret", "id": 1}}
    cut(server, fetch, tmp_path / "file", **options)
    text = (tmp_path / "file.part.json").read_text()
    assert "t0ps3cret" not in text
    assert "id=1" in text
    options = {"extra_query": {"token": "another", "id": 1}}
    assert server.data == fetch(server.url, tmp_path / "file", **options).read_bytes()
    assert [None, "bytes=70000-"] == server.asked


def test_only_a_get_is_asked_again(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """Another method may do something each time."""
    server = remote(cuts=(70_000,))
    make: Operation[bytes] = Operation(
        "make", "POST", "/make", body=Body(), responses={"200": (Content("*/*", "bytes"),)}
    )
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file", make, body={"a": 1})
    assert [None] == server.asked
    assert [] == names(tmp_path)
    assert server.data == fetch(server.url, tmp_path / "file", make, body={"a": 1}).read_bytes()


def test_an_operation_is_a_source(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """With its arguments and options."""
    server = remote()
    lines: list[str] = []
    server.listener = lambda request: lines.append(request.line)
    fetch(server.url, tmp_path / "file", FILE, arguments={"id": "a"}, extra_query={"q": 1})
    assert ["GET /files/a?q=1 HTTP/1.1"] == lines


def test_a_pipe_gets_all_of_it_once(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """What is written there cannot be taken back, so that a cut is the end."""
    server = remote(cuts=(70_000,))
    sums = hashlib.sha256(server.data).hexdigest()
    with pytest.raises(APIConnectionError):
        fetch(server.url, Path(os.devnull))
    assert Path(os.devnull) == fetch(server.url, Path(os.devnull), checksum=f"sha256:{sums}")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"parts": 0}, "`parts` must be an integer from 1 to 16, not 0"),
        ({"parts": True}, "`parts`"),
        ({"parts": 17}, "`parts`"),
        ({"checksum": "md4"}, "`checksum` must be the name of an algorithm"),
        ({"checksum": "nosuch:00"}, "`checksum`"),
        ({"checksum": "sha256:00"}, "`checksum`"),
        ({"checksum": "shake_128:00"}, "`checksum`"),
        ({"checksum": "sha256:" + "g" * 64}, "`checksum`"),
        ({"checksum": b"sha256"}, "`checksum`"),
        ({"progress": "loud"}, "`progress` must be one of 'auto', 'bar', 'lines', 'off'"),
        ({"arguments": {"a": 1}}, "`arguments` are for operations"),
        ({"source": "http://[::1/x"}, "`source`"),
        ({"source": "http://other.example/x", "body": 1}, "`body` cannot be used"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    remote: Any, fetch: Any, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    """By its name."""
    server = remote()
    with pytest.raises(ConfigurationError, match=words):
        fetch(server.url, tmp_path / "file", **options)
    assert [] == server.asked
    assert [] == names(tmp_path)


def test_a_client_of_the_other_colour_is_refused(
    remote: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not be used."""
    from sdk_core import transfers  # noqa: PLC0415  # the two names change places

    one, other = transfers.download, transfers.async_download
    monkeypatch.setattr(transfers, "download", lambda *a, **k: other(*a, **k).send(None))
    monkeypatch.setattr(transfers, "async_download", one)
    with pytest.raises(ConfigurationError, match="`client` must be"):
        fetch(remote().url, tmp_path / "file")


def test_a_folder_that_is_missing_is_the_callers_error(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """As the system says it, and before anything is sent."""
    server = remote()
    with pytest.raises(FileNotFoundError):
        fetch(server.url, tmp_path / "none" / "file")
    assert [] == server.asked


def test_a_url_at_another_origin_gets_no_credential(
    remote: Any, fetch: Any, tmp_path: Path
) -> None:
    """Nor anything else that is the client's; at its own origin it gets all."""
    own, other = remote(), remote(cuts=(70_000,))
    seen: list[dict[str, str]] = []
    for server in (own, other):
        server.listener = lambda request: seen.append({**request.headers, "line": request.line})
    client = {
        "credential": "s3cret-credential",
        "default_headers": {"x-api-key": "s3cret-header"},
        "default_query": {"key": "s3cret-query"},
    }
    headers = {"extra_headers": {"x-mine": "1"}}
    fetch(own.url, tmp_path / "a", f"{other.url}/b?sig=1", client=client, **headers)
    assert other.data == (tmp_path / "a").read_bytes()
    assert len(seen) == 2
    assert "s3cret" not in repr(seen)
    assert {"GET /b?sig=1 HTTP/1.1"} == {each["line"] for each in seen}
    assert {"1"} == {each["x-mine"] for each in seen}
    fetch(own.url, tmp_path / "a", f"{own.url}/b", client=client, timeout=5)
    assert "Bearer s3cret-credential" == seen[-1]["authorization"]
    assert "s3cret-header" == seen[-1]["x-api-key"]
    fetch(own.url, tmp_path / "c", f"{other.url}/c", timeout=5)
    other.answer = lambda _: (other.head(300, {"content_length": 0}), 0, b"")
    with pytest.raises(APIResponseValidationError, match="status 300"):
        fetch(own.url, tmp_path / "c", f"{other.url}/c")
