"""What may go well or wrong with secrets at hand: each act takes its secrets from the vault."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import attrs

from sdk_auth import (
    ApiKey,
    AsyncTokenClient,
    AuthorizationCode,
    Basic,
    Bearer,
    ClientCredentials,
    ClientSecretJWT,
    ClientSecretPost,
    CredentialChain,
    DeviceCode,
    FileStore,
    JWTBearer,
    OAuth,
    Password,
    PrivateKeyJWT,
    RefreshToken,
    Token,
    TokenClient,
    TokenExchange,
    TokenFile,
)
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.policies import Bearer as CoreBearer
from sdk_core.typing import Policy

from .._server.running import OAuthServer
from ._vault import Vault


class Stage:
    """
    Where acts play.

    Args:
        server: The authorization server, which is the protected API, too.
        vault: The secrets.
        colour: ``sync`` or ``async``.
        folder: For files.
        options: More options of all clients.
    """

    def __init__(
        self, server: OAuthServer, vault: Vault, colour: str, folder: Path, **options: Any
    ) -> None:
        self.server = server
        self.vault = vault
        self.colour = colour
        self.folder = folder
        self.options = options
        self.store = FileStore(folder / "tokens")

    def __repr__(self) -> str:
        return "<Stage>"

    @property
    def transport(self) -> dict[str, Any]:
        """The options that token clients have, too."""
        return {n: v for n, v in self.options.items() if n in {"transport", "http_client"}}

    def call(self, auth: Policy | None = None, url: str | None = None, **options: Any) -> Any:
        """Call a protected resource."""
        given = {"base_url": url or self.server.issuer, "auth": auth, **self.options, **options}
        given.setdefault("max_retries", 0)
        if self.colour == "sync":
            with SyncClient(**given) as client:
                return client.request("GET", "/resource")
        return anyio.run(self._acall, given)

    @staticmethod
    async def _acall(given: Any) -> Any:
        async with AsyncClient(**given) as client:
            return await client.request("GET", "/resource")

    def run(self, make: Callable[[], Any]) -> Any:
        """Carry out the flow that *make* makes."""
        if self.colour == "sync":
            with TokenClient(**self.transport) as client:
                return client.run(make())
        return anyio.run(self._arun, make)

    async def _arun(self, make: Callable[[], Any]) -> Any:
        async with AsyncTokenClient(**self.transport) as client:
            return await client.run(make())

    def client(self, **changes: Any) -> ClientCredentials:
        """Return a grant of the client itself."""
        given = {
            "issuer": self.server.issuer,
            "client_id": "service",
            "client_secret": self.vault["client secret"],
            **changes,
        }
        return ClientCredentials(**given)

    def person(self, **changes: Any) -> Password:
        """Return a grant of a person."""
        given = {
            "token_url": self.server.token_url,
            "client_id": "legacy",
            "client_auth": ClientSecretPost(self.vault["client secret of a form"]),
            "username": "alice",
            "password": self.vault["password"],
            **changes,
        }
        return Password(**given)


Act: TypeAlias = Callable[[Stage], Any]


def client_credentials(stage: Stage) -> Any:
    return stage.call(OAuth(stage.client(), store=stage.store))


def client_secret_jwt(stage: Stage) -> Any:
    auth = ClientSecretJWT(secret=stage.vault["HMAC key"])
    grant = stage.client(client_id="hmac", client_auth=auth, client_secret=None)
    return stage.call(OAuth(grant))


def password_and_renewal(stage: Stage) -> Any:
    grant = stage.person()
    oauth = OAuth(grant, store=stage.store)
    stage.call(oauth)
    token = stage.store.load(grant.key)
    assert token is not None
    stage.store.save(grant.key, attrs.evolve(token, expires_at=token.issued_at - 1))
    stage.call(OAuth(grant, store=stage.store))
    stage.vault.learn(stage.server)  # before the server forgets what it takes back
    stage.run(oauth.logout)


def authorization_code(stage: Stage) -> Any:
    grant = AuthorizationCode(
        client_id="app",
        issuer=stage.server.issuer,
        scope="openid read",
        open_browser=stage.server.visit,
        show=lambda _: None,
    )
    token = stage.run(grant.obtain)
    stage.vault.add("id token", token.id_token)
    return token


def device_code(stage: Stage) -> Any:
    grant = DeviceCode(client_id="app", issuer=stage.server.issuer, show=lambda _: None)
    return stage.call(OAuth(grant, store=stage.store))


def keys_everywhere(stage: Stage) -> Any:
    """Refused, each of them, but that is the server's business."""
    vault = stage.vault
    for auth in (
        ApiKey(vault["API key"]),
        ApiKey(vault["API key"], location="query", name="k"),
        ApiKey(vault["API key"], location="cookie", name="c"),
        Basic("alice", vault["password"]),
        Bearer(lambda: vault["API key"]),
    ):
        try:
            stage.call(auth)
        except Exception as exc:  # as said
            last = exc
    return last


