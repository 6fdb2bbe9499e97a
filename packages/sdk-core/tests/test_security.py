"""Which credentials a request gets, and where none of them ever shows."""

from __future__ import annotations

import logging
import pickle
from base64 import b64encode
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core._credentials import OneSecret
from sdk_core._flows import compose
from sdk_core._messages import Request
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import AuthenticationError, ConfigurationError
from sdk_core.operations import Content, Operation, SecurityScheme
from sdk_core.policies import Bearer, Redirect, Retry, Security
from sdk_core.testing import Call, play, request, response, send
from sdk_core.typing import Credential

CANARY = "canary-9b42"
Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

SCHEMES = {
    "key": SecurityScheme("apiKey", location="header", name="X-Key"),
    "query": SecurityScheme("apiKey", location="query", name="q"),
    "cookie": SecurityScheme("apiKey", location="cookie", name="sid"),
    "basic": SecurityScheme("http", scheme="Basic"),
    "bearer": SecurityScheme("http", scheme="bearer"),
    "oauth": SecurityScheme("oauth2"),
    "openid": SecurityScheme("openIdConnect"),
    "tls": SecurityScheme("mutualTLS"),
    "digest": SecurityScheme("http", scheme="digest"),
}


def operation(*alternatives: tuple[str, ...], says: bool = True) -> Operation[Any]:
    """Return an operation with these alternatives."""
    return Operation(
        "op",
        "GET",
        "/x",
        security=alternatives if says else None,
        responses={"200": (Content("application/json", "json"),)},
    )


def sent(
    credentials: dict[str, Credential], *alternatives: tuple[str, ...], **more: Any
) -> Request:
    """Return the request that is sent to an operation with these *alternatives*."""
    asked = request("https://api.example.com/x", operation=operation(*alternatives), **more)
    return play(Security(SCHEMES, credentials)(asked, send), response()).sent[0]


@pytest.mark.parametrize(
    ("scheme", "credential", "name", "value"),
    [
        ("key", "s", "x-key", "s"),
        ("cookie", "a b;c", "cookie", "sid=a%20b%3Bc"),
        (
            "basic",
            ("user", "pä:ss"),
            "authorization",
            f"Basic {b64encode('user:pä:ss'.encode()).decode()}",
        ),
        ("basic", "user:pw", "authorization", f"Basic {b64encode(b'user:pw').decode()}"),
        ("basic", ("user", ""), "authorization", f"Basic {b64encode(b'user:').decode()}"),
        ("bearer", "s", "authorization", "Bearer s"),
        ("oauth", "s", "authorization", "Bearer s"),
        ("openid", "s", "authorization", "Bearer s"),
    ],
)
def test_each_kind_has_its_place(
    scheme: str, credential: Credential, name: str, value: str
) -> None:
    """As OpenAPI, RFC 6750 and RFC 7617 say."""
    assert value == sent({scheme: credential}, (scheme,)).headers[name]


def test_a_key_may_stand_in_the_query() -> None:
    """Encoded, and behind what is there."""
    assert "https://api.example.com/x?q=a%26b" == sent({"query": "a&b"}, ("query",)).url


@pytest.mark.parametrize(
    ("alternatives", "headers"),
    [
        ((("bearer",), ("key",)), {"authorization"}),
        ((("basic",), ("key",)), {"x-key"}),
        ((("bearer", "key"),), {"authorization", "x-key"}),
        ((("basic", "key"), ("bearer",)), {"authorization"}),
        ((("tls", "key"),), {"x-key"}),
        ((("tls",), ("key",)), {"x-key"}),
        (((), ("key",)), {"x-key"}),
        ((("basic",),), set()),
        ((("unheard-of",),), set()),
        ((), set()),
        (((),), set()),
    ],
)
def test_the_first_alternative_that_can_be_met_is_taken(
    alternatives: tuple[tuple[str, ...], ...], headers: set[str]
) -> None:
    """All of its schemes together; where none fits, and where nothing is asked for, nothing goes."""
    made = sent({"key": "a", "bearer": "b"}, *alternatives)
    assert headers == set(made.headers)


def test_where_the_document_does_not_say_the_first_scheme_is_used() -> None:
    """The first that has a credential, in the order of the document."""
    policy = Security(SCHEMES, {"bearer": "b", "key": "a"})
    for asked in (request(), request(operation=operation(says=False))):
        assert {"x-key": "a"} == dict(play(policy(asked, send), response()).sent[0].headers)
    assert {} == dict(play(Security(SCHEMES, {})(request(), send), response()).sent[0].headers)


