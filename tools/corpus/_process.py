"""Run a program in a process of its own, and say what it cost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

__all__ = ["CORE", "Done", "environment", "python", "run"]

CORE = Path(__file__).parents[2] / "packages" / "sdk-core" / "src"
"""What generated packages stand on."""

POLL, SAMPLE = 0.02, 0.2
"""Seconds between two looks at whether the process has ended, and at how much memory it has."""


@attrs.frozen
class Done:
    """
    A process that has ended.

    Attributes:
        code: Its exit code; negative if a signal ended it.
        wall: Seconds from its start to its end.
        cpu: Seconds of CPU, its children's included.
        peak_mb: The most memory that it and its children had at one time, in MB.
        late: Whether it was ended because its time was up.
    """

    code: int
    out: str
    err: str
    wall: float
    cpu: float
    peak_mb: float
    late: bool = False

    @property
    def last_line(self) -> str:
        """The last line that it printed, on standard error if there is one."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1].strip() if lines else f"exit code {self.code}"


def environment(home: Path, *sources: Path, seed: int = 0) -> dict[str, str]:
    """
    Return the variables of a process that shall know nothing of this one.

    Args:
        home: A folder for what programs keep for later, such as caches.
        sources: Where Python shall look for packages.
        seed: Of the hashes of strings: the order of sets must not matter.
    """
    return {
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        "PYTHONHASHSEED": str(seed),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def python(*arguments: str | Path) -> list[str]:
    """Return the command that runs this interpreter."""
    return [sys.executable, *map(str, arguments)]


def run(
    command: Sequence[str],
    *,
    limit: float,
    folder: Path,
    variables: Mapping[str, str],
) -> Done:
    """Run *command* in *folder*; after *limit* seconds it is ended, with all that it started."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=folder,
            env=dict(variables),
            start_new_session=True,  # so that its children can be found, and ended
        )
        peak, late, looked = 0.0, False, 0.0
        try:
            while True:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                now = time.monotonic()
                if ended:
                    break
                if now - looked >= SAMPLE:
                    peak, looked = max(peak, _memory(process.pid)), now
                if not late and now - started > limit:
                    late = True
                    os.killpg(process.pid, signal.SIGKILL)
                time.sleep(POLL)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    unit = 1 if sys.platform == "darwin" else 1024
    return Done(
        code=process.returncode,
        out=texts[0],
        err=texts[1],
        wall=now - started,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=max(peak, usage.ru_maxrss * unit / 1e6),
        late=late,
    )


def _memory(session: int) -> float:
    """Return the resident memory of all processes of a session, in MB; 0 where there is no /proc."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += int(fields[21])
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
    return total * os.sysconf("SC_PAGE_SIZE") / 1e6
