"""Comparing runs prompt by prompt."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.compare import compare
from evals.stats.paired import paired_rate_difference
from reports.errors import UsageError
from reports.records.comparison import Comparison, PairedDifference
from reports.records.evaluation import Completion, Metric, Metrics, PairedValue
from reports.records.plan import Plan
from reports.rundir import RunDir
from tests.reports.sample_run import build_sample_run


def two_runs(root: Path) -> tuple[RunDir, RunDir]:
    """Return two equal runs."""
    return build_sample_run(root, "go", name="a"), build_sample_run(root, "go", name="b")


def paired(found: Comparison, metric: str) -> PairedDifference:
    return next(row for row in found.paired if row.metric == metric)


def change_metric(run: RunDir, name: str, pairs: tuple[PairedValue, ...]) -> Metric:
    """Replace one metric's values of a run, and return the metric as it was."""
    metrics = run.read(Metrics)
    before = next(metric for metric in metrics.metrics if metric.name == name)
    run.write(replace(metrics, metrics=tuple(replace(m, pairs=pairs) if m.name == name else m for m in metrics.metrics)))
    return before


def metric_of(run: RunDir, name: str) -> Metric:
    return next(metric for metric in run.read(Metrics).metrics if metric.name == name)


def change_plan(run: RunDir, plan: Plan) -> None:
    run.write(plan)


def rewrite_ledger(run: RunDir, lines: list[Completion]) -> None:
    run.completions.path.unlink()
    run.completions.append(*lines)


def test_equal_runs_differ_in_nothing(tmp_path: Path) -> None:
    found = compare(two_runs(tmp_path))

    assert found.changes == ()
    assert found.unchanged > 40
    assert {row.finding for row in found.paired} == {"open"}
    assert {row.difference.value for row in found.paired} == {0.0}
    assert all(row.n > 0 for row in found.paired)


