"""
The names of OpenTelemetry's GenAI conventions, in one table for each version that is in use.

They are in development and still move, so nothing else in this package spells one out. Sources:
opentelemetry.io/docs/specs/semconv/gen-ai for 1.36.0, and the repository
``open-telemetry/semantic-conventions-genai`` for what came after it.

Between the two, names were added and one was renamed: ``gen_ai.system`` became
``gen_ai.provider.name``, and some of its values changed with it. By its rules an application gets
the old name until it sets ``OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental``; here it
gets both until then, so that dashboards of either kind find what they ask for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = [
    "BOUNDARIES",
    "LATEST",
    "REQUEST",
    "STABLE",
    "Provider",
    "captures_content",
    "version",
]

STABLE: Final = "1.36.0"
LATEST: Final = "latest"

OPT_IN: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
CAPTURE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
DISABLE: Final = "SDK_TELEMETRY_DISABLE_CONTENT"

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
SYSTEM: Final = "gen_ai.system"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105  # no secret: `input` or `output`
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"

# Ours: the conventions know neither money nor the identity of an event.
COST: Final = "llm.cost_usd"
EVENT_ID: Final = "llm.event_id"

# Counts of tokens under the names that came before 1.36, which some instrumentations still use.
OLD_INPUT_TOKENS: Final = "gen_ai.usage.prompt_tokens"
OLD_OUTPUT_TOKENS: Final = "gen_ai.usage.completion_tokens"

DURATION: Final = "gen_ai.client.operation.duration"
TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105  # no secret: the name of a metric
TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
TIME_PER_OUTPUT_CHUNK: Final = "gen_ai.client.operation.time_per_output_chunk"
COST_COUNTER: Final = "llm.client.cost"

BOUNDARIES: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        DURATION: tuple(0.01 * 2**n for n in range(14)),
        TOKEN_USAGE: tuple(float(4**n) for n in range(14)),
        TIME_TO_FIRST_CHUNK: (
            *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1),
            *(0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
        ),
        TIME_PER_OUTPUT_CHUNK: (
            *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2),
            *(0.3, 0.4, 0.5, 0.75, 1.0, 2.5),
        ),
    }
)
"""Where the buckets of a histogram end, as the conventions advise."""

REQUEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "choice_count": "gen_ai.request.choice.count",
        "conversation_id": "gen_ai.conversation.id",
        "encoding_formats": "gen_ai.request.encoding_formats",
        "frequency_penalty": "gen_ai.request.frequency_penalty",
        "max_tokens": "gen_ai.request.max_tokens",
        "output_type": "gen_ai.output.type",
        "presence_penalty": "gen_ai.request.presence_penalty",
        "seed": "gen_ai.request.seed",
        "stop": "gen_ai.request.stop_sequences",
        "temperature": "gen_ai.request.temperature",
        "top_k": "gen_ai.request.top_k",
        "top_p": "gen_ai.request.top_p",
    }
)
"""What a request can ask for, under the names that callers use here."""

LISTS: Final = frozenset({"encoding_formats", "stop"})
"""Those of them that are lists of strings, even when there is only one."""

# https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai of both versions.
_SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "azure.ai.inference": "az.ai.inference",
        "azure.ai.openai": "az.ai.openai",
        "x_ai": "xai",
    }
)
_PROVIDERS: Final[Mapping[str, str]] = MappingProxyType({old: new for new, old in _SYSTEMS.items()})


class Provider:
    """
    Say who answers, under the names of a version.

    Args:
        name: As the latest conventions have it, such as ``openai``; empty for an unknown one.
        names: `STABLE` or `LATEST`.
    """

    __slots__ = ("attributes", "name")

    def __init__(self, name: str, names: str) -> None:
        self.name = name or "unknown"
        self.attributes = {PROVIDER: self.name}
        if names == STABLE:
            self.attributes[SYSTEM] = _SYSTEMS.get(self.name, self.name)

    @staticmethod
    def read(attributes: Mapping[str, object]) -> str:
        """Return the provider that the attributes of a span name in either way, or nothing."""
        if PROVIDER in attributes:
            return str(attributes[PROVIDER])
        system = str(attributes.get(SYSTEM, ""))
        return _PROVIDERS.get(system, system)


def version() -> str:
    """Return which names the environment asks for: `STABLE`, or `LATEST` for who opts in."""
    asked = os.environ.get(OPT_IN, "").split(",")
    return LATEST if "gen_ai_latest_experimental" in {each.strip() for each in asked} else STABLE


def captures_content(asked: bool | None = None) -> bool:
    """
    Return whether texts may stand on spans.

    Args:
        asked: What the code asks for; None leaves it to the environment.
    """
    if os.environ.get(DISABLE, "").strip().lower() in {"1", "true", "yes", "on"}:
        return False
    if asked is not None:
        return asked
    said = os.environ.get(CAPTURE, "").strip().upper()
    # `true` is what older instrumentations take.
    return said in {"SPAN_ONLY", "SPAN_AND_EVENT", "TRUE"}
