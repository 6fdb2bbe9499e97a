"""``client.responses``: what is beside the generated methods: `parse` and `stream`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from sdk_core.errors import ConfigurationError
from sdk_core.typing import NotGiven, Omit, omit

from .._asking import Asking
from ._operations import with_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions
    from sdk_inference_api.models import Response, Verbosity
    from sdk_inference_api.params import ResponseTextConfigParam, ToolParam

    from ...lib._parsing._responses import TextFormatT
    from ...lib._response_models import ParsedResponse
    from ...lib.streaming.responses import AsyncResponseStreamManager, ResponseStreamManager
    from ._arguments import ResponseArguments

__all__ = ["AsyncHelps", "Helps"]

_LEFT_OUT = (Omit, NotGiven)
_OF_THE_CALL = frozenset({"extra_headers", "extra_query", "extra_body", "timeout"})


class _Helping(Asking):
    """What both colours have in common."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        return super()._call(with_text(operation), arguments, **options)

    def _parsing(
        self,
        text_format: Any,
        parse_as: Any,
        text: Any,
        verbosity: Any,
        tools: Any,
        arguments: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:
        """Return what asks for an answer to be parsed, and the arguments that say so."""
        # Imported by the first answer to be parsed, which is pydantic's business.
        from ...lib._parsing._responses import (  # noqa: PLC0415  # needs pydantic
            parse_response,
            parsed_as,
            text_with,
            tools_of,
        )

        given, form = tools_of(tools), text_with(text, text_format)
        if not isinstance(verbosity, _LEFT_OUT):
            form = {**(form or {}), "verbosity": verbosity}
        extra = arguments.get("extra_body")
        sent = {**arguments, **(extra if isinstance(extra, dict) else {})}.get("input")
        wanted = parsed_as(sent, form, text_format, parse_as)

        def parsed(response: Response) -> ParsedResponse[Any]:
            return parse_response(text_format=wanted, input_tools=given, response=response)

        return self._asking(parsed), {"text": form, "tools": given}

    def _streaming(
        self,
        response_id: Any,
        starting_after: Any,
        text_format: Any,
        text: Any,
        tools: Any,
        arguments: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:
        """Return what sends the request, and what its stream is made with."""
        # Imported by the first stream of events, as above.
        from ...lib._parsing._responses import text_with, tools_of  # noqa: PLC0415  # as above

        if self._mode is not None:
            msg = "`stream` has no other views; its streams have `response` with all that came"
            raise ConfigurationError(msg)
        me: Any = self  # in front of the generated resource
        options = {"text_format": text_format, "input_tools": tools_of(tools)}
        asked = [
            name
            for name, value in {**arguments, "text": text}.items()
            if not isinstance(value, _LEFT_OUT) and name not in _OF_THE_CALL
        ]
        resumed = not isinstance(response_id, _LEFT_OUT)
        known = None if isinstance(starting_after, _LEFT_OUT) else starting_after
        if resumed or known is not None:
            if new := [name for name in asked if name != "include"]:
                msg = (
                    "`response_id` and `starting_after` go on with a response that there is, which "
                    f"`{new[0]}` cannot change; leave it out"
                )
                raise ConfigurationError(msg)
            if not resumed:
                msg = "`starting_after` needs `response_id`: which response is to be gone on with?"
                raise ConfigurationError(msg)
            send = partial(me.retrieve, response_id, stream=True, **arguments)
            return send, {**options, "starting_after": known}
        for name in ("input", "model"):
            if name not in asked:
                msg = f"`{name}` is missing; or give `response_id` to go on with a response"
                raise ConfigurationError(msg)
        form = text_with(text, text_format)
        send = partial(me.create, **arguments, text=form, tools=options["input_tools"], stream=True)
        return send, {**options, "starting_after": None}


class Helps(_Helping):
    """`parse` and `stream`."""

    def parse(
        self,
        *,
        text_format: type[TextFormatT] | Omit = omit,
        parse_as: type[TextFormatT] | Omit | None = omit,
        text: ResponseTextConfigParam | Omit = omit,
        tools: Iterable[ToolParam] | Omit = omit,
        verbosity: Verbosity | Omit | None = omit,
        **arguments: Unpack[ResponseArguments],
    ) -> ParsedResponse[TextFormatT]:
        """
        Ask for an answer, and parse it.

        Args:
            text_format: The type of the answer's text: a pydantic model, a dataclass, or another
                type of an object that pydantic reads. `ParsedResponse.output_parsed` is one.
            parse_as: The type, if a ``configuration_update`` in ``input`` sets another format;
                None to read the text yourself.
            text: Form of the text, without a format if *text_format* is given.
            tools: Functions, of which strict ones are parsed, and other tools; such as of
                `pydantic_function_tool` or `pydantic_responses_function_tool`.
            verbosity: How long the text should be; the same as in *text*.
            **arguments: As `create` takes them.

        Raises:
            ConfigurationError: A strict schema cannot say what the type says.
            pydantic.ValidationError: The answer is not what was asked for.
            APIError: The call failed.
        """
        asking, sent = self._parsing(text_format, parse_as, text, verbosity, tools, arguments)
        parsed: ParsedResponse[TextFormatT] = asking.create(**arguments, **sent)
        return parsed

    def stream(
        self,
        *,
        response_id: str | Omit = omit,
        starting_after: int | Omit = omit,
        text_format: type[TextFormatT] | Omit = omit,
        text: ResponseTextConfigParam | Omit = omit,
        tools: Iterable[ToolParam] | Omit = omit,
        **arguments: Unpack[ResponseArguments],
    ) -> ResponseStreamManager[TextFormatT]:
        """
        Ask for an answer as a stream of events, of which one response is made.

        ::

            with client.responses.stream(model="m", input="Hi") as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        print(event.delta, end="", flush=True)
            response = stream.get_final_response()

        Args:
            response_id: Go on with this response, which was begun in the background, instead.
            starting_after: Of its events, only those behind the one of this number.
            text_format: As `parse` takes it.
            text: As `parse` takes it.
            tools: As `parse` takes them.
            **arguments: As `create` takes them.

        Raises:
            ConfigurationError: Arguments exclude each other, or one is missing.
        """
        from ...lib.streaming.responses import ResponseStreamManager  # noqa: PLC0415  # as above

        send, options = self._streaming(
            response_id, starting_after, text_format, text, tools, arguments
        )
        return ResponseStreamManager(send, **options)


class AsyncHelps(_Helping):
    """The asynchronous twins of `parse` and `stream`."""

    async def parse(
        self,
        *,
        text_format: type[TextFormatT] | Omit = omit,
        parse_as: type[TextFormatT] | Omit | None = omit,
        text: ResponseTextConfigParam | Omit = omit,
        tools: Iterable[ToolParam] | Omit = omit,
        verbosity: Verbosity | Omit | None = omit,
        **arguments: Unpack[ResponseArguments],
    ) -> ParsedResponse[TextFormatT]:
        """Ask for an answer, and parse it; see `Responses.parse`."""
        asking, sent = self._parsing(text_format, parse_as, text, verbosity, tools, arguments)
        parsed: ParsedResponse[TextFormatT] = await asking.create(**arguments, **sent)
        return parsed

    def stream(
        self,
        *,
        response_id: str | Omit = omit,
        starting_after: int | Omit = omit,
        text_format: type[TextFormatT] | Omit = omit,
        text: ResponseTextConfigParam | Omit = omit,
        tools: Iterable[ToolParam] | Omit = omit,
        **arguments: Unpack[ResponseArguments],
    ) -> AsyncResponseStreamManager[TextFormatT]:
        """Ask for an answer as a stream of events; see `Responses.stream`."""
        from ...lib.streaming.responses import (  # noqa: PLC0415  # as above
            AsyncResponseStreamManager,
        )

        send, options = self._streaming(
            response_id, starting_after, text_format, text, tools, arguments
        )
        return AsyncResponseStreamManager(send, **options)
