"""What the server keeps is described as `spec/inference.yaml` says, from its beginning to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis

from sdk_server.spec import read
from sdk_server.testing import RunningServer

from ._requests import FUNCTION_TOOL, ITEMS, RESPONSE_TOOLS

SPEC = Path(__file__).parents[2] / "spec" / "inference.yaml"

schema: Any = schemathesis.openapi.from_dict(read(SPEC))


class Caller:
    """Call operations by their names, and hold every answer against the document."""

    def __init__(self, server: RunningServer) -> None:
        self._url = server.inference_url
        self._headers = {"Authorization": f"Bearer {server.api_key}"}

    def __call__(
        self, operation_id: str, body: Any = None, *, query: Any = None, **path: str
    ) -> Any:
        """Return the JSON value of an answer."""
        more = {} if body is None else {"body": body, "media_type": "application/json"}
        operation = schema.find_operation_by_id(operation_id)
        case = operation.Case(path_parameters=path, query=query or {}, **more)
        response = case.call_and_validate(base_url=self._url, headers=self._headers)
        assert 200 == response.status_code
        return response.json()

    def upload(self, path: str, field: str, content: bytes, **data: str) -> Any:
        """Send a file; forms of schemathesis have no file names of ours."""
        response = httpx.post(
            self._url + path, files={field: ("a.txt", content)}, data=data, headers=self._headers
        )
        assert 200 == response.status_code, response.text
        return response.json()


@pytest.fixture(scope="module")
def ask(server: RunningServer) -> Caller:
    """Return who calls."""
    return Caller(server)


def test_answers_are_kept_as_promised(ask: Caller) -> None:
    """Every kind of output, and every way to look at it."""
    plain = {"model": "echo-1", "input": ITEMS}
    calls = {"tools": RESPONSE_TOOLS, "tool_choice": "required", "parallel_tool_calls": True}
    for body in (plain, {**plain, **calls}, {**plain, "top_logprobs": 2, "max_output_tokens": 1}):
        answer = ask("createResponse", body)
        assert answer == ask("retrieveResponse", response_id=answer["id"])
        ask("listResponseInputItems", response_id=answer["id"], query={"limit": 2})
    ask("countResponseInputTokens", {**plain, "previous_response_id": answer["id"]})
    compacted = ask("compactResponse", {"model": "echo-1", "previous_response_id": answer["id"]})
    follow = {"role": "user", "content": "And?"}
    ask("createResponse", {"model": "echo-1", "input": [*compacted["output"], follow]})
    background = ask("createResponse", {**plain, "background": True, "stream": False})
    ended = ask("cancelResponse", response_id=background["id"])
    assert ended["status"] in ("completed", "cancelled")


def test_conversations_are_kept_as_promised(ask: Caller) -> None:
    """With items of the caller and of the model."""
    talk = ask("createConversation", {"items": ITEMS, "metadata": {"a": "b"}})
    place = {"conversation_id": talk["id"]}
    ask("retrieveConversation", **place)
    ask("updateConversation", {"metadata": {"c": "d"}}, **place)
    ask("createResponse", {"model": "echo-1", "input": "Hi.", "conversation": talk["id"]})
    added = ask("createConversationItems", {"items": ITEMS}, **place)
    assert 12 == len(ask("listConversationItems", query={"limit": 50}, **place)["data"])
    ask("retrieveConversationItem", item_id=added["first_id"], **place)
    ask("deleteConversationItem", item_id=added["first_id"], **place)
    ask("deleteConversation", **place)


def test_chats_are_kept_as_promised(ask: Caller) -> None:
    """Answers and their messages."""
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi."}]}]
    body = {"model": "echo-1", "messages": messages, "store": True, "metadata": {"a": "contract"}}
    ask("createChatCompletion", body)
    called = {**body, "tools": [FUNCTION_TOOL], "tool_choice": "required"}
    place = {"completion_id": ask("createChatCompletion", called)["id"]}
    query = {"metadata[a]": "contract", "order": "desc"}
    assert 2 == len(ask("listChatCompletions", query=query)["data"])
    ask("retrieveChatCompletion", **place)
    ask("updateChatCompletion", {"metadata": None}, **place)
    ask("listChatCompletionMessages", **place)
    ask("deleteChatCompletion", **place)


def test_files_and_uploads_are_kept_as_promised(ask: Caller) -> None:
    """A file in one piece, and one in parts."""
    file = ask.upload("/files", "file", b"Hello.", purpose="assistants")
    assert file == ask("retrieveFile", file_id=file["id"])
    ask("listFiles", query={"purpose": "assistants", "limit": 1})
    ask("deleteFile", file_id=file["id"])
    begun = {"bytes": 2, "filename": "a", "mime_type": "text/plain", "purpose": "vision"}
    upload = ask("createUpload", begun)
    part = ask.upload(f"/uploads/{upload['id']}/parts", "data", b"Hi")
    ask("completeUpload", {"part_ids": [part["id"]]}, upload_id=upload["id"])
    ask("cancelUpload", upload_id=ask("createUpload", begun)["id"])


def test_batches_are_kept_as_promised(ask: Caller) -> None:
    """One that is completed, and one that fails."""
    request = {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/embeddings",
        "body": {"model": "echo-embed-1", "input": "Hi."},
    }
    for text, end in ((json.dumps(request), "completed"), ("{", "failed")):
        file = ask.upload("/files", "file", text.encode(), purpose="batch")
        body = {"input_file_id": file["id"], "endpoint": "/v1/embeddings"}
        batch = ask("createBatch", {**body, "completion_window": "24h"})
        while batch["status"] in ("validating", "in_progress", "finalizing"):
            batch = ask("retrieveBatch", batch_id=batch["id"])
        assert end == batch["status"]
    ask("listBatches", query={"limit": 1})


def test_vector_stores_are_kept_as_promised(ask: Caller) -> None:
    """With their files, their batches, and what is found in them."""
    file = ask.upload("/files", "file", b"Hello.", purpose="assistants")["id"]
    bad = ask.upload("/files", "file", b"\xff", purpose="assistants")["id"]
    expires = {"anchor": "last_active_at", "days": 1}
    store = ask("createVectorStore", {"name": "s", "file_ids": [file], "expires_after": expires})
    place = {"vector_store_id": store["id"]}
    ask("updateVectorStore", {"name": "t", "metadata": {"a": "b"}}, **place)
    ask("createVectorStoreFile", {"file_id": bad, "attributes": {"n": 1.5}}, **place)
    files = {"file_ids": [file, bad]}
    batch = ask("createVectorStoreFileBatch", files, **place)
    while batch["status"] == "in_progress":
        batch = ask("retrieveVectorStoreFileBatch", batch_id=batch["id"], **place)
    ask("cancelVectorStoreFileBatch", batch_id=batch["id"], **place)
    ask("listVectorStoreFileBatchFiles", batch_id=batch["id"], **place)
    ask("listVectorStoreFiles", query={"filter": "failed"}, **place)
    ask("retrieveVectorStoreFile", file_id=bad, **place)
    ask("updateVectorStoreFile", {"attributes": {"n": 2}}, file_id=file, **place)
    ask("retrieveVectorStoreFileContent", file_id=file, **place)
    only = {"type": "eq", "key": "n", "value": 2}
    found = ask("searchVectorStore", {"query": "Hello.", "filters": only}, **place)
    assert [file] == [each["file_id"] for each in found["data"]]
    ask("retrieveVectorStore", **place)
    ask("listVectorStores", query={"limit": 1})
    ask("deleteVectorStoreFile", file_id=file, **place)
    ask("deleteVectorStore", **place)
