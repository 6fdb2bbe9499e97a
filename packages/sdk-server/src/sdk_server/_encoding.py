"""JSON in and out, strict where `json` is not."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


class JSONError(ValueError):
    """Tell that bytes are not a JSON text (RFC 8259); the message says where."""


def encode_json(value: object) -> bytes:
    """Return `value` as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode_json(data: bytes) -> Any:
    """Return the value of a JSON text.

    Args:
        data: The text in UTF-8.

    Returns:
        The value. Every number in it is finite, a whole one is an `int`, and every string can be
        encoded again.

    Raises:
        JSONError: `data` is not such a text.
    """
    try:
        text = data.decode()
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_number)
        if "\\u" in text:
            # The json module lets escaped lone surrogates pass; nothing could send them back.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        msg = f"invalid UTF-8 at byte {error.start}"
        raise JSONError(msg) from None
    except UnicodeEncodeError:
        msg = "a string holds half of a surrogate pair"
        raise JSONError(msg) from None
    except json.JSONDecodeError as error:
        msg = f"{error.msg} at line {error.lineno} column {error.colno}"
        raise JSONError(msg) from None
    except RecursionError:
        msg = "the value is nested too deeply"
        raise JSONError(msg) from None
    except JSONError:
        raise
    except ValueError:
        # int() refuses numbers of several thousand digits.
        msg = "a number has too many digits"
        raise JSONError(msg) from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not a JSON number"
    raise JSONError(msg)


def _number(text: str) -> float | int:
    number = float(text)
    if math.isinf(number):
        msg = f"the number {text[:32]} is out of range"
        raise JSONError(msg)
    # JSON Schema takes 4.0 for an integer, and so must the code behind it.
    return int(number) if number.is_integer() else number
