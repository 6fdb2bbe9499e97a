"""``client.chat.completions``: the next message of a conversation."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Unpack

from sdk_core.errors import ConfigurationError
from sdk_core.typing import Omit, omit
from sdk_inference_api.resources.chat.completions import (
    AsyncCompletions as GeneratedAsyncCompletions,
)
from sdk_inference_api.resources.chat.completions import Completions as GeneratedCompletions

from ...._errors import ArgumentTypeError
from ...._lazy import lazy
from ...._pages import Paging, cursor_page, cursor_page_to_come
from ..._asking import Asking, signed_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions
    from sdk_inference_api.models import ChatCompletion
    from sdk_inference_api.params import (
        ChatCompletionResponseFormatParam,
        ChatCompletionToolUnionParam,
    )

    from ....lib._chat_models import ParsedChatCompletion
    from ....lib._parsing import ResponseFormatT
    from ....lib.streaming.chat import (
        AsyncChatCompletionStreamManager,
        ChatCompletionStreamManager,
    )
    from ._arguments import ChatArguments
    from .messages import AsyncMessages, Messages
else:  # names that other packages take from here
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "_parse_chat_completion": "sdk_openai_compat.lib._parsing:parse_chat_completion",
            "_type_to_response_format": "sdk_openai_compat.lib._parsing:type_to_response_format_param",
            "_validate_input_tools": "sdk_openai_compat.lib._parsing:validate_input_tools",
        },
    )

__all__ = ["AsyncCompletions", "Completions"]


def validate_response_format(response_format: object) -> None:
    """
    Refuse a class where a format is sent as it is.

    Raises:
        ArgumentTypeError: It is one.
    """
    if isinstance(response_format, type):
        msg = (
            f"`response_format` is the class `{response_format.__name__}`, which `create` cannot "
            "send; use `chat.completions.parse` or `.stream`, which read the answer as one, too"
        )
        raise ArgumentTypeError(msg)


class _Completing(Asking, Paging):
    """What both colours have in common."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        body = options.get("body")
        if isinstance(body, dict):
            validate_response_format(body.get("response_format"))
        return super()._call(operation, arguments, **options)

    def _parsing(self, response_format: Any, tools: Any) -> tuple[Any, dict[str, Any]]:
        """Return what asks for an answer to be parsed, and the arguments that say so."""
        # Imported by the first answer to be parsed, which is pydantic's business.
        from ....lib._parsing._completions import (  # noqa: PLC0415  # needs pydantic
            format_of,
            parse_chat_completion,
            validate_input_tools,
        )

        given = validate_input_tools(tools)

        def parsed(completion: ChatCompletion) -> ParsedChatCompletion[Any]:
            return parse_chat_completion(
                response_format=response_format, input_tools=given, chat_completion=completion
            )

        sent = {"response_format": format_of(response_format), "tools": given, "stream": False}
        return self._asking(parsed), sent

    def _streaming(self, response_format: Any, tools: Any) -> dict[str, Any]:
        """Return the arguments that ask for a stream, whose tools and types are good."""
        # Imported by the first stream of events, as above.
        from ....lib._parsing._completions import (  # noqa: PLC0415  # needs pydantic
            format_of,
            materialize_input_tools,
        )

        if self._mode is not None:
            msg = "`stream` has no other views; its streams have `response` with all that came"
            raise ConfigurationError(msg)
        given = materialize_input_tools(tools)
        return {"response_format": format_of(response_format), "tools": given, "stream": True}


