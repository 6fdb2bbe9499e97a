"""
Errors: one tree; the first branch is what the caller can do.

::

    SDKError                          catch-all; str(error) is one line to act on
    |-- ConfigurationError            wrong use, nothing was sent: fix the code (also ValueError)
    |   `-- UnknownOptionError        an option that does not exist (also TypeError)
    |-- InvalidWebhookError           a message that is not one of the API's (also ValueError)
    |   `-- InvalidWebhookSignatureError    not signed by the sender, or too long ago
    `-- APIError                      the call failed; an error object inside a stream is a bare one
        |-- APIConnectionError        no answer; `maybe_processed` says whether a repeat is safe
        |   |-- APITimeoutError
        |   |-- CircuitOpenError      not sent: the server has been failing; see `retry_after`
        |   |-- LimitReachedError     not sent: a limit of this client would make it wait too long
        |   `-- StreamInterruptedError    cut in mid-answer; `partial` keeps what came
        |-- APIResponseValidationError    an answer that is not what the API promises
        |   `-- ChecksumError         a file that came with other bytes than it should have
        |-- PollError                 what was waited for did not come; `last` is how it stood
        |   |-- PollTimeoutError          not in time
        |   |-- PollCancelledError        the caller gave up
        |   `-- PollFailedError           it failed
        `-- APIStatusError            the server refused
            |-- BadRequestError 400   |-- AuthenticationError 401  |-- PermissionDeniedError 403
            |-- NotFoundError 404     |-- ConflictError 409        |-- UnprocessableEntityError 422
            |-- RateLimitError 429    `-- InternalServerError >= 500

All of them pickle, carry `request` and, where there is one, `response`, `body`, `request_id` and
`retry_after`. No message holds a credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._error_bodies import describe, modelled, parse
from ._retry_after import hint_of, retry_after

if TYPE_CHECKING:
    from ._messages import Request, Response

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ChecksumError",
    "CircuitOpenError",
    "ConfigurationError",
    "ConflictError",
    "InternalServerError",
    "InvalidWebhookError",
    "InvalidWebhookSignatureError",
    "LimitReachedError",
    "NotFoundError",
    "PermissionDeniedError",
    "PollCancelledError",
    "PollError",
    "PollFailedError",
    "PollTimeoutError",
    "RateLimitError",
    "SDKError",
    "StreamInterruptedError",
    "UnknownOptionError",
    "UnprocessableEntityError",
]


class SDKError(Exception):
    """
    The root of every error that the family raises.

    Attributes:
        request: What was being sent, or None.
        response: What came back, or None.
        body: The decoded error body, or None.
        request_id: The server's name for the call (``x-request-id``), or None.
        retry_after: Seconds that the server asks to wait, or None.
        retries_taken: How many times the call had been repeated when this was raised.
    """

    request: Any = None
    response: Any = None
    body: Any = None
    request_id: str | None = None
    retry_after: float | None = None
    retries_taken: int = 0

    @property
    def message(self) -> str:
        """The one line that ``str()`` gives, unless a derived class has set another."""
        said: str | None = self.__dict__.get("message")
        return said if said is not None else str(self.args[0]) if self.args else ""

    @message.setter
    def message(self, value: str) -> None:
        self.__dict__["message"] = value

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors differ, so unpickling goes round them: arguments and attributes are all.
        return _restore, (type(self), self.args), self.__dict__


def _restore(cls: type[SDKError], args: tuple[Any, ...]) -> SDKError:
    error = cls.__new__(cls)
    error.args = args
    return error


class ConfigurationError(SDKError, ValueError):
    """An option, an argument or the environment is wrong; nothing was sent."""


class UnknownOptionError(ConfigurationError, TypeError):
    """An option that does not exist was given."""


class InvalidWebhookError(SDKError, ValueError):
    """A request that came as a webhook is none of the API's: answer with 400, do nothing else."""


