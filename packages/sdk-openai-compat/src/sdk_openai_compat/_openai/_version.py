"""Which openai this package follows."""

from __future__ import annotations

OPENAI_VERSION = "3.52.0"

__title__ = "openai"
__version__ = OPENAI_VERSION
