"""What all checks say alike: the rows that show a finding, shares in words, and why a check was skipped."""

from collections.abc import Iterable
from itertools import islice

from evals.data.examples import Example, excerpt, plain
from reports.records.data import Check, Evidence

ROWS_SHOWN = 5
NO_PAIRS = "the data hold no preference pairs"


def evidence(examples: Iterable[Example], field: str = "prompt") -> tuple[Evidence, ...]:
    """Return the first rows with their source and the beginning of one field."""
    shown = islice(examples, ROWS_SHOWN)
    return tuple(Evidence(row=row.number, excerpt=excerpt(f"{row.source}: {plain(row.fields[field])}")) for row in shown)


def share(part: int, whole: int) -> str:
    """Write a part of a whole for people: `12 of 200 (6.0 %)`."""
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)" if whole else f"{part:,} of 0"


def skipped(code: str, title: str, because: str, blocking: bool = False) -> Check:
    """Return a check that had nothing to look at."""
    return Check(code=code, title=title, blocking=blocking, state="skipped", value=None, limit=None, because=because)