class Completions(_Completing, GeneratedCompletions):
    """The next message of a conversation."""

    @cursor_page(GeneratedCompletions.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    @cached_property
    def messages(self) -> Messages:
        """What a stored completion was asked."""
        from .messages import Messages  # noqa: PLC0415  # lazy, as the generated tree is

        return Messages(self._client, self._mode)

    def parse(
        self,
        *,
        response_format: type[ResponseFormatT] | Omit = omit,
        tools: Iterable[ChatCompletionToolUnionParam] | Omit = omit,
        **arguments: Unpack[ChatArguments],
    ) -> ParsedChatCompletion[ResponseFormatT]:
        """
        Continue a conversation, and parse the answer.

        Args:
            response_format: The type of the answer's text: a pydantic model, a dataclass, or
                another type of an object that pydantic reads. ``message.parsed`` is one.
            tools: Strict functions, such as of `pydantic_function_tool`; the arguments of their
                calls are ``tool_calls[i].function.parsed_arguments``.
            **arguments: As `create` takes them.

        Raises:
            ConfigurationError: A strict schema cannot say what the type says, or a tool is lax.
            LengthFinishReasonError: The answer was cut off at a limit of tokens.
            ContentFilterFinishReasonError: The answer was withheld.
            pydantic.ValidationError: The answer is not what was asked for.
            APIError: The call failed.
        """
        asking, sent = self._parsing(response_format, tools)
        parsed: ParsedChatCompletion[ResponseFormatT] = asking.create(**arguments, **sent)
        return parsed

    def stream(
        self,
        *,
        response_format: type[ResponseFormatT] | ChatCompletionResponseFormatParam | Omit = omit,
        tools: Iterable[ChatCompletionToolUnionParam] | Omit = omit,
        **arguments: Unpack[ChatArguments],
    ) -> ChatCompletionStreamManager[ResponseFormatT]:
        """
        Continue a conversation as a stream of events, of which one completion is made.

        ::

            with client.chat.completions.stream(model="m", messages=messages) as stream:
                for event in stream:
                    if event.type == "content.delta":
                        print(event.delta, end="", flush=True)
            completion = stream.get_final_completion()

        Args:
            response_format: As `parse` takes it; or a format that is sent and parses nothing.
            tools: Functions, of which strict ones are parsed, and other tools.
            **arguments: As `create` takes them.

        Raises:
            ConfigurationError: A strict schema cannot say what the type says.
        """
        from ....lib.streaming.chat import (  # noqa: PLC0415  # as above
            ChatCompletionStreamManager,
        )

        sent = self._streaming(response_format, tools)
        send: Any = partial(self.create, **arguments, **sent)
        return ChatCompletionStreamManager(
            send, response_format=response_format, input_tools=sent["tools"]
        )


class AsyncCompletions(_Completing, GeneratedAsyncCompletions):
    """The asynchronous twin of `Completions`."""

    @cursor_page_to_come(GeneratedAsyncCompletions.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    @cached_property
    def messages(self) -> AsyncMessages:
        """What a stored completion was asked."""
        from .messages import AsyncMessages  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncMessages(self._client, self._mode)

    async def parse(
        self,
        *,
        response_format: type[ResponseFormatT] | Omit = omit,
        tools: Iterable[ChatCompletionToolUnionParam] | Omit = omit,
        **arguments: Unpack[ChatArguments],
    ) -> ParsedChatCompletion[ResponseFormatT]:
        """Continue a conversation, and parse the answer; see `Completions.parse`."""
        asking, sent = self._parsing(response_format, tools)
        parsed: ParsedChatCompletion[ResponseFormatT] = await asking.create(**arguments, **sent)
        return parsed

    def stream(
        self,
        *,
        response_format: type[ResponseFormatT] | ChatCompletionResponseFormatParam | Omit = omit,
        tools: Iterable[ChatCompletionToolUnionParam] | Omit = omit,
        **arguments: Unpack[ChatArguments],
    ) -> AsyncChatCompletionStreamManager[ResponseFormatT]:
        """Continue a conversation as a stream of events; see `Completions.stream`."""
        from ....lib.streaming.chat import (  # noqa: PLC0415  # as above
            AsyncChatCompletionStreamManager,
        )

        sent = self._streaming(response_format, tools)
        send: Any = partial(self.create, **arguments, **sent)
        return AsyncChatCompletionStreamManager(
            send, response_format=response_format, input_tools=sent["tools"]
        )


signed_like(GeneratedCompletions.create, Completions.parse, Completions.stream, without="stream")
signed_like(
    GeneratedAsyncCompletions.create,
    AsyncCompletions.parse,
    AsyncCompletions.stream,
    without="stream",
)
