"""The cache: it saves work, and decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdk_codegen import _cache
from sdk_codegen._cache import Cache


def test_what_was_put_is_found_by_kind_and_key(tmp_path: Path) -> None:
    """Keys of other kinds, and keys that nobody put, are not known."""
    cache = Cache(tmp_path / "folder" / "cache")
    many = {f"key {number}": f"value {number}" for number in range(1200)}
    cache.put("kind", many)
    assert many == cache.get("kind", [*many, "other"])
    assert {} == cache.get("another kind", many)


def test_a_later_result_takes_the_place_of_an_earlier(tmp_path: Path) -> None:
    """The key decides; there is one result for it."""
    cache = Cache(tmp_path / "cache")
    cache.put("kind", {"key": "old", "\ud800": "half"})
    cache.put("kind", {"key": "new"})
    assert {"key": "new", "\ud800": "half"} == cache.get("kind", ["key", "\ud800"])


def test_results_of_another_version_are_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new generator may come to other results."""
    Cache(tmp_path / "cache").put("kind", {"key": "value"})
    monkeypatch.setattr(_cache, "_maker", lambda: "another")
    assert {} == Cache(tmp_path / "cache").get("kind", ["key"])


def test_no_cache_keeps_nothing() -> None:
    """It is asked all the same."""
    Cache.none().put("kind", {"key": "value"})
    assert {} == Cache.none().get("kind", ["key"])


def test_a_broken_cache_is_no_cache(tmp_path: Path) -> None:
    """Neither reading nor writing fails, whatever is in the file's place."""
    (tmp_path / "cache").write_bytes(b"no database at all" * 100)
    for path in (tmp_path / "cache", tmp_path, tmp_path / "cache" / "below"):
        cache = Cache(path)
        cache.put("kind", {"key": "value"})
        assert {} == cache.get("kind", ["key"])


def test_a_cache_that_has_grown_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not fill the disk."""
    cache = Cache(tmp_path / "cache")
    cache.put("kind", {"old": "x" * 10_000})
    monkeypatch.setattr(_cache, "LIMIT", 5_000)
    cache.put("kind", {"new": "y"})
    assert {"new": "y"} == cache.get("kind", ["old", "new"])


def test_the_environment_says_where_the_cache_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder, none at all, or the system's own place for such things."""
    monkeypatch.setenv("SDK_CODEGEN_CACHE", str(tmp_path / "here"))
    Cache.user().put("kind", {"key": "value"})
    assert ["results.sqlite3"] == [path.name for path in (tmp_path / "here").iterdir()]
    monkeypatch.setenv("SDK_CODEGEN_CACHE", "")
    assert {} == Cache.user().get("kind", ["key"])
    monkeypatch.delenv("SDK_CODEGEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    monkeypatch.setenv("HOME", str(tmp_path))
    Cache.user().put("kind", {"key": "value"})
    assert {"key": "value"} == Cache.user().get("kind", ["key"])
