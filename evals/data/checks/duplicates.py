"""DUP001: rows that stand in the data more than once."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import evidence, share
from evals.data.examples import Example
from evals.data.keys import row_key
from reports.records.data import Check

LIMIT: Final = 0.02
"""Share of rows: below 2 % repeats are taken for accidents."""


def find_duplicates(examples: Sequence[Example]) -> list[int]:
    """Return the places of rows that repeat an earlier row exactly, in all fields."""
    seen: set[bytes] = set()
    found = []
    for place, example in enumerate(examples):
        key = row_key(example)
        if key in seen:
            found.append(place)
        seen.add(key)
    return found


def check_duplicates(examples: Sequence[Example], found: Sequence[int]) -> Check:
    """Report the share of repeats; they are removed, so a high share warns and does not block."""
    value = len(found) / len(examples) if examples else 0.0
    return Check(
        code="DUP001",
        title="Exact duplicates",
        blocking=False,
        state="warn" if value > LIMIT else "pass",
        value=value,
        limit=LIMIT,
        because=f"{share(len(found), len(examples))} rows repeat an earlier row" + (" and are left out" if found else ""),
        evidence=evidence(examples[place] for place in found),
        fix="Find out how the rows came in twice; what is left may be less varied than it looks." if value > LIMIT else "",
    )
