"""
Prices: what calls cost, in US dollars for a million tokens.

The built-in table holds list prices of standard processing, without taxes, discounts for batches
and surcharges for very long prompts. It was put together on `AS_OF` from the public collection
https://github.com/simonw/llm-prices, in copies of different days, and from what the providers had
published before; prices change, and nothing here asks anybody. Give your own where they matter::

    prices = Prices({"acme-large": Price(1.2, 4.8), "gpt-4o": Price(2.0, 8.0, cached=1.0)})
    prices = Prices.from_file("prices.toml")
    prices.cost("openai/gpt-4o-2024-11-20", 1_200, 340, cached=1_024)
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sdk_core.errors import ConfigurationError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["AS_OF", "Price", "Prices"]

AS_OF = "2026-11-22"
"""The day on which the built-in table was put together (ISO 8601)."""

_log = logging.getLogger("sdk_telemetry.prices")


class Price(NamedTuple):
    """
    US dollars for a million tokens.

    Attributes:
        input: Of a prompt.
        output: Of an answer.
        cached: Of that part of a prompt which the provider had in its cache. Default: as *input*.
        reasoning: Of that part of an answer which is reasoning. Default: as *output*.
    """

    input: float
    output: float
    cached: float | None = None
    reasoning: float | None = None


class Prices:
    """
    The prices of models, by the beginnings of their names.

    The longest name of the table that a model's begins with counts, as a whole or up to one of
    ``-:@``: ``gpt-4o-2024-11-20`` costs what ``gpt-4o`` does, unless it is in the table itself. A
    provider in front, as in ``openai/gpt-4o``, is left out where it leads to nothing.

    Args:
        table: Prices by name: a `Price`, or a mapping with its fields. They go before built-in ones.
        built_in: Also use the built-in table.

    Attributes:
        unknown: How often models without a price were asked for, by name; at most a thousand names.

    Raises:
        ConfigurationError: A price is none; the model is named.
    """

    def __init__(
        self,
        table: Mapping[str, Price | Mapping[str, float]] | None = None,
        *,
        built_in: bool = True,
    ) -> None:
        own = {str(name).lower(): _price(name, price) for name, price in (table or {}).items()}
        self._table = {**_built_in(), **own} if built_in else own
        self._found: dict[str, Price | None] = {}
        self.unknown: dict[str, int] = {}

    @classmethod
    def from_file(cls, path: str | PathLike[str], *, built_in: bool = True) -> Prices:
        """
        Return the prices of a file, JSON or (by its name) TOML: a table for each model.

        Args:
            path: The file.
            built_in: Also use the built-in table.

        Raises:
            ConfigurationError: It cannot be read, or holds something else.
        """
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
            if file.suffix.lower() == ".toml":
                import tomllib  # noqa: PLC0415  # for those who have such a file

                table: Any = tomllib.loads(text)
            else:
                import json  # noqa: PLC0415  # as above

                table = json.loads(text)
        except (OSError, ValueError) as error:
            msg = f"the prices of `{file}` cannot be read: {error}"
            raise ConfigurationError(msg) from error
        if not isinstance(table, Mapping):
            msg = f"`{file}` must hold a table of prices by model, not {type(table).__name__}"
            raise ConfigurationError(msg)
        return cls(table, built_in=built_in)

    def __repr__(self) -> str:
        return f"Prices({len(self._table)} models)"

    def find(self, model: str) -> Price | None:
        """Return the price of *model*; None where there is none."""
        try:
            return self._found[model]
        except KeyError:
            price = self._search(model.lower())
            if len(self._found) < _REMEMBERED:  # names may come from users
                self._found[model] = price
            return price

    def cost(
        self,
        model: str,
        input_tokens: int,
        output_tokens: int,
        *,
        cached: int = 0,
        reasoning: int = 0,
    ) -> float | None:
        """
        Return what a call cost, in US dollars.

        Args:
            model: What answered.
            input_tokens: Tokens of the prompt, those of the cache included.
            output_tokens: Tokens of the answer, reasoning included.
            cached: Tokens of the prompt that the provider's cache had.
            reasoning: Tokens of the answer that are reasoning.

        Returns:
            None where there is no price: it is counted in `unknown`, and logged once a model.
        """
        price = self.find(model)
        if price is None:
            self._miss(model)
            return None
        total = input_tokens * price.input + output_tokens * price.output
        if cached and price.cached is not None:
            total -= min(cached, input_tokens) * (price.input - price.cached)
        if reasoning and price.reasoning is not None:
            total -= min(reasoning, output_tokens) * (price.output - price.reasoning)
        return total / 1e6

    def _search(self, model: str) -> Price | None:
        while True:
            for name in _beginnings(model):
                if (price := self._table.get(name)) is not None:
                    return price
            _, slash, model = model.partition("/")
            if not slash:
                return None

    def _miss(self, model: str) -> None:
        count = self.unknown.get(model)
        if count is not None:
            self.unknown[model] = count + 1
        elif len(self.unknown) < _REMEMBERED:
            self.unknown[model] = 1
            _log.warning("there is no price of the model %r: it counts as nothing", model[:200])


_REMEMBERED = 1000  # names


def _beginnings(model: str) -> Iterator[str]:
    """Yield *model* and what it begins with, the longest first."""
    yield model
    for end in range(len(model) - 1, 0, -1):
        if model[end] in "-:@":
            yield model[:end]


def _price(name: object, given: Any) -> Price:
    try:
        price = given if isinstance(given, Price) else Price(**given)
        figures = [each for each in price if each is not None]
        right = all(math.isfinite(each) and each >= 0 for each in figures)
    except TypeError:
        right = False
    if not right:
        msg = (
            f"the price of `{name}` must have `input` and `output`, and may have `cached` and "
            "`reasoning`: dollars for a million tokens, 0 or more"
        )
        raise ConfigurationError(msg)
    return price


def _built_in() -> dict[str, Price]:
    table = {}
    for line in _TABLE.strip().splitlines():
        name, paid, cached, received = line.split()
        table[name] = Price(float(paid), float(received), None if cached == "-" else float(cached))
    return table


# Model, input, cached input, output.
_TABLE = """
gpt-5.5 5 0.5 30
gpt-5.5-pro 30 - 180
gpt-5.4 2.5 0.25 15
gpt-5.4-pro 30 - 180
gpt-5.4-mini 0.75 0.075 4.5
gpt-5.4-nano 0.2 0.02 1.25
gpt-5.2 1.75 0.175 14
gpt-5.2-pro 21 - 168
gpt-5.1 1.25 0.125 10
gpt-5.1-codex-mini 0.25 0.025 2
gpt-5 1.25 0.125 10
gpt-5-pro 15 - 120
gpt-5-mini 0.25 0.025 2
gpt-5-nano 0.05 0.005 0.4
gpt-4.5 75 37.5 150
gpt-4.1 2 0.5 8
gpt-4.1-mini 0.4 0.1 1.6
gpt-4.1-nano 0.1 0.025 0.4
gpt-4o 2.5 1.25 10
gpt-4o-2024-05-13 5 - 15
gpt-4o-mini 0.15 0.075 0.6
chatgpt-4o-latest 5 - 15
gpt-4-turbo 10 - 30
gpt-4 30 - 60
gpt-4-32k 60 - 120
gpt-3.5-turbo 0.5 - 1.5
gpt-3.5-turbo-instruct 1.5 - 2
o1 15 7.5 60
o1-pro 150 - 600
o1-mini 1.1 0.55 4.4
o3 2 0.5 8
o3-pro 20 - 80
o3-mini 1.1 0.55 4.4
o3-deep-research 10 2.5 40
o4-mini 1.1 0.275 4.4
o4-mini-deep-research 2 0.5 8
text-embedding-3-small 0.02 - 0
text-embedding-3-large 0.13 - 0
text-embedding-ada-002 0.1 - 0
claude-opus-5-5 4 0.2 20
claude-opus-5 5 0.5 25
claude-opus-4-8 5 0.5 25
claude-opus-4-7 5 0.5 25
claude-opus-4-6 5 0.5 25
claude-opus-4-5 5 0.5 25
claude-opus-4-1 15 1.5 75
claude-opus-4 15 1.5 75
claude-sonnet-5 2 0.2 10
claude-sonnet-4 3 0.3 15
claude-haiku-4-5 1 0.1 5
claude-3-7-sonnet 3 0.3 15
claude-3-5-sonnet 3 0.3 15
claude-3-5-haiku 0.8 0.08 4
claude-3-opus 15 1.5 75
claude-3-haiku 0.25 0.025 1.25
gemini-3-pro 2 - 12
gemini-3-flash 0.5 - 3
gemini-3.5-flash 1.5 0.15 9
gemini-3.5-flash-lite 0.3 0.03 2.5
gemini-2.5-pro 1.25 0.125 10
gemini-2.5-flash 0.3 0.03 2.5
gemini-2.5-flash-lite 0.1 0.01 0.4
gemini-2.0-flash 0.1 - 0.4
gemini-2.0-flash-lite 0.075 - 0.3
grok-4.5 2 0.3 6
grok-4.3 1.25 0.2 2.5
grok-4 3 0.75 15
grok-4-fast 0.2 0.05 0.5
grok-3 3 0.75 15
grok-3-mini 0.3 0.075 0.5
grok-code-fast-1 0.2 0.02 1.5
mistral-medium-2505 0.4 - 2
codestral-latest 0.3 - 0.9
"""
