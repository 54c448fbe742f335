"""SYN001: how many rows a model wrote."""

from collections import Counter
from typing import Final

from evals.data.checks.evidence import share, skipped
from reports.records.data import Check

CAP: Final = 0.5
"""Share of synthetic rows above which they count against tuning, as in the recommendation."""


def check_synthetic(column: str, origins: Counter[bool]) -> Check:
    """Report the share of rows by a model (True) among those whose origin `column` tells."""
    title, known = "Synthetic rows", origins.total()
    if not known:
        return skipped("SYN001", title, "no column says who wrote the rows (synthetic, source, origin or written_by)")
    value = origins[True] / known
    return Check(
        code="SYN001",
        title=title,
        blocking=False,
        state="warn" if value > CAP else "pass",
        value=value,
        limit=CAP,
        because=f"by the column '{column}', {share(origins[True], known)} rows come from a model",
        fix="Add rows that people wrote, or drop synthetic ones: a model learns the habits of its teacher."
        if value > CAP
        else "",
    )