@pytest.mark.parametrize(
    ("scheme", "more"),
    [
        ("bearer", {"headers": {"Authorization": "own"}}),
        ("key", {"headers": {"x-key": "own"}}),
        ("cookie", {"headers": {"cookie": "a=b; sid=own"}}),
        ("query", {"url": "https://api.example.com/?q=own"}),
    ],
)
def test_what_is_there_already_wins(scheme: str, more: dict[str, Any]) -> None:
    """A call may bring a credential of its own; then no function is asked for another."""
    asked = request(operation=operation((scheme,)), **more)
    played = play(Security(SCHEMES, {scheme: lambda: CANARY})(asked, send), response())
    assert (asked.url, asked.headers) == (played.sent[0].url, played.sent[0].headers)
    assert 1 == len(played.effects)


def test_a_cookie_goes_beside_others() -> None:
    """Those of the operation's parameters stay."""
    made = sent({"cookie": "s"}, ("cookie",), headers={"cookie": "a=b"})
    assert "a=b; sid=s" == made.headers["cookie"]


def test_a_function_is_asked_before_every_attempt() -> None:
    """A token that expires between two attempts is replaced by the next one."""
    tokens = iter(["t1", "t2"])
    policy = Security(SCHEMES, {"oauth": lambda: next(tokens)})
    flow = compose([Retry(1, rand=lambda: 0.0), policy])
    played = play(flow(request(operation=operation(("oauth",)))), response(503), response())
    assert ["Bearer t1", "Bearer t2"] == [each.headers["authorization"] for each in played.sent]
    assert 2 == sum(isinstance(effect, Call) for effect in played.effects)


@pytest.mark.parametrize("scheme", ["bearer", "query", "basic"])
@pytest.mark.parametrize("secret", [None, "", 7, b"bytes", ("a",)])
def test_a_function_must_return_what_fits(scheme: str, secret: object) -> None:
    """What is no secret is refused before anything is sent."""
    asked = request(operation=operation((scheme,)))
    played = play(Security(SCHEMES, {scheme: lambda: secret})(asked, send), response())
    assert isinstance(played.error, ConfigurationError)
    assert f"credential for `{scheme}`" in str(played.error)
    assert [] == played.sent


