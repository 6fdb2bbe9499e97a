"""No recording is skipped in silence."""

from __future__ import annotations

import pytest

from ._expectations import refusal, stream_chunks, streamed_answer
from ._recordings import FOLDER, NOT_REPLAYED, Kind, Recording, each_recording, recordings

pytestmark = pytest.mark.shared


def reasons(recording: Recording) -> list[str]:
    """Find why a recording is not replayed."""
    return [why for start, why in NOT_REPLAYED.items() if recording.path.startswith(start)]


@each_recording()
def test_a_recording_is_replayed_or_has_one_reason_not_to_be(recording: Recording) -> None:
    """Successes of other APIs are listed with a reason; everything else is replayed."""
    expected = 1 if recording.kind is Kind.OTHER else 0
    assert expected == len(reasons(recording)) or recording.kind is Kind.ERROR


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")
def test_each_reason_is_needed() -> None:
    """A row of the table that fits no recording would hide a mistake."""
    needed = {why for each in recordings(Kind.OTHER) for why in reasons(each)}
    assert set(NOT_REPLAYED.values()) == needed


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")
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
