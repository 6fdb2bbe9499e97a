"""How much a package takes on disk with all that it needs, as `pip install` leaves it."""

from __future__ import annotations

import json
import marshal
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 4096  # bytes; a file takes whole ones
_PYC_HEAD = 16  # bytes before the code

_name = re.compile(r"[\w.-]+").match


def sizes(name: str) -> dict[str, int]:
    """Return the bytes on disk of a distribution and of each one that it requires."""
    found: dict[str, int] = {}
    pending = [name]
    while pending:
        each = pending.pop().lower().replace("_", "-")
        if each in found:
            continue
        try:
            one = distribution(each)
        except PackageNotFoundError:  # for other systems, or other versions of Python
            continue
        found[each] = sum(map(_weight, _files(one)))
        required = [each for each in one.requires or () if "extra ==" not in each]
        pending += [named[0] for each in required if (named := _name(each))]
    return found


def _files(one: Distribution) -> Iterator[Path]:
    """Give the files of a distribution; those of one that is installed from a folder are there."""
    url = json.loads(one.read_text("direct_url.json") or "{}")
    if url.get("dir_info", {}).get("editable"):
        source = Path(unquote(urlsplit(url["url"]).path), "src")
        yield from (each for each in source.rglob("*") if each.is_file() and each.suffix != ".pyc")
    for file in one.files or ():
        path = Path(str(one.locate_file(file)))
        if path.suffix != ".pyc" and path.is_file():
            yield path


def _weight(path: Path) -> int:
    size = _blocks(path.stat().st_size)
    if path.suffix == ".py":
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        size += _blocks(_PYC_HEAD + len(marshal.dumps(code)))
    return size


def _blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
