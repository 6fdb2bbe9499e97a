"""
The shape of JSON that an annotation describes: what decoders are built from.

A model names other models by annotations that nobody evaluates until data arrives. What is not
imported yet is a `Later`, so that an answer costs the models that it holds, not those that it
could have held.
"""

from __future__ import annotations

import builtins
import datetime as dt
import sys
import types
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    "Field",
    "Foreign",
    "Later",
    "ListOf",
    "MapOf",
    "Model",
    "OneOf",
    "Plain",
    "Shape",
    "Tagged",
    "TaggedOf",
    "Tags",
    "evaluated",
    "import_names",
    "is_foreign",
    "is_later",
    "shape_of",
    "target",
]

Tags: TypeAlias = Mapping[Any, "str | tuple[str, ...]"]
"""Values of a tag, each with the name of its model, or of several that share it."""


class Later:
    """Stands in annotations for a model that is not imported yet; each is a class of its own."""

    package: str
    found: Any = None

    @classmethod
    def resolve(cls) -> Any:
        """Import and return what the name stands for."""
        if cls.found is None:
            cls.found = getattr(import_module(cls.package), cls.__name__)
        return cls.found


def is_later(wanted: object) -> bool:
    """Say whether *wanted* stands for something else."""
    return isinstance(wanted, type) and issubclass(wanted, Later)


@cache
def _later(package: str, name: str) -> type[Later]:
    # A class, because every form of annotation takes one: `list[X]`, `X | None`, `Annotated[X]`.
    return type(name, (Later,), {"package": package})


