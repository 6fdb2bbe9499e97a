"""What is observed of one model call, from its request to the end of its answer, and told once."""

from __future__ import annotations

from collections.abc import Mapping
from sys import modules
from time import perf_counter
from typing import TYPE_CHECKING, Any

import attrs

from ._bodies import Answer, Asked, read_answer, read_asked, read_item, word
from .enrichment import current_context
from .otel import Call

if TYPE_CHECKING:
    from sdk_core.messages import Request, Response

    from .otel import Spans
    from .prices import Prices
    from .redaction import Redaction

__all__ = ["Endpoint", "Observation", "Watch"]


@attrs.frozen
class Endpoint:
    """
    What a request is for, as its address says.

    Attributes:
        operation: Its name in OpenTelemetry's conventions, such as ``chat``.
        provider: Who answers, by the same conventions; empty where the host says nothing.
        host: The host.
        port: Its port, where the address has one.
    """

    operation: str
    provider: str
    host: str
    port: int | None


@attrs.frozen
class Watch:
    """
    What all calls of an instrumented client have in common.

    Attributes:
        track: Takes an event; that of the telemetry client.
        spans: Makes spans and metrics.
        prices: What tokens cost.
        keeps_text: Whether texts are handed in at all.
        redaction: Cleans texts for spans; None: they stand on no span.
        metadata: Added to every event.
        service_name: Who calls; None: the telemetry client's.
    """

    track: Any
    spans: Spans
    prices: Prices
    keeps_text: bool
    redaction: Redaction | None
    metadata: Mapping[str, str]
    service_name: str | None


