"""A project that is up to date: nothing is done, and nothing that takes long is imported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sdk_codegen import _unchanged
from sdk_codegen.cli import main

TINY = Path(__file__).parent / "tiny.yaml"

CONFIG = "spec: tiny.yaml\nout: {out}\npackage: {{name: tiny_api}}\noverlays: [fix.yaml]\n"
OVERLAY = (
    "overlay: 1.0.0\ninfo: {title: Fix, version: '1'}\nactions:\n"
    "- target: $.info\n  update: {title: Other}\n"
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a project that was generated a moment ago."""
    shutil.copy(TINY, tmp_path / "tiny.yaml")
    (tmp_path / "fix.yaml").write_text(OVERLAY)
    path = tmp_path / "sdk-codegen.yaml"
    path.write_text(CONFIG.format(out="project"))
    assert 0 == main(["generate", str(path), "-q"])
    return path


def up_to_date(config: Path) -> bool:
    """Say whether there is nothing to do."""
    return _unchanged.configured(config) is not None


def test_the_second_run_says_the_same_and_does_nothing(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts and repairs are remembered."""
    capsys.readouterr()
    monkeypatch.setattr("sdk_codegen._pipeline.run", None)
    assert 0 == main(["generate", str(config), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (4, 0, 0) == (found["operations"], found["files"]["written"], found["files"]["removed"])
    assert found["files"]["total"] == found["files"]["unchanged"]


@pytest.mark.parametrize(
    "name",
    ["tiny.yaml", "fix.yaml", "sdk-codegen.yaml", "project/README.md", "project/sdk-codegen.lock"],
)
def test_any_change_of_an_input_or_an_output_counts(config: Path, name: str) -> None:
    """Be it a comment."""
    assert up_to_date(config)
    path = config.parent / name
    path.write_text(path.read_text() + "\n")
    assert not up_to_date(config)


@pytest.mark.parametrize("name", ["tiny.yaml", "project/README.md", "project/sdk-codegen.lock"])
def test_a_file_that_is_gone_counts(config: Path, name: str) -> None:
    """The run itself says what is wrong, or writes it again."""
    (config.parent / name).unlink()
    assert not up_to_date(config)


def test_another_generator_counts(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version, or other code of the same version."""
    with monkeypatch.context() as patch:
        patch.setattr(_unchanged, "__version__", "9")
        assert not up_to_date(config)
    monkeypatch.setattr(_unchanged, "_key", lambda _: "other")
    assert not up_to_date(config)


def test_what_a_killed_run_has_left_counts(config: Path) -> None:
    """The next run puts it right."""
    (config.parent / "project/.sdk-codegen-work").mkdir()
    assert not up_to_date(config)
    assert 0 == main(["generate", str(config), "-q"])
    assert up_to_date(config)
    assert not (config.parent / "project/.sdk-codegen-work").exists()


def test_without_a_cache_everything_is_done_again(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slower, with the same result."""
    monkeypatch.setenv("SDK_CODEGEN_CACHE", "")
    assert not up_to_date(config)
    assert 0 == main(["generate", str(config), "-q"])


def test_a_configuration_that_is_not_there_is_for_the_run_to_tell(tmp_path: Path) -> None:
    """Nothing is known of it."""
    assert not up_to_date(tmp_path / "sdk-codegen.yaml")


def test_options_are_compared_with_what_the_lock_says(tmp_path: Path) -> None:
    """Other options are another project."""
    out = tmp_path / "out"
    assert 0 == main(["generate", str(TINY), "--out", str(out), "--package", "tiny_api", "-q"])
    assert _unchanged.given(TINY, out, "tiny_api", None, [], None) is not None
    assert _unchanged.given(TINY, out, "tiny_api", "tiny-api", (), "pydantic") is not None
    assert _unchanged.given(TINY, out, "other", None, (), None) is None
    assert _unchanged.given(TINY, out, "tiny_api", "other", (), None) is None
    assert _unchanged.given(TINY, out, "tiny_api", None, [TINY], None) is None
    assert _unchanged.given(TINY, out, "tiny_api", None, (), "attrs") is None
    assert _unchanged.given(TINY, out, None, None, (), None) is None
    assert _unchanged.given(TINY, tmp_path, "tiny_api", None, (), None) is None


def test_an_unchanged_run_imports_next_to_nothing(config: Path) -> None:
    """Neither YAML nor pydantic nor the engine."""
    code = (
        "import sys\nfrom sdk_codegen.cli import main\n"
        f"code = main(['generate', {str(config)!r}, '-q'])\n"
        "heavy = {'yaml', 'pydantic', 'jinja2', 'openapi_python_client', 'httpx', 'urllib.request'}\n"
        "print(code, sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "COVERAGE_PROCESS_START": ""},
    )  # fmt: skip
    assert ("0 []\n", "") == (done.stdout, done.stderr)
