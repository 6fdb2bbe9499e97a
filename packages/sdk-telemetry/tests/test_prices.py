"""What calls cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdk_core.errors import ConfigurationError
from sdk_telemetry.prices import AS_OF, Price, Prices


def test_costs() -> None:
    """Of prompts and answers, of what a cache had and of what was thought."""
    prices = Prices({"m": Price(2, 8, cached=0.5, reasoning=10)}, built_in=False)
    assert prices.cost("m", 1000, 100) == pytest.approx(0.0028)
    assert prices.cost("m", 1000, 100, cached=400, reasoning=50) == pytest.approx(0.0023)
    assert prices.cost("m", 1000, 0, cached=5000) == pytest.approx(0.0005)
    assert Prices({"m": Price(2, 8)}).cost("m", 10, 10, cached=9, reasoning=9) == pytest.approx(
        1e-4
    )


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o", "gpt-4o"),
        ("GPT-4o-2024-11-20", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai/gpt-4.1-nano", "gpt-4.1-nano"),
        ("openrouter/openai/gpt-4o:free", "gpt-4o"),
        ("gpt-4.9", None),
        ("gpt-4om", None),
        ("", None),
    ],
)
def test_the_longest_beginning_counts(model: str, name: str | None) -> None:
    """As a whole word, with a provider in front or without."""
    prices = Prices()
    assert prices.find(model) == prices.find(model) == (None if name is None else prices.find(name))


def test_models_without_a_price_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """They cost nothing that is known, and are logged once."""
    prices = Prices(built_in=False)
    assert [prices.cost("x", 1, 1) for _ in range(3)] == [None] * 3
    assert prices.unknown == {"x": 3}
    assert len(caplog.records) == 1
    for number in range(1100):
        prices.cost(f"m{number}", 1, 1)
    assert len(prices.unknown) == 1000


def test_files(tmp_path: Path) -> None:
    """JSON and TOML; what they say goes before the built-in table."""
    json, toml = tmp_path / "p.json", tmp_path / "p.toml"
    json.write_text('{"gpt-4o": {"input": 1, "output": 2}}')
    toml.write_text('["acme.large"]\ninput = 1\noutput = 2.5\ncached = 0.5\n')
    assert Prices.from_file(json).find("gpt-4o") == Price(1, 2)
    assert Prices.from_file(json).find("o3") is not None
    assert Prices.from_file(toml, built_in=False).find("acme.large") == Price(1, 2.5, 0.5)
    assert repr(Prices.from_file(toml, built_in=False)) == "Prices(1 models)"


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"m": 3}', '{"m": {"input": 1}}', '{"m": {"input": -1, "output": 1}}']
)
def test_files_that_say_no_prices(tmp_path: Path, text: str) -> None:
    """Are refused by name."""
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"`.*p\.json`|`m`"):
        Prices.from_file(path)


@pytest.mark.parametrize(
    "price", [Price(float("nan"), 1), Price(1, float("inf")), {"input": "1", "output": 1}]
)
def test_prices_that_are_none(price: Any) -> None:
    """Are refused with the name of the model."""
    with pytest.raises(ConfigurationError, match="`m`"):
        Prices({"m": price})


def test_the_table_says_its_day() -> None:
    """As a date, and nothing in it is cheaper to answer than it is to ask, but embeddings."""
    assert len(AS_OF.split("-")) == 3
    for name in ("gpt-4o", "o3", "claude-opus-4-5", "gemini-2.5-pro", "grok-4"):
        price = Prices().find(name)
        assert price is not None
        assert price.output > price.input > (price.cached or 0)
