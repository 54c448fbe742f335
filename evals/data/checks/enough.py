"""ROWS001: whether there is enough to learn from."""

from collections.abc import Mapping
from typing import Final

from reports.records.data import Check

COMFORTABLE_ROWS: Final = 500
"""Curated examples for a voice, or clear pairs for DPO, from which practice reports reliable gains."""


def check_rows(training_rows: Mapping[str, int]) -> Check:
    """Warn where a training split is small; too small a split is an error elsewhere."""
    smallest = min(training_rows.values())
    listed = ", ".join(f"{name} {rows:,}" for name, rows in training_rows.items())
    return Check(
        code="ROWS001",
        title="Enough rows",
        blocking=False,
        state="pass" if smallest >= COMFORTABLE_ROWS else "warn",
        value=float(smallest),
        limit=float(COMFORTABLE_ROWS),
        because=f"rows to train on: {listed}",
        fix=""
        if smallest >= COMFORTABLE_ROWS
        else f"Collect rows until each split has {COMFORTABLE_ROWS}, or expect small gains.",
    )
