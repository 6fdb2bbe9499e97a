"""Azure: addresses by deployment, API versions, keys and tokens."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sdk_openai_compat import AsyncAzureOpenAI, AzureOpenAI, ConfigurationError
from sdk_openai_compat.lib.azure import MutuallyExclusiveAuthError

from ._clients import HELLO, KEY, Wire, done

pytestmark = pytest.mark.anyio

ENDPOINT = "https://name.openai.azure.com/"
BOTH = pytest.mark.parametrize("kind", [AzureOpenAI, AsyncAzureOpenAI])


def azure(colour: str, wire: Wire, **options: Any) -> Any:
    """Return a client of *colour* whose requests go to *wire*."""
    transport = httpx.MockTransport(wire)
    given = {"api_version": "2024-02-01", "azure_endpoint": ENDPOINT, "api_key": KEY, **options}
    if colour == "sync":
        return AzureOpenAI(http_client=httpx.Client(transport=transport), **given)
    return AsyncAzureOpenAI(http_client=httpx.AsyncClient(transport=transport), **given)


async def test_a_chat_goes_to_the_deployment_named_as_its_model(colour: str) -> None:
    """The model names the deployment, the version is in the query, the key has its own header."""
    wire = Wire()
    await done(azure(colour, wire).chat.completions.create(model="gpt 4/o", messages=HELLO))
    assert str(wire.sent.url) == (
        "https://name.openai.azure.com/openai/deployments/gpt%204%2Fo/chat/completions"
        "?api-version=2024-02-01"
    )
    assert wire.sent.headers["api-key"] == KEY
    assert "authorization" not in wire.sent.headers


async def test_a_deployment_serves_every_model(colour: str) -> None:
    """`azure_deployment` goes before the model of a call."""
    wire = Wire()
    client = azure(colour, wire, azure_deployment="mine")
    await done(client.chat.completions.create(model="m", messages=HELLO))
    assert wire.sent.url.path == "/openai/deployments/mine/chat/completions"


async def test_other_calls_stand_beside_the_deployments(colour: str) -> None:
    """What is no call of a model goes to the resource, with a deployment or without."""
    wire = Wire(lambda _: httpx.Response(200, json={"object": "list", "data": []}))
    await done(azure(colour, wire, azure_deployment="mine").models.list())
    await done(azure(colour, wire).models.list())
    assert {request.url.path for request in wire.requests} == {"/openai/models"}


async def test_a_base_url_is_taken_as_it_is(colour: str) -> None:
    """Below an address that names a deployment, no other is put in."""
    wire = Wire()
    client = azure(
        colour, wire, azure_endpoint=None, base_url="https://gateway.test/x/deployments/d"
    )
    await done(client.chat.completions.create(model="m", messages=HELLO))
    assert str(wire.sent.url) == (
        "https://gateway.test/x/deployments/d/chat/completions?api-version=2024-02-01"
    )


async def test_a_call_by_path_finds_its_deployment(colour: str) -> None:
    """`post("/chat/completions")` is the same call."""
    wire = Wire()
    await done(azure(colour, wire).post("/chat/completions", cast_to=object, body={"model": "m"}))
    assert wire.sent.url.path == "/openai/deployments/m/chat/completions"


async def test_a_token_is_a_bearer(colour: str) -> None:
    """A token of Entra ID goes where tokens go."""
    wire = Wire()
    client = azure(colour, wire, api_key=None, azure_ad_token="t")
    await done(client.chat.completions.create(model="m", messages=HELLO))
    assert wire.sent.headers["authorization"] == "Bearer t"
    assert "api-key" not in wire.sent.headers


async def test_a_provider_is_asked_before_each_attempt(colour: str) -> None:
    """A token that expires is replaced without a new client."""
    tokens = iter(["t1", "t2"])
    answers = iter([httpx.Response(500), httpx.Response(200, json={"object": "list", "data": []})])
    wire = Wire(lambda _: next(answers))
    client = azure(colour, wire, api_key=None, azure_ad_token_provider=lambda: next(tokens))
    client = client.with_options(default_headers={"x-a": "b"})
    await done(client.models.list())
    assert [request.headers["authorization"] for request in wire.requests] == [
        "Bearer t1",
        "Bearer t2",
    ]


async def test_a_key_does_not_follow_to_another_origin(colour: str) -> None:
    """A redirect to another host is followed without the key."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "name.openai.azure.com":
            return httpx.Response(307, headers={"location": "https://other.test/models"})
        return httpx.Response(200, json={"object": "list", "data": []})

    wire = Wire(answer)
    await done(azure(colour, wire).models.list())
    assert [("api-key" in request.headers) for request in wire.requests] == [True, False]


