"""Addresses that httpx would ask as they stand, so that it is not needed to read them."""

from __future__ import annotations

import string
from ipaddress import IPv4Address

_PORTS = {"http": "80", "https": "443"}
_IN_HOST = frozenset(string.ascii_lowercase + string.digits + ".-_")
# Those that neither a path nor a query has escaped.
_IN_TARGET = frozenset(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/?%")
_HEX = frozenset(string.hexdigits)
_LONGEST = 65_536  # characters of a URL; httpx refuses longer ones


def is_plain(origin: str) -> bool:
    """Return whether httpx would ask *origin* by just these characters."""
    scheme, _, netloc = origin.partition("://")
    host, colon, port = netloc.partition(":")
    if scheme not in _PORTS or not host or not _IN_HOST.issuperset(host):
        return False
    if host[-1].isdigit() and not _is_ipv4(host):
        return False
    if not colon:
        return True
    return (
        port.isascii()
        and port.isdigit()
        and port[0] != "0"
        and port != _PORTS[scheme]
        and len(port) < 6
        and int(port) < 1 << 16
    )


def _is_ipv4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _is_plain_target(target: str) -> bool:
    if not _IN_TARGET.issuperset(target) or "/." in target:
        return False
    return all(len(part) > 1 and _HEX.issuperset(part[:2]) for part in target.split("%")[1:])


def plain(url: str) -> tuple[bytes, bytes, int | None, bytes, bytes] | None:
    """
    Return scheme, host, port, both as the header ``Host`` has them, and what is asked of them.

    Args:
        url: An absolute one.

    Returns:
        None: It may have to be rewritten, or refused, and httpx knows how.
    """
    slash = url.find("/", 8)
    origin, target = url[:slash], url[slash:]
    if slash < 0 or len(url) > _LONGEST or not (is_plain(origin) and _is_plain_target(target)):
        return None
    scheme, _, netloc = origin.encode("ascii").partition(b"://")
    host, _, port = netloc.partition(b":")
    return scheme, host, int(port) if port else None, netloc, target.encode("ascii")
