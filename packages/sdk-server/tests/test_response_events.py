"""Answers as events, and answers that are made in the background."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx
import pytest

from sdk_server import Options, create_app, open_services
from sdk_server.testing import running_server

from ._embedded import embedded
from ._responses import NOTE, RESPONSES, WEATHER, Json, ask, events, said, stream


def kinds(told: list[Json]) -> list[str]:
    """Return the types of events without their common beginning, repeats once."""
    names = [event["type"].removeprefix("response.") for event in told]
    return [name for name, before in zip(names, [None, *names], strict=False) if name != before]


def test_a_text_is_told_from_its_beginning_to_its_end(client: httpx.Client) -> None:
    """Every event in its order, numbered from 0, about one item."""
    told = stream(client)
    assert [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ] == kinds(told)
    assert list(range(len(told))) == [event["sequence_number"] for event in told]
    item = told[2]["item"]
    assert ("in_progress", []) == (item["status"], item["content"])
    about = [event for event in told if "item_id" in event]
    assert {(item["id"], 0, 0)} == {
        (event["item_id"], event["output_index"], event["content_index"]) for event in about
    }
    deltas = [event["delta"] for event in told if event["type"].endswith(".delta")]
    assert ["Hello", " there!"] == deltas
    assert "Hello there!" == about[-2]["text"] == about[-1]["part"]["text"]


def test_the_last_event_holds_the_answer_that_is_stored(client: httpx.Client) -> None:
    """Whoever saw it can retrieve the same."""
    first, *_, last = stream(client)
    assert (first["response"]["id"], []) == (last["response"]["id"], first["response"]["output"])
    assert last["response"] == client.get(f"{RESPONSES}/{last['response']['id']}").json()
    assert 4 == last["response"]["usage"]["total_tokens"]


def test_calls_are_told_one_after_the_other(client: httpx.Client) -> None:
    """Each with its arguments or its input, piece by piece, and its place in the output."""
    told = stream(client, tools=[WEATHER, NOTE], tool_choice="required", parallel_tool_calls=True)
    assert [
        "created",
        "in_progress",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
        "completed",
    ] == kinds(told)
    added = [event for event in told if event["type"].endswith("item.added")]
    assert [(0, ""), (1, "")] == [
        (event["output_index"], event["item"].get("arguments") or event["item"].get("input", ""))
        for event in added
    ]
    done = {event["type"]: event for event in told}["response.function_call_arguments.done"]
    assert "weather" == done["name"]
    pieces = [e["delta"] for e in told if e["type"] == "response.function_call_arguments.delta"]
    assert done["arguments"] == "".join(pieces)
    assert told[-1]["response"]["output"][0]["arguments"] == done["arguments"]


def test_a_stream_may_end_incomplete(client: httpx.Client) -> None:
    """The last event says so."""
    last = stream(client, "One two three", max_output_tokens=1)[-1]
    assert ("response.incomplete", "One") == (last["type"], said(last["response"]))


def test_log_probabilities_come_with_the_deltas(client: httpx.Client) -> None:
    """Those of the tokens of the delta, and of all at the end."""
    told = stream(client, top_logprobs=1)
    deltas = [event for event in told if event["type"] == "response.output_text.delta"]
    assert [["Hello"], [" there!"]] == [[p["token"] for p in e["logprobs"]] for e in deltas]
    (done,) = [event for event in told if event["type"] == "response.output_text.done"]
    assert 2 == len(done["logprobs"])


def test_deltas_are_padded_when_asked_for(client: httpx.Client) -> None:
    """Text and padding together have a multiple of sixteen characters."""
    told = stream(client, stream_options={"include_obfuscation": True})
    for event in told:
        if event["type"].endswith(".delta"):
            assert 0 == (len(event["delta"]) + len(event["obfuscation"])) % 16


def test_a_refusal_is_a_status_and_no_event(client: httpx.Client) -> None:
    """What can be refused is refused before the stream begins."""
    body = {"model": "none", "input": "x", "stream": True}
    assert 404 == client.post(RESPONSES, json=body).status_code


def wait(client: httpx.Client, identity: str) -> Json:
    """Return an answer when it has ended."""
    while True:
        answer: Json = client.get(f"{RESPONSES}/{identity}").json()
        if answer["status"] not in ("queued", "in_progress"):
            return answer


def test_an_answer_can_be_made_in_the_background(client: httpx.Client) -> None:
    """It is queued first, and complete when it is asked for later."""
    queued = ask(client, background=True)
    assert ("queued", True, []) == (queued["status"], queued["background"], queued["output"])
    answer = wait(client, queued["id"])
    assert ("completed", "Hello there!") == (answer["status"], said(answer))
    assert answer == client.post(f"{RESPONSES}/{queued['id']}/cancel").json()


def test_a_failure_in_the_background_is_kept(client: httpx.Client) -> None:
    """The answer says why, for nobody waits for a status."""
    answer = wait(client, ask(client, background=True, model="none")["id"])
    assert ("failed", "invalid_prompt") == (answer["status"], answer["error"]["code"])


def test_events_of_the_background_can_be_had_again(client: httpx.Client) -> None:
    """All of them, or those behind the last one that was seen."""
    told = stream(client, background=True)
    assert ["created", "queued", "in_progress"] == kinds(told)[:3]
    assert "response.completed" == told[-1]["type"]
    place = f"{RESPONSES}/{told[0]['response']['id']}"
    wait(client, told[0]["response"]["id"])
    assert told == events(client.get(place, params={"stream": "true"}))
    rest = client.get(place, params={"stream": "true", "starting_after": 3})
    assert told[4:] == events(rest)


def test_other_answers_cannot_be_streamed_again(client: httpx.Client) -> None:
    """Their events were never kept."""
    response = client.get(f"{RESPONSES}/{ask(client)['id']}", params={"stream": "true"})
    assert (400, "stream") == (response.status_code, response.json()["error"]["param"])


def test_only_the_background_can_be_cancelled(client: httpx.Client) -> None:
    """Another answer was there before anybody could cancel it."""
    assert 400 == client.post(f"{RESPONSES}/{ask(client)['id']}/cancel").status_code


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["cancel", "delete"])
async def test_an_answer_that_is_being_made_can_be_stopped(tmp_path: Path, method: str) -> None:
    """Whoever follows it comes to an end, and the work does, too."""
    options = Options(data=tmp_path, api_key="sk-own", admin_password="p", token_delay=3600)
    async with open_services(options) as services:
        transport = httpx.ASGITransport(create_app(services))
        headers = {"authorization": "Bearer sk-own"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:
            body = {"model": "echo-1", "input": "Hi.", "background": True, "stream": True}
            followed: list[httpx.Response] = []

            async def follow() -> None:
                followed.append(await client.post(RESPONSES, json=body))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(follow)
                while not services.jobs.running:
                    await anyio.lowlevel.checkpoint()
                (identity,) = services.jobs.running
                place = f"{RESPONSES}/{identity}"
                if method == "cancel":
                    stopped = (await client.post(f"{place}/cancel")).json()
                    assert "cancelled" == stopped["status"]
                    assert stopped == (await client.get(place)).json()
                else:
                    assert 200 == (await client.delete(place)).status_code
                    assert 404 == (await client.get(place)).status_code
            assert not services.jobs.running
            assert "response.completed" not in followed[0].text


def test_answers_that_were_being_made_when_the_server_stopped_have_failed(tmp_path: Path) -> None:
    """Nobody waits for them for ever."""
    key = "sk-own"
    headers = {"authorization": f"Bearer {key}"}
    with (
        running_server(data=tmp_path, api_key=key, token_delay=3600) as server,
        httpx.Client(base_url=server.url, headers=headers) as client,
    ):
        body = {"model": "echo-1", "input": "Hi.", "background": True, "stream": True}
        with client.stream("POST", RESPONSES, json=body) as response:
            first = next(response.iter_text())
        identity = first.split('"id":"', 1)[1].split('"', 1)[0]
        again = {"stream": "true", "starting_after": "0"}
        with client.stream("GET", f"{RESPONSES}/{identity}", params=again) as response:
            assert next(response.iter_text()).startswith("event: response.queued\n")
    with (
        running_server(data=tmp_path, api_key=key) as server,
        httpx.Client(base_url=server.url, headers=headers) as client,
    ):
        answer = client.get(f"{RESPONSES}/{identity}").json()
    assert ("failed", "server_error") == (answer["status"], answer["error"]["code"])


def test_faults_can_be_injected_here_too(client: httpx.Client) -> None:
    """A stream is cut between its events, and an answer is a status."""
    body = {"model": "echo-1", "input": "Hi.", "stream": True}
    with client.stream("POST", RESPONSES, json=body, headers={"X-SDK-Fault": "cut=3"}) as response:
        seen: list[str] = []
        with pytest.raises(httpx.RemoteProtocolError):
            seen.extend(response.iter_text())
    assert 3 == "".join(seen).count("event: ")
    faulty = {"X-SDK-Fault": "status=503; retry-after=0"}
    refused = client.get("/v1/files", headers=faulty)
    assert (503, "0") == (refused.status_code, refused.headers["retry-after"])


@pytest.mark.anyio
async def test_a_bug_in_the_background_ends_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever polls learns that it failed, and the log alone says why."""
    async with embedded(tmp_path) as app:

        async def fail(_request: object) -> None:
            msg = "no luck"
            raise ValueError(msg)

        monkeypatch.setattr(app.services.engine, "complete", fail)
        body = {"model": "echo-1", "input": "Hi.", "background": True}
        queued = await app.post(RESPONSES, body)
        await app.idle()
        answer = await app.get(f"{RESPONSES}/{queued['id']}")
        assert ("failed", "server_error") == (answer["status"], answer["error"]["code"])
        assert "no luck" not in answer["error"]["message"]
        assert "no luck" in caplog.text
