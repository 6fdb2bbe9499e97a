"""
Errors of this package, beside those of `sdk_core.errors`.

::

    SDKError (OpenAIError)
    |-- LengthFinishReasonError           an answer was to be parsed, but is not whole
    |-- ContentFilterFinishReasonError    an answer was to be parsed, but was withheld
    |-- NothingYetError                   a snapshot was asked for before anything came
    |-- UnfinishedResponseError           the final response was asked for, and there is none
    `-- ConfigurationError
        `-- ArgumentTypeError             an argument of a wrong type (also TypeError)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_core.errors import ConfigurationError, SDKError

if TYPE_CHECKING:
    from sdk_inference_api.models import ChatCompletion

__all__ = [
    "ArgumentTypeError",
    "ContentFilterFinishReasonError",
    "LengthFinishReasonError",
    "NothingYetError",
    "UnfinishedResponseError",
]


class LengthFinishReasonError(SDKError):
    """
    The model reached a limit of tokens, so that there is no whole answer to parse.

    Attributes:
        completion: The answer as far as it came.
    """

    completion: ChatCompletion

    def __init__(self, *, completion: ChatCompletion) -> None:
        usage = getattr(completion, "usage", None)
        spent = f" (completion_tokens={usage.completion_tokens})" if usage is not None else ""
        super().__init__(
            f"the answer was cut off at a limit of tokens{spent} and cannot be parsed; "
            "raise `max_completion_tokens`, or read `error.completion`"
        )
        self.completion = completion


class ContentFilterFinishReasonError(SDKError):
    """
    The server's content filter withheld the answer, so that there is none to parse.

    Attributes:
        completion: The answer as far as it came, if it is known.
    """

    completion: ChatCompletion | None

    def __init__(self, *, completion: ChatCompletion | None = None) -> None:
        super().__init__(
            "the answer was withheld by the server's content filter and cannot be parsed"
        )
        self.completion = completion


class NothingYetError(SDKError, AssertionError):
    """A snapshot was asked for before anything had come; openai fails an assertion here."""


class UnfinishedResponseError(SDKError, RuntimeError):
    """
    The stream of a response ended, or was left, without a completed one.

    Attributes:
        partial: The `ParsedResponse` as far as it came; its ``status``, ``error`` and
            ``incomplete_details`` say why. None if nothing came.
    """

    partial: Any

    def __init__(self, message: str, *, partial: Any = None) -> None:
        super().__init__(message)
        self.partial = partial


class ArgumentTypeError(ConfigurationError, TypeError):
    """An argument is of a type that cannot be used here; nothing was sent."""
