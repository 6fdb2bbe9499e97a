"""Modules and names of openai that libraries reach into, as they are under `install_as_openai`."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

# What instructor, langchain-openai, llama-index, logfire, openai-agents, pydantic-ai and the
# OpenTelemetry instrumentation import, areas aside that only OpenAI hosts, and what litellm,
# langfuse and mem0 were seen to import.
NAMES = {
    "openai": """
        APIConnectionError APIError APIResponse APIResponseValidationError APIStatusError
        APITimeoutError AssistantEventHandler AsyncAPIResponse AsyncAzureOpenAI AsyncOpenAI
        AsyncStream AuthenticationError AzureOpenAI BadRequestError BaseModel ConflictError
        DEFAULT_CONNECTION_LIMITS DEFAULT_MAX_RETRIES DEFAULT_TIMEOUT DefaultAsyncHttpx2Client
        DefaultAsyncHttpxClient DefaultHttpxClient InternalServerError NOT_GIVEN NotFoundError
        NotGiven Omit OpenAI OpenAIError PermissionDeniedError RateLimitError Stream Timeout
        NoneType ProxiesTypes Transport UnprocessableEntityError VERSION __version__ api_key
        api_type api_version base_url file_from_path lib not_given omit pagination
        pydantic_function_tool resources types version
    """,
    "openai._base_client": """
        AsyncAPIClient AsyncPaginator BaseClient DEFAULT_CONNECTION_LIMITS DEFAULT_MAX_RETRIES
        DEFAULT_TIMEOUT DefaultAsyncHttpxClient DefaultHttpxClient FinalRequestOptions
        SyncAPIClient make_request_options
    """,
    "openai._client": "AsyncClient AsyncOpenAI Client OpenAI",
    "openai._compat": "PYDANTIC_V1 model_copy model_dump model_json parse_obj",
    "openai._constants": """
        DEFAULT_CONNECTION_LIMITS DEFAULT_MAX_RETRIES DEFAULT_TIMEOUT RAW_RESPONSE_HEADER
    """,
    "openai._exceptions": "APIStatusError LengthFinishReasonError OpenAIError RateLimitError",
    "openai._legacy_response": "HttpxBinaryResponseContent LegacyAPIResponse",
    "openai._models": "BaseModel FinalRequestOptions construct_type validate_type",
    "openai._resource": "AsyncAPIResource SyncAPIResource",
    "openai._response": "APIResponse AsyncAPIResponse",
    "openai._streaming": "AsyncStream Stream",
    "openai._types": "Body FileTypes Headers NOT_GIVEN NotGiven Omit Query ResponseT Timeout omit",
    "openai._utils": "is_given is_mapping maybe_transform",
    "openai._version": "__title__ __version__",
    "openai.lib.azure": "API_KEY_SENTINEL AsyncAzureOpenAI AzureOpenAI",
    "openai.lib._parsing": "type_to_response_format_param",
    "openai.lib._pydantic": "to_strict_json_schema",
    "openai.lib.streaming.chat": "ChatCompletionStreamState",
    "openai.lib.streaming.chat._completions": "ChatCompletionStreamState",
    "openai.lib.streaming.responses": "ResponseStreamState",
    "openai.pagination": "AsyncCursorPage AsyncPage SyncCursorPage SyncPage",
    "openai.resources.beta": "AsyncBeta Beta",
    "openai.resources.chat.completions": "AsyncCompletions Completions completions",
    "openai.resources.chat.completions.completions": "Completions _type_to_response_format",
    "openai.resources.completions": "AsyncCompletions Completions",
    "openai.resources.embeddings": "AsyncEmbeddings Embeddings",
    "openai.resources.images": "AsyncImages Images",
    "openai.resources.responses": "AsyncResponses Responses",
    "openai.resources.responses.responses": "AsyncResponsesConnection Responses",
    "openai.lib.streaming._assistants": "AssistantStreamManager AsyncAssistantStreamManager",
    "openai.types.beta.assistant": "Assistant",
    "openai.types.beta.assistant_deleted": "AssistantDeleted",
    "openai.types.beta.assistant_tool_param": "AssistantToolParam",
    "openai.types.beta.thread_create_params": "Message",
    "openai.types.beta.threads.message": "Message",
    "openai.types.beta.threads.message_content": "MessageContent",
    "openai.types.beta.threads.run": "Run",
    "openai.types.chat.chat_completion": "ChatCompletion Choice",
    "openai.types.chat.completion_create_params": "ResponseFormat WebSearchOptions",
    "openai.types.completion_choice": "CompletionChoice Logprobs",
    "openai.types.responses": "Response ResponseInputItemParam response_create_params",
    "openai.types.responses.response_output_item": "ImageGenerationCall McpCall",
    "openai.types.shared.reasoning": "Reasoning",
    "openai.types.websocket_connection_options": "WebSocketConnectionOptions",
    "openai.version": "VERSION",
}


@pytest.fixture(scope="module")
def missing() -> set[str]:
    """Look all names up in one interpreter in which `openai` is this package."""
    code = f"""
        import importlib, sdk_openai_compat
        sdk_openai_compat.install_as_openai()
        for module, names in {NAMES!r}.items():
            try:
                found = importlib.import_module(module)
            except ImportError as error:
                print(module, error)
                continue
            for name in names.split():
                if not hasattr(found, name):
                    print(f"{{module}}:{{name}}")
    """
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (run.returncode, run.stderr)
    return set(run.stdout.splitlines())


@pytest.mark.parametrize("module", sorted(NAMES))
def test_what_libraries_import_is_there(module: str, missing: set[str]) -> None:
    """Every module, and every name of it."""
    assert not [each for each in missing if each.partition(":")[0].split(" ")[0] == module]


def passes(code: str) -> None:
    """Run *code* where `openai` is this package, and show what went wrong."""
    first = "import sdk_openai_compat; sdk_openai_compat.install_as_openai()\n"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", first + dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (run.returncode, run.stderr)


def test_questions_about_values() -> None:
    """`openai._utils`, `openai._compat` and the builders answer as openai's."""
    passes("""
        import pydantic
        from openai import BaseModel, NOT_GIVEN, omit
        from openai._base_client import make_request_options
        from openai._compat import (
            PYDANTIC_V1, get_model_fields, model_copy, model_dump, model_json, model_json_schema,
            model_parse, parse_obj,
        )
        from openai._models import construct_type, validate_type
        from openai import file_from_path
        from openai._utils import (
            is_dict, is_given, is_list, is_mapping, is_sequence, maybe_transform, strip_not_given,
        )
        assert [True, False, False] == [is_given(each) for each in (None, NOT_GIVEN, omit)]
        file = file_from_path(__import__("os").__file__)
        assert "os.py" == file[0] and b"import" in file[1]
        assert is_dict({}) and is_mapping({}) and is_list([]) and is_sequence("")
        assert {"a": None} == strip_not_given({"a": None, "b": NOT_GIVEN})
        assert 1 == strip_not_given(1) and {"a": 1} == maybe_transform({"a": 1}, dict)

        class Part(BaseModel):
            n: int

        class Whole(BaseModel):
            parts: list[Part]

        whole = construct_type(type_=Whole, value={"parts": [{"n": "x"}]})
        assert isinstance(whole.parts[0], Part) and "x" == whole.parts[0].n
        assert [Part(n=1)] == construct_type(type_=list[Part], value=[{"n": 1}], metadata=["x"])
        assert isinstance(Whole.model_construct(parts=[{"n": 1}]).parts[0], Part)
        assert Part(n=1) == validate_type(type_=Part, value={"n": 1})
        assert [1] == validate_type(type_=list[int], value=["1"])
        for wrong in ({"n": "x"}, 1):
            try:
                validate_type(type_=Part, value=wrong)
            except pydantic.ValidationError:
                pass
            else:
                raise AssertionError
        part = Part(n=1)
        assert part == model_copy(part) == parse_obj(Part, {"n": 1}) == model_parse(Part, {"n": 1})
        assert ({"n": 1}, '{"n":1}') == (model_dump(part), model_json(part))
        assert ["n"] == list(get_model_fields(Part)) == list(model_json_schema(Part)["properties"])
        assert not PYDANTIC_V1
        assert {} == make_request_options()
        assert {
            "headers": {"a": "1"}, "params": {"q": 1, "r": 2}, "extra_json": {"b": 1},
            "idempotency_key": "k", "timeout": 1.0,
        } == make_request_options(
            query={"q": 1}, extra_query={"r": 2}, extra_headers={"a": "1"}, extra_body={"b": 1},
            idempotency_key="k", timeout=1.0,
        )
    """)


