"""Services as properties of their client: one for each, made when it is needed, of the right kind."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIStatusError,
    ConfigurationError,
    NotFoundError,
)
from sdk_core.services import (
    BaseService,
    service,
)

from ._things import (
    AsyncThingsService,
    Client,
    LaterClient,
    QuotaError,
    Session,
    ThingsService,
)


def test_a_service_is_made_once_for_a_client() -> None:
    """When it is first asked for, and not again; a copy and a view have their own."""
    with Client(base_url="http://localhost") as client:
        assert "things" not in vars(client)
        assert client.things is client.things
        assert client.things._client is client
        copied = client.with_options(timeout=3)
        assert copied.things is not client.things
        assert copied.things._client is copied
        assert copied.session is not client.session
        assert copied.session.client is copied
        assert client.with_raw_response.things._mode == "raw"
        assert Client.things is Client.__dict__["things"]
        assert "What is kept open." == Client.session.__doc__


def test_threads_that_ask_at_once_get_the_same_service() -> None:
    """However many are made, one is kept."""
    count, barrier = 16, threading.Barrier(16)

    class Slow(BaseService):
        def __init__(self, client: SyncClient, mode: Any = None) -> None:
            barrier.wait(10)  # each is inside before one is there
            super().__init__(client, mode)

    class Racing(SyncClient):
        slow = service(Slow)

    with Racing(base_url="http://localhost") as client:
        found: list[Slow] = []
        threads = [threading.Thread(target=lambda: found.append(client.slow)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert count == len(found)
        assert 1 == len({id(each) for each in found})
        assert found[0] is client.slow


def test_a_client_closes_what_it_keeps() -> None:
    """Once, with its connections, if it was made at all; also where closing it fails."""
    client = Client(base_url="http://localhost")
    assert client.things is not None
    session = client.session
    client.close()
    assert 1 == session.closed
    Client(base_url="http://localhost").close()

    class Failing(Session):
        def close(self) -> None:
            raise OSError

    class Careless(SyncClient):
        session = service(Failing)

    careless = Careless(base_url="http://localhost")
    assert careless.session is not None
    with pytest.raises(OSError):  # noqa: PT011  # whatever it is
        careless.close()
    assert careless.is_closed()


@pytest.mark.anyio
async def test_an_asynchronous_client_closes_what_it_keeps() -> None:
    """Awaited or not."""

    class Both(LaterClient):
        other = service(Session)

    async with Both(base_url="http://localhost") as client:
        session, other = client.session, client.other
        assert client.things is not None
    assert (1, 1) == (session.closed, other.closed)


def test_a_service_goes_with_its_client() -> None:
    """Nothing else holds them."""
    client = Client(base_url="http://localhost")
    kept = weakref.ref(client.things)
    client.close()
    del client
    gc.collect()
    assert kept() is None


def test_a_service_must_be_of_the_colour_of_its_client() -> None:
    """The error says which base class to take."""
    later: Any = AsyncClient(base_url="http://localhost")
    with pytest.raises(ConfigurationError, match="derive it from AsyncBaseService"):
        ThingsService(later)
    blocking: Any = SyncClient(base_url="http://localhost")
    with pytest.raises(ConfigurationError, match=r"^AsyncThingsService needs .* BaseService$"):
        AsyncThingsService(blocking)
    with pytest.raises(ConfigurationError, match=r"that is a SyncClient, not int$"):
        ThingsService(3)  # type: ignore[arg-type]  # what is refused


class Odd(Exception):
    """Not one of the tree."""


class Fussy(APIStatusError):
    """Wants more than there is."""

    def __init__(self, message: str, *, response: Any, body: Any, more: int) -> None:
        super().__init__(message, response=response, body=body)
        self.more = more


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ({404: Odd}, r"`errors\[404\]` of Wrong must be a class that derives from APIStatusError"),
        ({404: "x"}, "must be a class that derives from APIStatusError, not 'x'"),
        ({None: NotFoundError}, "write a status, or the code or type of an error"),
        ({True: NotFoundError}, "write a status"),
        ({404: type("E", (NotFoundError,), {"__qualname__": "f.<locals>.E"})}, "be pickled"),
        ({404: QuotaError}, "must derive from NotFoundError, which is caught where 404 is"),
        ({"x": Fussy}, r"must be made like APIStatusError: `\(message, \*, response, body\)`"),
    ],
)
def test_errors_must_be_of_the_tree_and_pickle(errors: Any, words: str) -> None:
    """A service that says otherwise cannot be defined."""
    with pytest.raises(ConfigurationError, match=words):
        type("Wrong", (BaseService,), {"errors": errors})
