"""What changes for the users of a generated package when its document does."""

from ._changes import Change, Impact, worst
from ._compare import compare
from ._report import as_json, as_markdown, as_text
from ._version import suggest

__all__ = ["Change", "Impact", "as_json", "as_markdown", "as_text", "compare", "suggest", "worst"]
