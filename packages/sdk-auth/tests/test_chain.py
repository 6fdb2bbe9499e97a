"""Credential chains: who calls is decided by the first place that has a credential."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from sdk_auth import ApiKey, Basic, FileStore, MemoryStore, OAuth, Password, TokenClient
from sdk_auth.chain import CredentialChain, Environment, Explicit, Login, Profile, Stored
from sdk_auth.errors import CredentialUnavailableError, RefreshTokenError
from sdk_auth.login import DeviceCode
from sdk_auth.tokens import Token
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.operations import Operation
from sdk_core.testing import FakeTransport, Now, Wait, play, request, response, send
from sdk_core.typing import Policy

URL = "https://api.example.com/things"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the environment of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.upper().startswith("SDK_"):
            monkeypatch.delenv(name)


@pytest.fixture
def device(oauth_server: Any) -> DeviceCode:
    """Return a grant that asks a person, who says yes."""
    return DeviceCode(issuer=oauth_server.issuer, client_id="app", show=lambda _: None)


def shown(policy: Policy) -> str:
    """Return the credential that *policy* shows."""
    played = play(policy(request(URL), send), response())
    assert played.result.status_code == 200
    return played.sent[0].headers.get("authorization", "none")


def called(chain: CredentialChain, url: str) -> Any:
    """Call a protected resource."""
    with SyncClient(base_url=url, auth=chain) as client:
        return client.request("GET", "/resource")


@pytest.mark.parametrize(
    ("source", "header"),
    [
        (Explicit("sk-1"), "Bearer sk-1"),
        (Explicit(lambda: "sk-2"), "Bearer sk-2"),
        (Explicit(auth=Basic("u", "p")), "Basic dTpw"),
        (Explicit("sk-3", shown=lambda key: ApiKey(key, name="authorization")), "sk-3"),
    ],
)
def test_what_is_given_comes_first(
    monkeypatch: pytest.MonkeyPatch, source: Explicit, header: str
) -> None:
    """Whatever its form, and however it is shown."""
    monkeypatch.setenv("SDK_CREDENTIAL", "sk-environment")
    chain = CredentialChain(source, Environment())
    assert chain.source is None
    assert shown(chain) == header
    assert chain.source == "explicit"


def test_a_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts from when it is needed, and an empty one is none."""
    chain = CredentialChain(Explicit(), Explicit(""), Environment())
    monkeypatch.setenv("SDK_CREDENTIAL", "")
    with pytest.raises(CredentialUnavailableError):
        shown(chain)
    monkeypatch.setenv("SDK_CREDENTIAL", "sk-1")
    assert shown(chain) == "Bearer sk-1"
    assert chain.source == "environment"
    monkeypatch.setenv("MINE_CREDENTIAL", "sk-2")
    assert shown(CredentialChain(Environment("MINE_"))) == "Bearer sk-2"


@pytest.mark.anyio
async def test_a_client_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, oauth_server: Any, colour: str, tmp_path: Path
) -> None:
    """Its name and its secret are enough, where the server is known; the secret may be a file."""
    secret = tmp_path / "secret"
    secret.write_text("service-secret-1\n")
    monkeypatch.setenv("SDK_AUTH__ISSUER", oauth_server.issuer)
    monkeypatch.setenv("SDK_AUTH__CLIENT_ID", "service")
    monkeypatch.setenv("SDK_AUTH__CLIENT_SECRET_FILE", str(secret))
    monkeypatch.setenv("SDK_AUTH__SCOPE", "read")
    chain = CredentialChain.default()
    if colour == "sync":
        found = called(chain, oauth_server.issuer)
    else:
        async with AsyncClient(base_url=oauth_server.issuer, auth=chain) as client:
            found = await client.request("GET", "/resource")
    assert (found["client"], found["scope"]) == ("service", "read")
    assert chain.source == "environment"


