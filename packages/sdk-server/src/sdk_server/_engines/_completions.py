"""The echo engine's completions of plain prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from .._problems import refuse
from . import _tokens as tokens
from ._chat import stopped

Json = dict[str, Any]

DEFAULT_LIMIT = 16


@attrs.frozen(kw_only=True)
class Continuation:
    """Hold one continuation: the tokens that come before it and those it adds."""

    before: tuple[str, ...]
    text: tuple[str, ...]
    finish: str


def prompts(body: Mapping[str, Any], member: str = "prompt") -> list[str]:
    """Return the texts of a prompt or an embedding input in any of its four forms.

    Token ids have no text for this engine; each becomes its decimal digits.
    """
    value = body[member]
    if isinstance(value, str):
        return [value]
    if isinstance(value[0], int):
        return [_digits(value)]
    return [item if isinstance(item, str) else _digits(item) for item in value]


def continuations(body: Mapping[str, Any]) -> list[Continuation]:
    """Return a continuation of each prompt, which is the prompt again, `n` times over.

    Raises:
        Problem: The request asks for something that the engine cannot do.
    """
    number = body.get("n") or 1
    if body.get("best_of") is not None and body["best_of"] < number:
        raise refuse(("best_of",), "`best_of` must not be smaller than `n`.")
    if body.get("stream_options") and not body.get("stream"):
        raise refuse(("stream_options",), "`stream_options` needs `stream` to be true.")
    limit = body.get("max_tokens")
    limit = DEFAULT_LIMIT if limit is None else limit
    made = []
    for prompt in prompts(body):
        said = tokens.split(stopped(prompt, body.get("stop")))
        one = Continuation(
            before=tuple(tokens.split(prompt)) if body.get("echo") else (),
            text=tuple(said[:limit]),
            finish="length" if len(said) > limit else "stop",
        )
        made += [one] * number
    return made


def choice(index: int, one: Continuation, number: int | None) -> Json:
    """Return a whole choice; `number` is that of the alternatives to tell, `None` for none."""
    pieces = (*one.before, *one.text)
    return {
        "index": index,
        "text": "".join(pieces),
        "logprobs": None if number is None else logprobs(pieces, number),
        "finish_reason": one.finish,
    }


def pieces(index: int, one: Continuation, number: int | None) -> Iterator[Json]:
    """Yield the choice of each chunk of a stream; the last one says why it ended."""
    offset = 0
    for position, token in enumerate((*one.before, *one.text)):
        yield {
            "index": index,
            "text": token,
            "logprobs": (
                None
                if number is None
                else logprobs([token], number, start=offset, first=position == 0)
            ),
            "finish_reason": None,
        }
        offset += len(token)
    yield {"index": index, "text": "", "logprobs": None, "finish_reason": one.finish}


def logprobs(texts: Sequence[str], number: int, *, start: int = 0, first: bool = True) -> Json:
    """Return log probabilities as four parallel lists.

    Args:
        texts: The tokens.
        number: Alternatives to tell at each place.
        start: Position of the first token's first character.
        first: Whether the text begins here; what begins a text has no probability.
    """
    offsets = [start]
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    chosen: list[float | None] = [tokens.logprob(text) for text in texts]
    if first and chosen:
        chosen[0] = None
    return {
        "tokens": list(texts),
        "token_logprobs": chosen,
        "top_logprobs": [dict(tokens.alternatives(text, number)) for text in texts],
        "text_offset": offsets[:-1],
    }


def _digits(ids: Sequence[int]) -> str:
    return " ".join(str(token) for token in ids)
