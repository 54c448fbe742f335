"""BAL001: whether unpaired preferences hold enough of both ratings."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import share, skipped
from evals.data.examples import Example
from reports.records.data import Check

SMALLEST_SIDE: Final = 0.2
"""Share of the rarer rating; below it the weights of KTO would have to differ by more than four."""


def check_balance(examples: Sequence[Example]) -> Check:
    """Report the share of answers rated good, among unpaired preferences."""
    ratings = [example.carried["rating"] for example in examples if "rating" in example.carried]
    if not ratings:
        return skipped("BAL001", "Balance of ratings", "the data hold no unpaired preferences")
    good = ratings.count("good")
    is_one_sided = min(good, len(ratings) - good) < SMALLEST_SIDE * len(ratings)
    return Check(
        code="BAL001",
        title="Balance of ratings",
        blocking=False,
        state="warn" if is_one_sided else "pass",
        value=good / len(ratings),
        limit=None,
        because=f"{share(good, len(ratings))} answers are rated good",
        fix="Weigh the rarer rating up (desirable_weight and undesirable_weight of KTO), or collect more of it."
        if is_one_sided
        else "",
    )
