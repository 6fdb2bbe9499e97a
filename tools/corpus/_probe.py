"""
Import a generated package and print what is in it, as JSON; run as a script.

`python _probe.py SOURCE PACKAGE` says: every module and the first line of what went wrong with it,
the operations, the methods that both clients have, the models that do not build, and a few calls
that can be made with placeholders for their arguments.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import warnings
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

CALLS = 5


def modules(source: Path, package: str) -> list[str]:
    """Return the names of all modules of a package."""
    found = []
    for path in sorted((source / package).rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def first_line(error: BaseException) -> str:
    """Return a line about *error*."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def imported(names: list[str]) -> dict[str, str]:
    """Import each of the modules; return those that cannot be, and why."""
    broken = {}
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:  # a module may even exit
            broken[name] = first_line(error)
    return broken


def operations(package: str) -> list[list[str]]:
    """Return id, method and path of every operation of the package."""
    from sdk_core.operations import Operation  # noqa: PLC0415  # after the warnings are set

    prefix = f"{package}.operations"
    found = {
        id(value): [value.id, value.method, value.path]
        for name, module in sys.modules.items()
        if name == prefix or name.startswith(f"{prefix}.")
        for value in vars(module).values()
        if isinstance(value, Operation)
    }
    return list(found.values())


def methods(client: Any) -> dict[str, Any]:
    """Return the methods of a client's tree, by their path in it."""
    found: dict[str, Any] = {}
    waiting = [("", client)]
    while waiting:
        prefix, owner = waiting.pop(0)
        base = next(one for one in type(owner).__mro__ if one.__module__.startswith("sdk_core."))
        for name in dir(type(owner)):
            if name.startswith("_") or hasattr(base, name):
                continue
            member = inspect.getattr_static(type(owner), name)
            if isinstance(member, cached_property | property):
                if not name.startswith("with_"):
                    waiting.append((f"{prefix}{name}.", getattr(owner, name)))
            elif inspect.isfunction(member):
                found[prefix + name] = getattr(owner, name)
    return found


def unbuilt(package: str) -> tuple[int, dict[str, str]]:
    """Build every model; return how many there are, and those that cannot be built."""
    try:
        module = importlib.import_module(f"{package}.models")
    except ModuleNotFoundError:
        return 0, {}
    broken = {}
    names = list(getattr(module, "__all__", ()))
    for name in names:
        try:
            target = getattr(module, name)
            if hasattr(target, "model_rebuild"):
                target.model_rebuild()
            elif hasattr(target, "model_validate"):
                with suppress(ValueError):  # nothing need not fit; what it would have to is known
                    target.model_validate({})
        except BaseException as error:  # as above
            broken[name] = first_line(error)
    return len(names), broken


def placeholders(method: Any) -> dict[str, str]:
    """Return a text for each argument that a method needs."""
    return {
        name: "x"
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


def calls(client: Any) -> list[list[Any]]:
    """Return some methods, evenly spread, that can be called with placeholders."""
    found = list(methods(client).items())
    chosen = []
    for number in range(min(CALLS, len(found))):
        start = number * len(found) // CALLS
        for name, method in found[start : start + 20]:
            arguments = placeholders(method)
            try:
                method(**arguments)
            except Exception:  # a placeholder does not fit; the next one may
                continue
            chosen.append([name, arguments])
            break
    return chosen


def main() -> None:
    """Print what is in the package."""
    source, package = Path(sys.argv[1]), sys.argv[2]
    sys.path.insert(0, str(source))
    import httpx  # noqa: PLC0415  # the warnings of others are not the package's
    import pydantic  # noqa: F401, PLC0415  # as above

    import sdk_core  # noqa: F401, PLC0415  # as above

    warnings.simplefilter("error")
    names = modules(source, package)
    broken = imported(names)
    said: dict[str, Any] = {"modules": len(names), "broken": broken}
    warnings.simplefilter("ignore")
    said["operations"] = operations(package)
    try:
        root = importlib.import_module(package)
        answering = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
        client = root.Client(
            base_url="http://127.0.0.1:9",
            http_client=httpx.Client(transport=answering),
            max_retries=0,
        )
        said["sync"] = len(methods(client))
        said["async"] = len(methods(root.AsyncClient(base_url="http://127.0.0.1:9")))
        said["calls"] = calls(client)
    except Exception as error:  # it is told with the rest
        said["client"] = first_line(error)
    said["models"], said["unbuilt"] = unbuilt(package)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
