"""Reading documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._load import load, parse
from sdk_codegen.errors import LoadError


def test_words_that_yaml_1_1_takes_for_something_else_stay_words() -> None:
    """Documents are YAML 1.2: `on`, `no`, dates and times of day are text."""
    document = parse(b"a: [on, no, yes, off, 22:30, 2024-01-02, 1_000]", "x.yaml")
    assert ["on", "no", "yes", "off", "22:30", "2024-01-02", "1_000"] == document["a"]


def test_numbers_truth_and_null_are_read_as_the_core_schema_says() -> None:
    """The scalars of YAML 1.2 that are no text are what they are."""
    document = parse(b"a: [1, -2, 0o17, 0x1F, 1.5, 1e3, true, False, null, ~]", "x.yaml")
    assert [1, -2, 15, 31, 1.5, 1000.0, True, False, None, None] == document["a"]


def test_merge_keys_are_merged() -> None:
    """`<<` is no key, though it may stand there twice."""
    document = parse(b"a: &a {x: 1}\nb: {<<: *a, y: 2}", "x.yaml")
    assert {"x": 1, "y": 2} == document["b"]


def test_json_is_read_with_and_without_a_byte_order_mark() -> None:
    """JSON documents are read as JSON, whatever their file is called."""
    assert {"a": 1} == parse(b'{"a": 1}', "x")
    assert {"a": 1} == parse(b'\xef\xbb\xbf{"a": 1}', "x")


def test_yaml_in_flow_style_may_begin_with_a_brace() -> None:
    """What begins with a brace and is no JSON may still be YAML."""
    assert {"a": "b"} == parse(b"{a: b}", "x.yaml")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: [1", "is not YAML"),
        (b"a: b: c", "line 1, column 5"),
        (b"a: 1\na: 2", "the key `a` is there twice (line 2, column 1)"),
        (b"- 1", "is not a mapping"),
        (b"", "is not a mapping"),
        (b"a: \xff", "is not UTF-8: byte 3"),
        (b'{"a": ', "is not JSON"),
        (b"a: !!python/object:os.system {}", "could not determine a constructor"),
        (b"? [a]\n: 1", "is not YAML"),
        (b"a: &a [*a]", "nested more than 200 levels"),
        (b'{"a": ' + b"[" * 100_000, "nested more than 200 levels"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_file_and_place(content: bytes, reason: str) -> None:
    """Each way to be unreadable is one line that names the file."""
    with pytest.raises(LoadError) as caught:
        parse(content, "spec/x.yaml")
    assert str(caught.value).startswith("spec/x.yaml#: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_anchors_that_expand_without_end_are_refused() -> None:
    """A few lines that stand for billions of values do not reach the passes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(LoadError, match="expands to more than"):
        parse("\n".join(lines).encode(), "x.yaml")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is on the file's size, not on what was read of it."""
    monkeypatch.setattr("sdk_codegen._load.SIZE_LIMIT", 3)
    (tmp_path / "x.yaml").write_text("a: 1")
    with pytest.raises(LoadError, match="the file has 4 bytes, more than 3"):
        load(tmp_path / "x.yaml")


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    """The path stands in the message as it was given."""
    with pytest.raises(LoadError, match=r"missing\.yaml#: cannot be read: No such file"):
        load(tmp_path / "missing.yaml")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_mapping_or_a_load_error(content: bytes) -> None:
    """Foreign bytes never raise anything else."""
    try:
        document = parse(content, "x")
    except LoadError as error:
        reason = str(error)
    else:
        assert isinstance(document, dict)
        return
    assert "\n" not in reason
