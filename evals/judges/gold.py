"""Pairs whose better answer is known, which a judge is tried on before it counts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from evals.data.splits import read_split
from evals.judges.contest import Contest
from evals.judges.instruments import prompt_of, text_of
from reports.errors import DataError, UsageError
from reports.records.evaluation import Message
from reports.rows import read_rows
from reports.rundir import RunDir

MOST_ITEMS: Final = 100
"""Held-out pairs that a judge is asked about: more tells little, and each is asked twice."""
SPLITS: Final = ("judge_eval", "pairs_eval")
"""Held-out pairs of a run, the first that there are."""


class GoldItem(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a file of gold items; further columns are left alone."""

    prompt: str | tuple[Message, ...]
    a: str
    b: str
    better: Literal["a", "b"]
    id: str | int = ""


class Gold(NamedTuple):
    """Gold items as contests: the candidate's answer is the better one where `is_candidate` says so."""

    contests: list[Contest]
    is_candidate: list[bool]
    what: str
    """What the items are, for sentences."""


def read_gold(path: Path) -> Gold:
    """Return the items of a file of `prompt`, `a`, `b` and `better` (a or b).

    Raises:
        UsageError: the file does not exist.
        DataError: a row cannot be used, or there is none.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file. Name a file of JSON lines with `prompt`, `a`, `b` and `better`.")
    items = [row for _, row in read_rows(path, GoldItem, "a gold item", "A row needs `prompt`, `a`, `b` and `better`.")]
    if not items:
        raise DataError(f"{path}: the file holds no gold items. Give rows with `prompt`, `a`, `b` and `better`.")
    contests = [Contest(f"gold/{place}", item.prompt, item.a, item.b) for place, item in enumerate(items)]
    return Gold(contests, [item.better == "b" for item in items], f"gold items of {path.name}")


def held_out_pairs(run: RunDir) -> Gold | None:
    """Return held-out pairs of the run's data, the better answer alternating between both sides; None: it has none."""
    path = next((run.split(name) for name in SPLITS if run.split(name).is_file()), None)
    rows = read_split(path)[:MOST_ITEMS] if path else []
    return as_gold(rows) if rows else None


def as_gold(rows: Sequence[dict[str, Any]]) -> Gold:
    """Return preference pairs as gold items."""
    contests = []
    for place, row in enumerate(rows):
        chosen, rejected = text_of(row["chosen"]), text_of(row["rejected"])
        first, second = (rejected, chosen) if place % 2 else (chosen, rejected)
        contests.append(Contest(f"gold/{place}", prompt_of(row["prompt"]), first, second))
    return Gold(contests, [bool(place % 2) for place in range(len(rows))], "held-out pairs")