class Observation:
    """
    One call. Whoever observes it must not be noticed: nothing here waits, and `tell` tells once.

    Args:
        watch: What all calls have in common.
        endpoint: What the call is for.
        request: Its request, before any attempt.
    """

    __slots__ = (
        "_answer",
        "_asked",
        "_attempts",
        "_begun",
        "_context",
        "_endpoint",
        "_first",
        "_pieces",
        "_rest",
        "_span",
        "_started",
        "_streams",
        "_told",
        "_watch",
    )

    def __init__(self, watch: Watch, endpoint: Endpoint, request: Request) -> None:
        self._started = perf_counter()
        self._watch = watch
        self._endpoint = endpoint
        self._asked: Asked = read_asked(request.content)
        self._answer = Answer(keeps_text=watch.keeps_text)
        self._attempts = 1
        self._context = current_context()
        self._first = self._begun = 0.0  # when the first bytes came, and the first words
        self._pieces: list[bytes] | None = None
        self._rest = b""
        self._streams = request.stream_items
        self._told = False
        self._span: Call = watch.spans.start(
            endpoint.operation,
            provider=endpoint.provider,
            model=self._model(),
            stream=request.stream_items,
            server_address=endpoint.host,
            server_port=endpoint.port,
            request=self._asked.settings() if "opentelemetry.trace" in modules else None,
        )

    @property
    def span(self) -> Call:
        """The span of the call."""
        return self._span

    def propagated(self, request: Request) -> Request:
        """Return *request* with what lets its server go on with the trace, unless it has that."""
        headers = self._span.headers()
        if not headers or "traceparent" in request.headers:
            return request
        return request.with_headers(headers)

    def answered(self, response: Response) -> None:
        """Note an answer that is all there, with whatever status."""
        self._attempts = response.retries_taken + 1
        if response.status_code < 400:
            said = read_answer(response.content, self._answer)
            self.tell("" if said or not response.content else "APIResponseValidationError")
        else:
            self.tell(*_refusal(response))

    def begun(self, response: Response) -> None:
        """Note the head of an answer whose body is still to come."""
        self._attempts = response.retries_taken + 1

    def failed(self, error: BaseException) -> None:
        """Note that there is no answer."""
        self._attempts = getattr(error, "retries_taken", 0) + 1
        # Flows are closed when whoever waits for them gives up.
        self.tell("CancelledError" if isinstance(error, GeneratorExit) else _name(error))

    def feed(self, piece: bytes) -> None:
        """Note a piece of a body."""
        if not self._first:
            self._first = perf_counter()
            if not self._streams or piece.lstrip()[:1] == b"{":
                self._pieces = []
        if self._pieces is not None:
            self._pieces.append(piece)
            return
        self._span.chunk()
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line[:5] == b"data:":
                self._item(line[5:].strip())

    def end(self, error: BaseException | None, *, whole: bool) -> None:
        """Note that no more of the body is read."""
        if self._pieces is not None:
            self._unstreamed()
        elif self._rest[:5] == b"data:":
            self._item(self._rest[5:].strip())
        answer = self._answer
        if error is not None:
            self.tell(_interruption(error))
        elif answer.ended or answer.finish_reasons or answer.error or self._pieces is not None:
            self.tell(answer.error)
        elif whole:
            self.tell("StreamInterruptedError")
        else:
            self.tell("", closed=True)

    def _item(self, data: bytes) -> None:
        if data == b"[DONE]":
            self._answer.ended = True
        elif data:
            answer = self._answer
            begun = answer.begun
            read_item(data, answer)
            if answer.begun and not begun:
                self._begun = perf_counter()
        if self._answer.ended:
            self.tell(self._answer.error)

    def _unstreamed(self) -> None:
        """Read what came as a whole, or as lines of JSON."""
        body = b"".join(self._pieces or ())
        if not read_answer(body, self._answer):
            for line in body.splitlines():
                read_item(line, self._answer)

    def tell(self, error: str, detail: str = "", *, closed: bool = False) -> None:
        """
        Hand in the event and end the span, the first time.

        Args:
            error: What it failed with; empty: with nothing.
            detail: More about it: words of the provider's, no message.
            closed: Nobody wanted to read the rest.
        """
        if self._told:
            return
        self._told = True
        took = perf_counter() - self._started
        answer, watch = self._answer, self._watch
        model = self._model() or answer.model or "unknown"
        tokens = answer.input_tokens or 0, answer.output_tokens or 0
        cost = None
        if answer.input_tokens is not None:
            cost = watch.prices.cost(
                answer.model if watch.prices.find(answer.model) else model,
                *tokens,
                cached=answer.cached_tokens,
                reasoning=answer.reasoning_tokens,
            )
        metadata = self._metadata(error, closed=closed, priced=cost is not None)
        reasons = [*answer.finish_reasons.values()]
        prompt, response = self._texts(metadata)
        watch.track(
            model,
            prompt,
            response,
            prompt_tokens=tokens[0],
            response_tokens=tokens[1],
            finish_reason=reasons[0] if reasons else "",
            latency_ms=took * 1e3,
            cost_usd=cost or 0.0,
            service_name=watch.service_name,
            trace_id=self._span.trace_id,
            span_id=self._span.span_id,
            metadata=metadata,
            errors=(f"{error}: {detail}" if detail else error,) if error else (),
        )
        if type(self._span) is not Call:  # as it is without an SDK of OpenTelemetry
            self._end_span(error, cost)

    def _metadata(self, error: str, *, closed: bool, priced: bool) -> dict[str, str]:
        answer, endpoint = self._answer, self._endpoint
        said = {
            **self._watch.metadata,
            **(self._context or {}),
            "gen_ai.operation.name": endpoint.operation,
            "server.address": endpoint.host,
            "attempts": str(self._attempts),
        }
        if endpoint.provider:
            said["gen_ai.provider.name"] = endpoint.provider
        if answer.model:
            said["gen_ai.response.model"] = answer.model
        if answer.id:
            said["gen_ai.response.id"] = answer.id
        if answer.cached_tokens:
            said["gen_ai.usage.cache_read.input_tokens"] = str(answer.cached_tokens)
        if answer.reasoning_tokens:
            said["gen_ai.usage.reasoning.output_tokens"] = str(answer.reasoning_tokens)
        if answer.tool_calls:
            said["tool_calls"] = str(answer.tool_calls)
        if self._streams:
            said["stream"] = "closed" if closed else "true"
            if self._first:
                first = self._first - self._started
                said["gen_ai.response.time_to_first_chunk"] = f"{first:.6f}"
            if self._begun:
                said["time_to_first_token"] = f"{self._begun - self._started:.6f}"
        if error:
            said["error.type"] = error
        if answer.input_tokens is not None and not priced:
            said["cost"] = "unknown"
        return said

    def _texts(self, metadata: dict[str, str]) -> tuple[str, str]:
        """Return the texts as far as they are wanted; say in *metadata* how long they were."""
        turns, chars, kept = self._asked.turns(), self._answer.chars, self._watch.keeps_text
        prompt = ""
        if kept:
            prompt = turns[0][1] if len(turns) == 1 else _dialogue(turns)
        asked = len(prompt) if kept else sum([len(text) for _, text in turns])
        if asked and (asked > _MOST or not kept):
            metadata["prompt_chars"] = str(asked)
        if chars and (chars > _MOST or not kept):
            metadata["response_chars"] = str(chars)
        return prompt[:_MOST], "".join(self._answer.texts)[:_MOST]

    def _end_span(self, error: str, cost: float | None) -> None:
        answer, watch, span = self._answer, self._watch, self._span
        asked: list[tuple[str, str]] | None = None
        answered: list[tuple[str, str]] | None = None
        if span.recording and watch.spans.content and watch.redaction is not None:
            clean = watch.redaction.text
            asked = [(role, clean(text)) for role, text in self._asked.turns()]
            answered = [("assistant", clean("".join(answer.texts), response=True))]
        span.finish(
            response_model=answer.model,
            response_id=answer.id,
            finish_reasons=[*answer.finish_reasons.values()],
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cached_tokens=answer.cached_tokens or None,
            reasoning_tokens=answer.reasoning_tokens or None,
            cost_usd=cost,
            error=error or None,
            input_messages=asked,
            output_messages=answered,
        )

    def _model(self) -> str:
        model = self._asked.model
        return model[:200] if isinstance(model, str) else ""


_MOST = 100_000  # characters: the longest text that an event may have


def _dialogue(turns: list[tuple[str, str]]) -> str:
    return "\n".join([f"{role}: {text}" for role, text in turns])


def _name(error: BaseException) -> str:
    return type(error).__name__


def _interruption(error: BaseException) -> str:
    """Return what its reader is told of a body that broke: the call path says it in its own words."""
    name = _name(error)
    return "StreamInterruptedError" if name == "APIConnectionError" else name


def _refusal(response: Response) -> tuple[str, str]:
    """Return the kind of error that a refusal is, and its status with the provider's word for it."""
    from sdk_core.errors import APIStatusError  # noqa: PLC0415  # refusals are few

    error: Any = APIStatusError.of(response)
    words = [str(response.status_code)]
    body = error.body
    said = body.get("error", body) if isinstance(body, Mapping) else None
    for name in ("code", "type"):
        found = said.get(name) if isinstance(said, Mapping) else None
        if isinstance(found, str) and word(found):
            words.append(found)
            break
    return _name(error), " ".join(words)
