"""
The platform in one client: sign in once, find and download models, keep keys, ask by openai's interface.

``from sdk_platform import PlatformClient``. Importing this package loads neither an HTTP library
nor pydantic; services are made when they are first asked for.
"""

from .__about__ import __version__
from ._clients import AsyncPlatformClient, PlatformClient
from .errors import (
    AdminOnlyError,
    KeyNameTakenError,
    KeyNotFoundError,
    ModelFileNotFoundError,
    ModelNotFoundError,
    NotSignedInError,
    SessionEndedError,
    WrongPasswordError,
)

__all__ = [
    "AdminOnlyError",
    "AsyncPlatformClient",
    "KeyNameTakenError",
    "KeyNotFoundError",
    "ModelFileNotFoundError",
    "ModelNotFoundError",
    "NotSignedInError",
    "PlatformClient",
    "SessionEndedError",
    "WrongPasswordError",
    "__version__",
]
