"""Generating again: what is overwritten, what is left alone, and what `check` says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sdk_codegen import check, generate
from sdk_codegen._lock import LOCK_NAME, digest, read_lock
from sdk_codegen._pipeline import unknown
from sdk_codegen.cli import main
from sdk_codegen.errors import EditedFilesError, LockError

HERE = Path(__file__).parent
TINY = HERE / "tiny.yaml"


def text(project: Path, name: str) -> str:
    """Return a file of the generated package."""
    return (project / "src/tiny_api" / name).read_text(encoding="utf-8")


@pytest.fixture
def copy(tiny_project: Path, tmp_path: Path) -> Path:
    """A copy of the generated project and its document, free to change."""
    shutil.copy(TINY, tmp_path / "tiny.yaml")
    generate(tmp_path / "tiny.yaml", tmp_path / "tiny", "tiny_api")
    return tmp_path / "tiny"


def test_generating_is_the_same_whatever_the_hash_seed(tmp_path: Path) -> None:
    """Nothing depends on the order of a set: every byte is equal."""
    shutil.copy(TINY, tmp_path / "tiny.yaml")
    digests = []
    for seed in ("1", "2"):
        out = tmp_path / "out"
        subprocess.run(
            [sys.executable, "-m", "sdk_codegen", "generate", "tiny.yaml", "--out", "out", "--package", "p"],
            cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True,
        )  # fmt: skip
        digests.append({str(p): digest(p.read_bytes()) for p in out.rglob("*") if p.is_file()})
        shutil.rmtree(out)
    assert digests[0] == digests[1]
    assert 20 < len(digests[0])


def test_check_finds_no_difference_right_after_generating(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0 and no diff."""
    assert 0 == main(["check", str(copy)])
    assert ("", f"{copy.as_posix()}: is up to date\n") == capsys.readouterr()


def test_check_shows_what_a_changed_document_would_change(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 and a unified diff; the files themselves stay."""
    document = copy.parent / "tiny.yaml"
    document.write_text(
        document.read_text().replace("title: {type: string}", "title: {type: integer}")
    )
    assert 1 == main(["check", str(copy)])
    out = capsys.readouterr().out
    assert "--- a/src/tiny_api/models/book.py\n+++ b/src/tiny_api/models/book.py\n" in out
    assert "-    title: str\n+    title: int\n" in out
    assert "title: str" in text(copy, "models/book.py")


def test_check_shows_a_change_by_hand_and_a_lost_file(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever edits or deletes a generated file hears of it."""
    (copy / "src/tiny_api/models/answer.py").unlink()
    (copy / "src/tiny_api/py.typed").unlink()  # empty, and yet of consequence
    (copy / "README.md").write_text("mine\n")
    assert 1 == main(["check", str(copy)])
    out = capsys.readouterr().out
    assert "--- /dev/null\n+++ b/src/tiny_api/models/answer.py\n" in out
    assert "--- /dev/null\n+++ b/src/tiny_api/py.typed\n" in out
    assert "-mine\n" in out


def test_check_says_when_a_folder_was_not_generated(tmp_path: Path) -> None:
    """There is nothing to compare with."""
    with pytest.raises(LockError, match=r"has no sdk-codegen\.lock"):
        check(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read"),
        ("{}", "is no lock of sdk-codegen"),
        ('{"format": 9}', "has format 9"),
        ('{"format": 1, "files": {"../x": ""}}', "`../x` is outside of the folder"),
    ],
)
def test_a_lock_that_is_none_is_an_error(tmp_path: Path, content: str, reason: str) -> None:
    """A lock is never guessed, and never leads out of its folder."""
    (tmp_path / LOCK_NAME).write_text(content)
    with pytest.raises(LockError, match=reason):
        read_lock(tmp_path)


def test_a_file_changed_by_hand_is_never_overwritten_in_silence(copy: Path) -> None:
    """The error names the files; nothing else changes either; `--force` overrides."""
    edited = copy / "src/tiny_api/models/book.py"
    original = edited.read_text()
    edited.write_text(original + "# mine\n")
    document = copy.parent / "tiny.yaml"
    document.write_text(document.read_text().replace("title: Tiny API", "title: Other"))
    readme = (copy / "src/tiny_api/__init__.py").read_text()
    with pytest.raises(EditedFilesError) as caught:
        generate(document, copy, "tiny_api")
    assert ("src/tiny_api/models/book.py",) == caught.value.files
    assert readme == (copy / "src/tiny_api/__init__.py").read_text()
    assert 0 == main(
        ["generate", str(document), "--out", str(copy), "--package", "tiny_api", "--force"]
    )
    assert original == edited.read_text()


