"""Policies: one concern of the call path a file, for clients and for those who write their own."""

from ._auth import ApiKey, Bearer
from ._redirect import Redirect
from ._retry import Retry

__all__ = ["ApiKey", "Bearer", "Redirect", "Retry"]
