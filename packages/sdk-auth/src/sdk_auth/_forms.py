"""Forms: what goes to the endpoints of an authorization server, with its secrets out of sight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs

from sdk_core.messages import Headers, Request, SecretBody
from sdk_core.options import Timeout

from ._values import Members, unpicklable

_TIMEOUT = Timeout(20.0, connect=5.0)
_SHORTEST_SECRET = 4  # shorter words stand in every sentence
# What a server may say again without telling a secret.
_HARMLESS = frozenset(
    {
        "audience",
        "client_assertion_type",
        "client_id",
        "code_challenge_method",
        "grant_type",
        "issued_token_type",
        "redirect_uri",
        "requested_token_type",
        "resource",
        "response_type",
        "scope",
        "subject_token_type",
        "token_type_hint",
        "username",
    }
)


@attrs.frozen
class Form:
    """
    A form for an endpoint, before it is encoded (RFC 6749 §3.2, appendix B).

    Attributes:
        url: Of the endpoint.
        members: By their names; hidden, for most are secrets.
        headers: Beside those that every form has.
    """

    url: str
    members: Members = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    @property
    def grant_type(self) -> str:
        """What the form asks for; empty at endpoints that give no tokens."""
        return str(self.members.get("grant_type", ""))

    def with_members(self, members: Mapping[str, str | tuple[str, ...] | None]) -> Form:
        """Return a copy with more members; those that are None are left out."""
        given = {name: value for name, value in members.items() if value is not None}
        return attrs.evolve(self, members={**self.members, **given})

    def with_headers(self, headers: Mapping[str, str]) -> Form:
        """Return a copy with more headers."""
        return attrs.evolve(self, headers={**self.headers, **headers})

    def request(self) -> Request:
        """Return the request that sends the form; an engine adds nothing of its own to it."""
        return Request(
            "POST",
            self.url,
            Headers(
                {
                    "accept": "application/json",
                    "accept-encoding": "gzip, deflate",
                    "content-type": "application/x-www-form-urlencoded",
                    "user-agent": "sdk-auth",
                    **self.headers,
                }
            ),
            SecretBody(urlencode(self.members, doseq=True).encode(), *self._secrets()),
            _TIMEOUT,
            foreign=True,
        )

    def _secrets(self) -> list[str]:
        """Return what nobody may see, neither in a record of the call nor in what a server says."""
        return [
            value
            for name, value in self.members.items()
            if name not in _HARMLESS and isinstance(value, str) and len(value) >= _SHORTEST_SECRET
        ]

    def sent_as(self, request: Request) -> Form:
        """Return the form as *request* has it, with the proof of the client."""
        content = request.content if isinstance(request.content, bytes) else b""
        return Form(self.url, dict(parse_qsl(content.decode())), dict(request.headers))

    def censored(self, said: Any) -> str:
        """Return what a server *said* as one line, without the secrets of this form."""
        if not isinstance(said, str):
            return ""
        for value in self._secrets():
            said = said.replace(value, "[secret]")
        line = " ".join(self.request().headers.censored(said).split())
        return "".join(c for c in line if c.isprintable())[:300]

    __reduce__ = unpicklable("Form")


def get(url: str) -> Request:
    """Return the request for a document that anybody may read."""
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "user-agent": "sdk-auth",
    }
    return Request("GET", url, Headers(headers), None, _TIMEOUT, foreign=True)
