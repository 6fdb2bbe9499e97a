"""
Which text is most like another, by the angle between their vectors.

Run it with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set, and ``MODEL`` if it is not
``echo-embed-1``.
"""

from __future__ import annotations

import math
import os

from sdk_openai_compat import OpenAI

MODEL = os.environ.get("MODEL", "echo-embed-1")
QUERY = "the quick brown fox"
TEXTS = ("a slow green turtle", "the quick brown fox", "stock prices fell on Monday")


def cosine(a: list[float], b: list[float]) -> float:
    """Return the similarity of two vectors, from -1 to 1."""
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / (math.hypot(*a) * math.hypot(*b))


def main() -> None:
    """Print the texts, the most similar one first."""
    with OpenAI() as client:
        answer = client.embeddings.create(model=MODEL, input=[QUERY, *TEXTS])
    query, *vectors = (item.embedding for item in answer.data)
    scores = [cosine(query, vector) for vector in vectors]
    for score, text in sorted(zip(scores, TEXTS, strict=True), reverse=True):
        print(f"{score:6.3f}  {text}")


if __name__ == "__main__":
    main()
