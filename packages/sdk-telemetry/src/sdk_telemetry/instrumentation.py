"""
Instrumentation: an event, and where OpenTelemetry is used a span, for every model call of a client.

::

    client = OpenAI()
    instrument(client, telemetry)             # from here on, also for `client.with_options(...)`
    uninstrument(client)

    Client(call_policies=[TelemetryPolicy(telemetry)])    # any client of sdk_core
    Client(plugins=[telemetry_plugin(telemetry)])         # the same, beside other plugins

Model calls are POSTs to chat completions, completions, responses and embeddings, however they are
made: ``create``, ``parse``, ``stream``, raw and streaming views, by path. One call is one event, with
all of its attempts; one that is streamed is told of when it ends: finished, cut, closed or dropped.
The caller gets what it would get without, and no failure of telemetry.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from sdk_core.clients import BaseClient
from sdk_core.errors import ConfigurationError

from ._observation import Endpoint, Observation, Watch
from ._watching import Watched
from .otel import Spans
from .prices import Prices
from .redaction import Redaction

if TYPE_CHECKING:
    from sdk_core.messages import Request, Response
    from sdk_core.plugins import Plugin
    from sdk_core.typing import Flow, Inner

__all__ = ["TelemetryPolicy", "Tracking", "instrument", "telemetry_plugin", "uninstrument"]

C = TypeVar("C", bound=BaseClient)

_log = logging.getLogger("sdk_telemetry.instrumentation")


class Tracking(Protocol):
    """What is told of calls: a `TelemetryClient`, an `AsyncTelemetryClient`, or one of your own."""

    def track(self, model: str, *args: Any, **kwargs: Any) -> bool:
        """Take an event without waiting; see `TelemetryClient.track`."""


class TelemetryPolicy:
    """
    Tells of model calls; a `sdk_core.typing.Policy` for the option ``call_policies``.

    Args:
        telemetry: Where events go.
        spans: Makes spans and metrics of OpenTelemetry. Default: those of the application's
            providers; nothing where it has none.
        prices: What tokens cost. Default: the built-in table.
        capture_content: Hand in texts of prompts and answers; the redaction of *telemetry* says
            what is kept of them. Default: when that keeps anything. ``False`` spares the work.
        provider: Who answers, by OpenTelemetry's names such as ``openai``, where the host does not
            say it.
        service_name: Who calls. Default: that of *telemetry*.
        metadata: Added to every event.

    Raises:
        ConfigurationError: An option cannot work.
    """

    def __init__(
        self,
        telemetry: Tracking,
        *,
        spans: Spans | None = None,
        prices: Prices | None = None,
        capture_content: bool | None = None,
        provider: str = "",
        service_name: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        track: Any = getattr(telemetry, "track", None)
        if not callable(track):
            msg = f"`telemetry` must be a TelemetryClient, not {type(telemetry).__name__}"
            raise ConfigurationError(msg)
        found = getattr(telemetry, "redaction", None)
        redaction = found if isinstance(found, Redaction) else None
        if capture_content is None:
            capture_content = redaction is None or redaction.keeps_content
        self._provider = provider
        self._watch = Watch(
            track,
            Spans() if spans is None else spans,
            Prices() if prices is None else prices,
            capture_content,
            redaction,
            dict(metadata or {}),
            service_name,
        )

    def __repr__(self) -> str:
        return "TelemetryPolicy()"

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Carry *request* out, and tell of it if it is for a model."""
        endpoint = _endpoint(request.method, request.url.partition("?")[0], self._provider)
        if endpoint is None:
            return (yield from inner(request))
        try:
            seen = Observation(self._watch, endpoint, request)
            request = seen.propagated(request)
        except Exception:
            _log.debug("a call cannot be observed", exc_info=True)
            return (yield from inner(request))
        try:
            if seen.span.recording:
                with seen.span.current():
                    response = yield from inner(request)
            else:
                response = yield from inner(request)
        except BaseException as error:
            try:
                seen.failed(error)
            except Exception:
                _log.debug(_UNTOLD, exc_info=True)
            raise
        try:
            if response.stream is None:
                seen.answered(response)
            else:
                seen.begun(response)
                response.stream = Watched(response.stream, seen)
        except Exception:
            _log.debug(_UNTOLD, exc_info=True)
        return response


