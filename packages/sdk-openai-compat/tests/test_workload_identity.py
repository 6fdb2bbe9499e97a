"""Workload identity: the platform's token, exchanged for one of OpenAI's."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk_core.errors import APIConnectionError
from sdk_openai_compat import ConfigurationError, auth

from ._clients import HELLO, KEY, Wire, done, mocked

pytestmark = pytest.mark.anyio

SUBJECT = "subject-token-canary"
IDENTITY: Any = {
    "identity_provider_id": "idp_1",
    "service_account_id": "sa_1",
    "provider": {"token_type": "jwt", "get_token": lambda: SUBJECT},
}


class Exchange:
    """Answers the exchange with one token after another, and calls with a chat or a refusal."""

    def __init__(self, *tokens: httpx.Response, refused: int = 0) -> None:
        self.asked: list[httpx.Request] = []
        self.shown: list[str] = []
        self._tokens = list(tokens)
        self._refused = refused

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as the address says."""
        if request.url.host == "auth.openai.com":
            self.asked.append(request)
            if self._tokens:
                return self._tokens.pop(0)
            number = len(self.asked)
            return httpx.Response(200, json={"access_token": f"t{number}", "expires_in": 3600})
        self.shown.append(request.headers["authorization"])
        if self._refused:
            self._refused -= 1
            return httpx.Response(401, json={"error": {"message": "expired"}})
        return Wire()(request)


def identified(colour: str, exchange: Exchange, **identity: Any) -> Any:
    """Return a client that has an identity instead of a key."""
    return mocked(colour, exchange, api_key=None, workload_identity={**IDENTITY, **identity})


async def call(client: Any) -> Any:
    """Ask for an answer."""
    return await done(client.chat.completions.create(model="m", messages=HELLO))


async def test_the_platforms_token_is_exchanged(colour: str) -> None:
    """Once, for as many calls as the token lasts."""
    exchange = Exchange()
    client = identified(colour, exchange)
    await call(client)
    await call(client.copy(timeout=3))
    assert exchange.shown == ["Bearer t1", "Bearer t1"]
    (asked,) = exchange.asked
    assert json.loads(asked.content) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": SUBJECT,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "identity_provider_id": "idp_1",
        "service_account_id": "sa_1",
    }


async def test_a_token_is_renewed_before_it_ends(colour: str) -> None:
    """Half of its life early at the most: a token without life serves one call."""
    exchange = Exchange(httpx.Response(200, json={"access_token": "t0", "expires_in": 0}))
    client = identified(colour, exchange)
    await call(client)
    await call(client)
    assert exchange.shown == ["Bearer t0", "Bearer t2"]


async def test_a_token_that_is_refused_is_replaced_once(colour: str) -> None:
    """The call is repeated with the next one; a second refusal is the caller's."""
    exchange = Exchange(refused=1)
    await call(identified(colour, exchange))
    assert exchange.shown == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": SUBJECT}, "invalid_grant"),
        (403, "no", None),
        (200, {"access_token": "t"}, None),
        (200, "<html>", None),
    ],
)
async def test_a_refusal_is_typed_and_holds_no_secret(
    colour: str, status: int, body: Any, code: str | None
) -> None:
    """An `OAuthError`, which is an `AuthenticationError` too, pickles without the token."""
    content = body if isinstance(body, str) else json.dumps(body)
    answer = httpx.Response(status, text=content)
    with pytest.raises(auth.OAuthError) as caught:
        await call(identified(colour, Exchange(answer)))
    assert caught.value.error == code
    again = pickle.loads(pickle.dumps(caught.value))
    assert SUBJECT not in f"{again!r} {again.body} {vars(again)} {caught.value}"


async def test_a_provider_without_a_token_is_named(colour: str) -> None:
    """Nothing is sent."""
    exchange = Exchange()
    provider = {"token_type": "id", "get_token": lambda: ""}
    with pytest.raises(auth.SubjectTokenProviderError, match="empty token"):
        await call(identified(colour, exchange, provider=provider))
    assert not exchange.asked