class _Part:
    """A value made of its slots; attrs would take longer to make these classes than they are used."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def _key(self) -> Any:
        return tuple(getattr(self, name) for name in self.__match_args__)


class Plain(_Part):
    """A value without parts; *kind* is its type, `object` for any."""

    __slots__ = __match_args__ = ("kind",)

    def __init__(self, kind: Any) -> None:
        self.kind = kind


class Constants(_Part):
    """One of a few values."""

    __slots__ = __match_args__ = ("values",)

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def _key(self) -> Any:
        return tuple((type(value), value) for value in self.values)  # `1` and `True` are two


class Model(_Part):
    """A class, or what will turn out to be one or the name of another type."""

    __slots__ = __match_args__ = ("type",)

    def __init__(self, type: Any) -> None:  # noqa: A002  # it is one
        self.type = type


class ListOf(_Part):
    """An array."""

    __slots__ = __match_args__ = ("item",)

    def __init__(self, item: Shape) -> None:
        self.item = item


class MapOf(_Part):
    """An object with any names."""

    __slots__ = __match_args__ = ("value",)

    def __init__(self, value: Shape) -> None:
        self.value = value


class OneOf(_Part):
    """A union without a tag; *members* holds no null."""

    __slots__ = __match_args__ = ("members", "nullable")

    def __init__(self, members: tuple[Shape, ...], nullable: bool) -> None:
        self.members = members
        self.nullable = nullable


class TaggedOf(_Part):
    """A union of models that *tag*, a name on the wire, tells apart."""

    __slots__ = __match_args__ = ("tag", "choices")

    def __init__(self, tag: str, choices: tuple[tuple[Any, Shape], ...]) -> None:
        self.tag = tag
        self.choices = choices


class Foreign(_Part):
    """What only pydantic understands, such as a pattern."""

    __slots__ = __match_args__ = ("annotation",)

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation

    def _key(self) -> Any:
        return id(self.annotation)


Shape: TypeAlias = Plain | Constants | Model | ListOf | MapOf | OneOf | TaggedOf | Foreign

SHAPES = (Plain, Constants, Model, ListOf, MapOf, OneOf, TaggedOf, Foreign)

ANY = Plain(object)
NULL = Plain(type(None))
PLAIN = frozenset({str, int, float, bool, type(None), dt.date, dt.datetime})


class Field:
    """A field of a model: *name* in Python, *wire* in JSON."""

    __slots__ = ("default", "name", "required", "shape", "wire")

    def __init__(
        self,
        name: str,
        wire: str,
        required: bool,
        shape: Shape,
        default: Callable[[], Any] = lambda: None,
    ) -> None:
        self.name = name
        self.wire = wire
        self.required = required
        self.shape = shape
        self.default = default

    @property
    def silent(self) -> bool:
        """Whether None says that the field did not come: null is none of its values."""
        return not self.required and self.default() is None and not _takes_null(self.shape)

    @property
    def missing(self) -> Any:
        """What stands for the field where it did not come: a required list is an empty one."""
        if self.required:
            return [] if isinstance(self.shape, ListOf) else None
        return self.default()


def shape_of(wanted: Any) -> Shape:
    """Return the shape that an annotation, evaluated as far as it can be, describes."""
    if hasattr(wanted, "__value__"):  # the name of a type: it may lead back to itself
        return Model(wanted)
    if wanted is Any or wanted is object:
        return ANY
    if wanted is None:
        return NULL
    if isinstance(wanted, type) and not get_args(wanted):
        if wanted in PLAIN:
            return Plain(wanted)
        if wanted in (list, dict):
            return ListOf(ANY) if wanted is list else MapOf(ANY)
        if issubclass(wanted, Later) or hasattr(wanted, "_wire_fields"):
            return Model(wanted)
        return Foreign(wanted)
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is list:
        return ListOf(shape_of(arguments[0]))
    if origin is dict and arguments[0] is str:
        return MapOf(shape_of(arguments[1]))
    if origin is Literal:
        return Constants(arguments)
    if origin in {Union, types.UnionType}:
        return _union(arguments)
    if origin is Annotated and len(arguments) == 2 and isinstance(arguments[1], Tagged):
        return arguments[1].shape(get_args(arguments[0]) or (arguments[0],))
    return Foreign(wanted)


def is_foreign(shape: Shape) -> bool:
    """Say whether *shape* has a part that only pydantic understands."""
    match shape:
        case Foreign():
            return True
        case ListOf(inner) | MapOf(inner):
            return is_foreign(inner)
        case OneOf(members):
            return any(map(is_foreign, members))
    return False


def _takes_null(shape: Shape) -> bool:
    match shape:
        case Plain(kind):
            return kind in {object, type(None)}
        case OneOf(_, nullable):
            return nullable
        case Model(wanted):
            # The name of a type may be that of one that takes null.
            return (is_later(wanted) and wanted.found is None) or not hasattr(
                target(wanted), "_wire_fields"
            )
    return isinstance(shape, Foreign)


def _union(members: tuple[Any, ...]) -> Shape:
    flat: dict[Shape, None] = {}
    for shape in map(shape_of, members):
        # A union inside of a union is one union, unless it has a tag of its own.
        parts = shape.members if isinstance(shape, OneOf) else (shape,)
        flat.update(dict.fromkeys(parts))
        if isinstance(shape, OneOf) and shape.nullable:
            flat[NULL] = None
    nullable = flat.pop(NULL, flat) is None
    if ANY in flat:
        return ANY
    # An open enumeration: the check of its base type is the whole check.
    open_kinds = {shape.kind for shape in flat if isinstance(shape, Plain)}
    kept = tuple(
        shape
        for shape in flat
        if not (isinstance(shape, Constants) and {type(v) for v in shape.values} <= open_kinds)
    )
    return kept[0] if len(kept) == 1 and not nullable else OneOf(kept, nullable)


def _inferred(name: str, members: tuple[Any, ...]) -> tuple[str, Tags]:
    """Return the name on the wire of the field *name*, and which models its constants pick."""
    found: dict[Any, tuple[str, ...]] = {}
    wire = name
    for member in members:
        model = member.resolve() if is_later(member) else member
        for field in model._wire_fields():  # noqa: SLF001  # of our own base classes
            if name in (field.name, field.wire):
                wire = field.wire
                for value in field.shape.values if isinstance(field.shape, Constants) else ():
                    found[value] = (*found.get(value, ()), member.__name__)
    return wire, found


class Tagged:
    """
    Annotate a union of models that the field *tag* tells apart.

    The tag picks the model at once, without trying one after the other; a tag that no model has,
    and an object that does not fit its model, become an `UnknownVariant`.

    Args:
        tag: The name on the wire; without *tags* the name in Python will do.
        tags: For each value of the tag the name of its model, or of several that share it. By
            default the constants of the models say so; a union that is part of its own members
            cannot ask them while they are made, and needs it.
    """

    __slots__ = ("tag", "tags")

    def __init__(self, tag: str, tags: Tags | None = None) -> None:
        self.tag = tag
        self.tags = tags

    def __repr__(self) -> str:
        more = f", {self.tags!r}" if self.tags is not None else ""
        return f"Tagged({self.tag!r}{more})"

    def choices(self, members: tuple[Any, ...]) -> tuple[str, dict[Any, tuple[Any, ...]]]:
        """Return the tag's name on the wire, and for each value the *members* that it picks."""
        tag, tags = self.tag, self.tags
        if tags is None:
            tag, tags = _inferred(tag, members)
        named = {member.__name__: member for member in members}
        return tag, {
            value: tuple(named[name] for name in ((names,) if isinstance(names, str) else names))
            for value, names in tags.items()
        }

    def shape(self, members: tuple[Any, ...]) -> TaggedOf:
        """Return the shape of the union of *members*."""
        tag, choices = self.choices(members)
        return TaggedOf(
            tag, tuple((value, shape_of(_any_of(models))) for value, models in choices.items())
        )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415  # pydantic asks, so it is there

        from .models import UnknownVariant  # noqa: PLC0415  # it is made of what is here

        tag, choices = self.choices(get_args(source) or (source,))
        known = core_schema.tagged_union_schema(
            {value: handler.generate_schema(_any_of(models)) for value, models in choices.items()},
            tag,
        )
        unknown = handler.generate_schema(UnknownVariant)
        return core_schema.union_schema([known, unknown], mode="left_to_right")


