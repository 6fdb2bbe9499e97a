"""From types to annotations: what is read (models) and what is sent (params) are written differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

from ._ir import API, Alias, Object
from ._tags import Tag, TagFinder
from ._types import Constant, Described, ListOf, MapOf, Named, Plain, UnionOf, union_of

__all__ = ["Types", "literal", "model_annotation", "param_annotation"]


WIDEST = 100
"""Alternatives that are written without parentheses."""


class Types:
    """The types of a document: by slot, by alias, and what tells the members of a union apart."""

    def __init__(self, api: API, slots: Mapping[str, Described]) -> None:
        self.api = api
        self.slots = slots
        self._expanded: dict[str, Described] = {}
        self._recursive = frozenset(_leading_back(self))
        self._tags = TagFinder(api, self._leaves, lambda pointer: self.expand(self.of(pointer)))

    def of(self, pointer: str) -> Described:
        """Return the type of a slot."""
        return self.slots[pointer]

    def alias(self, name: str) -> Described:
        """
        Return what an alias stands for.

        One that leads back to itself does so inside of a list or a mapping only: a value that may
        be itself says nothing.
        """
        described = self.slots[self.api.components[name].pointer]
        return self._unfolded(described, (name,)) if name in self._recursive else described

    def is_object(self, name: str) -> bool:
        """Say whether the component is a class."""
        return isinstance(self.api.components[name], Object)

    def is_enum(self, name: str) -> bool:
        """Say whether the component is an enumeration with a name of its own."""
        component = self.api.components[name]
        return (
            isinstance(component, Alias)
            and not component.inline
            and is_enumeration(self.slots[component.pointer])
        )

    def is_recursive(self, name: str) -> bool:
        """Say whether the component is an alias that leads back to itself, and so needs its name."""
        return name in self._recursive

    def expand(self, described: Described) -> Described:
        """Return *described* with what aliases stand for, unless these are known by name."""
        match described:
            case Named(name) if not self._has_name(name):
                if name not in self._expanded:
                    self._expanded[name] = self.expand(self.alias(name))
                return self._expanded[name]
            case ListOf(item):
                return ListOf(self.expand(item))
            case MapOf(value):
                return MapOf(self.expand(value))
            case UnionOf(members):
                return union_of(self.expand(member) for member in members)
        return described

    def _has_name(self, name: str) -> bool:
        return self.is_object(name) or name in self._recursive or self.is_enum(name)

    def _unfolded(self, described: Described, trail: tuple[str, ...]) -> Described:
        """Return *described* without aliases outside of lists and mappings."""
        match described:
            case Named(name) if name in self._recursive:
                inner = self.slots[self.api.components[name].pointer]
                return self._unfolded(inner, (*trail, name))
            case UnionOf(members):
                kept = [
                    self._unfolded(member, trail)
                    for member in members
                    if not (isinstance(member, Named) and member.name in trail)
                ]
                return union_of(kept) if kept else Plain("any")
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

    def tag(self, names: Iterable[str]) -> Tag | None:
        """Return the property that tells these objects apart, and its values."""
        return self._tags.find(names)

    def _leaves(self, name: str) -> tuple[str, ...]:
        """Return the objects that a component stands for; what a mapping names may not exist."""
        if name not in self.api.components:
            return ()
        described = self.expand(Named(name))
        members = described.members if isinstance(described, UnionOf) else (described,)
        return tuple(
            member.name
            for member in members
            if isinstance(member, Named) and self.is_object(member.name)
        )


def _leading_back(types: Types) -> set[str]:
    """Return the aliases that lead back to themselves, and those on the way between two such."""
    ahead = {
        name: {
            other
            for other in types.objects(types.slots[component.pointer])
            if isinstance(types.api.components[other], Alias)
        }
        for name, component in types.api.components.items()
        if isinstance(component, Alias)
    }
    behind: dict[str, set[str]] = {name: set() for name in ahead}
    for name, others in ahead.items():
        for other in others:
            behind[other].add(name)
    left = set(ahead)
    # What leads nowhere, and what nothing leads to, is in no circle: peel these off, again and again.
    for onward, backward in ((ahead, behind), (behind, ahead)):
        counts = {name: len(onward[name] & left) for name in left}
        ends = [name for name, count in counts.items() if not count]
        while ends:
            name = ends.pop()
            left.discard(name)
            for other in backward[name] & left:
                counts[other] -= 1
                if not counts[other]:
                    ends.append(other)
    return left


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
    binary: str
    body: str
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
        "bytes": writing.binary,
        "body": writing.body,
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
    text = _either([*texts])
    return f"{text} | None" if Plain("null") in members else text


def _either(texts: list[str]) -> str:
    """Join alternatives; in groups where there are many, because each `|` is a level to a parser."""
    while len(texts) > WIDEST:
        groups = [texts[start : start + WIDEST] for start in range(0, len(texts), WIDEST)]
        texts = [f"({' | '.join(group)})" if group[1:] else group[0] for group in groups]
    return " | ".join(texts)


def _tagged(names: list[str], types: Types, writing: Writing) -> str:
    union = _either([writing.named(name) for name in names])
    tag = types.tag(names)
    if tag is None:
        return union
    values = []
    for value, picked in tag.values.items():
        models = ", ".join(map(literal, picked))
        values.append(f"{literal(value)}: {models if len(picked) == 1 else f'({models})'}")
    return f"Annotated[{union}, Tagged({literal(tag.wire)}, {{{', '.join(values)}}})]"


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
        binary="str",
        body="bytes",
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
    binary: str = "str",
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
        binary: The annotation of a string that stands for bytes.
    """

    def expand(inner: Described, trail: tuple[str, ...] = ()) -> Described:
        match inner:
            case Named(name) if name not in names and (runtime or not types.is_enum(name)):
                if name in trail:  # evaluated at once, so that there is no name for it yet
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
        binary=binary,
        body="BinaryTypes",
        date="str | datetime.date",
        datetime="str | datetime.datetime",
        tagged=False,
    )
    return write(expand(described), types, writing)
