"""Conversations that the server keeps, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sdk_server.testing import RunningServer

PATH = "/v1/conversations"


def begin(client: httpx.Client, *texts: str, **more: Any) -> str:
    """Begin a conversation with messages and return where it is."""
    items = [{"role": "user", "content": text} for text in texts]
    response = client.post(PATH, json={"items": items, **more})
    assert 200 == response.status_code, response.text
    return f"{PATH}/{response.json()['id']}"


def texts(listed: dict[str, Any]) -> str:
    """Return the texts of a page of messages, one after the other."""
    return "".join(item["content"][0]["text"] for item in listed["data"])


def test_a_conversation_has_labels_that_can_be_replaced(client: httpx.Client) -> None:
    """All at once; null removes them."""
    place = begin(client, metadata={"a": "1"})
    assert {"a": "1"} == client.get(place).json()["metadata"]
    for given, kept in (({"b": "2"}, {"b": "2"}), (None, {})):
        changed = client.post(place, json={"metadata": given}).json()
        assert kept == changed["metadata"]
        assert changed == client.get(place).json()


def test_items_are_kept_whole(client: httpx.Client) -> None:
    """With an identifier, a status, and parts in place of a plain text."""
    place = begin(client, "Hi.")
    (item,) = client.get(f"{place}/items").json()["data"]
    assert {
        "id": item["id"],
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": "Hi."}],
    } == item
    assert item == client.get(f"{place}/items/{item['id']}").json()


def test_items_are_added_behind_the_others(client: httpx.Client) -> None:
    """What was added is the answer, and what the model said has the form of an output."""
    place = begin(client, "a")
    items = [
        {"role": "assistant", "content": "b"},
        {"role": "assistant", "content": [{"type": "input_text", "text": "c"}]},
        {"role": "user", "content": "d"},
    ]
    added = client.post(f"{place}/items", json={"items": items}).json()
    assert ("bcd", False) == (texts(added), added["has_more"])
    assert "output_text" == added["data"][1]["content"][0]["type"]
    assert "abcd" == texts(client.get(f"{place}/items", params={"order": "asc"}).json())


def test_an_item_that_is_there_already_is_added_under_a_new_name(client: httpx.Client) -> None:
    """The one that is there stays as it is."""
    place = begin(client, "a")
    (item,) = client.get(f"{place}/items").json()["data"]
    added = client.post(f"{place}/items", json={"items": [item]}).json()
    assert item["id"] != added["first_id"]
    assert "aa" == texts(client.get(f"{place}/items").json())


@pytest.mark.parametrize(("order", "expected"), [("asc", "abcde"), ("desc", "edcba")])
def test_pages_lead_through_all_items(client: httpx.Client, order: str, expected: str) -> None:
    """Even when each item is deleted as soon as it was seen."""
    place = begin(client, *"abcde")
    seen = ""
    cursor: dict[str, str] = {}
    while True:
        parameters: dict[str, str | int] = {"order": order, "limit": 2, **cursor}
        page = client.get(f"{place}/items", params=parameters).json()
        seen += texts(page)
        for item in page["data"]:
            assert 200 == client.delete(f"{place}/items/{item['id']}").status_code
        if not page["has_more"]:
            break
        cursor = {"after": page["last_id"]}
    assert expected == seen
    assert [] == client.get(f"{place}/items").json()["data"]


def test_a_deleted_item_is_gone(client: httpx.Client) -> None:
    """The answer to its deletion is the conversation."""
    place = begin(client, "a")
    (item,) = client.get(f"{place}/items").json()["data"]
    assert client.get(place).json() == client.delete(f"{place}/items/{item['id']}").json()
    for method in ("GET", "DELETE"):
        response = client.request(method, f"{place}/items/{item['id']}")
        assert (404, "item_not_found") == (response.status_code, response.json()["error"]["code"])


def test_a_deleted_conversation_is_gone(client: httpx.Client) -> None:
    """With all that was in it."""
    place = begin(client, "a")
    deleted = client.delete(place).json()
    assert ("conversation.deleted", True) == (deleted["object"], deleted["deleted"])
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/items"), ("GET", "/items/msg_1")):
        assert 404 == client.request(method, place + path).status_code
    assert 404 == client.post(place, json={"metadata": None}).status_code


def test_conversations_are_their_owners(client: httpx.Client, server: RunningServer) -> None:
    """An access token of the same user opens them; without credentials nobody does."""
    place = begin(client)
    sign_in = {"username": server.admin_user, "password": server.admin_password}
    token = client.post("/api/auth/login", json=sign_in).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert 200 == httpx.get(server.url + place, headers=headers).status_code
    assert 401 == httpx.get(server.url + place).status_code
