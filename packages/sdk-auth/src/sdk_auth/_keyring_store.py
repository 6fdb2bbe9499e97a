"""A store of tokens in what the operating system has for secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import attrs

from sdk_core.errors import ConfigurationError

from ._file_store import file_name, home
from ._folders import Folder
from ._records import decode, encode
from .errors import TokenStoreCorruptError, TokenStoreError

if TYPE_CHECKING:
    from .tokens import Token

_USER: Final = "token"
_FORMAT: Final = "sdk-auth parts"
_SIDES: Final = ("a", "b")
_LONGEST: Final = 1200 if os.name == "nt" else None  # 2,560 bytes of UTF-16 there
_READS: Final = 3


def _length(_: Any, __: Any, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        msg = f"`longest` must be a number of characters or None, not {value!r}"
        raise ConfigurationError(msg)


@attrs.frozen
class KeyringStore:
    """
    Keeps tokens in the keychain, the credential manager or the secret service of the system.

    Needs an extra: ``pip install sdk-auth[keyring]``. What is longer than an entry may be is cut;
    the entry that names the pieces is written last, so that a crash leaves the old token in force.
    A keyring knows no locks: those are files in the user's data folder, as of a `FileStore`.

    Args:
        service: Names the entries, for people who look at their keyring.
        longest: Characters in one entry; None: any number. Default: 1,200 in Windows, else None.

    Raises:
        ConfigurationError: The extra is missing.
        TokenStoreError: There is no home for the locks.
    """

    service: str = "sdk-auth"
    longest: int | None = attrs.field(default=_LONGEST, validator=_length, kw_only=True)
    _locks: Folder = attrs.field(
        init=False, repr=False, eq=False, factory=lambda: Folder(home("locks"))
    )
    _keyring: Any = attrs.field(init=False, repr=False, eq=False)

    @_keyring.default
    def _imported(self) -> Any:
        try:
            import keyring  # noqa: PLC0415  # an extra, and 0.1 s
        except ImportError:
            msg = "`KeyringStore` needs an extra: pip install sdk-auth[keyring]"
            raise ConfigurationError(msg) from None
        return keyring

    def load(self, key: str) -> Token | None:
        """
        Return a token; see `TokenStore`.

        Raises:
            TokenStoreVersionError: Another version of this package wrote it.
            TokenStoreCorruptError: It is damaged.
            TokenStoreError: There is no keyring, or it stays locked.
        """
        text = self._whole(key)
        return None if text is None else decode(key, text.encode(), self._place(key))

    def save(self, key: str, token: Token) -> None:
        """
        Keep a token; see `TokenStore`.

        Raises:
            TokenStoreError: There is no keyring, or it takes nothing.
        """
        text = encode(key, token).decode()
        old = _index(self._get(key))
        if self.longest is None or len(text) <= self.longest:
            self._set(key, "", text)
            side = None
        else:
            side = _SIDES[old is not None and old["side"] == _SIDES[0]]
            parts = [text[at : at + self.longest] for at in range(0, len(text), self.longest)]
            for number, part in enumerate(parts):
                self._set(key, f"{side}{number}", part)
            index = {"format": _FORMAT, "side": side, "parts": len(parts), "hash": file_name(text)}
            self._set(key, "", json.dumps(index))
        for other in _SIDES:
            if other != side:
                self._delete_parts(key, other)

    def delete(self, key: str) -> None:
        """
        Forget a token; see `TokenStore`.

        Raises:
            TokenStoreError: There is no keyring, or it gives nothing away.
        """
        self._delete(key, "")
        for side in _SIDES:
            self._delete_parts(key, side)

    def try_lock(self, key: str) -> Callable[[], None] | None:
        """
        Take the lock of a token; see `TokenStore`.

        Raises:
            TokenStorePermissionsError: Others may read the folder of the locks.
            TokenStoreError: There can be no lock there.
        """
        return self._locks.lock(f"{file_name(key)}.lock")

    def _place(self, key: str) -> str:
        return f"the entry {self._entry(key, '')!r} of the keyring"

    def _entry(self, key: str, part: str) -> str:
        return f"{self.service} {file_name(key)}{part and '-'}{part}"

    def _whole(self, key: str) -> str | None:
        """Return all of an entry, put together."""
        for _ in range(_READS):
            text = self._get(key)
            index = _index(text)
            if index is None:
                return text
            parts = [self._get(key, f"{index['side']}{n}") for n in range(index["parts"])]
            whole = "".join(part or "" for part in parts)
            if file_name(whole) == index["hash"]:
                return whole
            del text, parts, whole  # the frame of an error is shown by some
        # A writer that is at work changes the index; this one has stayed.
        msg = f"{self._place(key)} is damaged: pieces are missing; delete it, and sign in again"
        raise TokenStoreCorruptError(msg)

    def _delete_parts(self, key: str, side: str) -> None:
        number = 0
        while self._delete(key, f"{side}{number}"):
            number += 1

    def _get(self, key: str, part: str = "") -> str | None:
        found: str | None = self._asked("get_password", self._entry(key, part), _USER)
        return found

    def _set(self, key: str, part: str, text: str) -> None:
        self._asked("set_password", self._entry(key, part), _USER, text)

    def _delete(self, key: str, part: str) -> bool:
        """Remove an entry; return whether there was one."""
        if self._get(key, part) is None:
            return False
        self._asked("delete_password", self._entry(key, part), _USER)
        return True

    def _asked(self, what: str, *arguments: str) -> Any:
        """Return what the keyring says; its errors come from many libraries, and may hold all."""
        try:
            return getattr(self._keyring, what)(*arguments)
        except Exception as exc:
            failed = type(exc).__name__
        del arguments
        hint = {
            "NoKeyringError": "this system has none that can be used",
            "KeyringLocked": "it stays locked",
        }.get(failed, failed)
        msg = f"the keyring cannot be used: {hint}; unlock or install one, or use a FileStore"
        raise TokenStoreError(msg)


def _index(text: str | None) -> dict[str, Any] | None:
    """Return what an entry says of its pieces; None if it is no index."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        return None
    parts = found.get("parts")
    usable = found.get("side") in _SIDES and isinstance(parts, int) and 0 <= parts < 1000
    return {**found, "hash": found.get("hash")} if usable else None
