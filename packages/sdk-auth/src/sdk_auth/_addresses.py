"""Addresses of authorization servers: https, but for loopback (OAuth 2.1 §1.5, RFC 8252 §8.3)."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def fault_of(url: object) -> str:
    """Return what makes *url* unfit to be sent a secret, or an empty string."""
    if not isinstance(url, str):
        return f"it must be a string, not {type(url).__name__}"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "it has no valid host and port"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "it must be an absolute https URL"
    if any(c.isspace() or not c.isprintable() for c in url):
        return "it has a space or a control character"
    if "@" in parts.netloc:
        return "it must not hold a user or a password"
    if parts.fragment:
        return "it must not have a fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "it must be https; http is for loopback only"
    return ""


def is_insecure(url: object) -> bool:
    """Return whether *url* would be fit if it were https."""
    return isinstance(url, str) and fault_of(url).startswith("it must be https;")


def is_loopback(host: str) -> bool:
    """Return whether *host* is this machine, whatever a resolver says."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
