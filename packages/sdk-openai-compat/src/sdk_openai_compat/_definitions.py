"""Parts of requests that openai also has as models, for programs that build them as objects."""

from __future__ import annotations

from typing import Literal

from sdk_core.models import BaseModel, Field

__all__ = [
    "ChatCompletionFunctionTool",
    "FunctionDefinition",
    "JSONSchema",
    "ResponseFormatJSONSchema",
    "ResponseFormatTextGrammar",
    "ResponseFormatTextPython",
]


class FunctionDefinition(BaseModel):
    """A function that a model may call."""

    name: str
    """What the model calls it by."""

    description: str | None = None
    """What it does."""

    parameters: dict[str, object] | None = None
    """Its arguments, as JSON Schema. None if it takes none."""

    strict: bool | None = None
    """Whether arguments always fit `parameters`."""


class ChatCompletionFunctionTool(BaseModel):
    """A function as a tool of a chat."""

    function: FunctionDefinition
    """The function."""

    type: Literal["function"]
    """Always `function`."""


class JSONSchema(BaseModel):
    """The form of an answer, as JSON Schema."""

    name: str
    """What the form is called."""

    description: str | None = None
    """What it is for."""

    schema_: dict[str, object] | None = Field(default=None, alias="schema")
    """The schema."""

    strict: bool | None = None
    """Whether answers always fit the schema."""


class ResponseFormatJSONSchema(BaseModel):
    """Asks for JSON of a form."""

    json_schema: JSONSchema
    """The form."""

    type: Literal["json_schema"]
    """Always `json_schema`."""


class ResponseFormatTextGrammar(BaseModel):
    """Asks for text that a grammar allows."""

    grammar: str
    """The grammar."""

    type: Literal["grammar"]
    """Always `grammar`."""


class ResponseFormatTextPython(BaseModel):
    """Asks for Python."""

    type: Literal["python"]
    """Always `python`."""
