"""A process that is killed while it writes: the store has the old token or the new one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sdk_auth.stores import FileStore
from sdk_auth.tokens import Token

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are neither kills nor forks")

EVERYWHERE = """
import os, signal, sys
from sdk_auth.stores import FileStore
from sdk_auth.tokens import Token

store = FileStore(sys.argv[1])
old, new = Token(access_token="old" * 3000), Token(access_token="new" * 3000)
store.save("k", old)  # and loads what is loaded late
found = {old: 0, new: 0}
for fatal in range(1, 1000):
    child = os.fork()
    if child == 0:
        calls = 0

        def count(frame, event, function):
            global calls
            if event == "c_call":
                calls += 1
                if calls == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        store.save("k", new)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found[store.load("k")] += 1
    release = store.try_lock("k")
    release()
    if status == 0:
        break
    store.save("k", old)
    assert not list(store.path.glob("*.part")), "something is left of the killed writer"
else:
    raise AssertionError("the write never ends")
assert found[old] > 20, found
assert found[new] > 5, found
print(fatal)
"""

WRITER = """
import sys
from sdk_auth.stores import FileStore
from sdk_auth.tokens import Token

store = FileStore(sys.argv[1])
print("up", flush=True)
number = 0
while True:
    number += 1
    store.save("k", Token(access_token=f"{number}-" * 20000))
"""


def test_killed_before_any_call_of_the_system(tmp_path: Path) -> None:
    """The writer dies before its first call, before its second, and so on, until it gets through."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EVERYWHERE, tmp_path / "tokens"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 25


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Several writers at once, killed at random; nothing of them is left behind the next write."""
    store = FileStore(tmp_path / "tokens")
    store.save("k", Token(access_token="0-"))
    for _ in range(4):
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, store.path], stdout=subprocess.PIPE)
            for _ in range(3)
        ]
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        time.sleep(random.uniform(0, 0.05))
        for writer in writers:
            writer.kill()
            writer.communicate()
        token = store.load("k")
        assert token is not None
        number = token.access_token.partition("-")[0]
        assert token.access_token in {"0-", f"{number}-" * 20000}
    store.save("k", Token(access_token="end"))
    assert [file.suffix for file in store.path.iterdir()] == [".json"]
