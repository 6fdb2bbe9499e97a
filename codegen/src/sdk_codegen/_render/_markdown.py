"""
The document's words in Markdown files of ours.

They are CommonMark already, and of any author: what would break out of its place (a heading, a
fence that is never closed, HTML, the bar of a table) is made harmless. A line that begins with a
fence is always one of ours, so that tests can tell which code they may run.
"""

from __future__ import annotations

import re

from ._docstrings import clean

__all__ = ["cell", "code", "prose"]

_FENCE = re.compile(r"\s*(?:[>*+-]\s*)*(```|~~~)")
_SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)


def prose(words: str) -> str:
    """Return *words* as paragraphs; code in fences becomes indented code."""
    lines: list[str] = []
    fenced = False
    for line in clean(words).strip().split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
            lines.append("")
        elif fenced:
            lines.append(f"    {line}")
        else:
            text = _harmless(line.rstrip())
            # Neither a heading, nor a rule that makes one of the line above.
            lines.append(re.sub(r"^(\s*)(#|=|-{3,}\s*$)", r"\1\\\2", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def cell(words: str) -> str:
    """Return *words* on one line, for a table or a list."""
    return _harmless(" ".join(clean(words).split())).replace("|", "\\|")


def code(text: str, *, table: bool = False) -> str:
    """Return *text* as code inside a line; in a table even code must not hold a bar."""
    text = " ".join(clean(text).split())
    if table:
        text = text.replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    if not longest:
        return f"`{text}`"
    ticks = "`" * (longest + 1)
    return f"{ticks} {text} {ticks}"


def _harmless(line: str) -> str:
    """Escape what would be HTML, but not in code."""
    done = []
    position = 0
    for match in _SPAN.finditer(line):
        done += [_escaped(line[position : match.start()]), match[0]]
        position = match.end()
    return "".join((*done, _escaped(line[position:])))


def _escaped(text: str) -> str:
    # Links of their own kind stay: <https://example.com>.
    return re.sub(r"<(?!https?://[^\s<>]+>)", "&lt;", text)
