"""Where a client calls, whether it must have a key, and what it does not offer."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_core.settings import Settings
from sdk_openai_compat import AsyncOpenAI, ConfigurationError, OpenAI

from ._clients import HELLO, KEY, Wire, done

pytestmark = pytest.mark.anyio
BOTH = pytest.mark.parametrize("kind", [OpenAI, AsyncOpenAI])


@BOTH
@pytest.mark.parametrize(
    ("region", "address"),
    [("global", "https://api.openai.com/v1/"), ("eu", "https://eu.api.openai.com/v1/")],
)
def test_a_region_has_an_address(
    kind: type[Any], region: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes before the environment's."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.test")
    client = kind(api_key=KEY, data_residency=region)
    assert str(client.base_url) == address
    assert str(client.copy(timeout=1).base_url) == address


@BOTH
@pytest.mark.parametrize("other", ["base_url", "websocket_base_url"])
def test_a_region_excludes_an_address(kind: type[Any], other: str) -> None:
    """Both cannot be meant."""
    with pytest.raises(ConfigurationError, match=f"`data_residency` and `{other}`"):
        kind(api_key=KEY, data_residency="eu", **{other: "https://a.test"})


@BOTH
@pytest.mark.parametrize("region", ["moon", "", 42, []])
def test_an_unknown_region_is_refused_with_those_there_are(kind: type[Any], region: Any) -> None:
    """The message lists them."""
    with pytest.raises(ConfigurationError, match="'global', 'us', 'eu'"):
        kind(api_key=KEY, data_residency=region)


@BOTH
def test_a_copy_takes_another_region_or_address(kind: type[Any]) -> None:
    """What is given takes the place of what was."""
    client = kind(api_key=KEY, data_residency="eu")
    assert str(client.copy(base_url="https://a.test").base_url) == "https://a.test/"
    moved = kind(api_key=KEY, base_url="https://a.test").copy(data_residency="us")
    assert str(moved.base_url) == "https://us.api.openai.com/v1/"
    client.base_url = "https://b.test"
    assert str(client.copy().base_url) == "https://b.test/"
    socket = kind(api_key=KEY, websocket_base_url="wss://a.test")
    assert socket.copy(data_residency="us").websocket_base_url is None


async def test_a_client_without_a_key_sends_none(colour: str) -> None:
    """`_enforce_credentials=False` leaves authentication to somebody else, in copies too."""
    wire = Wire()
    client = wire.client(colour, api_key=None, _enforce_credentials=False)
    await done(client.copy(timeout=3).chat.completions.create(model="m", messages=HELLO))
    assert "authorization" not in wire.sent.headers


@BOTH
@pytest.mark.difference(
    "Clients",
    openai="has resources of its hosted service: `admin`, `containers`, `evals`, `videos` ...",
    here="has none of these; an `AttributeError` says how to call them by path.",
)
def test_what_only_openai_hosts_is_called_by_path(kind: type[Any]) -> None:
    """The error says so; any other name is simply missing."""
    client = kind(api_key=KEY)
    with pytest.raises(AttributeError, match=r"client\.get\("):
        client.evals  # noqa: B018  # the mistake
    with pytest.raises(AttributeError, match=r"no attribute 'chta'$"):
        client.chta  # noqa: B018  # the mistake
    assert not hasattr(client, "admin")


@BOTH
def test_settings_of_the_core_make_these_clients_too(kind: type[Any]) -> None:
    """By the names that openai has for the same options."""
    made = Settings(base_url="http://server/v1", credential=KEY, max_retries=7, strict=True)
    client = made.client(kind, organization="o")
    assert (client.api_key, client.max_retries, client.organization) == (KEY, 7, "o")
    assert client._strict
