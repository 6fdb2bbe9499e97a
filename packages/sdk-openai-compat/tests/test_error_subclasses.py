"""Errors as other libraries make and derive them: with httpx's answers, and attributes of their own."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx
import pytest

import sdk_openai_compat as openai

REQUEST: Any = httpx.Request("POST", "http://server/v1/chat/completions")
ANSWER = httpx.Response(
    429, headers={"x-request-id": "r-1", "retry-after": "3"}, request=REQUEST, text="slow down"
)
STATUS_ERRORS = [
    openai.APIStatusError,
    openai.AuthenticationError,
    openai.BadRequestError,
    openai.ConflictError,
    openai.InternalServerError,
    openai.NotFoundError,
    openai.PermissionDeniedError,
    openai.RateLimitError,
    openai.UnprocessableEntityError,
]


@pytest.mark.parametrize("kind", STATUS_ERRORS)
def test_a_status_error_is_made_of_httpxs_answer(kind: Any) -> None:
    """Message, answer and body; status, identifier and wait are read from them."""
    error = kind("no", response=ANSWER, body={"code": "c", "param": "p", "type": "t"})
    assert ("no", "no", 429, "r-1") == (
        str(error),
        error.message,
        error.status_code,
        error.request_id,
    )
    assert (ANSWER, REQUEST) == (error.response, error.request)
    assert ("c", "p", "t", 3.0) == (error.code, error.param, error.type, error.retry_after)
    assert isinstance(error, openai.APIError | openai.OpenAIError)


@pytest.mark.parametrize("kind", STATUS_ERRORS)
def test_a_status_error_may_be_derived_as_proxies_do(kind: Any) -> None:
    """An own message that is set before the constructor is called, more attributes, pickled."""

    class Derived(kind):  # type: ignore[misc]  # any of them
        def __init__(self, message: str, model: str, response: Any = None) -> None:
            self.status_code = 429
            self.message = f"proxy: {message}"
            self.model = model
            super().__init__(self.message, response=response or ANSWER, body=None)

    error = Derived("no", model="m")
    assert ("proxy: no", "proxy: no", "m", 429) == (
        str(error),
        error.message,
        error.model,
        error.status_code,
    )
    error.message = "other"
    assert ("other", "proxy: no") == (error.message, str(error))
    assert "other" == copy.copy(error).message
    with pytest.raises(kind, match="proxy: no"):
        raise error


def test_other_errors_are_made_as_openais() -> None:
    """By position and by name."""
    assert "Connection error." == str(openai.APIConnectionError(request=REQUEST))
    assert "gone" == openai.APIConnectionError(message="gone", request=REQUEST).message
    assert REQUEST is openai.APITimeoutError(REQUEST).request
    assert "Request timed out." == str(openai.APITimeoutError(request=REQUEST))
    plain = openai.APIError("no", REQUEST, body={"message": "no", "code": "c"})
    assert ("no", "c", REQUEST) == (plain.message, plain.code, plain.request)
    assert "no" == openai.APIError("no", request=REQUEST, body=None).message
    invalid = openai.APIResponseValidationError(ANSWER, None)
    assert (429, REQUEST) == (invalid.status_code, invalid.request)
    named = openai.APIResponseValidationError(response=ANSWER, body="x", message="bad")
    assert ("bad", "x") == (named.message, named.body)
    assert "no" == str(openai.OpenAIError("no")) == openai.OpenAIError("no").message
    assert "" == openai.OpenAIError().message


def test_a_derived_error_is_pickled_with_what_it_set() -> None:
    """Whatever its constructor takes."""
    error = Proxied("no")
    error.message = "other"
    again = pickle.loads(pickle.dumps(error))
    assert (Proxied, "other", "proxy: no", "m") == (
        type(again),
        again.message,
        str(again),
        again.model,
    )


class Proxied(openai.APIConnectionError):
    """An error of a proxy."""

    def __init__(self, text: str) -> None:
        self.message = f"proxy: {text}"
        self.model = "m"
        super().__init__(message=self.message, request=None)
