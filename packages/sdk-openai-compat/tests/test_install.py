"""`install_as_openai()` and `python -m sdk_openai_compat run`, each in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from sdk_openai_compat._install import OPENAI_VERSION

FIRST = "import sdk_openai_compat; sdk_openai_compat.install_as_openai()\n"


def python(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an interpreter in which every warning is an error."""
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=60)


def passes(code: str) -> None:
    """Run *code* where `openai` is this package, and show what went wrong."""
    run = python("-c", FIRST + dedent(code))
    assert (0, "") == (run.returncode, run.stderr)


def test_modules_are_the_same_objects_under_both_names() -> None:
    """What is imported as `openai.x` is this package's module, with the spec that it had."""
    passes("""
        import sys
        import openai, openai.types.chat, openai.resources.chat.completions as completions
        import sdk_openai_compat.resources.chat.completions as own
        from sdk_openai_compat import OpenAI
        assert completions is own and sys.modules["openai.types.chat"] is openai.types.chat
        assert "sdk_openai_compat.types.chat" == openai.types.chat.__spec__.name
        assert openai.OpenAI is OpenAI and openai.types is sys.modules["sdk_openai_compat.types"]
        from openai.resources.chat import completions as again  # a relative import below works
        assert again is own
        from openai import *
        assert OpenAI is openai.OpenAI
    """)


@pytest.mark.difference(
    "Installing as openai",
    openai="`importlib.metadata.version` tells the version that is installed.",
    here="it tells the version of openai that this package follows, also where another is installed.",
)
def test_the_version_is_openais() -> None:
    """`openai.__version__`, `openai.version`, and `importlib.metadata`: the version that is followed."""
    passes(f"""
        import importlib.metadata, openai
        from openai.version import VERSION
        from openai._version import __title__
        assert {OPENAI_VERSION!r} == openai.__version__ == VERSION
        assert {OPENAI_VERSION!r} == importlib.metadata.version("openai")
        found = importlib.metadata.distribution("OpenAI")
        assert ("openai", None) == (found.metadata["Name"], found.files)
        assert found.locate_file("sdk_openai_compat/__init__.py").exists()
        assert importlib.metadata.version("sdk-openai-compat") != openai.__version__
        assert "openai" == __title__
        names = [each.metadata["Name"] for each in importlib.metadata.distributions()]
        assert "sdk-openai-compat" in names
    """)


def test_private_modules_are_those_that_libraries_import() -> None:
    """As attributes too; this package's own private modules are not openai's."""
    passes("""
        import openai, sdk_openai_compat
        import openai._types, openai._client, openai._models
        from openai._types import NOT_GIVEN, Omit
        assert Omit is sdk_openai_compat.Omit and openai._types.Omit is Omit
        assert openai._client.OpenAI is sdk_openai_compat.OpenAI
        assert "sdk_openai_compat._client" == sdk_openai_compat._client.__name__
        assert issubclass(openai.OpenAI, openai._base_client.SyncAPIClient)
        for name in ("_settings", "_install", "_nothing"):
            assert not hasattr(openai, name), name
        try:
            import openai._settings
        except ModuleNotFoundError as error:
            assert "openai._settings" == error.name
        else:
            raise AssertionError
    """)


@pytest.mark.difference(
    "Installing as openai",
    openai="has areas that only OpenAI's own service has, such as `openai.resources.beta`.",
    here="their modules are missing, and the `ModuleNotFoundError` says what this package leaves out.",
)
@pytest.mark.parametrize("name", ["openai.resources.beta.assistants", "openai.nothing"])
def test_a_module_that_is_missing_is_named(name: str) -> None:
    """`ModuleNotFoundError` with openai's name, and what is left out here."""
    passes(f"""
        try:
            import {name}
        except ModuleNotFoundError as error:
            assert error.name and {name!r}.startswith(error.name), error.name
            assert "it leaves out" in str(error), str(error)
        else:
            raise AssertionError
    """)


def test_what_is_set_on_the_module_is_set_on_this_package() -> None:
    """`openai.api_key = ...` describes the module's client; patches are seen under both names."""
    passes("""
        import openai, sdk_openai_compat
        openai.api_key = "k"
        assert "k" == sdk_openai_compat.api_key
        openai.added = 1
        assert 1 == sdk_openai_compat.added and "added" in dir(openai)
        del openai.added
        assert not hasattr(sdk_openai_compat, "added")
        openai._kept = 2
        assert not hasattr(sdk_openai_compat, "_kept")
        del openai._kept
        assert not hasattr(openai, "_kept")
        assert "openai" == openai.__name__ and "sdk_openai_compat" in openai.__file__
    """)


