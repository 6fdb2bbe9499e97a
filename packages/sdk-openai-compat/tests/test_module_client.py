"""The module's own client: settings as attributes of the module, resources beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import sdk_openai_compat
from sdk_openai_compat import ConfigurationError, OpenAIError, _module_client, chat
from sdk_openai_compat._module_names import RESOURCES
from sdk_openai_compat.lib.azure import AzureOpenAI

from ._clients import HELLO, KEY, Wire


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Point the module at a server of the test, and forget its client afterwards."""
    wire = Wire()
    monkeypatch.setattr(sdk_openai_compat, "api_key", KEY)
    monkeypatch.setattr(sdk_openai_compat, "base_url", "http://server/v1")
    client = httpx.Client(transport=httpx.MockTransport(wire))
    monkeypatch.setattr(sdk_openai_compat, "http_client", client)
    yield wire
    _module_client.reset()


def test_the_module_calls(wire: Wire) -> None:
    """Key and address are the module's attributes."""
    answer = sdk_openai_compat.chat.completions.create(model="m", messages=HELLO)
    assert answer.choices[0].message.content == "hi"
    assert wire.sent.headers["authorization"] == f"Bearer {KEY}"


def test_a_change_is_seen_by_the_next_call(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even by a resource that was imported before."""
    chat.completions.create(model="m", messages=HELLO)
    monkeypatch.setattr(sdk_openai_compat, "api_key", "sk-other")
    monkeypatch.setattr(sdk_openai_compat, "default_headers", {"x-mine": "1"})
    chat.completions.create(model="m", messages=HELLO)
    last = wire.requests[-1].headers
    assert (last["authorization"], last["x-mine"]) == ("Bearer sk-other", "1")


def test_the_client_stays_while_nothing_changes(wire: Wire) -> None:
    """And is made anew after `_reset_client`."""
    client = _module_client.current()
    assert _module_client.current() is client
    module: Any = sdk_openai_compat
    module._reset_client()
    assert _module_client.current() is not client


def test_no_key_is_needed_before_a_server_asks_for_one(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module's client is not refused for its lack, as openai's is not."""
    monkeypatch.setattr(sdk_openai_compat, "api_key", None)
    sdk_openai_compat.chat.completions.create(model="m", messages=HELLO)
    assert "authorization" not in wire.sent.headers


def test_azure_is_meant_where_only_azure_is_set(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint of Azure and no key of OpenAI's in the environment."""
    monkeypatch.setattr(sdk_openai_compat, "azure_endpoint", "https://name.openai.azure.com")
    monkeypatch.setattr(sdk_openai_compat, "api_version", "v")
    monkeypatch.setattr(sdk_openai_compat, "base_url", None)
    assert isinstance(_module_client.current(), AzureOpenAI)
    sdk_openai_compat.embeddings.create(model="e", input="x")
    assert wire.sent.url.path == "/openai/deployments/e/embeddings"


def test_two_services_in_the_environment_must_be_told_apart(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the attribute that decides."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    with pytest.raises(ConfigurationError, match="`api_type`"):
        sdk_openai_compat.models.list()
    monkeypatch.setattr(sdk_openai_compat, "api_type", "openai")
    sdk_openai_compat.chat.completions.create(model="m", messages=HELLO)
    assert wire.sent.url.host == "server"


def test_an_unknown_service_is_refused(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """With those there are."""
    monkeypatch.setattr(sdk_openai_compat, "api_type", "other")
    with pytest.raises(ConfigurationError, match="'openai' or 'azure', not 'other'"):
        sdk_openai_compat.models.list()


@pytest.mark.parametrize("name", RESOURCES)
def test_every_resource_is_an_attribute_of_the_module(wire: Wire, name: str) -> None:
    """It lists the names of the client's, and shows what it is."""
    resource = getattr(sdk_openai_compat, name)
    assert set(dir(resource)) >= {
        each
        for each in dir(type(getattr(_module_client.current(), name)))
        if not each.startswith("_")
    }
    assert name in repr(resource)


def test_names_of_openai_before_one_say_what_took_their_place() -> None:
    """They can be looked at; a call raises."""
    module: Any = sdk_openai_compat  # which does not offer them to type checkers
    old = module.ChatCompletion
    assert "gone since openai 1.0" in repr(old)
    with pytest.raises(OpenAIError, match=r"`OpenAI\(\)\.chat\.completions`"):
        old.create(model="m")
    with pytest.raises(OpenAIError, match="nothing took its place"):
        module.Edit.create()


@pytest.mark.parametrize("module", [_module_client, sdk_openai_compat])
def test_an_unknown_name_is_missing(module: object) -> None:
    """As from any module."""
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        module.nothing_of_the_kind  # type: ignore[attr-defined]  # noqa: B018  # the mistake


def test_a_delegate_has_no_special_methods_of_its_own(wire: Wire) -> None:
    """What copies or inspects it does not reach the client."""
    assert not hasattr(sdk_openai_compat.chat, "__wrapped__")
    module: Any = sdk_openai_compat
    assert not hasattr(module.Edit, "__wrapped__")
