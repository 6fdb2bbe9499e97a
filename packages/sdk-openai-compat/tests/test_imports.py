"""What importing costs, and the names that are there."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module

import pytest

import sdk_openai_compat
from sdk_openai_compat import types
from sdk_openai_compat.types import chat, shared_params

HEAVY = ("pydantic", "httpx", "sdk_inference_api.models", "sdk_inference_api.params", "ssl")


@pytest.mark.parametrize(
    "statement",
    [
        "import sdk_openai_compat",
        "from sdk_openai_compat import OpenAI; OpenAI(api_key='k').chat.completions.create",
        "from sdk_openai_compat import AsyncOpenAI; AsyncOpenAI(api_key='k').models.list",
        "import sdk_openai_compat.types.chat",
        "from sdk_openai_compat import types; types.chat",
        "import sdk_openai_compat.types.responses.response_output_item",
        "import sdk_openai_compat.types.shared, sdk_openai_compat.types.realtime",
    ],
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    """No model, no HTTP library, no TLS, before a call or a type needs them."""
    code = f"{statement}; import json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert [] == json.loads(run.stdout)


@pytest.mark.parametrize("module", [sdk_openai_compat, types, chat], ids=lambda m: m.__name__)
def test_every_name_that_is_listed_is_there(module: object) -> None:
    """Lazy ones too, and `dir()` knows them."""
    names = module.__all__  # type: ignore[attr-defined]
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(module, name) is not None
    assert set(names) <= set(dir(module))


def test_a_name_that_is_missing_says_so() -> None:
    """As any module does."""
    with pytest.raises(AttributeError, match="module 'sdk_openai_compat' has no attribute 'Opena'"):
        sdk_openai_compat.Opena  # type: ignore[attr-defined]  # noqa: B018  # the mistake


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("types.completion_usage", "CompletionUsage CompletionTokensDetails PromptTokensDetails"),
        ("types.chat.chat_completion", "ChatCompletion Choice ChoiceLogprobs"),
        (
            "types.chat.chat_completion_chunk",
            "ChatCompletionChunk Choice ChoiceDelta ChoiceDeltaToolCall ChoiceDeltaToolCallFunction",
        ),
        ("pagination", "SyncPage AsyncPage"),
    ],
)
def test_openais_deeper_modules_are_there(path: str, names: str) -> None:
    """Those that programs import types of chats from."""
    module = import_module(f"sdk_openai_compat.{path}")
    assert set(names.split()) <= set(module.__all__)


def test_openais_names_are_the_generated_types() -> None:
    """One family of models: no copies under other names."""
    from sdk_inference_api import models, params  # noqa: PLC0415  # heavy, and only here

    assert models.ChatCompletion is chat.ChatCompletion
    assert models.ChatCompletionMessageFunctionToolCall is chat.ChatCompletionMessageToolCall
    assert params.ChatCompletionMessageParam is chat.ChatCompletionMessageParam
    assert params.ChatCompletionFunctionToolParam is chat.ChatCompletionToolParam
    assert params.FunctionDefinitionParam is shared_params.FunctionDefinition
    assert issubclass(types.Embedding, models.Embedding)
