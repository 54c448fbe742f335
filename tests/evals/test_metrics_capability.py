"""Capability as a metric: guessing is told from knowing, every task is held to the margin by itself."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from evals.capability.measuring import Answered
from evals.gates.decide import decide
from evals.gates.evidence import evidence_for
from evals.gates.policy import default_gates
from evals.gates.reading import read_gate
from evals.gates.ruling import rule
from evals.gates.tasks import for_tasks
from evals.gates.verdict import not_tested
from evals.metrics.capability import capability
from reports.records.capability import TaskAnswer, TaskResult
from reports.records.evaluation import Metric, Side
from reports.records.gates import Estimate, GateResult, Gates
from reports.records.plan import GatePlan, SafetyClass, TaskPlan
from tests.evals.gates.runs import plan_with, run_with


def result(side: Side, values: list[float | None], task: str = "tea", **changes: Any) -> TaskResult:
    answers = tuple(TaskAnswer(doc_id=at, value=value) for at, value in enumerate(values))
    given: dict[str, Any] = {
        "metric": "acc", "higher_is_better": True, "chance": 0.25, "shots": 0, "version": "1",
        "questions": len(values), "too_long": (), **changes,
    }  # fmt: skip
    return TaskResult(key="", task=task, side=side, answers=answers, **given)


def measured(before: list[float | None], after: list[float | None], task: str = "tea", **changes: Any) -> Metric:
    return capability(Answered(TaskPlan(name=task), (sides(before, after, task, **changes),)))


def sides(before: list[float | None], after: list[float | None], task: str = "tea", **changes: Any) -> dict[Side, TaskResult]:
    return {"baseline": result("baseline", before, task, **changes), "candidate": result("candidate", after, task, **changes)}


def right(count: int, n: int = 200) -> list[float | None]:
    return [1.0 if at < count else 0.0 for at in range(n)]


def gate(required: bool = True, margin: float = 0.05) -> GatePlan:
    return GatePlan(
        name="capability", metric="capability", title="Capability", kind="non-inferiority", margin=margin, required=required
    )


def states(*metrics: Metric, margin: float = 0.05) -> list[str]:
    tasks = [TaskPlan(name=metric.name.removeprefix("capability_")) for metric in metrics]
    gates = for_tasks((gate(margin=margin),), tasks)
    readings = [read_gate(plan, metric) for plan, metric in zip(gates, metrics, strict=True)]
    return [ruling.state for ruling in rule(readings)]


def test_the_difference_is_paired_by_question_with_exact_limits() -> None:
    metric = measured(right(150), right(148))

    evidence = evidence_for(for_tasks((gate(),), [TaskPlan(name="tea")])[0], metric)

    assert metric.difference.value == pytest.approx(-0.01)
    assert evidence.quantity == "paired rates"
    assert "exact" in metric.method


def test_every_task_must_hold_the_margin_by_itself() -> None:
    kept, lost = measured(right(150), right(150), "kept"), measured(right(150), right(110), "lost")

    assert states(kept, kept) == ["pass", "pass"]
    assert states(kept, lost) == ["pass", "fail"]


@pytest.mark.parametrize(("chance", "count", "ok"), [(0.25, 50, False), (0.25, 80, True), (0.0, 0, False), (0.0, 3, True)])
def test_a_baseline_that_guesses_has_nothing_to_lose_so_its_gate_is_broken(chance: float, count: int, ok: bool) -> None:
    metric = measured(right(count), right(count), chance=chance)

    assert [instrument.ok for instrument in metric.instruments] == [ok]
    assert states(metric) == ["pass" if ok else "broken"]


def test_questions_with_a_side_missing_do_not_count_as_wrong() -> None:
    metric = measured([1.0, None, 1.0], [1.0, 1.0, 0.0], questions=4, too_long=(3,))

    assert (metric.n, metric.missing) == (2, 2)
    assert "1 of 4 questions do not fit" in metric.because


def test_a_value_that_is_no_share_is_a_mean_without_a_level_of_guessing() -> None:
    metric = measured([0.2, 0.7, 0.4], [0.3, 0.7, 0.1], chance=None, metric="f1")

    assert (metric.unit, metric.instruments) == ("score", ())
    assert "guessing" not in metric.method


def test_lower_is_better_where_the_task_says_so() -> None:
    metric = measured([0.2, 0.7, 0.4], [0.3, 0.7, 0.1], chance=None, higher_is_better=False)

    assert metric.direction == "lower"


def test_a_group_is_one_metric_over_the_questions_of_all_its_tasks() -> None:
    group = capability(
        Answered(
            TaskPlan(name="both"), (sides(right(30, 40), right(28, 40), "a"), sides(right(10, 20), right(9, 20), "b", chance=0.5))
        )
    )

    assert (group.name, group.n) == ("capability_both", 60)
    assert group.difference.value == pytest.approx(-3 / 60)
    assert group.instruments[0].limit == pytest.approx((0.25 * 40 + 0.5 * 20) / 60)
    assert len({pair.prompt_id for pair in group.pairs}) == 60


def decided(folder: Path, required: bool, *metrics: Metric) -> Gates:
    tasks = [TaskPlan(name=metric.name.removeprefix("capability_")) for metric in metrics]
    return decide(run_with(folder, *metrics), plan_with(*for_tasks((gate(required),), tasks)))


def test_one_task_that_the_baseline_can_do_is_enough_and_one_it_guesses_at_is_then_not_asked_for(tmp_path: Path) -> None:
    guessed, able = measured(right(50), right(50), "cup"), measured(right(150), right(150))

    alone, both = decided(tmp_path / "a", True, guessed), decided(tmp_path / "b", True, guessed, able)

    assert (alone.verdict, alone.results[0].required) == ("inconclusive", True)
    assert "--task NAME" in alone.next_step
    assert (both.verdict, [result.required for result in both.results]) == ("go", [False, True])
    assert (both.results[0].state, both.results[0].because.endswith("so this one is not.")) == ("broken", True)


def test_a_task_that_can_be_read_and_lost_still_fails_beside_one_that_is_guessed_at(tmp_path: Path) -> None:
    found = decided(tmp_path, True, measured(right(50), right(50), "cup"), measured(right(150), right(90)))

    assert found.verdict == "no-go"


def test_two_broken_tasks_stay_asked_for(tmp_path: Path) -> None:
    unread = measured([1.0] * 100 + [None] * 60, [1.0] * 100 + [None] * 60)
    found = decided(tmp_path, True, measured(right(50), right(50), "cup"), unread)

    assert (found.verdict, [result.required for result in found.results]) == ("inconclusive", [True, True])


@pytest.mark.parametrize(("safety_class", "required"), [("low", False), ("moderate", False), ("high", True)])
def test_high_requires_capability_and_the_others_show_it(safety_class: SafetyClass, required: bool) -> None:
    tasks = [TaskPlan(name="tea"), TaskPlan(name="cup")]
    found = [one for one in for_tasks(default_gates(safety_class, True), tasks) if one.name.startswith("capability")]

    assert [(one.metric, one.required) for one in found] == [("capability_tea", required), ("capability_cup", required)]
    assert {one.required for one in for_tasks(found[:0] + list(default_gates(safety_class, True)), tasks, required=True)} == {
        True, *(one.required for one in default_gates(safety_class, True) if one.metric != "capability")
    }  # fmt: skip


def test_without_tasks_a_required_gate_stays_and_cannot_be_met_and_another_is_left_out() -> None:
    (kept,) = for_tasks((replace(gate(), required=True),), ())

    assert read_gate(kept, None).state == "broken"
    assert for_tasks((replace(gate(), required=False),), ()) == ()


def test_capability_counts_as_tested_by_any_task_that_could_be_read() -> None:
    nothing = Estimate(value=None, low=None, high=None, n=0)

    def decided(state: Any) -> GateResult:
        return GateResult(
            name="capability_tea", title="", state=state, required=True, kind="non-inferiority", metric="capability_tea", unit="",
            direction="higher", margin=0, level=0.05, baseline=nothing, candidate=nothing, difference=nothing, n=0, missing=0,
            method="", because="",
        )  # fmt: skip

    assert not any("Capability" in text for text in not_tested([decided("pass")]))
    assert any("Capability" in text for text in not_tested([decided("broken")]))
