"""Docstrings from the document's words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

__all__ = ["docstring", "sentence"]

WIDTH = 98
_FENCE = re.compile(r"^\s*(```|~~~)")
_LIST = re.compile(r"^\s*([-*+]|\d+[.)])\s")
_KEEP = re.compile(r"^\s*(\||#|>|\s{4})")


def docstring(words: str, indent: int, sections: Iterable[str] = ()) -> str:
    """
    Return a docstring with its quotes, indented by *indent* spaces from its second line on.

    Args:
        words: Text in CommonMark, as documents have it.
        indent: Spaces, 4 or 8.
        sections: Finished blocks, such as ``Args``, relative to the indentation.
    """
    lines = wrap(words, WIDTH - indent)
    for section in sections:
        lines += ["", *section.splitlines()] if lines else section.splitlines()
    lines = [escape(line.rstrip()) for line in lines]
    if not lines:
        return ""
    margin = " " * indent
    if len(lines) == 1 and len(lines[0]) + indent + 6 <= WIDTH + 2:
        # A quotation mark at the end would run into the closing ones.
        return f'"""{lines[0]}"""' if not lines[0].endswith('"') else f'"""{lines[0][:-1]}\\""""'
    body = "\n".join(f"{margin}{line}" if line else "" for line in lines)
    return f'"""\n{body}\n{margin}"""'


def wrap(words: str, width: int) -> list[str]:
    """Return *words* in lines; code blocks, tables and the starts of list items stay as they are."""
    lines: list[str] = []
    paragraph: list[str] = []
    fenced = False

    def flush() -> None:
        if paragraph:
            hanging = " " * (len(m[0]) if (m := _LIST.match(paragraph[0])) else 0)
            text = " ".join(line.strip() for line in paragraph)
            lines.extend(
                textwrap.wrap(
                    text,
                    width,
                    subsequent_indent=hanging,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
            paragraph.clear()

    for line in clean(words).splitlines():
        if _FENCE.match(line):
            flush()
            fenced = not fenced
            lines.append(line)
        elif fenced or _KEEP.match(line):
            flush()
            lines.append(line)
        elif not line.strip():
            flush()
            if lines and lines[-1]:
                lines.append("")
        else:
            if _LIST.match(line):
                flush()
            paragraph.append(line)
    flush()
    while lines and not lines[-1]:
        lines.pop()
    return lines


def entry(name: str, words: str, indent: int) -> str:
    """Return ``name: words`` as an entry of a section, with a hanging indent."""
    lines = wrap(f"{name}: {words}" if words else f"{name}:", WIDTH - indent - 8)
    return "\n".join(
        f"    {line}" if index == 0 else (f"        {line}" if line else "")
        for index, line in enumerate(lines)
    )


def clean(words: str) -> str:
    """Drop what has no place in source: control characters and odd line ends."""
    text = words.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    text = re.sub(r"[\u2028\u2029\x85\x0b\x0c]", "\n", text)
    if text.replace("\n", "").isprintable():  # nearly always, and looking at each takes long
        return text
    return "".join(c if c == "\n" or c.isprintable() else " " if c.isspace() else "" for c in text)


def escape(line: str) -> str:
    """Make a line safe inside triple quotes."""
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def sentence(words: str) -> str:
    """Return *words* ending like a sentence."""
    words = words.strip()
    return words if not words or words[-1] in ".!?:`" else f"{words}."
