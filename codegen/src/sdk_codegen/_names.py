"""From the names of a document to names of Python; every function is pure and total."""

from __future__ import annotations

import builtins
import functools
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

__all__ = [
    "LONGEST_CLASS",
    "LONGEST_NAME",
    "RESERVED_FIELDS",
    "Namespace",
    "class_name",
    "constant_name",
    "identifier",
    "unique",
    "words",
]

LONGEST_NAME = 240
"""Bytes: a module is called so, and file systems allow 255."""

LONGEST_CLASS = 112
"""Bytes: the module of a class has an underscore before each of its words, and a number at most."""

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
    "TypeAliasType",
    "TypedDict",
}
"""What generated modules themselves use: a class of the document gets another name."""

RESERVED_FIELDS = frozenset(
    {
        # what annotations and defaults of the same class are made of
        "attrs",
        "bool",
        "datetime",
        "dict",
        "float",
        "int",
        "list",
        "str",
        # the first argument of initialisers, whose others are the fields
        "self",
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


@functools.lru_cache(maxsize=1 << 16)
def words(text: str) -> tuple[str, ...]:
    """
    Split at punctuation and at changes of case; digits stay with the letters before them.

    >>> words("createChatCompletion"), words("HTTPServer-v2"), words("top_p")
    (('create', 'Chat', 'Completion'), ('HTTP', 'Server', 'v2'), ('top', 'p'))
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        # Some digits and letters of regular expressions are none to Python.
        text = "".join(char if f"_{char}".isidentifier() else " " for char in text)
    return tuple(word for part in _SEPARATOR.split(text) for word in _BOUNDARY.split(part) if word)


def identifier(text: str, reserved: Collection[str] = ()) -> str:
    """
    Return *text* as a name of a variable or module.

    Args:
        text: A name of the document, such as ``maxTokens`` or ``X-Request-ID``.
        reserved: Names that may not be used; these get an underscore, as keywords do.

    >>> identifier("maxTokens"), identifier("class"), identifier("+1"), identifier("gpt2Model")
    ('max_tokens', 'class_', 'field_1', 'gpt2_model')
    """
    name = _cut("_".join(words(text)).lower(), LONGEST_NAME).rstrip("_") or "field"
    if not name.isidentifier():
        name = f"field_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in reserved else name


def class_name(text: str) -> str:
    """
    Return *text* as a name of a class.

    >>> class_name("chat_completion"), class_name("GPT-4o response"), class_name("Error")
    ('ChatCompletion', 'GPT4oResponse', 'Error')
    """
    name = "".join(word[0].upper() + word[1:] for word in words(text))
    name = _cut(name, LONGEST_CLASS)
    # In scripts without case a class would be called as its own fields are.
    if not name[:1].isupper():
        name = f"Schema{name}"
    return f"{name}Model" if name in RESERVED_CLASSES or keyword.iskeyword(name) else name


def _cut(name: str, longest: int) -> str:
    """Return as much of *name* as a file may be called."""
    if len(name) * 4 <= longest:
        return name
    return name.encode()[:longest].decode(errors="ignore")


def constant_name(text: str) -> str:
    """Return *text* as a name of a constant: ``createChatCompletion`` is ``CREATE_CHAT_COMPLETION``."""
    return identifier(text).upper()


class Namespace:
    """
    Names that are given once each, without regard to case.

    Args:
        taken: Names that are given already.
        separator: What stands between a name and its number.

    >>> names = Namespace(["Foo"], separator="")
    >>> names.take("foo"), names.take("foo"), names.take("Bar")
    ('foo2', 'foo3', 'Bar')
    """

    def __init__(self, taken: Iterable[str] = (), separator: str = "_") -> None:
        self._taken = {name.lower() for name in taken}
        self._numbers: dict[str, int] = {}
        self._separator = separator

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._taken

    def take(self, name: str) -> str:
        """Return *name*, numbered from 2 if it is taken, and remember what was given."""
        given = name
        if name in self:
            number = self._numbers.get(name.lower(), 2)
            while f"{name}{self._separator}{number}" in self:
                number += 1
            self._numbers[name.lower()] = number + 1
            given = f"{name}{self._separator}{number}"
        self._taken.add(given.lower())
        return given


def unique(name: str, taken: Iterable[str], separator: str = "_") -> str:
    """Return *name*, numbered from 2 if one of *taken* differs from it by case at most."""
    return Namespace(taken, separator).take(name)
