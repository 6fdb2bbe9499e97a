"""``python -m sdk_openai_compat run``: run a program whose ``import openai`` gives this package."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from sdk_core.errors import ConfigurationError

from ._install import install_as_openai

_COMMAND = f"python -m {__package__}"
_USAGE = f"""\
usage: {_COMMAND} run FILE [ARGUMENT ...]
       {_COMMAND} run -m MODULE [ARGUMENT ...]

Run a program, unchanged, in which `import openai` gives sdk-openai-compat.

FILE and MODULE are run as `python FILE` and `python -m MODULE` would run them: with their own
arguments, `sys.path` and exit code. Processes that the program forks go on as it does. Those that
it spawns begin anew: there, `sdk_openai_compat.install_as_openai()` at the top of the main module
does the same.
"""


def main(arguments: Sequence[str]) -> int | None:
    """
    Do what the command line says.

    Args:
        arguments: What stands behind ``python -m sdk_openai_compat``.

    Returns:
        An exit code: 2 for a command line that says nothing that can be done, 1 for a module that
        is not there; None where the program ran to its end.
    """
    match list(arguments):
        case ["-h" | "--help"] | ["run", "-h" | "--help"]:
            sys.stdout.write(_USAGE)
            return 0
        case ["run", "-m", module, *rest]:
            return _run_module(module, rest)
        case ["run", file, *rest] if not file.startswith("-"):
            return _run_file(file, rest)
        case ["run"]:
            return _refuse("`run` needs a FILE, or `-m MODULE`")
        case ["run", "-m"]:
            return _refuse("`-m` needs the name of a module")
        case ["run", option, *_]:
            return _refuse(f"`run` has no option {option}")
        case [command, *_]:
            return _refuse(f"there is no command {command!r}; there is `run`")
        case _:
            return _refuse("there is nothing to do; say `run`")


def _run_file(file: str, rest: list[str]) -> int | None:
    path = Path(file)
    if not path.exists():
        return _refuse(f"there is no file {file!r}", usage=False)
    sys.argv[:] = [file, *rest]
    if path.is_file() and not sys.flags.safe_path:  # a folder or an archive adds itself
        sys.path[0] = str(path.resolve().parent)
    if (problem := _install()) is not None:
        return problem
    runpy.run_path(file, run_name="__main__")
    return None


def _run_module(module: str, rest: list[str]) -> int | None:
    sys.argv[:] = [module, *rest]
    if (problem := _install()) is not None:
        return problem
    try:
        found = find_spec(module)
    except ModuleNotFoundError as error:
        return _refuse(str(error), usage=False, code=1)
    if found is None:
        return _refuse(f"there is no module {module!r}", usage=False, code=1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return None


def _install() -> int | None:
    try:
        install_as_openai()
    except ConfigurationError as error:
        return _refuse(str(error), usage=False)
    return None


def _refuse(reason: str, *, usage: bool = True, code: int = 2) -> int:
    sys.stderr.write(f"{_COMMAND}: {reason}\n" + (f"\n{_USAGE}" if usage else ""))
    return code


if __name__ == "__main__":  # pragma: no branch - nothing imports this module
    sys.exit(main(sys.argv[1:]))
