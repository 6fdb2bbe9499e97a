"""From the names of a document to names of Python; every function is pure and total."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

__all__ = ["RESERVED_FIELDS", "class_name", "constant_name", "identifier", "unique", "words"]

_SEPARATOR = re.compile(r"[\W_]+")
# Before a capital after a small letter, and before the last capital of several that begins a word;
# "OAuth" is one word to everybody who writes it.
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?!(?<=O)Auth)(?=[A-Z][a-z])")

RESERVED_CLASSES = frozenset(name for name in dir(builtins) if name[0].isupper()) | {
    "Annotated",
    "Any",
    "BaseModel",
    "Field",
    "Iterable",
    "Literal",
    "Mapping",
    "NotRequired",
    "Required",
    "Sequence",
    "Tagged",
    "TypeAlias",
    "TypedDict",
}
"""What generated modules themselves use: a class of the document gets another name."""

RESERVED_FIELDS = frozenset(
    {
        # what annotations of the same class are made of
        "bool",
        "datetime",
        "dict",
        "float",
        "int",
        "list",
        "str",
        # what the base class and pydantic's have
        "construct",
        "copy",
        "from_orm",
        "json",
        "model_config",
        "model_computed_fields",
        "model_construct",
        "model_copy",
        "model_dump",
        "model_dump_json",
        "model_extra",
        "model_fields",
        "model_fields_set",
        "model_json_schema",
        "model_parametrized_name",
        "model_post_init",
        "model_rebuild",
        "model_validate",
        "model_validate_json",
        "model_validate_strings",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "schema",
        "schema_json",
        "to_dict",
        "to_json",
        "update_forward_refs",
        "validate",
    }
)
"""What annotations of a model are made of, and what its base classes have."""


def words(text: str) -> list[str]:
    """
    Split at punctuation and at changes of case; digits stay with the letters before them.

    >>> words("createChatCompletion"), words("HTTPServer-v2"), words("top_p")
    (['create', 'Chat', 'Completion'], ['HTTP', 'Server', 'v2'], ['top', 'p'])
    """
    text = unicodedata.normalize("NFKC", text)
    # Some digits and letters of regular expressions are none to Python.
    text = "".join(char if f"_{char}".isidentifier() else " " for char in text)
    return [word for part in _SEPARATOR.split(text) for word in _BOUNDARY.split(part) if word]


def identifier(text: str, reserved: Collection[str] = ()) -> str:
    """
    Return *text* as a name of a variable or module.

    Args:
        text: A name of the document, such as ``maxTokens`` or ``X-Request-ID``.
        reserved: Names that may not be used; these get an underscore, as keywords do.

    >>> identifier("maxTokens"), identifier("class"), identifier("+1"), identifier("gpt2Model")
    ('max_tokens', 'class_', 'field_1', 'gpt2_model')
    """
    name = "_".join(words(text)).lower() or "field"
    if not name.isidentifier():
        name = f"field_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in reserved else name


def class_name(text: str) -> str:
    """
    Return *text* as a name of a class.

    >>> class_name("chat_completion"), class_name("GPT-4o response"), class_name("Error")
    ('ChatCompletion', 'GPT4oResponse', 'Error')
    """
    name = "".join(word[0].upper() + word[1:] for word in words(text)) or "Schema"
    if not name.isidentifier():
        name = f"Schema{name}"
    return f"{name}Model" if name in RESERVED_CLASSES or keyword.iskeyword(name) else name


def constant_name(text: str) -> str:
    """Return *text* as a name of a constant: ``createChatCompletion`` is ``CREATE_CHAT_COMPLETION``."""
    return identifier(text).upper()


def unique(name: str, taken: Iterable[str], separator: str = "_") -> str:
    """Return *name*, numbered from 2 if one of *taken* differs from it by case at most."""
    lowered = {other.lower() for other in taken}
    if name.lower() not in lowered:
        return name
    number = 2
    while f"{name}{separator}{number}".lower() in lowered:
        number += 1
    return f"{name}{separator}{number}"
