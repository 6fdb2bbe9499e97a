"""
Errors of the platform, each below the one of the family that is caught where it is expected.

::

    sdk_core.errors
    |-- NotFoundError 404
    |   |-- ModelNotFoundError        there is no such model
    |   |-- ModelFileNotFoundError    the model has no such file
    |   `-- KeyNotFoundError          the caller has no such API key
    |-- ConflictError 409
    |   `-- KeyNameTakenError         the caller has an API key of that name
    `-- PermissionDeniedError 403
        `-- AdminOnlyError            only an administrator may do this
    sdk_auth.errors
    |-- InvalidGrantError
    |   |-- WrongPasswordError        the name or the password is wrong
    |   `-- RefreshTokenError
    |       `-- SessionEndedError     the session has expired, or was ended elsewhere
    `-- CredentialUnavailableError
        `-- NotSignedInError          there is neither a session nor anything to begin one with

A server that cannot be reached is an `sdk_core.errors.APIConnectionError`, as everywhere.
"""

from __future__ import annotations

from sdk_auth.errors import CredentialUnavailableError, InvalidGrantError, RefreshTokenError
from sdk_core.errors import ConflictError, NotFoundError, PermissionDeniedError

__all__ = [
    "AdminOnlyError",
    "KeyNameTakenError",
    "KeyNotFoundError",
    "ModelFileNotFoundError",
    "ModelNotFoundError",
    "NotSignedInError",
    "SessionEndedError",
    "WrongPasswordError",
]


class ModelNotFoundError(NotFoundError):
    """There is no such model; `client.models.search()` finds those that there are."""


class ModelFileNotFoundError(NotFoundError):
    """The model has no such file; `client.models.list_files(...)` lists those that it has."""


class KeyNotFoundError(NotFoundError):
    """The caller has no such API key; `client.keys.list()` lists those that they have."""


class KeyNameTakenError(ConflictError):
    """The caller has an API key of that name; delete it, or choose another name."""


class AdminOnlyError(PermissionDeniedError):
    """Only an administrator of the platform may do this."""


class WrongPasswordError(InvalidGrantError):
    """The name or the password is wrong; the server does not say which."""


class SessionEndedError(RefreshTokenError):
    """The session has expired, or was ended elsewhere: sign in again."""


class NotSignedInError(CredentialUnavailableError):
    """There is neither a session nor a key, and nothing to begin a session with."""