_UNTOLD = "a call cannot be told of"


def instrument(
    client: C,
    telemetry: Tracking,
    *,
    spans: Spans | None = None,
    prices: Prices | None = None,
    capture_content: bool | None = None,
    provider: str = "",
    service_name: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> C:
    """
    Tell *telemetry* of every model call of *client* that begins from now on.

    Clients that are made of it (``with_options``, ``with_raw_response``) are instrumented, too; those
    that were made before are not.

    Args:
        client: An ``OpenAI`` or ``AsyncOpenAI`` of sdk_openai_compat, or any client of sdk_core.
        telemetry: Where events go.
        spans: As for `TelemetryPolicy`, and so are the others.
        prices: What tokens cost.
        capture_content: Hand in texts.
        provider: Who answers.
        service_name: Who calls.
        metadata: Added to every event.

    Returns:
        The same client.

    Raises:
        ConfigurationError: It is no such client, is instrumented already, or an option cannot work.
    """
    _refuse_no_client(client)
    if any(isinstance(each, TelemetryPolicy) for each in client.call_policies):
        msg = "`client` is instrumented already; call `uninstrument` first"
        raise ConfigurationError(msg)
    policy = TelemetryPolicy(
        telemetry,
        spans=spans,
        prices=prices,
        capture_content=capture_content,
        provider=provider,
        service_name=service_name,
        metadata=metadata,
    )
    client.call_policies = (policy, *client.call_policies)
    return client


def uninstrument(client: C) -> C:
    """
    Tell of no further calls of *client*; of those under way it is still told.

    Returns:
        The same client.

    Raises:
        ConfigurationError: It is no client of sdk_core.
    """
    _refuse_no_client(client)
    client.call_policies = tuple(
        each for each in client.call_policies if not isinstance(each, TelemetryPolicy)
    )
    return client


def telemetry_plugin(telemetry: Tracking, **options: Any) -> Plugin:
    """
    Return what instruments each client that names it among its ``plugins``.

    Args:
        telemetry: Where events go.
        **options: Those of `TelemetryPolicy`.

    Raises:
        ConfigurationError: An option cannot work.
    """
    from sdk_core.plugins import Plugin  # noqa: PLC0415  # for those who ask for one

    return Plugin(call_policies=[TelemetryPolicy(telemetry, **options)])


def _refuse_no_client(client: object) -> None:
    if not isinstance(client, BaseClient):
        msg = (
            f"`client` must be a client of sdk_core, such as OpenAI of sdk_openai_compat, not "
            f"{type(client).__module__}.{type(client).__name__}"
        )
        raise ConfigurationError(msg)


# What model calls end in, and OpenTelemetry's names for it.
_OPERATIONS = (
    ("/chat/completions", "chat"),
    ("/responses", "chat"),
    ("/completions", "text_completion"),
    ("/embeddings", "embeddings"),
)
_PROVIDERS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.x.ai": "x_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
}
_PROVIDERS_OF_DOMAINS = (
    (".api.openai.com", "openai"),
    (".openai.azure.com", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
    ("-aiplatform.googleapis.com", "gcp.vertex_ai"),
    (".amazonaws.com", "aws.bedrock"),
)


@lru_cache(1024)
def _endpoint(method: str, url: str, provider: str) -> Endpoint | None:
    """Return what a request to *url* is for; None: for no model."""
    if method != "POST":
        return None
    for end, operation in _OPERATIONS:
        if url.endswith(end):
            parts = urlsplit(url)
            host = parts.hostname or ""
            return Endpoint(operation, provider or _provider(host), host, parts.port)
    return None


def _provider(host: str) -> str:
    known = _PROVIDERS.get(host, "")
    return known or next((name for end, name in _PROVIDERS_OF_DOMAINS if host.endswith(end)), "")
