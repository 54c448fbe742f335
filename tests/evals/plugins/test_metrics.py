"""A metric of a package is computed where a gate asks for it, and refused where its values cannot be trusted."""

import itertools
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.gates.answers import Asked, decide_answers
from evals.measure import METRICS, measure
from evals.metrics.estimates import Named, mean_metric
from evals.metrics.length import length
from evals.metrics.measured import Measured
from evals.outside import measure_outside
from evals.plugins.metrics import check_metric, informing_gate, is_ours
from reports.errors import MissingError, UsageError
from reports.progress import ProgressLog
from reports.records.evaluation import Metric, PairedValue, Side
from reports.records.plan import GatePlan, ModelRef, Plan, StagePlan
from reports.rundir import RunDir
from tests.evals.outside_files import answers, write
from tests.evals.plugins.packages import install, install_example

NAMED = Named("words", "Words", "target", "words", "lower", "counted")
POLICY = """
name = "house"
because = "Plain words."
[[gates]]
name = "empty-words"
metric = "{metric}"
title = "Empty words"
kind = "limit"
margin = 0.2
"""


def words_of(measured: Measured, value: Callable[[str | None], float | None], by_place: bool = False) -> Metric:
    """Return a metric as authors write it, with the mistake that `value` or `by_place` plants."""
    items = measured.of("target")

    def sides(side: Side) -> list[float | None]:
        own = [measured.answer(item, side) for item in items]
        lines = [line.completion or "" for line in measured.completions[side].values()]
        return [value(lines[place] if by_place and text is not None else text) for place, text in enumerate(own)]

    found = zip(items, sides("baseline"), sides("candidate"), strict=True)
    return mean_metric(NAMED, [PairedValue(prompt_id=one.id, baseline=b, candidate=c, family=one.family) for one, b, c in found])


def count(text: str | None) -> float | None:
    return None if text is None else float(len(text.split()))


def with_nan(metric: Metric) -> Metric:
    return replace(metric, pairs=(replace(metric.pairs[0], candidate=float("nan")), *metric.pairs[1:]))


def test_a_sound_metric_passes_the_check() -> None:
    check_metric(lambda measured: words_of(measured, count))
    check_metric(length)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda measured: words_of(measured, lambda text: float(len(text or ""))),
            "no answer to .* A missing answer is None",
        ),
        (lambda measured: words_of(measured, lambda text: count(text or "a")), "A missing answer is None"),
        (lambda measured: with_nan(words_of(measured, count)), "not finite"),
        (lambda measured: words_of(measured, count, by_place=True), "Join both sides by prompt id"),
        (lambda measured: words_of(measured, lambda text: 1 / len(text or "")), "fails on answers of .*ZeroDivisionError"),
        (lambda measured: replace(words_of(measured, count), missing=0), "counts n=.* and missing=0"),
        (lambda measured: replace(words_of(measured, count), pairs=()), "0 of its 0 pairs are complete"),
        (lambda measured: {"value": 0.5}, "returned a dict"),
    ],
)
def test_a_mistake_is_explained(wrong: Callable[[Measured], Metric], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_metric(wrong)


def test_a_metric_that_differs_from_call_to_call_is_refused() -> None:
    calls = itertools.count()
    with pytest.raises(UsageError, match="two calls with the same answers differ"):
        check_metric(lambda measured: words_of(measured, lambda text: None if text is None else float(next(calls))))


def decided(tmp_path: Path, metric: str, policy: str = POLICY) -> tuple[list[Metric], str]:
    path = tmp_path / "policy.toml"
    path.write_text(policy.format(metric=metric))
    hollow = answers(60, text="A revolutionary mug {}")
    files = write(tmp_path / "a.jsonl", answers(60)), write(tmp_path / "b.jsonl", hollow)
    found = decide_answers(Asked(*files, policy=str(path)))
    return [one for one in found.metrics.metrics if one.name == metric], found.gates.verdict


def test_a_gate_asks_for_the_metric_of_a_package_and_is_decided_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_example(monkeypatch, tmp_path / "site")

    found, verdict = decided(tmp_path, "empty-words")

    assert [(one.baseline.value, one.candidate.value, one.n) for one in found] == [(0.0, 1.0, 60)]
    assert verdict == "no-go"


def test_a_metric_that_nobody_asks_for_is_not_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, {"tunegate.metrics": {"unasked": "no_such_module_here:f"}})
    files = write(tmp_path / "a.jsonl", answers(5)), write(tmp_path / "b.jsonl", answers(5))

    assert "unasked" not in {one.name for one in measure_outside(*files)[0].metrics}


@pytest.mark.parametrize(("body", "reason"), [("1 / 0", "ZeroDivisionError"), ("return 0.5", "returned a float")])
def test_a_metric_that_fails_is_missing_and_never_a_go(
    body: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"failing_metric_{len(body)}"
    points = {"tunegate.metrics": {"fails": f"{module}:f"}}
    install(monkeypatch, tmp_path / "site", points, modules={module: f"def f(measured):\n    {body}\n"})

    (metric,), verdict = decided(tmp_path, "fails")

    assert metric.n == 0
    assert "package brought cannot be used" in metric.because
    assert reason in metric.because
    assert verdict != "go"


def test_a_broken_metric_stops_before_anything_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path / "site", {"tunegate.metrics": {"gone": "no_such_module_here:f"}})
    run = RunDir.create(tmp_path, "x")
    plan = Plan(
        strategy="sft",
        model=ModelRef(name="nowhere", label="nowhere", digest=""),
        data=(),
        stages=(StagePlan(name="1-sft", method="sft", choices=()),),
        judge=None,
        suites=(),
        gates=(GatePlan(name="gone", metric="gone", title="Gone", kind="limit", margin=0.0),),
        evaluation=(),
    )
    with pytest.raises(MissingError, match="'gone' of the package brought cannot be imported"):
        measure(run, plan, ProgressLog(run))


def test_no_plugin_stands_in_for_a_metric_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, {"tunegate.metrics": {"length": "no_such_module_here:f", "brand": "x:f"}})
    nothing = import_module("evals.plugins.metrics")._made_up()._replace(items=[])

    assert all(is_ours(compute(nothing).name) for compute in METRICS)
    assert not is_ours("brand")
    with pytest.raises(UsageError, match=r"--metric length: tunegate measures it already.*packages: brand;"):
        informing_gate("length")
    with pytest.raises(UsageError, match="no installed package brings it"):
        informing_gate("brnad")
    assert (informing_gate("brand").kind, informing_gate("brand").required) == ("inform", False)
