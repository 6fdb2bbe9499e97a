"""Decoding: from the bytes of an answer to the object that the caller holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ._addresses import redacted
from ._error_bodies import said
from ._garbage import paused
from .errors import APIError, APIResponseValidationError

if TYPE_CHECKING:
    from ._messages import Response
    from ._structs import Structs
    from .operations import Content, Operation, Ref

Decode: TypeAlias = Callable[[bytes, bool], Any]

LARGE = 1 << 15
"""Bytes from which on the garbage collector would search what is being built, again and again."""

SMALL = 1 << 9
"""Bytes below which an answer, such as a chunk of a stream, gains nothing by structs."""

WARM = 1 << 16
"""Bytes of one type after which it pays to prepare for more of them."""

LONGEST_SKIP = 1023
"""Answers of one type that are not tried after one that did not fit, as many before it."""

MISFITS = (ValueError, TypeError, LookupError, RecursionError)
"""What `Structs.read` raises about data that is not exactly as declared."""


def decoder(ref: Ref | None) -> Decode:
    """
    Return the function ``(data, strict)`` that reads JSON as the type that *ref* names.

    It raises ValueError for what is no JSON and, when strict, for what does not fit the type.
    """
    if ref is None:
        return _anything
    if ref.decoder is None:
        ref.decoder = _typed(ref)
    found: Decode = ref.decoder
    return found


class _Anything:
    """Decodes JSON of any shape; once that has become work, by the faster of two libraries."""

    def __init__(self) -> None:
        self._fast: Callable[[bytes], Any] | None = None
        self._read = 0  # bytes

    def __call__(self, data: bytes, strict: bool = False) -> Any:  # noqa: ARG002  # one shape for decoders
        fast = self._fast
        if fast is None:
            self._read += len(data)
            if self._read > WARM:
                from msgspec.json import Decoder  # noqa: PLC0415  # not for the first few answers

                self._fast = Decoder().decode
            return _tolerant(data)
        try:
            return fast(data)
        except (ValueError, RecursionError):  # it is stricter: no NaN, no lone surrogates
            return _tolerant(data)


_anything = _Anything()


def _tolerant(data: bytes) -> Any:
    core = sys.modules.get("pydantic_core")  # faster, where it is loaded anyway
    read = core.from_json if core is not None else json.loads
    try:
        return read(data)
    except RecursionError as exc:
        msg = "nested too deeply"
        raise ValueError(msg) from exc
    except ValueError:
        # Bytes that are no UTF-8 become U+FFFD instead of losing the whole answer.
        return read(data.decode("utf-8", "replace"))


def _typed(ref: Ref) -> Decode:
    wanted = ref.resolve()
    attrs_models = sys.modules.get("sdk_core.attrs_models")
    if attrs_models is not None:
        from ._converters import decoder_of, made_of, structs_of  # noqa: PLC0415  # of this flavour

        if "pydantic" not in sys.modules or made_of(wanted):
            return _Warming(decoder_of(wanted), partial(structs_of, wanted))
    return _Warming(_validating(wanted), partial(_adopted, wanted))


def _adopted(wanted: Any) -> Structs:
    from ._adoption import structs_of  # noqa: PLC0415  # what is read once needs none

    return structs_of(wanted)


def _validating(wanted: Any) -> Decode:
    from pydantic import ValidationError  # noqa: PLC0415  # as above

    from ._construct import construct  # noqa: PLC0415  # as above
    from ._validators import is_model, reader  # noqa: PLC0415  # as above

    found = reader(wanted)
    validator = found.validator
    strictly_object = is_model(wanted)

    def decode(data: bytes, strict: bool) -> Any:  # internal, always positional
        try:
            return validator().validate_json(data)
        except ValidationError:
            if found.widen():  # perhaps it holds a variant that nobody knew
                return decode(data, strict)
            if strict:
                raise
            value = _anything(data)
            if strictly_object and not isinstance(value, Mapping):
                raise  # keeping values is for objects with odd members, not for something else
            return construct(wanted, value)

    return decode


class _Warming:
    """
    Decodes one type: by structs when that pays, and in the long way what is too much for them.

    Args:
        long: Decodes anything.
        structs: Returns the structs of the type.
    """

    def __init__(self, long: Decode, structs: Callable[[], Structs]) -> None:
        self._long = long
        self._structs_of = structs
        self._structs: Structs | None = None
        self._read = 0  # bytes
        self._skip = 0  # answers that are not tried
        self._misfits = 0

    def __call__(self, data: bytes, strict: bool) -> Any:
        if len(data) < SMALL:
            return self._long(data, strict)
        structs = self._structs
        if structs is None or self._skip:
            return self._cold(data, strict)
        try:
            if len(data) < LARGE:
                found = structs.read(data)
            else:
                with paused:
                    found = structs.read(data)
        except MISFITS:
            # A server that sends what its document does not say will do so again.
            self._skip = self._misfits = min(2 * self._misfits + 1, LONGEST_SKIP)
            found = self._long_way(data, strict)
            structs.learn(found)  # perhaps it held a model that had not been met
            return found
        if self._misfits:
            self._misfits = 0
        return found

    def _cold(self, data: bytes, strict: bool) -> Any:
        found = self._long_way(data, strict)
        if self._skip:
            self._skip -= 1
            return found
        self._read += len(data)
        if self._read > WARM:
            structs = self._structs_of()
            structs.learn(found)
            self._structs = structs
        return found

    def _long_way(self, data: bytes, strict: bool) -> Any:
        if len(data) < LARGE:
            return self._long(data, strict)
        with paused:
            return self._long(data, strict)


def read(operation: Operation[Any], response: Response, *, strict: bool) -> Any:
    """
    Return the result of *operation* that *response*, whose body has been read, holds.

    Raises:
        APIResponseValidationError: The body is not what the operation answers with.
        APIError: The body is an error object, in spite of the status.
    """
    contents = contents_for(operation, response.status_code)
    content = response.content
    if response.status_code >= 300 and _declared(operation, response.status_code) is None:
        raise _unexpected(response, contents)
    if not contents or (not content and response.status_code in {204, 205}):
        return None
    chosen = choose(contents, response.headers.get("content-type"), content)
    if chosen is None:
        raise _unexpected(response, contents)
    if chosen.kind == "text":
        return response.text
    if chosen.kind == "bytes":
        return content
    try:
        value = decoder(chosen.type)(content, strict)
    except ValueError as exc:
        if not declares_error(chosen.type):
            with suppress(ValueError):  # no JSON
                raise_if_error(content, response)
        raise _undecodable(response, chosen, exc) from exc
    if b'"error"' in content and not (declares_error(chosen.type, value) or _is_object(value)):
        raise_if_error(content, response)
    request_id = response.headers.get("x-request-id")
    if request_id is not None and hasattr(type(value), "_answered_as"):
        object.__setattr__(value, "_answered_as", request_id)
    return value


@lru_cache(maxsize=1024)  # an operation answers with few of them
def contents_for(operation: Operation[Any], status: int) -> tuple[Content, ...]:
    """Return what *operation* says about *status*: itself, its range, the default, in this order."""
    found = _declared(operation, status)
    if found is None and status < 300:
        # A success that the document forgot: read like one it knows.
        found = next((c for s, c in operation.responses.items() if s.startswith("2")), ())
    return found or ()


def _declared(operation: Operation[Any], status: int) -> tuple[Content, ...] | None:
    """Return what *operation* says about *status*, which may be that there is no body."""
    responses = operation.responses
    for name in (str(status), f"{status // 100}XX", "default"):
        found = responses.get(name)
        if found is not None:
            return found
    return None


def choose(
    contents: tuple[Content, ...], content_type: str | None, body: bytes | None
) -> Content | None:
    """Return the content that the media type names; else JSON, if the body looks like it."""
    if content_type is not None:
        media_type = content_type.partition(";")[0].strip().lower()
        for content in contents:
            if content.media_type == media_type or _matches(content.media_type, media_type):
                return content
        if media_type.endswith(("/json", "+json")):
            return next((c for c in contents if c.kind == "json"), None)
    if body is not None and body.lstrip()[:1] in {b"{", b"["}:
        found = next((c for c in contents if c.kind == "json"), None)
        if found is not None or content_type is not None:
            return found
    if content_type is not None or body is None:
        return None
    # Whatever it is; files and texts may be empty.
    return contents[0] if body or contents[0].kind in {"bytes", "text"} else None


def _matches(pattern: str, media_type: str) -> bool:
    main, _, sub = pattern.partition("/")
    return sub == "*" and main in {"*", media_type.partition("/")[0]}


def _is_object(value: Any) -> bool:
    """Return whether *value*, of no declared type, is an API's object, of which an error is part."""
    return isinstance(value, Mapping) and ("id" in value or "object" in value)


