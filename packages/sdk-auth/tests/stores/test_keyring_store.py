"""Tokens in the keyring of the system, which may hold little, be locked, or be missing."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from sdk_auth.errors import TokenStoreCorruptError, TokenStoreError
from sdk_auth.stores import KeyringStore
from sdk_auth.tokens import Token
from sdk_core.errors import ConfigurationError

SMALL = Token(access_token="access-1")
LARGE = Token(access_token="access-2" * 500, refresh_token="refresh-2" * 100)
LARGER = Token(access_token="access-3" * 900)


class Drawer(KeyringBackend):
    """A keyring in memory, which can be told to break."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as the library is
        self.entries: dict[tuple[str, str], str] = {}
        self.longest: int | None = None
        self.left: int | None = None  # writes, until it is killed

    def get_password(self, service: str, username: str) -> str | None:
        """Find an entry."""
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write an entry, or be killed."""
        if self.left is not None:
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
        assert self.longest is None or len(password) <= self.longest
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Remove an entry."""
        if (service, username) not in self.entries:
            raise PasswordDeleteError(service)
        del self.entries[service, username]


@pytest.fixture(autouse=True)
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drawer]:
    """Have a keyring, and a home for its locks."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    before = keyring.get_keyring()
    made = Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.mark.parametrize("longest", [None, 200, 1200])
def test_a_token_is_kept_found_and_forgotten(drawer: Drawer, longest: int | None) -> None:
    """In one entry or in many, and nothing is left of it."""
    drawer.longest = longest
    store = KeyringStore(longest=longest)
    assert store.load("k") is None
    for token in (SMALL, LARGE, LARGER, LARGE, SMALL):
        store.save("k", token)
        assert store.load("k") == token
    store.save("other", LARGE)
    store.delete("k")
    store.delete("k")
    assert (store.load("k"), store.load("other")) == (None, LARGE)
    store.delete("other")
    assert not drawer.entries


def test_pieces_of_an_old_token_are_removed(drawer: Drawer) -> None:
    """Whichever way it was cut."""
    store = KeyringStore(longest=300)
    for token in (LARGER, LARGE, LARGER, SMALL):
        store.save("k", token)
    assert len(drawer.entries) == 1


def test_a_writer_that_is_killed_leaves_the_old_token(drawer: Drawer) -> None:
    """After whichever of its writes: the index is the last of them."""
    store = KeyringStore(longest=1200)
    store.save("k", LARGE)
    for writes in range(100):
        drawer.left = writes
        try:
            store.save("k", LARGER)
        except KeyboardInterrupt:
            assert store.load("k") == LARGE
        else:
            break
    assert writes > 3
    assert store.load("k") == LARGER
    drawer.left = None
    store.delete("k")
    assert not drawer.entries


@pytest.mark.parametrize(
    "index",
    [{"parts": 10**9}, {"side": "c"}, {"parts": "many"}],
)
def test_an_index_of_nothing_is_damaged(drawer: Drawer, index: dict[str, Any]) -> None:
    """It is not followed."""
    store = KeyringStore(longest=1200)
    store.save("k", LARGE)
    place = next(place for place, text in drawer.entries.items() if "sdk-auth parts" in text)
    drawer.entries[place] = json.dumps({**json.loads(drawer.entries[place]), **index})
    with pytest.raises(TokenStoreCorruptError, match=r"the entry 'sdk-auth .* is damaged"):
        store.load("k")


def test_a_missing_piece_is_damage(drawer: Drawer) -> None:
    """After it was looked for again: a writer may have been at work."""
    store = KeyringStore(longest=1200)
    store.save("k", LARGE)
    del drawer.entries[next(place for place in drawer.entries if place[0].endswith("-a1"))]
    with pytest.raises(TokenStoreCorruptError, match="pieces are missing; delete it, and sign in"):
        store.load("k")


@pytest.mark.parametrize("text", ["", "nonsense", "[" * 100_000, "[]"])
def test_somebody_elses_entry_is_damage(drawer: Drawer, text: str) -> None:
    """It is neither a token nor an index."""
    store = KeyringStore()
    store.save("k", SMALL)
    drawer.entries = dict.fromkeys(drawer.entries, text)
    with pytest.raises(TokenStoreCorruptError, match="delete it, and sign in again"):
        store.load("k")


def test_locks_are_files(tmp_path: Path) -> None:
    """In the user's data folder, for the keyring knows none."""
    store = KeyringStore()
    release = store.try_lock("k")
    assert release is not None
    assert KeyringStore().try_lock("k") is None
    release()
    (lock,) = tmp_path.rglob("*.lock")
    assert lock.parent == tmp_path / "sdk-auth" / "locks"


def test_a_system_without_a_keyring_says_so() -> None:
    """And where else tokens may be kept."""
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # as above
    with pytest.raises(TokenStoreError, match=r"this system has none .*or use a FileStore"):
        KeyringStore().load("k")


def test_a_keyring_that_breaks_tells_nothing(drawer: Drawer, monkeypatch: Any) -> None:
    """Its errors come from many libraries, and may hold what it was to keep."""

    def locked(*arguments: str) -> None:
        raise KeyringLocked(arguments)

    def broken(*arguments: str) -> None:
        raise OSError(arguments)

    store = KeyringStore()
    monkeypatch.setattr(drawer, "set_password", locked)
    with pytest.raises(TokenStoreError, match="it stays locked") as caught:
        store.save("k", SMALL)
    assert caught.value.__context__ is None
    monkeypatch.setattr(drawer, "set_password", broken)
    with pytest.raises(TokenStoreError, match="OSError") as caught:
        store.save("k", SMALL)
    assert "access-1" not in str(caught.value)


def test_without_the_extra_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is made, not at the first call."""
    real = builtins.__import__

    def missing(name: str, *args: Any) -> Any:
        if name == "keyring":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.delitem(sys.modules, "keyring")
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigurationError, match=r"pip install sdk-auth\[keyring\]"):
        KeyringStore()


@pytest.mark.parametrize("longest", [0, True, "many"])
def test_a_length_that_cannot_be_is_refused(longest: Any) -> None:
    """By name."""
    with pytest.raises(ConfigurationError, match="`longest` must be"):
        KeyringStore(longest=longest)
