"""Parsing: YAML 1.2 and JSON into plain values."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._parse import parse
from sdk_codegen._source import Limits
from sdk_codegen.errors import LoadError


def parsed(content: bytes, **limits: Any) -> dict[str, Any]:
    """Return the document alone."""
    return parse(content, "x.yaml", Limits(**limits))[0]


def test_words_that_yaml_1_1_takes_for_something_else_stay_words() -> None:
    """Documents are YAML 1.2: `on`, `no`, dates and times of day are text."""
    document = parsed(b"a: [on, no, yes, off, 22:30, 2024-01-02, 1_000, 0b1, +, ., -]")
    expected = ["on", "no", "yes", "off", "22:30", "2024-01-02", "1_000", "0b1", "+", ".", "-"]
    assert expected == document["a"]


def test_numbers_truth_and_null_are_read_as_the_core_schema_says() -> None:
    """The scalars of YAML 1.2 that are no text are what they are."""
    document = parsed(b"a: [1, -2, 0o17, 0x1F, 1.5, 1e3, -.5, 1., true, False, null, ~, ]\nb:")
    assert [1, -2, 15, 31, 1.5, 1000.0, -0.5, 1.0, True, False, None, None] == document["a"]
    assert document["b"] is None


def test_what_is_quoted_or_in_a_block_is_text() -> None:
    """Quotes and blocks say that a scalar is text, whatever it looks like."""
    assert {"a": "1", "b": "true", "c": "2\n"} == parsed(b"a: '1'\nb: \"true\"\nc: |\n  2\n")


def test_keys_are_text_whatever_they_look_like() -> None:
    """OpenAPI, section "Format": keys are read by the failsafe schema."""
    assert {"a": {"200": 1, "true": 2, "null": 3, "1.0": 4, "": 5}} == parsed(
        b"a: {200: 1, true: 2, null: 3, 1.0: 4, '': 5}"
    )


def test_tags_of_the_core_schema_say_what_a_scalar_is() -> None:
    """`!!str` and its like are followed; what has no place in JSON stays text."""
    text = b"a: [!!str 1, !!int '2', !!float '1', !!null '', !!bool 'true', !!binary eA==, ! 3]"
    assert ["1", 2, 1, None, True, "eA==", "3"] == parsed(text)["a"]
    assert {"a": [1], "b": {}} == parsed(b"a: !!seq [1]\nb: !!map {}")


def test_merge_keys_are_merged_and_own_keys_win() -> None:
    """`<<` is no key; of several mappings the earlier one wins."""
    text = b"a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\nd: {<<: *a, <<: *b}"
    document = parsed(text)
    assert {"x": 1, "z": 2, "y": 3} == document["c"]
    assert {"x": 2, "y": 1, "z": 2} == document["d"]


def test_anchors_stand_for_values_and_keys() -> None:
    """An alias is what its anchor stands at, text also as a key."""
    assert {"a": "k", "k": ["v", "v"]} == parsed(b"a: &a k\n*a : [&b v, *b]")
    assert {"k": "k"} == parsed(b"&a k: *a")


def test_a_last_separator_begins_no_document() -> None:
    """`---` at the end is tolerated, as is a comment behind it."""
    assert {"a": 1} == parsed(b"%YAML 1.2\n---\na: 1\n...\n---\n# nothing\n")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-16-le"]
)
def test_a_byte_order_mark_says_the_encoding(encoding: str) -> None:
    """UTF-8 needs none, the others do."""
    mark = "\ufeff" if encoding in ("utf-16-be", "utf-16-le") else ""
    assert {"a": "é"} == parsed(f'{mark}{{"a": "é"}}'.encode(encoding))
    assert {"a": "é"} == parsed(f"{mark}a: é".encode(encoding))


def test_a_declared_charset_is_used_unless_a_mark_says_otherwise() -> None:
    """What an HTTP answer declares counts for bytes that do not say it themselves."""
    assert {"a": "é"} == parse("a: é".encode("latin-1"), "x", charset="latin-1")[0]
    assert {"a": "é"} == parse("a: é".encode("utf-8-sig"), "x", charset="latin-1")[0]


def test_yaml_in_flow_style_may_begin_with_a_brace() -> None:
    """What begins with a brace and is no JSON may still be YAML."""
    assert {"a": "b"} == parsed(b"{a: b}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"# nothing", "is not a mapping"),
        (b"a: [1", "is not YAML"),
        (b"a: b: c", "line 1, column 5"),
        (b"a: 1\na: 2", "the key `a` is there twice (line 2, column 1)"),
        (b"a: {200: 1, '200': 2}", "the key `200` is there twice (line 1, column 13)"),
        (b"a: &b c\n? *b\n: 1\nc: 2", "the key `c` is there twice (line 4, column 1)"),
        (b"a: &b c\nc: 1\n*b : 2", "`*b` is no key, or is there twice (line 3, column 1)"),
        (b"a: 1\n\tb: 2", "(line 2, column 1)"),
        (b"a: 1\n---\nb: 2", "holds several documents; keep one of them (line 2, column 1)"),
        (b"- 1", "is not a mapping"),
        (b"[1]", "is not a mapping"),
        (b"just words", "is not a mapping"),
        (b"a: \xff", "is not UTF-8: byte 3"),
        (b"\xff\xfea", "is not UTF-16: byte 2"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "is binary"),
        (b"a: \x01", "control characters are not allowed"),
        (b"<!DOCTYPE html><html></html>", "is a web page or XML"),
        (b"\n <html>", "is a web page or XML"),
        (b'<?xml version="1.0"?>', "is a web page or XML"),
        (b'{"a": ', "is not JSON"),
        (b'{"a": ' + b"1" * 5000 + b"}", "is not JSON: Exceeds the limit"),
        (b"a: " + b"1" * 5000, "a number has too many digits (line 1, column 4)"),
        (b"a: !!python/object:os.system {}", "the tag `tag:yaml.org,2002:python/object:os.system`"),
        (b"a: !!python/name:os.system x", "has no meaning here (line 1, column 4)"),
        (b"a: !!int x", "the tag `tag:yaml.org,2002:int` has no meaning here"),
        (b"? [a]\n: 1", "a key must be text (line 1, column 3)"),
        (b"a: &a 1\nb: {*b : 1}", "there is no anchor `b`"),
        (b"a: &a [*a]", "the anchor `a` stands for a part of itself (line 1, column 8)"),
        (b"a: {<<: 1}", "`<<` takes a mapping or a list of mappings"),
        (b'{"a": ' + b"[" * 100_000, "nested more than 200 levels"),
        (b"a: " + b"[" * 100_000, "nested more than 200 levels"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "nested more than 200 levels"),
    ],
)
def test_what_cannot_be_parsed_is_an_error_with_file_and_place(content: bytes, reason: str) -> None:
    """Each way to be unreadable is one line that names the file."""
    with pytest.raises(LoadError) as caught:
        parse(content, "spec/x.yaml")
    assert str(caught.value).startswith("spec/x.yaml#: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_tag_on_a_folder_of_values_is_known_or_refused() -> None:
    """A set or an ordered mapping has no place in JSON."""
    with pytest.raises(LoadError, match="omap` has no meaning here"):
        parsed(b"a: !!omap [b: 1]")


def test_an_unknown_charset_is_an_error() -> None:
    """What a server makes up is not looked up as anything else."""
    for charset in ("no-such", "rot13", "base64"):
        with pytest.raises(LoadError, match=f"is in `{charset}`, which is no known encoding"):
            parse(b"a: 1", "x", charset=charset)


@pytest.mark.parametrize("style", ["anchors", "merges"])
def test_what_expands_without_end_is_refused(style: str) -> None:
    """A few lines that stand for billions of values do not reach the passes."""
    if style == "anchors":
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    else:
        lines = ["a: &a {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}"]
        lines += [f"b{n}: {{<<: *a}}" for n in range(6000)]
    with pytest.raises(LoadError, match="expands to more than"):
        parsed("\n".join(lines).encode())


def test_aliases_that_go_too_deep_are_refused() -> None:
    """The depth is that of the values, not that of the lines."""
    lines = ["a0: &a0 []"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 300)]
    with pytest.raises(LoadError, match="nested more than 200 levels"):
        parsed("\n".join(lines).encode())


def test_keys_that_are_there_twice_in_json_are_reported() -> None:
    """Every tool takes the last one; that it differs from the others is worth a line."""
    document, repairs = parse(b'{"a": [{"b": 1, "b": 2}], "c": {"d": 1, "d": 1}}', "x")
    assert {"a": [{"b": 2}], "c": {"d": 1}} == document
    assert ["#/a/0/b: is there twice; the last one is taken"] == [str(item) for item in repairs]


@pytest.mark.parametrize(
    "text",
    ['{"a": [NaN, -Infinity, 1e999]}', "a: [.nan, -.inf, 1e999]", "a: [.NaN, -.INF, 1e+999]"],
)
def test_numbers_that_are_none_in_json_are_null(text: str) -> None:
    """`NaN` and `Infinity` would be names in generated code."""
    document, repairs = parse(text.encode(), "x")
    assert [None, None, None] == document["a"]
    assert "#/a/1: `-inf` is no number in JSON; read as null" == str(repairs[1])


def test_halves_of_characters_are_replaced() -> None:
    """JSON can name what no file in UTF-8 can hold; pairs are whole characters."""
    document, repairs = parse(rb'{"a\ud800": "x\udfff", "b": "\ud83d\ude00"}', "x")
    assert {"a\ufffd": "x\ufffd", "b": "\U0001f600"} == document
    assert ["#/a\ufffd: holds half of a character; replaced by U+FFFD"] == [
        str(item) for item in repairs
    ]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | WORDS


@given(st.dictionaries(WORDS, SCALARS | st.lists(SCALARS), max_size=5))
def test_what_is_written_as_json_or_yaml_is_read_back(document: dict[str, Any]) -> None:
    """Reading undoes writing, in both languages."""
    assert document == parsed(json.dumps(document).encode())
    text = yaml.safe_dump(document, default_style='"', width=1000)
    assert document == parsed(text.encode())


@given(
    st.binary(max_size=200)
    | st.text("{}[]:,-?&*!|>'\"%@`# \n\tab01.<~", max_size=60).map(str.encode)
)
def test_any_bytes_are_a_mapping_or_a_load_error(content: bytes) -> None:
    """Foreign bytes never raise anything else."""
    try:
        document, _ = parse(content, "x")
    except LoadError as error:
        reason = str(error)
    else:
        assert isinstance(document, dict)
        return
    assert "\n" not in reason
