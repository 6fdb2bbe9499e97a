"""One of the processes of `test_redis.py`: calls as fast as a shared limit lets them pass."""

from __future__ import annotations

import sys
import threading
from typing import Any

from redis import Redis

from sdk_core._drivers import SyncDriver
from sdk_core.policies import RateLimit, RedisStore
from sdk_core.testing import request, response, send


class Noting:
    """A transport that notes each request with Redis's time and what it costs."""

    closed = False

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, sent: Any) -> Any:
        """Note *sent*, and answer."""
        seconds, micros = self._client.time()
        self._client.rpush("grants", f"{seconds + micros / 1e6:.6f}:{len(sent.content) // 4}")
        answer = response()
        answer.request = sent
        return answer

    def close(self) -> None:
        """Do nothing: the client is not ours."""


def work(socket: str, requests: float, tokens: float, grants: float) -> None:
    """Call until all processes together have made so many *grants*, after the start is given."""
    client: Any = Redis(unix_socket_path=socket)
    policy = RateLimit(requests, tokens, store=RedisStore(client))
    costs = [tokens / requests / 2, tokens / requests * 3 / 2]  # so that the limits take turns

    def call() -> None:
        driver = SyncDriver(Noting(client))
        number = 0
        while client.llen("grants") < grants:
            content = b"x" * int(4 * costs[number % 2])
            driver.run(policy(request(method="POST", content=content), send))
            number += 1

    client.rpush("ready", "yes")
    client.blpop("start", 60)
    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    work(sys.argv[1], *(float(figure) for figure in sys.argv[2:]))
