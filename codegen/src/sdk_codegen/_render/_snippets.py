"""Snippets: code that calls an operation, for users to paste and for tests to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._annotations import literal
from .._ir import API, Operation, SecurityScheme
from .._names import constant_name
from .._wire import from_mark
from ._context import Context
from ._exchanges import Described, Exchange

__all__ = ["client_arguments", "snippet", "source"]

WIDTH = 88
"""Columns: documentation is read in narrower windows than code."""


def snippet(
    described: Described,
    context: Context,
    exchange: Exchange | None = None,
    *,
    asynchronous: bool = False,
) -> str:
    """
    Return a program that makes the call of *exchange*, by default the shortest, and shows the result.

    The credential and, where the document names no server, the address are in the environment.
    """
    depth = 2 if asynchronous else 1
    exchange = exchange or described.exchanges[0]
    lines = _use(described, exchange, asynchronous=asynchronous, indent=4 * depth)
    given = client_arguments(described.operation, context.api, context.package)
    kind = "AsyncClient" if asynchronous else "Client"
    imports = ["import asyncio"] if asynchronous else []
    imports += ["import os"] if "os.environ" in given else []
    head = [*imports, *([""] if imports else []), f"from {context.package} import {kind}", ""]
    opened = _call(kind, given, 4 * (depth - 1), "with ", " as client:")
    if not asynchronous:
        return "\n".join([*head, opened, *lines])
    body = ["", "async def main() -> None:", f"    async {opened.lstrip()}", *lines, "", ""]
    return "\n".join([*head, *body, "asyncio.run(main())"])


def client_arguments(operation: Operation, api: API, package: str) -> str:
    """Return the arguments of the client that an operation needs."""
    prefix = constant_name(package)
    given = []
    if not api.servers and not operation.servers:
        given.append(f'base_url=os.environ["{prefix}_BASE_URL"]')
    schemes = _schemes(operation, api)
    if len(api.security_schemes) == 1 and schemes:
        given.append(f'credential=os.environ["{prefix}_CREDENTIAL"]')
    elif schemes:
        inner = ", ".join(
            f'{literal(name)}: os.environ["{prefix}_{constant_name(name)}"]' for name in schemes
        )
        given.append(f"credentials={{{inner}}}")
    return ", ".join(given)


def _schemes(operation: Operation, api: API) -> list[str]:
    """Return the schemes whose credentials an operation needs."""
    known = {scheme.id: scheme for scheme in api.security_schemes}
    if operation.security is None:
        return [name for name, scheme in known.items() if _takes_secret(scheme)][:1]
    for alternative in operation.security:
        wanted = [name for name in alternative if name in known]
        if all(_takes_secret(known[name]) for name in wanted):
            return wanted
    return []


def _takes_secret(scheme: SecurityScheme) -> bool:
    kind = (scheme.scheme or "").lower() if scheme.kind == "http" else scheme.kind
    return kind in ("basic", "bearer", "oauth2", "openIdConnect") or (
        kind == "apiKey" and bool(scheme.name)
    )


def _use(described: Described, exchange: Exchange, *, asynchronous: bool, indent: int) -> list[str]:
    """Return the call, and what is done with its result."""
    margin = " " * indent
    given: Mapping[str, Any] = exchange["arguments"]
    named = [item for item in described.arguments if item.name in given]
    texts = [
        (item.name if not item.positional else "", from_mark(given[item.name])) for item in named
    ]
    call = f"client.{described.place}"
    await_ = "await " if asynchronous else ""
    answered = exchange["answer"]
    if "events" in answered or "lines" in answered:
        opened = _written(call, texts, indent, f"stream = {await_}")
        for_ = "async for" if asynchronous else "for"
        return [opened, f"{margin}{for_} item in stream:", f"{margin}    print(item)"]
    if "base64" in answered:
        opened = _written(call, texts, indent, f"content = {await_}")
        return [opened, f'{margin}print(len(content), "bytes")']
    if "json" not in answered and "text" not in answered:
        return [_written(call, texts, indent, await_)]
    return [_written(call, texts, indent, f"result = {await_}"), f"{margin}print(result)"]


def _written(call: str, texts: list[tuple[str, Any]], indent: int, before: str) -> str:
    """Return a call on one line, or with each argument on a line of its own."""
    margin = " " * indent
    short = ", ".join(f"{name}={source(v, 0)}" if name else source(v, 0) for name, v in texts)
    line = f"{margin}{before}{call}({short})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    lines = [f"{margin}{before}{call}("]
    for name, value in texts:
        start = f"{name}=" if name else ""
        lines.append(f"{margin}    {start}{source(value, indent + 4, len(start) + 1)},")
    return "\n".join([*lines, f"{margin})"])


def _call(call: str, given: str, indent: int, before: str, behind: str) -> str:
    margin = " " * indent
    line = f"{margin}{before}{call}({given}){behind}"
    if len(line) <= WIDTH:
        return line
    return f"{margin}{before}{call}(\n{margin}    {given},\n{margin}){behind}"


def source(value: Any, indent: int, used: int = 0) -> str:
    """
    Return a value as an expression, on one line where it fits.

    Args:
        value: Made of dictionaries, lists and plain values.
        indent: Spaces before the line that it begins on.
        used: Characters that stand beside it on that line.
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(repr_of, value))})"
    if not isinstance(value, dict | list) or not value:
        return repr_of(value)
    short = repr_of(value)
    if indent + used + len(short) <= WIDTH:
        return short
    margin = " " * indent
    if isinstance(value, list):
        entries = [source(item, indent + 4, 1) for item in value]
        opened, closed = "[", "]"
    else:
        entries = [
            f"{literal(key)}: {source(item, indent + 4, len(literal(key)) + 3)}"
            for key, item in value.items()
        ]
        opened, closed = "{", "}"
    inner = "".join(f"{margin}    {entry},\n" for entry in entries)
    return f"{opened}\n{inner}{margin}{closed}"


def repr_of(value: Any) -> str:
    """Return a value as an expression on one line, with texts in double quotes."""
    if isinstance(value, dict):
        inner = ", ".join(f"{literal(key)}: {repr_of(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(repr_of, value))}]"
    return literal(value)