class InvalidWebhookSignatureError(InvalidWebhookError):
    """The signature of a webhook is missing, wrong or too old."""


class APIError(SDKError):
    """
    A call failed.

    Args:
        message: One line for a person.
        request: What was sent.
        body: The decoded error, usually a mapping with ``message``, ``type``, ``code``, ``param``.

    Attributes:
        partial: What had come of a stream in whose middle this happened; else None.
    """

    partial: Any = None
    code: Any = None
    param: Any = None
    type: Any = None

    def __init__(self, message: str, request: Request | None = None, *, body: Any = None) -> None:
        super().__init__(message)
        self.request = request
        self.body = body
        if isinstance(body, Mapping):
            self.code = body.get("code")
            self.param = body.get("param")
            self.type = body.get("type")


class APIConnectionError(APIError):
    """
    No answer came.

    Attributes:
        maybe_processed: False when the request certainly never reached the server, so that
            sending it again cannot do anything twice.
    """

    maybe_processed: bool = True

    def __init__(
        self,
        *,
        message: str = "Connection error.",
        request: Request | None = None,
        maybe_processed: bool = True,
    ) -> None:
        super().__init__(message, request)
        self.maybe_processed = maybe_processed


class APITimeoutError(APIConnectionError):
    """No answer came in time."""

    def __init__(
        self,
        request: Request | None = None,
        *,
        message: str = "Request timed out.",
        maybe_processed: bool = True,
    ) -> None:
        super().__init__(message=message, request=request, maybe_processed=maybe_processed)


class CircuitOpenError(APIConnectionError):
    """
    Nothing was sent: the server has failed too often, and is left in peace for a while.

    Attributes:
        retry_after: Seconds until a call may try again.
    """

    def __init__(self, request: Request | None = None, *, message: str, retry_after: float) -> None:
        super().__init__(message=message, request=request, maybe_processed=False)
        self.retry_after = retry_after


class LimitReachedError(APIConnectionError):
    """
    Nothing was sent: the call would have had to wait for a limit of this client for too long.

    The server's own refusal is a `RateLimitError`.

    Attributes:
        retry_after: Seconds until there is room, as far as that is known.
    """

    def __init__(
        self, request: Request | None = None, *, message: str, retry_after: float | None = None
    ) -> None:
        super().__init__(message=message, request=request, maybe_processed=False)
        self.retry_after = retry_after


class StreamInterruptedError(APIConnectionError):
    """
    A stream ended before its answer was finished.

    Attributes:
        partial: What had come: the items, in order, or what they make together where that is known.
        items: The items that had come, in order; of very many the last ones.
    """

    items: Any

    def __init__(
        self,
        message: str = "The stream ended before the answer was finished.",
        *,
        request: Request | None = None,
        response: Any = None,
        partial: Any = (),
        items: Any = None,
    ) -> None:
        super().__init__(message=message, request=request)
        self.response = response
        self.partial = partial
        self.items = partial if items is None else items
        if response is not None:
            self.request_id = _request_id(response)


class APIResponseValidationError(APIError):
    """The server answered, but not with what the API promises."""

    def __init__(self, response: Any, body: Any, *, message: str | None = None) -> None:
        super().__init__(
            message or "Data returned by API invalid for expected schema.",
            response.request,
            body=body,
        )
        self.response = response
        self.status_code: int = response.status_code
        self.request_id = _request_id(response)


class ChecksumError(APIResponseValidationError):
    """
    A file came whole, and with other bytes than it should have; nothing of it is kept.

    Attributes:
        algorithm: As `hashlib` calls it.
        expected: What the bytes should hash to, in hex digits.
        found: What they hash to.
    """

    def __init__(
        self, response: Any, *, algorithm: str, expected: str, found: str, source: str
    ) -> None:
        message = f"the {algorithm} of what came is {found}, but {source} says {expected}"
        super().__init__(response, None, message=message)
        self.algorithm = algorithm
        self.expected = expected
        self.found = found


