"""A real broker of Apache Kafka, started once; `./dev test:kafka` asks for it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from ._broker import Broker
from ._jars import jars

_ASKED = os.environ.get("TEST_KAFKA") == "1"
_skipped: list[str] = []


@pytest.fixture(scope="session")
def _broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if not _ASKED:
        pytest.skip("no Kafka broker; run `./dev test:kafka`")
    broker = Broker(jars(), tmp_path_factory.mktemp("kafka"))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def broker(_broker: Broker) -> Broker:
    """Return the running broker; a test that ended it does not spoil the next one."""
    _broker.start()
    return _broker


@pytest.fixture
def topic(broker: Broker) -> str:
    """Return the name of a new topic of four partitions."""
    return broker.topic(f"t-{uuid.uuid4().hex[:8]}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped although the broker was asked for."""
    if _ASKED and report.skipped and report.nodeid.startswith("tests/kafka/"):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail then: a green run says that all of it ran on a real broker."""
    if _skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why."""
    if _skipped:
        message = f"{len(_skipped)} tests of Kafka were skipped, first {_skipped[0]}"
        terminalreporter.write_line(message, red=True)