@BOTH
def test_the_environment_fills_what_is_not_given(
    kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endpoint, version and credential have variables; the token's goes before the key's."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("OPENAI_API_VERSION", "v")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    assert kind().auth_headers == {"api-key": KEY}
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "t")
    client = kind()
    assert client.auth_headers == {"Authorization": "Bearer t"}
    assert str(client.base_url) == "https://name.openai.azure.com/openai/"
    assert client.default_query == {"api-version": "v"}


@BOTH
def test_a_given_credential_hides_the_environments(
    kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in the code is used although the environment has a token."""
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "t")
    client = kind(api_version="v", azure_endpoint=ENDPOINT, api_key=KEY)
    assert client.auth_headers == {"api-key": KEY}


@BOTH
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"api_version": None}, "api_version"),
        ({"azure_endpoint": None}, "azure_endpoint"),
        ({"base_url": "https://a.test"}, "azure_endpoint"),
        ({"api_key": None}, "azure_ad_token"),
        ({"azure_ad_token": "t"}, "azure_ad_token"),
        ({"azure_ad_token_provider": lambda: "t"}, "azure_ad_token_provider"),
        ({"api_key": "k\n"}, "api_key"),
    ],
)
def test_what_is_missing_or_too_much_is_named(
    kind: type[Any], options: dict[str, Any], named: str
) -> None:
    """The error says which option is missing, or which exclude each other."""
    given = {"api_version": "v", "azure_endpoint": ENDPOINT, "api_key": KEY, **options}
    with pytest.raises(ConfigurationError, match=f"`{named}`"):
        kind(**given)


@BOTH
def test_two_credentials_are_refused_by_their_own_error(kind: type[Any]) -> None:
    """They share the name that openai gives it."""
    with pytest.raises(MutuallyExclusiveAuthError):
        kind(api_version="v", azure_endpoint=ENDPOINT, api_key=KEY, azure_ad_token="t")


@BOTH
def test_credentials_can_be_left_to_a_gateway(kind: type[Any]) -> None:
    """`_enforce_credentials=False` sends none."""
    client = kind(api_version="v", azure_endpoint=ENDPOINT, _enforce_credentials=False)
    assert client.auth_headers == {}


@BOTH
@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({}, {"Authorization": "Bearer t"}),
        ({"api_key": KEY}, {"api-key": KEY}),
        ({"azure_ad_token": "u"}, {"Authorization": "Bearer u"}),
    ],
)
def test_a_copy_keeps_or_replaces_the_credential(
    kind: type[Any], change: dict[str, Any], headers: dict[str, str]
) -> None:
    """One way to authenticate takes the place of another."""
    client = kind(
        api_version="v", azure_endpoint=ENDPOINT, azure_ad_token="t", azure_deployment="d"
    ).copy(**change)
    assert client.auth_headers == headers
    assert client.base_url.path == "/openai/deployments/d/"
    assert client.default_query == {"api-version": "v"}


@BOTH
def test_a_copy_can_stand_elsewhere(kind: type[Any]) -> None:
    """A base URL takes the endpoint's place, a version the other's."""
    client = kind(api_version="v", azure_endpoint=ENDPOINT, api_key=KEY, azure_deployment="d")
    moved = client.with_options(base_url="https://gateway.test/v1", api_version="w")
    assert (str(moved.base_url), moved.default_query) == (
        "https://gateway.test/v1/",
        {"api-version": "w"},
    )


@BOTH
def test_azure_has_no_data_residency(kind: type[Any]) -> None:
    """A region of OpenAI's own service is refused in a copy."""
    client = kind(api_version="v", azure_endpoint=ENDPOINT, api_key=KEY)
    with pytest.raises(ConfigurationError, match="`data_residency`"):
        client.copy(data_residency="eu")


@BOTH
def test_a_new_key_takes_the_tokens_place(kind: type[Any]) -> None:
    """Assigning `api_key` leaves no token behind."""
    client = kind(api_version="v", azure_endpoint=ENDPOINT, azure_ad_token="t")
    client.api_key = KEY
    assert client.auth_headers == {"api-key": KEY}


@pytest.mark.parametrize("model", [".", ".."])
async def test_a_model_cannot_lead_out_of_the_deployments(colour: str, model: str) -> None:
    """A dot segment is refused before anything is sent."""
    wire = Wire()
    with pytest.raises(ConfigurationError, match="dot segment"):
        await done(azure(colour, wire).chat.completions.create(model=model, messages=HELLO))
    assert not wire.requests
