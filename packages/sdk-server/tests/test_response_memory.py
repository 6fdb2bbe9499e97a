"""Answers that are kept: continued, listed, deleted, and seen by their owner alone."""

from __future__ import annotations

from pathlib import Path

import httpx

from sdk_server.testing import running_server

from ._responses import RESPONSES, ask, refused, said


def tokens(client: httpx.Client, **more: object) -> int:
    """Return the number of input tokens of a request with one word."""
    return int(ask(client, "Word.", **more)["usage"]["input_tokens"])


def test_a_stored_answer_can_be_retrieved(client: httpx.Client) -> None:
    """It is the same as it was."""
    answer = ask(client)
    assert answer == client.get(f"{RESPONSES}/{answer['id']}").json()


def test_an_answer_that_is_not_stored_is_forgotten(client: httpx.Client) -> None:
    """It can be neither retrieved nor continued."""
    answer = ask(client, store=False)
    assert answer["store"] is False
    assert 404 == client.get(f"{RESPONSES}/{answer['id']}").status_code
    error = refused(client, previous_response_id=answer["id"])
    assert "previous_response_not_found" == error["code"]


def test_an_answer_continues_all_that_came_before(client: httpx.Client) -> None:
    """Input and output of every earlier answer are read again, but not its instructions."""
    first = ask(client, "One two.", instructions="Be brief.")
    second = ask(client, "Three.", previous_response_id=first["id"])
    assert 2 + 2 + 1 == second["usage"]["input_tokens"]
    assert 5 + 1 + 1 == tokens(client, previous_response_id=second["id"])


def test_a_deleted_answer_is_gone(client: httpx.Client) -> None:
    """With its items; what continues it cannot be continued."""
    first = ask(client)
    second = ask(client, previous_response_id=first["id"])
    place = f"{RESPONSES}/{first['id']}"
    assert client.delete(place).json()["deleted"] is True
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel")):
        assert 404 == client.request(method, place + path).status_code
    refused(client, previous_response_id=second["id"])


def test_input_items_are_listed_in_pages(client: httpx.Client) -> None:
    """Newest first, from a place on, in both orders."""
    items = [{"role": "user", "content": text} for text in ("a", "b", "c")]
    place = f"{RESPONSES}/{ask(client, items)['id']}/input_items"

    def page(**parameters: object) -> tuple[str, bool, str]:
        listed = client.get(place, params=parameters).json()  # type: ignore[arg-type]  # rows of a table
        texts = "".join(item["content"][0]["text"] for item in listed["data"])
        return texts, listed["has_more"], listed["last_id"]

    texts, more, last = page(limit=2)
    assert ("cb", True) == (texts, more)
    assert ("a", False) == page(limit=2, after=last)[:2]
    assert ("abc", False) == page(order="asc")[:2]
    missing = client.get(place, params={"after": "msg_none"})
    assert (404, "after") == (missing.status_code, missing.json()["error"]["param"])


def test_items_can_be_referred_to(client: httpx.Client) -> None:
    """An identifier stands for the item, whether the type is said or not."""
    answer = ask(client, "Remember me.")
    place = f"{RESPONSES}/{answer['id']}/input_items"
    (item,) = client.get(place).json()["data"]
    assert "Remember me." == said(ask(client, [{"type": "item_reference", "id": item["id"]}]))
    assert "Remember me." == said(ask(client, [{"id": item["id"]}]))
    error = refused(client, 404, input=[{"id": "msg_none"}])
    assert ("item_not_found", "input.0.id") == (error["code"], error["param"])


def test_items_of_one_name_are_told_apart(client: httpx.Client) -> None:
    """The second one gets a name of its own."""
    item = {"type": "message", "role": "user", "id": "msg_same", "content": "x"}
    items = [{**item, "content": text} for text in ("a", "b")]
    listed = client.get(f"{RESPONSES}/{ask(client, items)['id']}/input_items").json()["data"]
    assert ["b", "a"] == [entry["content"][0]["text"] for entry in listed]
    assert "msg_same" == listed[1]["id"] != listed[0]["id"]


def test_a_conversation_grows_with_its_answers(client: httpx.Client) -> None:
    """Input and output are added, by whichever of its two names the conversation is given."""
    talk = client.post("/v1/conversations", json={}).json()
    first = ask(client, "One.", conversation=talk["id"])
    assert {"id": talk["id"]} == first["conversation"]
    second = ask(client, "Two.", conversation={"id": talk["id"]})
    assert 3 == second["usage"]["input_tokens"]
    listed = client.get(f"/v1/conversations/{talk['id']}/items", params={"order": "asc"}).json()
    texts = [item["content"][0]["text"] for item in listed["data"]]
    assert ["One.", "One.", "Two.", "Two."] == texts


def test_an_answer_of_a_conversation_is_continued_from_its_place(client: httpx.Client) -> None:
    """What was added to the conversation later is not read."""
    talk = client.post("/v1/conversations", json={"items": [{"role": "user", "content": "Zero."}]})
    first = ask(client, "One.", conversation=talk.json()["id"])
    ask(client, "Two.", conversation=talk.json()["id"])
    assert 4 == tokens(client, previous_response_id=first["id"])


def test_an_unknown_conversation_is_a_404(client: httpx.Client) -> None:
    """The member is named."""
    assert "conversation" == refused(client, 404, conversation="conv_none")["param"]


def test_nobody_reads_answers_without_credentials(client: httpx.Client) -> None:
    """Stored answers are behind the same door as all else."""
    place = client.base_url.join(f"{RESPONSES}/{ask(client)['id']}")
    assert 401 == httpx.get(place).status_code


def test_answers_outlive_the_server(tmp_path: Path) -> None:
    """What was stored in one run is there in the next."""
    data = tmp_path / "data"
    key = "sk-own"
    headers = {"authorization": f"Bearer {key}"}
    with (
        running_server(data=data, api_key=key) as server,
        httpx.Client(base_url=server.url, headers=headers) as client,
    ):
        answer = ask(client)
    with (
        running_server(data=data, api_key=key) as server,
        httpx.Client(base_url=server.url, headers=headers) as client,
    ):
        assert answer == client.get(f"{RESPONSES}/{answer['id']}").json()
