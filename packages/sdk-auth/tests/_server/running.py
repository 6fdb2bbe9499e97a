"""The server itself: a thread, and what tests say to it."""

from __future__ import annotations

from collections import Counter, deque
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

from flask import Response
from joserfc.jwk import OctKey
from werkzeug.serving import WSGIRequestHandler, make_server

from . import browsers
from .application import SERVER, Authorization, application, failure
from .state import Client, Clock, State, User


class _Quiet(WSGIRequestHandler):
    timeout = 20.0  # seconds; a client that keeps its connection does not keep the thread

    def log(self, *_: Any) -> None:
        """Say nothing."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Leave the ``Date`` to the application: there must be one only, by its clock."""
        self.send_response_only(code, message)


class OAuthServer:
    """
    A real OAuth 2.1 and OpenID Connect server (Authlib on Flask) on a loopback port.

    ======== ================ ==================== ============================================
    client   secret           authentication       for
    ======== ================ ==================== ============================================
    service  service-secret-1 client_secret_basic  client credentials, exchange, everything
    legacy   legacy-secret-12 client_secret_post   password, and everything else
    app      none             none (public)        authorization code, device, refresh
    hmac     hmac-secret-...  client_secret_jwt    everything
    ======== ================ ==================== ============================================

    The user is ``alice`` with the password ``alice-password``. `register` makes more clients.

    Attributes:
        issuer: Its name, which is its address.
        clock: May be wrong; also in the ``Date`` header.
        state: What it knows.
        requests: How many have come, by endpoint: ``token``, ``authorize``, ``revoke``,
            ``introspect``, ``resource``, ``metadata``, ``jwks``, ``device_authorization``.
        forms: What was posted to the token and the revocation endpoint.
        authorizations: With what browsers have come to the login page.
        given: Every secret that it has given to anybody: codes and tokens.
        decision: What the user says on the login page and for devices: True, False, or None for a
            device that nobody looks after.
        metadata: Members that lie in the metadata.
        issuer_parameter: The ``iss`` of its authorization answers; None for none.
        id_token_claims: Members that lie in its id_tokens.
        id_token_header: The same in their headers.
        revocable: Which kinds of tokens can be revoked.
        device_interval: Seconds between two questions.
        device_expires_in: Seconds that a device code lives.
        workload_secret: Signs (HS256) the JWTs of others that token exchange accepts.
        workload_key: The same as joserfc has it.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.state = State(self.clock)
        self.requests: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.authorizations: list[dict[str, str]] = []
        self.given: list[str] = []
        self.decision: bool | None = True
        self.metadata: dict[str, Any] = {}
        self.id_token_claims: dict[str, Any] = {}
        self.id_token_header: dict[str, Any] = {}
        self.revocable: tuple[str, ...] = ("access_token", "refresh_token")
        self.device_interval: float = 0.05
        self.device_expires_in: float = 600
        self.workload_secret = "workload-secret-of-thirty-two-bytes"
        self.workload_key = OctKey.import_key(self.workload_secret)
        self._failures: deque[tuple[str, int, float | None]] = deque()
        self._counting = Lock()
        self._server = make_server(
            "127.0.0.1", 0, self._respond, threaded=True, request_handler=_Quiet
        )
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.issuer_parameter: str | None = self.issuer
        self._authorization = Authorization(self, self.state, self.issuer)
        self._one_at_a_time = Lock()
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._visits: list[Thread] = []
        self.state.users["alice"] = User("alice", "alice-password")
        self.register("service", "service-secret-1")
        self.register("legacy", "legacy-secret-12", auth="client_secret_post")
        self.register("app", auth="none")
        self.register("hmac", "hmac-secret-of-thirty-two-bytes-1", auth="client_secret_jwt")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for visit in self._visits:
            visit.join(10)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _respond(self, environ: dict[str, Any], start_response: Any) -> Any:
        with self._one_at_a_time:
            return application()({**environ, SERVER: self._authorization}, start_response)

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"{self.issuer}/token"

    @property
    def resource_url(self) -> str:
        """What is protected: answers 401 with ``WWW-Authenticate`` without a good token."""
        return f"{self.issuer}/resource"

    def register(self, client_id: str, secret: str | None = None, **options: Any) -> Client:
        """Register a client, or register it anew; *options* are those of `Client`."""
        client = self.state.clients[client_id] = Client(client_id, secret, **options)
        return client

    def fail(
        self, endpoint: str, status: int = 503, *, times: int = 1, retry_after: float | None = None
    ) -> None:
        """Have the next *times* requests to *endpoint* fail."""
        self._failures.extend([(endpoint, status, retry_after)] * times)

    def prepared(self, endpoint: str) -> Response | None:
        """Count a request; return the failure that a test wants, if it does."""
        with self._counting:
            self.requests[endpoint] += 1
            if self._failures and self._failures[0][0] == endpoint:
                _, status, retry_after = self._failures.popleft()
                return failure(status, retry_after)
        return None

    def revoke_everything(self) -> None:
        """Take back all tokens, as an administrator would."""
        for token in self.state.tokens:
            self.state.revoke_family(token.family)

    def visit(self, url: str) -> bool:
        """Be the browser: open *url* and follow to where it leads, beside the caller."""
        visit = Thread(target=_get, args=(url,), daemon=True)
        self._visits.append(visit)
        visit.start()
        return True

    def follow(self, url: str) -> str:
        """Be a browser on another machine: open *url*, and return where it leads."""
        location: str = browsers.get(url).headers["location"]
        return location


def _get(url: str) -> None:
    try:
        with urlopen(url, timeout=10) as answer:
            answer.read()
    except OSError:  # what the page says is the test's business
        return
