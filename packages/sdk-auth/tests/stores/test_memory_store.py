"""Tokens in memory."""

from __future__ import annotations

import copy
import pickle

import pytest

from sdk_auth.stores import MemoryStore
from sdk_auth.tokens import Token

TOKEN = Token(access_token="access-1")


def test_a_token_is_kept_found_and_forgotten() -> None:
    """By those who share the store."""
    store = MemoryStore()
    assert store.load("k") is None
    store.save("k", TOKEN)
    assert (store.load("k"), store.load("other")) == (TOKEN, None)
    store.delete("k")
    store.delete("k")
    assert store.load("k") is None


def test_it_shows_no_token_and_stays_where_it_is() -> None:
    """A copy in another process would renew by itself."""
    store = MemoryStore()
    store.save("k", TOKEN)
    assert repr(store) == "<MemoryStore: 1 tokens>"
    for leave in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="share a FileStore"):
            leave(store)
