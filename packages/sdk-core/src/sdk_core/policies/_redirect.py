"""Redirect: follow, and take no credential to another origin."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

import attrs

from .._addresses import KeyedURL, names_in, names_of_keys, only, origin, without
from .._values import Value
from ..errors import APIResponseValidationError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..typing import Flow, Inner

_STATUSES = frozenset({301, 302, 303, 307, 308})
# What may go to an origin that the caller did not name. A list of what is safe, because a list of
# what is secret is never complete: every API has its own key header.
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "content-type", "if-range", "range", "user-agent"}
)


@attrs.frozen(repr=False, eq=False)
class Redirect(Value):
    """
    Follow redirects (RFC 9110 §15.4), at most *limit* of them.

    307 and 308 repeat method and body, which must be one that can be read again; 303, and 301 and
    302 after a POST, become a GET. To
    another origin go only headers that hold no credential; https never becomes http.

    Raises:
        APIResponseValidationError: Too many redirects, or one that must not be followed.
    """

    limit: int = 5

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Send *request* and follow; see `Policy`."""
        for _ in range(self.limit + 1):
            response = yield from inner(request)
            if response.status_code not in _STATUSES or "location" not in response.headers:
                return response
            request = self._next(request, response)
        msg = f"more than {self.limit} redirects; the last one led to {origin(request.url)}"
        raise APIResponseValidationError(response, None, message=msg)

    def _next(self, request: Request, response: Response) -> Request:
        try:
            url = urljoin(request.url, response.headers["location"])
            target = origin(url)
        except ValueError as exc:  # such as a port that is no number
            msg = f"the server redirects to an address that is none: {exc}"
            raise APIResponseValidationError(response, None, message=msg) from exc
        parts = urlsplit(url)
        scheme = parts.scheme
        if scheme not in {"http", "https"} or (
            scheme == "http" and request.url.startswith("https:")
        ):
            msg = f"the server redirects to {target}, which is not followed; check `base_url`"
            raise APIResponseValidationError(response, None, message=msg)
        method, content, headers = request.method, request.content, request.headers
        status = response.status_code
        if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):
            method, content = "GET", None
            headers = headers.only(frozenset(headers) - {"content-type"})
        elif request.spent:
            msg = (
                f"the server redirects to {target}, but the body has been read and cannot be sent "
                "again; give bytes, a path or a seekable file, or check `base_url`"
            )
            raise APIResponseValidationError(response, None, message=msg)
        foreign = request.foreign
        keys = names_of_keys(request.url)
        if target != origin(request.url):
            headers, foreign = headers.only(_HARMLESS), True
            parts = parts._replace(query=without(parts.query, keys))
        elif keys:  # as a header would
            kept = only(urlsplit(request.url).query, keys - names_in(parts.query))
            parts = parts._replace(query="&".join(filter(None, (parts.query, kept))))
        if "@" in parts.netloc or parts.fragment:
            # An engine would make a header of the one; the other is for browsers.
            parts = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
            url = urlunsplit(parts)
        if keys:
            url = KeyedURL(urlunsplit(parts), keys)
        return request.evolve(
            url=url, method=method, content=content, headers=headers, foreign=foreign
        )
