"""`client.realtime.translations.connect`: speech that is translated while it is spoken."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from sdk_inference_api import models

from ._sockets import Entered, Start, client, says, start

__all__ = ["start"]

pytestmark = pytest.mark.anyio

SESSION = {"id": "sess_1", "type": "translation", "model": "m"}
SAID: list[Any] = [
    {"type": "session.update", "session": {"audio": {"output": {"language": "es"}}}},
    {"type": "session.input_audio_buffer.append", "audio": "AAAA", "event_id": "e"},
    {"type": "session.close"},
]


@pytest.fixture(params=["sync", "asyncio"])
def colour(request: pytest.FixtureRequest) -> str:
    """Both colours; there are no WebSockets in trio."""
    return str(request.param)


async def test_speech_goes_up_and_its_translation_comes_down(colour: str, start: Start) -> None:
    """As typed events, until all is translated."""

    def talk(connection: ServerConnection) -> None:
        for _ in SAID:
            server.hears(connection)
        says(
            {"type": "session.created", "session": SESSION},
            {"type": "session.input_transcript.delta", "delta": "Hi"},
            {"type": "session.output_transcript.delta", "delta": "Hola", "elapsed_ms": 5},
            {"type": "session.output_audio.delta", "delta": "AAAA", "sample_rate": 24000},
            {"type": "error", "error": {"message": "no"}},
            {"type": "session.closed"},
        )(connection)

    server = start(talk)
    made = client(colour, server.url).realtime.translations.connect("m")
    async with Entered(made) as socket:
        session = socket.made.session
        await socket.say(session.update, session=SAID[0]["session"])
        await socket.say(session.input_audio_buffer.append, audio="AAAA", event_id="e")
        await socket.say(session.close)
        events = await socket.all()
    assert server.requests[0].path == "/v1/realtime/translations?model=m"
    assert server.heard == SAID
    assert [type(event) for event in events] == [
        models.RealtimeTranslationSessionCreatedEvent,
        models.RealtimeTranslationInputTranscriptDeltaEvent,
        models.RealtimeTranslationOutputTranscriptDeltaEvent,
        models.RealtimeTranslationOutputAudioDeltaEvent,
        models.RealtimeErrorEvent,
        models.RealtimeTranslationSessionClosedEvent,
    ]
    assert events[0].session.model == "m"