def test_errors_are_found_in_their_module() -> None:
    """And nothing that is no error."""
    passes("""
        import openai, openai._exceptions as errors
        assert errors.RateLimitError is openai.RateLimitError
        assert not hasattr(errors, "OpenAI") and not hasattr(errors, "Nothing")
    """)


@pytest.mark.difference(
    "Installing as openai",
    openai="`openai.DefaultHttpxClient` is httpx2's.",
    here="`sdk_openai_compat.DefaultHttpxClient` is httpx's; as `openai` it is httpx2's where that is "
    "installed.",
)
def test_http_clients_are_those_of_openais_version() -> None:
    """httpx2's, as libraries conclude from the version; they can be derived from."""
    passes("""
        import httpx2, openai
        class Mine(openai.DefaultHttpxClient):
            pass
        client = Mine(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json={"data": []})))
        assert isinstance(client, httpx2.Client) and 5.0 == client.timeout.connect
        assert 600 == openai.DefaultAsyncHttpxClient().timeout.read
        assert [] == openai.OpenAI(api_key="k", http_client=client).models.list().data
        assert 1000 == openai.DEFAULT_CONNECTION_LIMITS.max_connections
        from openai._base_client import DefaultHttpxClient
        assert DefaultHttpxClient is openai.DefaultHttpxClient
    """)


