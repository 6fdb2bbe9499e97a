"""The work of a batch: read the file, answer each line, write what came of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import anyio
from anyio.abc import TaskGroup
from starlette.types import ASGIApp

from .._accounts import Caller
from .._dispatch import dispatch
from .._encoding import JSONError, decode_json, encode_json
from .._jobs import Job
from .._records import Shelf
from .._secrets import new_id
from .._services import Services
from ._calls import Json
from ._files import FILE, file_object

BATCH, LINE = "batch", "batch.line"

_AT_ONCE = 8  # requests under way
_MOST_LINES = 50_000
_MOST_ERRORS = 20


class BatchWork:
    """Do the work of one batch; what a stopped server has done of it is not done again.

    Args:
        services: What the server works with.
        app: Answers the requests.
        owner: Who owns the batch.
        batch: The batch as it was created.
    """

    def __init__(self, services: Services, app: ASGIApp, owner: str, batch: Json) -> None:
        self._services = services
        self._app = app
        self._owner = owner
        self._batch = batch
        self._free = anyio.Semaphore(_AT_ONCE)

    async def __call__(self, job: Job) -> None:
        """Work until all is done, the batch expires, or *job* is to stop."""
        try:
            await self._work(job)
        except FileNotFoundError:
            await self._fail([_error("file_not_found", "The file is gone.")])

    async def _work(self, job: Job) -> None:
        errors, total = await anyio.to_thread.run_sync(self._validate)
        if errors:
            await self._fail(errors)
            return
        done = await self._run(lambda shelf: shelf.all(LINE, parent=self._batch["id"]))
        known = {line["id"] for line in done}
        if not known:
            await self._change(request_counts={"total": total, "completed": 0, "failed": 0})
        if not job.stopping:
            begun = self._batch.get("in_progress_at") or self._now()
            await self._change(status="in_progress", in_progress_at=begun)
        late = False
        async with anyio.create_task_group() as group:
            for line in self._lines():
                late = self._now() >= self._batch["expires_at"]
                if job.stopping or late:
                    break
                if line["custom_id"] not in known:
                    await self._begin(group, line)
        await self._finish(stopped=job.stopping, late=late)

    def _lines(self) -> Iterator[Json]:
        with self._services.contents.place(self._batch["input_file_id"]).open("rb") as file:
            for text in file:
                if text.strip():
                    yield json.loads(text)

    def _validate(self) -> tuple[list[Json], int]:
        """Return what is wrong with the file, and how many requests it has."""
        errors: list[Json] = []
        names: set[str] = set()
        with self._services.contents.place(self._batch["input_file_id"]).open("rb") as file:
            for number, text in enumerate(file, 1):
                if not text.strip():
                    continue
                wrong = _fault(text, self._batch["endpoint"], names)
                if wrong is not None and len(errors) < _MOST_ERRORS:
                    errors.append({**wrong, "line": number})
        if not names and not errors:
            errors.append(_error("empty_file", "The file has no requests."))
        if len(names) > _MOST_LINES:
            message = f"The file has more than {_MOST_LINES} requests."
            errors.append(_error("too_many_requests", message))
        return errors, len(names)

    async def _begin(self, group: TaskGroup, line: Json) -> None:
        await self._free.acquire()

        async def answer() -> None:
            try:
                await self._answer(line)
            finally:
                self._free.release()

        group.start_soon(answer)

    async def _answer(self, line: Json) -> None:
        answer = await dispatch(
            self._app, Caller(user=self._owner), line["url"], encode_json(line["body"])
        )
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        body = decode_json(answer.body) if is_json else answer.body.decode(errors="replace")
        entry = {
            "id": line["custom_id"],
            "_result": {
                "id": new_id("batch_req"),
                "custom_id": line["custom_id"],
                "response": {
                    "status_code": answer.status,
                    "request_id": answer.headers.get("x-request-id"),
                    "body": body,
                },
                "error": None,
            },
        }
        outcome = "completed" if answer.status < 400 else "failed"

        def work(shelf: Shelf) -> None:
            shelf.put(LINE, entry, parent=self._batch["id"])
            batch = shelf.get(BATCH, self._batch["id"])
            assert batch is not None
            counts = batch["request_counts"]
            counts[outcome] += 1
            shelf.change(BATCH, self._batch["id"], {"request_counts": counts})

        await self._run(work)

    async def _finish(self, *, stopped: bool, late: bool) -> None:
        """Write the files of answers and failures, and end the batch."""
        if not stopped:
            await self._change(status="finalizing", finalizing_at=self._now())
        done = await self._run(lambda shelf: shelf.all(LINE, parent=self._batch["id"]))
        results = {line["id"]: line["_result"] for line in done}
        good, bad, models = [], [], set()
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        for line in self._lines():
            models.add(line["body"].get("model"))
            result = results.get(line["custom_id"])
            if result is None:
                if late:
                    bad.append(_unanswered(line["custom_id"]))
                continue
            if result["response"]["status_code"] >= 400:
                bad.append(result)
                continue
            good.append(result)
            _add_usage(usage, result["response"]["body"])
        ended = "cancelled" if stopped else "expired" if late else "completed"
        changed = {
            "status": ended,
            f"{ended}_at": self._now(),
            "model": models.pop() if len(models) == 1 else None,
            "output_file_id": await self._write("output", good),
            "error_file_id": await self._write("error", bad),
            "usage": {
                **usage,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
        }
        await self._change(**changed)
        await self._run(lambda shelf: shelf.clear(LINE, parent=self._batch["id"]))

    async def _write(self, kind: str, results: list[Json]) -> str | None:
        if not results:
            return None
        with tempfile.TemporaryFile() as written:
            for result in results:
                written.write(encode_json(result) + b"\n")
            size = written.tell()
            written.seek(0)
            file = file_object(
                self._services.records,
                filename=f"{self._batch['id']}_{kind}.jsonl",
                purpose="batch_output",
                size=size,
                expires_after=self._batch["_output_expires_after"],
            )
            await self._services.contents.write(file["id"], written)
        await self._run(lambda shelf: shelf.put(FILE, file, expires=file["expires_at"]))
        return str(file["id"])

    async def _run(self, work: Any) -> Any:
        return await self._services.records.run(self._owner, work)

    async def _fail(self, errors: list[Json]) -> None:
        listed = {"object": "list", "data": errors}
        await self._change(status="failed", failed_at=self._now(), errors=listed)

    async def _change(self, **members: Any) -> None:
        await self._run(lambda shelf: shelf.change(BATCH, self._batch["id"], members))

    def _now(self) -> int:
        return int(self._services.records.clock())


def _fault(text: bytes, endpoint: str, names: set[str]) -> Json | None:
    """Return what is wrong with a line, `None` if it is a request, whose name joins *names*."""
    try:
        line = decode_json(text)
    except JSONError as error:
        return _error("invalid_json_line", f"The line is not valid JSON: {error}.")
    if not isinstance(line, dict):
        return _error("invalid_json_line", "The line is no JSON object.")
    name = line.get("custom_id")
    if not isinstance(name, str) or not name:
        return _error("missing_custom_id", "`custom_id` must be a text.", "custom_id")
    if name in names:
        return _error("duplicate_custom_id", f"`{name}` was used before.", "custom_id")
    names.add(name)
    if line.get("method") != "POST":
        return _error("invalid_method", "`method` must be `POST`.", "method")
    if line.get("url") != endpoint:
        return _error("mismatched_url", f"`url` must be `{endpoint}`.", "url")
    body = line.get("body")
    if not isinstance(body, dict):
        return _error("invalid_body", "`body` must be an object.", "body")
    if body.get("stream"):
        return _error("stream_not_allowed", "A batch cannot be streamed.", "body.stream")
    return None


def _error(code: str, message: str, param: str | None = None) -> Json:
    return {"code": code, "line": None, "message": message, "param": param}


def _unanswered(name: str) -> Json:
    error = {"code": "batch_expired", "message": "The batch expired before this was answered."}
    return {"id": new_id("batch_req"), "custom_id": name, "response": None, "error": error}


def _add_usage(usage: dict[str, int], body: Mapping[str, Any]) -> None:
    told = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return
    for name, other in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        usage[name] += told.get(name) or told.get(other) or 0
    usage["total_tokens"] += told.get("total_tokens") or 0
