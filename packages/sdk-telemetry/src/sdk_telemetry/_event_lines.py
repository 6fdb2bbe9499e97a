"""Events as lines: for people, and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .events import TelemetryEvent

__all__ = ["as_json", "as_text", "printable"]


def printable(text: str) -> str:
    """Return *text* with what would steer a terminal written out: whoever wrote it is not trusted."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def as_json(event: TelemetryEvent, *, content: bool) -> str:
    """Return one line of JSON, as the event was sent; without *content*, texts and vectors are left out."""
    return (event if content else _bare(event)).to_json().decode()


def as_text(event: TelemetryEvent, *, content: bool) -> str:
    """Return a line for people, and with *content* the prompt and the answer in lines below it."""
    when = event.timestamp.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    columns = [
        f"{when}Z",
        printable(event.service_name),
        printable(event.model),
        f"{event.latency_ms:,.0f} ms",
        f"{event.prompt.tokens:,} + {event.response.tokens:,} tokens",
        f"${event.cost_usd:.4f}",
    ]
    if event.response.finish_reason:
        columns.append(printable(event.response.finish_reason))
    columns += [f"! {printable(each)}" for each in event.errors]
    lines = ["  ".join(columns)]
    if content:
        lines += _quoted(">", event.prompt.text)
        lines += _quoted("<", event.response.text)
    return "\n".join(lines)


def _quoted(mark: str, text: str) -> Iterator[str]:
    return (f"  {mark} {printable(line)}" for line in text.splitlines())


def _bare(event: TelemetryEvent) -> TelemetryEvent:
    from .events import PromptInfo, ResponseInfo  # noqa: PLC0415  # loaded already, by the event

    prompt, response = event.prompt, event.response
    return event.replace(
        prompt=PromptInfo("", prompt.tokens),
        response=ResponseInfo("", response.tokens, finish_reason=response.finish_reason),
    )
