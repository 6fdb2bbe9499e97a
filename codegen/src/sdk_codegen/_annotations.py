"""From types to annotations: what is read (models) and what is sent (params) are written differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

from ._ir import API, Alias, Object
from ._names import RESERVED_FIELDS, identifier
from ._types import Constant, Described, ListOf, MapOf, Named, Plain, UnionOf, union_of

__all__ = ["Types", "literal", "model_annotation", "param_annotation"]


class Types:
    """The types of a document: by slot, by alias, and what tells the members of a union apart."""

    def __init__(self, api: API, slots: Mapping[str, Described]) -> None:
        self.api = api
        self.slots = slots
        self._declared: dict[frozenset[str], str] = {}
        for component in api.components.values():
            self._declare(component.schema)

    def _declare(self, schema: object) -> None:
        """Collect discriminators wherever a union is written."""
        if isinstance(schema, dict):
            tag = (schema.get("discriminator") or {}).get("propertyName")
            variants = [*(schema.get("anyOf") or []), *(schema.get("oneOf") or [])]
            if isinstance(tag, str) and variants:
                names = {str(item.get("$ref", "")).rpartition("/")[2] for item in variants}
                self._declared[frozenset(names - {""})] = tag
            for value in schema.values():
                self._declare(value)
        elif isinstance(schema, list):
            for value in schema:
                self._declare(value)

    def of(self, pointer: str) -> Described:
        """Return the type of a slot."""
        return self.slots[pointer]

    def alias(self, name: str) -> Described:
        """Return what an alias stands for."""
        return self.slots[self.api.components[name].pointer]

    def is_object(self, name: str) -> bool:
        """Say whether the component is a class."""
        return isinstance(self.api.components[name], Object)

    def is_enum(self, name: str) -> bool:
        """Say whether the component is an enumeration with a name of its own."""
        component = self.api.components[name]
        return (
            isinstance(component, Alias)
            and not component.inline
            and is_enumeration(self.alias(name))
        )

    def expand(self, described: Described, trail: tuple[str, ...] = ()) -> Described:
        """
        Return *described* with aliases replaced by what they stand for, except enumerations.

        An alias that leads back to itself is any value at the point where it does: annotations
        cannot be infinite.
        """
        match described:
            case Named(name) if not self.is_object(name) and not self.is_enum(name):
                if name in trail:
                    return Plain("any")
                return self.expand(self.alias(name), (*trail, name))
            case ListOf(item):
                return ListOf(self.expand(item, trail))
            case MapOf(value):
                return MapOf(self.expand(value, trail))
            case UnionOf(members):
                return union_of(self.expand(member, trail) for member in members)
        return described

    def objects(self, described: Described) -> set[str]:
        """Return the components that *described* names, through lists, mappings and unions."""
        match described:
            case Named(name):
                return {name}
            case ListOf(item):
                return self.objects(item)
            case MapOf(value):
                return self.objects(value)
            case UnionOf(members):
                return set().union(*(self.objects(member) for member in members))
        return set()

    def tag(self, names: Iterable[str]) -> str | None:
        """
        Return the property that tells these objects apart: required, one constant in each.

        A declared discriminator is preferred; without one it is inferred.
        """
        names = list(names)
        constants = [self._constants(name) for name in names]
        common = [
            wire
            for wire in constants[0]
            if all(wire in other for other in constants)
            and len({other[wire] for other in constants}) == len(constants)
        ]
        declared = self._declared.get(frozenset(names))
        return declared if declared in common else next(iter(common), None)

    def _constants(self, name: str) -> dict[str, object]:
        component = self.api.components[name]
        assert isinstance(component, Object)
        found: dict[str, object] = {}
        for prop in component.properties:
            described = self.expand(self.of(prop.pointer))
            if prop.required and isinstance(described, Constant):
                found[prop.wire] = described.value
        return found


def is_enumeration(described: Described) -> bool:
    """Say whether *described* is several constants, perhaps beside null."""
    members = described.members if isinstance(described, UnionOf) else ()
    constants = [member for member in members if isinstance(member, Constant)]
    rest = [member for member in members if not isinstance(member, Constant)]
    return len(constants) > 1 and all(member == Plain("null") for member in rest)


def literal(value: object) -> str:
    """Return *value* as source in double quotes."""
    if isinstance(value, str):
        text = repr(value)
        if text[0] == "'" and '"' not in value:
            return f'"{text[1:-1]}"'.replace("\\'", "'")
        return text
    return repr(value)


@attrs.frozen
class Writing:
    """How a side writes types."""

    named: Callable[[str], str]
    list_of: Callable[[str, Described], str]
    map_of: Callable[[str], str]
    any: str
    date: str
    datetime: str
    tagged: bool
    builtins: str = ""


def write(described: Described, types: Types, writing: Writing) -> str:
    """Return the annotation of a type whose aliases are expanded as far as they shall be."""
    match described:
        case Named(name):
            return writing.named(name)
        case Constant():
            return _constants([described])
        case ListOf(item):
            return writing.list_of(write(item, types, writing), item)
        case MapOf(value):
            return writing.map_of(write(value, types, writing))
        case UnionOf(members):
            return _union(members, types, writing)
    assert isinstance(described, Plain)
    return {
        "null": "None",
        "any": writing.any,
        "date": writing.date,
        "datetime": writing.datetime,
        "bytes": "str",
        "body": "bytes",
    }.get(described.kind, described.kind)


def _union(members: Iterable[Described], types: Types, writing: Writing) -> str:
    members = list(members)
    if Plain("any") in members:
        return writing.any
    constants = [member for member in members if isinstance(member, Constant)]
    objects = [
        member.name
        for member in members
        if isinstance(member, Named) and types.is_object(member.name)
    ]
    texts: dict[str, None] = {}
    for member in members:
        if isinstance(member, Constant):
            if member == constants[0]:
                texts[_constants(constants)] = None
        elif writing.tagged and isinstance(member, Named) and member.name in objects[1:]:
            continue
        elif writing.tagged and len(objects) > 1 and member == Named(objects[0]):
            texts[_tagged(objects, types, writing)] = None
        elif member != Plain("null"):
            texts[write(member, types, writing)] = None
    if len(constants) > 1:
        # Open: a server may know values that the document does not.
        for constant in constants:
            base = type(constant.value).__name__
            if base != "bool":
                texts.setdefault(base)
    if Plain("null") in members:
        texts["None"] = None
    return " | ".join(texts)


def _tagged(names: list[str], types: Types, writing: Writing) -> str:
    union = " | ".join(writing.named(name) for name in names)
    tag = types.tag(names)
    # pydantic wants the name of the field, and finds its alias itself.
    field = literal(identifier(tag, RESERVED_FIELDS)) if tag else ""
    return f"Annotated[{union}, Tagged({field})]" if tag else union


def _constants(constants: list[Constant]) -> str:
    values = [constant.value for constant in constants]
    literals = [literal(value) for value in values if not isinstance(value, float)]
    texts = [f"Literal[{', '.join(dict.fromkeys(literals))}]"] if literals else []
    if any(isinstance(value, float) for value in values):
        texts.append("float")
    return " | ".join(texts)


def model_annotation(
    described: Described, types: Types, *, prefix: str = "", builtins: str = ""
) -> str:
    """
    Return the annotation of what is read.

    Args:
        described: The type.
        types: All types of the document.
        prefix: What stands before the names of models, such as ``models.``.
        builtins: What stands before ``list`` and ``dict`` where a method hides them.
    """
    writing = Writing(
        named=lambda name: prefix + name,
        list_of=lambda text, _: f"{builtins}list[{text}]",
        map_of=lambda text: f"{builtins}dict[str, {text}]",
        any="Any",
        date="datetime.date",
        datetime="datetime.datetime",
        tagged=not prefix,
    )
    return write(types.expand(described), types, writing)


def param_annotation(
    described: Described,
    types: Types,
    names: Mapping[str, str],
    *,
    prefix: str = "",
    models: str = "",
    iterable: bool = False,
    runtime: bool = False,
) -> str:
    """
    Return the annotation of what is sent.

    Args:
        described: The type.
        types: All types of the document.
        names: The names of the components that have one among the params.
        prefix: What stands before these, such as ``params.``.
        models: What stands before the names of enumerations, which are among the models.
        iterable: Whether a list of objects may be any iterable, as it may in a method's argument.
        runtime: Whether the annotation is evaluated, so that enumerations are written out.
    """

    def expand(inner: Described, trail: tuple[str, ...] = ()) -> Described:
        match inner:
            case Named(name) if name not in names and (runtime or not types.is_enum(name)):
                if name in trail:
                    return Plain("any")
                return expand(types.alias(name), (*trail, name))
            case ListOf(item):
                return ListOf(expand(item, trail))
            case MapOf(value):
                return MapOf(expand(value, trail))
            case UnionOf(members):
                return union_of(expand(member, trail) for member in members)
        return inner

    def list_of(text: str, item: Described) -> str:
        wide = iterable and any(name in names for name in types.objects(item))
        return f"{'Iterable' if wide else 'Sequence'}[{text}]"

    writing = Writing(
        named=lambda name: prefix + names[name] if name in names else models + name,
        list_of=list_of,
        map_of=lambda text: f"Mapping[str, {text}]",
        any="object",
        date="str | datetime.date",
        datetime="str | datetime.datetime",
        tagged=False,
    )
    return write(expand(described), types, writing)
