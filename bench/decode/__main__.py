"""Compare what decoding costs; `./dev decode:run --help` lists the options.

Every figure is a ratio of CPU to openapi-python-client's: the median, over the rounds, of the ratio
within a round.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from . import _samples
from ._first_calls import LIMIT, extra
from ._packages import FLAVOURS, PEER, Decode, contenders, document, generate

MEASURES = (
    ("chat completion", "ChatCompletion", _samples.chat(), 500, 0.3),
    ("1,000 records", "RecordPage", _samples.records(), 10, 0.4),
    ("1,000 records, nullable", "OrderPage", _samples.orders(), 10, 0.4),
    ("8-variant union x 1,000", "EventPage", _samples.events(), 10, 0.15),
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev decode:run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    parser.add_argument("--gate", action="store_true", help="exit 1 above any floor")
    parser.add_argument(
        "--first-call",
        type=Path,
        metavar="OPENAI.YAML",
        help="also measure the first calls of the package generated from OpenAI's document",
    )
    return parser.parse_args()


def _microseconds(decode: Decode, data: bytes, count: int) -> float:
    # The collector runs when it wants to, as in any program. Called here it would empty the free
    # lists of the interpreter, and every sample would begin by asking for memory again.
    begun = time.process_time()
    for _ in range(count):
        decode(data)
    return (time.process_time() - begun) / count * 1e6


def _compared(model: str, data: bytes, count: int, rounds: int) -> dict[str, list[float]]:
    """Return the samples of each contender, taken in turns."""
    running = contenders(model)
    for decode in running.values():
        for _ in range(8):  # decoders that learn have learned
            decode(data)
    samples: dict[str, list[float]] = {name: [] for name in running}
    for number in range(rounds):
        # Every other round runs backwards, so that nobody always follows the same neighbour.
        for name in list(running)[:: -1 if number % 2 else 1]:
            samples[name].append(_microseconds(running[name], data, count))
    return samples


def _decoding(rounds: int) -> bool:
    reached = True
    print(f"{'bytes to objects':26}{'contender':24}{'CPU us':>10}{'ratio':>9}{'at most':>9}")
    for title, model, data, count, floor in MEASURES:
        samples = _compared(model, data, count, rounds)
        for name, mine in samples.items():
            pairs = zip(mine, samples[PEER], strict=True)
            ratio = statistics.median(one / other for one, other in pairs)
            held = floor if name == FLAVOURS[0] else None
            reached &= held is None or ratio <= held
            limit = f"{held:9.2f}" if held is not None else ""
            print(f"{title:26}{name:24}{statistics.median(mine):10.1f}{ratio:9.3f}{limit}")
            title = ""  # noqa: PLW2901  # once is enough
    return reached


def main() -> int:
    """Measure, print, and return the exit code."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-decode-") as folder:
        generate(Path(folder))
        reached = _decoding(arguments.rounds)
        if arguments.first_call:
            source = document(arguments.first_call, Path(folder))
            for name, more in extra(source, arguments.rounds).items():
                print(f"first call, {name}: {more:.0f} ms of CPU over sdk-core (at most {LIMIT})")
                reached &= more <= LIMIT
    return int(arguments.gate and not reached)


if __name__ == "__main__":
    sys.exit(main())
