"""What only an upstream can do: sounds, pictures, moderation, fine-tuning, realtime sessions."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from .._applications import Functions
from .._encoding import encode_json
from .._engines import ForwardRequest
from .._events import EventStream
from ._calls import InferenceCall, engine_headers

FORWARDED = (
    "createSpeech",
    "createTranscription",
    "createTranslation",
    "createImage",
    "createImageEdit",
    "createImageVariation",
    "createModeration",
    "createFineTuningJob",
    "listFineTuningJobs",
    "retrieveFineTuningJob",
    "cancelFineTuningJob",
    "pauseFineTuningJob",
    "resumeFineTuningJob",
    "listFineTuningJobEvents",
    "listFineTuningJobCheckpoints",
    "createRealtimeClientSecret",
    "createRealtimeTranslationClientSecret",
    "createRealtimeCall",
    "acceptRealtimeCall",
    "rejectRealtimeCall",
    "referRealtimeCall",
    "hangUpRealtimeCall",
)

functions = Functions()


def _implement(operation: str) -> None:
    @functions.implements(operation)
    async def forward(call: InferenceCall) -> Response:
        """Ask the upstream, and pass its answer on as it comes."""
        services, sent = call.services, call.request
        path = sent.scope["path"].removeprefix(sent.scope.get("root_path", ""))
        query = f"?{sent.url.query}" if sent.url.query else ""
        passed = await services.engine.forward(
            ForwardRequest(
                operation=operation,
                method=sent.method,
                path=path + query,
                headers=engine_headers(call),
                json=None if call.body is None or call.form is not None else encode_json(call.body),
                form=None if call.form is None else call.form.multi_items(),
            )
        )
        if passed.media_type.startswith("text/event-stream"):
            return EventStream(
                passed.pieces,
                keepalive=services.options.keepalive,
                stopping=services.stopping,
                headers=passed.headers,
            )
        return StreamingResponse(
            passed.pieces, passed.status, dict(passed.headers), passed.media_type
        )


for _operation in FORWARDED:
    _implement(_operation)
