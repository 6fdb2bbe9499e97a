"""What the tests of the documents share."""

from __future__ import annotations

import pytest

from ._documents import NAMES, Document, load


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "shared: needs data that lies next to the repository")


@pytest.fixture(params=NAMES)
def document(request: pytest.FixtureRequest) -> Document:
    """Each of the two documents."""
    return load(request.param)


@pytest.fixture
def inference() -> Document:
    """The inference API."""
    return load("inference")
