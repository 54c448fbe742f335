"""READ001: rows that do not have the layout of their file."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import ROWS_SHOWN, share
from evals.data.examples import RejectedRow, excerpt
from evals.data.reading import Source
from reports.records.data import Check, Evidence

LIMIT: Final = 0.02
"""Share of rows: more is a fault of the export rather than of single rows."""


def check_unusable(sources: Sequence[Source]) -> Check:
    """Report rows that could not be read as the others were; they are left out, so they warn and do not block."""
    lost = [(source.label, row) for source in sources for row in source.rejected]
    return report_unusable(sum(source.rows for source in sources), lost)


def report_unusable(rows: int, lost: Sequence[tuple[str, RejectedRow]]) -> Check:
    """Report rejected rows, each with the label of its source."""
    value = len(lost) / rows if rows else 0.0
    return Check(
        code="READ001",
        title="Unusable rows",
        blocking=False,
        state="warn" if value > LIMIT else "pass",
        value=value,
        limit=LIMIT,
        because=f"{share(len(lost), rows)} rows do not have the layout of their file" + (" and are left out" if lost else ""),
        evidence=tuple(Evidence(row=row.number, excerpt=excerpt(f"{label}: {row.reason}")) for label, row in lost[:ROWS_SHOWN]),
        fix="Mend the export: so many rows are rarely damaged one by one." if value > LIMIT else "",
    )
