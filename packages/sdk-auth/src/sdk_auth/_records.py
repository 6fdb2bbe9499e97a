"""Records: a token as the stores write it, one JSON object with a version, and the reading of it."""

from __future__ import annotations

import json
from typing import Any

from .errors import TokenStoreCorruptError, TokenStoreError, TokenStoreVersionError
from .tokens import Token

FORMAT = "sdk-auth token"
VERSION = 1
LARGEST = 1 << 20
"""Bytes; whatever is larger is no token."""


def encode(key: str, token: Token) -> bytes:
    """
    Return *token* as it is kept under *key*.

    Raises:
        TokenStoreError: It holds what JSON cannot hold, or too much.
    """
    record = {"format": FORMAT, "version": VERSION, "key": key, "token": token.to_dict()}
    data = _written(record)
    if data is None or len(data) > LARGEST:
        del record  # the frame of an error is shown by some
        msg = "the token cannot be kept: its `extra` is too large, or holds what JSON cannot hold"
        raise TokenStoreError(msg)
    return data


def decode(key: str, data: bytes, place: str) -> Token:
    """
    Return the token in *data*, which was kept under *key*.

    Args:
        key: What was asked for.
        data: What was found.
        place: Where, as messages name it.

    Raises:
        TokenStoreVersionError: It is of another version.
        TokenStoreCorruptError: It is no record, or not all of one, or of another key.
    """
    found = _read(key, data)
    if isinstance(found, Token):
        return found
    del data  # the frame of an error is shown by some
    if isinstance(found, int):
        newer = "install a newer sdk-auth" if found > VERSION else "delete it, and sign in again"
        msg = f"{place} is of version {found}, and this release reads version {VERSION}; {newer}"
        raise TokenStoreVersionError(msg)
    msg = f"{place} is damaged: {found}; delete it, and sign in again"
    raise TokenStoreCorruptError(msg)


def _written(record: dict[str, Any]) -> bytes | None:
    try:
        return json.dumps(record, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        return None


def _read(key: str, data: bytes) -> Token | int | str:
    """Return the token, another version's number, or what is wrong; raised errors would hold it."""
    if len(data) > LARGEST:
        return "it is too large"
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return "it is no JSON, or not all of it"
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        return f'it has no "format": "{FORMAT}"'
    version = record.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        return "its version is no number"
    if version != VERSION:
        return version
    if record.get("key") != key:
        return "it belongs to another sign-in"
    token = record.get("token")
    if not isinstance(token, dict):
        return "it has no token"
    try:
        return Token.from_dict(token)
    except ValueError as exc:
        return str(exc)
