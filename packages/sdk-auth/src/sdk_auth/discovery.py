"""
Discovery: where the endpoints of an authorization server are, by its issuer.

Reads what RFC 8414 puts at ``/.well-known/oauth-authorization-server``, else what OpenID Connect
Discovery 1.0 puts at ``/.well-known/openid-configuration``. A document counts only if it names
exactly the issuer that was asked (RFC 8414 §3.3), and all of its endpoints are https or loopback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.typing import Flow

from ._addresses import fault_of, is_insecure
from ._exchanges import json_object, sent
from ._forms import get
from .errors import DiscoveryError

if TYPE_CHECKING:
    from sdk_core.messages import Response

__all__ = ["ServerMetadata", "discover"]

_LARGEST: Final = 1024 * 1024  # bytes; documents have some kilobytes
_ENDPOINTS = (
    "authorization_endpoint",
    "device_authorization_endpoint",
    "end_session_endpoint",
    "introspection_endpoint",
    "jwks_uri",
    "pushed_authorization_request_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
)


@attrs.frozen
class ServerMetadata:
    """
    What an authorization server publishes about itself (RFC 8414 §2).

    Attributes:
        issuer: Its name; compared exactly.
        endpoints: By their names there, such as ``token_endpoint``; each one is https or loopback.
        mtls_endpoints: Those for clients that show a certificate (RFC 8705 §5).
        document: All of it.
    """

    issuer: str
    endpoints: Mapping[str, str]
    mtls_endpoints: Mapping[str, str] = attrs.field(factory=dict)
    document: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any], issuer: str) -> ServerMetadata:
        """
        Return the metadata in *document*, which was found at *issuer*.

        Raises:
            DiscoveryError: It lies about who it is for, or has endpoints that cannot be used.
        """
        said = document.get("issuer")
        if said != issuer:
            shown = repr(said[:200]) if isinstance(said, str) else "none"
            msg = f"the metadata at {issuer} is for another issuer ({shown}); do not trust it, or correct `issuer`"
            raise DiscoveryError(msg, reason="issuer", issuer=issuer)
        aliases = document.get("mtls_endpoint_aliases") or {}
        if not isinstance(aliases, Mapping):
            msg = f"the metadata of {issuer} has `mtls_endpoint_aliases` that are no object"
            raise DiscoveryError(msg, reason="invalid", issuer=issuer)
        return cls(issuer, _endpoints(document, issuer), _endpoints(aliases, issuer), document)

    def endpoint(self, name: str, *, mtls: bool = False) -> str:
        """
        Return the URL of the endpoint *name*, such as ``"token_endpoint"``.

        Args:
            name: As in the document.
            mtls: Whether the client shows a certificate, for which there may be another address.

        Raises:
            DiscoveryError: The server has no such endpoint.
        """
        found = (self.mtls_endpoints.get(name) if mtls else None) or self.endpoints.get(name)
        if found is None:
            msg = f"the metadata of {self.issuer} names no `{name}`"
            raise DiscoveryError(msg, reason="missing", issuer=self.issuer)
        return found

    def supports(self, member: str, value: str) -> bool | None:
        """Return whether a list of the document, such as ``scopes_supported``, has *value*; None if there is no list."""
        values = self.document.get(member)
        return value in values if isinstance(values, list) else None


def _endpoints(document: Mapping[str, Any], issuer: str) -> dict[str, str]:
    found = {name: document[name] for name in _ENDPOINTS if document.get(name) is not None}
    for name, url in found.items():
        if fault := fault_of(url):
            msg = f"the metadata of {issuer} has an `{name}` that cannot be used: {fault}"
            insecure = is_insecure(url)
            raise DiscoveryError(msg, reason="insecure" if insecure else "invalid", issuer=issuer)
    return found


def refuse_issuer(issuer: object) -> None:
    """
    Refuse what cannot be the name of an issuer (RFC 8414 §2).

    Raises:
        ConfigurationError: It is no https URL, or one with a query.
    """
    fault = fault_of(issuer)
    if not fault and urlsplit(str(issuer)).query:
        fault = "it must not have a query"
    if fault:
        msg = f"`issuer` cannot be used: {fault}"
        raise ConfigurationError(msg)


def discover(issuer: str) -> Flow[ServerMetadata]:
    """
    Ask *issuer* for its metadata.

    Args:
        issuer: Its URL, exactly as it names itself.

    Raises:
        ConfigurationError: *issuer* is no https URL.
        DiscoveryError: There is no document, or one that cannot be trusted.
        APIConnectionError: Nobody answered.
    """
    refuse_issuer(issuer)
    statuses: list[str] = []
    for url in _places(issuer):
        response = yield from sent(get(url))
        if response.status_code != 200:
            statuses.append(str(response.status_code))
            continue
        document = _document(response)
        if document is not None:
            return ServerMetadata.of(document, issuer)
        statuses.append("no JSON object")
    reached = any(status == "no JSON object" for status in statuses)
    msg = f"{issuer} publishes no metadata ({', '.join(statuses)}); check `issuer`, or give `token_url`"
    raise DiscoveryError(msg, reason="invalid" if reached else "missing", issuer=issuer)


def _places(issuer: str) -> tuple[str, str]:
    """Return where the document may be (RFC 8414 §3.1; OpenID Connect Discovery 1.0 §4.1)."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    inserted = parts._replace(path=f"/.well-known/oauth-authorization-server{path}").geturl()
    return inserted, f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def _document(response: Response) -> Mapping[str, Any] | None:
    return json_object(response) if len(response.content) <= _LARGEST else None
