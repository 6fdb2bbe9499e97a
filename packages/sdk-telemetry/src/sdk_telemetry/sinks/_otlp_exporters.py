"""The official exporter, and between it and the network: who sees how the collector answers."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from sdk_core.errors import ConfigurationError

__all__ = ["Observed", "RefusedError", "open_exporter"]

_COMPRESSIONS = {"gzip": Compression.Gzip, "none": Compression.NoCompression}


def open_exporter(*, compression: str, **options: Any) -> tuple[OTLPSpanExporter, Observed]:
    """
    Return an exporter, and the session that it sends by.

    Raises:
        ConfigurationError: It does not know an option, or cannot work with its value.
    """
    if compression not in _COMPRESSIONS:
        msg = f"`compression` of an OTLP sink must be 'gzip' or 'none', not {compression!r}"
        raise ConfigurationError(msg)
    session = Observed()
    try:
        exporter = OTLPSpanExporter(
            compression=_COMPRESSIONS[compression], session=session, **options
        )
    except (TypeError, ValueError) as error:
        msg = f"an option of the OTLP sink cannot be used: {error}"
        raise ConfigurationError(msg) from error
    return exporter, session


class RefusedError(Exception):
    """Tell the exporter that it shall not try again: that is the lane's work."""


class Observed(requests.Session):
    """
    Carry the exporter's requests, and remember how the last one went.

    Attributes:
        status: What the collector answered; None for nothing.
        retry_after: Seconds that it asks to wait.
        rejected: How many spans it says, in a success, that it does not keep.
        failure: The kind of error, where it did not answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reset()

    def reset(self) -> None:
        """Forget the last request."""
        self.status: int | None = None
        self.retry_after: float | None = None
        self.rejected = 0
        self.failure = ""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """
        Send a request.

        Raises:
            RefusedError: The answer is no success, or there is none.
        """
        self.reset()
        try:
            response = super().request(*args, **options)
        except requests.RequestException as error:
            self.failure = type(error).__name__
            raise RefusedError from error
        self.status = response.status_code
        if not 200 <= self.status < 300:
            self.retry_after = _seconds(response.headers.get("retry-after", ""))
            raise RefusedError
        self.rejected = _rejected(response.content)
        return response


def _seconds(value: str) -> float | None:
    """Return how long `Retry-After` says (RFC 9110 section 10.2.3), None for anything else."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _rejected(content: bytes) -> int:
    """Return how many spans a collector does not keep (OTLP, section "Partial Success")."""
    try:
        answer = ExportTraceServiceResponse.FromString(content)
    except DecodeError:
        return 0  # some answer JSON, or nothing of sense
    return int(answer.partial_success.rejected_spans)
