"""Speak with a model over a WebSocket; a scripted server stands for the service."""

import json
import threading

from websockets.sync.server import ServerConnection, serve

from sdk_openai_compat import OpenAI


def service(connection: ServerConnection) -> None:
    """Play one session, as the service would."""
    connection.send(json.dumps({"type": "session.created", "session": {"type": "realtime"}}))
    asked = json.loads(connection.recv())
    place = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    assert asked["type"] == "response.create"
    for piece in ("Hel", "lo"):
        delta = {"type": "response.output_text.delta", "delta": piece, **place}
        connection.send(json.dumps(delta))
    connection.send(json.dumps({"type": "response.done", "response": {"id": "resp_1"}}))


with serve(service, "127.0.0.1", 0) as running:
    threading.Thread(target=running.serve_forever).start()
    client = OpenAI(base_url=f"http://127.0.0.1:{running.socket.getsockname()[1]}/v1", api_key="k")
    heard = ""
    with client.realtime.connect(model="gpt-realtime") as connection:
        assert connection.recv().type == "session.created"
        connection.response.create(response={"output_modalities": ["text"]})
        for event in connection:
            if event.type == "response.output_text.delta":
                heard += event.delta
            elif event.type == "response.done":
                break
    assert heard == "Hello"
    print(heard)
    running.shutdown()
