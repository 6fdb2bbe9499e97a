"""Mistakes that mypy finds: each line with one says so."""
# ruff: noqa: B018, F401

from __future__ import annotations

from sdk_openai_compat import OpenAI
from sdk_openai_compat.types.chat import NoSuchType  # attr-defined
from sdk_openai_compat.types.chat.completion_create_params import CompletionCreateParamsStreaming
from sdk_openai_compat.types.responses.response import ResponseTool  # attr-defined
from sdk_openai_compat.types.shared import ChatModel

client = OpenAI(api_kei="k")  # call-arg
client.chat.completions.create(model="m", mesages=[])  # call-overload
client.embeddings.create(modell="m", input="x")  # call-arg
client.with_options(tiemout=3)  # call-arg
client.chat.completions.create(model="m", messages=[{"role": "nobody"}])  # typeddict-item
client.no_such_resource  # attr-defined
model: ChatModel = "gpt-0"  # assignment
asked: CompletionCreateParamsStreaming = {"model": "m", "messages": []}  # typeddict-item
