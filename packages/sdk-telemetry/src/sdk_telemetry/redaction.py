"""
What of an event may leave the process: content capture and redaction.

Texts of prompts and answers do not, unless somebody says so: ``Content("none")`` is the default.
What is kept goes through patterns first (e-mail addresses, card numbers, keys ...), and so do
errors and metadata. All of this happens once an event, before any sink and before the outbox::

    Redaction()                                     # lengths and tokens, no text
    Redaction("hash", prompt=Content("hash", key=secret))
    Redaction("truncate:200", patterns=[*DEFAULT_PATTERNS, re.compile("ACME-[0-9]+")])
    Redaction("full", metadata_keys={"user", "route"})

``SDK_TELEMETRY_CAPTURE_CONTENT`` says what is kept where code does not (``none``, ``hash``,
``truncate``, ``truncate:200``, ``full``); ``SDK_TELEMETRY_DISABLE_CONTENT=1`` switches texts and
embeddings off, whatever code says. A redactor that fails takes the text with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from sdk_core.errors import ConfigurationError

from ._patterns import BUILT_IN, DEFAULT, Finder

if TYPE_CHECKING:
    from ._fields import Fields

__all__ = [
    "DEFAULT_PATTERNS",
    "PATTERNS",
    "Capture",
    "Content",
    "Redaction",
    "Redactor",
]

Capture: TypeAlias = Literal["none", "hash", "truncate", "full"]
"""How much of a text is kept; see `Content`."""

PATTERNS = tuple(BUILT_IN)
"""The names of the built-in patterns, in the order in which they are applied."""

DEFAULT_PATTERNS = DEFAULT
"""Those that are on when nothing is said: all but ``ipv4``."""

_MODES = ("none", "hash", "truncate", "full")
_CAPTURE = "SDK_TELEMETRY_CAPTURE_CONTENT"
_DISABLE = "SDK_TELEMETRY_DISABLE_CONTENT"


class Content:
    """
    How much of a text is kept. Immutable.

    ============ ==============================================================================
    ``none``     nothing
    ``hash``     ``sha256:`` and 64 digits, by which equal texts are recognised. Who can guess a
                 text can check the guess; with *key* it is ``hmac-sha256:``, and only who has
                 the key can
    ``truncate`` the first *limit* characters
    ``full``     all of it
    ============ ==============================================================================

    Args:
        mode: One of these.
        limit: Characters that ``truncate`` keeps.
        key: The secret of ``hash`` (HMAC, RFC 2104). It is in no text and no repr.

    Raises:
        ConfigurationError: There is no such mode, or the limit is no number of characters.
    """

    __slots__ = ("_key", "limit", "mode")

    def __init__(
        self, mode: Capture = "none", *, limit: int = 256, key: str | bytes | None = None
    ) -> None:
        if mode not in _MODES:
            msg = f"`capture_content` must be one of {', '.join(_MODES)}, not {mode!r}"
            raise ConfigurationError(msg)
        if not _counts(limit):
            msg = f"`limit` must be a number of characters from 1, not {limit!r}"
            raise ConfigurationError(msg)
        if key is not None and (mode != "hash" or not key):
            msg = "`key` is the secret of the mode `hash`: text or bytes, not empty"
            raise ConfigurationError(msg)
        self.mode: Capture = mode
        self.limit = limit
        self._key = key.encode() if isinstance(key, str) else key

    @classmethod
    def of(cls, given: Content | str | None) -> Content:
        """
        Return what an option says: ``truncate:200`` is the mode with its limit, None the environment.

        Raises:
            ConfigurationError: It says nothing that exists; the option or the variable is named.
        """
        if isinstance(given, Content):
            return given
        name = "capture_content" if given is not None else _CAPTURE
        said: Any = (os.environ.get(_CAPTURE, "") or "none") if given is None else given
        mode, colon, limit = said.partition(":") if isinstance(said, str) else ("", "", "")
        mode = mode.strip().lower()
        if mode in _MODES and not colon:
            return cls(cast("Capture", mode))
        if mode == "truncate" and limit.isdecimal() and int(limit) > 0:
            return cls("truncate", limit=int(limit))
        msg = f"`{name}` must be none, hash, truncate, truncate:<characters> or full, not {said!r}"
        raise ConfigurationError(msg)

    def __repr__(self) -> str:
        limit = f", limit={self.limit}" if self.mode == "truncate" else ""
        return f"Content({self.mode!r}{limit}{', keyed' if self._key else ''})"

    def apply(self, text: str) -> str:
        """Return what is kept of *text*; nothing of an empty one."""
        if self.mode == "full" or not text:
            return text
        if self.mode == "none":
            return ""
        if self.mode == "truncate":
            return text[: self.limit]
        data = text.encode("utf-8", "surrogatepass")
        if self._key is None:
            return f"sha256:{sha256(data).hexdigest()}"
        from hmac import digest  # noqa: PLC0415  # loads OpenSSL, which few need

        return f"hmac-sha256:{digest(self._key, data, 'sha256').hex()}"


class Redactor:
    """
    Takes out of texts what should not be in them.

    Args:
        patterns: Names of built-in ones (`PATTERNS`), compiled regular expressions, and functions
            from a text to a text, applied in this order. What a pattern finds becomes its name in
            brackets, as in ``[email]``; ``[redacted]`` where it has none. A regular expression of
            yours should take linear time, and a function should need nothing but its text.

    Raises:
        ConfigurationError: There is no such pattern.
    """

    __slots__ = ("_steps",)

    def __init__(
        self, patterns: Sequence[str | re.Pattern[str] | Callable[[str], str]] = DEFAULT_PATTERNS
    ) -> None:
        if isinstance(patterns, str) or not isinstance(patterns, Sequence):
            msg = "`patterns` must be a list of names, regular expressions and functions"
            raise ConfigurationError(msg)
        self._steps = tuple(map(_step, patterns))

    def __call__(self, text: str) -> str:
        """Return *text* without what the patterns find."""
        for step in self._steps:
            text = step(text)
        return text

    def __bool__(self) -> bool:
        return bool(self._steps)


class Redaction:
    """
    What a client does to each event before anything else sees it.

    Args:
        capture: How much of prompts and answers is kept: a `Content`, or what it is called.
            Default: the environment's, else nothing.
        prompt: The same for prompts only.
        response: The same for answers only.
        patterns: What `Redactor` takes; goes over kept texts, errors and metadata.
        metadata_keys: The only keys of metadata that are kept, also of those that enrichment and
            instrumentation add. Default: all but those that name a secret (``api_key``,
            ``password``, ``authorization``, ``access_token`` ...), which are never kept.
        embeddings: Keep the embeddings that were given. Texts can be guessed from them.

    Attributes:
        failures: Texts that were dropped because a redactor failed, counted.

    Raises:
        ConfigurationError: An option cannot work.
    """

    __slots__ = (
        "_keeps_texts",
        "_keys",
        "_prompt",
        "_redactor",
        "_response",
        "_short",
        "_verdicts",
        "embeddings",
        "failures",
    )

    def __init__(
        self,
        capture: Content | str | None = None,
        *,
        prompt: Content | str | None = None,
        response: Content | str | None = None,
        patterns: Sequence[str | re.Pattern[str] | Callable[[str], str]] = DEFAULT_PATTERNS,
        metadata_keys: Collection[str] | None = None,
        embeddings: bool = True,
    ) -> None:
        if isinstance(metadata_keys, str):
            msg = f"`metadata_keys` must be a list of keys, not the text {metadata_keys!r}"
            raise ConfigurationError(msg)
        every = Content.of(capture)
        self._prompt = every if prompt is None else Content.of(prompt)
        self._response = every if response is None else Content.of(response)
        self._redactor = Redactor(patterns)
        self._keys = None if metadata_keys is None else frozenset(metadata_keys)
        # Values repeat (a provider, a host, a route), and looking is dearer than remembering.
        pure = all(isinstance(each, str) for each in patterns)
        self._short = lru_cache(2048)(self._redactor) if pure else self._redactor
        self._verdicts: dict[str, bool] = {}
        self.embeddings = embeddings
        self.failures = 0
        if content_disabled():
            self._prompt = self._response = Content()
            self.embeddings = False
        modes = {self._prompt.mode, self._response.mode}
        self._keeps_texts = modes == {"full"} and not self._redactor

    @classmethod
    def of(cls, given: Redaction | Content | str | None) -> Redaction:
        """
        Return what the option ``redaction`` says: a redaction, or only how much is kept.

        Raises:
            ConfigurationError: It says nothing that exists.
        """
        return given if isinstance(given, Redaction) else cls(given)

    def __repr__(self) -> str:
        return f"Redaction(prompt={self._prompt!r}, response={self._response!r})"

    @property
    def keeps_content(self) -> bool:
        """Whether anything is kept of any text."""
        return self._prompt.mode != "none" or self._response.mode != "none"

    def apply(self, fields: Fields) -> Fields:
        """
        Change *fields* into what may leave the process, and return them; never raises.

        Lengths of texts that are not kept as they are go into the metadata, as ``prompt_chars``
        and ``response_chars``. The metadata that were handed in are not touched.
        """
        if self._keeps_texts and self.embeddings and not (fields.metadata or fields.errors):
            return fields
        prompt, response = fields.prompt_text, fields.response_text
        lengths: dict[str, str] | None = None
        if prompt:
            fields.prompt_text = text = self._text(prompt, self._prompt)
            if text is not prompt:
                lengths = {"prompt_chars": str(len(prompt))}
        if response:
            fields.response_text = text = self._text(response, self._response)
            if text is not response:
                lengths = {**(lengths or {}), "response_chars": str(len(response))}
        if not self.embeddings:
            fields.prompt_embedding = fields.response_embedding = None
        if fields.errors:
            fields.errors = [self._line(each) for each in fields.errors]
        if fields.metadata:
            fields.metadata = self._named(fields.metadata)
        if lengths is not None:
            fields.metadata = {**(fields.metadata or {}), **lengths}
        return fields

    def text(self, text: str, *, response: bool = False) -> str:
        """Return what is kept of one text, for what shows it elsewhere; never raises."""
        return self._text(text, self._response if response else self._prompt)

    def _text(self, text: str, content: Content) -> str:
        if content.mode == "none" or not text:
            return ""
        try:
            if content.mode == "full" and not self._redactor:
                return text
            if content.mode == "truncate":
                # Cut before as well: nobody should wait for what is thrown away. What the cut
                # tears apart is far behind what is kept.
                text = text[: content.limit + _MARGIN]
            # No longer than it was: an event must not break a limit because of this.
            return content.apply(self._redactor(text)[: len(text)])
        except Exception:
            self.failures += 1
            return ""

    def _named(self, metadata: dict[str, str]) -> dict[str, str]:
        verdicts = self._verdicts
        try:
            if not self._redactor and all(map(verdicts.get, metadata)):
                return metadata  # all of its keys are known and kept
            kept = {}
            for key, value in metadata.items():
                verdict = verdicts.get(key)
                if self._keeps(key) if verdict is None else verdict:
                    kept[key] = self._value(value)
        except Exception:
            self.failures += 1
            return {}
        return kept

    def _line(self, line: str) -> str:
        """Return one error; that there was one stays, whatever happens."""
        try:
            return self._redactor(line)
        except Exception:
            self.failures += 1
            return "[redacted]"

    def _value(self, value: Any) -> Any:
        try:
            # What is no text is refused with its name, by who checks the event.
            if not isinstance(value, str):
                return value
            return (self._short if len(value) <= 128 else self._redactor)(value)
        except Exception:
            self.failures += 1
            return "[redacted]"

    def _keeps(self, key: str) -> bool:
        """Judge a key that was not seen before."""
        kept = self._keys is None or key in self._keys or key in _LENGTHS
        verdict = kept and not _is_secret(key)
        if len(self._verdicts) < 4096:  # keys may come from users
            self._verdicts[key] = verdict
        return verdict


_LENGTHS = frozenset({"prompt_chars", "response_chars"})

_MARGIN = 10_000
"""Characters behind the limit that are looked at: more than what patterns find is long."""


def content_disabled() -> bool:
    """Return whether the environment switches content off; what it says unclearly means yes."""
    said = os.environ.get(_DISABLE, "").strip().lower()
    return said not in {"", "0", "false", "no", "off"}


def _step(given: Any) -> Callable[[str], str]:
    if isinstance(given, str):
        if given not in BUILT_IN:
            msg = f"`patterns` has no {given!r}; there are {', '.join(PATTERNS)}"
            raise ConfigurationError(msg)
        return _replacing(BUILT_IN[given], f"[{given}]")
    if isinstance(given, re.Pattern) and isinstance(given.pattern, str):
        return partial(given.sub, "[redacted]")
    if callable(given):
        return _checked(given)
    msg = f"`patterns` takes names, regular expressions of text and functions, not {type(given).__name__}"
    raise ConfigurationError(msg)


def _replacing(find: Finder, label: str) -> Callable[[str], str]:
    def replace(text: str) -> str:
        kept: list[str] = []
        position = 0
        for start, end in find(text):
            kept += (text[position:start], label)
            position = end
        return text if not position else "".join((*kept, text[position:]))

    return replace


def _checked(function: Callable[[str], Any]) -> Callable[[str], str]:
    def call(text: str) -> str:
        changed = function(text)
        if not isinstance(changed, str):
            msg = f"a function of `patterns` returned {type(changed).__name__}, no text"
            raise TypeError(msg)
        return changed

    return call


def _is_secret(key: str) -> bool:
    """Return whether a key of metadata names a secret: ``apiKey``, ``DB_PASSWORD``, ``auth.token``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
    return re.search(_SECRETS, re.sub(r"[^a-z0-9]+", "_", words)) is not None


_SECRETS = (
    r"(?:^|_)(?:password|passwd|passphrase|pwd|secrets?|api_?keys?|authorization|cookies?|credentials?"
    r"|private_?key|(?:access|auth|bearer|id|refresh|session)_?token)(?:_|$)|^token$"
)


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
