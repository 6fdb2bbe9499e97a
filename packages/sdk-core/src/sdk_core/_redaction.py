"""
What engines log, without secrets.

httpx and httpx2 log every URL at INFO, httpcore and hpack headers at DEBUG. A filter on exactly
their loggers rewrites such a record before any handler sees it; nothing else of the configuration
of `logging` is touched, and records of other loggers pass as they are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from ._addresses import is_secret, names_of_keys
from ._messages import is_credential

# Compiled when something is logged: `re` keeps what it has compiled.
_USER = r"(?<=://)[^/?#@\s'\"]*@"
_MEMBER = r"(?<=[?&;])([^=&;?\s'\"<>]{1,200})=([^&;\s'\"<>)\]]*)"
_HEADER = (
    r"(?P<head>\(b?(?P<quote>['\"])(?P<name>[!-~]{1,100}?)(?P=quote), b?)"
    r"(?P<q>['\"])(?:(?!(?P=q))[^\\]|\\.)*(?P=q)"
)


_NO_HTTP = r"(?s)(illegal (?:status|header|request) line).*"


class SecretFilter(logging.Filter):
    """Takes the secrets out of the records of one logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite *record*; always let it pass, but for tables of headers in short form."""
        if record.name.startswith("hpack") and record.levelno < logging.WARNING:
            return False  # header by header, name and value apart
        text = record.getMessage()
        clean = re.sub(_NO_HTTP, r"\1", scrub(text))
        if clean != text:
            record.msg, record.args = clean, ()
        return True


_filter = SecretFilter()
_names: set[str] = set()


def learn(url: str) -> None:
    """Remember which members of queries are credentials in *url*, whatever they are called."""
    _names.update(names_of_keys(url))


def scrub(text: str) -> str:
    """Return *text* without user info, secrets in queries, and headers that are credentials."""
    text = re.sub(_USER, "", text)
    text = re.sub(
        _MEMBER,
        lambda m: f"{m[1]}=[secret]" if is_secret(m[1], _names) else m[0],
        text,
    )
    return re.sub(
        _HEADER,
        lambda m: f"{m['head']}'[secret]'" if is_credential(m["name"].lower()) else m[0],
        text,
    )


def guard(names: Iterable[str]) -> None:
    """Put the filter on the loggers of these *names*; once, however often it is asked for."""
    for name in names:
        logging.getLogger(name).addFilter(_filter)  # which does not add what is there already
