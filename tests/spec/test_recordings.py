"""What real servers sent is what the inference document says they send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ._documents import SPEC, Document

WIRE = SPEC.parents[1] / "shared" / "wire"

ANSWERS = {
    "/v1/chat/completions": "ChatCompletion",
    "/v1/completions": "Completion",
    "/v1/embeddings": "CreateEmbeddingResponse",
    "/v1/models": "ModelList",
    "/v1/responses": "Response",
}
EVENTS = {
    "/v1/chat/completions": "ChatCompletionStreamEvent",
    "/v1/completions": "CompletionStreamEvent",
    "/v1/responses": "ResponseServerSentEvent",
}
REQUESTS = {
    "/v1/chat/completions": "CreateChatCompletionRequest",
    "/v1/completions": "CreateCompletionRequest",
    "/v1/embeddings": "CreateEmbeddingRequest",
    "/v1/responses": "CreateResponseRequest",
}
STRAY_ANSWERS = {
    "aimock/40-chaos-disconnect": "the server hung up without an answer",
    "aimock/41-chaos-malformed": "the server was told to break its JSON",
    "litellm/09-responses-stream": "a failure as an event, with the status 500",
    "litellm/16-err-405": "the web framework refused the method in its own shape",
    "litellm/21-noauth": "a failure in plain text",
    "litellm/22-noauth-chat": "a failure in plain text",
}
STRAY_REQUESTS = {
    "12-err-badjson": "no JSON, on purpose",
    "13-err-missing-messages": "no messages, on purpose",
    "19-bad-temperature": "a temperature in words, on purpose",
}


@dataclass(frozen=True)
class Recording:
    """One exchange with a real server."""

    name: str
    path: str
    request: bytes
    status: int
    media_type: str
    body: bytes


def _recordings() -> Iterator[Recording]:
    for file in sorted(WIRE.glob("*/*.req")):
        head, _, request = file.read_bytes().partition(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        if path not in ANSWERS:
            continue
        answer = file.with_suffix(".resp").read_bytes().partition(b"\r\n\r\n")[0]
        status = re.match(rb"HTTP/1.1 (\d+)", answer)
        media_type = re.search(rb"(?i)\r\ncontent-type: *([^;\r]+)", answer)
        yield Recording(
            name=f"{file.parent.name}/{file.stem}",
            path=path,
            request=request,
            status=int(status[1]) if status else 0,
            media_type=media_type[1].decode() if media_type else "",
            body=file.with_suffix(".body").read_bytes(),
        )


def _answer_faults(document: Document, found: Recording) -> list[str]:
    text = found.body.decode(errors="replace")  # a small model sampled half a character
    if found.status == 200 and found.media_type == "text/event-stream":
        event = {"$ref": f"#/components/schemas/{EVENTS[found.path]}"}
        lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.startswith("data:")]
        return [
            fault
            for line in lines
            for fault in document.faults(event, {"data": line.removeprefix("data:").strip()})
        ] or ([] if lines else ["the stream has no event"])
    name = ANSWERS[found.path] if found.status == 200 else "ErrorResponse"
    return _json_faults(document, name, text)


def _json_faults(document: Document, name: str, text: str | bytes) -> list[str]:
    try:
        value = json.loads(text)
    except ValueError as error:
        return [str(error)]
    return document.faults({"$ref": f"#/components/schemas/{name}"}, value)


pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not WIRE.is_dir(), reason="needs the recordings in ../shared/wire"),
]


def test_real_answers_follow_the_document(inference: Document) -> None:
    """All do, streams and failures too, but those that are known not to, and those do not."""
    recordings = list(_recordings())
    assert recordings
    faults = {found.name: _answer_faults(inference, found) for found in recordings}
    stray = {name: found for name, found in faults.items() if found}
    assert set(STRAY_ANSWERS) == set(stray), stray


def test_real_requests_follow_the_document(inference: Document) -> None:
    """All do but those that were sent to see how a server refuses them."""
    faults = {
        found.name: _json_faults(inference, REQUESTS[found.path], found.request)
        for found in _recordings()
        if found.request
    }
    stray = {name: found for name, found in faults.items() if found}
    assert set(STRAY_REQUESTS) == {name.partition("/")[2] for name in stray}, stray


def test_the_recordings_are_of_several_servers() -> None:
    """A document that one server follows proves little."""
    assert {"aimock", "litellm", "llamacpp"} <= {
        Path(found.name).parts[0] for found in _recordings()
    }
