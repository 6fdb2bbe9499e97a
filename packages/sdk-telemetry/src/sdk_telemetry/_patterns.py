"""
What is found in texts and taken out: the built-in patterns.

Each is a function from a text to the places where it was found, in order. All of them take time
that grows with the length of the text and with nothing else, whatever is in it: repeats are
possessive or bounded, and no character is looked at from many starts. Each begins with a search
for something rare, so a text in which nothing is found costs about a nanosecond a character.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

__all__ = ["BUILT_IN", "DEFAULT", "Finder", "Span"]

Span: TypeAlias = tuple[int, int]
Finder: TypeAlias = Callable[[str], Iterator[Span]]
"""Yields where something is, from left to right, without overlaps."""

_compiled = cache(re.compile)  # when first needed: importing this compiles nothing


_SEPARATORS = b" \xa0()./-"
_SHAPES = bytes(
    ord("1") if each in b"0123456789" else ord("a") if chr(each).isalpha() and each < 128 else 0
    for each in range(256)
)


def _has_run(text: str, length: int) -> bool:
    """Return whether so many digits stand together but for separators; a hundredth of a search."""
    shape = text.encode("latin-1", "replace").translate(_SHAPES, _SEPARATORS)
    return b"1" * length in shape


def _has_shape(text: str, shape: bytes) -> bool:
    """Return whether letters (``a``) and digits (``1``) stand so somewhere."""
    return shape in text.encode("latin-1", "replace").translate(_SHAPES)


def _private_keys(text: str) -> Iterator[Span]:
    """Yield PEM blocks (RFC 7468) of private keys; one without an end takes the rest of the text."""
    begin = text.find("-----BEGIN ")
    while begin >= 0:
        head = _compiled(r"-----BEGIN [A-Z0-9 ]{0,60}?PRIVATE KEY[A-Z ]{0,20}+-----").match(
            text, begin
        )
        if head is None:
            begin = text.find("-----BEGIN ", begin + 1)
            continue
        foot = _compiled(r"-----END [A-Z0-9 ]{0,80}-----").search(text, head.end())
        end = len(text) if foot is None else foot.end()
        yield begin, end
        begin = text.find("-----BEGIN ", end)


def _json_web_tokens(text: str) -> Iterator[Span]:
    """Yield JSON Web Tokens (RFC 7519): parts in base64url, of which the first is a JSON object."""
    if "eyJ" not in text:
        return
    parts = r"[A-Za-z0-9_-](?<![A-Za-z0-9_-]{2})[A-Za-z0-9_-]*+(?:\.[A-Za-z0-9_-]*+)++"
    for found in _compiled(parts).finditer(text):
        start = text.find("eyJ", found.start(), found.end())
        if start >= 0 and found.end() - start >= 20 and "." in text[start : found.end()]:
            yield start, found.end()


_PREFIXES = (
    *("sk-", "sk_", "rk_", "pk-", "gsk_", "xai-", "hf_", "AIza", "AKIA", "ASIA", "ghp_", "gho_"),
    *("ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "npm_", "pypi-", "xoxb-", "xoxp-", "ya29."),
)


def _api_keys(text: str) -> Iterator[Span]:
    """Yield keys that say by their beginning whose they are: OpenAI's, AWS's, GitHub's, ..."""
    words = text.encode("latin-1", "replace").translate(_WORDS)
    if b"a" * 16 not in words:  # no word is as long as a key
        return
    run = _compiled(r"[A-Za-z0-9_-]{16,}+")
    position = 0
    for start in sorted(place for prefix in _PREFIXES for place in _places(text, prefix)):
        if start < position or not _begins(text, start):
            continue
        found = run.match(text, start)
        if found is not None:
            position = found.end()
            if _random(found[0][3:]):
                yield start, position


_WORDS = bytes(
    ord("a") if each < 128 and (chr(each).isalnum() or each in b"_-") else 0 for each in range(256)
)


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _begins(text: str, start: int) -> bool:
    """Return whether no word goes on at *start*; a line break may be written as two characters."""
    before = text[max(start - 2, 0) : start]
    return not before[-1:].isalnum() or before in {"\\n", "\\r", "\\t"}


def _random(rest: str) -> bool:
    """Return whether *rest* is no chain of words, as in ``sk-learn-user-guide``."""
    return not rest.islower() or any(map(str.isdigit, rest)) or max(map(len, rest.split("-"))) > 15


def _emails(text: str) -> Iterator[Span]:
    """Yield addresses (RFC 5321, without quoted local parts)."""
    if "@" not in text:
        return
    local = r"\w.!#$%'*+~-"
    address = rf"[{local}](?<![{local}]{{2}})[{local}]*+@[\w-]++(?:\.[\w-]++)++"
    for found in _compiled(address).finditer(text):
        yield found.span()


# Characters of an IBAN by its country (ISO 13616 registry).
_COUNTRIES = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
    "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 "
    "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
    "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 "
    "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)


@cache
def _lengths() -> dict[str, int]:
    return {each[:2]: int(each[2:]) for each in _COUNTRIES.split()}


