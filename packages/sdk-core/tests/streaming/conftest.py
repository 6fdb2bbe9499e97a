"""What the tests of long connections share."""

from __future__ import annotations

from ._peers import peer
from ._sockets import start

__all__ = ["peer", "start"]
