"""Names of Python made of names of documents."""

from __future__ import annotations

import doctest
import keyword

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdk_codegen import _names
from sdk_codegen._names import (
    LONGEST_CLASS,
    LONGEST_NAME,
    RESERVED_CLASSES,
    Namespace,
    class_name,
    constant_name,
    identifier,
    unique,
)


def test_the_examples_in_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions do."""
    assert doctest.TestResults(0, doctest.testmod(_names).attempted) == doctest.testmod(_names)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("maxTokens", "max_tokens"),
        ("X-Request-ID", "x_request_id"),
        ("HTTPStatus", "http_status"),
        ("OAuthError", "oauth_error"),
        ("top_p", "top_p"),
        ("v1.5", "v1_5"),
        ("_id", "id"),
        ("+1", "field_1"),
        ("", "field"),
        ("class", "class_"),
        ("größe", "größe"),
        ("filter[name]", "filter_name"),
    ],
)
def test_identifiers_are_what_a_person_would_write(text: str, name: str) -> None:
    """Case, punctuation, digits and keywords become Python's."""
    assert name == identifier(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("chat_completion", "ChatCompletion"),
        ("GPT-4o", "GPT4o"),
        ("Foo.Bar", "FooBar"),
        ("200", "Schema200"),
        ("", "Schema"),
        ("list", "List"),
        ("Literal", "LiteralModel"),
        ("None", "NoneModel"),
        ("ValueError", "ValueErrorModel"),
        ("\u65e5\u672c", "Schema\u65e5\u672c"),
    ],
)
def test_class_names_are_what_a_person_would_write(text: str, name: str) -> None:
    """And never a name that generated modules or Python have already."""
    assert name == class_name(text)


@given(st.text(max_size=30))
@example("\U000109c0")  # a number that is no digit
def test_any_text_makes_valid_names(text: str) -> None:
    """Whatever a document calls things, Python accepts their names."""
    assert identifier(text).isidentifier()
    assert not keyword.iskeyword(identifier(text))
    assert not identifier(text).startswith("_")
    assert class_name(text).isidentifier()
    assert class_name(text) not in RESERVED_CLASSES
    assert constant_name(text).isidentifier()


@given(st.lists(st.text(max_size=3), max_size=20))
def test_unique_names_differ_by_more_than_case(texts: list[str]) -> None:
    """Names that are taken in any case are numbered."""
    taken: list[str] = []
    for text in texts:
        taken.append(unique(class_name(text), taken, ""))
    assert len(taken) == len({name.lower() for name in taken})


def test_reserved_names_get_an_underscore() -> None:
    """A name that its place has already is still recognisable."""
    assert identifier("timeout", {"timeout"}) == "timeout_"


@given(st.text(min_size=1, max_size=2).map(lambda text: text * 200))
def test_names_are_no_longer_than_files_may_be_called(text: str) -> None:
    """Classes are modules, with an underscore before each word and perhaps a number."""
    assert len(class_name(text).encode()) <= LONGEST_CLASS + len("SchemaModel")
    assert len(identifier(text).encode()) <= LONGEST_NAME + len("field_")
    assert len(identifier(f"{class_name(text)}1234").encode()) + len(".py") <= 255


def test_names_of_scripts_without_case_differ_from_their_fields() -> None:
    """`field: Schema | None = None` would hide a class of the same name."""
    assert class_name("\u65e5\u672c") != identifier("\u65e5\u672c")


@given(st.lists(st.sampled_from(["a", "A", "a2", "a_2", "A3", "b"]), max_size=30))
def test_a_namespace_gives_each_name_once(wanted: list[str]) -> None:
    """And gives the same names to the same wishes."""
    names, again = Namespace(["A"]), Namespace(["A"])
    given_names = [names.take(name) for name in wanted]
    assert len(wanted) == len({name.lower() for name in [*given_names, "a"]}) - 1
    assert given_names == [again.take(name) for name in wanted]


def test_a_namespace_is_not_slower_for_many_of_one_name() -> None:
    """The next number is remembered, not searched."""
    names = Namespace()
    assert "a_20000" == [names.take("a") for _ in range(20_000)][-1]
