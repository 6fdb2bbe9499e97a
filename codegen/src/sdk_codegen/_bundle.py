"""A document of several files into one: every `$ref` is local afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NoReturn

import attrs

from ._dialects import OPENAPI, SWAGGER, Shape
from ._fetch import Retriever, is_url
from ._parse import measure
from ._pointers import join
from ._repairs import Repair
from ._resources import Library, Resource, Target
from ._source import DEFAULT_LIMITS, Source
from .errors import LoadError, MissingReferenceError

__all__ = ["bundle"]

INLINE_DEPTH = 50
"""Files that are written into each other, one inside the other."""


def bundle(source: Source, retriever: Retriever | None = None) -> Source:
    """
    Write what a document refers to elsewhere into the document itself.

    Schemas, responses, parameters and the like become components, named for the place that they
    come from and renamed only where that name is taken; path items, operations and whole sections
    are written out where they are used. A component that is nothing but a reference to another
    file becomes what it refers to. Relative references start from the file they stand in
    (RFC 3986, section 5), ``$id`` and ``$anchor`` are found in every file that was read.

    Reading is allowed wherever the user may read; what lies outside of the folder of the main file
    is reported.

    Args:
        source: The document as it was loaded.
        retriever: What reads the other files; one with the default limits by default.

    Raises:
        LoadError: A file cannot be read, or all together are too much.
        MissingReferenceError: A `$ref` leads nowhere, or back to itself.
    """
    if not _refers_elsewhere(source.document):
        return source
    return _Bundler(source, retriever or Retriever(DEFAULT_LIMITS)).bundle()


def _refers_elsewhere(document: Any) -> bool:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            target = value.get("$ref")
            if isinstance(target, str) and not target.startswith("#/"):
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


@attrs.frozen
class _Place:
    """Where a value stands: for relative references, and for messages."""

    home: Resource
    pointer: str

    def __truediv__(self, key: str | int) -> _Place:
        return _Place(self.home, join(self.pointer, key))

    def missing(self, reason: str) -> NoReturn:
        raise MissingReferenceError(reason, self.pointer, self.home.name)


class _Bundler:
    def __init__(self, source: Source, retriever: Retriever) -> None:
        self.source = source
        self.limits = retriever.limits
        self.dialect = SWAGGER if "swagger" in source.document else OPENAPI
        self.main = Resource(source.location, source.name, source.document)
        self.library = Library(self.main, retriever)
        self.repairs: list[Repair] = []
        self._names: dict[tuple[str, str, tuple[str, ...]], str] = {}
        self._taken: dict[str, set[str]] = {}
        self._waiting: list[tuple[str, str, Target]] = []
        self._active: list[tuple[str, tuple[str, ...]]] = []
        self._visited = 0

    def bundle(self) -> Source:
        for kind in self.dialect.sections:
            self._claim(kind)
        document = self.visit(self.main.document, "document", _Place(self.main, ""))
        # What is written may refer to more.
        while self._waiting:
            kind, name, target = self._waiting.pop(0)
            place = _Place(target.home, join("", *target.tokens))
            content = self.visit(target.value, kind, place)
            section = document
            for token in self.dialect.sections[kind]:
                section = section.setdefault(token, {})
            section[name] = content
        measure(document, self.source.name, self.limits)
        self._report_outsiders()
        return attrs.evolve(
            self.source,
            document=document,
            parts=(*self.source.parts, *self._parts()),
            repairs=(*self.source.repairs, *self.library.repairs, *self.repairs),
        )

    def _parts(self) -> list[tuple[str, str]]:
        return [
            (part.name, hashlib.sha256(part.content).hexdigest()) for part in self.library.parts()
        ]

    def _report_outsiders(self) -> None:
        if is_url(self.main.location):
            return
        folder = Path(self.main.location).parent
        self.repairs += [
            Repair("", f"`{part.name}` lies outside of the document's folder; it is part of it now")
            for part in self.library.parts()
            if is_url(part.location) or not Path(part.location).is_relative_to(folder)
        ]

    def _claim(self, kind: str) -> None:
        """Let components that only refer to another file be what they refer to."""
        section: Any = self.main.document
        pointer = ""
        for token in self.dialect.sections[kind]:
            section = section.get(token) if isinstance(section, dict) else None
            pointer = join(pointer, token)
        entries = section if isinstance(section, dict) else {}
        self._taken[kind] = set(entries)
        for name, entry in entries.items():
            reference = _only_reference(entry)
            if reference is None or reference.startswith("#"):
                continue
            place = _Place(self.main, join(pointer, name))
            target = self._final(self.library.find(reference, self.main, place.pointer), place)
            key = (kind, target.home.location, target.tokens)
            if target.home is not self.main and key not in self._names:
                self._names[key] = name
                self._waiting.append((kind, name, target))

    def visit(self, value: Any, shape: Shape, place: _Place) -> Any:
        """Return *value* with local references only."""
        self._visited += 1
        if self._visited > self.limits.nodes:
            msg = f"expands to more than {self.limits.nodes} values"
            raise LoadError(msg, file=self.source.name)
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            return self._reference(value, shape, place)
        if isinstance(shape, tuple):
            return self._container(value, shape, place)
        if not isinstance(value, dict):
            return value
        changed = {}
        for key, item in value.items():
            inner = self.dialect.field(shape, key)
            changed[key] = item if inner is None else self.visit(item, inner, place / key)
        if shape == "schema" and isinstance(value.get("discriminator"), dict):
            changed["discriminator"] = self._discriminator(value["discriminator"], place)
        return changed

    def _container(self, value: Any, shape: tuple[str, Shape], place: _Place) -> Any:
        container, inner = shape
        if container == "map" and isinstance(value, dict):
            changed = {}
            for key, item in value.items():
                # A property may have the name of an extension, a path may not.
                skip = key.startswith("x-") and inner not in ("schema", "header")
                changed[key] = item if skip else self.visit(item, inner, place / key)
            return changed
        if container == "list" and isinstance(value, list):
            items = []
            for index, item in enumerate(value):
                items.append(self.visit(item, inner, place / index))
            return items
        return value

    def _reference(self, value: dict[str, Any], shape: Shape, place: _Place) -> Any:
        reference = value["$ref"]
        beside = {key: item for key, item in value.items() if key != "$ref"}
        section = self.dialect.sections.get(shape) if isinstance(shape, str) else None
        kept = section is not None or shape in self.dialect.kept
        if kept and place.home is self.main and reference.startswith("#/"):
            return {"$ref": reference, **self._beside(beside, shape, place)}
        target = self.library.find(reference, place.home, place.pointer)
        if section is None:
            return self._inlined(target, beside, shape, place)
        assert isinstance(shape, str)
        target = self._final(target, place)
        if target.home is self.main:
            pointer = join("", *target.tokens)
        else:
            pointer = join("", *section, self._component(shape, target))
        return {"$ref": "#" + pointer.replace("%", "%25"), **self._beside(beside, shape, place)}

    def _beside(self, beside: dict[str, Any], shape: Shape, place: _Place) -> dict[str, Any]:
        return self.visit(beside, shape, place) if beside else beside

    def _inlined(self, target: Target, beside: dict[str, Any], shape: Shape, place: _Place) -> Any:
        key = (target.home.location, target.tokens)
        if key in self._active or len(self._active) >= INLINE_DEPTH:
            place.missing(f"`$ref` leads back to itself: `{target}`")
        self._active.append(key)
        found = self.visit(target.value, shape, _Place(target.home, join("", *target.tokens)))
        self._active.pop()
        if not beside or not isinstance(found, dict):
            return found
        return {**found, **self._beside(beside, shape, place)}

    def _final(self, target: Target, place: _Place) -> Target:
        """Follow what is nothing but another reference, so that one thing gets one name."""
        seen = set()
        while target.home is not self.main:
            reference = _only_reference(target.value)
            if reference is None:
                break
            if (target.home.location, target.tokens) in seen:
                place.missing(f"`$ref` leads back to itself: `{target}`")
            seen.add((target.home.location, target.tokens))
            target = self.library.find(reference, target.home, join("", *target.tokens))
        return target

    def _component(self, kind: str, target: Target) -> str:
        key = (kind, target.home.location, target.tokens)
        if key not in self._names:
            taken = self._taken[kind]
            wanted, *others = target.names()
            name = next((name for name in (wanted, *others) if name not in taken), None)
            number = 2
            while name is None:
                candidate = f"{others[-1]}_{number}"
                name = candidate if candidate not in taken else None
                number += 1
            taken.add(name)
            self._names[key] = name
            self._waiting.append((kind, name, target))
            if name != wanted:
                pointer = join("", *self.dialect.sections[kind], name)
                self.repairs.append(
                    Repair(pointer, f"`{target}` has this name because `{wanted}` is taken")
                )
        return self._names[key]

    def _discriminator(self, discriminator: dict[str, Any], place: _Place) -> dict[str, Any]:
        mapping = discriminator.get("mapping")
        if not isinstance(mapping, dict):
            return discriminator
        changed = {}
        for value, target in mapping.items():
            reference = self._variant(target, place)
            changed[value] = (
                target
                if reference is None
                else self._reference(
                    {"$ref": reference}, "schema", place / "discriminator" / "mapping" / value
                )["$ref"]
            )
        return {**discriminator, "mapping": changed}

    def _variant(self, target: Any, place: _Place) -> str | None:
        """Return the reference that a value of `mapping` is; it may be the name of a schema."""
        if not isinstance(target, str):
            return None
        if any(sign in target for sign in "#/") or target.endswith((".json", ".yaml", ".yml")):
            return target
        if place.home is self.main:
            return None
        for section in self.dialect.sections["schema"], ("definitions",), ("$defs",):
            pointer = join("", *section, target)
            if self.library.has(place.home, pointer):
                return "#" + pointer
        return None


def _only_reference(value: Any) -> str | None:
    target = value.get("$ref") if isinstance(value, dict) and len(value) == 1 else None
    return target if isinstance(target, str) else None
