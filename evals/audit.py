"""Spot audit: a person judges a random sample of rows, and the share that is right gets an exact limit."""

import random
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from evals.data.load import load
from evals.data.rejection import UnusableRowError
from evals.pairs.cells import count_of, text_of
from evals.stats.power import prompts_to_show_below
from evals.stats.proportions import exact_interval
from reports.errors import DataError, UsageError
from reports.jsonl import Jsonl
from reports.records.gates import Estimate
from reports.records.intake import Fact
from reports.wording import number

Verdict = Literal["right", "wrong", "skip"]

FACT: Final = "spot_audit_accuracy"
LEVEL: Final = 0.1
"""Of both limits together; each alone errs at most 5 %."""
WORDS: Final[Mapping[str, Verdict]] = {
    "y": "right", "yes": "right", "right": "right", "n": "wrong", "no": "wrong", "wrong": "wrong", "skip": "skip", "s": "skip",
}  # fmt: skip


class Judgement(Struct, frozen=True, kw_only=True):
    """One key press of an audit; the last one of a row counts."""

    row: int
    """As in the source: line number in JSON lines, else place among the rows, from 1."""
    verdict: Literal["right", "wrong", "skip", "undo"]
    seed: int
    digest: str
    """sha256 of the file that is judged."""
    at: str


class AuditResult(Struct, frozen=True, kw_only=True):
    """What an audit shows."""

    schema_version: int = 1
    source: str
    rows: int
    seed: int
    bound: float
    planned: int
    """Rows to judge, skipped ones not counted."""
    judged: int
    wrong: int
    skipped: int
    state: Literal["pass", "fail", "unresolved"]
    because: str
    needed: int | None
    """Judged rows that would show more than `bound` with as many wrong ones as now; None: more than the file has."""
    wrong_rows: tuple[int, ...]
    facts: dict[str, Fact]
    """For `tunegate recommend`; empty where nothing was judged."""


class Audit:
    """An audit in progress: rows in an order that the seed fixes, so that a larger sample extends a smaller one."""

    def __init__(self, rows: Sequence[int], planned: int, seed: int) -> None:
        self._order = list(rows)
        random.Random(seed).shuffle(self._order)
        self.planned = min(planned, len(self._order))
        self.verdicts: dict[int, Verdict] = {}
        """In the order in which they were given."""

    @property
    def judged(self) -> int:
        """Rows that are right or wrong."""
        return sum(verdict != "skip" for verdict in self.verdicts.values())

    def next_row(self) -> int | None:
        """Return the row to judge now; None where the planned number is judged, or no row is left."""
        if self.judged >= self.planned:
            return None
        return next((row for row in self._order if row not in self.verdicts), None)

    def upcoming(self) -> list[int]:
        """Return the rows that are still to be judged if none is skipped."""
        return [row for row in self._order if row not in self.verdicts][: self.planned - self.judged]

    def judge(self, row: int, verdict: Verdict) -> None:
        """Take a verdict on the next row; UsageError on another, since rows that were picked by hand are no random sample."""
        if row != self.next_row():
            raise UsageError(f"row {row} is not the next one of this sample ({self.next_row()}). Same file, seed and order?")
        self.verdicts[row] = verdict

    def undo(self) -> int | None:
        """Take back the last verdict and return its row; None where there is none."""
        return self.verdicts.popitem()[0] if self.verdicts else None


def rows_to_audit(bound: float, wrong: int = 0) -> int:
    """Return how many rows, `wrong` of them wrong, show an accuracy above `bound` at 95 %: 29 without errors for 0.9."""
    return prompts_to_show_below(1 - bound, wrong)


def replay(audit: Audit, stored: Sequence[Judgement], digest: str, seed: int) -> None:
    """Bring an audit to where its stored judgements left it.

    Raises:
        UsageError: the judgements are of another file or seed.
    """
    for judgement in stored:
        if (judgement.digest, judgement.seed) != (digest, seed):
            what = "another version of the file" if judgement.digest != digest else f"--seed {judgement.seed}"
            raise UsageError(f"the stored judgements are of {what}. Continue with that, or move them away and begin anew.")
        if judgement.verdict == "undo":
            audit.undo()
        else:
            audit.verdicts[judgement.row] = judgement.verdict


