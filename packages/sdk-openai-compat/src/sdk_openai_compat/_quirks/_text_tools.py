"""Tool calls that a model wrote into its text, because its server does not know its template."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from ._choices import MARKS, text_of

_tagged = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_named = re.compile(r"<function=([\w.-]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_listed = re.compile(r"(?:\[TOOL_CALLS\]|<\|python_tag\|>)(.*)", re.DOTALL)


class WrittenCall(NamedTuple):
    """A function, and its arguments as JSON text."""

    name: str
    arguments: str


def begins(text: str, *, first: bool) -> int:
    """
    Return where in *text* a tool call may begin; its length, if nowhere.

    That is a mark, what could be the beginning of one at the end, or a brace at the very beginning,
    if *text* is the *first* of its message.
    """
    if first and text.lstrip()[:1] == "{":
        return 0
    places = [at for mark in MARKS if (at := text.find(mark)) >= 0]
    longest = max(map(len, MARKS)) - 1
    for at in range(max(0, len(text) - longest), len(text)):
        if any(mark.startswith(text[at:]) for mark in MARKS):
            places.append(at)
            break
    return min(places, default=len(text))


def calls_in(text: str) -> tuple[str, list[WrittenCall]]:
    """Return *text* without the tool calls that it holds, and these; what is none stays."""
    calls: list[WrittenCall] = []

    def take(match: re.Match[str]) -> str:
        found = _read(match[match.lastindex or 0])
        calls.extend(found)
        return "" if found else match[0]

    def take_named(match: re.Match[str]) -> str:
        arguments = _json(match[2])
        if not isinstance(arguments, dict):
            return match[0]
        calls.append(WrittenCall(match[1], text_of(arguments)))
        return ""

    rest = _tagged.sub(take, text)
    rest = _named.sub(take_named, rest)
    rest = _listed.sub(take, rest)
    if not calls and (found := _read(text)):
        return "", found
    return (rest.strip() if calls else text), calls


def _read(text: str) -> list[WrittenCall]:
    """Return the calls that a JSON text is: one, a list of them, or several behind each other."""
    value = _json(text)
    if value is None:
        value = [_json(part) for part in re.split(r";\s*(?=\{)|\n(?=\{)", text.strip())]
    found = [_call(each) for each in (value if isinstance(value, list) else [value])]
    return [each for each in found if each is not None] if all(found) else []


def _call(value: Any) -> WrittenCall | None:
    if not isinstance(value, dict):
        return None
    name = value.get("name")
    arguments = value.get("arguments", value.get("parameters"))
    if not isinstance(name, str) or not name or not isinstance(arguments, dict | str):
        return None
    return WrittenCall(name, text_of(arguments))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
