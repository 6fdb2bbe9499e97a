"""Reading documents from files: what is read, and what is refused in one line."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import attrs
import pytest

from sdk_codegen._fetch import relative_name
from sdk_codegen._load import convert, load, load_source, read
from sdk_codegen._pointers import printed
from sdk_codegen._source import DEFAULT_LIMITS
from sdk_codegen.errors import LoadError, VersionError

MINIMAL = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"


def write(path: Path, text: str = MINIMAL) -> Path:
    """Write a document and return its path."""
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_with_its_name_bytes_and_hash(tmp_path: Path) -> None:
    """What later steps need to know of the file is there, next to the document."""
    path = write(tmp_path / "x.yaml")
    source = read(str(path))
    assert "T" == source.document["info"]["title"]
    assert (str(path), MINIMAL.encode()) == (source.name, source.content)
    assert (("x.yaml", hashlib.sha256(MINIMAL.encode()).hexdigest()),) == source.parts
    assert () == source.repairs


def test_a_path_is_as_good_as_text(tmp_path: Path) -> None:
    """Both kinds of path lead to one document."""
    path = write(tmp_path / "x.yaml")
    assert read(path) == read(str(path))


def test_a_single_document_is_its_values_and_bytes(tmp_path: Path) -> None:
    """Overlays and the like are read without what they might refer to."""
    path = write(tmp_path / "x.yaml", "a: {$ref: nowhere.yaml}")
    assert ({"a": {"$ref": "nowhere.yaml"}}, b"a: {$ref: nowhere.yaml}") == load(path)


def missing(folder: Path) -> Path:
    """Return the path of no file."""
    return folder / "missing.yaml"


def directory(folder: Path) -> Path:
    """Return a folder."""
    return folder


def fifo(folder: Path) -> Path:
    """Make a pipe, which nobody ever writes to."""
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def device(folder: Path) -> Path:
    """Return a device without end."""
    return Path("/dev/zero")


def sparse(folder: Path) -> Path:
    """Make a file of 200 MB that takes no space."""
    with (folder / "large.yaml").open("wb") as file:
        file.truncate(200_000_000)
    return folder / "large.yaml"


def circle(folder: Path) -> Path:
    """Make links that lead to each other."""
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    return folder / "a"


def unnameable(folder: Path) -> Path:
    """Return a path that no file can have."""
    return folder / "a\0b"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (missing, "cannot be read: No such file or directory"),
        (directory, "is a folder, not a file"),
        (fifo, "is no regular file"),
        (device, "is no regular file"),
        (sparse, "is larger than the limit of 67108864 bytes"),
        (circle, "cannot be read: Too many levels of symbolic links"),
        (unnameable, "null"),
    ],
)
def test_what_is_no_readable_file_is_refused_at_once(
    tmp_path: Path, make: object, reason: str
) -> None:
    """Nothing blocks, fills the memory or ends in a traceback."""
    assert callable(make)
    path = make(tmp_path)
    with pytest.raises(LoadError) as caught:
        read(path)
    assert str(caught.value).startswith(printed(path.as_posix()))
    assert reason in str(caught.value)


def test_a_file_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is that of the system; root, who may read all, is told by a stand-in."""
    path = write(tmp_path / "x.yaml")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LoadError, match="cannot be read: Permission denied"):
        read(path)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="a file of Linux")
def test_a_file_that_does_not_know_its_size_is_limited_all_the_same() -> None:
    """The size is checked against what was read, too."""
    with pytest.raises(LoadError, match="is larger than the limit of 10 bytes"):
        read("/proc/self/status", limits=attrs.evolve(DEFAULT_LIMITS, size=10))


@pytest.mark.parametrize(
    ("text", "pointer", "reason"),
    [
        ("openapi: 4.0.0", "/openapi", "OpenAPI 4.0.0 is not supported; supported are"),
        ("openapi: true", "/openapi", "OpenAPI True is not supported"),
        ("openapi: [3]", "/openapi", "OpenAPI [3] is not supported"),
        ("swagger: 1.2", "/swagger", "Swagger 1.2 is not supported"),
        ("title: x", "", "there is no `openapi` with a version; supported are Swagger 2.0"),
        ("apiVersion: v1\nkind: Pod", "", "it looks like a Kubernetes manifest"),
        ('{"name": "x", "dependencies": {}}', "", "it looks like a package's metadata"),
        ("asyncapi: 3.0.0", "", "it looks like an AsyncAPI document"),
    ],
)
def test_what_is_no_supported_document_is_refused(
    tmp_path: Path, text: str, pointer: str, reason: str
) -> None:
    """The error says which field, what was found, and what is supported."""
    path = write(tmp_path / "x.yaml", text)
    with pytest.raises(VersionError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path.as_posix()}#{pointer}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.1", "3.2.0", "'3.1'", "3.1"])
def test_every_version_of_openapi_3_is_read(tmp_path: Path, version: str) -> None:
    """Also as a number, which YAML makes of it without quotes."""
    assert (
        read(write(tmp_path / "x.yaml", f"openapi: {version}\npaths: {{}}")).document["paths"] == {}
    )


@pytest.mark.parametrize("version", ["'2.0'", "2.0", "2"])
def test_swagger_2_is_read_with_and_without_quotes(tmp_path: Path, version: str) -> None:
    """YAML makes a number of an unquoted version."""
    source = read(
        write(tmp_path / "x.yaml", f"swagger: {version}\ninfo: {{title: T}}\npaths: {{}}")
    )
    assert "3.0.3" == source.document["openapi"]


def test_a_document_of_another_location_keeps_its_own_steps(tmp_path: Path) -> None:
    """Between bundling and conversion an overlay may change the document."""
    source = load_source(write(tmp_path / "x.yaml"))
    changed = attrs.evolve(source, document={**source.document, "openapi": "3.0.0"})
    assert "3.0.0" == convert(changed).document["openapi"]


def test_a_part_on_another_drive_is_called_by_its_whole_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where there is no way from one to the other."""

    def refuse(path: object, start: object) -> str:
        msg = f"{path} and {start} are on different drives"
        raise ValueError(msg)

    monkeypatch.setattr(os.path, "relpath", refuse)
    assert "/d/part.yaml" == relative_name("/d/part.yaml", "/c/main.yaml")