GOOD: tuple[Act, ...] = (
    client_credentials,
    client_secret_jwt,
    password_and_renewal,
    authorization_code,
    device_code,
    keys_everywhere,
)


def wrong_secret(stage: Stage) -> Any:
    return stage.call(OAuth(stage.client(client_secret=stage.vault["wrong secret"])))


def wrong_password(stage: Stage) -> Any:
    return stage.call(OAuth(stage.person(password=stage.vault["wrong password"])))


def wrong_refresh_token(stage: Stage) -> Any:
    grant = RefreshToken(
        token_url=stage.server.token_url,
        client_id="app",
        refresh_token=stage.vault["wrong refresh token"],
    )
    return stage.call(OAuth(grant))


def wrong_key(stage: Stage) -> Any:
    auth = PrivateKeyJWT(key="-----BEGIN PRIVATE KEY-----\n" + stage.vault["broken key"])
    return stage.call(OAuth(stage.client(client_auth=auth, client_secret=None)))


def wrong_subject_token(stage: Stage) -> Any:
    grant = TokenExchange(
        token_url=stage.server.token_url,
        client_id="service",
        client_secret=stage.vault["client secret"],
        subject_token=stage.vault["subject token"],
    )
    return stage.call(OAuth(grant))


def wrong_assertion(stage: Stage) -> Any:
    grant = JWTBearer(token_url=stage.server.token_url, assertion=stage.vault["assertion"])
    return stage.call(OAuth(grant))


def wrong_access_token(stage: Stage) -> Any:
    return stage.call(Bearer(stage.vault["access token"]))


def nobody_there(stage: Stage) -> Any:
    url = f"http://127.0.0.1:{_closed_port()}/token"
    return stage.run(stage.client(issuer=None, token_url=url).obtain)


def nobody_there_for_a_key(stage: Stage) -> Any:
    url = f"http://127.0.0.1:{_closed_port()}"
    return stage.call(
        ApiKey(stage.vault["API key"], location="query", name="k"), url, max_retries=1
    )


def no_answer_in_time(stage: Stage) -> Any:
    with speaking(b"") as url:
        return stage.call(Bearer(stage.vault["access token"]), url, timeout=0.2)


def a_broken_answer(stage: Stage) -> Any:
    answer = '{"access_token": "%s"'
    with speaking(_ok(stage, answer, "a torn token", more=99), hangs_up=True) as url:
        grant = stage.person(token_url=f"{url}/token")
        return stage.run(grant.obtain)


def half_an_answer(stage: Stage) -> Any:
    with speaking(_ok(stage, '{"access_token": "%s", "refresh', "half a token")) as url:
        return stage.run(stage.person(token_url=f"{url}/token").obtain)


def an_unusable_answer(stage: Stage) -> Any:
    answer = '{"access_token": "%s", "expires_in": "soon"}'
    with speaking(_ok(stage, answer, "a token")) as url:
        return stage.run(stage.person(token_url=f"{url}/token").obtain)


