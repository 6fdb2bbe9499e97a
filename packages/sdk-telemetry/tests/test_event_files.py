"""Events out of files that grow, are rotated, cut, and not there yet; and out of pipes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry import TelemetryEvent
from sdk_telemetry._event_files import EventFiles
from sdk_telemetry.errors import ConfigurationError


def event(model: str = "gpt-5", **options: Any) -> TelemetryEvent:
    """Make an event."""
    return TelemetryEvent("checkout", model, **options)


def add(path: Path, *events: TelemetryEvent) -> None:
    """Append events to a file."""
    with path.open("ab") as file:
        for each in events:
            file.write(each.to_json() + b"\n")


def models(source: EventFiles) -> list[str]:
    """Return what is there now."""
    found = []
    while (each := source.poll(0)) is not None:
        found.append(each.model)
    return found


@pytest.fixture
def opened() -> Iterator[Callable[..., EventFiles]]:
    """Return what opens files, and closes them in the end."""
    made: list[EventFiles] = []

    def open_(*paths: Path | str, **options: Any) -> EventFiles:
        made.append(EventFiles([str(each) for each in paths], **options))
        return made[-1]

    yield open_
    for each in made:
        each.close()


def test_a_file_is_read_to_its_end(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """Without following, all lines; blank ones are none, and the last needs no newline."""
    path = tmp_path / "events.jsonl"
    add(path, event("a"))
    path.write_bytes(path.read_bytes() + b"\n  \n" + event("b").to_json())
    source = opened(path, follow=False, whole=True)
    assert (models(source), source.ended, source.invalid) == (["a", "b"], True, 0)


def test_what_is_no_event_is_counted(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """A line that is none is passed over; a line without an end takes no memory without end."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n" + b"x" * (1 << 25) + b"\n")
    add(path, event("a"))
    source = opened(path, follow=False, whole=True)
    found = []
    while not source.ended:
        found.append(source.poll(0))
    assert [each.model for each in found if each] == ["a"]
    assert source.invalid == 2


def test_only_what_comes_is_followed(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """A file that is followed is read from its end on, or whole if that is asked for."""
    path = tmp_path / "events.jsonl"
    add(path, event("before"))
    new, whole = opened(path), opened(path, whole=True)
    assert (models(new), models(whole)) == ([], ["before"])
    add(path, event("after"))
    assert (models(new), models(whole)) == (["after"], ["after"])
    assert not new.ended


def test_half_a_line_waits_for_the_other_half(
    tmp_path: Path, opened: Callable[..., EventFiles]
) -> None:
    """What is being written is read when it is whole."""
    path = tmp_path / "events.jsonl"
    path.touch()
    source = opened(path)
    line = event("a").to_json() + b"\n"
    path.write_bytes(line[:20])
    assert models(source) == []
    path.write_bytes(line)
    assert models(source) == ["a"]


def test_rotation_loses_nothing(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """What was written before a file was renamed is read, then the new file of its name, whole."""
    path = tmp_path / "events.jsonl"
    add(path, event("a"))
    source = opened(path, whole=True)
    assert models(source) == ["a"]
    add(path, event("b"))
    path.rename(tmp_path / "events.jsonl.1")
    assert models(source) == ["b"]
    add(tmp_path / "events.jsonl.1", event("c"))  # its writer had it open still
    add(path, event("d"))
    found = [source.poll(0) for _ in range(5)]
    assert [each.model for each in found if each] == ["c", "d"]


def test_a_file_that_is_cut_begins_anew(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """As after `: > events.jsonl`."""
    path = tmp_path / "events.jsonl"
    add(path, event("a"), event("b"))
    source = opened(path)
    assert models(source) == []
    path.write_bytes(b"")
    assert models(source) == []
    add(path, event("c"))
    assert models(source) == ["c"]


def test_a_file_may_come_later(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """One that is not there yet is waited for, and then read whole."""
    path = tmp_path / "events.jsonl"
    source = opened(path)
    assert source.poll(0.01) is None
    add(path, event("a"))
    assert [each.model for each in [source.poll(0), source.poll(0)] if each] == ["a"]


def test_each_file_has_its_turn(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """A long file does not hold up a short one."""
    one, other = tmp_path / "one", tmp_path / "other"
    add(one, *[event("one")] * 3)
    add(other, event("other"))
    source = opened(one, other, follow=False, whole=True)
    found = models(source)
    assert sorted(found) == ["one", "one", "one", "other"]
    assert "other" in found[:2]


def test_older_events_are_passed_over(tmp_path: Path, opened: Callable[..., EventFiles]) -> None:
    """With `since`, what is there is read too, but for what happened before."""
    path = tmp_path / "events.jsonl"
    add(path, event("old", timestamp="2020-01-01T00:00:00Z"), event("new"))
    source = opened(path, since=datetime(2021, 1, 1, tzinfo=UTC))
    assert [each and each.model for each in (source.poll(0), source.poll(0))] == [None, "new"]


def test_a_pipe_is_read_while_it_is_written(opened: Callable[..., EventFiles]) -> None:
    """Nothing there does not block; its end is the end."""
    reads, writes = os.pipe()
    source = opened(f"/dev/fd/{reads}")
    os.close(reads)
    assert source.poll(0.01) is None
    os.write(writes, event("a").to_json() + b"\n" + event("b").to_json())
    assert models(source) == ["a"]
    os.close(writes)
    assert models(source) == ["b"]
    assert source.ended


def test_standard_input_is_a_dash(
    opened: Callable[..., EventFiles], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`-` is read, and left open."""
    add(tmp_path / "events", event("a"))
    with (tmp_path / "events").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        source = opened("-", follow=False, whole=True)
        assert models(source) == ["a"]
        os.fstat(file.fileno())


@pytest.mark.parametrize("missing", ["nothing", "."])
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, opened: Callable[..., EventFiles], missing: str
) -> None:
    """A folder, and a file that is not there and not waited for, are named."""
    path = tmp_path / missing
    with pytest.raises(ConfigurationError, match=str(path)):
        opened(path, follow=False)


def test_a_name_that_cannot_be_is_refused(opened: Callable[..., EventFiles]) -> None:
    """So is what the system refuses for other reasons."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        opened("x" * 5_000)
