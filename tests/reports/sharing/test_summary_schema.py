"""The published schema of the summary."""

import json
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]
from msgspec.structs import replace

from reports.contents import read_contents
from reports.records.gates import Estimate, GateResult, Verdict
from reports.records.run import RunStatus
from reports.records.seeds import SeedGate, SeedRun, Seeds
from reports.rundir import RunDir
from reports.signoffs import Signed, State
from reports.summary import SCHEMA_FILE, summary_of, summary_schema, summary_text
from tests.reports.conftest import RunFor
from tests.reports.sample_run import Upto
from tests.reports.sharing.hostile import SECRET, hostile_contents

NOTHING = Estimate(value=None, low=None, high=None, n=0)
REFRESH = "tunegate report --schema > reports/summary.schema.json"


def seed_gate(gate: GateResult) -> SeedGate:
    """Return a gate as one seed of a group has it."""
    return SeedGate(
        name=gate.name,
        title=gate.title,
        state=gate.state,
        required=gate.required,
        unit=gate.unit,
        direction=gate.direction,
        candidate=gate.candidate,
        difference=gate.difference,
    )


@pytest.fixture(scope="module")
def validator() -> Any:
    """Return a validator of the published file."""
    published = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(published)
    return Draft202012Validator(published)


def test_the_published_file_is_the_schema_of_the_code() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == summary_schema(), f"write it again: {REFRESH}"


@pytest.mark.parametrize("verdict", ["go", "no-go", "inconclusive"])
@pytest.mark.parametrize(
    ("upto", "status"), [("plan", "created"), ("data", "failed"), ("train", "running"), ("measure", "stopped"), ("report", None)]
)
def test_every_summary_fulfils_it(
    run_for: RunFor, validator: Any, verdict: Verdict, upto: Upto, status: RunStatus | None
) -> None:
    validator.validate(json.loads(summary_text(read_contents(run_for(verdict, upto, status)))))


def test_a_hostile_summary_fulfils_it_and_holds_no_prompt(go: RunDir, validator: Any) -> None:
    text = summary_text(hostile_contents(go))

    validator.validate(json.loads(text))
    assert SECRET not in text


def test_it_finds_planted_defects(go: RunDir, validator: Any) -> None:
    clean: dict[str, Any] = json.loads(json.dumps(summary_of(go)))
    defects = (
        {**clean, "verdict": "maybe"},
        {**clean, "schema_version": 2},
        {**clean, "seed": "0"},
        {name: value for name, value in clean.items() if name != "gates"},
        {**clean, "gates": [{**clean["gates"][0], "state": "passed"}]},
    )

    assert validator.is_valid(clean)
    assert not any(validator.is_valid(defect) for defect in defects)


def test_whatever_test_makes_a_summary_holds_it_against_the_schema(go: RunDir) -> None:
    contents = read_contents(go)
    with pytest.raises(ValidationError, match="is not of type 'integer'"):
        summary_text(contents._replace(record=replace(contents.record, seed="0")))


def test_a_run_with_broken_gates_seeds_and_void_signatures_fulfils_it(go: RunDir, validator: Any) -> None:
    contents = read_contents(go)
    assert contents.gates is not None
    broken = tuple(replace(gate, state="broken", n=0, candidate=NOTHING, baseline=NOTHING) for gate in contents.gates.results)
    signed = tuple(Signed(state, True, state, None, "") for state in get_args(State))
    seeds = Seeds(runs=(SeedRun(run_id="a", seed=1, status="done", verdict="inconclusive", gates=tuple(map(seed_gate, broken))),))
    text = summary_text(
        contents._replace(gates=replace(contents.gates, verdict="inconclusive", results=broken), signed=signed, seeds=seeds)
    )

    validator.validate(json.loads(text))
    assert json.loads(text)["gates"][0]["candidate"] is None


def test_later_versions_may_add_keys(go: RunDir, validator: Any) -> None:
    assert validator.is_valid({**json.loads(json.dumps(summary_of(go))), "added": 1})