def a_token_of_another_kind(stage: Stage) -> Any:
    answer = '{"access_token": "%s", "token_type": "mac"}'
    with speaking(_ok(stage, answer, "a mac")) as url:
        return stage.call(OAuth(stage.person(token_url=f"{url}/token")))


def an_echo(stage: Stage) -> Any:
    answer = '{"error": "invalid_grant", "error_description": "not %s of %s"}'
    secrets = ("password", "client secret of a form")
    with speaking(_ok(stage, answer, *secrets, status=400)) as url:
        return stage.run(stage.person(token_url=f"{url}/token").obtain)


def an_echo_of_a_key(stage: Stage) -> Any:
    answer = '{"error": {"message": "wrong key %s"}}'
    with speaking(_ok(stage, answer, "API key", status=401)) as url:
        return stage.call(ApiKey(stage.vault["API key"]), url)


def an_answer_that_is_no_http(stage: Stage) -> Any:
    with speaking(b"nonsense " + stage.vault["API key"].encode() + b"\r\n\r\n") as url:
        return stage.call(ApiKey(stage.vault["API key"]), url)


def a_function_that_breaks(stage: Stage) -> Any:
    def broken() -> str:
        raise LookupError

    stage.vault.add("user", "alice's secret name")
    return stage.call(OAuth(stage.client(client_secret=broken)))


def a_function_that_gives_a_line(stage: Stage) -> Any:
    vault = stage.vault
    return stage.call(Bearer(lambda: vault["a key with a line end"] + "\n"))


def a_policy_behind_that_breaks(stage: Stage) -> Any:
    def broken(_: Any, __: Any) -> Any:
        yield from ()
        raise LookupError

    return stage.call(CoreBearer(stage.vault["API key"]), policies=[broken])


def a_denied_device(stage: Stage) -> Any:
    stage.server.decision = False
    grant = DeviceCode(client_id="app", issuer=stage.server.issuer, show=lambda _: None)
    return stage.run(grant.obtain)


def a_forged_answer(stage: Stage) -> Any:
    vault = stage.vault
    grant = AuthorizationCode(
        client_id="app",
        issuer=stage.server.issuer,
        redirect_uri="https://app.example/back",
        prompt=lambda _: (
            f"https://app.example/back?code={vault['a code']}&state={vault['a state']}"
        ),
    )
    return stage.run(grant.obtain)


def a_damaged_store(stage: Stage) -> Any:
    grant = stage.person()
    stage.store.save(grant.key, Token(access_token=stage.vault["a token that is kept"]))
    (file,) = stage.store.path.glob("*.json")
    file.write_bytes(file.read_bytes()[:-3])
    return stage.call(OAuth(grant, store=stage.store))


def a_token_that_cannot_be_kept(stage: Stage) -> Any:
    token = Token(access_token=stage.vault["a token"], extra={"a": object()})
    return stage.store.save("k", token)


def a_wrong_token_file(stage: Stage) -> Any:
    file = stage.folder / "identity"
    file.write_text(stage.vault["a token of a file"] + " " + stage.vault["a token of a file"])
    return stage.call(Bearer(TokenFile(file)))


def a_chain_with_nothing(stage: Stage) -> Any:
    grant = DeviceCode(client_id="app", issuer=stage.server.issuer, show=lambda _: None)
    stage.store.save(
        grant.key,
        Token(
            access_token=stage.vault["an old token"],
            refresh_token=stage.vault["an old refresh token"],
            expires_at=1.0,
        ),
    )
    return stage.call(CredentialChain.default(grant=grant, store=stage.store))


BAD: tuple[Act, ...] = (
    wrong_secret,
    wrong_password,
    wrong_refresh_token,
    wrong_key,
    wrong_subject_token,
    wrong_assertion,
    wrong_access_token,
    nobody_there,
    nobody_there_for_a_key,
    no_answer_in_time,
    a_broken_answer,
    half_an_answer,
    an_unusable_answer,
    a_token_of_another_kind,
    an_echo,
    an_echo_of_a_key,
    an_answer_that_is_no_http,
    a_function_that_breaks,
    a_function_that_gives_a_line,
    a_policy_behind_that_breaks,
    a_denied_device,
    a_forged_answer,
    a_damaged_store,
    a_token_that_cannot_be_kept,
    a_wrong_token_file,
    a_chain_with_nothing,
)

