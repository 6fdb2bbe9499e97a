"""A program with files and lists, as users write it; mypy reads it, nobody runs it."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from sdk_inference_api.models import (
    FileObject,
    FineTuningJobEvent,
    Model,
    Transcription,
    TranscriptionDiarized,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionTextSegmentEvent,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
    Upload,
    VectorStoreFile,
    VectorStoreFileBatch,
    VectorStoreSearchResponse,
)
from sdk_openai_compat import AsyncOpenAI, AsyncStream, HttpxBinaryResponseContent, OpenAI, Stream
from sdk_openai_compat.pagination import AsyncCursorPage, PageInfo, SyncCursorPage, SyncPage


def pages(client: OpenAI) -> None:
    """Turn pages."""
    page = client.files.list(limit=10, order="asc")
    assert_type(page, SyncCursorPage[FileObject])
    assert_type(page.data, list[FileObject])
    assert_type(page.has_next_page(), bool)
    assert_type(page.next_page_info(), PageInfo | None)
    assert_type(page.get_next_page(), SyncCursorPage[FileObject])
    for each in page.iter_pages():
        assert_type(each, SyncCursorPage[FileObject])
    for file in page:
        assert_type(file, FileObject)
    assert_type(client.models.list(), SyncPage[Model])
    assert_type(client.vector_stores.search("v", query="q"), SyncPage[VectorStoreSearchResponse])
    assert_type(client.fine_tuning.jobs.list_events("j"), SyncCursorPage[FineTuningJobEvent])
    for item in client.conversations.items.list("c"):
        assert_type(item.type == "message", bool)


def contents(client: OpenAI) -> None:
    """Send and fetch files."""
    assert_type(client.files.content("f"), HttpxBinaryResponseContent)
    assert_type(client.files.retrieve_content("f"), str)
    assert_type(client.files.create(file=Path("a"), purpose="batch"), FileObject)
    assert_type(client.files.create(file=("a", b"x", "x/y"), purpose="batch"), FileObject)
    assert_type(client.files.wait_for_processing("f", max_wait_seconds=None), FileObject)
    assert_type(
        client.audio.speech.create(input="a", model="m", voice="v", stream_format="sse"),
        HttpxBinaryResponseContent,
    )
    assert_type(
        client.uploads.upload_file_chunked(
            file=Path("a"), mime_type="x/y", purpose="batch", progress="bar"
        ),
        Upload,
    )
    stores = client.vector_stores
    assert_type(stores.files.upload_and_poll(vector_store_id="v", file=b"x"), VectorStoreFile)
    assert_type(stores.file_batches.upload_and_poll("v", files=[b"x"]), VectorStoreFileBatch)


def transcripts(client: OpenAI, form: str, streaming: bool) -> None:
    """Say in which form."""
    said = client.audio.transcriptions
    assert_type(said.create(file=b"x", model="m"), Transcription)
    assert_type(said.create(file=b"x", model="m", language="en"), Transcription)
    assert_type(said.create(file=b"x", model="m", response_format="text"), str)
    assert_type(
        said.create(file=b"x", model="m", response_format="verbose_json"), TranscriptionVerbose
    )
    assert_type(
        said.create(file=b"x", model="m", response_format="diarized_json"), TranscriptionDiarized
    )
    assert_type(
        said.create(file=b"x", model="m", stream=True),
        Stream[
            TranscriptionTextSegmentEvent | TranscriptionTextDeltaEvent | TranscriptionTextDoneEvent
        ],
    )
    translations = client.audio.translations
    assert_type(translations.create(file=b"x", model="m"), Translation)
    assert_type(
        translations.create(file=b"x", model="m", response_format="verbose_json"),
        TranslationVerbose,
    )


async def asynchronous(client: AsyncOpenAI) -> None:
    """Do the same, awaited."""
    page = await client.files.list(limit=10)
    assert_type(page, AsyncCursorPage[FileObject])
    assert_type(await page.get_next_page(), AsyncCursorPage[FileObject])
    async for each in page.iter_pages():
        assert_type(each.data, list[FileObject])
    async for file in client.files.list():
        assert_type(file, FileObject)
    assert_type(await client.files.content("f"), HttpxBinaryResponseContent)
    assert_type(
        await client.audio.speech.create(input="a", model="m", voice="v"),
        HttpxBinaryResponseContent,
    )
    said = client.audio.transcriptions
    assert_type(await said.create(file=b"x", model="m", response_format="srt"), str)
    assert_type(
        await said.create(file=b"x", model="m", stream=True),
        AsyncStream[
            TranscriptionTextSegmentEvent | TranscriptionTextDeltaEvent | TranscriptionTextDoneEvent
        ],
    )
    assert_type(await client.vector_stores.files.poll("f", vector_store_id="v"), VectorStoreFile)
