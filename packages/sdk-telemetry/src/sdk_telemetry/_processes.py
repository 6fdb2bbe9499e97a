"""What becomes of clients when their process forks, is told to end, or ends."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable, Iterable
from threading import Thread
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet, ref

if TYPE_CHECKING:
    from ._pipeline import Pipeline

__all__ = ["begin_close", "close", "exit_timeout", "install", "watch", "watch_pool"]

_EXIT: Final = "SDK_TELEMETRY_EXIT_TIMEOUT"
_EXIT_TIMEOUT: Final = 5.0  # seconds
_GRACE: Final = 0.25  # seconds that who closes may need beyond its time

_pipelines: WeakSet[Pipeline] = WeakSet()  # a client that nobody has any more is not kept alive
_watching = False
_pools: set[int] = set()


def exit_timeout() -> float:
    """Return how many seconds the end of the process may be held up: ``SDK_TELEMETRY_EXIT_TIMEOUT``."""
    try:
        timeout = float(os.environ.get(_EXIT, ""))
    except ValueError:
        return _EXIT_TIMEOUT
    return timeout if 0 <= timeout < 86_400 else _EXIT_TIMEOUT


def watch(pipeline: Pipeline) -> None:
    """Close a pipeline when the process ends, and begin it anew in forked children."""
    global _watching  # noqa: PLW0603  # once a process
    _pipelines.add(pipeline)
    if not _watching:
        _watching = True
        atexit.register(_close_all)
        if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows has no fork
            os.register_at_fork(after_in_child=_forked)


def watch_pool() -> None:
    """Close pipelines at the end of a worker of multiprocessing, too: it ends without `atexit`."""
    processes = sys.modules.get("multiprocessing.process")
    if processes is None or processes.parent_process() is None or os.getpid() in _pools:
        return
    from multiprocessing.util import Finalize  # noqa: PLC0415  # only where it runs already

    _pools.add(os.getpid())
    Finalize(None, _close_all, exitpriority=0)


def _forked() -> None:
    for pipeline in list(_pipelines):
        pipeline.forked()


def _close_all() -> None:
    close(list(_pipelines), exit_timeout())


def close(pipelines: Iterable[Pipeline], timeout: float) -> None:
    """Close pipelines, all at the same time, and wait *timeout* seconds for them at the most."""
    pipelines = list(pipelines)
    until = begin_close(pipelines, timeout)
    for pipeline in pipelines:
        pipeline.wait_closed(until - monotonic())


def begin_close(pipelines: Iterable[Pipeline], timeout: float) -> float:
    """Close pipelines, and return when they have by (monotonic seconds)."""
    until = monotonic() + timeout
    for pipeline in pipelines:
        pipeline.begin_close(until - min(_GRACE, timeout / 4))
    return until


def install(pipeline: Pipeline, signals: Iterable[int], timeout: float | None) -> None:
    """
    Close a pipeline at signals, and then do what was done at them before.

    Raises:
        ValueError: The caller is not the main thread.
    """
    for number in signals:
        signal.signal(number, _closing(ref(pipeline), signal.getsignal(number), timeout))


def _closing(
    pipeline: Callable[[], Pipeline | None],
    before: Any,
    timeout: float | None,
) -> Callable[[int, FrameType | None], None]:
    def on_signal(number: int, frame: FrameType | None) -> None:
        found = pipeline()
        if found is not None:
            seconds = exit_timeout() if timeout is None else timeout
            # In a thread of its own: what the signal interrupted may have a lock that closing needs.
            thread = Thread(target=close, args=([found], seconds), daemon=True)
            thread.start()
            thread.join(seconds)
        if callable(before):
            before(number, frame)
        elif before == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    return on_signal
