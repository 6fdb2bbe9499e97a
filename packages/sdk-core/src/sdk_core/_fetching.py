"""Fetching: the flow that brings a file, and what the two colours do for it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from ._checksums import Checksum, Hashing, of_file
from ._downloads import Anew, Body, Download, Part
from ._effects import Call, Sleep
from ._part_files import KeptFile, PartFile
from .errors import APIConnectionError, APIStatusError, ChecksumError
from .policies._origins import origin_of

if TYPE_CHECKING:
    from ._messages import Request, Response
    from ._meters import Meter
    from .policies import RetryBudget
    from .typing import Flow

_KEEP_EVERY = 1.0  # seconds: so much work is lost where a process is killed
_SILENCE = 60.0  # seconds without a byte after which a part is asked for again


class Colour(Protocol):
    """What a flow cannot do; each method returns what `Call` awaits, if it is asynchronous."""

    def begin(self, body: Body, fetching: Fetching) -> Any:
        """Let *fetching* get ready for the body; if it cannot, let go of it."""

    def drain(self, body: Body, fetching: Fetching) -> Any:
        """Let *fetching* take the body, piece by piece, and let go of it."""

    def work(self, function: Callable[[], object]) -> Any:
        """Call *function*, which blocks."""

    def release(self, response: Response) -> Any:
        """Let go of a body that nobody wants."""

    def together(self, flows: Sequence[Flow[None]], fetching: Fetching) -> Any:
        """Run *flows* at the same time; return the first error, once all have ended."""


class Fetching:
    """
    Brings a file.

    Args:
        download: What is known of it.
        file: Where it goes.
        request: What asks for all of it.
        send: The client's flow.
        url: Where it comes from, without secrets.
        checksum: What the caller says that it hashes to.
        meter: Counts.
        budget: Pays for what is asked again; None: all is free.

    Attributes:
        request: As above.
        stopped: Whether all of it is to end.
    """

    def __init__(
        self,
        download: Download,
        file: PartFile,
        request: Request,
        send: Callable[[Request], Flow[Response]],
        *,
        url: str,
        checksum: Checksum | None,
        meter: Meter,
        budget: RetryBudget | None = None,
    ) -> None:
        self.stopped = False
        self._download = download
        self._file = file
        self.request = request
        self._send = send
        self._url = url
        self._given = [] if checksum is None else [checksum]
        self._meter = meter
        self._budget = budget
        self._hashing: Hashing | None = None
        self._last: Response | None = None
        self._keep_lock = Lock()
        self._kept_at = 0.0

    def __enter__(self) -> Self:
        self._file.__enter__()
        self._kept_at = time.monotonic()
        if isinstance(self._file, KeptFile):
            self._download.go_on(self._file.known, self._url)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopped = True
        try:
            if exc is not None:
                self._give_up(exc)
                return
            try:
                self._file.commit()
            except OSError as failure:  # all of it is there, and cannot be moved to its place
                self._give_up(failure)
                raise
        finally:
            try:
                self._file.close()
            finally:
                self._meter.close()

    def _give_up(self, exc: BaseException) -> None:
        """Keep what is worth it, and remove the rest."""
        if not self._worth_keeping(exc):
            self._file.discard()
            return
        # On a full disk; what was kept before still counts. A file may have been closed already.
        with suppress(OSError, ValueError):
            self._keep()
        exc.add_note(f"{self._download.written} bytes are kept; the next call goes on")

    def _worth_keeping(self, exc: BaseException) -> bool:
        download = self._download
        known = download.validator is not None and download.written > 0
        return isinstance(self._file, KeptFile) and known and not isinstance(exc, ChecksumError)

    def flow(self, colour: Colour) -> Flow[None]:
        """Return the flow that brings the whole file, and checks it."""
        while True:
            self.stopped = False
            try:
                yield from self._attempt(colour)
                break
            except Anew:
                continue
        yield Call(partial(colour.work, self._check))

    def _attempt(self, colour: Colour) -> Flow[None]:
        download = self._download
        body: Body | None = None
        if len(download.parts) == 1:
            body = yield from self._ask(download.parts[0], colour)
            if body is None:  # all of it was there
                yield Call(partial(colour.work, self._prepare))
                return
            download.split(body)
            yield Call(partial(colour.begin, body, self))
        else:
            yield Call(partial(colour.work, self._prepare))
        todo = deque(part for part in download.waiting if body is None or part is not body.part)
        workers = max(1, min(download.most, len(todo) + (body is not None)))
        flows = [self._bring(todo, colour, body if n == 0 else None) for n in range(workers)]
        if workers == 1:
            yield from flows[0]
        elif error := (yield Call(partial(colour.together, flows, self))):
            raise error

    def _bring(self, todo: deque[Part], colour: Colour, body: Body | None) -> Flow[None]:
        """Bring one part after the other; *body* is the beginning of the first."""
        if body is not None:
            yield from self._bring_part(body.part, colour, body)
        while todo and not self.stopped:
            yield from self._bring_part(todo.popleft(), colour, None)

    def _bring_part(self, part: Part, colour: Colour, body: Body | None) -> Flow[None]:
        owed = 0  # what the last repeat cost; given back once it has brought something
        while body is not None or not (part.complete or self.stopped):
            if body is None:
                body = yield from self._ask(part, colour)
                if body is None:
                    return
                part = body.part  # another one, if it is the whole file
            position, failure = part.position, None
            try:
                yield Call(partial(colour.drain, body, self))
                if not self.stopped:
                    body.ended()
            except APIConnectionError as error:
                failure = error
            if owed and part.position > position:
                yield from self._give_back(owed)
                owed = 0
            if failure is not None:
                wait = self._download.cut(part, failure)
                owed = yield from self._repeat(failure, wait)
            body = None

    def _repeat(self, error: APIConnectionError, wait: float) -> Flow[int]:
        """Pay for asking again, and wait; return what it cost. Raises *error* if nothing is left."""
        budget, request, why = self._budget, self.request, type(error).__name__
        hooks, origin = request.hooks, origin_of(request.url)
        if budget is not None and not (yield from budget.take(request, origin, budget.transient)):
            error.args = (f"{error.message} (not repeated: the retry budget is spent)",)
            if hooks is not None:
                from .hooks import BudgetEvent  # noqa: PLC0415  # only who listens needs it

                yield from hooks.tell(BudgetEvent(request, why, budget.tokens(origin)))
            raise error
        if hooks is not None:
            from .hooks import RetryEvent  # noqa: PLC0415  # as above

            yield from hooks.tell(RetryEvent(request, wait, why, error))
        yield Sleep(wait)
        return 0 if budget is None else budget.transient

    def _give_back(self, owed: int) -> Flow[None]:
        assert self._budget is not None  # or nothing would have been paid
        yield from self._budget.give(self.request, origin_of(self.request.url), owed)

    def _ask(self, part: Part, colour: Colour) -> Flow[Body | None]:
        """Ask for the rest of *part*; return None if there is nothing more."""
        request, headers = self.request, self._download.ask(part)
        if headers:
            request = request.with_headers(headers)
        if len(self._download.parts) > 1:  # one that is silent would hold up all
            request = request.evolve(timeout=request.timeout.within(_SILENCE))
        response = yield from self._send(request)
        self._last = response
        if response.status_code >= 400 and not (headers and response.status_code == 416):
            raise APIStatusError.of(response)
        try:
            body = self._download.answered(part, response, ranged=bool(headers))
        except Exception:
            yield Call(partial(colour.release, response))
            raise
        if self._hashing is None or (body is not None and body.whole):
            found = [] if body is None else of_file(response.headers)
            self._hashing = Hashing([*self._given, *found])
        return body

    def _prepare(self) -> None:
        """Give the file the size that it should have now."""
        download = self._download
        if self._file.special:
            return
        alone = len(download.parts) == 1
        self._file.resize(download.parts[0].position if alone else download.total or 0)
        if isinstance(self._file, KeptFile):
            self._keep()

    def _keep(self) -> None:
        assert isinstance(self._file, KeptFile)
        with self._keep_lock:
            self._file.keep(self._download.sidecar(self._url))
            self._kept_at = time.monotonic()

    def begin(self, body: Body) -> None:
        """Get ready for *body*; does what takes time, in any thread."""
        if body.first:
            body.first = False
            self._prepare()

    def take(self, body: Body, data: bytes) -> None:
        """Write *data*, the next piece of *body*; as above."""
        if self.stopped:
            return
        part, hashing = body.part, self._hashing
        data = body.fitting(data)
        self._file.write(data, part.position)
        # Bytes behind a gap wait until the end; no two parts can stand at the same place.
        if hashing is not None and hashing.position == part.position:
            hashing.update(data)
        body.sums.update(data)
        part.position += len(data)
        if (
            isinstance(self._file, KeptFile)
            and time.monotonic() - self._kept_at >= _KEEP_EVERY
            and not self._keep_lock.locked()
        ):
            self._keep()

    def tell(self, body: Body) -> bool:
        """Tell the progress; return whether more of *body* is wanted."""
        self._meter.measure(lambda: (self._download.written, self._download.total))
        return not self.stopped and body.more

    def _check(self) -> None:
        """Hash what could not be hashed on its way, and compare."""
        hashing = self._hashing
        assert hashing is not None
        assert self._last is not None
        if not hashing:
            return
        if not self._file.special:
            for piece in self._file.read(hashing.position):
                hashing.update(piece)
        hashing.check(self._last)
