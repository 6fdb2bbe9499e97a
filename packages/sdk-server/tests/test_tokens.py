from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sdk_server._engines import _tokens as tokens


@given(st.text())
def test_joining_the_tokens_gives_the_text(text: str) -> None:
    """Nothing is lost or added by splitting, whatever the text."""
    assert text == "".join(tokens.split(text))


@given(st.text())
def test_no_token_is_empty(text: str) -> None:
    """Each token moves a stream on."""
    assert "" not in tokens.split(text)


def test_a_word_keeps_the_space_before_it_and_long_words_are_cut() -> None:
    """Tokens look like those of real models: short, with leading spaces."""
    assert ["Hello,", " big", "\n world", " "] == tokens.split("Hello, big\n world ")
    assert ["x" * 16, "x" * 4] == tokens.split("x" * 20)


@given(st.text(min_size=1), st.integers(0, 20))
def test_alternatives_begin_with_the_chosen_token_and_fall_in_likelihood(
    token: str, number: int
) -> None:
    """As many as asked for, all different, the chosen one first, each less likely than before."""
    ranked = tokens.alternatives(token, number)
    assert number == len(ranked) == len({text for text, _ in ranked})
    assert sorted(ranked, key=lambda entry: -entry[1]) == ranked
    assert [(token, tokens.logprob(token))][:number] == ranked[:1]


def test_parts_without_text_become_markers() -> None:
    """An echo of an image says that there was one."""
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert ["a", "[image_url]"] == tokens.texts_of(parts)
    assert [] == tokens.texts_of(None)
    assert ["no"] == tokens.texts_of([{"type": "refusal", "refusal": "no"}])
