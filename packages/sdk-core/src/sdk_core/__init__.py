"""
The call path that every SDK of the family stands on.

Import from the public modules; the README lists them: `clients`, `errors`, `operations`, `options`,
`policies`, `services`, `transports`, `testing`, `typing`, and others for what not every client needs.
Importing them loads neither an HTTP library nor pydantic (but `models`, which is made of it).
"""

from .__about__ import __version__
from .errors import SDKError
from .options import Timeout
from .typing import NOT_GIVEN, NotGiven, Omit, not_given, omit

__all__ = [
    "NOT_GIVEN",
    "NotGiven",
    "Omit",
    "SDKError",
    "Timeout",
    "__version__",
    "not_given",
    "omit",
]
