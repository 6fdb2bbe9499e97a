"""What a fresh token costs a call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from sdk_auth import ClientCredentials, OAuth
from sdk_core._drivers import SyncDriver  # without sockets there is no client
from sdk_core._flows import compose  # as above
from sdk_core.policies import Bearer
from sdk_core.testing import request, response

from ._figures import Figure

CALLS = 5_000
LIMIT = 5.0
"""Microseconds that a token may add to a call."""

_URL = "https://id.example.com/token"


class _Answering:
    """A transport that answers at once, with a token where one is asked for."""

    closed = False

    def send(self, sent: Any) -> Any:
        if sent.url == _URL:
            body = {"access_token": "t" * 900, "token_type": "Bearer", "expires_in": 3600}
            return response(json=body, request=sent)
        return response(200, {"content-type": "application/json"}, b"{}", request=sent)

    def close(self) -> None:
        """Close nothing."""


def _microseconds(policies: list[Any]) -> float:
    run = SyncDriver(_Answering()).run
    flow = compose(policies)
    sent = request(method="POST", content=b"{}", headers={"accept": "application/json"})
    for _ in range(100):
        run(flow(sent))
    begun = time.process_time()
    for _ in range(CALLS):
        run(flow(sent))
    return (time.process_time() - begun) / CALLS * 1e6


def figures(rounds: int) -> Iterator[Figure]:
    """Measure a call with a token less an anonymous one, in turns."""
    grant = ClientCredentials(client_id="app", client_secret="secret", token_url=_URL)
    trio = [
        (
            _microseconds([OAuth(grant)]),
            _microseconds([Bearer("t" * 900)]),
            _microseconds([]),
        )
        for _ in range(rounds)
    ]
    yield Figure(
        "a token of OAuth that is fresh",
        median(oauth - none for oauth, _, none in trio),
        LIMIT,
        f"us a call, over {median(none for _, _, none in trio):.1f} without",
        " us",
    )
    yield Figure(
        "a token that never changes, for comparison",
        median(bearer - none for _, bearer, none in trio),
        detail="us a call",
        unit=" us",
    )
