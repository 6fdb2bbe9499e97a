"""What these tests share: a place for a cassette."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a place for a cassette, in a folder that does not exist."""
    return tmp_path / "cassettes" / "calls.json"