def test_a_function_may_return_a_pair() -> None:
    """A user and a password, too, may come from elsewhere."""
    made = sent({"basic": lambda: ("user", "pw")}, ("basic",))
    assert made.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({"bearr": "x"}, "`credentials` names `bearr`.*did you mean `bearer`"),
        ({"zzz": "x"}, "it has `key`, `query`"),
        ({7: "x"}, "`credentials` names `7`"),
        ({"key": ""}, "`credentials` for `key`: it is empty"),
        ({"key": 7}, "`key`: it must be a string, not int"),
        ({"bearer": ("a", "b")}, "`bearer`: it must be a string, not tuple"),
        ({"basic": CANARY}, "`basic`: it must be .*user:password"),
        ({"basic": ("a", 7)}, "`basic`: it must be .*user:password"),
        ({"basic": ("a", "b", "c")}, "`basic`: it must be .*user:password"),
        ({"basic": ("a:b", "c")}, "`basic`: a user's name cannot hold a colon"),
        ({"basic": ("a", f"{CANARY}\udc80")}, "`basic`: it holds half of a surrogate pair"),
        ({"query": f"{CANARY}\udc80"}, "`query`: it holds half of a surrogate pair"),
        ({"bearer": f"{CANARY}\n"}, "`bearer`: it has a line break or another control character"),
        ({"tls": "x"}, "`tls`: a scheme of the kind mutualTLS takes a policy"),
        ({"digest": "x"}, "`digest`: a scheme of the kind digest takes a policy, given as `auth`"),
    ],
)
def test_a_credential_that_cannot_be_used_is_refused(credentials: Any, reason: str) -> None:
    """When the client is made, by name, and without showing it."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        Security(SCHEMES, credentials)
    assert CANARY not in str(caught.value)


def test_schemes_that_are_not_whole_take_nothing() -> None:
    """A document may leave out what matters."""
    for scheme in (SecurityScheme("apiKey", location="header"), SecurityScheme("http")):
        with pytest.raises(ConfigurationError, match="takes a policy"):
            Security({"a": scheme}, {"a": "x"})
    with pytest.raises(ConfigurationError, match="it has none"):
        Security({}, {"a": "x"})


# As options of clients.


class API(SyncClient):
    """A client as it is generated."""

    security_schemes = SCHEMES


class AsyncAPI(AsyncClient):
    """Its twin."""

    security_schemes = SCHEMES


def made_with(*schemes: str, **options: Any) -> SyncClient:
    """Return a client of an API that has only these *schemes*."""
    some = type("API", (SyncClient,), {"security_schemes": {n: SCHEMES[n] for n in schemes}})
    client: SyncClient = some(base_url="https://api.example.com", **options)
    return client


@pytest.mark.parametrize(
    ("schemes", "credential", "used"),
    [
        (("key",), "s", [{"key"}]),
        (("query",), "s", [{"query"}]),
        (("cookie",), "s", [{"cookie"}]),
        (("basic",), "a:b", [{"basic"}]),
        (("basic",), ("a", "b"), [{"basic"}]),
        (("basic", "bearer"), "s", [{"bearer"}]),
        (("bearer", "basic"), ("a", "b"), [{"basic"}]),
        (("bearer", "oauth", "openid"), "s", [{"bearer", "oauth", "openid"}]),
        (("oauth", "key"), "s", [{"key"}, {"oauth"}]),
        (("openid", "oauth"), "s", [{"openid", "oauth"}]),
        (("openid", "bearer"), "s", [{"openid", "bearer"}]),
        (("bearer", "key"), "s", [{"bearer"}, {"key"}]),
        (("query", "key"), "s", [{"query"}, {"key"}]),
        (("key", "query", "cookie"), "s", [{"key"}]),
        (("tls", "digest", "query", "key"), "s", [{"key"}]),
        (("oauth", "query", "bearer"), "s", [{"oauth", "bearer"}]),
        (("oauth", "query", "cookie"), "s", [{"query"}, {"oauth"}]),
        (("bearer", "basic"), "a:b", [{"bearer"}]),
        (("basic", "bearer"), "a:b", [{"basic"}]),
        (("basic", "bearer"), str, [{"basic"}]),
    ],
)
def test_one_credential_is_for_the_first_scheme_that_it_fits(
    schemes: tuple[str, ...], credential: Any, used: list[set[str]]
) -> None:
    """And for those that look the same in a request; then for others in headers, one at a time."""
    auth = made_with(*schemes, credential=credential)._auth
    ways = auth.ways if isinstance(auth, OneSecret) else (auth,)
    assert used == [set(way.credentials) for way in ways if isinstance(way, Security)]


@pytest.mark.parametrize(
    ("alternatives", "headers"),
    [
        ((("bearer",), ("key",)), {"authorization": "Bearer s"}),
        ((("key",), ("bearer",)), {"authorization": "Bearer s"}),
        ((("key",),), {"x-key": "s"}),
        ((("key", "bearer"),), {}),
        ((("query",),), {}),
        ((), {}),
    ],
)
def test_one_credential_serves_operations_that_ask_in_different_ways(
    alternatives: tuple[tuple[str, ...], ...], headers: dict[str, str]
) -> None:
    """The leading way where it is allowed, else another one; never for two secrets at once."""
    auth = made_with("bearer", "key", "query", credential="s")._auth
    assert auth is not None
    asked = request(operation=operation(*alternatives))
    [arrived] = play(auth(asked, send), response()).sent
    assert (headers, asked.url) == (dict(arrived.headers), arrived.url)


def test_without_schemes_a_credential_is_a_bearer_token() -> None:
    """RFC 6750 is what most APIs speak."""
    assert Bearer("s") == made_with(credential="s")._auth
    assert Bearer(str) == made_with(credential=str)._auth


@pytest.mark.parametrize(
    ("schemes", "options", "reason"),
    [
        (("basic",), {"credential": CANARY}, "`credential` fits none.*`basic`: it must be"),
        (("tls",), {"credential": CANARY}, "`auth`"),
        ((), {"credential": ("a", CANARY)}, "it has none"),
        ((), {"credential": 7}, "it has none"),
        (("key",), {"credential": ""}, "`credential` is empty"),
        (("key",), {"credential": "a", "credentials": {}}, "exclude each other"),
        (("key",), {"auth": Bearer("a"), "credentials": {}}, "exclude each other"),
        (("key",), {"credentials": CANARY}, "`credentials` must be a mapping.*not str"),
        (("key",), {"credentials": {"kez": CANARY}}, "did you mean `key`"),
    ],
)
def test_a_client_refuses_what_it_cannot_use(
    schemes: tuple[str, ...], options: Any, reason: str
) -> None:
    """At once, and without showing it."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        made_with(*schemes, **options)
    assert CANARY not in str(caught.value)


def test_no_credentials_are_none() -> None:
    """An empty mapping is the same as nothing."""
    assert made_with("key", credentials={})._auth is None


async def _token() -> str:
    return CANARY


