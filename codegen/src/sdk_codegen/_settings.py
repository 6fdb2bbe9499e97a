"""What a run is asked to do, as values; a configuration file and the command line both end here."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from ._fetch import shown
from .errors import ConfigError

__all__ = ["Flavour", "Metadata", "Mixin", "PageRule", "Retries", "Settings"]

Flavour: TypeAlias = Literal["pydantic", "attrs"]

_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@attrs.frozen
class Metadata:
    """
    What the generated package says about itself on a package index; ``None`` leaves it to the
    document.

    Attributes:
        python: The versions of Python that it runs on, as in `requires-python` (PEP 440).
    """

    version: str | None = None
    description: str | None = None
    license: str | None = None
    authors: tuple[str, ...] = ()
    urls: Mapping[str, str] = attrs.field(factory=dict)
    python: str = ">=3.11"


@attrs.frozen
class Mixin:
    """Hand-written classes that a generated one derives from, as ``module:Class``."""

    sync: str | None = None
    async_: str | None = None


@attrs.frozen
class Retries:
    """The defaults of the generated client; ``None`` leaves one to `sdk-core`."""

    max_retries: int | None = None
    statuses: tuple[int, ...] | None = None


@attrs.frozen
class PageRule:
    """
    How operations page.

    Attributes:
        value: In the shape of ``x-speakeasy-pagination``.
        operations: Which ones, as in `Settings.skip`; none stands for all that it fits.
    """

    value: Mapping[str, Any]
    operations: tuple[str, ...] = ()


def _package(settings: Settings, _: object, name: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        msg = f"`{settings.called('package')}` must be an importable name, not {name!r}"
        raise ConfigError(msg)


def _distribution(settings: Settings, _: object, name: str) -> None:
    if not _DISTRIBUTION.fullmatch(name):
        msg = (
            f"`{settings.called('distribution')}` must be a name that package indexes allow, "
            f"not {name!r}"
        )
        raise ConfigError(msg)


@attrs.frozen
class Settings:
    """
    One project: from what, where to, and how.

    Attributes:
        spec: The document: a path, or a URL.
        out: The project's folder.
        package: The import name.
        distribution: The name on a package index. Default: *package* with hyphens.
        overlays: Overlay documents, applied in this order.
        models: What models are made with.
        config: The file that the settings are from, and the SHA-256 of its bytes.
        schemas: New names of component schemas, by their names in the document.
        operations: Places in the client such as ``chat.completions.create``, by `operationId` or
            ``METHOD /path``.
        groups: Groups such as ``chat.completions``, by tag.
        skip: Operations that are left out: an `operationId`, ``METHOD /path`` or ``tag:NAME``,
            each of which may be a glob.
        pagination: How operations page; the first rule that fits counts.
        mixins: Hand-written base classes, by ``client`` or group.
        tests: Whether the project gets tests.
        docs: Whether it gets an API reference.

    Raises:
        ConfigError: A name cannot be used.
    """

    spec: str | Path
    out: Path
    package: str = attrs.field(validator=_package)
    config: tuple[Path, str] | None = None
    distribution: str = attrs.field(
        default=attrs.Factory(lambda self: self.package.replace("_", "-"), takes_self=True),
        validator=_distribution,
    )
    overlays: tuple[Path, ...] = ()
    models: Flavour = "pydantic"
    metadata: Metadata = attrs.field(factory=Metadata)
    schemas: Mapping[str, str] = attrs.field(factory=dict)
    operations: Mapping[str, str] = attrs.field(factory=dict)
    groups: Mapping[str, str] = attrs.field(factory=dict)
    skip: tuple[str, ...] = ()
    pagination: tuple[PageRule, ...] = ()
    retries: Retries = attrs.field(factory=Retries)
    mixins: Mapping[str, Mixin] = attrs.field(factory=dict)
    tests: bool = True
    docs: bool = True
    allow_remote: bool = False

    @property
    def name(self) -> str:
        """Return what messages call the document."""
        return shown(self.spec) if isinstance(self.spec, str) else self.spec.as_posix()

    def called(self, name: str) -> str:
        """Return what the user calls a setting that is an option or a key of `package`."""
        if self.config is None:
            return f"--{name}"
        key = "name" if name == "package" else name
        return f"package.{key}"
