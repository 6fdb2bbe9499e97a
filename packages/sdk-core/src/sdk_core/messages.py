"""
Messages: requests and answers, as policies, hooks and flows of your own see them.

They are the same whatever engine carries them. Beside them stands what one may want to know of
them: where they go, when a server wants to be asked again, and how what is secret in them stays
out of tracebacks.
"""

from ._frames import concealed
from ._messages import Headers, Request, Response, Secret, SecretBody
from ._retry_after import date_of, retry_after
from .policies._origins import origin_of

__all__ = [
    "Headers",
    "Request",
    "Response",
    "Secret",
    "SecretBody",
    "concealed",
    "date_of",
    "origin_of",
    "retry_after",
]
