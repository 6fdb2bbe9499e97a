"""Reasoning between tags, told apart from the text while both come in pieces."""

from __future__ import annotations


class TagSplitter:
    """
    Splits a text that comes in pieces into what stands between two tags, and the rest.

    What could be the beginning of a tag is kept back until it is known. Line ends right behind a
    tag belong to it.

    Args:
        start: The tag before the inner text.
        end: The tag behind it.
    """

    def __init__(self, start: str, end: str) -> None:
        self._tags = (start, end)
        self._inside = False
        self._kept = ""
        self._after_tag = False

    def feed(self, piece: str) -> tuple[str, str]:
        """Return what *piece* adds to the inner text, and what it adds to the rest."""
        found = ["", ""]
        text = self._kept + piece
        self._kept = ""
        while text:
            if self._after_tag:
                text = text.lstrip("\r\n")
                self._after_tag = not text
            tag = self._tags[self._inside]
            before, met, behind = text.partition(tag)
            if not met:
                size = _beginning(text, tag)
                self._kept = text[len(text) - size :]
                before = text[: len(text) - size]
            found[not self._inside] += before
            if not met:
                break
            self._inside = not self._inside
            self._after_tag = True
            text = behind
        return found[0], found[1]

    def end(self) -> tuple[str, str]:
        """Return what was kept back, as `feed` does: the text is over."""
        kept, self._kept = self._kept, ""
        return (kept, "") if self._inside else ("", kept)


def _beginning(text: str, tag: str) -> int:
    """Return how many of the last characters of *text* could begin *tag*."""
    for size in range(min(len(text), len(tag) - 1), 0, -1):
        if tag.startswith(text[-size:]):
            return size
    return 0
