"""What is played in the tests of the policy: calls, their tokens, and what went out."""

from __future__ import annotations

from typing import Any

from sdk_auth import OAuth
from sdk_core.testing import Sleep, request, response, send
from sdk_core.typing import Flow

URL = "https://id.example.com/token"
API = "https://api.example.com/v1/things"
CANARY = "canary-of-a-secret"
OK = response(200)


def given(name: str, seconds: float | None = 3600, **more: Any) -> Any:
    """Return the answer with the token *name*."""
    return response(
        json={"access_token": name, "token_type": "Bearer", "expires_in": seconds, **more}
    )


def calls(oauth: OAuth, *waits: float, **options: Any) -> Flow[Any]:
    """Call the API, and again after each wait; return the last answer."""
    answer = yield from oauth(request(API, **options), send)
    for wait in waits:
        yield Sleep(wait)
        answer = yield from oauth(request(API, **options), send)
    return answer


def shown(played: Any) -> list[str]:
    """Return what went out, in order: ``token`` for a form, else the token that was shown."""
    return [
        "token"
        if sent.url == URL
        else sent.headers.get("authorization", "").removeprefix("Bearer ")
        for sent in played.sent
    ]
