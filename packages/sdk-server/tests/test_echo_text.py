"""The echo engine's completions and embeddings, over HTTP."""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import Any

import httpx
import pytest


def complete(client: httpx.Client, prompt: object, **more: Any) -> httpx.Response:
    """Ask for a completion."""
    return client.post("/v1/completions", json={"model": "echo-1", "prompt": prompt, **more})


def embed(client: httpx.Client, text: object, **more: Any) -> httpx.Response:
    """Ask for embeddings."""
    return client.post("/v1/embeddings", json={"model": "echo-embed-1", "input": text, **more})


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("Once upon", ["Once upon"]),
        (["a", "b"], ["a", "b"]),
        ([1, 22], ["1 22"]),
        ([[1], [2, 3]], ["1", "2 3"]),
    ],
)
def test_each_form_of_prompt_is_continued_by_itself(
    client: httpx.Client, prompt: object, texts: list[str]
) -> None:
    """Texts and token ids, one or several: each gets its own choice."""
    answer = complete(client, prompt).json()
    assert texts == [choice["text"] for choice in answer["choices"]]
    assert list(range(len(texts))) == [choice["index"] for choice in answer["choices"]]


def test_the_limit_is_16_tokens_unless_given(client: httpx.Client) -> None:
    """The default of this older interface is kept."""
    choice = complete(client, "w " * 20).json()["choices"][0]
    assert (" ".join(["w"] * 16), "length") == (choice["text"], choice["finish_reason"])
    choice = complete(client, "w " * 20, max_tokens=30, n=None).json()["choices"][0]
    assert ("w " * 20, "stop") == (choice["text"], choice["finish_reason"])


def test_echo_puts_the_prompt_before_the_answer_and_stop_ends_it(client: httpx.Client) -> None:
    """`echo`, `stop` and `n` work together."""
    answer = complete(client, "a b c", echo=True, stop=" c", n=2, best_of=2).json()
    assert ["a b ca b"] * 2 == [choice["text"] for choice in answer["choices"]]
    assert (3, 4) == (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"])


def test_logprobs_are_parallel_lists(client: httpx.Client) -> None:
    """Tokens, probabilities, alternatives and offsets; the first token has no probability."""
    told = complete(client, "ab cd", logprobs=1).json()["choices"][0]["logprobs"]
    assert (["ab", " cd"], [0, 2]) == (told["tokens"], told["text_offset"])
    assert told["token_logprobs"][0] is None
    assert told["token_logprobs"][1] == told["top_logprobs"][1][" cd"]


def test_a_stream_gives_the_same_pieces_and_ends(client: httpx.Client) -> None:
    """The pieces' texts and offsets add up; the last says why and the usage follows."""
    response = complete(
        client, "ab cd ef", logprobs=0, stream=True, stream_options={"include_usage": True}
    )
    *events, done, _ = response.text.split("\n\n")
    got = [json.loads(event.removeprefix("data: ")) for event in events]
    assert "data: [DONE]" == done
    choices = [chunk["choices"][0] for chunk in got[:-1]]
    assert "ab cd ef" == "".join(choice["text"] for choice in choices)
    assert [0, 2, 5] == [c["logprobs"]["text_offset"][0] for c in choices if c["logprobs"]]
    assert "stop" == choices[-1]["finish_reason"]
    assert 6 == got[-1]["usage"]["total_tokens"]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 3, "best_of": 2}, "best_of"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"max_tokens": 100_000, "prompt": "w " * 40_000}, "prompt"),
    ],
)
def test_an_impossible_completion_is_refused_by_name(
    client: httpx.Client, more: dict[str, Any], param: str
) -> None:
    """Valid by the document, impossible all the same."""
    response = complete(client, **{"prompt": "a", **more})
    assert (400, param) == (response.status_code, response.json()["error"]["param"])


def test_embeddings_are_unit_vectors_that_depend_on_the_text_alone(client: httpx.Client) -> None:
    """The same text has the same vector in every request, other texts have others."""
    answer = embed(client, ["one", "two", "one"]).json()
    one, two, again = (entry["embedding"] for entry in answer["data"])
    assert one == again != two
    assert (256, 3) == (len(one), answer["usage"]["total_tokens"])
    assert math.isclose(1, math.fsum(x * x for x in one), rel_tol=1e-5)


def test_base64_holds_the_same_numbers(client: httpx.Client) -> None:
    """Little-endian 32-bit floats, bit for bit those of the list."""
    numbers = embed(client, "x", dimensions=5).json()["data"][0]["embedding"]
    packed = embed(client, "x", dimensions=5, encoding_format="base64").json()
    data = base64.b64decode(packed["data"][0]["embedding"])
    assert numbers == list(struct.unpack("<5f", data))


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"dimensions": 4000}, "dimensions"),
        ({"dimensions": 0}, "dimensions"),
        ({"input": ["a", "w " * 9000]}, "input.1"),
    ],
)
def test_an_impossible_embedding_is_refused_by_name(
    client: httpx.Client, more: dict[str, Any], param: str
) -> None:
    """Too many dimensions and too long texts are refused."""
    body = {"model": "echo-embed-1", "input": "x", **more}
    response = client.post("/v1/embeddings", json=body)
    assert (400, param) == (response.status_code, response.json()["error"]["param"])


def test_a_whole_number_written_as_a_float_is_a_whole_number(client: httpx.Client) -> None:
    """JSON knows one kind of number: 4.0 dimensions are 4."""
    body = b'{"model": "echo-embed-1", "input": "x", "dimensions": 4.0}'
    headers = {"content-type": "application/json"}
    answer = client.post("/v1/embeddings", content=body, headers=headers).json()
    assert 4 == len(answer["data"][0]["embedding"])
