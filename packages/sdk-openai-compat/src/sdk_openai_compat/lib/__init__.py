"""What stands beside the resources, under openai's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._parsing import ResponseFormatT, type_to_response_format_param
    from ._tools import pydantic_function_tool, pydantic_responses_function_tool
else:
    from .._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "ResponseFormatT": f"{__name__}._parsing:ResponseFormatT",
            "pydantic_function_tool": f"{__name__}._tools:pydantic_function_tool",
            "pydantic_responses_function_tool": f"{__name__}._tools:pydantic_responses_function_tool",
            "type_to_response_format_param": f"{__name__}._parsing:type_to_response_format_param",
        },
    )

__all__ = [
    "ResponseFormatT",
    "pydantic_function_tool",
    "pydantic_responses_function_tool",
    "type_to_response_format_param",
]
