"""Hand-written classes that generated ones derive from; they live beside the generated package."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import attrs

from ._ir import API
from ._selecting import nearest
from ._settings import Mixin, Settings
from .errors import ConfigError

__all__ = ["Bases", "bases", "check_mixins", "neighbours"]


@attrs.frozen
class Bases:
    """
    What a generated module says about its base classes.

    Attributes:
        imports: Statements.
        sync: What stands in front of the base class of the synchronous class.
        async_: The same for the asynchronous one.
    """

    imports: tuple[str, ...] = ()
    sync: str = ""
    async_: str = ""


def bases(mixin: Mixin | None) -> Bases:
    """Return the source of the bases; under names of their own, for any name may be taken."""
    given = mixin or Mixin()
    imports = []
    for name, alias in ((given.sync, "_Mixin"), (given.async_, "_AsyncMixin")):
        if name is not None:
            module, _, class_name = name.partition(":")
            imports.append(f"from {module} import {class_name} as {alias}")
    return Bases(
        tuple(imports),
        "_Mixin, " if given.sync else "",
        "_AsyncMixin, " if given.async_ else "",
    )


def check_mixins(settings: Settings, api: API) -> None:
    """
    Make sure that every place and every class of `mixins` is there.

    Raises:
        ConfigError: One is not; or it lies in the generated package, which is written anew.
    """
    groups = {
        ".".join(operation.group[:length])
        for operation in api.operations
        for length in range(1, len(operation.group) + 1)
    }
    for place, mixin in settings.mixins.items():
        key = f"mixins.{place}"
        if place != "client" and place not in groups:
            msg = f"`{key}`: the client has no such group{nearest(place, {'client', *groups})}"
            raise ConfigError(msg)
        for name in dict.fromkeys((mixin.sync, mixin.async_)):
            if name is not None:
                _check(name, key, settings)


def _check(name: str, key: str, settings: Settings) -> None:
    module, _, class_name = name.partition(":")
    top = module.partition(".")[0]
    if top == settings.package:
        msg = (
            f"`{key}`: `{module}` is in the generated package; hand-written code lives beside it, "
            f"such as in `{settings.package}_ext`"
        )
        raise ConfigError(msg)
    path = _source(settings.out / "src", module)
    if path is None:
        if (settings.out / "src" / top).is_dir() or find_spec(top) is None:
            msg = f"`{key}`: there is no module `{module}`, neither in `src/` nor installed"
            raise ConfigError(msg)
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        msg = f"`{key}`: {path.as_posix()} is not Python: {error}"
        raise ConfigError(msg) from error
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    if class_name not in classes | imported:
        msg = (
            f"`{key}`: {path.as_posix()} has no class `{class_name}`{nearest(class_name, classes)}"
        )
        raise ConfigError(msg)


def _source(folder: Path, module: str) -> Path | None:
    base = folder.joinpath(*module.split("."))
    found = (base.with_name(f"{base.name}.py"), base / "__init__.py")
    return next((path for path in found if path.is_file()), None)


def neighbours(settings: Settings) -> tuple[str, ...]:
    """Return what lies beside the generated package and belongs into its wheel."""
    source = settings.out / "src"
    names = {
        name.partition(":")[0].partition(".")[0]
        for mixin in settings.mixins.values()
        for name in (mixin.sync, mixin.async_)
        if name is not None
    }
    return tuple(
        f"src/{found.name}"
        for name in sorted(names)
        for found in (source / name, source / f"{name}.py")
        if found.exists()
    )
