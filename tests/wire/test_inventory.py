"""No recording is skipped in silence."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from . import test_answers, test_errors, test_responses, test_streams
from ._expectations import refusal, stream_chunks, streamed_answer
from ._recordings import FOLDER, NOT_REPLAYED, Kind, Recording, each_recording, recordings

present = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")


def replayed_by(module: ModuleType) -> set[str]:
    """Return the names of the recordings that the tests of a module run on."""
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    marks: list[pytest.Mark] = [mark for test in tests for mark in getattr(test, "pytestmark", ())]
    runs: list[Any] = [
        parameters.values[0]
        for mark in marks
        if mark.name == "parametrize" and mark.args[0] == "recording"
        for parameters in mark.args[1]
    ]
    return {run.name for run in runs}


@pytest.mark.shared
@present
def test_each_recording_is_replayed_or_has_a_reason_not_to_be() -> None:
    """The recordings that tests run on and those with a reason are all there are, without overlap."""
    replayed = set().union(
        *map(replayed_by, (test_answers, test_errors, test_responses, test_streams))
    )
    excused = {each.name for each in recordings(Kind.OTHER)}
    assert {each.name for each in recordings()} == replayed | excused
    assert set() == replayed & excused


@each_recording(Kind.OTHER)
def test_a_recording_that_is_not_replayed_has_one_reason(recording: Recording) -> None:
    """Successes of other APIs are listed by path."""
    assert 1 == len(reasons(recording))


def reasons(recording: Recording) -> list[str]:
    """Find why a recording is not replayed."""
    return [why for start, why in NOT_REPLAYED.items() if recording.path.startswith(start)]


@pytest.mark.shared
@present
def test_each_reason_is_needed() -> None:
    """A row of the table that fits no recording would hide a mistake."""
    needed = {why for each in recordings(Kind.OTHER) for why in reasons(each)}
    assert set(NOT_REPLAYED.values()) == needed


@pytest.mark.shared
@present
def test_there_are_recordings_of_every_kind() -> None:
    """Each kind of test has something to run on, and nothing is counted twice."""
    everything = recordings()
    assert set(Kind) == {each.kind for each in everything}
    assert len(everything) == len({each.name for each in everything})
    assert {"aimock", "litellm", "llamacpp"} == {each.name.split("/")[0] for each in everything}


@each_recording(Kind.CHAT_STREAM, Kind.COMPLETION_STREAM)
def test_each_recorded_stream_is_finished(recording: Recording) -> None:
    """What the cut streams are held against: a whole one has all its finish reasons."""
    assert streamed_answer(stream_chunks(recording.body)).is_finished


@each_recording(Kind.ERROR)
def test_each_recorded_error_says_something(recording: Recording) -> None:
    """The sentence to be found in an error is never empty, and never JSON."""
    assert refusal(recording).message.strip(" {}[]")