def test_http_clients_are_httpxs_without_httpx2() -> None:
    """Nothing needs httpx2 that does not ask for it."""
    passes("""
        import sys
        sys.modules["httpx2"] = None
        import httpx, openai
        assert issubclass(openai.DefaultHttpxClient, httpx.Client)
        assert issubclass(openai.DefaultAsyncHttpxClient, httpx.AsyncClient)
    """)


def test_classes_are_openais_by_isinstance() -> None:
    """Clients, resources, models, streams, answers and errors."""
    passes("""
        import httpx, openai
        from openai._base_client import AsyncAPIClient, SyncAPIClient
        from openai._legacy_response import LegacyAPIResponse
        from openai._resource import AsyncAPIResource, SyncAPIResource
        answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": []}))
        client = openai.OpenAI(api_key="k", http_client=httpx.Client(transport=answer))
        assert isinstance(client, SyncAPIClient) and isinstance(client.models, SyncAPIResource)
        other = openai.AsyncOpenAI(api_key="k")
        assert isinstance(other, AsyncAPIClient) and isinstance(other.models, AsyncAPIResource)
        assert client.models._client is client
        raw = client.models.with_raw_response.list()
        assert isinstance(raw, LegacyAPIResponse) and isinstance(raw.parse(), openai.BaseModel)
        with client.models.with_streaming_response.list() as streamed:
            assert isinstance(streamed, openai.APIResponse)
        assert isinstance(client.beta.chat.completions, type(client.chat.completions))
        assert isinstance(other.beta.chat.completions, type(other.chat.completions))
    """)
