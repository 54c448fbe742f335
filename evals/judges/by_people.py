"""People as the judge: a file of their judgements, joined by prompt, several raters of one prompt as one."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from evals.judges.contest import ALONE, Advance, Contest, Opinion, Order, say
from evals.judges.instruments import order_balance, rater_agreement
from evals.stats.judged import JudgedRow, read_all
from reports.digest import file_digest
from reports.records.gates import Instrument
from reports.records.run import RunRecord
from reports.rundir import RunDir

EVEN: Final = 0.5


class PeopleJudge:
    """Looks up what people said; nobody is asked twice, for the answers were shown blind and in random order."""

    orders: tuple[Order, ...] = ALONE
    name = "people"
    title = "people"

    def __init__(self, path: Path) -> None:
        self._path = path
        rows = _read(path) if path.is_file() else []
        latest = {(row.prompt_id, row.judge, row.order): row for row in rows}
        self._rows: dict[str, list[JudgedRow]] = {}
        for row in latest.values():
            self._rows.setdefault(row.prompt_id, []).append(row)
        self.identity = f"people {file_digest(path) if path.is_file() else ''}"

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        """Return the mean of the raters' verdicts for each prompt."""
        advance(len(contests))
        yield [self._read(contest) for contest in contests]

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        """Return how well raters agree, and whether both sides were shown first equally often, where the file tells."""
        groups = [self._rows.get(contest.prompt_id, []) for contest in contests]
        verdicts = [[_verdict(row.preference) for row in rows if row.preference is not None] for rows in groups]
        orders = [row.order for rows in groups for row in rows]
        return tuple(found for found in (rater_agreement(verdicts), order_balance(orders)) if found is not None)

    def notes(self) -> tuple[str, ...]:
        """Say who judged."""
        raters = {row.judge for rows in self._rows.values() for row in rows}
        return (f"Judging by people: {len(raters)} raters in {self._path.name}.",)

    def _read(self, contest: Contest) -> Opinion:
        known = [_verdict(row.preference) for row in self._rows.get(contest.prompt_id, []) if row.preference is not None]
        if not known:
            absent = f"nobody has judged this prompt in {self._path.name}"
            return Opinion(say(contest, self, "pointwise", None, absent))
        return Opinion(say(contest, self, "pointwise", sum(known) / len(known)))


def _read(path: Path) -> list[JudgedRow]:
    """Return the judgements of a file, or of the blind review of a run, without raters who missed too many known pairs.

    Raises:
        DataError: a line is no judgement.
    """
    run = RunDir(path.parent.parent)
    if path.resolve() != run.ratings.path.resolve() or not run.has(RunRecord):
        return read_all(path)
    from evals.review.desk import Desk
    from evals.review.result import review_result

    return [
        JudgedRow(
            prompt_id=item.contest.prompt_id,
            judge=rater.rater,
            order="candidate_first" if item.swapped else "baseline_first",
            preference=item.preference(verdict),
        )
        for rater in review_result(run).raters
        if rater.counted
        for item, verdict in Desk(run, rater.rater).judged()
    ]


def _verdict(preference: float) -> float:
    return EVEN if preference == EVEN else float(preference > EVEN)
