"""``openai.version``: which openai this package follows."""

from __future__ import annotations

from ._version import OPENAI_VERSION as VERSION

__all__ = ["VERSION"]
