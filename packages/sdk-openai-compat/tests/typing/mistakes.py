"""Mistakes that mypy finds: each line with one says so."""
# ruff: noqa: B018, F401

from __future__ import annotations

from sdk_openai_compat import OpenAI
from sdk_openai_compat.types.chat import NoSuchType  # attr-defined

client = OpenAI(api_kei="k")  # call-arg
client.chat.completions.create(model="m", mesages=[])  # call-overload
client.embeddings.create(modell="m", input="x")  # call-arg
client.with_options(tiemout=3)  # call-arg
client.chat.completions.create(model="m", messages=[{"role": "nobody"}])  # typeddict-item
client.no_such_resource  # attr-defined
