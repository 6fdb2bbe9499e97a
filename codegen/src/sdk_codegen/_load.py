"""Reading a document and everything that belongs to it, from files and URLs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import attrs

from ._bundle import bundle
from ._fetch import Fetch, Retriever, is_url, shown
from ._parse import parse
from ._source import DEFAULT_LIMITS, Limits, Source
from ._swagger import modern_document
from ._upgrade import check_version
from .errors import SpecError

__all__ = ["Fetch", "Limits", "Source", "bundle", "convert", "load", "load_source", "read"]


def read(
    source: str | Path, *, limits: Limits = DEFAULT_LIMITS, fetch: Fetch | None = None
) -> Source:
    """
    Read a document, with all it refers to, as one OpenAPI 3 document.

    The steps are `load_source`, `bundle` and `convert`, in this order. Overlays are written for the
    document that an author sees, so they go between bundling and conversion::

        retriever = Retriever(limits, fetch)
        source = bundle(load_source(spec, retriever), retriever)
        document, content = apply_overlay(source.document, overlay)
        source = convert(attrs.evolve(source, document=document))

    Args:
        source: A path, or an ``http:`` or ``https:`` URL.
        limits: How much is read, and for how long.
        fetch: What gets URLs; the network by default.

    Raises:
        LoadError: Something cannot be read, or is more than the limits allow.
        MissingReferenceError: A `$ref` to another file leads nowhere, or back to itself.
        VersionError: It is no OpenAPI document of a version that is supported.
    """
    retriever = Retriever(limits, fetch)
    return convert(bundle(load_source(source, retriever), retriever))


def load_source(source: str | Path, retriever: Retriever | None = None) -> Source:
    """
    Read a document alone, as it is.

    Args:
        source: A path, or an ``http:`` or ``https:`` URL.
        retriever: What reads it; one with the default limits by default.

    Raises:
        LoadError: It cannot be read, is too large, or is not a mapping in YAML or JSON.
    """
    retriever = retriever or Retriever(DEFAULT_LIMITS)
    given = source if isinstance(source, str) else source.as_posix()
    name = shown(given)
    remote = isinstance(source, str) and is_url(source)
    location = given if remote else os.path.normpath(Path.cwd() / source)
    fetched = retriever.get(location, name)
    document, repairs = parse(fetched.content, name, retriever.limits, fetched.charset)
    part = (Path(name).name, hashlib.sha256(fetched.content).hexdigest())
    return Source(document, name, fetched.url, fetched.content, (part,), tuple(repairs))


def load(source: str | Path) -> tuple[dict[str, Any], bytes]:
    """Return a document that stands for itself, such as an overlay, and its bytes."""
    loaded = load_source(source)
    return loaded.document, loaded.content


def convert(source: Source) -> Source:
    """
    Check the version, and make an OpenAPI 3 document of Swagger 2.

    Raises:
        ShapeError: A Swagger 2 document that cannot be understood.
        VersionError: It is no OpenAPI document of a version that is supported.
    """
    try:
        check_version(source.document)
        if source.document.get("openapi") is not None:
            return source
        document, repairs = modern_document(source.document)
    except SpecError as error:
        error.file = error.file or source.name
        raise
    return attrs.evolve(
        source,
        document=document,
        repairs=(*source.repairs, *repairs),
        swagger=source.document,
    )
