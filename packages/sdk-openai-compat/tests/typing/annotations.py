"""A program that is annotated with openai's names of types; mypy reads it, nobody runs it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, assert_type

import sdk_openai_compat
from sdk_openai_compat import OpenAI
from sdk_openai_compat.types import (
    Batch,
    ChatModel,
    EmbeddingCreateParams,
    FileObject,
    FilePurpose,
    ImagesResponse,
    Moderation,
    VectorStore,
    responses,
)
from sdk_openai_compat.types.audio import Transcription
from sdk_openai_compat.types.audio.transcription_stream_event import TranscriptionStreamEvent
from sdk_openai_compat.types.chat import (
    ChatCompletion,
    ChatCompletionAssistantMessageParam,
    ChatCompletionMessageToolCallUnion,
    ParsedChatCompletion,
)
from sdk_openai_compat.types.chat.chat_completion_chunk import Choice, ChoiceDelta
from sdk_openai_compat.types.chat.chat_completion_content_part_param import FileFile
from sdk_openai_compat.types.chat.completion_create_params import (
    CompletionCreateParams,
    CompletionCreateParamsNonStreaming,
)
from sdk_openai_compat.types.fine_tuning.job_create_params import JobCreateParams
from sdk_openai_compat.types.graders.score_model_grader_param import ScoreModelGraderParam
from sdk_openai_compat.types.realtime import RealtimeServerEvent
from sdk_openai_compat.types.responses import (
    Response,
    ResponseInputItemParam,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
    ToolParam,
)
from sdk_openai_compat.types.responses.response_input_param import FunctionCallOutput
from sdk_openai_compat.types.shared import ReasoningEffort
from sdk_openai_compat.types.shared_params import FunctionDefinition, ResponseFormatJSONSchema
from sdk_openai_compat.types.vector_stores.file_update_params import FileUpdateParams
from sdk_openai_compat.types.webhooks import UnwrapWebhookEvent

model: ChatModel = "gpt-4o"
effort: ReasoningEffort = "high"
asked: CompletionCreateParamsNonStreaming = {
    "model": model,
    "messages": [{"role": "user", "content": "Hi"}],
    "reasoning_effort": effort,
}
either: CompletionCreateParams = asked
streamed: CompletionCreateParams = {"model": "m", "messages": [], "stream": True}
said: ChatCompletionAssistantMessageParam = {"role": "assistant", "content": [], "name": "a"}
file: FileFile = {"file_id": "f"}
items: Iterable[ResponseInputItemParam] = [
    {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    {"type": "item_reference", "id": "i"},
]
output: FunctionCallOutput = {"type": "function_call_output", "call_id": "c", "output": "3"}
tool: ToolParam = {"type": "function", "name": "f", "parameters": None, "strict": True}
function: FunctionDefinition = {"name": "f"}
form: ResponseFormatJSONSchema = {"type": "json_schema", "json_schema": {"name": "n"}}
job: JobCreateParams = {"model": "m", "training_file": "f"}
vectors: EmbeddingCreateParams = {"input": ["a"], "model": "m", "encoding_format": "float"}
change: FileUpdateParams = {"vector_store_id": "v", "attributes": None}
purpose: FilePurpose = "batch"
grader: ScoreModelGraderParam = {
    "type": "score_model",
    "name": "n",
    "model": "m",
    "input": [{"role": "user", "content": [{"type": "output_text", "text": "t"}]}],
}


def whole(client: OpenAI) -> ChatCompletion:
    """Give a call what a dictionary holds."""
    answer = client.chat.completions.create(**asked)
    assert_type(answer, ChatCompletion)
    assert_type(answer.choices[0], sdk_openai_compat.types.chat.chat_completion.Choice)
    client.embeddings.create(**vectors)
    client.vector_stores.files.update("f", **change)
    return answer


def called(call: ChatCompletionMessageToolCallUnion) -> str:
    """Tell the members of a union apart."""
    return call.function.name if call.type == "function" else call.custom.name


def piece(choice: Choice) -> ChoiceDelta:
    """Name a class inside of a module."""
    return choice.delta


def text(item: ResponseOutputItem) -> str | None:
    """Tell the items of an answer apart, by what they are or by their tag."""
    if isinstance(item, ResponseOutputMessage):
        assert_type(item.role, Literal["assistant"])
    return item.name if item.type == "function_call" else None


def added(event: ResponseStreamEvent) -> str | None:
    """Tell the events of a stream apart."""
    if isinstance(event, ResponseTextDeltaEvent):
        return event.delta
    return event.response.id if event.type == "response.completed" else None


def more(
    answer: Response,
    parsed: ParsedChatCompletion[FileObject],
    realtime: RealtimeServerEvent,
    hook: UnwrapWebhookEvent,
    heard: TranscriptionStreamEvent | Transcription,
) -> tuple[str, FileObject | None]:
    """Use what helpers and sockets give."""
    assert_type(answer, responses.Response)
    words = f"{answer.output_text}{realtime.type}{hook.type}{heard}"
    return words, parsed.choices[0].message.parsed


def kept(
    batch: Batch, images: ImagesResponse, checked: Moderation, store: VectorStore
) -> tuple[str, int, bool, int]:
    """Name what other calls return."""
    return batch.id, images.created, checked.flagged, store.file_counts.total