def test_a_workload_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, oauth_server: Any, tmp_path: Path
) -> None:
    """Its file is shown as it is, or exchanged where there is a server for that."""
    file = tmp_path / "token"
    file.write_text("workload-1\n")
    monkeypatch.setenv("SDK_AUTH__TOKEN_FILE", str(file))
    assert shown(CredentialChain(Environment())) == "Bearer workload-1"
    monkeypatch.setenv("SDK_AUTH__TOKEN_URL", oauth_server.token_url)
    monkeypatch.setenv("SDK_AUTH__GRANT", "token_exchange")
    played = play(CredentialChain(Environment())(request(URL), send), response(400, json={}))
    assert b"subject_token=workload-1" in played.sent[0].content  # type: ignore[operator]  # bytes
    monkeypatch.setenv("SDK_AUTH__GRANT", "jwt_bearer")
    played = play(CredentialChain(Environment())(request(URL), send), response(400, json={}))
    assert b"assertion=workload-1" in played.sent[0].content  # type: ignore[operator]  # bytes


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, "`SDK_CREDENTIAL` is not set, and no `SDK_AUTH__...` is"),
        ({"CLIENT_ID": "a"}, "has neither `issuer` nor `token_url`"),
        ({"ISSUER": "https://a.example"}, "has too little for any grant"),
        (
            {"ISSUER": "https://a.example", "GRANT": "client_credentials", "CLIENT_ID": "a"},
            "has no `client_secret` (or `client_secret_file`), which `client_credentials` needs",
        ),
        ({"ISSUER": "https://a.example", "GRANT": "jwt_bearer"}, "has no `token_file`"),
        (
            {"ISSUER": "https://a.example", "CLIENT_ID": "a"},
            "says how a person signs in, and asks nobody: add `Login`",
        ),
    ],
)
def test_what_the_environment_lacks_is_said(
    monkeypatch: pytest.MonkeyPatch, members: dict[str, str], why: str
) -> None:
    """And the chain goes on."""
    for name, value in members.items():
        monkeypatch.setenv(f"SDK_AUTH__{name}", value)
    with pytest.raises(CredentialUnavailableError) as caught:
        shown(CredentialChain(Environment()))
    ((name, said),) = caught.value.tried
    assert name == "environment"
    assert why in said
    assert shown(CredentialChain(Environment(), Explicit("sk-1"))) == "Bearer sk-1"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"CLIENT_NAME": "a"}, "the environment has `client_name`, which is no member of it"),
        ({"GRANT": "magic"}, "`grant` of the environment must be one of client_credentials"),
        (
            {"ISSUER": "http://a.example", "CLIENT_ID": "a", "CLIENT_SECRET": "canary-1"},
            "`issuer`",
        ),
        (
            {"TOKEN_URL": "https://a", "CLIENT_ID": "a", "CLIENT_SECRET_FILE": "/nowhere"},
            "`client_secret_file` /nowhere cannot be read",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, members: dict[str, str], why: str
) -> None:
    """Nothing is guessed: whoever wrote it wants to know."""
    for name, value in members.items():
        monkeypatch.setenv(f"SDK_AUTH__{name}", value)
    with pytest.raises(ConfigurationError, match=why) as caught:
        shown(CredentialChain(Environment(), Explicit("sk-1")))
    assert "canary" not in str(caught.value)


def test_a_secret_file_of_bytes_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without its bytes in the error."""
    file = tmp_path / "secret"
    file.write_bytes(b"canary\xff")
    for name, value in {"TOKEN_URL": "https://a", "CLIENT_ID": "a"}.items():
        monkeypatch.setenv(f"SDK_AUTH__{name}", value)
    monkeypatch.setenv("SDK_AUTH__CLIENT_SECRET_FILE", str(file))
    with pytest.raises(ConfigurationError, match="holds no text") as caught:
        shown(CredentialChain(Environment()))
    assert caught.value.__context__ is None


TOML = """
max_retries = 9
[auth]
issuer = "{issuer}"
client_id = "service"
[profiles.ci.auth]
client_secret = "service-secret-1"
[profiles.key]
credential = "sk-profile"
[profiles.empty]
[profiles.wrong.auth]
client_secert = "canary-1"
[profiles.lacking.auth]
grant = "jwt_bearer"
"""


@pytest.fixture
def toml(tmp_path: Path, oauth_server: Any) -> Path:
    """Return a file with profiles."""
    file = tmp_path / "sdk.toml"
    file.write_text(TOML.format(issuer=oauth_server.issuer))
    return file


def test_a_profile_says_who_calls(
    toml: Path, oauth_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a secret, or by how to sign in; file and profile may be named by the environment."""
    assert shown(CredentialChain(Profile("key", toml))) == "Bearer sk-profile"
    store = MemoryStore()
    chain = CredentialChain(Profile("ci", toml, store=store))
    assert called(chain, oauth_server.issuer)["client"] == "service"
    assert chain.source == "profile"
    monkeypatch.setenv("SDK_SETTINGS", str(toml))
    monkeypatch.setenv("SDK_PROFILE", "ci")
    monkeypatch.setenv("SDK_MAX_RETRIES", "no number")  # which is not asked for
    again = CredentialChain(Profile(store=store))
    assert called(again, oauth_server.issuer)["client"] == "service"
    assert len(oauth_server.forms) == 1  # the store has it


