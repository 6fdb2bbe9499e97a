"""The real servers, each started once; without their packages their tests are skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ._processes import running

HERE = Path(__file__).parent
KEY = "sk-live-1234"
SAYS = ("Hello", " from", " a", " real", " llama.cpp", ":", " naïve", " café", " 你好", " 🙂", "!")
CALLS = (
    "<tool_call>\n",
    '{"name": "get_weather", ',
    '"arguments": ',
    '{"city": "Paris"}',
    "}\n</tool_call>",
)
THINKS = ("<think>", "\nhm", "\n</think>", "\n\n", "So.")


def _needs(*packages: str) -> None:
    missing = [each for each in packages if find_spec(each) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed; run `./dev live:run`")


def _llamacpp(folder: Path, pieces: tuple[str, ...], **options: Any) -> Iterator[str]:
    _needs("xllamacpp", "gguf")
    from ._gguf import write  # noqa: PLC0415  # where it is installed

    model = write(folder / "model.gguf", pieces)
    command = [str(HERE / "_llamacpp.py"), json.dumps({"model": str(model), **options})]
    with running(command) as url:
        yield f"{url}/v1"


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A llama.cpp server whose model says `SAYS`."""
    yield from _llamacpp(tmp_path_factory.mktemp("talking"), SAYS, api_keys=[KEY])


@pytest.fixture(scope="session")
def calling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A llama.cpp server whose model calls a tool, as in `CALLS`."""
    yield from _llamacpp(tmp_path_factory.mktemp("calling"), CALLS)


@pytest.fixture(scope="session")
def thinking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A llama.cpp server whose model thinks first, as in `THINKS`."""
    folder = tmp_path_factory.mktemp("thinking")
    yield from _llamacpp(folder, THINKS, enable_chat_template=False)


@pytest.fixture(scope="session")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A llama.cpp server that embeds."""
    yield from _llamacpp(tmp_path_factory.mktemp("embedding"), SAYS, embedding=True)


@pytest.fixture(scope="session")
def litellm(calling: str) -> Iterator[str]:
    """A LiteLLM proxy with mock models, and one that calls tools behind it."""
    _needs("litellm")
    command = ["-m", "litellm.proxy.proxy_cli", "--config", str(HERE / "litellm.yaml")]
    command += ["--host", "127.0.0.1", "--port", "0"]
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*", "RELAYED_TO": calling}
    with running(command, **environment) as url:
        yield f"{url}/v1"