def _ibans(text: str) -> Iterator[Span]:
    """Yield account numbers whose length is their country's and whose checksum is right (ISO 7064)."""
    if not _has_shape(text, b"aa11"):
        return
    # It is looked for at the check digits, which are rarer than letters.
    check = _compiled(r"[0-9]{2}(?<=[A-Za-z]{2}[0-9]{2})")
    rest = _compiled(r"[A-Za-z]{2}[0-9]{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,29}+")
    position = 0
    while (found := check.search(text, position)) is not None:
        position = found.end()
        start = found.start() - 2
        number = rest.match(text, start)
        end = None if number is None else _account(number[0])
        if end is not None:
            yield start, start + end
            position = start + end


def _account(said: str) -> int | None:
    """Return where the account number that *said* begins with ends; None: it is none."""
    length = _lengths().get(said[:2].upper(), 99)
    number = said.translate(_GAPS)[:length]
    if len(number) < length or int((number[4:] + number[:4]).translate(_VALUES)) % 97 != 1:
        return None
    places = [index for index, each in enumerate(said) if each.isalnum()]
    return places[length - 1] + 1


_GAPS = dict.fromkeys(map(ord, " \u00a0-"))
# A to Z count 10 to 35.
_VALUES = {ord(each): str(int(each, 36)) for each in string.ascii_letters}


def _cards(text: str) -> Iterator[Span]:
    """Yield payment card numbers (ISO/IEC 7812): 13 to 19 digits whose last one is right."""
    if not _has_run(text, 13):
        return
    run = _compiled(r"[0-9](?:[ \u00a0-]?[0-9]){12,}+")
    groups = _compiled(r"[0-9]++")
    for found in run.finditer(text):
        parts = [each.span() for each in groups.finditer(text, *found.span())]
        first = 0
        while first < len(parts):
            last = _card(text, parts, first)
            if last is None:
                first += 1
            else:
                yield parts[first][0], parts[last][1]
                first = last + 1


def _card(text: str, parts: list[Span], first: int) -> int | None:
    """Return which group of digits ends the card number that begins with the *first* one."""
    brand = text[parts[first][0]]
    digits = ""
    for index in range(first, len(parts)):
        start, end = parts[index]
        digits += text[start:end]
        if brand in _BRANDS.get(len(digits), "") and _luhn(digits.encode()):
            return index
        # Nobody writes single digits; whoever lists some has no card.
        if len(digits) >= 19 or end - start < 2:
            break
    return None


# What card numbers of a length begin with.
_BRANDS = {13: "4", 14: "3", 15: "3", 16: "23456", 17: "6", 18: "6", 19: "46"}


def _luhn(digits: bytes) -> bool:
    """Return whether the last digit is the one that the others ask for (ISO/IEC 7812-1, annex B)."""
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED))
    return (total - len(digits) * ord("0")) % 10 == 0


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def _phones(text: str) -> Iterator[Span]:
    """Yield numbers with a country's code, with a leading zero, and those of North America."""
    if not _has_run(text, 8):
        return
    for found in _compiled("|".join(_PHONES)).finditer(text):
        yield found.span()


_INTERNATIONAL = r"(?:\+|(?<![0-9.])00)[1-9](?:[ \u00a0()./-]{0,3}+[0-9]){7,14}+(?![0-9])"
# No date, and no fraction.
_NATIONAL = (
    r"(?<![0-9.,-])(?![0-9]{2}[./-][0-9]{2}[./-][0-9]{4}(?![0-9]))"
    r"\(?0[1-9][0-9]{0,4}\)?[ \u00a0./-]{1,3}[0-9](?:[ \u00a0./-]?[0-9]){5,8}+(?![0-9])"
)
_AMERICAN = (
    r"(?<![0-9.,-])(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])"
    r"[2-9][0-9]{2}[ .-][0-9]{4}(?![0-9])"
)
_PHONES = (_INTERNATIONAL, _NATIONAL, _AMERICAN)


def _ipv4(text: str) -> Iterator[Span]:
    """Yield addresses of the Internet Protocol, version 4, in decimals (RFC 791)."""
    if text.count(".") < 3:
        return
    for found in _compiled(r"[0-9](?<![0-9]{2})[0-9]*+(?:\.[0-9]++)++").finditer(text):
        parts = found[0].split(".")
        if len(parts) == 4 and all(len(each) <= 3 and int(each) <= 255 for each in parts):
            yield found.span()


BUILT_IN: Mapping[str, Finder] = MappingProxyType(
    {
        "private_key": _private_keys,
        "jwt": _json_web_tokens,
        "api_key": _api_keys,
        "email": _emails,
        "iban": _ibans,
        "card": _cards,
        "phone": _phones,
        "ipv4": _ipv4,
    }
)
"""By their names, in the order in which they are applied."""

DEFAULT = tuple(name for name in BUILT_IN if name != "ipv4")
"""Those that are on when nothing is said: all but addresses of machines."""
