"""Links: where a server says that the rest is, and whether a client may go there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit, urlunsplit

from ._addresses import origin

_LINK = re.compile(r"[\s,]*<([^>]*)>([^,<\"]*(?:\"(?:[^\"\\]|\\.)*\"[^,<\"]*)*)(?:,|\Z)")
_PARAMETER = re.compile(r";\s*([^\s=;]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;]*))")


class StrayLinkError(ValueError):
    """A link that is not followed; the message is what it does, as in "leads to ..."."""


def own_address(link: object, where: str, base: str) -> str:
    """
    Return the absolute address that *link* means, if it is on the server of *base*.

    Args:
        link: As the server wrote it; may be relative to *where*.
        where: The address of the answer that held it.
        base: The client's base URL; to another server its credentials must not go.

    Raises:
        StrayLinkError: It is no address, or leads to another server.
    """
    try:
        if not isinstance(link, str):
            raise TypeError  # noqa: TRY301  # one way to say that it is no address
        url = urljoin(where, link)
        there, here = origin(url), origin(base)
    except (TypeError, ValueError):
        msg = "names a place whose address is none"
        raise StrayLinkError(msg) from None
    if there != here:
        msg = f"leads to {there}; only {here}, where the credentials belong, is asked"
        raise StrayLinkError(msg)
    # Not as the server wrote it: user info would pass the test above.
    ours, theirs = urlsplit(base), urlsplit(url)
    return urlunsplit((ours.scheme, ours.netloc, theirs.path, theirs.query, ""))


def next_link(headers: Mapping[str, str]) -> str | None:
    """
    Return the target of the link to the next page in the header ``Link``, or None.

    It is the first whose ``rel`` holds ``next`` (RFC 8288, §3.3), in any case. Links that begin
    elsewhere (``anchor``) say nothing about this page.
    """
    for target, parameters in _links(headers.get("link", "")):
        if "next" in parameters.get("rel", "").lower().split() and "anchor" not in parameters:
            return target
    return None


def _links(value: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Iterate over the targets and parameters in a header; what cannot be read ends it."""
    position = 0
    while match := _LINK.match(value, position):
        parameters: dict[str, str] = {}
        for name, quoted, bare in _PARAMETER.findall(match[2]):
            # Of several `rel` the first one counts, says the RFC.
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or bare)
        yield match[1].strip(), parameters
        position = match.end()
