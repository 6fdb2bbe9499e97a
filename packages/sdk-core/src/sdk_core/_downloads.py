"""
Downloads: what to ask next, and what an answer means.

Sans-IO. A file is a list of parts that touch: one, or several that are fetched at the same time.
Nothing is put behind bytes that are in hand unless the server says, by a strong validator, that it
is still the same file (RFC 9110 §13.1.5 and §15.3.7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING

import attrs

from ._checksums import Hashing, of_body
from ._part_files import Sidecar
from ._ranges import content_range, contradicts, encoded, size, validator
from .errors import APIConnectionError, APIResponseValidationError

if TYPE_CHECKING:
    from ._messages import Response

WORTH_PARTS = 32 << 20
"""Bytes from which on several connections may be faster than one."""

_LARGEST_PARTS_LEFT = 64  # what a sidecar may make of a file
_RESTARTS = 5


@attrs.define(eq=False)
class Part:
    """
    A part of the file.

    Attributes:
        start: Its first byte.
        position: The next byte to ask for.
        end: The byte after its last; None if only the end will tell.
    """

    start: int = 0
    position: int = 0
    end: int | None = None

    @property
    def complete(self) -> bool:
        """Whether all of it is in hand."""
        return self.end is not None and self.position >= self.end


@attrs.define(eq=False)
class Body:
    """
    An answer whose body goes to *part*.

    Attributes:
        end: Where in the file the body must end; None if the answer does not say.
        whole: Whether it is the whole file, from its first byte.
        first: Whether the file must be got ready for it: nothing else has been written.
        sums: Of the bytes of this body.
    """

    response: Response
    part: Part
    end: int | None
    whole: bool
    first: bool
    sums: Hashing

    @property
    def more(self) -> bool:
        """Whether bytes are wanted, or at least the end of the body."""
        end = self.part.end
        return end is None or self.part.position < end or self.end == end

    def fitting(self, data: bytes) -> bytes:
        """
        Return as much of *data* as belongs to the part.

        Raises:
            APIResponseValidationError: The body is longer than the answer says.
        """
        position, end = self.part.position, self.part.end
        if self.end is not None and position + len(data) > self.end:
            msg = f"the answer is longer than it says: more than {self.end - self.part.start} bytes"
            raise APIResponseValidationError(self.response, None, message=msg)
        return data if end is None else data[: end - position]

    def ended(self) -> None:
        """
        Take note that the body has come to its end.

        Raises:
            APIConnectionError: It is shorter than the answer says.
            ChecksumError: It is not what the answer says.
        """
        part = self.part
        if self.end is None and self.whole:
            part.end = part.position
        elif self.end is not None and part.position < self.end:
            if part.complete:  # the rest of the body belongs to other parts
                return
            msg = f"Connection error: the answer ended {self.end - part.position} bytes too early"
            raise APIConnectionError(message=msg, request=self.response.request)
        self.sums.check(self.response)


class Anew(Exception):
    """
    Another answer is needed before anything can be written: the file begins anew.

    Attributes:
        response: What says so.
    """

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@attrs.define
class _Tries:
    """How often a part has been asked for in vain, and how far it had ever come before that."""

    best: int = 0
    fruitless: int = 0


class Download:
    """
    What is known of a file that is being downloaded. Safe to share between threads.

    Args:
        repeatable: Whether it may be asked for more than once.
        retries: How often, if nothing more comes.
        backoff: Seconds to wait before repeat number n, from 0.
        most: How many parts may be fetched at the same time.

    Attributes:
        most: As above.
        parts: In order; they touch.
        total: The size of the file; None if that is not known.
        validator: What tells it from others; None: nothing does, so that nothing can be added.
    """

    def __init__(
        self, *, repeatable: bool, retries: int, backoff: Callable[[int], float], most: int
    ) -> None:
        self.parts = [Part()]
        self.total: int | None = None
        self.validator: str | None = None
        self.most = most
        self._repeatable = repeatable
        self._retries = retries
        self._backoff = backoff
        self._ranges = True
        self._splits = most > 1
        self._new = True
        self._tries: dict[int, _Tries] = {}
        self._restarts = 0
        self._lock = Lock()

    def go_on(self, known: Sidecar | None, url: str) -> None:
        """Take over what *known* says, if it is about the file at *url*."""
        if known is None or known.url != url or len(known.parts) > _LARGEST_PARTS_LEFT:
            return
        self.validator, self.total = known.validator, known.size
        self.parts = [Part(*part) for part in known.parts]
        if all(part.complete for part in self.parts):  # one question: is that still the file?
            self.parts = [Part(0, self.total or 0, self.total)]
        self._tries = {part.start: _Tries(part.position) for part in self.parts}

    def sidecar(self, url: str) -> Sidecar:
        """Return what is to be known of the file if this ends here."""
        parts = tuple((part.start, part.position, part.end) for part in self.parts)
        return Sidecar(url, self.validator, self.total, parts)

    @property
    def written(self) -> int:
        """How many bytes are in hand."""
        return sum(part.position - part.start for part in self.parts)

    @property
    def waiting(self) -> list[Part]:
        """The parts that are not complete."""
        return [part for part in self.parts if not part.complete]

    def ask(self, part: Part) -> Mapping[str, str]:
        """Return the headers that ask for the rest of *part*; none ask for the whole file."""
        alone = len(self.parts) == 1
        if self.validator is None or (alone and part.position == 0):
            return {}
        last = "" if alone or part.end is None else part.end - 1
        return {"range": f"bytes={part.position}-{last}", "if-range": self.validator}

    def answered(self, part: Part, response: Response, *, ranged: bool) -> Body | None:
        """
        Say what *response* is for *part*.

        Args:
            part: What was asked for.
            response: An answer with a status below 400, or 416.
            ranged: Whether `ask` asked for a range.

        Returns:
            Where its body goes; None if there is nothing left to come.

        Raises:
            Anew: It cannot be used; the file begins anew.
            APIResponseValidationError: It is no file, or the file does not stay the same.
        """
        with self._lock:
            if part not in self.parts:  # another one has learnt that the file has changed
                raise Anew(response)
            if ranged and response.status_code == 416:
                self._nothing(part, response)
                return None
            if ranged and response.status_code == 206:
                return self._partial(part, response)
            return self._whole(response, ranged=ranged)

    def _nothing(self, part: Part, response: Response) -> None:
        found = content_range(response.headers)
        if len(self.parts) > 1 or found is None or found.total != part.position:
            self._begin_anew(response)
        self.total = part.end = part.position

    def _whole(self, response: Response, *, ranged: bool) -> Body:
        status = response.status_code
        if status == 206 or not response.is_success:
            msg = f"the server answers with status {status}, which is no file"
            raise APIResponseValidationError(response, None, message=msg)
        if ranged:
            several = len(self.parts) > 1  # whose other bodies are on their way
            self._begin_anew(response, usable=not several)
        headers = response.headers
        self.total, self._new = size(headers), False
        usable = self._repeatable and self._ranges and not encoded(headers)
        self.validator = validator(headers) if usable else None
        self.parts = [Part(0, 0, self.total)]
        sums = Hashing(of_body(headers))
        return Body(response, self.parts[0], self.total, whole=True, first=True, sums=sums)

    def _partial(self, part: Part, response: Response) -> Body:
        headers, found = response.headers, content_range(response.headers)
        assert self.validator is not None  # or no range would have been asked for
        if contradicts(headers, self.validator):  # it did not heed If-Range
            self._begin_anew(response)
        if (
            found is None
            or found.start != part.position
            or encoded(headers)
            or (self.total is not None and found.total not in {self.total, None})
        ):
            self._ranges = False  # what this server makes of them cannot be believed
            self._begin_anew(response)
        assert found is not None
        if self.total is None and found.total is not None:
            self.total = part.end = found.total
        sums = Hashing(of_body(headers))
        first, self._new = self._new, False
        return Body(response, part, found.end, whole=False, first=first, sums=sums)

    def split(self, body: Body) -> None:
        """Make several parts of what *body* would bring, if that is worth it and the server can."""
        part, headers = body.part, body.response.headers
        can = not body.whole or "bytes" in headers.get("accept-ranges", "").lower()
        if not can or not self._splits or self.validator is None or part.end is None:
            return
        left = part.end - part.position
        if left < WORTH_PARTS:
            return
        cuts = [part.position + left * n // self.most for n in range(1, self.most)]
        ends = [*cuts[1:], part.end]
        part.end = cuts[0]
        self.parts += [Part(start, start, end) for start, end in zip(cuts, ends, strict=True)]

    def cut(self, part: Part, error: APIConnectionError) -> float:
        """
        Return how many seconds to wait before the rest of *part* is asked for.

        Raises:
            APIConnectionError: *error*: it is of no use any more.
        """
        with self._lock:
            tries = self._tries.setdefault(part.start, _Tries())
            if part.position > tries.best:
                tries.best, tries.fruitless = part.position, 0
            if not self._repeatable or tries.fruitless >= self._retries:
                raise error
            tries.fruitless += 1
            return self._backoff(tries.fruitless - 1)

    def _begin_anew(self, response: Response, *, usable: bool = False) -> None:
        """Forget all; raise `Anew` unless *response* is *usable* as the beginning."""
        self._restarts += 1
        if self._restarts > _RESTARTS:
            msg = f"the file has begun anew {_RESTARTS} times: it changes while it is downloaded"
            raise APIResponseValidationError(response, None, message=msg)
        self.validator = self.total = None
        self.parts = [Part()]
        self._tries.clear()
        self._splits = False  # it is no server, or no time, for several connections
        if not usable:
            raise Anew(response)