def test_a_file_that_was_not_generated_is_not_overwritten_either(tmp_path: Path) -> None:
    """A folder with a README of its own keeps it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/README.md").write_text("mine\n")
    with pytest.raises(EditedFilesError, match=r"README\.md"):
        generate(TINY, tmp_path / "out", "tiny_api")
    assert ["README.md"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_files_that_the_lock_does_not_know_are_left_alone_and_old_ones_removed(copy: Path) -> None:
    """A schema that is gone takes its module with it; a neighbour stays."""
    (copy / "src/tiny_api/notes.txt").write_text("mine")
    document = copy.parent / "tiny.yaml"
    document.write_text(
        document.read_text()
        .replace(
            "Part:\n      type: object\n      properties: {note",
            "Gone:\n      type: object\n      properties: {note",
        )
        .replace("schemas/Part", "schemas/Gone")
    )
    assert (copy / "src/tiny_api/models/part.py").exists()
    generate(document, copy, "tiny_api")
    assert not (copy / "src/tiny_api/models/part.py").exists()
    assert (copy / "src/tiny_api/models/gone.py").exists()
    assert "mine" == (copy / "src/tiny_api/notes.txt").read_text()
    assert not list(copy.glob(".sdk-codegen-*"))


def test_a_folder_that_is_empty_afterwards_is_removed(copy: Path) -> None:
    """A group that is gone leaves no folder behind."""
    document = copy.parent / "tiny.yaml"
    document.write_text(
        document.read_text().replace("x-sdk-group: chat.answers", "x-sdk-group: answers")
    )
    assert (copy / "src/tiny_api/resources/chat").is_dir()
    generate(document, copy, "tiny_api")
    assert not (copy / "src/tiny_api/resources/chat").exists()


def test_a_lost_lock_does_not_make_generated_files_foreign(copy: Path) -> None:
    """What is there is what would be written."""
    (copy / LOCK_NAME).unlink()
    generate(copy.parent / "tiny.yaml", copy, "tiny_api")
    assert "" == check(copy)


def test_files_that_did_not_change_are_not_written_again(copy: Path) -> None:
    """Their times stay, so that nothing is built again."""
    times = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.is_file()}
    generate(copy.parent / "tiny.yaml", copy, "tiny_api")
    assert times == {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.is_file()}


def test_the_lock_says_from_what_and_with_what(copy: Path) -> None:
    """Paths are relative, so that a clone elsewhere checks as well."""
    lock = json.loads((copy / LOCK_NAME).read_text())
    document = copy.parent / "tiny.yaml"
    assert {"path": "../tiny.yaml", "sha256": digest(document.read_bytes())} == lock["spec"]
    assert ("0.1.0", "tiny_api", "tiny-api") == (
        lock["generator"], lock["package"], lock["distribution"],
    )  # fmt: skip
    assert digest((copy / "README.md").read_bytes()) == lock["files"]["README.md"]


def test_locks_of_the_version_before_are_read(copy: Path) -> None:
    """What was generated before can be checked, and the next run writes the lock anew."""
    lock = json.loads((copy / LOCK_NAME).read_text())
    for name in ("config", "parts", "models"):
        del lock[name]
    (copy / LOCK_NAME).write_text(json.dumps({**lock, "format": 1}))
    found = read_lock(copy)
    assert found is not None
    assert (None, (), "pydantic") == (found.config, found.parts, found.models)
    generate(copy.parent / "tiny.yaml", copy, "tiny_api")
    assert "" == check(copy)


def test_a_lock_of_models_that_nobody_knows_is_an_error(copy: Path) -> None:
    """The message says where they stand."""
    lock = json.loads((copy / LOCK_NAME).read_text())
    (copy / LOCK_NAME).write_text(json.dumps({**lock, "models": "msgspec"}))
    with pytest.raises(LockError, match="`models` is 'msgspec', not `pydantic` or `attrs`"):
        check(copy)


def test_check_tells_of_files_in_the_package_that_were_not_generated(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is stopped: it is a note, and the exit code is 0."""
    (copy / "src/tiny_api/mine.py").write_text("")
    (copy / "src/tiny_api/__pycache__").mkdir(exist_ok=True)
    (copy / "src/tiny_api/__pycache__/x.pyc").write_text("")
    (copy / "mine.py").write_text("")
    assert 0 == main(["check", str(copy)])
    printed = capsys.readouterr()
    assert "" == printed.out
    assert 1 == printed.err.count("note: ")
    assert "src/tiny_api/mine.py was not generated" in printed.err


def test_nothing_is_unknown_in_a_folder_that_was_not_generated(tmp_path: Path) -> None:
    """Only beside generated files is a file that was not generated remarkable."""
    (tmp_path / "mine.py").touch()
    assert [] == unknown(tmp_path)


def test_check_reads_the_configuration_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it says now is compared with what was generated."""
    shutil.copy(TINY, tmp_path / "tiny.yaml")
    config = tmp_path / "sdk-codegen.yaml"
    config.write_text("spec: tiny.yaml\nout: out\npackage: {name: tiny_api}\ntests: false\n")
    assert 0 == main(["generate", str(config), "-q"])
    out = tmp_path / "out"
    assert not (out / "tests").exists()
    assert 0 == main(["check", str(out)])
    config.write_text(config.read_text() + "skip: [deleteBook]\n")
    capsys.readouterr()
    assert 1 == main(["check", str(out)])
    assert "-    def delete(" in capsys.readouterr().out
    assert ("../sdk-codegen.yaml", digest(config.read_bytes())) != read_lock(out).config  # type: ignore[union-attr]  # it was just written


def test_overlays_are_applied_and_locked(tmp_path: Path) -> None:
    """What an overlay changes is generated, and `check` applies it again."""
    shutil.copy(TINY, tmp_path / "tiny.yaml")
    (tmp_path / "fix.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: Fix, version: '1'}\nactions:\n"
        "- target: $.paths['/books/{id}']\n  remove: true\n"
    )
    arguments = ["generate", str(tmp_path / "tiny.yaml"), "--overlay", str(tmp_path / "fix.yaml")]
    assert 0 == main([*arguments, "--out", str(tmp_path / "out"), "--package", "tiny_api"])
    assert "GET_BOOK" not in text(tmp_path / "out", "operations.py")
    assert "" == check(tmp_path / "out")
    assert (
        "../fix.yaml"
        == json.loads((tmp_path / "out" / LOCK_NAME).read_text())["overlays"][0]["path"]
    )
