"""The first half of the pipeline: from a document to what it means, without rendering anything."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from . import _ir as ir
from ._build import build
from ._cache import Cache
from ._configured import configure
from ._fetch import Retriever
from ._load import Limits, Source, bundle, convert, load_source
from ._lock import digest
from ._mixins import check_mixins
from ._normalise import PASSES, apply
from ._overlay import apply_overlay
from ._paging import paginate
from ._renaming import rename_canonical
from ._repairs import Repair
from ._result import Skipped
from ._settings import Settings
from ._swagger import original_place
from ._types import Described
from .errors import ConfigError, ShapeError, SpecError

__all__ = [
    "Analysis",
    "Loaded",
    "Observe",
    "Progress",
    "analyse",
    "load_document",
    "naming",
    "silent",
]

Progress: TypeAlias = Callable[[str], None]
"""Called with the name of each stage when it begins."""

Observe: TypeAlias = Callable[[str, dict[str, Any], dict[str, Any]], None]
"""Called with the name of a pass, and the document before and after it."""


def silent(stage: str) -> None:
    """Show no progress."""


@attrs.frozen
class Loaded:
    """
    A document with its overlays, in OpenAPI 3.

    Attributes:
        source: The document, and what it was read from.
        overlays: SHA-256 of each overlay.
    """

    source: Source
    overlays: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """Return the document."""
        return self.source.document

    @property
    def title(self) -> str:
        """Return what the document calls itself."""
        info = self.document.get("info")
        title = info.get("title") if isinstance(info, dict) else None
        return title if isinstance(title, str) and title.strip() else "API client"

    def place(self, pointer: str) -> str:
        """Return where the author of the document finds what is at *pointer* of it."""
        swagger = self.source.swagger
        return pointer if swagger is None else original_place(swagger, pointer)


@attrs.frozen
class Analysis:
    """
    What a document means.

    Attributes:
        settings: What was asked for.
        loaded: The document as it was read, with its overlays.
        document: The canonical document, after every pass.
        api: What it says, as values.
        types: The type of every place, by pointer.
        repairs: What each pass changed, by its name, in their order; passes without any are absent.
        skipped: The operations that the configuration leaves out.
    """

    settings: Settings
    loaded: Loaded
    document: dict[str, Any] = attrs.field(repr=False)
    api: ir.API = attrs.field(repr=False)
    types: Mapping[str, Described] = attrs.field(repr=False)
    repairs: Mapping[str, tuple[Repair, ...]]
    skipped: tuple[Skipped, ...]


def load_document(settings: Settings, progress: Progress = silent) -> Loaded:
    """
    Read the document of a project, with what it refers to and its overlays.

    Raises:
        SpecError: It cannot be read, or is no OpenAPI document.
    """
    progress("read")
    retriever = Retriever(Limits(allow_remote=settings.allow_remote))
    source = bundle(load_source(settings.spec, retriever), retriever)
    document = source.document
    overlays = []
    for overlay in settings.overlays:
        document, content = apply_overlay(document, overlay)
        overlays.append(digest(content))
    return Loaded(convert(attrs.evolve(source, document=document)), tuple(overlays))


def analyse(
    settings: Settings,
    *,
    loaded: Loaded | None = None,
    progress: Progress = silent,
    observe: Observe | None = None,
) -> Analysis:
    """
    Find out what a document means.

    Args:
        settings: What to read, and what the user decided about it.
        loaded: The document, if it has been read already.
        progress: Is told of each stage.
        observe: Is told of each pass.

    Raises:
        SpecError: The document cannot be generated from.
        ConfigError: The configuration names something that the document does not have.
    """
    loaded = loaded or load_document(settings, progress)
    try:
        with naming(settings, loaded):
            return _analyse(settings, loaded, progress, observe)
    except ConfigError as error:
        if settings.config is None:
            raise
        msg = f"{settings.config[0].as_posix()}: {error}"
        raise ConfigError(msg) from error


@contextlib.contextmanager
def naming(settings: Settings, loaded: Loaded) -> Iterator[None]:
    """Let what is raised inside name the document, and the place in it that its author knows."""
    try:
        yield
    except SpecError as error:
        error.file = error.file or settings.name
        error.pointer = loaded.place(error.pointer)
        raise
    except RecursionError:
        msg = "schemas lead to one another through too many references"
        raise ShapeError(msg, file=settings.name) from None


def _analyse(
    settings: Settings, loaded: Loaded, progress: Progress, observe: Observe | None
) -> Analysis:
    from ._engine import resolve  # noqa: PLC0415 - the engine takes long to import
    from ._nodes import nodes  # noqa: PLC0415 - as above

    repairs: dict[str, tuple[Repair, ...]] = {}
    if loaded.source.repairs:
        repairs["reading"] = loaded.source.repairs
    skipped: list[Skipped] = []

    def configured(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
        document, left_out = configure(document, settings)
        skipped.extend(left_out)
        return document, []

    passes = (
        ("configuration", configured),
        *PASSES,
        ("configured names", lambda document: rename_canonical(document, settings)),
        ("configured pagination", lambda document: paginate(document, settings)),
    )
    progress("normalise")
    document = loaded.document
    for name, run in passes:
        before = document
        document, made = apply(name, run, document)
        if made:
            repairs[name] = tuple(
                attrs.evolve(repair, pointer=loaded.place(repair.pointer)) for repair in made
            )
        if observe is not None:
            observe(name, before, document)
    progress("represent")
    api = build(document)
    check_mixins(settings, api)
    progress("resolve types")
    types = resolve(nodes(api), Cache.user())
    return Analysis(settings, loaded, document, api, types, repairs, tuple(skipped))
