"""
Transfers: files that come from a server or go to it, of any size, in memory that does not grow.

`download` and `async_download` write beside the place, go on after a cut and in a later call, check
what came, and use several connections where that helps (RFC 9110 §14; RFC 9530). `with_progress`
tells how far an upload is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ._addresses import origin, redacted
from ._checksums import Checksum
from ._colours import Awaiting, Blocking
from ._downloads import Download
from ._fetching import Fetching
from ._flows import compose
from ._messages import Headers, Request
from ._meters import Meter
from ._part_files import KeptFile, PartFile
from ._uploads import Watched
from .clients import AsyncClient, BaseClient, SyncClient
from .errors import ConfigurationError, SDKError
from .operations import Content, Operation
from .options import Timeout
from .policies import Redirect, Retry
from .typing import BinaryTypes, CallOptions, NotGiven, Progress, not_given

if TYPE_CHECKING:
    from ._messages import Response
    from .typing import Flow, Policy

__all__ = ["async_download", "download", "with_progress"]

PARTS = 4
"""How many parts of a large file are fetched at the same time."""

_waits = Retry()


def download(
    client: SyncClient,
    source: Operation[Any] | str,
    file: str | PathLike[str],
    arguments: Mapping[str, object] | None = None,
    *,
    checksum: str | None = None,
    resume: bool = True,
    parts: int = PARTS,
    progress: Progress | None = None,
    **options: Unpack[CallOptions],
) -> Path:
    """
    Download what *source* answers with to *file*.

    Until it is whole, it is ``NAME.part`` beside its place, with ``NAME.part.json``, which says how
    far it is. A connection that is cut is asked for the rest, as often as the client's
    ``max_retries`` says without anything more coming, and as long as its ``retry_budget`` can pay,
    which has it back when more has come; hooks are told of each as of any repeat. A later call, in
    another process, goes on there, too. Bytes are only put behind others if the server says, by a
    strong ``ETag`` or a safe ``Last-Modified``, that the file is still the same (RFC 9110
    §13.1.5); else it begins anew. Only a GET is asked again. The client's ``deadline`` is for each
    request, not for all of them.

    Args:
        client: Sends the requests, authenticated and repeated as all of its requests are. A URL at
            another origin than the client's gets none of its headers and no credential.
        source: An operation, a path, or an absolute URL.
        file: Where to; what is there is replaced at the end, and kept if this fails.
        arguments: Of the operation.
        checksum: What the file must hash to, such as ``"sha256:9f86..."``: any name of `hashlib`.
            What the server says (``Repr-Digest``, ``Content-Digest``, ``Content-MD5``,
            ``x-goog-hash``) is checked in any case.
        resume: Whether what has come is kept when this fails, and used by the next call.
        parts: How many parts may be fetched at the same time, where the file has 32 MB or more and
            the server can. Default: 4.
        progress: Told the bytes that are there, and those that there will be; see
            `sdk_core.progress`.
        **options: What each call may change; see `CallOptions`.

    Returns:
        The path of the file.

    Raises:
        ConfigurationError: An argument cannot be used.
        OSError: The file cannot be written; BlockingIOError if another download is writing it.
        ChecksumError: Other bytes came than should have; nothing of them is kept.
        APIError: The call failed; see `sdk_core.errors`.
    """
    if not isinstance(client, SyncClient):
        msg = "`client` must be a client that blocks; give others to `async_download`"  # type: ignore[unreachable]
        raise ConfigurationError(msg)
    driver = client._driver  # noqa: SLF001  # one family
    fetching = _fetching(
        client, source, file, arguments, checksum, resume, parts, progress, options
    )
    with fetching:
        try:
            driver.run(fetching.flow(Blocking(driver.run)))
        except SDKError as error:
            client._tell(fetching.request, error)  # noqa: SLF001  # one family
            raise
    return Path(file)


async def async_download(
    client: AsyncClient,
    source: Operation[Any] | str,
    file: str | PathLike[str],
    arguments: Mapping[str, object] | None = None,
    *,
    checksum: str | None = None,
    resume: bool = True,
    parts: int = PARTS,
    progress: Progress | None = None,
    **options: Unpack[CallOptions],
) -> Path:
    """Download what *source* answers with to *file*; see `download`."""
    from anyio import CancelScope  # noqa: PLC0415  # blocking programs never need it
    from anyio.to_thread import run_sync  # noqa: PLC0415  # as above

    if not isinstance(client, AsyncClient):
        msg = "`client` must be an asynchronous client; give others to `download`"  # type: ignore[unreachable]
        raise ConfigurationError(msg)
    driver = client._driver  # noqa: SLF001  # one family
    fetching = _fetching(
        client, source, file, arguments, checksum, resume, parts, progress, options
    )
    await run_sync(fetching.__enter__)
    failure: BaseException | None = None
    try:
        await driver.run(fetching.flow(Awaiting(driver.run)))
    except SDKError as error:
        failure = error
        await client._tell(fetching.request, error)  # noqa: SLF001  # one family
        raise
    except BaseException as exc:
        failure = exc
        raise
    finally:
        with CancelScope(shield=True):
            kind = None if failure is None else type(failure)
            await run_sync(fetching.__exit__, kind, failure, None)
    return Path(file)


def with_progress(content: BinaryTypes, progress: Progress | None) -> Watched:
    """
    Return *content*, to be uploaded, with somebody who is told how far it is.

    It can stand wherever *content* could: as a body of bytes, or as a file in a form. Each attempt
    tells from 0 on. What is told is what has been given to the connection.

    Args:
        content: Bytes, an open file, a path, or an iterable of bytes.
        progress: Told the bytes so far, and all that there are: None if that is not known.
    """
    return Watched(content, progress)


def _fetching(
    client: BaseClient,
    source: Operation[Any] | str,
    file: str | PathLike[str],
    arguments: Mapping[str, object] | None,
    checksum: str | None,
    resume: bool,
    parts: int,
    progress: Progress | None,
    options: CallOptions,
) -> Fetching:
    """Check all that can be checked before anything is opened or sent."""
    if type(parts) is not int or not 1 <= parts <= 16:
        msg = f"`parts` must be an integer from 1 to 16, not {parts!r}"
        raise ConfigurationError(msg)
    wanted = None if checksum is None else Checksum.of(checksum)
    request, send = _request(client, source, arguments, options)
    request = request.with_headers({"accept-encoding": "identity"})
    place = PartFile(file)
    can = request.method == "GET" and not place.special
    if resume and can:
        place = KeptFile(file)
    known = Download(
        repeatable=can,
        retries=client._options.max_retries,  # noqa: SLF001  # one family
        backoff=partial(_waits._backoff, base=_waits.base),  # noqa: SLF001  # one family
        most=parts if can else 1,
    )
    meter = Meter(progress, place.target.name)
    url = redacted(request.url)
    return Fetching(
        known,
        place,
        request,
        send,
        url=url,
        checksum=wanted,
        meter=meter,
        budget=client._options.retry_budget,  # noqa: SLF001  # one family
    )


def _request(
    client: BaseClient,
    source: Operation[Any] | str,
    arguments: Mapping[str, object] | None,
    options: CallOptions,
) -> tuple[Request, Callable[[Request], Flow[Response]]]:
    """Return what asks for the file, and the flow that sends it."""
    if isinstance(source, Operation):
        return client._build(source, arguments, "streaming", **options), client._flow_of  # noqa: SLF001  # one family
    if arguments:
        msg = "`arguments` are for operations; write what a URL needs into it, or use `extra_query`"
        raise ConfigurationError(msg)
    try:
        shown, elsewhere = redacted(source), _is_elsewhere(client, source)
    except ValueError:
        msg = "`source` has no valid host and port"
        raise ConfigurationError(msg) from None
    operation: Operation[bytes] = Operation(
        id=f"GET {shown}",
        method="GET",
        path=source if source.startswith("/") else f"/{source}",
        responses={"2XX": (Content("*/*", "bytes"),)},
    )
    if elsewhere:
        return _foreign(client, operation, source, options)
    url = source if _is_absolute(source) else None
    request = client._build(operation, None, "streaming", url=url, **options)  # noqa: SLF001  # one family
    return request, client._flow_of  # noqa: SLF001  # one family


def _is_absolute(source: str) -> bool:
    return "://" in source.partition("?")[0]


def _is_elsewhere(client: BaseClient, source: str) -> bool:
    own = origin(client._base_url)  # noqa: SLF001  # one family
    return _is_absolute(source) and origin(source) != own


def _foreign(
    client: BaseClient, operation: Operation[Any], url: str, options: CallOptions
) -> tuple[Request, Callable[[Request], Flow[Response]]]:
    """Return what asks another origin: nothing goes there that is for the client's own."""
    for name in ("body", "extra_body", "extra_query"):
        if name in options:
            msg = f"`{name}` cannot be used with a URL at another origin"
            raise ConfigurationError(msg)
    own = client._options  # noqa: SLF001  # one family
    timeout = options.get("timeout", not_given)
    agent = client._headers.get("user-agent", "")  # noqa: SLF001  # one family
    headers = {"accept": "*/*", "user-agent": agent, **(options.get("extra_headers") or {})}
    request = Request(
        "GET",
        url,
        Headers({name: value for name, value in headers.items() if isinstance(value, str)}),
        None,
        own.timeout if isinstance(timeout, NotGiven) else Timeout.of(timeout),
        stream=True,
        operation=operation,
        hooks=own.hooks,
        foreign=True,
    )
    policies: list[Policy] = [Retry(own.max_retries, own.deadline, budget=own.retry_budget)]
    if own.hooks is not None:
        from ._telling import tell_attempt  # noqa: PLC0415  # what is off is not loaded

        policies.append(tell_attempt)
    return request, compose([*policies, Redirect()])