def _any_of(types: tuple[Any, ...]) -> Any:
    """Return the union of *types*; one is itself."""
    return Union[types]  # noqa: UP007  # there is no other way to write it of a tuple


class _Names(dict[str, Any]):
    """The names of a module, in which those that are not imported yet are `Later`."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__()
        package = sys.modules.get(module.__name__.rpartition(".")[0])
        self._known = vars(module)
        self._package = getattr(package, "__name__", "")
        self._lazy = frozenset(getattr(package, "__all__", ()))

    def __missing__(self, name: str) -> Any:
        if name in self._known or name not in self._lazy:
            raise KeyError(name)  # evaluation goes on with the module, and with what is built in
        return _later(self._package, name)


def evaluated(texts: Mapping[str, Any], module: str) -> dict[str, Any]:
    """
    Return annotations as values; what they name may still be `Later`.

    Raises:
        NameError: One of them names what neither the module nor its package has.
    """
    home = sys.modules[module]
    sources = [text for text in texts.values() if isinstance(text, str)]
    code = compile(f"({''.join(f'{text},' for text in sources)})", module, "eval")
    values = iter(eval(code, vars(home), _Names(home)))  # noqa: S307  # it is the class's source
    return {name: next(values) if isinstance(text, str) else text for name, text in texts.items()}


def import_names(cls: type[Any]) -> None:
    """Import into the module of *cls* what its annotations name, as the module itself would."""
    home = sys.modules[cls.__module__]
    package = sys.modules.get(cls.__module__.rpartition(".")[0])
    lazy = frozenset(getattr(package, "__all__", ()))
    for text in get_annotations(cls).values():
        if isinstance(text, str):
            for name in compile(text, cls.__module__, "eval").co_names:
                known = name in vars(home) or hasattr(builtins, name)
                if not known and name in lazy:
                    setattr(home, name, getattr(package, name))


def target(wanted: Any) -> Any:
    """Return what a `Later`, or the name of a type, stands for in the end."""
    while True:
        if is_later(wanted):
            wanted = wanted.resolve()
        elif hasattr(wanted, "__value__"):
            value = wanted.__value__
            if isinstance(value, str):
                value = evaluated({"": value}, str(wanted.__module__))[""]
            wanted = value
        else:
            return wanted
