"""Addresses: where a URL leads, and what of it may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Self, SupportsIndex
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

_SECRET_WORDS = ("key", "token", "secret", "signature", "password", "credential", "code")


class KeyedURL(str):
    """
    A URL whose query holds credentials, however they are called there.

    Args:
        url: The URL.
        names: Of the members of its query that are credentials.
    """

    __slots__ = ("names",)

    names: frozenset[str]

    def __new__(cls, url: str, names: Iterable[str]) -> Self:
        made = super().__new__(cls, url)
        made.names = frozenset(names)
        return made

    def __repr__(self) -> str:
        return repr(redacted(self))

    def __getitem__(self, place: SupportsIndex | slice) -> KeyedURL:
        return KeyedURL(super().__getitem__(place), self.names)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (redacted(self),)  # what is pickled travels to logs and other processes


def names_of_keys(url: str) -> frozenset[str]:
    """Return the names of the members of the query that are known to be credentials."""
    return url.names if isinstance(url, KeyedURL) else frozenset()


def redacted(url: str) -> str:
    """Return *url* without user info and without the values in its query that are secrets."""
    parts = urlsplit(url)
    query = parts.query
    if query:
        keys = names_of_keys(url)
        pairs = parse_qsl(query, keep_blank_values=True)
        if any(is_secret(name, keys) for name, _ in pairs):
            query = urlencode(
                [(n, "[secret]" if is_secret(n, keys) else v) for n, v in pairs], safe="[]"
            )
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def secrets_in(url: str) -> list[str]:
    """Return the values in the query of *url* that `redacted` hides."""
    keys = names_of_keys(url)
    return [value for name, value in parse_qsl(urlsplit(url).query) if is_secret(name, keys)]


def is_secret(name: str, keys: AbstractSet[str]) -> bool:
    """Return whether a member of a query is a credential: one of *keys*, or called like one."""
    lowered = name.lower()
    return name in keys or any(word in lowered for word in _SECRET_WORDS) or lowered == "sig"


def names_in(query: str) -> set[str]:
    """Return the names that a *query* holds, decoded."""
    return {unquote_plus(pair.partition("=")[0]) for pair in query.split("&")}


def without(query: str, names: AbstractSet[str]) -> str:
    """Return *query* without the members of these *names*."""
    return "&".join(pair for pair in query.split("&") if not names_in(pair) <= names)


def only(query: str, names: AbstractSet[str]) -> str:
    """Return the members of *query* that have one of these *names*."""
    return "&".join(pair for pair in query.split("&") if names_in(pair) <= names)


def origin(url: str) -> str:
    """
    Return scheme, host and port of *url* (RFC 6454).

    Raises:
        ValueError: It has no valid port.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"
