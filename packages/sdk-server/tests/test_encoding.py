from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_server._encoding import JSONError, decode_json, encode_json

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_VALUES)
def test_what_is_encoded_can_be_decoded(value: Any) -> None:
    """Nothing changes on the way."""
    assert value == decode_json(encode_json(value))


@given(st.binary())
def test_any_bytes_are_a_value_or_a_sentence(data: bytes) -> None:
    """What is read can be written; what cannot be read is a JSONError and nothing else."""
    try:
        value = decode_json(data)
    except JSONError:
        return
    assert value == decode_json(encode_json(value))


@pytest.mark.parametrize("text", [b"1.0", b"1e0", b"10E-1", b"1"])
def test_whole_numbers_are_integers(text: bytes) -> None:
    """JSON has one kind of number, and 1.0 counts things as well as 1."""
    assert (1, int) == (decode_json(text), type(decode_json(text)))


def test_escaped_pairs_of_surrogates_are_one_character() -> None:
    """Only halves are refused."""
    assert "😀" == decode_json(b'"\\ud83d\\ude00"')
