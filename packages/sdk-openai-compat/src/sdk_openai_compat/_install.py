"""
``install_as_openai()``: make ``import openai`` give this package, for libraries that import openai.

Whoever imports ``openai.x`` gets the module of this package that stands for it, the same object,
so that ``isinstance``, ``except`` and patches mean the same under both names. ``openai`` itself is
a module of its own in front of this package: it says another version, and the private modules that
libraries reach into (``openai._types`` ...) are not this package's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sdk_core.errors import ConfigurationError

from ._openai import NAMES
from ._openai._version import OPENAI_VERSION

if TYPE_CHECKING:
    from importlib.metadata import Distribution, DistributionFinder

__all__ = ["OPENAI_VERSION", "install_as_openai", "uninstall"]

_PACKAGE = __package__
_PRIVATE = f"{_PACKAGE}._openai"
_PRIVATE_MODULES = ("_", "lib.streaming._assistants", "types.beta", "version")
_AREAS_LEFT_OUT = (
    "the areas that only OpenAI hosts (`beta`, `admin`, `evals`, `containers` and the like), "
    "Bedrock and the other providers, and the private modules that no library was found to import"
)
_lock = Lock()


def install_as_openai() -> None:
    """
    Make ``import openai``, and every module below it, resolve to this package.

    To be called before anything imports openai: first thing in the program, or by starting it with
    ``python -m sdk_openai_compat run``. Calling it again changes nothing. An installed openai stays
    where it is, and is not loaded; ``importlib.metadata.version("openai")`` says which version this
    package follows, as ``openai.__version__`` does. A process that is spawned, rather than forked,
    begins without: there, the call belongs at the top of the main module.

    Raises:
        ConfigurationError: openai has been imported already.
    """
    with _lock:
        if any(isinstance(finder, Finder) for finder in sys.meta_path):
            return
        loaded = next(
            (module for name, module in [*sys.modules.items()] if _is_openais(name)), None
        )
        if loaded is not None:
            where = getattr(loaded, "__file__", None) or "somewhere"
            msg = (
                f"`install_as_openai` comes too late: openai has been imported, from {where}; call "
                "it before anything that imports openai, or start the program with "
                f"`python -m {_PACKAGE} run`"
            )
            raise ConfigurationError(msg)
        sys.meta_path.insert(0, Finder())


def uninstall() -> None:
    """Undo `install_as_openai`, for tests; what was imported meanwhile stays as it is."""
    with _lock:
        finders = [finder for finder in sys.meta_path if isinstance(finder, Finder)]
        for finder in finders:
            sys.meta_path.remove(finder)
        if finders:
            for name in [name for name in sys.modules if _is_openais(name)]:
                del sys.modules[name]


def _is_openais(name: str) -> bool:
    return name.partition(".")[0] == "openai"


def own_name(name: str) -> str:
    """Return the name of this package's module that stands for *name*, one of openai's."""
    below = name.partition(".")[2]
    if not below:
        return _PACKAGE
    return f"{_PRIVATE if below.startswith(_PRIVATE_MODULES) else _PACKAGE}.{below}"


class Finder:
    """
    Finds openai's modules here, and its distribution: a finder of `sys.meta_path`.

    See the language reference, 5.3, and `importlib.metadata.DistributionFinder`.
    """

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """
        Return how to load *name*; None if it is none of openai's.

        Raises:
            ModuleNotFoundError: It is openai's, and this package has nothing that stands for it.
        """
        if not _is_openais(name):
            return None
        own = own_name(name)
        found = find_spec(own)
        if found is None:
            msg = (
                f"No module named {name!r}: `openai` is {_PACKAGE} here, which has no such module; "
                f"it leaves out {_AREAS_LEFT_OUT}"
            )
            raise ModuleNotFoundError(msg, name=name)
        is_package = found.submodule_search_locations is not None
        return ModuleSpec(name, Loader(own), origin=found.origin, is_package=is_package)  # type: ignore[arg-type]  # the protocol, without its deprecated part

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterable[Distribution]:
        """
        Return what stands for the distribution of openai, to who asks for it by name.

        It goes before an installed openai: that one is not what ``import openai`` gives.
        """
        name = getattr(context, "name", None)
        if not isinstance(name, str) or name.lower() != "openai":
            return []
        from ._openai._distribution import OpenAIDistribution  # noqa: PLC0415  # who asks pays

        return [OpenAIDistribution()]


class Loader:
    """Loads the module *own* of this package in the place of one of openai's."""

    def __init__(self, own: str) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module that passes everything on to this package's."""
        return Front(spec.name, self._own)

    def exec_module(self, module: ModuleType) -> None:
        """Put this package's module in the place of *module*, but for openai itself."""
        own = import_module(self._own)
        if module.__name__ != "openai":
            # The import system returns what stands here in the end. Had `create_module` returned
            # it, the module would have got a second `__spec__`, and relative imports in it broken.
            sys.modules[module.__name__] = own


class Front(ModuleType):
    """
    A module that stands for another one of this package: reads and writes go there.

    Import hooks of others, such as wrapt's, patch what they are given while it is being imported;
    afterwards only ``openai`` itself is such a module.
    """

    def __init__(self, name: str, own: str) -> None:
        super().__init__(name)
        vars(self)["_own"] = own
        if name == "openai":
            vars(self)["__version__"] = OPENAI_VERSION

    def __getattr__(self, name: str) -> Any:
        own = import_module(vars(self)["_own"])
        if self.__name__ == "openai" and name in NAMES:
            return getattr(import_module(_PRIVATE), name)
        private = name.startswith("_") and not name.startswith("__")
        if self.__name__ == "openai" and (private or not hasattr(own, name)):
            # openai's own modules are attributes as soon as it is imported: `openai._types`.
            module = f"{self.__name__}.{name}"
            if name.isidentifier() and not name.startswith("__") and _exists(own_name(module)):
                return import_module(module)
            if isinstance(getattr(own, name, None), ModuleType):  # private ones of this package
                msg = f"module {self.__name__!r} has no attribute {name!r}"
                raise AttributeError(msg)
        return getattr(own, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # What the import system and others keep on `openai` itself must not reach this package:
        # `openai._client` is another module than this package's `_client`.
        if (self.__name__ == "openai" and name.startswith("_")) or name in {
            "__spec__",
            "__loader__",
            "__path__",
            "__package__",
            "__file__",
            "__cached__",
        }:
            super().__setattr__(name, value)
        else:
            setattr(import_module(vars(self)["_own"]), name, value)

    def __delattr__(self, name: str) -> None:
        if name in vars(self):
            super().__delattr__(name)
        else:
            delattr(import_module(vars(self)["_own"]), name)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *dir(import_module(vars(self)["_own"]))} - {"_own"})


def _exists(name: str) -> bool:
    return find_spec(name) is not None
