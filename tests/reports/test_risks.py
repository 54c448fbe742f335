"""The risk register and the rollout plan: nothing unmeasured counts as held, and every number follows from a gate."""

import pytest
from msgspec.structs import replace

from reports.contents import Contents, read_contents
from reports.records.gates import GateResult
from reports.risks import Risk, risks_of
from reports.rollout import prompts_without_loss, steps_of, watched
from reports.rundir import RunDir
from tests.reports.conftest import RunFor


def by_title(contents: Contents) -> dict[str, Risk]:
    return {risk.title: risk for risk in risks_of(contents)}


def test_every_kind_of_risk_is_listed(go: RunDir) -> None:
    assert {risk.kind for risk in risks_of(read_contents(go))} == {"data", "model", "process"}


def test_what_no_gate_looked_at_is_not_held(go: RunDir) -> None:
    contents = read_contents(go)
    assert contents.gates
    none = contents._replace(gates=replace(contents.gates, results=()))
    assert {risk.state for risk in risks_of(none) if risk.kind == "model"} == {"skipped"}
    assert all("not measured" in risk.measured for risk in risks_of(none) if risk.kind == "model")


def test_the_worst_gate_of_a_risk_speaks_for_it(run_for: RunFor) -> None:
    contents = read_contents(run_for("no-go", "report", None))
    assert contents.gates
    failed = next(result for result in contents.gates.results if result.state == "fail")
    told = [risk for risk in risks_of(contents) if risk.kind == "model" and failed.title in risk.measured]
    assert [risk.state for risk in told] == ["fail"]


def test_checks_that_were_skipped_do_not_hold_a_risk(go: RunDir) -> None:
    contents = read_contents(go)
    assert contents.checks
    skipped = tuple(replace(check, state="skipped", because="no model was given") for check in contents.checks.checks)
    risks = risks_of(contents._replace(checks=replace(contents.checks, checks=skipped)))
    assert {risk.state for risk in risks if risk.kind == "data"} == {"skipped"}


def test_an_accepted_failure_and_an_alarm_are_named(run_for: RunFor) -> None:
    found = by_title(read_contents(run_for("go", "report", None)))
    assert found["A failed check was waved through"].state == "warn"


@pytest.mark.parametrize(("margin", "prompts"), [(0.05, 59), (0.01, 299), (0.025, 119)])
def test_prompts_without_loss_are_the_exact_limit(go: RunDir, margin: float, prompts: int) -> None:
    result = gate(go, "refusal")
    assert prompts_without_loss(replace(result, margin=margin, level=0.05)) == prompts
    assert (1 - margin) ** prompts <= 0.05 < (1 - margin) ** (prompts - 1)


def test_values_without_bounds_have_no_such_number(go: RunDir) -> None:
    assert prompts_without_loss(replace(gate(go, "refusal"), unit="nats/token")) is None
    assert prompts_without_loss(gate(go, "win_rate")) is None


def test_a_higher_safety_class_shows_the_candidate_to_fewer(go: RunDir) -> None:
    contents = read_contents(go)
    assert contents.plan
    low, high = (steps_of(contents._replace(plan=replace(contents.plan, safety_class=level))) for level in ("low", "high"))
    assert [step.days for step in low] == [step.days for step in high]
    assert low[1].name == "Canary 5 %"
    assert high[1].name == "Canary 0.1 %"
    assert low[-1].name == "Full"
    assert high[-1].name == "Canary 50 %"


def test_the_steps_name_the_prompts_that_the_strictest_gate_needs(go: RunDir) -> None:
    contents = read_contents(go)
    most = max(one.prompts or 0 for one in watched(contents))
    assert most
    assert f"{most:,} real prompts" in steps_of(contents)[0].go_on


def gate(run: RunDir, metric: str) -> GateResult:
    gates = read_contents(run).gates
    assert gates
    return next(result for result in gates.results if result.metric == metric)
