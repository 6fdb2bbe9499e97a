"""What engines are given to send as headers, whoever has written it."""

from __future__ import annotations

import pytest

from sdk_core._outgoing import ascii_headers
from sdk_core.errors import ConfigurationError
from sdk_core.testing import request


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("caf\xe9", "`x-a` holds characters beyond ASCII, which pyreqwest cannot carry"),
        ("…", "`x-a` holds characters that HTTP cannot carry"),
        ("a\x1fb", "the header `x-a` holds control characters"),
        ("a\nb", "the header `x-a` holds a line end"),
    ],
)
def test_what_an_engine_would_not_send_is_refused_by_name(value: str, words: str) -> None:
    """Also where a policy has written it, behind all that looks at the options of a call."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        ascii_headers(request(headers={"x-first": "1", "x-a": value}), "pyreqwest")
    assert value not in str(caught.value)


def test_what_it_would_send_is_left_alone() -> None:
    """Any character of ASCII that shows, and spaces inside."""
    headers = {"x-a": 'a b;c="d"', "x-empty": ""}
    assert ascii_headers(request(headers=headers), "pyreqwest") == headers
