"""Cut the files of vector stores into chunks, embed them, and find them again by meaning."""

from __future__ import annotations

import math
import operator
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import anyio.to_thread
import attrs

from .._encoding import decode_json
from .._engines import EngineRequest
from .._engines._tokens import split
from .._jobs import Job
from .._problems import Problem
from .._records import Shelf
from .._services import Services
from ._calls import Json

STORE, STORED_FILE, CHUNK = "vector_store", "vector_store.file", "vector_store.chunk"

DEFAULT_CHUNKS = {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}

_TOGETHER = 64  # chunks that are embedded by one request


@attrs.frozen(kw_only=True)
class Found:
    """Hold a chunk and how well it suits a question, from 0 to 1."""

    score: float
    file: Json
    text: str


class _UnreadableError(Exception):
    """Tell that a file holds no text."""


async def ingest(services: Services, owner: str, store: str, file: str) -> None:
    """Read a file of a vector store: cut it, embed it, keep the chunks. Failures go into its state.

    Args:
        services: What the server works with.
        owner: Who owns both.
        store: Identifier of the store.
        file: Identifier of the file.
    """
    records = services.records
    entry = await records.run(owner, lambda shelf: shelf.get(STORED_FILE, file, parent=store))
    if entry is None or entry["status"] != "in_progress":
        return
    try:
        texts = await anyio.to_thread.run_sync(_read, services, entry)
        vectors: list[bytes] = []
        for start in range(0, len(texts), _TOGETHER):
            vectors += await embed(services, texts[start : start + _TOGETHER])
    except _UnreadableError as error:
        changed = _failed("unsupported_file", str(error))
    except FileNotFoundError:
        changed = _failed("invalid_file", "The file is gone.")
    except Problem as problem:
        changed = _failed("server_error", problem.message)
    else:
        size = sum(
            len(text.encode()) + len(vector) for text, vector in zip(texts, vectors, strict=True)
        )
        changed = {"status": "completed", "usage_bytes": size}

    def work(shelf: Shelf) -> None:
        now = shelf.get(STORED_FILE, file, parent=store)
        if now is None or now["status"] != "in_progress":
            return  # it was taken out or given up meanwhile
        if changed["status"] == "completed":
            for index, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
                body = {"id": str(index), "text": text, "vector": b64encode(vector).decode()}
                shelf.put(CHUNK, body, parent=_chunks_of(store, file))
        shelf.change(STORED_FILE, file, changed, parent=store)

    await records.run(owner, work)


def ingesting(
    services: Services, owner: str, store: str, files: Sequence[str]
) -> Callable[[Job], Any]:
    """Return the work of reading files one after the other."""

    async def work(_job: Job) -> None:
        for file in files:
            await ingest(services, owner, store, file)

    return work


async def embed(services: Services, texts: Sequence[str]) -> list[bytes]:
    """Return the vector of each text as 32-bit floats; its length is 1.

    Raises:
        Problem: There is no model that embeds, or it failed.
    """
    model = services.options.embedding_model
    if model is None:
        models = await services.engine.catalog.list()
        fitting = [each.id for each in models if each.capabilities == ("embedding",)]
        if not fitting:
            message = "This server embeds nothing: it was started without `--embedding-model`."
            raise Problem(501, message, code="not_implemented")
        model = fitting[0]
    body = {"model": model, "input": list(texts), "encoding_format": "float"}
    answer = await services.engine.complete(EngineRequest(task="embedding", body=body))
    value: Any = decode_json(answer.body) if isinstance(answer.body, bytes) else answer.body
    return [_packed(entry["embedding"]) for entry in value["data"]]


async def search(
    services: Services,
    owner: str,
    store: str,
    queries: Sequence[str],
    wanted: Callable[[Mapping[str, Any]], bool],
) -> list[Found]:
    """Return all chunks of a store that may suit, the best first.

    Args:
        services: What the server works with.
        owner: Who owns the store.
        store: Its identifier.
        queries: What to look for; a chunk is as good as it is for one of them.
        wanted: Which files to look at, by their attributes.
    """
    vectors = [_numbers(vector) for vector in await embed(services, queries)]

    def work(shelf: Shelf) -> list[tuple[Json, list[Json]]]:
        files = shelf.all(STORED_FILE, parent=store)
        return [
            (file, shelf.all(CHUNK, parent=_chunks_of(store, file["id"])))
            for file in files
            if file["status"] == "completed" and wanted(file.get("attributes") or {})
        ]

    candidates = await services.records.run(owner, work)

    def rank() -> list[Found]:
        found = []
        for file, chunks in candidates:
            for chunk in chunks:
                vector = _numbers(b64decode(chunk["vector"]))
                score = max(math.fsum(map(operator.mul, vector, query)) for query in vectors)
                score = min(max(score, 0.0), 1.0)
                found.append(Found(score=score, file=file, text=chunk["text"]))
        return sorted(found, key=lambda each: each.score, reverse=True)

    return await anyio.to_thread.run_sync(rank)


def texts_of_file(shelf: Shelf, store: str, file: str) -> list[str]:
    """Return the chunks of a file in their order."""
    return [chunk["text"] for chunk in shelf.all(CHUNK, parent=_chunks_of(store, file))]


def forget_file(shelf: Shelf, file: str, store: str | None = None) -> None:
    """Take a file out of a vector store, or out of all."""
    for parent in shelf.parents(STORED_FILE, file) if store is None else (store,):
        shelf.delete(STORED_FILE, file, parent=parent)
        shelf.clear(CHUNK, parent=_chunks_of(parent, file))


def fits(filters: Json | None, attributes: Mapping[str, Any]) -> bool:
    """Tell whether a file's attributes pass a filter."""
    if filters is None:
        return True
    kind = filters["type"]
    if kind in ("and", "or"):
        passed = (fits(inner, attributes) for inner in filters["filters"])
        return all(passed) if kind == "and" else any(passed)
    key, value = filters["key"], filters["value"]
    if key not in attributes:
        return kind in ("ne", "nin")
    try:
        return bool(_COMPARISONS[kind](attributes[key], value))
    except TypeError:
        return False  # a text is neither above nor below a number


_COMPARISONS: Mapping[str, Callable[[Any, Any], object]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, among: value in among,
    "nin": lambda value, among: value not in among,
}


def _chunks_of(store: str, file: str) -> str:
    return f"{store}/{file}"


def _failed(code: str, message: str) -> Json:
    return {"status": "failed", "last_error": {"code": code, "message": message}}


def _read(services: Services, entry: Json) -> list[str]:
    data = services.contents.place(entry["id"]).read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        msg = "The file is no text in UTF-8."
        raise _UnreadableError(msg) from None
    size = entry["chunking_strategy"]["static"]
    return list(_cut(text, size["max_chunk_size_tokens"], size["chunk_overlap_tokens"]))


def _cut(text: str, size: int, overlap: int) -> Iterator[str]:
    tokens = split(text)
    for start in range(0, max(len(tokens) - overlap, 1), size - overlap):
        if piece := "".join(tokens[start : start + size]).strip():
            yield piece


def _packed(numbers: Sequence[float]) -> bytes:
    norm = math.sqrt(math.fsum(number * number for number in numbers)) or 1.0
    return struct.pack(f"<{len(numbers)}f", *(number / norm for number in numbers))


def _numbers(packed: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(packed) // 4}f", packed)
