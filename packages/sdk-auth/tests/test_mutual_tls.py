"""Certificates instead of secrets (RFC 8705), against a real server on loopback."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import anyio
import attrs
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from sdk_auth import ClientCredentials, OAuth, TLSClient, TokenClient
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, AuthenticationError, ConfigurationError
from sdk_core.transports import HTTPX, Aiohttp, Httptools, Pyreqwest


class _Handler(BaseHTTPRequestHandler):
    """Gives tokens that are bound to the certificate of the connection, and demands it with them."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        """Answer as the metadata, or as the resource."""
        if self.path.startswith("/.well-known"):
            self._answer(200, self.server.metadata)
            return
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        good = token == self.server.tokens.get(self._thumbprint())
        self._answer(200 if good else 401, {"client": self.server.client if good else None})

    def do_POST(self) -> None:
        """Answer as the token endpoint."""
        size = int(self.headers["content-length"])
        form = dict(parse_qsl(self.rfile.read(size).decode()))
        self.server.forms.append(form)
        thumbprint = self._thumbprint()
        token = f"bound-to-{thumbprint}"
        self.server.tokens[thumbprint] = token
        self._answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 600})

    def _thumbprint(self) -> str:
        found = self.connection.getpeercert(binary_form=True)
        return sha256(found or b"").hexdigest()

    def _answer(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._context = context
        self.url = f"https://localhost:{self.server_port}"
        self.client = "cert-client"
        self.forms: list[dict[str, str]] = []
        self.tokens: dict[str, str] = {}
        self.metadata: dict[str, Any] = {}
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the thread of the connection; who has no certificate is sent away."""
        with request.dup() as rest:
            try:
                secure = self._context.wrap_socket(request, server_side=True)
            except OSError:
                # What has come already is read, or the client would see a reset and no reason.
                rest.settimeout(5)
                with suppress(OSError):
                    rest.shutdown(socket.SHUT_WR)
                    while rest.recv(65536):
                        pass
                return
        try:
            super().finish_request(secure, client_address)
        finally:
            secure.close()

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up."""

    def stop(self) -> None:
        """End it."""
        self.shutdown()
        self.thread.join()
        self.server_close()


@attrs.frozen
class World:
    """Who trusts whom: the server, and the files of two clients."""

    server: _Server
    ca: str
    cert: tuple[str, str]
    stranger: tuple[str, str]

    def grant(self, **changes: Any) -> ClientCredentials:
        """Return a grant that is proved by the certificate."""
        given = {
            "token_url": f"{self.server.url}/token",
            "client_id": "cert-client",
            "client_auth": TLSClient(),
            **changes,
        }
        return ClientCredentials(**given)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Make certificates, which takes a moment."""
    folder = tmp_path_factory.mktemp("certificates")
    ca, other = trustme.CA(), trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    pairs = {}
    for name, issuer in (("client", ca), ("second", ca), ("stranger", other)):
        leaf = issuer.issue_cert(f"{name}@example.com")
        leaf.private_key_pem.write_to_path(folder / f"{name}.key")
        for pem in leaf.cert_chain_pems:
            pem.write_to_path(folder / f"{name}.pem", append=True)
        pairs[name] = (str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
    return {"ca": ca, "file": str(folder / "ca.pem"), **pairs}


def context(made: dict[str, Any], mode: ssl.VerifyMode) -> ssl.SSLContext:
    """Return the context of a server."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made["ca"].issue_cert("localhost").configure_cert(found)
    made["ca"].configure_trust(found)
    found.verify_mode = mode
    return found


@pytest.fixture
def world(made: dict[str, Any]) -> Iterator[World]:
    """Run a server that speaks with nobody who has no certificate."""
    server = _Server(context(made, ssl.CERT_REQUIRED))
    yield World(server, made["file"], made["client"], made["stranger"])
    server.stop()


def call(colour: str, url: str, oauth: OAuth, transport: Any) -> Any:
    """Call the protected resource."""
    given: dict[str, Any] = {
        "base_url": url,
        "auth": oauth,
        "transport": transport,
        "max_retries": 0,
    }
    if colour == "sync":
        with SyncClient(**given) as client:
            return client.request("GET", "/resource")

    async def acall() -> Any:
        async with AsyncClient(**given) as client:
            return await client.request("GET", "/resource")

    return anyio.run(acall)


@pytest.mark.parametrize(
    ("engine", "colour"),
    [
        (HTTPX, "sync"),
        (HTTPX, "async"),
        (Aiohttp, "async"),
        (Httptools, "sync"),
        (Pyreqwest, "sync"),
        (Pyreqwest, "async"),
    ],
)
def test_a_certificate_is_all_it_takes(world: World, engine: Any, colour: str) -> None:
    """For the token and for the call, on the one transport; no secret is sent."""
    transport = engine(verify=world.ca, cert=world.cert)
    oauth = OAuth(world.grant())
    for _ in range(2):
        assert call(colour, world.server.url, oauth, transport) == {"client": "cert-client"}
    (form,) = world.server.forms
    assert form == {"grant_type": "client_credentials", "client_id": "cert-client"}


@pytest.mark.parametrize("engine", [HTTPX, Aiohttp, Httptools, Pyreqwest])
@pytest.mark.parametrize(
    ("given", "why"), [("none", "certificate.?required"), ("stranger", "unknown.?ca")]
)
def test_without_the_right_certificate_nobody_is_spoken_with(
    world: World, engine: Any, given: str, why: str
) -> None:
    """The error says where, and what the server did not like."""
    cert = None if given == "none" else world.stranger
    transport = engine(verify=world.ca, cert=cert)
    colour = "async" if engine is Aiohttp else "sync"
    with pytest.raises(APIConnectionError, match=f"(?i){world.server.url}/token broke .*{why}"):
        call(colour, world.server.url, OAuth(world.grant()), transport)
    assert not world.server.forms


def test_a_token_is_good_with_its_certificate_alone(world: World, made: dict[str, Any]) -> None:
    """Who has stolen it gets nothing by it, and the thief's own certificate gets no further."""
    oauth = OAuth(world.grant())
    with TokenClient(transport=HTTPX(verify=world.ca, cert=world.cert)) as client:
        token = client.token(oauth)
    thief = HTTPX(verify=world.ca, cert=made["second"])
    with (
        SyncClient(base_url=world.server.url, credential=token.access_token, transport=thief) as a,
        pytest.raises(AuthenticationError),
    ):
        a.request("GET", "/resource")


def test_a_server_may_have_other_addresses_for_certificates(
    world: World, made: dict[str, Any]
) -> None:
    """They are in its metadata (RFC 8705 §5), and asked by clients that have one."""
    front = _Server(context(made, ssl.CERT_NONE))
    try:
        front.metadata = {
            "issuer": front.url,
            "token_endpoint": f"{front.url}/token",
            "mtls_endpoint_aliases": {"token_endpoint": f"{world.server.url}/token"},
        }
        grant = world.grant(token_url=None, issuer=front.url)
        with TokenClient(transport=HTTPX(verify=world.ca, cert=world.cert)) as client:
            client.token(OAuth(grant))
        assert (len(front.forms), len(world.server.forms)) == (0, 1)
    finally:
        front.stop()


def test_a_key_may_have_a_password(world: World, tmp_path: Path) -> None:
    """The third of `cert`; a wrong one is refused by name, and not shown."""
    key = serialization.load_pem_private_key(Path(world.cert[1]).read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"canary-right"),
        )
    )
    right = HTTPX(verify=world.ca, cert=(world.cert[0], locked, "canary-right"))
    assert call("sync", world.server.url, OAuth(world.grant()), right)["client"] == "cert-client"
    wrong = HTTPX(verify=world.ca, cert=(world.cert[0], locked, "canary-wrong"))
    with pytest.raises(ConfigurationError, match="`cert` cannot be used") as caught:
        call("sync", world.server.url, OAuth(world.grant()), wrong)
    assert "canary" not in str(caught.value) + repr(wrong) + repr(right)


def test_a_certificate_that_is_not_there_is_named(world: World) -> None:
    """Before anything is sent."""
    transport = HTTPX(verify=world.ca, cert="/nowhere/client.pem")
    with pytest.raises(ConfigurationError, match=r"`cert` cannot be used: /nowhere/client"):
        call("sync", world.server.url, OAuth(world.grant()), transport)