def test_what_a_profile_lacks_is_said(toml: Path, tmp_path: Path) -> None:
    """With its name and that of the file."""
    nothing = tmp_path / "nothing.toml"
    nothing.write_text("max_retries = 1\n")
    for source, why in (
        (Profile(), "no file was given, and `SDK_SETTINGS` names none"),
        (Profile(file=nothing), f"{nothing} has neither `credential` nor `auth`"),
        (Profile("lacking", toml), f"{toml} [profiles.lacking] has no `token_file`"),
        (Profile("empty", toml), f"{toml} [profiles.empty] says how a person signs in"),
    ):
        with pytest.raises(CredentialUnavailableError) as caught:
            shown(CredentialChain(source))
        assert why in caught.value.tried[0][1]


def test_a_profile_that_is_wrong_is_refused(toml: Path) -> None:
    """As settings refuse it: with the name that was meant, and without its value."""
    with pytest.raises(ConfigurationError, match="client_secert") as caught:
        shown(CredentialChain(Profile("wrong", toml)))
    assert "canary" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="no `profile` named `none`"):
        shown(CredentialChain(Profile("none", toml)))


def test_profiles_need_an_extra(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the chain goes on, and says so."""
    for name in ("sdk_auth._profiles", "sdk_auth.settings", "sdk_core.settings"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pydantic_settings", None)
    with pytest.raises(CredentialUnavailableError, match=r"pip install sdk-auth\[settings\]"):
        shown(CredentialChain(Profile("ci", toml)))


def test_who_signed_in_before(oauth_server: Any, device: DeviceCode, tmp_path: Path) -> None:
    """The store is enough, and a token that has ended is renewed."""
    store = FileStore(tmp_path / "tokens")
    chain = CredentialChain(Stored(device, store))
    with pytest.raises(CredentialUnavailableError, match="nobody has signed in: <FileStore"):
        called(chain, oauth_server.issuer)
    with TokenClient() as client:
        token = client.login(OAuth(device, store=store))
    assert called(chain, oauth_server.issuer)["user"] == "alice"
    _end(store, device.key)
    again = CredentialChain(Stored(device, store))
    assert called(again, oauth_server.issuer)["user"] == "alice"
    kept = store.load(device.key)
    assert kept is not None
    assert kept.access_token != token.access_token


def test_a_token_that_cannot_be_renewed_is_none(
    oauth_server: Any, device: DeviceCode, tmp_path: Path
) -> None:
    """Nobody is asked for another one; the next source may."""
    store = FileStore(tmp_path / "tokens")
    oauth_server.requests.clear()
    store.save(device.key, Token(access_token="a", expires_at=1.0, issued_at=1.0))
    chain = CredentialChain(Stored(device, store))
    with pytest.raises(CredentialUnavailableError, match="has ended, and there is none to renew"):
        called(chain, oauth_server.issuer)
    store.save(
        device.key, Token(access_token="a", refresh_token="b", expires_at=1.0, issued_at=1.0)
    )
    with pytest.raises(CredentialUnavailableError, match=r"cannot be renewed \(`invalid_grant`\)"):
        called(chain, oauth_server.issuer)
    assert oauth_server.requests["device_authorization"] == 0
    attended = Login(device, store, attended=lambda: True)
    chain = CredentialChain(Stored(device, store), attended)
    assert called(chain, oauth_server.issuer)["user"] == "alice"
    assert chain.source == "login"


def test_a_sign_in_that_ends_is_looked_for_again(oauth_server: Any, device: DeviceCode) -> None:
    """By the call after the one that was told."""
    store = MemoryStore()
    with TokenClient() as client:
        client.login(OAuth(device, store=store))
    asked: list[bool] = []

    def attended() -> bool:
        asked.append(True)
        return True

    chain = CredentialChain(Stored(device, store), Login(device, store, attended=attended))
    assert called(chain, oauth_server.issuer)["user"] == "alice"
    assert (chain.source, asked) == ("store", [])
    oauth_server.revoke_everything()
    with pytest.raises(RefreshTokenError):
        called(chain, oauth_server.issuer)
    assert called(chain, oauth_server.issuer)["user"] == "alice"
    assert (chain.source, asked) == ("login", [True])


def test_nobody_is_asked_where_nobody_is(oauth_server: Any, device: DeviceCode) -> None:
    """A program in CI must not wait for somebody to type a code in."""
    chain = CredentialChain(Login(device))
    with pytest.raises(CredentialUnavailableError, match="standard error is no terminal"):
        called(chain, oauth_server.issuer)
    assert not oauth_server.requests["device_authorization"]


def test_nothing_says_what_was_tried(
    device: DeviceCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each source, in order, and why it had nothing; in the message and as a value."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    chain = CredentialChain.default(grant=device)
    with pytest.raises(CredentialUnavailableError) as caught:
        shown(chain)
    error = caught.value
    names = ["explicit", "environment", "profile", "store", "login"]
    assert [name for name, _ in error.tried] == names
    for name, why in error.tried:
        assert f"{name}: {why}" in str(error)
    assert repr(chain) == f"CredentialChain({', '.join(names)})"
    with pytest.raises(CredentialUnavailableError):
        play(chain.policy()).result  # noqa: B018  # which raises


def test_many_calls_look_once() -> None:
    """The others wait for what the first one finds."""
    looks: list[int] = []
    meet = threading.Barrier(8)

    @attrs.frozen
    class Counted:
        name: str = "counted"

        def find(self) -> Any:
            yield from ()
            looks.append(1)
            return Basic("u", "p")

    fake = FakeTransport(lambda _: response(json={}))
    chain = CredentialChain(Counted())

    def call() -> None:
        meet.wait()
        with SyncClient(base_url=URL, auth=chain, transport=fake) as client:
            client.request("GET", "/")

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looks) == 1
    assert {each.headers["authorization"] for each in fake.requests} == {"Basic dTpw"}
    assert play(chain.policy()).result is play(chain.policy()).result


@attrs.frozen
class Slow:
    """A source that takes a moment, and finds *policy*."""

    policy: Any = attrs.field(factory=lambda: Basic("u", "p"))
    name: str = "slow"

    def find(self) -> Any:
        """Wait, and return it."""
        yield Now()
        return self.policy


def test_who_comes_while_somebody_looks_waits_for_that() -> None:
    """And looks no more."""
    chain = CredentialChain(Slow())
    first, second = chain.policy(), chain.policy()
    assert isinstance(next(first), Now)
    assert isinstance(next(second), Wait)
    with pytest.raises(StopIteration) as found:
        first.send(0.0)
    with pytest.raises(StopIteration) as same:
        second.send(True)
    assert found.value.value is same.value.value


def test_two_calls_that_see_the_end_forget_it_once() -> None:
    """What a third call has found in the meantime stays."""

    def over(_: Any, __: Any) -> Any:
        yield Now()
        raise RefreshTokenError("invalid_grant")  # noqa: EM101  # the code

    chain = CredentialChain(Slow(over))
    play(chain.policy())
    calls = [chain(request(URL), send) for _ in range(2)]
    for call in calls:
        next(call)
    with pytest.raises(RefreshTokenError):
        calls[0].send(0.0)
    assert chain.source is None
    play(chain.policy())
    with pytest.raises(RefreshTokenError):
        calls[1].send(0.0)
    assert chain.source == "slow"


def test_public_operations_need_nobody() -> None:
    """They go out without a look."""
    public: Operation[Any] = Operation(id="ping", method="GET", path="/", security=())
    chain = CredentialChain(Environment())
    played = play(chain(request(URL, operation=public), send), response())
    assert "authorization" not in played.sent[0].headers
    assert chain.source is None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (CredentialChain, "needs a source at least"),
        (
            lambda: CredentialChain(Environment),  # type: ignore[arg-type]  # as is meant
            "must be a value with `find`, not Environment",
        ),
        (
            lambda: CredentialChain("sk-1"),  # type: ignore[arg-type]  # as is meant
            "must be a value with `find`, not str",
        ),
    ],
)
def test_what_is_no_source_is_refused(make: Callable[[], object], why: str) -> None:
    """When the chain is made."""
    with pytest.raises(ConfigurationError, match=why):
        make()


def test_a_grant_of_your_own(oauth_server: Any) -> None:
    """Whatever has the methods of a grant can be asked."""
    grant = Password(
        token_url=oauth_server.token_url,
        client_id="legacy",
        client_secret="legacy-secret-12",
        username="alice",
        password="alice-password",
    )
    with pytest.raises(Exception, match="invalid_client"):
        called(CredentialChain(Login(grant, attended=lambda: True)), oauth_server.issuer)


def _end(store: FileStore, key: str) -> None:
    """Have the token that is kept be over."""
    token = store.load(key)
    assert token is not None
    store.save(key, attrs.evolve(token, expires_at=token.issued_at - 1))
