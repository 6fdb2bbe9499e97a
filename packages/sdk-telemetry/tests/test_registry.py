from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from sdk_core.policies import Bearer
from sdk_telemetry.errors import (
    ConfigurationError,
    SendError,
    SinkAuthenticationError,
    SinkConnectionError,
)
from sdk_telemetry.schemas import RegisteredSchema, SchemaRegistry

from ._fake_registry import MEDIA_TYPE, FakeRegistry

SCHEMA = RegisteredSchema("JSON", "{}")
SECRET = "canary-91b2"


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    """Serve a registry."""
    with FakeRegistry() as served:
        yield served


@pytest.fixture
def registry(server: FakeRegistry) -> Iterator[SchemaRegistry]:
    """Make a client of it that repeats nothing."""
    made = SchemaRegistry(server.url, max_retries=0)
    yield made
    made.close()


def test_what_was_answered_is_remembered(registry: SchemaRegistry, server: FakeRegistry) -> None:
    """Numbers never change, so nothing is asked twice."""
    for _ in range(2):
        assert registry.register("a", SCHEMA) == 1
        assert registry.register("b", SCHEMA) == 1
        assert registry.register("a", RegisteredSchema("AVRO", '"int"')) == 2
        assert registry.schema(1) == SCHEMA
        assert registry.schema(2) == RegisteredSchema("AVRO", '"int"')
    assert server.calls == [
        "POST /subjects/a/versions",
        "POST /subjects/b/versions",
        "POST /subjects/a/versions",
        "GET /schemas/ids/1",
        "GET /schemas/ids/2",
    ]
    assert server.seen["accept"] == MEDIA_TYPE


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (("name", SECRET), "Basic " + b64encode(f"name:{SECRET}".encode()).decode()),
        (Bearer(SECRET), f"Bearer {SECRET}"),
        (None, None),
    ],
)
def test_who_asks_is_said(auth: Any, header: str | None, server: FakeRegistry) -> None:
    """By name and password, or by any policy; nothing shows the secret."""
    registry = SchemaRegistry(server.url, auth=auth)
    registry.register("a", SCHEMA)
    assert server.seen.get("authorization") == header
    assert SECRET not in repr(registry)
    registry.close()


@pytest.mark.parametrize(
    ("answer", "kind", "retryable"),
    [
        ((401, {"error_code": 40101, "message": "Unauthorized"}), SinkAuthenticationError, False),
        ((403, b"no"), SinkAuthenticationError, False),
        ((404, {"message": 7}), SendError, False),
        ((409, {"error_code": 409, "message": "incompatible"}), SendError, False),
        ((422, {"error_code": 42201, "message": "Invalid schema"}), SendError, False),
        ((429, {}), SendError, True),
        ((500, {"error_code": 50001, "message": "backend"}), SendError, True),
        ((503, b""), SendError, True),
        ((200, {"id": "1"}), SendError, False),
        ((200, {"id": 2**32}), SendError, False),
        ((200, []), SendError, False),
    ],
)
def test_a_refusal_says_whether_it_is_for_good(
    answer: tuple[int, Any],
    kind: type[SendError],
    retryable: bool,
    registry: SchemaRegistry,
    server: FakeRegistry,
) -> None:
    """What will pass is retryable; what nobody repairs meanwhile is not; nothing is remembered."""
    server.failures = [answer]
    with pytest.raises(SendError, match="the schema registry answered") as caught:
        registry.register("a", SCHEMA)
    assert type(caught.value) is kind
    assert caught.value.retryable is retryable
    if isinstance(answer[1], dict) and isinstance(answer[1].get("message"), str):
        assert answer[1]["message"] in str(caught.value)
    assert registry.register("a", SCHEMA) == 1


@pytest.mark.parametrize("answer", [{}, {"schema": 1}, []])
def test_a_schema_without_a_text_is_none(
    answer: Any, registry: SchemaRegistry, server: FakeRegistry
) -> None:
    """As something else than a registry may answer."""
    server.failures = [(200, answer)]
    with pytest.raises(SendError, match="check its `url`"):
        registry.schema(1)


def test_nobody_there_is_retryable() -> None:
    """The registry may come back, as a broker does."""
    with FakeRegistry() as gone:
        url = gone.url
    registry = SchemaRegistry(url, max_retries=0)
    with pytest.raises(SinkConnectionError, match="did not answer") as caught:
        registry.register("a", SCHEMA)
    assert caught.value.retryable
    registry.close()


@pytest.mark.parametrize("url", ["", "localhost:8081", "ftp://x", None])
def test_an_address_that_cannot_work_is_refused(url: Any) -> None:
    """When the registry is made, not at the first event."""
    with pytest.raises(ConfigurationError, match="`url`"):
        SchemaRegistry(url)
