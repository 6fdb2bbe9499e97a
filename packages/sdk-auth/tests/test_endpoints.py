"""The token endpoint: what it refuses has a type, and what it says has no secret."""

from __future__ import annotations

import pickle
import time
import traceback
from email.utils import formatdate
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from sdk_auth import errors
from sdk_auth.client_auth import ClientSecretPost, PrivateKeyJWT
from sdk_auth.grants import ClientCredentials, JWTBearer, Password, RefreshToken
from sdk_auth.tokens import Token
from sdk_core.errors import APIConnectionError, APITimeoutError, SDKError
from sdk_core.testing import play, response

URL = "https://id.example.com/token"
CANARY = "canary-5e-c2"
GRANT = ClientCredentials(client_id="app", client_secret=CANARY, token_url=URL, scope="read")
TOKEN = {"access_token": "t-1", "token_type": "Bearer", "expires_in": 3600}


def test_a_token_is_asked_for_by_a_form() -> None:
    """RFC 6749 §4.4.2, with the client's proof in the header, and nothing of an engine's own."""
    played = play(GRANT.obtain(), response(json=TOKEN))
    assert played.result.access_token == "t-1"
    (sent,) = played.sent
    assert (sent.method, sent.url, sent.foreign) == ("POST", URL, True)
    assert sent.content == b"grant_type=client_credentials&scope=read"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("invalid_client", 401, errors.InvalidClientError),
        ("invalid_grant", 400, errors.InvalidGrantError),
        ("invalid_scope", 400, errors.InvalidScopeError),
        ("access_denied", 403, errors.AccessDeniedError),
        ("unauthorized_client", 400, errors.UnsupportedGrantError),
        ("unsupported_grant_type", 400, errors.UnsupportedGrantError),
        ("invalid_request", 400, errors.OAuthError),
        ("invalid_target", 400, errors.OAuthError),
        ("bad_verification_code", 200, errors.OAuthError),
    ],
)
def test_every_refusal_has_its_type(code: str, status: int, kind: type[Exception]) -> None:
    """RFC 6749 §5.2, whatever the status; the code, the words and the page are kept."""
    body = {"error": code, "error_description": "no\nway", "error_uri": "https://x.example/e"}
    played = play(GRANT.obtain(), response(status, json=body))
    assert type(played.error) is kind
    assert isinstance(played.error, errors.OAuthError)
    assert played.error.error == code
    assert played.error.description == "no way"
    assert played.error.uri == "https://x.example/e"
    assert played.error.status_code == status


def test_a_refused_refresh_token_has_a_type_of_its_own() -> None:
    """What to do is another thing: sign in again."""
    grant = RefreshToken(client_id="app", refresh_token=CANARY, token_url=URL)
    body = {"error": "invalid_grant"}
    for flow in (grant.obtain(), grant.renew(Token(access_token="a", refresh_token=CANARY))):
        played = play(flow, response(400, json=body))
        assert type(played.error) is errors.RefreshTokenError
        assert "sign in again" in str(played.error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(302, {"location": "https://evil.example.com/"}), "redirects"),
        (response(404, content=b"not found"), "no such endpoint"),
        (response(500, content=b"<html>"), "try again later"),
        (response(400, content=b"<html>"), "no OAuth answer"),
        (response(200, content=b"access_token=a"), "no OAuth answer"),
        (response(200, json=[TOKEN]), "no OAuth answer"),
        (response(200, content=b"[" * 100_000), "no OAuth answer"),
        (response(200, json={}), "`access_token` is missing"),
        (response(200, json={"error": 7}), "`access_token` is missing"),
    ],
)
def test_what_is_no_answer_says_what_to_do(answer: Any, words: str) -> None:
    """Pages of proxies and wrong addresses are told from refusals; no redirect is followed."""
    played = play(GRANT.obtain(), answer)
    assert type(played.error) is errors.TokenAnswerError
    assert words in str(played.error)
    assert "evil" not in str(played.error)
    assert len(played.sent) == 1


def test_a_bare_401_is_about_the_client() -> None:
    """Something before the server may check the secret, and know nothing of OAuth."""
    played = play(GRANT.obtain(), response(401, content=b"<html>"))
    assert type(played.error) is errors.InvalidClientError


def test_a_server_in_trouble_is_asked_again() -> None:
    """Twice; then it is told, with when to come again."""
    answers: list[Any] = [
        APIConnectionError(message="broken"),
        response(503),
        response(json=TOKEN),
    ]
    played = play(GRANT.obtain(), *answers)
    assert played.result.access_token == "t-1"
    assert len(played.sent) == 3
    assert played.elapsed < 5
    busy = response(503, {"retry-after": "30"})
    played = play(GRANT.obtain(), busy)
    assert isinstance(played.error, errors.TokenAnswerError)
    assert played.error.retry_after == 30.0


@pytest.mark.parametrize("kind", [APIConnectionError, APITimeoutError])
def test_silence_leaves_the_call_unsent(kind: type[APIConnectionError]) -> None:
    """The call that wanted a token may be repeated; the error keeps no form, even in pickles."""
    played = play(GRANT.obtain(), *[kind(message="silence")] * 3)
    assert isinstance(played.error, kind)
    assert played.error.maybe_processed is False
    assert played.error.request.content is None
    assert CANARY.encode() not in pickle.dumps(played.error)


