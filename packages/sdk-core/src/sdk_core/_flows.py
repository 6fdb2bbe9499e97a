"""Flows: how policies are put around the sending of a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ._effects import Send

if TYPE_CHECKING:
    from ._messages import Request, Response
    from .typing import Flow, Inner, Policy


def send(request: Request) -> Flow[Response]:
    """Send *request*: the innermost flow."""
    response: Response = yield Send(request)
    return response


def compose(policies: Sequence[Policy]) -> Callable[[Request], Flow[Response]]:
    """
    Return the flow that runs *policies*, first one outermost, around `send`.

    Composed once for a client, so that a call only creates generators.
    """
    flow: Inner = send
    for policy in reversed(policies):
        flow = _around(policy, flow)
    return flow


def _around(policy: Policy, inner: Inner) -> Inner:
    call = policy.__call__  # found once: every call goes through here

    def flow(request: Request) -> Flow[Response]:
        return call(request, inner)

    return flow
