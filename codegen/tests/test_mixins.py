"""Code that is written by hand, beside the generated package: it survives and is typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sdk_codegen.cli import main

TINY = Path(__file__).parent / "tiny.yaml"

CONFIG = """
spec: tiny.yaml
out: .
package: {name: tiny_api}
retries: {max_retries: 7, statuses: [429, 503]}
mixins:
  client: tiny_api_ext.client:Shelf
  books: {sync: "tiny_api_ext.books:Books", async: "tiny_api_ext.books:AsyncBooks"}
  chat: {sync: "tiny_api_ext.client:Shelf"}
"""

CLIENT = '''
"""Written by hand."""


class Shelf:
    """What both colours have."""

    def shelf(self) -> str:
        """Return a word."""
        return type(self).__name__
'''

BOOKS = '''
"""Written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sdk_core.resources import AsyncResource, SyncResource

if TYPE_CHECKING:
    from tiny_api import models


class HasGet(Protocol):
    """What the generated class brings."""

    def get(self, id: str) -> models.Book: ...


class Books(SyncResource):
    """More about books."""

    def title(self: HasGet, id: str) -> str:
        """Return the title of a book."""
        return self.get(id).title


class AsyncBooks(AsyncResource):
    """The other colour."""

    def waits(self) -> bool:
        """Say that it does."""
        return True
'''

USE = """
from tiny_api import AsyncClient, Client
reveal_type(Client().shelf())
reveal_type(Client().books.title("1"))
reveal_type(AsyncClient().books.waits())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A generated project with code that is written by hand."""
    shutil.copy(TINY, tmp_path / "tiny.yaml")
    extension = tmp_path / "src/tiny_api_ext"
    extension.mkdir(parents=True)
    for name, text in (("__init__", ""), ("client", CLIENT), ("books", BOOKS), ("py", "")):
        (extension / f"{name}.{'typed' if name == 'py' else 'py'}").write_text(text)
    (tmp_path / "sdk-codegen.yaml").write_text(CONFIG)
    assert 0 == main(["generate", str(tmp_path), "-q"])
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the project's packages."""
    source = str(project / "src")
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=project,
        env={**os.environ, "PYTHONPATH": source, "MYPYPATH": source, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def test_generated_classes_have_what_is_written_by_hand(project: Path) -> None:
    """Of the colour that it is meant for; the defaults of the client are those asked for."""
    code = (
        "from tiny_api import AsyncClient, Client\n"
        "client, other = Client(), AsyncClient()\n"
        "print(client.shelf(), other.shelf(), client.chat.shelf(), hasattr(other.chat, 'shelf'))\n"
        "print(hasattr(client.books, 'title'), other.books.waits())\n"
        "print(client._options.max_retries, Client.retried_statuses == {429, 503})\n"
    )
    done = run(project, "-c", code)
    assert "" == done.stderr
    assert ["Client AsyncClient Chat False", "True True", "7 True"] == done.stdout.splitlines()


def test_it_survives_when_everything_is_generated_again(project: Path) -> None:
    """Byte by byte, and the generated classes still derive from it."""
    before = (project / "src/tiny_api_ext/books.py").read_bytes()
    document = project / "tiny.yaml"
    document.write_text(document.read_text().replace("title: Tiny API", "title: Other"))
    assert 0 == main(["generate", str(project), "--force", "-q"])
    assert before == (project / "src/tiny_api_ext/books.py").read_bytes()
    assert "" == run(project, "-c", "import tiny_api; tiny_api.Client().books.title").stderr
    assert 0 == main(["check", str(project)])


def test_both_are_strictly_typed(project: Path) -> None:
    """`mypy --strict` has nothing to say, and knows the methods on the client."""
    (project / "use.py").write_text(USE)
    strict = ("-m", "mypy", "--strict", "--cache-dir", str(project / ".mypy_cache"))
    done = run(project, *strict, "--explicit-package-bases", "src", "use.py")
    revealed = [line.split('"')[1] for line in done.stdout.splitlines() if "Revealed" in line]
    assert ["str", "str", "bool"] == [name.removeprefix("builtins.") for name in revealed]
    assert "Success: no issues found" in done.stdout, done.stdout


def test_the_wheel_holds_both(project: Path) -> None:
    """What is imported is installed."""
    text = (project / "pyproject.toml").read_text()
    assert 'packages = ["src/tiny_api", "src/tiny_api_ext"]' in text


@pytest.mark.parametrize(
    ("mixin", "reason"),
    [
        ("bocks: 'a:B'", "`mixins.bocks`: the client has no such group; did you mean `books`"),
        ("client: 'tiny_api.x:Y'", "`tiny_api.x` is in the generated package; hand-written code"),
        (
            "client: 'tiny_api_ext.none:Y'",
            "`mixins.client`: there is no module `tiny_api_ext.none`",
        ),
        ("client: 'nowhere.at.all:Y'", "`mixins.client`: there is no module `nowhere.at.all`"),
        ("client: 'tiny_api_ext.client:Shelv'", "has no class `Shelv`; did you mean `Shelf`?"),
        ("client: 'tiny_api_ext.broken:Y'", "broken.py is not Python: invalid syntax"),
    ],
)
def test_a_mixin_that_is_not_there_is_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], mixin: str, reason: str
) -> None:
    """File, key and what to do; nothing is written."""
    (project / "src/tiny_api_ext/broken.py").write_text("class")
    head = CONFIG.partition("mixins:")[0]
    (project / "sdk-codegen.yaml").write_text(f"{head}mixins:\n  {mixin}\n")
    assert 2 == main(["generate", str(project)])
    error = capsys.readouterr().err
    assert reason in error
    assert "sdk-codegen.yaml: `mixins." in error
    assert 1 == error.count("\n")


def test_a_mixin_may_be_installed_or_imported(project: Path) -> None:
    """A class may come from any package that is there, or through another module."""
    (project / "src/tiny_api_ext/__init__.py").write_text("from .client import Shelf as Rack\n")
    (project / "src/tiny_api_ext/__init__.py").touch()
    head = CONFIG.partition("mixins:")[0]
    mixins = "mixins:\n  client: tiny_api_ext:Rack\n  books: 'collections.abc:Hashable'\n"
    (project / "sdk-codegen.yaml").write_text(head + mixins)
    assert 0 == main(["generate", str(project), "-q"])
