"""
A program that forks writers of an outbox and kills them, for the tests.

    python _outbox_deaths.py write|adopt DIRECTORY ROUNDS SEED

prints what the writers had acknowledged, one event a line. It has one thread, so that it may fork.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time

from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Record


def record(number: int, name: str) -> Record:
    """Return a record of 200 to 5,000 bytes."""
    payload = f'{{"event_id": "{name}"}}'.ljust(200 + number * 37 % 4_800).encode()
    return Record(number, name, payload, key="one", headers=(("event-id", name.encode()),))


def write(directory: str, turn: int, acknowledge: int) -> None:
    """Write groups until the end, and say after each that it is kept."""
    chance = random.Random(turn)
    outbox = Outbox(directory, max_bytes=64 * 2**20)
    number = 0
    while True:
        names = [f"{turn:04}-{number + n:08}" for n in range(chance.randint(1, 60))]
        records = [record(number + n, name) for n, name in enumerate(names)]
        number += len(records)
        assert outbox.append("kafka", records) == len(records)
        os.write(acknowledge, "".join(f"{name}\n" for name in names).encode())
        outbox.append("other", records)  # what is removed leaves space, which is used again
        outbox.settle("other", [row for row, _ in outbox.take("other", 0, 100)])


def adopt(directory: str, turn: int, acknowledge: int) -> None:
    """Take over what there is, again and again."""
    outbox = Outbox(directory, max_bytes=64 * 2**20)
    outbox.adopt()
    os.write(acknowledge, b".")
    time.sleep(60)


def die(work: str, directory: str, turn: int, seconds: float, *, wait: bool) -> bytes:
    """Fork a worker, kill it so many seconds after its start, or its first acknowledgement."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            {"write": write, "adopt": adopt}[work](directory, turn, writer)
        finally:
            os._exit(1)
    os.close(writer)
    heard = bytearray(os.read(reader, 65_536) if wait else b"")
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([reader], [], [], left)[0]:
            said = os.read(reader, 65_536)
            assert said, "the worker ended by itself"
            heard += said
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while said := os.read(reader, 65_536):
        heard += said
    os.close(reader)
    return bytes(heard)


def main(work: str, directory: str, rounds: str, seed: str) -> None:
    """Do it as often as is wanted."""
    chance = random.Random(int(seed))
    for turn in range(int(rounds)):
        wait = work == "write" and turn % 2 == 0
        heard = die(work, directory, turn, chance.uniform(0.0, 0.05), wait=wait)
        if work == "write":
            whole = heard[: heard.rfind(b"\n") + 1]
            sys.stdout.write(whole.decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
