"""Tapes: what is recorded and played, which request fits which recording, and what is kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ._cassettes import Answer, Failure, Recording, Sent, save
from ._censor import MARK, Censor, Scrub, words_in, words_of
from ._closing import hurry
from ._exchanges import differences
from ._fakes import UnexpectedRequestError, deliver
from ._messages import ByteStream, Request, Response
from .errors import APIConnectionError, ConfigurationError

MATCH_ON = ("method", "url", "body")
_SHOWN = 5  # differences in one message
_CLOSED_EARLY = (
    "Connection error: the recording ends here, for its reader closed the stream; record it again"
)
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?')


def _query(sent: Sent) -> list[list[str]]:
    """Return the members of the query, sorted, but credentials: a test needs none to replay."""
    pairs = parse_qsl(urlsplit(sent.url).query, keep_blank_values=True)
    return sorted([name, value] for name, value in pairs if value != MARK)


_ASPECTS: Mapping[str, Callable[[Sent], Any]] = {
    "method": lambda sent: sent.method,
    "url": lambda sent: [sent.url.partition("?")[0], _query(sent)],
    "path": lambda sent: urlsplit(sent.url).path,
    "query": _query,
    "body": lambda sent: sent.value,
}


class Matching:
    """
    What two requests must have in common.

    Args:
        names: Of `_ASPECTS`, or ``header:NAME``.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._aspects = {name: _aspect(name) for name in names}
        if isinstance(names, str) or not self._aspects:
            msg = f"`match_on` must be a list of {', '.join(_ASPECTS)} or header:NAME"
            raise ConfigurationError(msg)

    def differences(self, recorded: Sent, sent: Sent) -> list[str]:
        """Return where the two differ, one sentence for each place."""
        return [
            difference
            for name, of in self._aspects.items()
            for difference in differences(of(recorded), of(sent), name)
        ]


def _aspect(name: str) -> Callable[[Sent], Any]:
    if name.startswith("header:"):
        header = name.partition(":")[2].lower()
        return lambda sent: sent.headers.get(header)
    if name not in _ASPECTS:
        msg = f"`match_on` takes {', '.join(_ASPECTS)} and header:NAME, not {name!r}"
        raise ConfigurationError(msg)
    return _ASPECTS[name]


def kept(request: Request, censor: Censor) -> Sent:
    """Return what is kept of *request*, whose body is in memory."""
    content = request.content
    assert content is None or isinstance(content, bytes)
    body, headers = content or b"", dict(request.headers)
    declared = headers.get("content-type", "")
    if declared.startswith("multipart/") and (found := _BOUNDARY.search(declared)):
        # Drawn anew for each call, which would neither match nor compare.
        headers["content-type"] = declared.replace(found[1], "boundary")
        body = body.replace(found[1].encode(), b"boundary")
    body = b"".join(censor.body((body,)))
    return Sent(request.method, censor.url(request.url), censor.headers(headers), body)


