"""
From a document to a first answer, as somebody does it on a Friday evening.

`sdk-codegen` is installed from its wheel, begins a project, pip installs that project into an
environment of its own, and the README's examples run there. Only pip has this machine's settings;
all else has an empty home and nothing in its environment but what the README asks for.
"""

from __future__ import annotations

import os
import re
import subprocess
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
import pytest

from sdk_core.testing import ExampleServer, Exchange

ROOT = Path(__file__).parents[2]
MISTRAL = ROOT.parent / "shared" / "corpus" / "mistral.yaml"

SHELF = """\
openapi: 3.1.0
info: {title: Shelf API, version: "3.1", description: Books and talk about them.}
servers: [{url: https://shelf.example/v3}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Answer: {type: object, required: [text], properties: {text: {type: string}}}
security: [{key: []}]
paths:
  /books/{id}:
    get:
      operationId: getBook
      tags: [books]
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        200: {description: It., content: {application/json: {schema: {type: object}}}}
  /talks:
    post:
      operationId: talk
      tags: [talks]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [question]
              properties:
                question: {type: string, example: "Who wrote \\"Emma\\"?"}
                stream: {type: boolean, default: false}
                mood: {type: string, enum: [kind, curt]}
      responses:
        200:
          description: What there is to say.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Answer"}
              example: {text: Jane Austen}
            text/event-stream: {schema: {$ref: "#/components/schemas/Answer"}}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # seconds; the packages may come over a slow line
]


@attrs.frozen
class User:
    """
    Somebody with an empty home.

    Attributes:
        home: It.
        wheels: Where the wheels of this repository are; beside it is pip.
        machine: The environment that reaches a package index.
    """

    home: Path
    wheels: Path
    machine: Mapping[str, str]

    def environment(self, name: str, *packages: object) -> Path:
        """Return the programs of a new environment that has *packages*, and not even pip."""
        venv.create(self.home / name, with_pip=False)
        programs = self.home / name / "bin"
        links = ["--find-links", self.wheels]
        self.pip("--python", programs / "python", "install", "--no-compile", *links, *packages)
        return programs

    def pip(self, *arguments: object) -> None:
        """Run pip with the settings of this machine."""
        hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
        environment = {name: v for name, v in self.machine.items() if name not in hidden}
        command = [self.wheels.parent / "pip" / "bin" / "python", "-m", "pip", "--no-input"]
        self._run([*command, "--quiet", *arguments], environment)

    def run(self, *command: object, **variables: str) -> str:
        """Run a program in an environment that has only *variables*; return what it prints."""
        given = {"HOME": str(self.home), "PATH": os.defpath, "PYTHONWARNINGS": "error"}
        return self._run(command, given | variables)

    def _run(self, command: Sequence[object], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            env=dict(environment),
            cwd=self.home,
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert 0 == done.returncode, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory, machine: Mapping[str, str]) -> User:
    """Build the wheels and return who has nothing else."""
    folder = tmp_path_factory.mktemp("user")
    user = User(folder / "home", folder / "wheels", machine)
    user.home.mkdir()
    venv.create(folder / "pip", with_pip=True)
    sources = [ROOT / "packages" / "sdk-core", ROOT / "codegen"]
    user.pip("wheel", "--no-deps", "--wheel-dir", user.wheels, *sources)
    assert 2 == len(list(user.wheels.glob("*.whl")))
    return user


@pytest.fixture(scope="module")
def sdk_codegen(user: User) -> Path:
    """Install the generator and return its command."""
    return user.environment("generator", "sdk-codegen") / "sdk-codegen"


@pytest.fixture
def first_answers(user: User, sdk_codegen: Path, tmp_path: Path) -> Callable[[Path], list[str]]:
    """Return what makes a project of a document, and returns what the README's examples print."""

    def answers(document: Path) -> list[str]:
        project = tmp_path / "project"
        said = user.run(sdk_codegen, "init", document, project)
        assert "pip install -e" in said
        [package] = (path.name for path in (project / "src").iterdir())
        python = user.environment(tmp_path.name, project) / "python"
        readme = (project / "README.md").read_text(encoding="utf-8")
        examples = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
        assert examples
        prefix = package.upper()
        variables = {f"{prefix}_CREDENTIAL": "secret"}
        printed = []
        with ExampleServer(Exchange.load(project / "tests" / "exchanges.json")) as server:
            variables[f"{prefix}_BASE_URL"] = server.url
            for code in examples:
                # Only what the README speaks of is set.
                assert all(name in readme for name in variables)
                printed.append(user.run(python, "-c", code, **variables))
            assert len(examples) == len(server.calls)
        user.run(sdk_codegen, "check", project)
        return printed

    return answers


def test_the_examples_of_a_new_project_run(
    first_answers: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    """At once, awaited, and as a stream."""
    document = tmp_path / "shelf.yaml"
    document.write_text(SHELF, encoding="utf-8")
    at_once, awaited, streamed = first_answers(document)
    assert "Answer(text='Jane Austen')\n" == at_once == awaited
    assert streamed.startswith("Answer(text=")


@pytest.mark.shared
@pytest.mark.skipif(not MISTRAL.exists(), reason="needs ../shared/corpus")
def test_the_examples_of_mistral_run(first_answers: Callable[[Path], list[str]]) -> None:
    """The first is a chat completion, which is what that API is there for."""
    at_once, awaited, streamed = first_answers(MISTRAL)
    assert at_once.startswith("ChatCompletionResponse(")
    assert at_once == awaited
    assert "CompletionChunk(" in streamed
