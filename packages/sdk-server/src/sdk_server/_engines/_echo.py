"""The engine that answers by itself: the same request always gets the same answer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import anyio
import anyio.to_thread

from .._catalog import Catalog
from .._problems import Problem
from .._secrets import new_id
from . import _chat, _completions, _embeddings, _tokens
from ._protocols import Answer, EngineRequest, Streamed

Json = dict[str, Any]

FINGERPRINT = "echo-1"


class EchoEngine:
    """Repeat the last user message.

    Args:
        catalog: The models; one must have the capability that a request needs.
        token_delay: Pause before every streamed token, in seconds.
    """

    def __init__(self, catalog: Catalog, *, token_delay: float = 0.0) -> None:
        self.catalog = catalog
        self._token_delay = token_delay

    async def complete(self, request: EngineRequest) -> Answer:
        """Return the whole answer."""
        await self._require_model(request)
        body = request.body
        if request.task == "embedding":
            # Vectors of many long inputs take a while; the event loop must go on meanwhile.
            return Answer(body=await anyio.to_thread.run_sync(_embed, body))
        return Answer(body=_chat_answer(body) if request.task == "chat" else _text_answer(body))

    async def stream(self, request: EngineRequest) -> Streamed:
        """Begin to answer token by token."""
        await self._require_model(request)
        body = request.body
        # Made before the first delta, so that a refusal is a status and not an event.
        chunks = _chat_chunks(body) if request.task == "chat" else _text_chunks(body)
        return Streamed(deltas=self._paced(chunks))

    async def aclose(self) -> None:
        """Do nothing: the engine holds nothing."""

    async def _paced(self, chunks: Iterator[Json]) -> AsyncGenerator[Json, None]:
        for chunk in chunks:
            await anyio.sleep(self._token_delay)
            yield chunk

    async def _require_model(self, request: EngineRequest) -> None:
        name = request.body["model"]
        model = await self.catalog.get(name)
        if model is None:
            raise unknown_model(name)
        if request.task not in model.capabilities:
            problem = _chat.refuse(("model",), f"The model `{name}` cannot do {request.task}.")
            raise Problem(404, problem.message, code="model_not_found", faults=problem.faults)


def unknown_model(name: str) -> Problem:
    """Return the problem of a model that does not exist."""
    problem = _chat.refuse(("model",), f"There is no model named `{name}`.")
    return Problem(404, problem.message, code="model_not_found", faults=problem.faults)


def _head(body: Mapping[str, Any], kind: str, prefix: str) -> Json:
    head: Json = {
        "id": new_id(prefix).replace("_", "-"),
        "object": kind,
        "created": int(time.time()),
        "model": body["model"],
        "system_fingerprint": FINGERPRINT,
    }
    if body.get("service_tier") is not None:
        head["service_tier"] = "default"
    return head


def _usage(prompt: int, completion: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _chat_answer(body: Mapping[str, Any]) -> Json:
    answer = _chat.reply(body)
    number = body.get("n") or 1
    return {
        **_head(body, "chat.completion", "chatcmpl"),
        **({"metadata": body["metadata"]} if body.get("metadata") else {}),
        "choices": [
            {
                "index": index,
                "message": _chat.message(answer),
                "logprobs": (
                    _chat.logprobs(answer.text, body.get("top_logprobs") or 0)
                    if body.get("logprobs")
                    else None
                ),
                "finish_reason": answer.finish,
            }
            for index in range(number)
        ],
        "usage": _usage(_chat.prompt_size(body), number * answer.size),
    }


def _chat_chunks(body: Mapping[str, Any]) -> Iterator[Json]:
    answer = _chat.reply(body)
    head = _head(body, "chat.completion.chunk", "chatcmpl")
    number = body.get("n") or 1
    wants_logprobs, top = body.get("logprobs"), body.get("top_logprobs") or 0

    def choices() -> Iterator[Json]:
        for delta, token in _chat.deltas(answer):
            told = None
            if wants_logprobs and token is not None:
                told = _chat.logprobs([token], top)
            for index in range(number):
                yield {"index": index, "delta": delta, "logprobs": told, "finish_reason": None}
        for index in range(number):
            yield {"index": index, "delta": {}, "logprobs": None, "finish_reason": answer.finish}

    usage = _usage(_chat.prompt_size(body), number * answer.size)
    return _chunks(body, head, choices(), usage)


def _text_answer(body: Mapping[str, Any]) -> Json:
    made = _completions.continuations(body)
    return {
        **_head(body, "text_completion", "cmpl"),
        "choices": [
            _completions.choice(index, one, body.get("logprobs")) for index, one in enumerate(made)
        ],
        "usage": _text_usage(body, made),
    }


def _text_chunks(body: Mapping[str, Any]) -> Iterator[Json]:
    made = _completions.continuations(body)
    head = _head(body, "text_completion", "cmpl")
    choices = (
        choice
        for index, one in enumerate(made)
        for choice in _completions.pieces(index, one, body.get("logprobs"))
    )
    return _chunks(body, head, choices, _text_usage(body, made))


def _text_usage(body: Mapping[str, Any], made: list[_completions.Continuation]) -> Json:
    return _usage(_tokens.count(_completions.prompts(body)), sum(len(one.text) for one in made))


def _chunks(
    body: Mapping[str, Any], head: Json, choices: Iterator[Json], usage: Json
) -> Iterator[Json]:
    options = body.get("stream_options") or {}
    # When usage is asked for, every chunk has the member, and all but the last have null.
    told = {"usage": None} if options.get("include_usage") else {}
    pad = options.get("include_obfuscation")
    for choice in choices:
        chunk = {**head, "choices": [choice], **told}
        yield {**chunk, "obfuscation": _padding(choice)} if pad else chunk
    if told:
        yield {**head, "choices": [], "usage": usage}


def _padding(choice: Json) -> str:
    """Return text that brings every choice to a multiple of 64 characters."""
    return "." * (-len(str(choice)) % 64)


def _embed(body: Mapping[str, Any]) -> Json:
    dimensions = body.get("dimensions", _embeddings.DEFAULT_DIMENSIONS)
    if dimensions > _embeddings.MAX_DIMENSIONS:
        raise _chat.refuse(
            ("dimensions",), f"`dimensions` must be at most {_embeddings.MAX_DIMENSIONS}."
        )
    texts = _completions.prompts(body, "input")
    form = body.get("encoding_format", "float")
    size = _tokens.count(texts)
    return {
        "object": "list",
        "model": body["model"],
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": _embeddings.encode(_embeddings.vector(text, dimensions), form),
            }
            for index, text in enumerate(texts)
        ],
        "usage": {"prompt_tokens": size, "total_tokens": size},
    }
