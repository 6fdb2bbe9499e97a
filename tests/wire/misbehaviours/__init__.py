"""What servers are known to send, one row each: the bytes, and what must come out.

The rows follow the table of quirks in the project's research; `who` names the server, or the issue,
that it was seen at. Those of which a recording exists are here again, as small as they can be.
"""

from __future__ import annotations

from ._answers import SHAPES, WHOLE
from ._chunks import CHUNKS, INSIDE
from ._endings import ENDINGS, KEEPALIVES, LINES
from ._opt_in import OPT_IN
from ._rows import Fails, Out, Row
from ._tools import TOOLS

__all__ = [
    "CHUNKS",
    "ENDINGS",
    "INSIDE",
    "KEEPALIVES",
    "LINES",
    "OPT_IN",
    "ROWS",
    "SHAPES",
    "TOOLS",
    "WHOLE",
    "Fails",
    "Out",
    "Row",
]

ROWS = {**ENDINGS, **KEEPALIVES, **LINES, **CHUNKS, **TOOLS, **WHOLE, **SHAPES, **INSIDE, **OPT_IN}