URL = "https://login.example"
WRONG: dict[str, Callable[[Vault], Any]] = {
    "a grant": lambda v: ClientCredentials(
        token_url="http://login.example", client_id="a", client_secret=v["client secret"]
    ),
    "a grant with a secret with a line end": lambda v: ClientCredentials(
        token_url=URL, client_id="a", client_secret=v["client secret"] + "\n"
    ),
    "a grant with an unknown field": lambda v: ClientCredentials(
        token_url=URL,
        client_id="a",
        client_secert=v["client secret"],  # type: ignore[call-arg]  # as is meant
    ),
    "a password": lambda v: Password(
        token_url=URL, client_id="a", username="u", password=v["password"] + "\n"
    ),
    "a refresh token": lambda v: RefreshToken(
        token_url=URL, client_id="a\n", refresh_token=v["refresh token"]
    ),
    "a private key": lambda v: PrivateKeyJWT(key=v["private key"], algorithm="HS256"),
    "an HMAC key": lambda v: ClientSecretJWT(secret=v["HMAC key"], algorithm="RS256"),
    "an assertion": lambda v: JWTBearer(token_url=URL, assertion=v["assertion"], key=v["key"]),
    "a subject token": lambda v: TokenExchange(token_url="", subject_token=v["subject token"]),
    "a token": lambda v: Token(access_token=v["access token"], scope=3),
    "a token of a dictionary": lambda v: Token.from_dict(
        {"access_token": v["access token"] + "\n", "refresh_token": v["refresh token"]}
    ),
    "a token of an answer": lambda v: Token.of({"access_token": v["access token"] + "\n"}, 0.0),
    "a key": lambda v: ApiKey(v["API key"], location="body"),  # type: ignore[arg-type]  # as is meant
    "a key with a line end": lambda v: ApiKey(v["API key"] + "\n"),
    "a bearer token": lambda v: Bearer(v["access token"] + "\n"),
    "a bearer token of the core": lambda v: CoreBearer(v["access token"] + "\n"),
    "a name with a colon": lambda v: Basic("a:b", v["password"]),
    "a client": lambda v: SyncClient(base_url=URL, credential=v["API key"], max_retries=-1),
    "a client with a key with a line end": lambda v: SyncClient(
        base_url=URL, credential=v["API key"] + "\n"
    ),
    "a client with an unknown option": lambda v: SyncClient(base_url=URL, credentail=v["API key"]),  # type: ignore[call-arg]  # as above
    "a client with two credentials": lambda v: SyncClient(
        base_url=URL, credential=v["API key"], credentials={"a": v["API key"]}
    ),
    "a client with a header with a line end": lambda v: SyncClient(
        base_url=URL, default_headers={"x-api-key": v["API key"] + "\n"}
    ),
    "a chain": lambda v: CredentialChain.default(v["API key"], nothing=1),  # type: ignore[call-arg]  # as above
}
"""What is refused when it is made."""


def _ok(stage: Stage, text: str, *secrets: str, status: int = 200, more: int = 0) -> bytes:
    """Return an answer with *secrets* of the vault in it; *more* of it is promised."""
    body = text % tuple(stage.vault[name] for name in secrets)
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body) + more}\r\n\r\n{body}".encode()


def _closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def speaking(answer: bytes, *, hangs_up: bool = False) -> Iterator[str]:
    """Answer every request with these bytes; with none, say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                opened.append(connection)
                _whole_request(connection)
                if answer:
                    connection.sendall(answer)
                    if hangs_up:
                        connection.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in opened:
                connection.close()


def _whole_request(connection: socket.socket) -> None:
    with connection.makefile("rb") as reader:
        size = 0
        while line := reader.readline().strip().lower():
            if line.startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        reader.read(size)
