"""The garbage collector, paused while a large answer is decoded."""

from __future__ import annotations

import gc
import threading

__all__ = ["Pause", "paused"]


class Pause:
    """
    A block in which the garbage collector does not run.

    What a decoder builds holds no cycles, and all of it is alive: looking through it finds nothing,
    and costs a fifth of the time. Threads may be inside at once; the last one out starts the
    collector again, if it ran before the first came in.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._ran = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._ran = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._ran:
                gc.enable()


paused = Pause()
"""The one of this process: there is one collector."""
