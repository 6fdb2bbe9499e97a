"""Models and their files, at a real server."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from sdk_core.errors import ChecksumError, ConfigurationError, NotFoundError
from sdk_core.testing import FakeTransport, response
from sdk_platform import (
    AdminOnlyError,
    AsyncPlatformClient,
    ModelFileNotFoundError,
    ModelNotFoundError,
    PlatformClient,
)
from sdk_server.testing import RunningServer

from ._calls import Recorder, done, items
from .conftest import Connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def client(connect: Connect, server: RunningServer) -> Any:
    """Return a client with a key."""
    return connect(api_key=server.api_key)


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in folder.iterdir()]


async def test_models_are_listed_found_and_described(client: Any) -> None:
    """Page by page, by words and by what they can do."""
    found = [model.id for model in await items(client.models.list(per_page=1))]
    assert {"echo-1", "echo-embed-1"} <= {*found}
    found = await items(client.models.search("echo", capabilities=["embedding"]))
    assert ["echo-embed-1"] == [model.id for model in found]
    assert "Echo" == (await done(client.models.get("echo-1"))).name


async def test_what_is_not_there_is_an_error_of_its_own(client: Any, tmp_path: Path) -> None:
    """A model is not a file; both are what `NotFoundError` catches."""
    with pytest.raises(ModelNotFoundError, match="`none`") as caught:
        await done(client.models.get("none"))
    assert isinstance(caught.value, NotFoundError)
    with pytest.raises(ModelNotFoundError):
        await items(client.models.list_files("none"))
    with pytest.raises(ModelFileNotFoundError, match="no file `none`"):
        await done(client.models.download("echo-1", "none", to=tmp_path / "none"))
    assert [] == names(tmp_path)


async def test_what_only_an_administrator_may_do_is_an_error_of_its_own(colour: str) -> None:
    """Of a member of the platform who uploads, say."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    refusal = {"code": "admin_only", "detail": "Only an administrator may do this.", "status": 403}
    fake = FakeTransport({"PUT /api/models/echo-1/files/a": response(403, json=refusal)})
    client = kind(base_url="https://there/api", api_key="k", transport=fake)
    with pytest.raises(AdminOnlyError, match="Only an administrator"):
        await done(client.models.upload_file("echo-1", "a", file=b"1"))


async def test_a_filter_that_does_not_exist_is_refused_at_once(client: Any) -> None:
    """With the nearest that does."""
    with pytest.raises(ConfigurationError, match="did you mean `per_page`"):
        client.models.list(perpage=1)


async def test_a_file_is_uploaded_listed_downloaded_and_deleted(
    client: Any, tmp_path: Path
) -> None:
    """An administrator may do all of it."""
    source = tmp_path / "notes.txt"
    source.write_bytes(b"0123456789")
    file = await done(client.models.upload_file("echo-1", "notes.txt", file=source))
    assert (10, hashlib.sha256(b"0123456789").hexdigest()) == (file.size, file.sha256)
    assert file in await items(client.models.list_files("echo-1", per_page=1))
    to = tmp_path / "back.txt"
    assert to == await done(client.models.download("echo-1", "notes.txt", to=to))
    assert source.read_bytes() == to.read_bytes()
    await done(client.models.delete_file("echo-1", "notes.txt"))
    with pytest.raises(ModelFileNotFoundError):
        await done(client.models.delete_file("echo-1", "notes.txt"))


async def test_a_download_goes_on_after_cuts_and_draws_a_bar(
    connect: Connect,
    server: RunningServer,
    tmp_path: Path,
    colour: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two connections break after three pieces of 64 KiB; the third brings what is left."""
    recorder = Recorder()
    client = connect(
        api_key=server.api_key,
        policies=[recorder],
        default_headers={"x-sdk-fault": f"cut=3; times=2; id=bar-{colour}"},
    )
    [listed] = [
        file
        for file in await items(connect(api_key=server.api_key).models.list_files("echo-1"))
        if file.name == "weights.bin"
    ]
    to = tmp_path / "weights.bin"
    await done(
        client.models.download(
            "echo-1", "weights.bin", to=to, checksum=f"sha256:{listed.sha256}", progress="bar"
        )
    )
    assert listed.sha256 == hashlib.sha256(to.read_bytes()).hexdigest()
    piece = 3 * 64 * 1024
    assert [None, f"bytes={piece}-", f"bytes={2 * piece}-"] == [
        request.headers.get("range") for request in recorder.requests
    ]
    assert [200, 206, 206] == recorder.statuses
    drawn = capsys.readouterr().err
    assert "weights.bin:" in drawn
    assert "100%" in drawn


async def test_a_download_goes_on_in_a_later_program(
    connect: Connect, server: RunningServer, tmp_path: Path
) -> None:
    """With what an earlier one had when it gave up."""
    to, recorder = tmp_path / "weights.bin", Recorder()
    headers = {"x-sdk-fault": "cut=3"}
    first = connect(api_key=server.api_key, default_headers=headers, max_retries=0)
    with pytest.raises(Exception, match="Connection error"):
        await done(first.models.download("echo-1", "weights.bin", to=to))
    assert not to.exists()
    second = connect(api_key=server.api_key, policies=[recorder])
    await done(second.models.download("echo-1", "weights.bin", to=to))
    assert [206] == recorder.statuses
    assert 1024 * 1024 == to.stat().st_size


async def test_other_bytes_than_were_wanted_are_not_kept(client: Any, tmp_path: Path) -> None:
    """The error says what came."""
    to = tmp_path / "config.json"
    with pytest.raises(ChecksumError):
        await done(
            client.models.download("echo-1", "config.json", to=to, checksum="sha256:" + "0" * 64)
        )
    assert [] == names(tmp_path)
