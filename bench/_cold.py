"""Measure one contender from its import on; run as a script, in an interpreter of its own.

`python -I _cold.py STARTED MEASURE CONTENDER URL COUNT` prints four numbers: seconds of CPU,
seconds of wall time, modules imported, kilobytes of memory. It imports nothing but the contender:
what it imported by itself would be missing from the contender's account.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # `typing` itself would be an import that some contender is then not charged
if TYPE_CHECKING:
    from typing import Any

MESSAGES = [{"role": "user", "content": "What does one call cost?"}]
INTERPRETER = "interpreter"


def memory(field: str) -> int:
    """Return a field of this process's memory in kB; 0 where there is no /proc."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  # an import
            return next(int(line.split()[1]) for line in status if line.startswith(field))
    except FileNotFoundError:
        return 0


def client(contender: str, url: str) -> Any:
    """Import the contender, where it is not yet, and return a client that is ready to call."""
    name, _, engine = contender.partition("/")
    module = __import__(name)
    if contender == "httpx":
        return module.Client(base_url=url, headers={"authorization": "Bearer k"}, timeout=600)
    options = {"transport": engine} if engine else {}
    made = module.OpenAI(api_key="k", base_url=url, **options)
    made.chat.completions.create  # noqa: B018  # what a lazy facade imports here is part of ready
    return made


def call(contender: str, made: Any) -> None:
    """Make one chat call and read its answer."""
    body = {"model": "bench-1", "messages": MESSAGES}
    if contender == "httpx":
        answer = made.post("/chat/completions", json=body).raise_for_status().json()
        text = answer["choices"][0]["message"]["content"]
    else:
        text = made.chat.completions.create(**body).choices[0].message.content
    if not text.startswith("The quick brown fox"):
        raise AssertionError(text)


def from_start(started: float, measure: str, contender: str, url: str) -> tuple[float, ...]:
    """Count everything since the start of the process: interpreter, import, client, first call."""
    if contender != INTERPRETER:
        made = client(contender, url)
        if measure == "first-answer":
            call(contender, made)
    cpu, wall = time.process_time(), time.monotonic() - started
    return cpu, wall, len(sys.modules), memory("VmHWM")


def more_clients(measure: str, contender: str, url: str, count: int) -> tuple[float, ...]:
    """Count what `count` clients cost after a first one that has been used, all kept alive."""
    first = client(contender, url)
    call(contender, first)
    kept = []
    before, cpu, wall = memory("VmRSS"), time.process_time(), time.monotonic()
    for _ in range(count):
        made = client(contender, url)
        if measure == "client-call":
            call(contender, made)
        kept.append(made)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    return cpu, wall, len(sys.modules), memory("VmRSS") - before


if __name__ == "__main__":
    begun, what, who, where, number = sys.argv[1:]
    if what in {"import", "first-answer"}:
        numbers = from_start(float(begun), what, who, where)
    else:
        numbers = more_clients(what, who, where, int(number))
    print(*numbers, flush=True)
    os._exit(0)  # no tear-down: hundreds of open clients would each take their time