class Take:
    """One call that is being recorded, secrets and all; what leaves it has none."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.response: Response | None = None
        self.pieces: list[bytes] = []
        self.failure: Failure | None = None
        self.streamed = False
        self._open = True

    def answered(self, response: Response) -> Response:
        """Take down *response*, and listen to its body if that has not been read."""
        self.response = response
        if response.stream is None:
            self.pieces.append(response.content)
            return response
        self.streamed = True
        self.failure = Failure("closed", _CLOSED_EARLY)  # until it has been read to its end
        response.stream = Listening(response.stream, self)
        return response

    def failed(self, error: APIConnectionError) -> None:
        """Note the error that ends the call."""
        self._open, self.failure = False, Failure.of(error)

    def ended(self) -> None:
        """Note that the body has been read to its end."""
        if self._open:
            self._open, self.failure = False, None

    def closed(self) -> None:
        """Note that nothing more of the body will be read; what is read then is no end of it."""
        self._open = False

    def words(self) -> Iterator[str]:
        """Yield the secrets in it."""
        yield from words_in(self.request)
        if self.response is not None:
            yield from words_of(self.response.headers)

    def recording(self, censor: Censor) -> Recording | None:
        """Return what is kept of it; None if nothing came, not even an error of the network."""
        response, answer, failure = self.response, None, self.failure
        if response is None and failure is None:
            return None
        if response is not None:
            pieces = censor.body(self.pieces)
            headers = censor.headers(response.headers)
            size = sum(map(len, pieces))
            if size != sum(map(len, self.pieces)) and "content-length" in headers:
                headers["content-length"] = str(size)
            answer = Answer(
                response.status_code, headers, pieces, self.streamed, response.http_version
            )
        if failure is not None:
            failure = Failure(failure.kind, censor.text(failure.message), failure.maybe_processed)
        return Recording(kept(self.request, censor), answer, failure)


class Listening:
    """A body that is written down while it is read, in either colour."""

    def __init__(self, body: ByteStream, take: Take) -> None:
        self._body = body
        self._take = take
        self._pieces: AsyncIterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._body:
                self._take.pieces.append(piece)
                yield piece
        except APIConnectionError as error:
            self._take.failed(error)
            raise
        self._take.ended()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._pieces is None:
            self._pieces = aiter(self._body)
        try:
            piece = await anext(self._pieces)
        except StopAsyncIteration:
            self._take.ended()
            raise
        except APIConnectionError as error:
            self._take.failed(error)
            raise
        self._take.pieces.append(piece)
        return piece

    def hurry(self, seconds: float) -> None:
        hurry(self._body, seconds)

    def close(self, *, grace: float = 0.0) -> None:
        self._take.closed()
        self._body.close(grace=grace)

    async def aclose(self, *, grace: float = 0.0) -> None:
        self._take.closed()
        await self._body.aclose(grace=grace)

    def abandon(self) -> None:
        """Have the body closed that its reader has dropped, where it can be."""
        self._take.closed()
        getattr(self._body, "abandon", bool)()


class Tape:
    """Recordings, those that have been played, and those that are being made."""

    def __init__(
        self,
        file: str | PathLike[str],
        recorded: Sequence[Recording],
        match_on: Iterable[str],
        scrub: Scrub | None,
    ) -> None:
        self.path = Path(fspath(file))
        self._recorded = recorded
        self._left = list(range(len(recorded)))
        self._matching = Matching(match_on)
        self._hook = scrub
        self._takes: list[Take] = []
        self._lock = Lock()

    def find(self, request: Request) -> Recording | None:
        """Return the first recording of *request* that has not been played, and mark it so."""
        sent = self._sent(request)
        with self._lock:
            for place in self._left:
                if not self._matching.differences(self._recorded[place].sent, sent):
                    self._left.remove(place)
                    return self._recorded[place]
        return None

    def _sent(self, request: Request) -> Sent:
        return kept(request, Censor(words_in(request), self._hook))

    def unexpected(self, request: Request) -> UnexpectedRequestError:
        """Return the error for a request that has not been recorded, or not so often."""
        sent = self._sent(request)
        nearest = min(
            (
                (self._matching.differences(each.sent, sent), number)
                for number, each in enumerate(self._recorded, 1)
            ),
            key=lambda found: len(found[0]),
            default=None,
        )
        if nearest is None:
            why = "which is empty"
        elif not nearest[0]:
            why = f"so often: recording {nearest[1]} is like it, and has been played"
        else:
            shown = "; ".join(nearest[0][:_SHOWN])
            more = f"; and {len(nearest[0]) - _SHOWN} more" if len(nearest[0]) > _SHOWN else ""
            why = f"the nearest is recording {nearest[1]}: {shown}{more}"
        msg = (
            f"{sent.method} {sent.url} has not been recorded in {self.path}, {why}; "
            "record it with mode='auto'"
        )
        return UnexpectedRequestError(msg, request)

    def unplayed(self) -> list[str]:
        sent = [self._recorded[place].sent for place in self._left]
        return [f"{each.method} {each.url}" for each in sent]

    def begin(self, request: Request) -> Take:
        """Begin to record *request*; the order is that of the beginnings."""
        take = Take(request)
        with self._lock:
            self._takes.append(take)
        return take

    def save(self) -> None:
        """Write all of it to the file, if there is anything new."""
        with self._lock:
            takes = list(self._takes)
        # Of all calls together: the answer to one may hold the credential of the next.
        censor = Censor({word for take in takes for word in take.words()}, self._hook)
        made = [recording for take in takes if (recording := take.recording(censor))]
        if made:
            save(self.path, [*self._recorded, *made])


def replayed(recording: Recording, request: Request) -> Response:
    error = None if recording.failure is None else recording.failure.error(request)
    answer = recording.answer
    if answer is None:
        assert error is not None  # there is one of the two
        raise error
    pieces: list[bytes | Exception] = [*answer.pieces]
    if error is not None:
        pieces.append(error)
    return deliver(request, answer.status, answer.headers, pieces, answer.http_version)