def read_judgements(audit: Audit, file: str) -> None:
    """Take verdicts from rows of `row` and `verdict` (right, wrong, skip, or y, n, s), in any order.

    Raises:
        DataError: a row has no such cells.
        UsageError: a row is judged that the sample does not reach.
    """
    table = load(file)
    given: dict[int, Verdict] = {}
    for row in table.rows:
        try:
            word = text_of(row.values, "verdict").strip().lower()
            if word not in WORDS:
                raise UnusableRowError(f"'verdict' is {word[:30]!r}, not right, wrong or skip")
            given[count_of(row.values, "row")] = WORDS[word]
        except UnusableRowError as error:
            raise DataError(f"{table.label}:{row.number}: {error}. Mend this row.") from error
    while (row_number := audit.next_row()) in given and row_number is not None:
        audit.judge(row_number, given.pop(row_number))
    if given:
        raise UsageError(
            f"{table.label}: row {next(iter(given))} is judged, and the sample does not reach it; a sample of one's own choice "
            f"shows nothing. To be judged next: {', '.join(map(str, audit.upcoming())) or 'none'}."
        )


def result(audit: Audit, source: str, rows: int, seed: int, bound: float) -> AuditResult:
    """Return what the verdicts so far show; undecided until all planned rows are judged, whatever they say."""
    verdicts = audit.verdicts
    wrong_rows = tuple(row for row, verdict in verdicts.items() if verdict == "wrong")
    accuracy = _accuracy(audit.judged, len(wrong_rows), rows)
    state = _state(accuracy, bound) if audit.next_row() is None else "unresolved"
    needed = rows_to_audit(bound, len(wrong_rows))
    return AuditResult(
        source=source,
        rows=rows,
        seed=seed,
        bound=bound,
        planned=audit.planned,
        judged=audit.judged,
        wrong=len(wrong_rows),
        skipped=len(verdicts) - audit.judged,
        state=state,
        because=_because(audit, accuracy, bound),
        needed=needed if needed <= rows else None,
        wrong_rows=wrong_rows,
        facts={} if accuracy is None else {FACT: _fact(accuracy, source)},
    )


def stored_judgements(path_of_source: str) -> Jsonl[Judgement]:
    """Return the file beside a source that holds its judgements."""
    from pathlib import Path

    path = Path(path_of_source)
    return Jsonl(path.with_name(f"{path.name}.audit.jsonl"), Judgement)


def _accuracy(judged: int, wrong: int, rows: int) -> Estimate | None:
    if not judged:
        return None
    found = exact_interval(judged - wrong, judged, LEVEL)
    if judged == rows:
        return Estimate(value=found.value, low=found.value, high=found.value, n=judged)
    return found.estimate()


def _state(accuracy: Estimate | None, bound: float) -> Literal["pass", "fail", "unresolved"]:
    if accuracy is None or accuracy.low is None or accuracy.high is None:
        return "unresolved"
    return "pass" if accuracy.low >= bound else "fail" if accuracy.high < bound else "unresolved"


def _because(audit: Audit, accuracy: Estimate | None, bound: float) -> str:
    if accuracy is None:
        return f"no row is judged yet, of {audit.planned} planned"
    if audit.next_row() is not None:
        return f"{audit.judged} of {audit.planned} planned rows are judged, and an audit decides only when it is complete"
    value, low, high, line = (number(share, "share") for share in (accuracy.value, accuracy.low, accuracy.high, bound))
    return f"{value} of {accuracy.n} rows are right (one-sided 95 % limits {low} and {high}); the bound is {line}"


def _fact(accuracy: Estimate, source: str) -> Fact:
    because = f"{accuracy.n} rows of {source} drawn at random and judged by a person"
    return Fact(name=FACT, value=accuracy.value, origin="probed", low=accuracy.low, high=accuracy.high, because=because)
