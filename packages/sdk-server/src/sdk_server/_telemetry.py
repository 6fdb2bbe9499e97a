"""The operations of the platform API that take telemetry."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
from starlette.responses import Response

from ._applications import Functions
from ._documents import Document
from ._encoding import encode_json
from ._platform_calls import PlatformCall, caller_of, json
from ._problems import Problem, dotted, pointer
from ._telemetry_events import BusyError
from ._violations import find_faults

functions = Functions()


@functions.implements("ingestTelemetryEvents")
async def ingest_telemetry_events(call: PlatformCall) -> Response:
    """Keep those events of a batch that follow the rules."""
    good: list[tuple[str, str]] = []
    rejected: list[dict[str, object]] = []
    for index, event in enumerate(call.body["events"]):
        if fault := _fault(index, event):
            rejected.append(fault)
        else:
            # A UUID is the same in either case (RFC 9562 section 4).
            good.append((event["event_id"].lower(), encode_json(event).decode()))
    try:
        accepted = await call.services.telemetry.add(caller_of(call).user, good)
    except BusyError:
        raise Problem(
            429,
            "The platform is busy with other telemetry; try again in a second.",
            code="busy",
            headers={"retry-after": "1"},
        ) from None
    return json(
        {"accepted": accepted, "duplicates": len(good) - accepted, "rejected": rejected},
        status=202,
    )


@cache
def _validator() -> jsonschema_rs.Validator:
    return Document.bundled("platform").compile("/components/schemas/TelemetryEvent")


def _fault(index: int, event: dict[str, Any]) -> dict[str, object] | None:
    """Return what is wrong with an event, or None."""
    faults = find_faults(_validator(), event, "body")
    if not faults:
        return None
    first, event_id = faults[0], event.get("event_id")
    return {
        "index": index,
        "event_id": event_id if isinstance(event_id, str) else None,
        "reason": f"`{dotted(first.path)}` {first.message}",
        "pointer": pointer(("events", index, *first.path)),
    }
