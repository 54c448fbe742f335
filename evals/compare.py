"""Comparing runs: what changed, and how the candidates differ on the prompts that both answered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from evals.stats.bounded import bounded_mean
from evals.stats.interval import Interval, StatisticsError
from evals.stats.means import paired_mean_difference
from evals.stats.paired import paired_rate_difference
from reports.contents import Contents, read_contents
from reports.errors import UsageError
from reports.records.comparison import NO_BETTER, ComparedRun, Comparison, Finding, PairedDifference
from reports.records.evaluation import Metric, PairedValue
from reports.records.gates import Estimate
from reports.rundir import RunDir
from reports.sharing.changes import changes_between, gates_side_by_side
from reports.wording import SHARES

LEVEL: Final = 0.05
OTHER_JUDGES: Final = "judged by different judges"


class Shared(NamedTuple):
    """One prompt that both candidates answered."""

    first: float
    other: float
    family: str


class _Run(NamedTuple):
    run_id: str
    contents: Contents
    prompts: Mapping[str, str]
    """Prompt by id, as the ledger has it."""


def compare(runs: Sequence[RunDir]) -> Comparison:
    """Return the runs side by side; every run after the first is paired with the first, prompt by prompt.

    Prompts are the same where their id and their text are, or, for texts that no one answers, where the suite's digest is.
    Candidates are not judged against each other: a difference in win rate is one between two wins over the same baseline.
    Limits are 95 % each and not adjusted for the number of metrics. Raises UsageError for fewer than two different runs.
    """
    paths = [run.path.resolve() for run in runs]
    if len(set(paths)) < 2 or len(set(paths)) < len(paths):
        raise UsageError(f"{len(set(paths))} different of {len(paths)} runs: name at least two, and each once.")
    read = [_read(run) for run in runs]
    contents = [run.contents for run in read]
    changes = changes_between(contents)
    paired = tuple(difference for other in read[1:] for difference in _differences(read[0], other))
    return Comparison(
        runs=tuple(_summary(run) for run in read),
        changes=changes.changed,
        unchanged=changes.unchanged,
        gates=gates_side_by_side(contents),
        paired=paired,
        notes=tuple(_notes(read, paired)),
    )


def _read(run: RunDir) -> _Run:
    contents = read_contents(run)
    return _Run(run.path.name, contents, {line.prompt_id: line.prompt for line in contents.completions})


def _summary(run: _Run) -> ComparedRun:
    record, gates = run.contents.record, run.contents.gates
    return ComparedRun(
        run_id=run.run_id,
        title=record.title,
        status=record.status,
        verdict=gates.verdict if gates else None,
        strategy=record.strategy,
        model=record.model,
        seed=record.seed,
        created_at=record.created_at,
    )


def _differences(first: _Run, other: _Run) -> Iterator[PairedDifference]:
    known = {metric.name: metric for metric in other.contents.metrics.metrics} if other.contents.metrics else {}
    for metric in first.contents.metrics.metrics if first.contents.metrics else ():
        if metric.name in known and metric.pairs and known[metric.name].pairs:
            yield _difference(first, other, metric, known[metric.name])


def _difference(first: _Run, other: _Run, before: Metric, after: Metric) -> PairedDifference:
    both = _shared_pairs(first, other, before, after)
    rows = [Shared(a.candidate, b.candidate, a.family) for a, b in both if a.candidate is not None and b.candidate is not None]
    interval, problem = _interval(before, rows, _incomparable(first, other, before, after))
    return PairedDifference(
        metric=before.name,
        title=before.title,
        suite=before.suite,
        unit=before.unit,
        direction=before.direction,
        first=first.run_id,
        other=other.run_id,
        n=len(rows),
        missing=len(both) - len(rows),
        first_value=_mean([row.first for row in rows]),
        other_value=_mean([row.other for row in rows]),
        difference=interval.estimate() if interval else Estimate(value=None, low=None, high=None, n=len(rows)),
        finding=_finding(interval, before),
        method=interval.method if interval else "",
        because=problem,
    )


def _shared_pairs(first: _Run, other: _Run, before: Metric, after: Metric) -> list[tuple[PairedValue, PairedValue]]:
    """Return the values of the prompts that are the same in both runs."""
    same_suite = _suite_digest(first, before) and _suite_digest(first, before) == _suite_digest(other, after)
    others = {pair.prompt_id: pair for pair in after.pairs}
    shared = []
    for pair in before.pairs:
        texts = first.prompts.get(pair.prompt_id), other.prompts.get(pair.prompt_id)
        is_same = texts[0] == texts[1] if None not in texts else same_suite
        if pair.prompt_id in others and is_same:
            shared.append((pair, others[pair.prompt_id]))
    return shared


def _suite_digest(run: _Run, metric: Metric) -> str:
    plan, lineage = run.contents.plan, run.contents.lineage
    known: dict[str, str] = {suite.name: suite.digest for suite in plan.suites} if plan else {}
    known |= {split.name: split.digest for split in lineage.splits} if lineage else {}
    return known.get(metric.suite, "")


def _incomparable(first: _Run, other: _Run, before: Metric, after: Metric) -> str:
    """Say why two values of a metric do not stand on one scale; empty where they do."""
    if before.unit != after.unit or before.direction != after.direction:
        return f"measured in different units: {before.unit}, {after.unit}"
    needs_baseline = before.name.startswith("win_rate") or not _alone(before)
    if needs_baseline and _model(first) != _model(other):
        return "measured against different base models"
    if before.name.startswith("win_rate") and _judge(first) != _judge(other):
        return OTHER_JUDGES
    return ""


def _alone(metric: Metric) -> bool:
    """Say whether the candidate's own value is measured, not one that needs the baseline, as a divergence does."""
    return not metric.name.startswith("kl_")


