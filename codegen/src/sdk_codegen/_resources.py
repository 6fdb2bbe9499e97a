"""The files and URLs that a document is made of, and what a reference means in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import attrs

from ._fetch import Retriever, is_url, relative_name, resolve
from ._parse import parse
from ._pointers import join, split
from ._repairs import Repair
from .errors import LoadError, MissingReferenceError

__all__ = ["Library", "Resource", "Target"]

REFERENCES = 100
"""Other references that one reference may lead through."""

_STRUCTURE = frozenset(
    {
        "$defs", "components", "content", "definitions", "examples", "headers", "items", "links",
        "parameters", "paths", "properties", "requestBodies", "requestBody", "responses", "schema",
        "schemas", "callbacks", "securitySchemes",
    }
)  # fmt: skip
_NAMELESS = frozenset({"_index", "index", "schema"})


@attrs.define(eq=False)
class Resource:
    """
    One file or URL.

    Attributes:
        location: An absolute path, or a URL.
        name: What messages call it.
        document: Its content.
        content: Its bytes.
    """

    location: str
    name: str
    document: Any
    content: bytes = b""
    _anchors: dict[str, tuple[str, ...]] | None = None
    _identities: dict[str, tuple[str, ...]] | None = None

    def anchor(self, name: str) -> tuple[str, ...] | None:
        """Return where `$anchor` says *name* is."""
        return self._index()[0].get(name)

    def identities(self) -> Mapping[str, tuple[str, ...]]:
        """Return the places that have a `$id`, by that URI."""
        return self._index()[1]

    def _index(self) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
        if self._anchors is None or self._identities is None:
            self._anchors, self._identities = {}, {}
            for mapping, tokens in _mappings(self.document):
                for keyword in ("$anchor", "$dynamicAnchor"):
                    if isinstance(name := mapping.get(keyword), str):
                        self._anchors.setdefault(name, tokens)
                uri = mapping.get("$id", mapping.get("id"))
                if not isinstance(uri, str):
                    continue
                if uri.startswith("#"):  # what an anchor was called before 2019
                    self._anchors.setdefault(uri[1:], tokens)
                elif "$id" in mapping:
                    base = self.location if is_url(self.location) else ""
                    for known in (uri, _joined(base, uri)):
                        self._identities.setdefault(known.rstrip("#"), tokens)
        return self._anchors, self._identities


def _mappings(document: Any) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    waiting: list[tuple[Any, tuple[str, ...]]] = [(document, ())]
    while waiting:
        value, tokens = waiting.pop()
        if isinstance(value, dict):
            yield value, tokens
            waiting += [(item, (*tokens, key)) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(item, (*tokens, str(index))) for index, item in enumerate(value)]


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


@attrs.frozen
class Target:
    """What a reference leads to: a value, and where it is."""

    home: Resource
    tokens: tuple[str, ...]
    value: Any = attrs.field(repr=False)

    def __str__(self) -> str:
        return f"{self.home.name}#{join('', *self.tokens)}"

    def names(self) -> list[str]:
        """Return names for it, the nicest first; the later ones say where it comes from."""
        location = self.home.location
        path = PurePosixPath(
            unquote(urlsplit(location).path) if is_url(location) else location.replace("\\", "/")
        )
        folders = [part for part in path.parts[:-1] if part.strip("/")]
        stem = path.stem
        if stem.lower() in _NAMELESS and folders:
            stem = folders.pop()
        words = [token for token in self.tokens if token not in _STRUCTURE] or [*self.tokens]
        own = "_".join(words)
        names = [own or stem]
        if own:
            names.append(f"{stem}_{own}")
        names += [f"{folder}_{names[-1]}" for folder in folders[-1:]]
        return [re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_") or "part" for name in names] + [
            "part"
        ][: not len(names) - 1]


class Library:
    """
    Every file and URL that is part of one document.

    Args:
        main: The document itself.
        retriever: What reads the others.
    """

    def __init__(self, main: Resource, retriever: Retriever) -> None:
        self.repairs: list[Repair] = []
        self._main = main
        self._retriever = retriever
        self._resources: dict[str, Resource] = {}
        self._identities: dict[str, tuple[Resource, tuple[str, ...]]] = {}
        self._add(main.location, main)

    def parts(self) -> list[Resource]:
        """Return what was read beside the main document, in this order."""
        return [part for part in self._resources.values() if part is not self._main]

    def has(self, home: Resource, pointer: str) -> bool:
        """Say whether *pointer* leads to something in *home*."""
        try:
            self._walk(home, split(pointer), home, "", pointer, 0)
        except MissingReferenceError:
            return False
        return True

    def find(self, reference: str, home: Resource, pointer: str, steps: int = 0) -> Target:
        """
        Return what the `$ref` at *pointer* of *home* leads to.

        Raises:
            LoadError: The file cannot be read.
            MissingReferenceError: There is nothing.
        """
        if steps > REFERENCES:
            msg = f"`$ref` leads back to itself: `{reference}`"
            raise MissingReferenceError(msg, pointer, home.name)
        place, _, fragment = reference.partition("#")
        start: tuple[str, ...] = ()
        target = home
        if place:
            target, start = self._resource(place, home, pointer)
        if fragment and not fragment.startswith("/"):
            found = target.anchor(unquote(fragment))
            if found is None:
                msg = f"`$ref` leads nowhere: `{reference}`"
                raise MissingReferenceError(msg, pointer, home.name)
            tokens = [*found]
        else:
            tokens = [*start, *split(fragment)]
        return self._walk(target, tokens, home, pointer, reference, steps)

    def _walk(
        self,
        target: Resource,
        tokens: list[str],
        home: Resource,
        pointer: str,
        reference: str,
        steps: int,
    ) -> Target:
        value: Any = target.document
        done: tuple[str, ...] = ()
        for index, token in enumerate(tokens):
            if isinstance(value, dict) and token in value:
                value = value[token]
            elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
                value = value[int(token)]
            elif isinstance(value, dict) and isinstance(value.get("$ref"), str):
                # A pointer through a reference: not foreseen, but written and understood.
                further = self.find(value["$ref"], target, join("", *done), steps + 1)
                rest = [*further.tokens, *tokens[index:]]
                return self._walk(further.home, rest, home, pointer, reference, steps + 1)
            else:
                msg = f"`$ref` leads nowhere: `{reference}`"
                raise MissingReferenceError(msg, pointer, home.name)
            done = (*done, token)
        return Target(target, done, value)

    def _resource(
        self, place: str, home: Resource, pointer: str
    ) -> tuple[Resource, tuple[str, ...]]:
        base = home.location if is_url(home.location) else ""
        for uri in (place, _joined(base, place)):
            if uri in self._identities:
                return self._identities[uri]
        try:
            location = resolve(place, home.location)
        except ValueError as error:
            msg = f"`$ref` to `{place}`: {error}"
            raise LoadError(msg, pointer, home.name) from error
        if location not in self._resources:
            self._permit(location, home, pointer)
            self._add(location, self._load(location, home, pointer))
        return self._resources[location], ()

    def _add(self, location: str, resource: Resource) -> None:
        self._resources[location] = resource
        for uri, tokens in resource.identities().items():
            self._identities.setdefault(uri, (resource, tokens))

    def _permit(self, location: str, home: Resource, pointer: str) -> None:
        if not is_url(location) or self._retriever.limits.allow_remote:
            return
        if not is_url(self._main.location):
            reason = "a file that refers to a URL"
        elif _origin(location) != _origin(self._main.location):
            reason = "a document that refers to another host"
        else:
            return
        msg = (
            f"`$ref` to `{relative_name(location, '')}`: {reason} is read only if allowed "
            "by `allow_remote: true` in `sdk-codegen.yaml`; or store a copy beside the document"
        )
        raise LoadError(msg, pointer, home.name)

    def _load(self, location: str, home: Resource, pointer: str) -> Resource:
        name = relative_name(location, self._main.location)
        try:
            fetched = self._retriever.get(location, name)
            document, repairs = parse(
                fetched.content, name, self._retriever.limits, fetched.charset
            )
        except LoadError as error:
            msg = f"`$ref` leads to `{name}`: {error.reason}"
            raise LoadError(msg, pointer, home.name) from error
        self.repairs += [Repair(item.pointer, f"in `{name}`: {item.reason}") for item in repairs]
        # After a redirect, relative references start from where the answer came from.
        return Resource(fetched.url, name, document, fetched.content)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return (
        parts.scheme.lower(),
        parts.hostname,
        parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower()),
    )
