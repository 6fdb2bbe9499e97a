"""The engine that answers by itself: the same request always gets the same answer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import anyio
import anyio.to_thread

from .._catalog import Catalog, Model
from .._problems import Problem, refuse
from .._secrets import new_id
from . import _chat, _completions, _embeddings, _tokens
from ._protocols import Answer, EngineRequest, ForwardRequest, Passed, Streamed

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
        model = await self._model(request)
        body = request.body
        if request.task == "embedding":
            # Vectors of many long inputs take a while; the event loop must go on meanwhile.
            return Answer(body=await anyio.to_thread.run_sync(_embed, body, model))
        make = _chat_answer if request.task == "chat" else _text_answer
        return Answer(body=make(body, model))

    async def stream(self, request: EngineRequest) -> Streamed:
        """Begin to answer token by token."""
        model = await self._model(request)
        # Made before the first delta, so that a refusal is a status and not an event.
        make = _chat_chunks if request.task == "chat" else _text_chunks
        return Streamed(deltas=self._paced(make(request.body, model)))

    async def count(self, request: EngineRequest) -> int:
        """Return the number of tokens that a chat request has."""
        await self._model(request)
        return _chat.prompt_size(request.body)

    async def forward(self, request: ForwardRequest) -> Passed:
        """Refuse: there is no upstream."""
        text = (
            f"The echo engine cannot do `{request.operation}`; an upstream of the proxy engine can."
        )
        raise Problem(501, text, code="not_implemented")

    async def aclose(self) -> None:
        """Do nothing: the engine holds nothing."""

    async def _paced(self, chunks: Iterator[Json]) -> AsyncGenerator[Json, None]:
        for chunk in chunks:
            await anyio.sleep(self._token_delay)
            yield chunk

    async def _model(self, request: EngineRequest) -> Model:
        name = request.body["model"]
        model = await self.catalog.get(name)
        if model is None:
            raise unknown_model(name)
        if request.task not in model.capabilities:
            problem = refuse(("model",), f"The model `{name}` cannot do {request.task}.")
            raise Problem(404, problem.message, code="model_not_found", faults=problem.faults)
        return model


def unknown_model(name: str) -> Problem:
    """Return the problem of a model that does not exist."""
    problem = refuse(("model",), f"There is no model named `{name}`.")
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


def _usage(prompt: int, completion: int, model: Model, member: str) -> Json:
    """Return the usage of a request.

    Raises:
        Problem: Prompt and answer are longer than the model's context.
    """
    _require_room(prompt + completion, model, (member,))
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


def _require_room(size: int, model: Model, param: tuple[str | int, ...]) -> None:
    if model.context_length is not None and size > model.context_length:
        text = (
            f"This takes {size} tokens, and the context of `{model.id}` holds "
            f"{model.context_length}."
        )
        raise refuse(param, text, "context_length_exceeded")


def _chat_answer(body: Mapping[str, Any], model: Model) -> Json:
    answer = _chat.reply(body)
    number = body.get("n") or 1
    usage = _usage(_chat.prompt_size(body), number * answer.size, model, "messages")
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
        "usage": usage,
    }


def _chat_chunks(body: Mapping[str, Any], model: Model) -> Iterator[Json]:
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

    usage = _usage(_chat.prompt_size(body), number * answer.size, model, "messages")
    return _chunks(body, head, choices(), usage)


def _text_answer(body: Mapping[str, Any], model: Model) -> Json:
    made = _completions.continuations(body)
    usage = _text_usage(body, made, model)
    return {
        **_head(body, "text_completion", "cmpl"),
        "choices": [
            _completions.choice(index, one, body.get("logprobs")) for index, one in enumerate(made)
        ],
        "usage": usage,
    }


def _text_chunks(body: Mapping[str, Any], model: Model) -> Iterator[Json]:
    made = _completions.continuations(body)
    head = _head(body, "text_completion", "cmpl")
    choices = (
        choice
        for index, one in enumerate(made)
        for choice in _completions.pieces(index, one, body.get("logprobs"))
    )
    return _chunks(body, head, choices, _text_usage(body, made, model))


def _text_usage(
    body: Mapping[str, Any], made: list[_completions.Continuation], model: Model
) -> Json:
    prompt = _tokens.count(_completions.prompts(body))
    return _usage(prompt, sum(len(one.text) for one in made), model, "prompt")


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


def _embed(body: Mapping[str, Any], model: Model) -> Json:
    dimensions = body.get("dimensions", _embeddings.DEFAULT_DIMENSIONS)
    if dimensions > _embeddings.MAX_DIMENSIONS:
        raise refuse(("dimensions",), f"`dimensions` must be at most {_embeddings.MAX_DIMENSIONS}.")
    texts = _completions.prompts(body, "input")
    form = body.get("encoding_format", "float")
    sizes = [_tokens.count([text]) for text in texts]
    for index, size in enumerate(sizes):
        _require_room(size, model, ("input", index))
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
        "usage": {"prompt_tokens": sum(sizes), "total_tokens": sum(sizes)},
    }
