"""Flows: how policies are put around the sending of a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ._effects import Send

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .typing import Flow, Policy


def send(request: Request) -> Flow[Response]:
    """Send *request*: the innermost flow."""
    response: Response = yield Send(request)
    return response


def compose(policies: Sequence[Policy]) -> Callable[[Request], Flow[Response]]:
    """
    Return the flow that runs *policies*, first one outermost, around `send`.

    Composed once for a client, so that a call only creates generators.
    """
    flow: Callable[[Request], Flow[Response]] = send
    for policy in reversed(policies):
        flow = partial(policy, inner=flow)
    return flow
