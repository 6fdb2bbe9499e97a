"""Docstrings from the document's words."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._render._docstrings import docstring, entry, sentence


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ""),
        ("One line.", '"""One line."""'),
        ('Ends in a "quote"', '"""Ends in a "quote\\""""'),
        ("Two\nlines are one.", '"""Two lines are one."""'),
        ("Trailing.\n\n\n", '"""Trailing."""'),
        ("First.\n\nSecond.", '"""\n    First.\n\n    Second.\n    """'),
        ("- a\n- b\n  more", '"""\n    - a\n    - b more\n    """'),
        ("```\ncode  here\n```", '"""\n    ```\n    code  here\n    ```\n    """'),
    ],
)
def test_words_become_a_docstring(words: str, expected: str) -> None:
    """Paragraphs, lists and code keep their form, lines their width."""
    assert expected == docstring(words, 4)


def test_long_text_is_wrapped() -> None:
    """No line is longer than the formatter's."""
    assert all(len(line) <= 100 for line in docstring("word " * 200, 8).splitlines())


def test_a_long_entry_hangs() -> None:
    """The second line of an argument is indented below its first."""
    lines = entry("name", "word " * 40, 8).splitlines()
    assert lines[0].startswith("    name: word")
    assert all(line.startswith("        word") for line in lines[1:])


@given(st.text(max_size=300), st.sampled_from([0, 4, 8]))
def test_any_words_stay_inside_of_their_docstring(words: str, indent: int) -> None:
    """Text of a document cannot become code."""
    text = docstring(words, indent)
    source = f"def f():\n    {text}\n    return 1\n" if text else "def f():\n    return 1\n"
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == (2 if text else 1)


@pytest.mark.parametrize(
    ("words", "ended"), [("", ""), ("a", "a."), ("a.", "a."), ("a `b`", "a `b`")]
)
def test_a_sentence_ends(words: str, ended: str) -> None:
    """A description without a full stop gets one."""
    assert ended == sentence(words)