GRANTS = [
    GRANT,
    ClientCredentials(client_id="app", client_auth=ClientSecretPost(CANARY), token_url=URL),
    Password(client_id="app", username="alice", password=CANARY, token_url=URL),
    RefreshToken(client_id="app", refresh_token=CANARY, token_url=URL),
    JWTBearer(assertion=CANARY, token_url=URL),
]


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: type(grant).__name__)
def test_no_words_of_a_server_bring_a_secret_back(grant: Any) -> None:
    """A server that quotes what it was sent is quoted without that."""
    said = f"the secret {CANARY} is wrong"
    answer = response(400, json={"error": CANARY, "error_description": said, "error_uri": said})
    played = play(grant.obtain(), answer)
    assert isinstance(played.error, errors.OAuthError)
    assert "[secret]" in played.error.description
    shown = [str(played.error), repr(played.error), repr(vars(played.error)), repr(grant)]
    assert CANARY not in " ".join(shown)
    assert CANARY.encode() not in pickle.dumps(played.error)


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: type(grant).__name__)
@pytest.mark.parametrize(
    "answer",
    [
        response(401, json={"error": "invalid_client", "error_description": CANARY}),
        response(200, json={"refresh_token": CANARY}),
        response(200, json={"access_token": "a b\n", "id_token": CANARY}),
        response(500, content=CANARY.encode()),
        APITimeoutError(message="silence", maybe_processed=True),
    ],
)
def test_no_local_variable_of_a_traceback_shows_a_secret(grant: Any, answer: Any) -> None:
    """Some programs print the variables of every frame: rich does, and so do crash reporters."""
    shown = []
    try:
        played = play(grant.obtain(), answer, answer, answer)
        _ = played.result
    except SDKError as exc:
        while exc is not None:
            for frame, _ in traceback.walk_tb(exc.__traceback__):
                if "/sdk_auth/" in frame.f_code.co_filename:
                    shown += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
            exc = exc.__cause__ or exc.__context__  # type: ignore[assignment]  # None ends it
    assert shown
    assert [text for text in shown if CANARY in text] == []


class TestClockSkew:
    """An assertion says when it was made, so a clock that is wrong makes servers refuse it."""

    GRANT = JWTBearer(client_id="app", assertion="a.b.c", token_url=URL)
    BODY = {"error": "invalid_grant", "error_description": "assertion expired"}  # noqa: RUF012  # no test changes it

    @pytest.mark.parametrize("ahead", [300.0, -300.0])
    def test_the_difference_is_named(self, ahead: float) -> None:
        """It is read from the answer's ``Date``, so that nobody has to guess."""
        date = formatdate(time.time() - ahead, usegmt=True)
        played = play(self.GRANT.obtain(), response(400, {"date": date}, json=self.BODY))
        assert isinstance(played.error, errors.ClockSkewError)
        assert abs(played.error.seconds - ahead) < 5
        assert ("ahead of" if ahead > 0 else "behind") in str(played.error)
        assert isinstance(played.error.__cause__, errors.InvalidGrantError)

    @pytest.mark.parametrize("date", [None, "soon", ""])
    def test_a_right_clock_is_not_blamed(self, date: str | None) -> None:
        """Nor one of which nothing is known."""
        headers = {} if date is None else {"date": date or formatdate(usegmt=True)}
        played = play(self.GRANT.obtain(), response(400, headers, json=self.BODY))
        assert type(played.error) is errors.InvalidGrantError

    def test_a_secret_has_no_clock(self) -> None:
        """A wrong password is a wrong password."""
        date = formatdate(0, usegmt=True)
        body = {"error": "invalid_client"}
        played = play(GRANT.obtain(), response(401, {"date": date}, json=body))
        assert type(played.error) is errors.InvalidClientError

    def test_client_assertions_have(self) -> None:
        """RFC 7523 §2.2; there it is the client that is refused."""
        grant = ClientCredentials(
            client_id="app", client_auth=PrivateKeyJWT(key=_pem(), algorithm="ES256"), token_url=URL
        )
        date = formatdate(time.time() + 900, usegmt=True)
        body = {"error": "invalid_client"}
        played = play(grant.obtain(), response(401, {"date": date}, json=body))
        assert isinstance(played.error, errors.ClockSkewError)
        assert -905 < played.error.seconds < -895


def _pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_the_clock_does_not_matter_for_the_end_of_a_token() -> None:
    """It is counted from when the token came, whatever the server's ``Date`` says."""
    answer = response(200, {"date": formatdate(0, usegmt=True)}, json=TOKEN)
    token = play(GRANT.obtain(), answer).result
    assert token.expires_at == token.issued_at + 3600


@given(st.binary(max_size=200), st.integers(200, 599))
def test_no_answer_is_worse_than_typed(body: bytes, status: int) -> None:
    """Whatever comes, it is a token or an error of this package."""
    played = play(GRANT.obtain(), *[response(status, content=body)] * 3)
    assert played.error is None or isinstance(played.error, errors.AuthError)
