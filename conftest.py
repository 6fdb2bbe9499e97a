"""Hooks of the whole test run."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping

import hypothesis
import pytest

# A CI run tries the same examples each time: what it refuses is what the change did. Elsewhere
# every run looks for new ones.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("here", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

# The proxies of this machine are for none of the servers that tests start, but for pip.
_machine = dict(os.environ)
for _name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)

_skipped: list[str] = []


def pytest_collection_finish() -> None:
    """Spare the collector what was loaded for all tests: half a second each time, for no garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def machine() -> Mapping[str, str]:
    """Return the environment that the run was started in, for programs that reach the network."""
    return _machine


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the tests that missed the data beside the repository."""
    if report.skipped and "shared" in report.keywords:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run without that data: elsewhere its absence is fine, there it hides something."""
    if _skipped and os.environ.get("CI") == "true":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why."""
    if _skipped and os.environ.get("CI") == "true":
        terminalreporter.write_line(
            f"{len(_skipped)} tests that need ../shared were skipped, first {_skipped[0]}: "
            "CI must have it",
            red=True,
        )
