"""What makes parsed answers of answers; the names are those that other packages import."""

from __future__ import annotations

from ._completions import (
    ResponseFormatT,
    get_input_tool_by_name,
    has_parseable_input,
    materialize_input_tools,
    maybe_parse_content,
    parse_chat_completion,
    parse_function_tool_arguments,
    type_to_response_format_param,
    validate_input_tools,
)

__all__ = [
    "ResponseFormatT",
    "get_input_tool_by_name",
    "has_parseable_input",
    "materialize_input_tools",
    "maybe_parse_content",
    "parse_chat_completion",
    "parse_function_tool_arguments",
    "type_to_response_format_param",
    "validate_input_tools",
]