def test_a_planted_harm_is_found_with_the_interval_of_the_paired_rates(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    pairs = tuple(replace(pair, family="") for pair in metric_of(first, "over_refusal").pairs)
    change_metric(first, "over_refusal", pairs)
    change_metric(other, "over_refusal", tuple(replace(pair, candidate=1.0) for pair in pairs))
    row = paired(compare((first, other)), "over_refusal")
    before = [pair.candidate == 1 for pair in pairs]
    expected = paired_rate_difference(before, [True] * len(pairs))

    assert row.finding == "worse"
    assert row.difference == expected.estimate()
    assert row.first_value == pytest.approx(sum(before) / len(before))
    assert row.other_value == 1.0


def test_prompts_of_one_family_widen_the_limits(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    pairs = metric_of(first, "over_refusal").pairs
    assert len({pair.family for pair in pairs}) < 10
    change_metric(other, "over_refusal", tuple(replace(pair, candidate=1.0) for pair in pairs))

    assert paired(compare((first, other)), "over_refusal").finding == "open"


def test_the_direction_decides_what_is_better(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    kl = metric_of(first, "kl_target").pairs
    change_metric(other, "kl_target", tuple(replace(p, candidate=(p.candidate or 0) - 0.1 - 0.001 * i) for i, p in enumerate(kl)))
    wins = metric_of(first, "win_rate").pairs
    change_metric(other, "win_rate", tuple(replace(p, candidate=None if p.candidate is None else 1.0) for p in wins))
    found = compare((first, other))

    assert paired(found, "kl_target").finding == "better"
    assert paired(found, "win_rate").finding == "better"
    assert paired(compare((other, first)), "kl_target").finding == "worse"


def test_longer_answers_are_neither_better_nor_worse(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    lengths = metric_of(first, "length").pairs
    change_metric(other, "length", tuple(replace(p, candidate=(p.candidate or 0) + 5 + 0.01 * i) for i, p in enumerate(lengths)))

    assert paired(compare((first, other)), "length").finding == "higher"
    assert paired(compare((other, first)), "length").finding == "lower"


def test_a_prompt_without_a_value_on_one_side_is_missing_and_never_zero(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    pairs = metric_of(first, "refusal").pairs
    change_metric(other, "refusal", (replace(pairs[0], candidate=None), *pairs[1:]))
    row = paired(compare((first, other)), "refusal")

    assert (row.n, row.missing) == (len(pairs) - 1, 1)


def test_the_same_id_with_another_text_is_another_prompt(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    changed = metric_of(first, "refusal").pairs[0].prompt_id
    lines = other.completions.read()
    rewrite_ledger(other, [replace(c, prompt=f"{c.prompt}!") if c.prompt_id == changed else c for c in lines])

    assert paired(compare((first, other)), "refusal").n == len(metric_of(first, "refusal").pairs) - 1


def test_texts_that_nobody_answers_are_shared_where_their_suite_is(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    same = paired(compare((first, other)), "kl_general")
    plan = other.read(Plan)
    change_plan(other, replace(plan, suites=tuple(replace(suite, digest="other") for suite in plan.suites)))
    apart = paired(compare((first, other)), "kl_general")

    assert same.n == len(metric_of(first, "kl_general").pairs)
    assert (apart.n, apart.finding, apart.because) == (0, "none", "no shared prompt has a value in both runs")


def test_wins_over_different_baselines_or_by_different_judges_are_not_compared(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    plan = other.read(Plan)
    change_plan(other, replace(plan, model=replace(plan.model, digest="f" * 64)))
    models = compare((first, other))
    change_plan(other, replace(plan, seed=plan.seed + 1))
    judges = compare((first, other))
    assert any("--judge" in note for note in judges.notes)
    assert not any("--judge" in note for note in models.notes)

    assert paired(models, "win_rate").because == paired(models, "kl_target").because == "measured against different base models"
    assert paired(models, "refusal").finding == "open"
    assert any("base models differ" in note for note in models.notes)
    assert paired(judges, "win_rate").because == "judged by different judges"


def test_what_changed_in_plan_settings_data_and_gates_is_listed(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    plan = other.read(Plan)
    stage = plan.stages[0]
    choices = tuple(replace(c, value=0.125) if c.name == "learning_rate" else c for c in stage.choices)
    gates = (replace(plan.gates[0], margin=0.25), *plan.gates[1:])
    data = (replace(plan.data[0], rows=9, digest="e" * 64), *plan.data[1:])
    stages = (replace(stage, choices=choices), *plan.stages[1:])
    change_plan(other, replace(plan, safety_class="high", stages=stages, gates=gates, data=data))
    rows = {row.name: row for row in compare((first, other)).changes}

    assert set(rows) == {"safety class", "1-sft: learning_rate", f"source {data[0].label}", plan.gates[0].title}
    assert [row.section for row in rows.values()] == ["plan", "settings", "data", "gates"]
    assert rows["safety class"].values == (plan.safety_class, "high")
    assert rows[f"source {data[0].label}"].values[1] == "9 rows (eeeeeeeeeeee)"


def test_a_stage_that_one_run_lacks_is_one_change_and_not_one_for_each_setting(tmp_path: Path) -> None:
    first, other = two_runs(tmp_path)
    plan = other.read(Plan)
    change_plan(other, replace(plan, stages=plan.stages[:1]))
    rows = {row.name: row.values for row in compare((first, other)).changes}

    assert rows == {"stages": ("1-sft, 2-dpo", "1-sft")}


def test_a_run_that_measured_nothing_is_said_and_the_rest_compared(tmp_path: Path) -> None:
    first = build_sample_run(tmp_path, "go", name="a")
    early = build_sample_run(tmp_path, "go", "train", "failed", name="b")
    third = build_sample_run(tmp_path, "no-go", name="c")
    found = compare((first, early, third))

    assert {row.other for row in found.paired} == {"c"}
    assert any(note.startswith("b: nothing measured") for note in found.notes)
    assert [cell and cell.state for cell in found.gates[0].cells][1] is None
    assert (paired(found, "over_refusal").difference.value or 0) > 0.2


def test_one_run_or_the_same_twice_is_a_usage_error(tmp_path: Path) -> None:
    first, _ = two_runs(tmp_path)

    for runs in ((first,), (first, first)):
        with pytest.raises(UsageError, match="name at least two"):
            compare(runs)
