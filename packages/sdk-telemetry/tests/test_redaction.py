"""What of an event may leave the process."""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.errors import ConfigurationError
from sdk_telemetry._fields import Fields
from sdk_telemetry._patterns import BUILT_IN
from sdk_telemetry.redaction import DEFAULT_PATTERNS, PATTERNS, Content, Redaction, Redactor

EVERY = Redactor(PATTERNS)


def fields(prompt: str = "ask", response: str = "answer", **more: Any) -> Fields:
    """Return an event on its way."""
    return Fields(1, "shop", "m", prompt_text=prompt, response_text=response, **more)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail bob.o'neil+x@mail.example.com.", "mail [email]."),
        ("?email=bob@example.org&x=1", "?email=[email]&x=1"),
        ("jos\u00e9@ex\u00e4mple.de", "[email]"),
        ("order 1 4111 1111 1111 1111 x", "order 1 [card] x"),
        ("4111-1111-1111-1111, 378282246310005", "[card], [card]"),
        ("id 1732243545123 5555555555554444", "id 1732243545123 [card]"),
        ("DE89 3704 0044 0532 0130 00 AND MORE", "[iban] AND MORE"),
        ("gb82WEST12345698765432", "[iban]"),
        (
            "XX12 3704 9944 9532 9130 99 GB82-WEST-1234-5698-7654-32",
            "XX12 3704 9944 9532 9130 99 [iban]",
        ),
        ("+49 (0)171 123-4567, (555) 234-5678", "[phone], [phone]"),
        ("0171 1234567 or 01 23 45 67 89 or 0044 20 7946 0958", "[phone] or [phone] or [phone]"),
        (r'"\neyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-"', r'"\n[jwt]"'),
        ("v1.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "v1.[jwt]"),
        ("key=sk-proj-abcDEF1234567890, AKIAIOSFODNN7EXAMPLE", "key=[api_key], [api_key]"),
        (r'"\nsk-abcdefghijklmnopqrstuvwx"', r'"\n[api_key]"'),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[private_key]\nb",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\ncut off",
            "-----BEGIN CERTIFICATE-----\n[private_key]",
        ),
        ("from 10.0.0.1 to 255.255.255.255", "from [ipv4] to [ipv4]"),
    ],
)
def test_what_is_taken_out(text: str, clean: str) -> None:
    """Everything that says by its form what it is, wherever it stands."""
    assert clean == EVERY(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 02:45 and 01.02.2026 10:30, 3.14159265 and 0.123456789, 1,234,567.89",
        "sk-learn-user-guide-page, risk-adjusted-return-of-capital1, ask-sk-x",
        "4111 1111 1111 1112, 1111111111111111111111111, 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "DE88 3704 9944 9532 9130 99, DE89 3704, ZZ99ABCDEFGHIJKLMNOP",
        "a@b, @, a@.com, eyJ and eyJabc.d, 1.2.3.4.5, 999.1.1.1",
        "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    """What only looks like it."""
    assert text == EVERY(text)


UNITS = (
    *(
        "a",
        "@",
        "a@",
        "a.",
        "a@b.",
        "eyJ",
        "eyJ.",
        "eyJa ",
        "sk-",
        "xsk-",
        " sk-a",
        "-sk-",
        "1",
        "1 ",
        "4 ",
    ),
    *("44 ", "12-", "de89", "DE89 ", "DE89370400440532013 ", "+1", "(0", "01 ", "1.", "---", "00 "),
    *("-----BEGIN ", "-----BEGIN A PRIVATE KE ", "-----BEGIN PRIVATE KEY-----", "-----END A"),
)


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_takes_linear_time(name: str) -> None:
    """Whatever the text: four times as much of the worst takes far less than sixteen times as long."""
    find = BUILT_IN[name]

    def took(text: str) -> float:
        best = 1e9
        for _ in range(3):
            begun = time.thread_time()
            list(find(text))
            best = min(best, time.thread_time() - begun)
        return best

    for unit in UNITS:
        short, long = (unit * (size // len(unit)) for size in (4_000, 16_000))
        assert took(long) < 0.005 + 10 * took(short), unit


@given(st.text(alphabet=st.sampled_from("a1@. -+()eyJsk_DE4\u00e9\n\ud800"), max_size=200))
def test_patterns_take_any_text(text: str) -> None:
    """They find places in it, from left to right, that do not overlap."""
    for find in BUILT_IN.values():
        position = 0
        for start, end in find(text):
            assert position <= start < end <= len(text)
            position = end


def test_patterns_of_ones_own() -> None:
    """Names, regular expressions and functions, in their order."""
    redact = Redactor(["email", re.compile("ACME-[0-9]+"), str.upper])
    assert redact("a@b.de has ACME-17") == "[EMAIL] HAS [REDACTED]"
    assert redact
    assert not Redactor(())


@pytest.mark.parametrize("patterns", ["email", ["mail"], [re.compile(b"x")], [3], 3])
def test_patterns_that_are_none(patterns: Any) -> None:
    """Are refused by name."""
    with pytest.raises(ConfigurationError, match="`patterns`"):
        Redactor(patterns)


def test_modes() -> None:
    """Nothing, a hash, the beginning, or everything."""
    text = "h\u00e9llo \ud800"
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert Content().apply(text) == ""
    assert Content("hash").apply(text) == f"sha256:{digest}"
    keyed = Content("hash", key="secret")
    assert keyed.apply(text) == Content("hash", key=b"secret").apply(text)
    assert keyed.apply(text).startswith("hmac-sha256:")
    assert Content("truncate", limit=2).apply(text) == "h\u00e9"
    assert Content("full").apply(text) == text
    assert [Content(mode).apply("") for mode in ("none", "hash", "truncate", "full")] == [""] * 4
    assert repr(keyed) == "Content('hash', keyed)"
    assert repr(Content.of("truncate:7")) == "Content('truncate', limit=7)"
    assert Content.of(keyed) is keyed


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Content("all"), "capture_content"),  # type: ignore[arg-type]
        (lambda: Content("truncate", limit=0), "limit"),
        (lambda: Content("truncate", limit=True), "limit"),
        (lambda: Content("full", key="x"), "key"),
        (lambda: Content("hash", key=""), "key"),
        (lambda: Content.of("truncate:x"), "capture_content"),
        (lambda: Content.of("full:3"), "capture_content"),
        (lambda: Content.of(3), "capture_content"),  # type: ignore[arg-type]
        (lambda: Redaction(metadata_keys="user"), "metadata_keys"),
    ],
)
def test_options_that_cannot_work(make: Any, name: str) -> None:
    """Are refused by name."""
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        make()


def test_nothing_is_kept_by_default() -> None:
    """But lengths, and what was handed in is not changed."""
    given = {"user": "u-1"}
    changed = Redaction().apply(fields(metadata=given))
    assert (changed.prompt_text, changed.response_text) == ("", "")
    assert changed.metadata == {"user": "u-1", "prompt_chars": "3", "response_chars": "6"}
    assert given == {"user": "u-1"}
    assert Redaction().apply(fields("", "")).metadata is None
    assert not Redaction().keeps_content


def test_texts_are_cleaned_before_they_are_cut() -> None:
    """So that no half of a number is left."""
    redaction = Redaction("truncate:12", response="full")
    changed = redaction.apply(fields("card 4111 1111 1111 1111", "ok"))
    assert (changed.prompt_text, changed.response_text) == ("card [card]", "ok")
    assert changed.metadata == {"prompt_chars": "24"}
    assert redaction.text("x" * 20) == "x" * 12
    assert redaction.text("x" * 20, response=True) == "x" * 20
    assert redaction.keeps_content
    assert Redaction("full").apply(fields("a@b.c")).prompt_text == "[emai"  # no longer than it was


def test_errors_and_metadata_are_cleaned() -> None:
    """Also where no text is kept; what names a secret is left out."""
    long = "x" * 200
    given = {
        "apiKey": "1",
        "db_password": "1",
        "X-Authorization": "1",
        "token": "1",
        "session.token": "1",
        "max_tokens": "9",
        "by": "bob@example.com",
        "note": f"{long} bob@example.com",
    }
    changed = Redaction().apply(fields(metadata=given, errors=["no bob@example.com"]))
    assert changed.errors == ["no [email]"]
    assert changed.metadata is not None
    assert {name: changed.metadata.get(name) for name in given} == {
        **dict.fromkeys(given),
        "max_tokens": "9",
        "by": "[email]",
        "note": f"{long} [email]",
    }


def test_metadata_can_be_allowed_by_name() -> None:
    """All others are left out, and no secret can be allowed."""
    redaction = Redaction(metadata_keys=["user", "password"], patterns=())
    for _ in range(2):
        changed = redaction.apply(fields(metadata={"user": "u", "password": "p", "route": "r"}))
        assert changed.metadata == {"user": "u", "prompt_chars": "3", "response_chars": "6"}
    assert redaction.apply(fields("", "", metadata={"user": "u"})).metadata == {"user": "u"}


def test_what_is_no_text_is_left_to_who_checks() -> None:
    """It is refused there, by its name."""
    changed = Redaction().apply(fields("", "", metadata={"n": 3}))
    assert str(changed.metadata) == "{'n': 3}"


def test_a_redactor_that_fails_takes_the_text_with_it() -> None:
    """Numbers stay, that there was an error stays, and it is counted."""

    def fail(text: str) -> str:
        raise RuntimeError(text)

    redaction = Redaction("full", patterns=[fail])
    changed = redaction.apply(fields(metadata={"a": "b"}, errors=["x"], prompt_tokens=3))
    assert (changed.prompt_text, changed.response_text, changed.prompt_tokens) == ("", "", 3)
    assert changed.errors == ["[redacted]"]
    assert changed.metadata == {"a": "[redacted]", "prompt_chars": "3", "response_chars": "6"}
    assert redaction.failures == 4
    no_text = Redaction("full", patterns=[lambda _: None])  # type: ignore[list-item,return-value]
    assert no_text.apply(fields()).prompt_text == ""
    broken = Redaction("full").apply(fields("", "", metadata={3: "x"}))
    assert not broken.metadata


def test_the_environment_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where code does not."""
    monkeypatch.setenv("SDK_TELEMETRY_CAPTURE_CONTENT", "truncate:2")
    assert Redaction().apply(fields()).prompt_text == "as"
    assert Redaction("full").apply(fields()).prompt_text == "ask"
    monkeypatch.setenv("SDK_TELEMETRY_CAPTURE_CONTENT", "everything")
    with pytest.raises(ConfigurationError, match="`SDK_TELEMETRY_CAPTURE_CONTENT`"):
        Redaction()


@pytest.mark.parametrize(
    ("value", "off"), [("1", True), ("true", True), ("0", False), ("no", False), ("?", True)]
)
def test_content_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, value: str, off: bool
) -> None:
    """Whatever code says, embeddings included."""
    monkeypatch.setenv("SDK_TELEMETRY_DISABLE_CONTENT", value)
    changed = Redaction.of(Content("full")).apply(fields(prompt_embedding=[0.5]))
    assert (changed.prompt_text == "", changed.prompt_embedding is None) == (off, off)


def test_what_the_option_takes() -> None:
    """A redaction, how much is kept, or nothing."""
    redaction = Redaction("full")
    assert Redaction.of(redaction) is redaction
    assert Redaction.of("full").keeps_content
    assert repr(Redaction.of(None)) == "Redaction(prompt=Content('none'), response=Content('none'))"
    assert "ipv4" not in DEFAULT_PATTERNS


def test_texts_can_be_kept_as_they_are() -> None:
    """Without any pattern nothing is looked at."""
    changed = Redaction("full", patterns=()).apply(fields("bob@example.com"))
    assert (changed.prompt_text, changed.metadata) == ("bob@example.com", None)


def test_keys_of_users_do_not_fill_the_memory() -> None:
    """Only so many verdicts are remembered; all are right."""
    redaction = Redaction()
    for number in range(5000):
        changed = redaction.apply(fields("", "", metadata={f"k{number}": "v", "password": "p"}))
        assert changed.metadata == {f"k{number}": "v"}
    assert len(redaction._verdicts) == 4096