def test_clients_send_what_operations_ask_for(serve: Serve, http: Http, colour: str) -> None:
    """Over a connection, in both colours; a wrong key is the server's to refuse."""
    server = serve(lambda r: [http(b"{}", 200 if "authorization" in r.headers else 401)])
    wanted = operation(("bearer", "query"))
    if colour == "sync":
        with API(base_url=server.url, credentials={"bearer": lambda: CANARY, "query": "k"}) as api:
            api.call(wanted)
            with pytest.raises(AuthenticationError):
                api.call(operation(("basic",)))
    else:

        async def run() -> None:
            credentials: dict[str, Credential] = {"bearer": _token, "query": "k"}
            async with AsyncAPI(base_url=server.url, credentials=credentials) as api:
                await api.call(wanted)
                with pytest.raises(AuthenticationError):
                    await api.call(operation(("basic",)))

        anyio.run(run)
    first, second = server.requests
    assert ("GET /x?q=k HTTP/1.1", f"Bearer {CANARY}") == (
        first.line,
        first.headers["authorization"],
    )
    assert "GET /x HTTP/1.1" == second.line


# What never shows, and what never leaves.


@pytest.mark.parametrize("scheme", ["key", "query", "cookie", "basic", "bearer"])
def test_no_secret_shows(
    serve: Serve, http: Http, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    """Neither in reprs, logs, errors and pickles, nor where the server repeats it."""
    word = f"{CANARY}=+"
    secret: Any = ("user", word) if scheme == "basic" else word
    body = f'{{"error": "wrong key {word}, please"}}'.encode()
    server = serve(lambda _: [http(body, 401)])
    with (
        caplog.at_level(logging.DEBUG),
        API(base_url=server.url, credentials={scheme: secret}) as api,
    ):
        with pytest.raises(AuthenticationError) as caught:
            api.call(operation((scheme,)))
        shown: list[Any] = [api, api._auth]
    asked = server.requests[0]
    assert CANARY in asked.line or CANARY in str(asked.headers) or scheme == "basic"
    error = caught.value
    shown += [error, error.request, error.response, error.request.headers, error.request.url]
    for each in shown:
        assert CANARY not in repr(each)
    assert "wrong key [secret], please" in str(error)
    assert CANARY.encode() not in pickle.dumps(error.request)
    ours = [record for record in caplog.records if record.name.startswith("sdk_core")]
    assert not any(CANARY in record.getMessage() for record in ours)


@pytest.fixture
def moved() -> Callable[[str, dict[str, Credential]], list[Request]]:
    """Send a request that is redirected, and return all requests."""

    def run(location: str, credentials: dict[str, Credential]) -> list[Request]:
        flow = compose([Security(SCHEMES, credentials), Redirect()])
        asked = request("https://api.example.com/x", operation=operation(tuple(credentials)))
        return play(flow(asked), response(307, {"location": location}), response()).sent

    return run


@pytest.mark.parametrize(
    "location", ["https://evil.example.com/y?a=1&q=s3cret", "//evil.example.com/y?%71=s3cret&a=1"]
)
def test_a_key_in_the_query_stays_at_home(moved: Any, location: str) -> None:
    """Even where the first server writes it into the address of the second one."""
    assert "https://evil.example.com/y?a=1" == moved(location, {"query": "s3cret"})[1].url


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/y", "https://api.example.com/y?q=s3cret%26"),
        ("/y?a=1", "https://api.example.com/y?a=1&q=s3cret%26"),
        ("/y?q=other", "https://api.example.com/y?q=other"),
    ],
)
def test_at_home_a_key_in_the_query_goes_along(moved: Any, location: str, url: str) -> None:
    """As one in a header does; what the server writes wins."""
    second = moved(location, {"query": "s3cret&"})[1]
    assert url == second.url
    assert "s3cret" not in repr(second)


def test_a_key_does_not_come_back_from_elsewhere() -> None:
    """Once dropped, it is not sent to the first origin again, and does not show if it is repeated."""
    flow = compose([Security(SCHEMES, {"query": "s3cret"}), Redirect()])
    asked = request("https://api.example.com/x", operation=operation(("query",)))
    hops = ("https://evil.example.com/", "https://api.example.com/y", "/y?q=s3cret")
    answers = [response(307, {"location": hop}) for hop in hops]
    sent_ = play(flow(asked), *answers, response()).sent
    assert "https://api.example.com/y" == sent_[2].url
    assert "s3cret" not in repr(sent_[3])


def test_a_cookie_stays_at_home(moved: Any) -> None:
    """No cookie goes to another origin, and none of the other keys."""
    found = moved("https://evil.example.com/y", {"cookie": "s", "key": "s", "bearer": "s"})
    assert {"cookie", "x-key", "authorization"} == set(found[0].headers)
    assert {} == dict(found[1].headers)


def test_a_key_that_a_redirect_repeats_does_not_show(moved: Any) -> None:
    """At home it may stay in the address; in its repr it may not."""
    second = moved("/y?q=s3cret", {"query": "s3cret"})[1]
    assert "https://api.example.com/y?q=s3cret" == second.url
    assert "s3cret" not in repr(second)
    assert "s3cret" not in repr(second.url)
