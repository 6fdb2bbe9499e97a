"""The distribution ``openai`` as `importlib.metadata` sees it after `install_as_openai`."""

from __future__ import annotations

from importlib.metadata import Distribution
from os import PathLike
from pathlib import Path

from ._version import OPENAI_VERSION

_METADATA = f"""\
Metadata-Version: 2.1
Name: openai
Version: {OPENAI_VERSION}
Summary: sdk-openai-compat in the place of openai
Requires-Python: >=3.11
"""


class OpenAIDistribution(Distribution):
    """Says which openai this package follows, to who checks the version before importing it."""

    def read_text(self, filename: str) -> str | None:
        """Return the metadata; there is no other file."""
        return _METADATA if filename == "METADATA" else None

    def locate_file(self, path: str | PathLike[str]) -> Path:
        """Return where a file of this package is."""
        return Path(__file__).parents[2] / path