def test_hooks_of_others_patch_what_is_imported() -> None:
    """A loader around ours, as import hooks put it, sees and changes the module that is used."""
    passes("""
        import sys
        import sdk_openai_compat.resources.embeddings as own
        (finder,) = [f for f in sys.meta_path if type(f).__module__ == "sdk_openai_compat._install"]
        class Around:
            def __init__(self, inner): self.inner = inner
            def create_module(self, spec): return self.inner.create_module(spec)
            def exec_module(self, module):
                self.inner.exec_module(module)
                module.seen = module.Embeddings
                assert "openai.resources.embeddings" == module.__name__
                assert {"seen", "Embeddings"} <= set(dir(module))
        class Hook:
            def find_spec(self, name, path=None, target=None):
                if name != "openai.resources.embeddings":
                    return None
                spec = finder.find_spec(name, path, target)
                spec.loader = Around(spec.loader)
                return spec
        sys.meta_path.insert(0, Hook())
        import openai.resources.embeddings
        assert own.seen is own.Embeddings
    """)


def test_openai_must_not_be_imported_before() -> None:
    """A typed error says where it came from and what to do; afterwards nothing is half done."""
    run = python(
        "-c",
        dedent("""
            import sys, types
            sys.modules["openai._types"] = types.ModuleType("openai._types")
            from sdk_openai_compat import ConfigurationError, install_as_openai
            try:
                install_as_openai()
            except ConfigurationError as error:
                assert "`install_as_openai` comes too late" in str(error), error
            else:
                raise AssertionError
            del sys.modules["openai._types"]
            install_as_openai()
            import openai
            assert openai.OpenAI
        """),
    )
    assert (0, "") == (run.returncode, run.stderr)


def test_it_can_be_installed_twice_and_undone() -> None:
    """One finder, whoever calls, from however many threads; `uninstall` leaves no trace."""
    passes("""
        import sys, threading
        from sdk_openai_compat import install_as_openai
        from sdk_openai_compat._install import Finder, uninstall
        threads = [threading.Thread(target=install_as_openai) for _ in range(8)]
        for each in threads: each.start()
        for each in threads: each.join()
        assert 1 == sum(isinstance(each, Finder) for each in sys.meta_path)
        import openai.types
        uninstall(); uninstall()
        assert not any(name.partition(".")[0] == "openai" for name in sys.modules)
        assert not any(isinstance(each, Finder) for each in sys.meta_path)
        install_as_openai()
        import openai.types
    """)


def test_threads_that_import_at_once_get_one_module() -> None:
    """The import system's locks hold for what is found here, too."""
    passes("""
        import sys, threading
        found, gate = [], threading.Barrier(8)
        def load():
            gate.wait()
            import openai.resources.responses as module
            found.append(module)
        threads = [threading.Thread(target=load) for _ in range(8)]
        for each in threads: each.start()
        for each in threads: each.join()
        assert 8 == len(found) and 1 == len(set(map(id, found)))
    """)


@pytest.mark.difference(
    "Installing as openai",
    openai="is imported by whoever has it installed.",
    here="`install_as_openai()` holds for one process and those that it forks; a spawned process "
    "runs the main module anew, and the call at its top with it.",
)
def test_spawned_processes_run_the_call_of_the_main_module(tmp_path: Path) -> None:
    """As everything at the top of the main module."""
    program = tmp_path / "app.py"
    program.write_text(
        dedent("""
            import multiprocessing
            import sdk_openai_compat
            sdk_openai_compat.install_as_openai()
            import openai

            def child(queue):
                queue.put(openai.OpenAI.__module__)

            if __name__ == "__main__":
                spawn = multiprocessing.get_context("spawn")
                queue = spawn.Queue()
                process = spawn.Process(target=child, args=(queue,))
                process.start()
                print(queue.get(timeout=50))
                process.join()
        """)
    )
    run = python(str(program))
    assert (0, "sdk_openai_compat._client\n") == (run.returncode, run.stdout)


def test_importing_openai_loads_nothing_heavy() -> None:
    """Neither pydantic nor an HTTP library, as without the alias."""
    passes("""
        import sys, openai
        openai.OpenAI(api_key="k").chat.completions.create
        assert not {"pydantic", "httpx", "importlib.metadata"} & sys.modules.keys()
    """)


