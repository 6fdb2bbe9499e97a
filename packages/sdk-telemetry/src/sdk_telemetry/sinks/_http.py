"""Events to an HTTP endpoint, such as the platform's: batches of JSON, compressed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args
from urllib.parse import urlsplit, urlunsplit

from sdk_core.errors import (
    APIConnectionError,
    APIStatusError,
    ConfigurationError,
    SDKError,
)

from ..errors import SendError, SinkConnectionError
from ._bounds import positive
from ._contract import Done, Sink
from ._refusals import DIVIDED, refusal

if TYPE_CHECKING:
    from sdk_core.clients import SyncClient
    from sdk_core.operations import Operation
    from sdk_core.typing import Credential, Policy, TimeoutLike

    from ._records import Record

__all__ = ["HTTPSink"]

Compression: TypeAlias = Literal["gzip", "zstd", "none"]

_MOST_OF_A_REASON: Final = 200  # characters


class HTTPSink(Sink):
    """
    Send events to an HTTP endpoint.

    A batch is one ``POST`` of ``{"events": [...]}``, as ``POST /telemetry/events`` of the platform
    takes it. Its answer says which events were rejected: only these have failed. A batch that is
    too large is divided, and the ones after it are made smaller. Every other server will do that
    answers 2xx when it has the events.

    Sending a batch again is safe where the server knows events by their ``event_id``, as the
    platform does.

    Args:
        url: The endpoint, such as ``https://platform.example/api/telemetry/events``.
        credential: A secret that is sent as ``Authorization: Bearer``, or a function that returns
            one.
        auth: A policy that authenticates instead, such as those of sdk-auth.
        headers: More headers.
        compression: Of bodies: ``gzip``, ``zstd`` (with the extra ``zstd``; not for the platform)
            or ``none``.
        batch_events: Most events of a batch; the platform takes 1000.
        batch_bytes: Most bytes of a batch before compression. An event that has more goes alone.
        timeout: Seconds for each phase of a request, and for the whole of it if it is one number.
        name: Its name in statistics and the outbox.
        **client: More options of `sdk_core.clients.SyncClient`, such as ``http_client`` and
            ``transport``.

    Raises:
        ConfigurationError: An option cannot work; the message names it.
    """

    def __init__(
        self,
        url: str,
        *,
        credential: Credential | None = None,
        auth: Policy | None = None,
        headers: Mapping[str, str] | None = None,
        compression: Compression = "gzip",
        batch_events: int = 500,
        batch_bytes: int = 1_048_576,
        timeout: TimeoutLike = 30.0,
        name: str = "http",
        **client: Any,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            # Not the URL itself: it may hold a password.
            msg = "`url` of an HTTP sink must be one, such as https://host/api/telemetry/events"
            raise ConfigurationError(msg)
        self.name = name
        self.batch = positive("batch_events", batch_events, "an HTTP sink")
        self._compress = _compressor(compression)
        self._headers = {} if compression == "none" else {"content-encoding": compression}
        self._most_bytes = positive("batch_bytes", batch_bytes, "an HTTP sink")
        self._host = parts.hostname or ""
        self._operation = _operation(parts.path)
        self._client: SyncClient = _client(
            urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")),
            {
                "credential": credential,
                "auth": auth,
                "default_headers": headers,
                "timeout": timeout,
                "deadline": timeout if isinstance(timeout, (int, float)) else None,
                **client,
            },
        )

    def __repr__(self) -> str:
        return f"<HTTPSink {self.name!r} to {self._host}>"

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Send records, batch after batch, up to the first that may go better later."""
        settled = 0

        def settle(some: Sequence[Record], error: SendError | None) -> None:
            nonlocal settled
            settled += len(some)
            done(some, error)

        for batch in self._batches(records):
            if not self._send(batch, settle):
                break
        return settled

    def close(self, timeout: float) -> None:  # noqa: ARG002  # nothing is under way between two calls
        """Return the connections."""
        self._client.close()

    def _batches(self, records: Sequence[Record]) -> Iterator[Sequence[Record]]:
        begin = size = 0
        for index, record in enumerate(records):
            full = size + len(record.payload) > self._most_bytes or index - begin == self.batch
            if full and index > begin:
                yield records[begin:index]
                begin, size = index, 0
            size += len(record.payload) + 1
        yield records[begin:]

    def _send(self, records: Sequence[Record], done: Done) -> bool:
        """Send a batch; return whether there is sense in sending another one now."""
        body = b'{"events":[%s]}' % b",".join(record.payload for record in records)
        try:
            answer = self._client.call(
                self._operation,
                body=self._compress(body),
                extra_headers=self._headers,
                mode="raw",
            )
        except APIStatusError as error:
            if error.status_code in DIVIDED and len(records) > 1:
                if error.status_code == 413:
                    self._most_bytes = max(1, min(self._most_bytes, len(body)) // 2)
                half = len(records) // 2
                return self._send(records[:half], done) and self._send(records[half:], done)
            failure = refusal(self._host, error.status_code, error.retry_after, sink=self.name)
        except ConfigurationError as error:
            failure = SendError(f"`{self.name}` cannot send: {error}", sink=self.name)
        except SDKError as error:
            failure = self._no_answer(error)
        else:
            return self._read(records, answer.http_response, done)
        done(records, failure)
        return not failure.retryable

    def _no_answer(self, error: SDKError) -> SendError:
        reached = "did not answer" if isinstance(error, APIConnectionError) else "was not asked"
        msg = f"{self._host} {reached}: {type(error).__name__}"
        failure = SinkConnectionError(msg, sink=self.name, retryable=True)
        failure.retry_after = error.retry_after
        return failure

    def _unclear(self, what: str) -> SendError:
        msg = f"{self._host} answered with {what}; the events may not be there"
        return SinkConnectionError(msg, sink=self.name, retryable=True)

    def _read(self, records: Sequence[Record], answer: Any, done: Done) -> bool:
        """Settle a batch as a receipt says."""
        kind = answer.headers.get("content-type", "")
        receipt = _object(answer.content)
        # A web page is of a proxy that wants a password, or a start page: no server of events.
        if "html" in kind or ("json" in kind and receipt is None):
            done(records, self._unclear("something that is no receipt"))
            return False
        receipt = receipt or {}
        rejected = dict(_rejections(records, receipt.get("rejected")))
        counts = receipt.get("accepted"), receipt.get("duplicates", 0)
        if isinstance(counts[0], int) and isinstance(counts[1], int):
            missing = len(records) - len(rejected) - counts[0] - counts[1]
            if missing > 0:
                done(records, self._unclear(f"a receipt that leaves out {missing} of them"))
                return False
        taken = [record for index, record in enumerate(records) if index not in rejected]
        if taken:
            done(taken, None)
        for index, reason in rejected.items():
            msg = f"{self._host} rejected the event: {reason}"
            done([records[index]], SendError(msg, sink=self.name))
        return True


def _client(base_url: str, options: dict[str, Any]) -> SyncClient:
    from sdk_core.clients import SyncClient  # noqa: PLC0415  # who has no such sink loads none

    # The lane repeats, with all that waits; a client that did would only hold it up.
    return SyncClient(base_url=base_url, max_retries=0, retry_budget=False, **options)


def _operation(path: str) -> Operation[Any]:
    from sdk_core.operations import Body, Content, Operation  # noqa: PLC0415  # as above

    return Operation(
        id="send telemetry events",
        method="POST",
        path=path or "/",
        body=Body(media_type="application/json", encoding="bytes", required=True),
        responses={"2XX": (Content("*/*", "bytes"),)},
    )


def _compressor(compression: Compression) -> Callable[[bytes], bytes]:
    if compression not in get_args(Compression):
        names = ", ".join(map(repr, get_args(Compression)))
        msg = f"`compression` of an HTTP sink must be one of {names}, not {compression!r}"
        raise ConfigurationError(msg)
    if compression == "none":
        return bytes
    if compression == "gzip":
        import gzip  # noqa: PLC0415  # for who compresses

        # Level 3 takes half the time of level 6, for a fifth more bytes.
        return lambda data: gzip.compress(data, 3, mtime=0)
    if find_spec("zstandard") is None:
        msg = "`compression='zstd'` needs zstandard: pip install 'sdk-telemetry[zstd]'"
        raise ConfigurationError(msg)
    from zstandard import ZstdCompressor  # noqa: PLC0415  # an extra

    return ZstdCompressor().compress


def _object(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object that an answer holds; an empty one for other JSON, None for none."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else {}


def _rejections(records: Sequence[Record], listed: object) -> Iterator[tuple[int, str]]:
    """Yield which events of a batch were rejected, and why; the identifier goes before the place."""
    places = {record.event_id: index for index, record in enumerate(records)}
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict):
            continue
        event_id, index = entry.get("event_id"), entry.get("index")
        if isinstance(event_id, str):
            index = places.get(event_id.lower())
        if isinstance(index, int) and 0 <= index < len(records):
            yield index, str(entry.get("reason", "no reason given"))[:_MOST_OF_A_REASON]