class PollError(APIError):
    """
    Waiting for something ended, and not with what was waited for; see `sdk_core.polling`.

    Attributes:
        last: How it stood when the server was last asked; None if it never was.
    """

    last: Any

    def __init__(self, message: str, *, last: Any = None, response: Any = None) -> None:
        super().__init__(message, None if response is None else response.request)
        self.last = last
        if response is not None:
            self.response = response
            self.request_id = _request_id(response)


class PollTimeoutError(PollError, TimeoutError):
    """It did not come in time."""


class PollCancelledError(PollError):
    """The caller gave up."""


class PollFailedError(PollError):
    """It failed, and will not come."""


class APIStatusError(APIError):
    """
    The server answered with a status of 400 or more.

    Tests may make one with a response of httpx's instead of this package's.
    """

    status_code: int

    def __init__(self, message: str, *, response: Any, body: Any) -> None:
        super().__init__(message, response.request, body=body)
        self.response = response
        self.status_code = response.status_code
        self.request_id = _request_id(response)
        self.retry_after = retry_after(response.headers)

    @staticmethod
    def of(response: Response) -> APIStatusError:
        """
        Return the error for *response*, whose body has been read.

        The message is ``Error code: 429 - `` and the server's own words, whichever of the known
        error shapes it speaks; `body` is the inner error object where there is one.
        """
        from ._censor import Censor, words_in  # noqa: PLC0415  # only refusals need it

        # Servers repeat wrong credentials, and errors are logged, pickled and shown with their body.
        response.content = Censor(words_in(response.request)).words(response.content)
        body = parse(response)
        text = describe(response, body)
        message = f"Error code: {response.status_code}" + (f" - {text}" if text else "")
        if response.not_repeated:
            message += f" (not repeated: {response.not_repeated})"
        if isinstance(body, Mapping) and body.get("error") is not None:
            body = body["error"]
        error = _own_type(response, body)(message, response=response, body=body)
        error.retry_after = hint_of(response)
        error.retries_taken = response.retries_taken
        return error

    @property
    def model(self) -> Any:
        """
        The whole body as the model that the API's document has for the status.

        ``None`` where it has none, or the body is no such thing (an HTML page of a proxy), and on
        an error that was unpickled. A derived class may set something else.
        """
        return self.__dict__["model"] if "model" in self.__dict__ else modelled(self.response)

    @model.setter
    def model(self, value: Any) -> None:
        self.__dict__["model"] = value


class BadRequestError(APIStatusError):
    """400: the request is malformed."""


class AuthenticationError(APIStatusError):
    """401: no credential, or a wrong one."""


class PermissionDeniedError(APIStatusError):
    """403: the credential does not allow it."""


class NotFoundError(APIStatusError):
    """404: there is no such thing, or no such path."""


class ConflictError(APIStatusError):
    """409: the thing is in another state than the request supposes."""


class UnprocessableEntityError(APIStatusError):
    """422: well-formed, but the values are refused."""


class RateLimitError(APIStatusError):
    """429: too many requests, or a quota is used up."""


class InternalServerError(APIStatusError):
    """500 or more: the server failed."""


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error_type(status: int) -> type[APIStatusError]:
    """Return the class for *status*; other statuses below 500 have no class of their own."""
    default = InternalServerError if status >= 500 else APIStatusError
    return _BY_STATUS.get(status, default)


def _own_type(response: Response, body: Any) -> type[APIStatusError]:
    """Return the class that the operation has for an error: by its code, its type or its status."""
    operation = response.request.operation
    raises = operation.raises if operation is not None else {}
    if raises and isinstance(body, Mapping):
        for said in (body.get("code"), body.get("type")):
            if isinstance(said, str) and said in raises:
                return raises[said]
    status = response.status_code
    return raises.get(status) or status_error_type(status)


def _request_id(response: Any) -> str | None:
    value: str | None = response.headers.get("x-request-id")
    return value