PROGRAM = """\
import sys
import openai
print(openai.__version__, openai.OpenAI.__module__, sys.argv, sys.path[0], __name__, __file__)
if "stop" in sys.argv:
    sys.exit(7)
"""


def test_run_runs_a_file_as_python_does(tmp_path: Path) -> None:
    """Its arguments, its folder first in `sys.path`, `__main__`, and its exit code."""
    (tmp_path / "below").mkdir()
    program = tmp_path / "below" / "app.py"
    program.write_text(PROGRAM)
    run = python("-m", "sdk_openai_compat", "run", "below/app.py", "a", "--help", cwd=tmp_path)
    assert (0, "") == (run.returncode, run.stderr)
    version, module, *rest = run.stdout.split(" ", 2)
    assert (OPENAI_VERSION, "sdk_openai_compat._client") == (version, module)
    plain = python("-c", f"import sys; sys.argv[1:] = []; print({['below/app.py', 'a', '--help']})")
    assert f"{plain.stdout.strip()} {tmp_path / 'below'} __main__ below/app.py\n" == rest[0]
    assert 7 == python("-m", "sdk_openai_compat", "run", str(program), "stop").returncode


def test_run_runs_a_module_as_python_does(tmp_path: Path) -> None:
    """`-m` with the working folder first in `sys.path`; a package runs its `__main__`."""
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROGRAM)
    run = python("-m", "sdk_openai_compat", "run", "-m", "app", "-x", cwd=tmp_path)
    assert (0, "") == (run.returncode, run.stderr)
    assert f"['{package / '__main__.py'}', '-x'] {tmp_path} __main__" in run.stdout
    assert (
        7 == python("-m", "sdk_openai_compat", "run", "-m", "app", "stop", cwd=tmp_path).returncode
    )


def test_run_runs_a_folder_as_python_does(tmp_path: Path) -> None:
    """The folder is first in `sys.path`, and its `__main__` is run."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "__main__.py").write_text("import beside")
    (folder / "beside.py").write_text("import openai; print(openai.__version__)")
    run = python("-m", "sdk_openai_compat", "run", "app", cwd=tmp_path)
    assert (0, f"{OPENAI_VERSION}\n", "") == (run.returncode, run.stdout, run.stderr)


def test_run_leaves_sys_path_safe(tmp_path: Path) -> None:
    """Under `-P` nothing is put before it."""
    (tmp_path / "app.py").write_text("import sys; print(sys.path[0])")
    run = python("-P", "-m", "sdk_openai_compat", "run", "app.py", cwd=tmp_path)
    assert 0 == run.returncode
    assert str(tmp_path) not in run.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "there is nothing to do; say `run`"),
        (["walk"], 2, "there is no command 'walk'; there is `run`"),
        (["run"], 2, "`run` needs a FILE, or `-m MODULE`"),
        (["run", "-m"], 2, "`-m` needs the name of a module"),
        (["run", "-x", "y"], 2, "`run` has no option -x"),
        (["run", "missing.py"], 2, "there is no file 'missing.py'"),
        (["run", "-m", "missing"], 1, "there is no module 'missing'"),
        (["run", "-m", "missing.part"], 1, "No module named 'missing'"),
    ],
)
def test_run_says_what_is_wrong(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    """One line on stderr, an exit code, nothing on stdout."""
    run = python("-m", "sdk_openai_compat", *arguments, cwd=tmp_path)
    assert (code, "") == (run.returncode, run.stdout)
    assert f"python -m sdk_openai_compat: {message}\n" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["-h"]])
def test_run_has_a_help(arguments: list[str]) -> None:
    """On stdout, and that is all."""
    run = python("-m", "sdk_openai_compat", *arguments)
    assert (0, "") == (run.returncode, run.stderr)
    assert "run -m MODULE" in run.stdout


def test_run_comes_too_late_where_openai_was_loaded_at_startup(tmp_path: Path) -> None:
    """A `sitecustomize` that imports openai: the reason, no traceback."""
    (tmp_path / "app.py").write_text(PROGRAM)
    code = (
        "import runpy, sys, types; sys.modules['openai'] = types.ModuleType('openai');"
        "sys.argv[1:] = {}; runpy.run_module('sdk_openai_compat', run_name='__main__')"
    )
    for arguments in (["run", "app.py"], ["run", "-m", "app"]):
        run = python("-c", code.format(arguments), cwd=tmp_path)
        assert 2 == run.returncode
        assert "comes too late" in run.stderr
        assert "Traceback" not in run.stderr
