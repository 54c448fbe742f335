"""Rewards an answer of the right length."""

from collections.abc import Callable
from typing import Final

from evals.rewards.answers import Answer, Rewarder, each
from evals.rewards.kinds import Kind, Option, Settings

UNITS: Final[dict[str, Callable[[Answer], int | None]]] = {
    "words": lambda answer: len(answer.text.split()),
    "characters": lambda answer: len(answer.text.strip()),
    "tokens": lambda answer: answer.tokens,
}


def build(settings: Settings) -> Rewarder:
    """Return 1 from `low` to `high`, falling in a straight line to 0 at nothing and at twice `high`.

    An empty answer scores 0 whatever the band; None where tokens are counted and nobody says how many there are.
    """
    low, high, unit = settings.number("low"), settings.number("high"), settings.text("unit")
    if unit not in UNITS:
        raise settings.refuse("unit", f"expected one of {', '.join(UNITS)}.")
    if high == 0 or low > high:
        raise settings.refuse("high", f"expected a number above 0, and no smaller than low={low:g}.")
    length = UNITS[unit]

    def score(answer: Answer) -> float | None:
        if not answer.text.strip():
            return 0.0
        found = length(answer)
        return None if found is None else band_score(found, low, high)

    return each(score)


def band_score(length: float, low: float, high: float) -> float:
    """Return 1 inside the band, less outside, never below 0."""
    if length < low:
        return length / low
    return max(0.0, 1 - (length - high) / high) if length > high else 1.0


KIND: Final = Kind(
    "length-band",
    "1 from `low` to `high`, falling to 0 at nothing and at twice `high`",
    "efficiency",
    (
        Option("high", 0.0, "largest length that is right", required=True),
        Option("low", 0.0, "smallest length that is right"),
        Option("unit", "words", "words, characters or tokens"),
    ),
    build,
)
