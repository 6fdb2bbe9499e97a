"""A client of Confluent's Schema Registry, as much of it as framing needs."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs

from .errors import ConfigurationError, SendError, SinkAuthenticationError, SinkConnectionError

if TYPE_CHECKING:
    from sdk_core.clients import SyncClient
    from sdk_core.typing import Policy

__all__ = ["RegisteredSchema", "SchemaRegistry"]

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


@attrs.frozen
class RegisteredSchema:
    """
    A schema, as a registry keeps it.

    Args:
        kind: ``AVRO``, ``JSON`` or ``PROTOBUF``.
        text: The schema itself.
    """

    kind: str
    text: str


class SchemaRegistry:
    """
    Register schemas, look them up, and remember what was answered.

    It speaks the REST interface of Confluent's Schema Registry, which Apicurio, Karapace and
    Redpanda speak too. Nothing is asked before the first event. Safe to share between threads.

    Args:
        url: Where it is, as in ``https://registry.example.com``.
        auth: Name and password, or a policy of `sdk_core.policies` such as ``Bearer(...)``.
        timeout: Seconds to wait for an answer.
        **options: More options of `sdk_core.clients.SyncClient`, such as ``transport``.

    Raises:
        ConfigurationError: An option cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | Policy | None = None,
        timeout: float = 10.0,
        **options: Any,
    ) -> None:
        if not str(url).startswith(("http://", "https://")):
            msg = "`url` of a schema registry starts with http:// or https://"
            raise ConfigurationError(msg)
        from sdk_core.clients import SyncClient  # noqa: PLC0415  # only those who have a registry
        from sdk_core.policies import ApiKey  # noqa: PLC0415  # loaded when it is needed

        if isinstance(auth, tuple):
            basic = b64encode(":".join(auth).encode()).decode()
            auth = ApiKey(basic, header="authorization", prefix="Basic ")
        if auth is not None:
            options["auth"] = auth
        self.url = url
        self._client: SyncClient = SyncClient(base_url=url, timeout=timeout, **options)
        self._ids: dict[tuple[str, RegisteredSchema], int] = {}
        self._schemas: dict[int, RegisteredSchema] = {}

    def __repr__(self) -> str:
        return f"SchemaRegistry({self.url!r})"

    def register(self, subject: str, schema: RegisteredSchema) -> int:
        """
        Return the number of *schema*, under which it is registered from now on.

        Raises:
            SendError: It could not be; `retryable` says whether it is worth to try again.
        """
        return self._number(subject, schema, f"/subjects/{quote(subject, safe='')}/versions")

    def lookup(self, subject: str, schema: RegisteredSchema) -> int:
        """
        Return the number under which *schema* was registered.

        Raises:
            SendError: It was not, or nobody could say.
        """
        return self._number(subject, schema, f"/subjects/{quote(subject, safe='')}")

    def schema(self, number: int) -> RegisteredSchema:
        """
        Return the schema that has a number.

        Raises:
            SendError: There is none, or nobody could say.
        """
        known = self._schemas.get(number)
        if known is None:
            found = self._ask("GET", f"/schemas/ids/{number}")
            text = found.get("schema")
            if not isinstance(text, str):
                raise _unreadable()
            known = RegisteredSchema(str(found.get("schemaType") or "AVRO"), text)
            self._schemas[number] = known
        return known

    def close(self) -> None:
        """Return the connections; what is known stays known."""
        self._client.close()

    def _number(self, subject: str, schema: RegisteredSchema, path: str) -> int:
        known = self._ids.get((subject, schema))
        if known is None:
            body = {"schema": schema.text}
            if schema.kind != "AVRO":  # which older registries know by no name
                body["schemaType"] = schema.kind
            number = self._ask("POST", path, body=body).get("id")
            if not isinstance(number, int) or not 0 <= number < 2**32:
                raise _unreadable()
            known = self._ids[subject, schema] = number
        return known

    def _ask(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        from sdk_core.errors import APIError, APIStatusError  # noqa: PLC0415  # as above

        headers = {"accept": _MEDIA_TYPE, "content-type": _MEDIA_TYPE}
        try:
            # As bytes: the media type is one that only registries know.
            answer = self._client.request(method, path, cast_to=bytes, headers=headers, **options)
        except APIStatusError as exc:
            error = _refusal(exc.status_code, exc.response.content)
        except APIError as exc:
            fault = f"the schema registry did not answer: {type(exc).__name__}"
            error = SinkConnectionError(fault, retryable=True)
        else:
            return _members(answer)
        raise error


def _members(answer: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _refusal(status: int, body: bytes) -> SendError:
    message = _members(body).get("message")
    said = f": {message[:300]}" if isinstance(message, str) else ""
    fault = f"the schema registry answered {status}{said}"
    if status in {401, 403}:
        return SinkAuthenticationError(f"{fault}; check its `auth`")
    return SendError(fault, retryable=status == 429 or status >= 500)


def _unreadable() -> SendError:
    return SendError("the schema registry answered with something else: check its `url`")
