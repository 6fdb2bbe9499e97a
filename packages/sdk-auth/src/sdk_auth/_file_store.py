"""A store of tokens in files, for threads and processes together."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ._folders import Folder
from ._records import LARGEST, decode, encode
from .errors import TokenStoreError

if TYPE_CHECKING:
    from .tokens import Token

_APPLICATION = "sdk-auth"


def home(name: str) -> Path:
    """
    Return the folder *name* among the data that programs keep for this user.

    Raises:
        TokenStoreError: The user has no home.
    """
    from platformdirs import user_data_path  # noqa: PLC0415  # not every store is at home

    path = user_data_path(_APPLICATION, appauthor=False) / name
    if not path.is_absolute():
        msg = "this user has no home folder; give the store a folder, as in FileStore(path)"
        raise TokenStoreError(msg)
    return path


def file_name(key: str) -> str:
    """Return a name for *key* that every file system takes, and takes for no other one."""
    from hashlib import sha256  # noqa: PLC0415  # brings OpenSSL along

    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _folder(path: str | os.PathLike[str] | None) -> Folder:
    return Folder(home("tokens") if path is None else Path(path).absolute())


@attrs.frozen
class FileStore:
    """
    Keeps tokens in a folder that only its owner can use, one file for each sign-in.

    The folder has the mode 0700 and the files 0600, and looser ones are refused; in Windows the
    access list of the user's profile does that. A file is replaced in one step, so that whoever
    reads finds the old token or the new one, even after a crash in the middle. Files that end in
    ``.lock`` keep processes apart, and are empty.

    Args:
        path: The folder, made by the first write. Default: ``sdk-auth/tokens`` where programs keep
            data for this user (``~/.local/share``, ``~/Library/Application Support``,
            ``%LOCALAPPDATA%``).

    Raises:
        TokenStoreError: There is no home to have such a folder in.
    """

    _folder: Folder = attrs.field(default=None, converter=_folder, alias="path", repr=False)

    def __repr__(self) -> str:
        return f"<FileStore: {self.path}>"

    @property
    def path(self) -> Path:
        """The folder."""
        return self._folder.path

    def load(self, key: str) -> Token | None:
        """
        Return a token; see `TokenStore`.

        Raises:
            TokenStorePermissionsError: Others may read it.
            TokenStoreVersionError: Another version of this package wrote it.
            TokenStoreCorruptError: It is damaged.
            TokenStoreError: It cannot be read.
        """
        name = f"{file_name(key)}.json"
        data = self._folder.read(name, LARGEST)
        return None if data is None else decode(key, data, f"the token in {self.path / name}")

    def save(self, key: str, token: Token) -> None:
        """
        Keep a token; see `TokenStore`.

        Raises:
            TokenStorePermissionsError: Others may read the folder.
            TokenStoreError: It cannot be written.
        """
        self._folder.write(f"{file_name(key)}.json", encode(key, token))

    def delete(self, key: str) -> None:
        """
        Forget a token; see `TokenStore`.

        Raises:
            TokenStoreError: It cannot be removed.
        """
        self._folder.remove(f"{file_name(key)}.json")

    def try_lock(self, key: str) -> Callable[[], None] | None:
        """
        Take the lock of a token; see `TokenStore`.

        Raises:
            TokenStorePermissionsError: Others may read the folder.
            TokenStoreError: The folder cannot be written, or its file system knows no locks.
        """
        return self._folder.lock(f"{file_name(key)}.lock")