def _model(run: _Run) -> str:
    return run.contents.plan.model.digest if run.contents.plan else run.run_id


def _judge(run: _Run) -> object:
    """Return what makes two judges the same: name, training, and the rows it learned from."""
    plan, lineage = run.contents.plan, run.contents.lineage
    names = frozenset(line.judge for line in run.contents.judgements)
    learned = tuple(split.digest for split in lineage.splits if split.name == "judge_train") if lineage else ()
    trained = tuple((c.name, c.value) for c in plan.judge.choices) if plan and plan.judge else ()
    asked = tuple((c.name, c.value) for c in plan.evaluation if c.name.startswith("judge")) if plan else ()
    return names, learned, trained, asked, plan.seed if plan else None


def _interval(metric: Metric, rows: Sequence[Shared], incomparable: str) -> tuple[Interval | None, str]:
    if incomparable:
        return None, incomparable
    if not rows:
        return None, "no shared prompt has a value in both runs"
    try:
        return _paired(metric, rows), ""
    except StatisticsError as error:
        return None, str(error)


def _paired(metric: Metric, rows: Sequence[Shared]) -> Interval:
    """Return other minus first with 95 % limits, by the statistic that the values allow."""
    first, other, families = [row.first for row in rows], [row.other for row in rows], [row.family for row in rows]
    values = set(first) | set(other)
    if metric.unit in SHARES and values <= {0.0, 1.0}:
        return paired_rate_difference([v == 1 for v in first], [v == 1 for v in other], families, LEVEL)
    if metric.unit in SHARES and all(0 <= value <= 1 for value in values):
        return bounded_mean([b - a for a, b in zip(first, other, strict=True)], families, LEVEL, low=-1.0, high=1.0)
    return paired_mean_difference(first, other, families, LEVEL)


def _finding(interval: Interval | None, metric: Metric) -> Finding:
    if interval is None:
        return "none"
    if interval.low <= 0 <= interval.high:
        return "open"
    if metric.name in NO_BETTER:
        return "higher" if interval.low > 0 else "lower"
    return "better" if (interval.low > 0) == (metric.direction == "higher") else "worse"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _notes(runs: Sequence[_Run], paired: Sequence[PairedDifference]) -> Iterator[str]:
    for run in runs:
        if run.contents.metrics is None:
            yield f"{run.run_id}: nothing measured, {run.contents.absent.get('metrics', run.contents.pending)}."
    if any(difference.because == OTHER_JUDGES for difference in paired):
        yield (
            "Win rates of different judges are not compared: each run trains its own judge on its own data, unless one is "
            "named with `tunegate run --judge`."
        )
    judged = sum(difference.finding != "none" for difference in paired)
    if judged > 1:
        yield (
            f"{judged} paired differences, each with 95 % limits of its own: about {judged * LEVEL:.1f} of them would exclude "
            "zero by chance if no candidate differed."
        )
    if any(_model(run) != _model(runs[0]) for run in runs):
        yield "The base models differ, so a candidate's gain over its own baseline says nothing about the others."
