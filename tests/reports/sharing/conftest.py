"""A comparison that several tests show."""

import msgspec
import pytest

from reports.records.comparison import Comparison

GATE = {"state": "pass", "informs": False, "required": True, "candidate": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 40}}

RATES = {"first_value": 0.9, "other_value": 0.7}
NONE = {"first_value": None, "other_value": None, "because": "no shared prompt"}


@pytest.fixture
def found() -> Comparison:
    """Return a comparison of three runs."""
    run = {"title": "Tea", "status": "done", "verdict": "go", "strategy": "sft", "model": "m", "seed": 0}
    pair = {"suite": "harmful", "unit": "rate", "direction": "higher", "first": "a", "n": 40, "missing": 2, "method": "exact"}
    limits = {"value": -0.2, "low": -0.3, "high": -0.1, "n": 40}
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    return msgspec.convert(
        {
            "runs": [{**run, "run_id": name, "created_at": "2026-11-20T21:45:00Z"} for name in "abc"],
            "changes": [{"section": "plan", "name": "method", "values": ["sft", "dpo", None]}],
            "unchanged": 7,
            "gates": [{"name": "r", "title": "Refusal", "unit": "rate", "cells": [{**GATE, "demanded": "at most"}, None, None]}],
            "paired": [
                {**pair, **RATES, "metric": "r", "title": "Refusal", "other": "b", "difference": limits, "finding": "worse"},
                {**pair, **NONE, "metric": "w", "title": "Win rate", "other": "c", "difference": nothing, "finding": "none"},
            ],
            "notes": ["A note."],
        },
        Comparison,
    )
