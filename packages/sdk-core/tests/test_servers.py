"""Where operations are: servers, their variables, and operations that have servers of their own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._servers import without_user
from sdk_core.clients import SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.operations import Content, Operation, Server, ServerVariable
from sdk_core.policies import ApiKey

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

REGIONAL = Server(
    "https://{region}.example.com:{port}/{base}",
    variables={
        "region": ServerVariable("eu", enum=("eu", "us")),
        "port": ServerVariable("443"),
        "base": ServerVariable("v1"),
    },
)


def test_variables_have_defaults() -> None:
    """Those of the document."""
    assert "https://eu.example.com:443/v1" == REGIONAL.at()
    assert "https://api.example.com" == Server("https://api.example.com").at()


def test_variables_can_be_given() -> None:
    """Texts and numbers, by the name that the document gives them."""
    assert "https://us.example.com:8443/v2/a" == REGIONAL.at(region="us", port=8443, base="v2/a")
    named = Server("https://{self}.{your-domain}/", variables={"self": ServerVariable("a")})
    assert "https://b.c.d/" == named.at(**{"self": "b", "your-domain": "c.d"})


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"regoin": "eu"}, "`regoin` is no variable of the server.*did you mean `region`"),
        ({"zzz": "eu"}, "it has `region`, `port`, `base`"),
        ({"region": "mars"}, "`region` must be one of 'eu', 'us', not 'mars'"),
    ],
)
def test_a_variable_that_cannot_be_is_refused(variables: dict[str, str], reason: str) -> None:
    """By name, with those that there are."""
    with pytest.raises(ConfigurationError, match=reason):
        REGIONAL.at(**variables)


def test_a_variable_without_a_default_must_be_given() -> None:
    """A document may forget to declare one."""
    server = Server("https://{tenant}.example.com")
    with pytest.raises(ConfigurationError, match=r"`tenant` of the server .* has no default"):
        server.at()
    assert "https://a.example.com" == server.at(tenant="a")
    with pytest.raises(ConfigurationError, match="it has none"):
        Server("https://api.example.com").at(tenant="a")


def test_a_default_need_not_be_among_the_values() -> None:
    """The document's own mistake is no reason to refuse it."""
    odd = Server("https://{a}.example.com", variables={"a": ServerVariable("x", enum=("y",))})
    assert "https://x.example.com" == odd.at()


@given(st.text(), st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_any_template_gives_a_text_or_an_error(
    url: str, defaults: dict[str, str], values: dict[str, str]
) -> None:
    """Documents are foreign: names and values may be anything."""
    variables = {name: ServerVariable(default) for name, default in defaults.items()}
    server = Server(url, variables=variables)
    try:
        found: object = server.at(**values)
    except ConfigurationError as error:
        found = str(error)
    assert isinstance(found, str)


def api(*servers: Server, **options: Any) -> SyncClient:
    """Return a client of an API with these servers."""
    made: SyncClient = type("API", (SyncClient,), {"servers": servers})(**options)
    return made


def operation(*servers: Server) -> Operation[Any]:
    """Return an operation with these servers."""
    contents = (Content("application/json", "json"),)
    return Operation("op", "GET", "/x", responses={"200": contents}, servers=servers)


def address(client: SyncClient, *servers: Server) -> str:
    """Return where an operation with these servers is."""
    return client._build(operation(*servers), None, None).url


def test_the_first_server_is_the_default() -> None:
    """With the defaults of its variables."""
    assert "https://eu.example.com:443/v1/x" == address(api(REGIONAL, Server("https://b")))
    assert "https://b/x" == address(api(REGIONAL, base_url="https://b"))
    assert "https://us.example.com:443/v1/x" == address(api(base_url=REGIONAL.at(region="us")))


def test_the_environment_goes_before_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all operations, as an address that was given; an empty variable says nothing."""
    monkeypatch.setattr(SyncClient, "base_url_variable", "SHOP_BASE_URL")
    monkeypatch.setenv("SHOP_BASE_URL", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9/x" == address(api())
    assert "http://127.0.0.1:9/x" == address(api(REGIONAL), Server("https://files.example.com"))
    assert "https://b/x" == address(api(REGIONAL, base_url="https://b"))
    monkeypatch.setenv("SHOP_BASE_URL", "")
    assert "https://eu.example.com:443/v1/x" == address(api(REGIONAL))


@pytest.mark.parametrize(
    ("servers", "reason"),
    [
        ((), "`base_url` is required: this API names no server"),
        ((Server("/api/v3"),), "`base_url` is required: of its server .* only '/api/v3'"),
        ((Server("api.example.com"),), "only 'api.example.com'"),
        ((Server("https://{a}.b"),), "`a` .* has no default; give `base_url`"),
        ((Server("ftp://a"),), "must be an absolute"),
    ],
)
def test_a_server_that_is_no_address_is_not_guessed(servers: Any, reason: str) -> None:
    """The error says what to give."""
    with pytest.raises(ConfigurationError, match=reason):
        api(*servers)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://files.example.com/", "https://files.example.com/x"),
        ("https://files.example.com/a?b=1", "https://files.example.com/a/x?b=1"),
        ("/v2", "https://a.example.com/v2/x"),
        ("beta", "https://a.example.com/v1/beta/x"),
    ],
)
def test_an_operation_may_be_elsewhere(url: str, found: str) -> None:
    """At an address of its own, absolute or relative to that of the rest."""
    client = api(Server("https://a.example.com/v1?version=1"))
    assert found == address(client, Server(url), Server("https://second"))
    assert found == address(client.with_options(max_retries=0), Server(url))
    assert "https://a.example.com/v1/x?version=1" == address(client)


def test_an_address_that_was_given_is_for_all_operations() -> None:
    """A proxy or a test server stands for the whole API."""
    files = Server("https://files.example.com")
    assert "https://b/x" == address(api(REGIONAL, base_url="https://b"), files)
    client = api(REGIONAL)
    client._set_base_url("https://c")
    assert "https://c/x" == address(client, files)


def test_a_call_goes_to_the_server_of_its_operation(serve: Serve, http: Http) -> None:
    """Over a real connection."""
    here, there = serve(lambda _: [http(b"1")]), serve(lambda _: [http(b"2")])
    with api(Server(here.url)) as client:
        assert [1, 2] == [client.call(operation()), client.call(operation(Server(there.url)))]


@pytest.mark.parametrize(
    ("user", "pair"),
    [("me:pass", "me:pass"), ("me", "me:"), ("a%40b:c%3Ad", "a@b:c:d"), (":key", ":key")],
)
def test_user_info_in_the_address_is_sent_as_basic(user: str, pair: str) -> None:
    """Decoded, as RFC 7617 has it, and not as a part of the address."""
    url, value = without_user(f"https://{user}@a.example:8443/v1")
    assert url == "https://a.example:8443/v1"
    assert value is not None
    assert str(value) == f"Basic {b64encode(pair.encode()).decode()}"
    assert pair not in repr(value)
    assert without_user(url) == (url, None)


def test_user_info_is_for_clients_without_a_credential(serve: Serve, http: Http) -> None:
    """One that was given says more than an address that was copied from somewhere."""
    server = serve(lambda _: [http(b"1")])
    url = server.url.replace("//", "//me:pass@")
    for auth in (None, ApiKey("token", "authorization", "Bearer ")):
        with SyncClient(base_url=url, auth=auth) as client:
            client.request("GET", "/")
    basic = f"Basic {b64encode(b'me:pass').decode()}"
    assert [sent.headers["authorization"] for sent in server.requests] == [basic, "Bearer token"]