def declares_error(ref: Ref | None, value: Any = None) -> bool:
    """Return whether a member ``error`` is part of the type, or of the variant that *value* is."""
    for wanted in (ref and ref.resolve(), type(value)):
        if any(field.wire == "error" for field in getattr(wanted, "_wire_fields", tuple)()):
            return True
    return False


def raise_if_error(data: bytes, response: Response) -> None:
    """Raise the `APIError` that *data* holds as its ``error`` member, if it holds one."""
    value = _anything(data)
    error = value.get("error") if isinstance(value, Mapping) else None
    if error:
        failure = APIError(said(value, response), response.request, body=error)
        failure.response = response
        failure.request_id = response.headers.get("x-request-id")
        raise failure


def no_stream(operation: Operation[Any], response: Response) -> APIError:
    """Return the error for an answer, whose body has been read, that should have been a stream."""
    try:
        raise_if_error(response.content, response)
    except ValueError:
        pass  # no JSON
    except APIError as error:
        return error
    contents = contents_for(operation, response.status_code)
    return _unexpected(response, tuple(c for c in contents if c.kind in {"events", "lines"}))


def _unexpected(response: Response, contents: tuple[Content, ...]) -> APIResponseValidationError:
    content_type = response.headers.get("content-type", "no content type")
    wanted = " or ".join(c.media_type for c in contents) or "what the API promises"
    hint = (
        "; that is a web page: is `base_url` right, with its path (such as `/v1`)?"
        if "html" in content_type
        else ""
    )
    msg = f"{response.status_code} with {content_type} instead of {wanted} from {_where(response)}{hint}"
    return APIResponseValidationError(response, response.text, message=msg)


def _undecodable(
    response: Response, content: Content, exc: ValueError
) -> APIResponseValidationError:
    what = content.type.name if content.type is not None else "JSON"
    return invalid(response, what, str(exc))


def invalid(response: Response, what: str, reason: str) -> APIResponseValidationError:
    """Return the error for a *response* that is no valid *what*, for this *reason*."""
    reason = " ".join(reason.split())[:300]
    msg = f"the answer of {_where(response)} is no valid {what}: {reason}"
    return APIResponseValidationError(response, response.text, message=msg)


def _where(response: Response) -> str:
    return f"{response.method} {redacted(response.url).partition('?')[0]}"
