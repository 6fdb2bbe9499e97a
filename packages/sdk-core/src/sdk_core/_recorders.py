"""Recording and replaying: transports that write what goes through them to a file, and read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from ._cassettes import load
from ._censor import Scrub
from ._fakes import awhole, whole
from ._messages import Request, Response
from ._outgoing import CLOSED
from ._tapes import MATCH_ON, Tape, replayed
from .errors import APIConnectionError, ConfigurationError

if TYPE_CHECKING:
    from .transports import TransportLike

Mode: TypeAlias = Literal["replay", "auto", "record"]


class Replayer:
    """
    Answer requests from a cassette, without a network, for clients of either colour.

    Each recording is played once, the first that fits. A request that none fits raises
    `UnexpectedRequestError`, which says how it differs from the nearest.

    Args:
        file: The cassette.
        match_on: What must be the same: ``method``, ``url`` (without credentials, in any order of
            its query), ``path``, ``query``, ``body`` (JSON by its value) and ``header:NAME``.
        scrub: As for `Recorder`; give both the same.

    Raises:
        ConfigurationError: The file is missing, is no cassette, is damaged or of another version.
    """

    def __init__(
        self,
        file: str | PathLike[str],
        *,
        match_on: Iterable[str] = MATCH_ON,
        scrub: Scrub | None = None,
    ) -> None:
        self._tape = Tape(file, load(file), match_on, scrub)

    def open_transport(self, *, synchronous: bool) -> Any:
        """Return a transport for one client; see `transports.TransportFactory`."""
        return _Playing(self._tape) if synchronous else _AsyncPlaying(self._tape)

    @property
    def unused(self) -> list[str]:
        """The recorded requests that have not been sent."""
        return self._tape.unplayed()

    def assert_all_used(self) -> None:
        """Raise AssertionError if there are recordings that nobody has asked for."""
        if unused := self.unused:
            msg = f"no request came for {len(unused)} of the recordings: {', '.join(unused)}"
            raise AssertionError(msg)


class Recorder:
    """
    Write what goes through another transport to a cassette, for clients of either colour.

    The file is written when a client is closed and at the end of ``with``, in one step. It holds no
    credential: none that a header or a URL of any of the calls has held, wherever it stands, and
    nothing that is called like one (``access_token``, ``client_secret``, ...). Bodies are held in
    memory.

    Args:
        file: The cassette; folders are made.
        transport: What a client takes under this name.
        http_client: As for clients.
        mode: ``record`` begins anew, ``auto`` plays what the file has and adds what it has not.
        match_on: As for `Replayer`.
        scrub: Given each body, returns what may be kept of it; for what only you know to be secret.
            It is given those of requests that are compared, too.

    Raises:
        ConfigurationError: An argument cannot be used, or with ``auto`` the file.
    """

    def __init__(
        self,
        file: str | PathLike[str],
        transport: TransportLike | None = None,
        *,
        http_client: Any = None,
        mode: Literal["auto", "record"] = "record",
        match_on: Iterable[str] = MATCH_ON,
        scrub: Scrub | None = None,
    ) -> None:
        if mode not in {"auto", "record"}:
            msg = f"`mode` must be 'auto' or 'record' here, not {mode!r}"
            raise ConfigurationError(msg)
        recorded = load(file) if mode == "auto" and Path(fspath(file)).exists() else []
        self._tape = Tape(file, recorded, match_on, scrub)
        self._transport = transport
        self._http_client = http_client

    def open_transport(self, *, synchronous: bool) -> Any:
        """Return a transport for one client; see `transports.TransportFactory`."""
        from ._engines import open_transport  # noqa: PLC0415  # engines are costly to import

        inner = open_transport(self._transport, self._http_client, synchronous=synchronous)
        return (_Playing if synchronous else _AsyncPlaying)(self._tape, inner)

    def save(self) -> None:
        """Write the file, if there is anything new."""
        self._tape.save()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.save()


@contextmanager
def recorded(
    file: str | PathLike[str],
    *,
    mode: Mode = "replay",
    transport: TransportLike | None = None,
    http_client: Any = None,
    match_on: Iterable[str] = MATCH_ON,
    scrub: Scrub | None = None,
) -> Iterator[Recorder | Replayer]:
    """
    Yield a transport that plays a cassette, or makes one; for clients of either colour.

    Args:
        file: The cassette.
        mode: ``replay`` sends nothing, ``auto`` sends and records what the file has not, ``record``
            begins anew.
        transport: What carries the calls that are recorded.
        http_client: As for clients.
        match_on: As for `Replayer`.
        scrub: As for `Recorder`.

    Raises:
        ConfigurationError: An argument or the file cannot be used.
    """
    if mode not in {"replay", "auto", "record"}:
        msg = f"`mode` must be 'replay', 'auto' or 'record', not {mode!r}"
        raise ConfigurationError(msg)
    if mode == "replay":
        yield Replayer(file, match_on=match_on, scrub=scrub)
        return
    with Recorder(
        file, transport, http_client=http_client, mode=mode, match_on=match_on, scrub=scrub
    ) as recorder:
        yield recorder


class _Playing:
    """What a client that blocks sends through; *inner* carries what is recorded, None: nothing is."""

    def __init__(self, tape: Tape, inner: Any = None) -> None:
        self._tape = tape
        self._inner = inner
        self.closed = False

    def send(self, request: Request) -> Response:
        if self.closed:
            raise ConfigurationError(CLOSED)
        request = whole(request)
        if found := self._tape.find(request):
            return replayed(found, request)
        if self._inner is None:
            raise self._tape.unexpected(request)
        take = self._tape.begin(request)
        try:
            return take.answered(self._inner.send(request))
        except APIConnectionError as error:
            take.failed(error)
            raise

    def close(self) -> None:
        self.closed = True
        if self._inner is not None:
            self._inner.close()
            self._tape.save()


class _AsyncPlaying:
    """The asynchronous twin of `_Playing`."""

    def __init__(self, tape: Tape, inner: Any = None) -> None:
        self._tape = tape
        self._inner = inner
        self.closed = False

    async def send(self, request: Request) -> Response:
        if self.closed:
            raise ConfigurationError(CLOSED)
        request = await awhole(request)
        if found := self._tape.find(request):
            return replayed(found, request)
        if self._inner is None:
            raise self._tape.unexpected(request)
        take = self._tape.begin(request)
        try:
            return take.answered(await self._inner.send(request))
        except APIConnectionError as error:
            take.failed(error)
            raise

    async def aclose(self) -> None:
        self.closed = True
        if self._inner is not None:
            await self._inner.aclose()
            self._tape.save()
