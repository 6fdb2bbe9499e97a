"""
Token files: who a workload is, as its platform writes it into a file, and writes it anew.

Kubernetes, for one, mounts a token into a pod and replaces it before it ends::

    identity = TokenFile("/var/run/secrets/tokens/api")
    Client(credential=identity)                                     # shown as it is
    TokenExchange(issuer=..., subject_token=identity, subject="ci")  # or for another one
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from sdk_core.messages import Secret

from ._values import fault_of_secret
from .errors import CredentialUnavailableError

__all__ = ["TokenFile"]

_LARGEST: Final = 1 << 16
_State: TypeAlias = "tuple[float, tuple[int, ...], Secret]"


@attrs.define(eq=False)
class TokenFile:
    """
    Give the token that is in a file, read again when the file has changed.

    Call it for the token: it is a function, for whatever takes one instead of a secret. At most
    once a *pause* it looks at the file, by its time, its size and its place on the disk, so that a
    link that leads elsewhere is noticed, too. A file that is found empty is being written: the
    token that was there last is used until the next look.

    Args:
        path: The file. It may hold space around the token, such as a line end.
        pause: Seconds between two looks. Default: 1.
    """

    path: Path = attrs.field(converter=Path, on_setattr=attrs.setters.frozen)
    pause: float = attrs.field(default=1.0, kw_only=True, on_setattr=attrs.setters.frozen)
    _last: _State | None = attrs.field(default=None, init=False, repr=False)

    def __call__(self) -> str:
        """
        Return the token.

        Raises:
            CredentialUnavailableError: There is none that can be used; the message names the file.
        """
        now = time.monotonic()
        last = self._last  # replaced as a whole: two threads may both look, which costs a look
        if last is not None and now - last[0] < self.pause:
            return last[2]
        try:
            if last is None or last[1] != _signature(self.path.stat()):
                last = self._read(last)
        except OSError as exc:
            why = f"cannot be read ({exc.strerror or exc})"
            raise self._refusal(why) from exc
        self._last = (now, *last[1:])
        return last[2]

    def _read(self, last: _State | None) -> _State:
        with self.path.open("rb") as file:
            signature = _signature(
                os.fstat(file.fileno())
            )  # of what is read, whatever is there now
            data = file.read(_LARGEST + 1)
        found = _token(data)
        if isinstance(found, Secret):
            return 0.0, signature, found
        del data  # some show the frames of an error
        if last is not None and not found:
            return 0.0, (), last[2]  # no file has that signature: the next look reads
        raise self._refusal(found or "is empty")

    def _refusal(self, why: str) -> CredentialUnavailableError:
        msg = f"the token file {self.path} {why}; check the path and who writes it"
        return CredentialUnavailableError(msg, tried=[(f"token file {self.path}", why)])


def _signature(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _token(data: bytes) -> Secret | str:
    """Return the token in *data*, or why it is none: an empty string if there is nothing."""
    if len(data) > _LARGEST:
        return "is too large for a token"
    try:
        text = data.decode("ascii").strip()
    except UnicodeDecodeError:
        return "holds what is no token"
    if not text:
        return ""
    if fault_of_secret(text) or " " in text:
        return "holds what is no token"
    return Secret(text)
