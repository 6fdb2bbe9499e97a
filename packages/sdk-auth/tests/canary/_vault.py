"""Canaries: secrets that are planted, and the places that are searched for them."""

from __future__ import annotations

import io
import json
import logging
import pickle
import secrets
import traceback
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

_PART = 12
"""Characters; whoever sees so many of a secret has begun to know it."""

# What forms say that is no secret; all other members of theirs are.
_HARMLESS = frozenset(
    {
        "audience",
        "client_assertion_type",
        "client_id",
        "grant_type",
        "redirect_uri",
        "requested_token_type",
        "scope",
        "subject_token_type",
        "token_type_hint",
        "username",
    }
)


class Vault:
    """
    Secrets by name, made anew for each test so that no line of source holds one.

    Its repr tells nothing: the frames of tests are shown with the others.
    """

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def __repr__(self) -> str:
        return "<Vault>"

    def __getitem__(self, name: str) -> str:
        # Longer than what rich cuts, so that the beginning of a long text is looked at, too.
        return self._secrets.setdefault(
            name, f"{secrets.token_hex(8)}-{name.replace(' ', '-')}" + "-x" * 50
        )

    def add(self, name: str, secret: str | None) -> None:
        """Search for *secret*, too."""
        if secret:
            self._secrets[name] = secret

    def learn(self, server: Any) -> None:
        """Search for all that *server* has given out, or was shown."""
        for number, token in enumerate(server.state.tokens):
            self.add(f"access token {number}", token.access_token)
            self.add(f"refresh token {number}", token.refresh_token)
        for number, code in enumerate(server.state.codes):
            self.add(f"code {number}", code)
        for number, device in enumerate(server.state.devices):
            self.add(f"device code {number}", device.device_code)
        for number, form in enumerate(server.forms):
            for name, value in form.items():
                if name not in _HARMLESS:
                    self.add(f"{name} of form {number}", value)

    def __len__(self) -> int:
        return len(self._secrets)

    def leaks(self, text: str) -> set[str]:
        """Return the names of the secrets of which *text* holds the beginning, in any form."""
        return {
            name
            for name, secret in self._secrets.items()
            for form in _forms(secret)
            if form in text
        }


def _forms(secret: str) -> set[str]:
    lines = [line for line in secret.splitlines() if not line.startswith("-----")]
    found = set()
    for line in lines[1:2] or lines:
        for form in (line, quote(line, safe=""), quote_plus(line), json.dumps(line)[1:-1]):
            found.add(form[:_PART])
        found.add(b64encode(line[:_PART].encode()).decode().rstrip("=")[:-1])
    return found


def shown(value: Any) -> Iterator[str]:
    """Yield the forms in which a person or a log may come to see *value*."""
    yield repr(value)
    yield str(value)
    yield pretty_repr(value)
    try:
        yield pickle.dumps(value).decode("latin-1")
    except (TypeError, AttributeError, pickle.PicklingError) as exc:
        yield str(exc)  # it is refused, or cannot be
    yield repr(getattr(value, "__dict__", ""))


def said(error: BaseException) -> Iterator[str]:
    """Yield the forms in which a person or a log may come to see *error* and what led to it."""
    for each in chain(error):
        yield from shown(each)
        yield repr(each.args)
        yield "".join(getattr(each, "__notes__", ()))
        for name in ("request", "response"):
            with suppress(RuntimeError):  # httpx's errors may have none
                yield from shown(getattr(each, name, None))
    yield "".join(traceback.format_exception(error))


def rendered(error: BaseException) -> Iterator[str]:
    """Yield the variables of each frame in the traceback of *error*, as rich shows them."""
    for limits in ({}, {"locals_max_string": None, "locals_max_length": None}):
        found = Traceback.extract(
            type(error),
            error,
            error.__traceback__,
            show_locals=True,
            locals_hide_dunder=False,
            **limits,  # type: ignore[arg-type]  # as is meant
        )
        for stack in found.stacks:
            yield f"{stack.exc_type} {stack.exc_value}"
            for frame in stack.frames:
                for name, value in (frame.locals or {}).items():
                    yield f"{frame.filename}:{frame.lineno} {name} = {value.render(100_000)}"


def printed(error: BaseException) -> str:
    """Return the traceback of *error* as rich prints it."""
    screen = io.StringIO()
    console = Console(file=screen, width=2000, color_system=None)
    kind = type(error)
    console.print(Traceback.from_exception(kind, error, error.__traceback__, show_locals=True))
    return screen.getvalue()


def chain(error: BaseException) -> list[BaseException]:
    """Return *error* and all that is behind it."""
    found: list[BaseException] = []
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is not None and each not in found:
            found.append(each)
            left += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return found


class Listening(logging.Handler):
    """Takes down every record of every logger, with all that it carries."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.names: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take *record* down."""
        if record.name.partition(".")[0] in {"authlib", "flask", "werkzeug"}:
            return  # the server's, which is in the same process
        self.names.add(record.name.partition(".")[0])
        self.lines.append(f"{record.getMessage()} {record.__dict__!r}")
        if record.exc_info and record.exc_info[1] is not None:
            self.lines += [*said(record.exc_info[1]), *rendered(record.exc_info[1])]


def files(*folders: Path) -> Iterator[tuple[Path, str]]:
    """Yield what stands in all files of *folders*."""
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file():
                yield file, file.read_bytes().decode("latin-1")


def search(vault: Vault, texts: Iterable[str]) -> list[str]:
    """Return where *texts* hold which secrets: the beginning of each such text."""
    return [f"{sorted(found)} in {text[:120]}" for text in texts if (found := vault.leaks(text))]