async def test_an_exchange_that_nobody_answers_can_be_repeated(colour: str) -> None:
    """The call itself was not sent, and the error does not hold the body."""

    def cut(request: httpx.Request) -> httpx.Response:
        msg = "gone"
        raise httpx.ConnectError(msg, request=request)

    client = mocked(colour, cut, api_key=None, workload_identity=IDENTITY, max_retries=0)
    with pytest.raises(APIConnectionError) as caught:
        await call(client)
    assert caught.value.maybe_processed is False
    assert SUBJECT not in repr(vars(pickle.loads(pickle.dumps(caught.value))))


@pytest.mark.parametrize(
    "identity",
    [
        {},
        "text",
        {**IDENTITY, "service_account_id": ""},
        {**IDENTITY, "provider": {"token_type": "saml", "get_token": str}},
        {**IDENTITY, "provider": {"token_type": "jwt", "get_token": "t"}},
    ],
)
def test_an_incomplete_identity_is_refused(colour: str, identity: Any) -> None:
    """At construction, by the member's name."""
    with pytest.raises(ConfigurationError, match="`workload_identity`"):
        mocked(colour, Wire(), api_key=None, workload_identity=identity)


def test_an_identity_and_a_key_exclude_each_other(colour: str) -> None:
    """One of them must go."""
    with pytest.raises(ConfigurationError, match="`workload_identity`"):
        mocked(colour, Wire(), api_key=KEY, workload_identity=IDENTITY)


def test_a_service_account_is_read_from_its_file(tmp_path: Path) -> None:
    """Each time, for Kubernetes renews it; a file that is missing or empty is named."""
    file = tmp_path / "token"
    provider = auth.k8s_service_account_token_provider(file)
    with pytest.raises(auth.SubjectTokenProviderError, match="cannot be read"):
        provider["get_token"]()
    file.write_text("\n")
    with pytest.raises(auth.SubjectTokenProviderError, match="is empty"):
        provider["get_token"]()
    file.write_text("abc\n")
    assert (provider["token_type"], provider["get_token"]()) == ("jwt", "abc")


def metadata(answer: httpx.Response | Exception) -> tuple[httpx.Client, list[httpx.Request]]:
    """Return a client of a metadata service that answers so, and what it is asked."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.Client(transport=httpx.MockTransport(handle)), asked


def test_azures_metadata_service_is_asked() -> None:
    """For the resource, by the identity that is named."""
    client, asked = metadata(httpx.Response(200, json={"access_token": "a"}))
    provider = auth.azure_managed_identity_token_provider(client_id="c", http_client=client)
    assert provider["get_token"]() == "a"
    assert asked[0].headers["metadata"] == "true"
    assert dict(asked[0].url.params) == {
        "api-version": "2018-02-01",
        "resource": "https://management.azure.com/",
        "client_id": "c",
    }


def test_googles_metadata_server_is_asked() -> None:
    """For an identity that is shown to the audience."""
    client, asked = metadata(httpx.Response(200, text="g\n"))
    provider = auth.gcp_id_token_provider("aud", http_client=client)
    assert (provider["token_type"], provider["get_token"]()) == ("id", "g")
    assert (asked[0].headers["metadata-flavor"], asked[0].url.params["audience"]) == (
        "Google",
        "aud",
    )


@pytest.mark.parametrize(
    "answer", [httpx.Response(404), httpx.ConnectError("gone"), httpx.Response(200, json={})]
)
@pytest.mark.parametrize(
    "make", [auth.azure_managed_identity_token_provider, auth.gcp_id_token_provider]
)
def test_a_metadata_service_that_has_no_token_is_an_error(make: Any, answer: Any) -> None:
    """Whether it is not there, refuses, or answers with something else."""
    if isinstance(answer, httpx.Response) and answer.status_code == 200:
        answer = httpx.Response(200, json={}) if "azure" in make.__name__ else httpx.Response(200)
    client, _ = metadata(answer)
    with pytest.raises(auth.SubjectTokenProviderError):
        make(http_client=client)["get_token"]()
